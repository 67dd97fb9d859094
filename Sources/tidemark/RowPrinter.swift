import DNSWire
import TidemarkEnrichment
import TidemarkModel

/// Rows to standard output: sorted if need be, in one format, in pieces of some ten kilobytes.
///
/// Call ``finish()`` at the end: tables, graphs, sums and sorted rows are held until then.
struct RowPrinter {
  /// What rows become.
  enum Output: Sendable {
    /// An array is what some readers need.
    case cof(rdataIsArray: Bool)
    case csv
    case text
    case table(hasColor: Bool)
    case names
    case dnsdbq
    case zone
    case graph(RecordGraph.Format)
    case stix
    /// The day of the event is that of the time.
    case misp(now: UnixSeconds)
    case summary(SummaryOutput)
    case count
  }

  /// How sums are printed.
  enum SummaryOutput: Sendable {
    case json, csv, table
  }

  /// Why rows were not printed: more than is held of them.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Octets at which a piece is written.
  private static let pieceOctets = 1 << 16

  private let output: Output
  private let times: TimeStyle
  private let sortedLimit: Int
  private var sorter: RecordSorter?
  private var buffer: [UInt8] = []
  private var isOpen = true

  private var cof = COFWriter()
  private var csv: CSVWriter
  private var lines: TextLineWriter
  private var table: TableWriter
  private var blocks = DNSDBTextWriter()
  private var master = MasterLineWriter()
  private var graph = RecordGraph()
  private var stix = STIXRecordWriter()
  private var misp: MISPRecordWriter
  private var summary = LookupSums()

  /// Rows added.
  private(set) var rows = 0

  /// Makes a printer.
  ///
  /// - Parameters:
  ///   - sort: empty prints rows as they come.
  ///   - sortedLimit: of sorted rows, so many are printed.
  init(_ output: Output, times: TimeStyle, sort: [SortKey] = [], sortedLimit: Int? = nil) {
    self.output = output
    self.times = times
    self.sortedLimit = sortedLimit ?? .max
    sorter = sort.isEmpty ? nil : RecordSorter(sort)
    csv = CSVWriter(times: times)
    lines = TextLineWriter(times: times)
    var hasColor = false
    if case .table(let isColored) = output { hasColor = isColored }
    if case .cof(let rdataIsArray) = output {
      var options = COFWriter.Options()
      options.rdataIsArray = rdataIsArray
      cof = COFWriter(options: options)
    }
    table = TableWriter(times: times, hasColor: hasColor)
    buffer.reserveCapacity(RowPrinter.pieceOctets * 2)
    var day: UnixSeconds = 0
    if case .misp(let now) = output { day = now }
    misp = MISPRecordWriter(now: day)
    if case .csv = output { csv.appendHeader(to: &buffer) }
  }

  /// Adds a row, and writes a piece when it is full.
  ///
  /// - Returns: false when nobody reads any more.
  /// - Throws: ``Failure`` when rows must be held and are too many.
  mutating func add(
    _ row: TextRow, rrname: Span<UInt8>, rdata: Span<UInt8>
  ) throws(Failure) -> Bool {
    rows += 1
    if sorter != nil {
      do throws(RecordSorter.Full) {
        try sorter?.add(row, rrname: rrname, rdata: rdata)
      } catch {
        throw Failure(description: "--sort: \(error)")
      }
      return true
    }
    return try format(row, rrname: rrname, rdata: rdata)
  }

  /// Takes sums of rows that somebody else added up, for the formats that print sums.
  mutating func add(_ sums: LookupSums) {
    summary = sums
    rows += Int(clamping: sums.total.rows)
  }

  /// Writes what is held.
  ///
  /// - Returns: true when a limit kept sorted rows back.
  mutating func finish() throws(Failure) -> Bool {
    var isLimited = false
    if var sorter = sorter.take() {
      isLimited = sorter.count > sortedLimit
      var failure: Failure?
      var left = sortedLimit
      sorter.drain { row, rrname, rdata in
        guard left > 0 else { return false }
        left -= 1
        do throws(Failure) {
          return try format(row, rrname: rrname, rdata: rdata)
        } catch {
          failure = error
          return false
        }
      }
      if let failure { throw failure }
    }
    switch output {
    case .table: table.finish(to: &buffer)
    case .dnsdbq: blocks.finish(to: &buffer)
    case .graph(let format):
      graph.append(format, times: times, to: &buffer)
      if graph.leftOut > 0 {
        StandardStreams.complain(
          "tidemark: \(graph.leftOut) rows point to no address or name and are not drawn")
      }
    case .stix:
      stix.finish(to: &buffer)
      if stix.leftOut > 0 {
        StandardStreams.complain(
          "tidemark: \(stix.leftOut) rows have an owner that STIX cannot name and are left out")
      }
    case .misp: misp.finish(to: &buffer)
    case .summary(.json): summary.appendJSON(to: &buffer)
    case .summary(.csv): summary.appendCSV(to: &buffer)
    case .summary(.table): summary.appendTable(times: times, to: &buffer)
    case .count: buffer.append(contentsOf: "\(summary.total.rows)\n".utf8)
    case .cof, .csv, .text, .names, .zone: break
    }
    _ = flush()
    return isLimited
  }

  /// Writes all rows added, but for those that are held for sorting, sums and graphs.
  ///
  /// - Returns: false when nobody reads any more.
  mutating func endSection() -> Bool {
    table.finish(to: &buffer)
    blocks.finish(to: &buffer)
    return flush()
  }

  /// Writes the rows that are complete.
  ///
  /// - Returns: false when nobody reads any more.
  mutating func flush() -> Bool {
    guard isOpen, !buffer.isEmpty else { return isOpen }
    isOpen = StandardStreams.write(buffer)
    buffer.removeAll(keepingCapacity: true)
    return isOpen
  }

  private mutating func format(
    _ row: TextRow, rrname: Span<UInt8>, rdata: Span<UInt8>
  ) throws(Failure) -> Bool {
    switch output {
    case .cof: cof.append(row, rrname: rrname, rdata: rdata, to: &buffer)
    case .csv: csv.append(row, rrname: rrname, rdata: rdata, to: &buffer)
    case .text: lines.append(row, rrname: rrname, rdata: rdata, to: &buffer)
    case .table: table.append(row, rrname: rrname, rdata: rdata, to: &buffer)
    case .names: lines.appendName(rrname, to: &buffer)
    case .dnsdbq: blocks.append(row, rrname: rrname, rdata: rdata, to: &buffer)
    case .zone: master.append(row, rrname: rrname, rdata: rdata, to: &buffer)
    case .graph:
      do throws(RecordGraph.Full) {
        try graph.add(row, rrname: rrname, rdata: rdata)
      } catch {
        throw Failure(description: "--output: \(error)")
      }
    case .stix:
      do throws(STIXRecordWriter.Full) {
        try stix.append(row, rrname: rrname, rdata: rdata, to: &buffer)
      } catch {
        throw Failure(description: "--output: \(error)")
      }
    case .misp: misp.append(row, rrname: rrname, rdata: rdata, to: &buffer)
    case .summary, .count: summary.add(row)
    }
    return buffer.count < RowPrinter.pieceOctets || flush()
  }
}
