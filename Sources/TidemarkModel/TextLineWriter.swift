import DNSWire

/// Writes records for terminals: one line a record, or the names alone.
///
/// Octets that a terminal might obey are escaped; see ``PrintableText``.
public struct TextLineWriter: Sendable {
  private var owner = NameText()
  private var cell: [UInt8] = []
  private var hasName = false
  private let times: TimeStyle

  /// Makes a writer.
  public init(times: TimeStyle = .iso) { self.times = times }

  /// Appends `first last count rrname rrtype rdata`: two times, the count set right in ten
  /// columns, then a line as in a zone file.
  ///
  /// - Parameters:
  ///   - rrname: canonical wire octets.
  ///   - rdata: wire octets, or text when the row's vantage is ``Vantage/text``.
  public mutating func append(
    _ row: TextRow, rrname: Span<UInt8>, rdata: Span<UInt8>, to out: inout [UInt8]
  ) {
    _ = owner.update(rrname)
    times.append(row.timeFirst, to: &out)
    out.append(ASCII.space)
    times.append(row.timeLast, to: &out)
    out.append(ASCII.space)
    cell.removeAll(keepingCapacity: true)
    ASCII.appendDecimal(row.count, to: &cell)
    for _ in cell.count..<max(10, cell.count) { out.append(ASCII.space) }
    out.append(contentsOf: cell)
    out.append(ASCII.space)
    out.append(contentsOf: owner.octets)
    out.append(ASCII.space)
    row.rrtype.appendMnemonic(to: &out)
    out.append(ASCII.space)
    cell.removeAll(keepingCapacity: true)
    row.appendRData(rdata, to: &cell)
    PrintableText.append(cell.span, to: &out)
    out.append(ASCII.lineFeed)
  }

  /// Appends a name and a line feed, unless the same name was the last one appended.
  ///
  /// - Parameter name: canonical wire octets.
  public mutating func appendName(_ name: Span<UInt8>, to out: inout [UInt8]) {
    guard owner.update(name) || !hasName else { return }
    hasName = true
    out.append(contentsOf: owner.octets)
    out.append(ASCII.lineFeed)
  }
}
