import TidemarkModel

/// Writes rows of a stream as text. The stream's name takes the place of the sensor; vantage and
/// dataset stay here.
///
/// Keep one writer for a stream.
public struct SharedRowWriter: Sendable {
  private var cof: COFWriter
  private var lines = PassiveDNSLogWriter()
  private let sensorID: [UInt8]
  private var rrname: [UInt8] = []

  /// Makes a writer.
  public init(stream: String) {
    var options = COFWriter.Options()
    options.showsBailiwick = true
    cof = COFWriter(options: options)
    sensorID = Array(stream.utf8)
  }

  /// Appends a line of the Common Output Format; nothing for octets that are no record key, which
  /// no feed gives out.
  public mutating func appendCOF(_ record: SharedRecord, to out: inout [UInt8]) {
    guard let view = read(record) else { return }
    let name = take()
    cof.append(
      SharedRowWriter.row(record, view), rrname: name.span,
      rdata: record.key.span.extracting(view.rdata), sensorID: sensorID, to: &out)
    rrname = name
  }

  /// Appends lines of D4 type 8.
  ///
  /// - Returns: what keeps the record from being one; nothing is appended then. Feeds for D4 give
  ///   out no such record.
  @discardableResult
  public mutating func appendPassiveDNS(
    _ record: SharedRecord, to out: inout [UInt8]
  ) -> PartnerRule? {
    guard let view = read(record) else { return .damaged }
    let name = take()
    defer { rrname = name }
    do throws(PassiveDNSLogWriter.Refusal) {
      try lines.append(
        SharedRowWriter.row(record, view), rrname: name.span,
        rdata: record.key.span.extracting(view.rdata), to: &out)
      return nil
    } catch {
      return error == .type ? .d4Type : .d4Text
    }
  }

  /// The name, out of the way of writers that change at the same time.
  private mutating func take() -> [UInt8] {
    defer { rrname = [] }
    return rrname
  }

  /// Finds the fields, and the name.
  private mutating func read(_ record: SharedRecord) -> RecordKeyView? {
    let key = record.key.span
    guard let view = RecordKeyView(key) else { return nil }
    rrname.removeAll(keepingCapacity: true)
    let isName = RecordKeyView.appendWireName(
      reversed: key.extracting(view.reversedName), to: &rrname)
    return isName ? view : nil
  }

  private static func row(_ record: SharedRecord, _ view: RecordKeyView) -> TextRow {
    TextRow(
      rrtype: view.rrtype, timeFirst: record.timeFirst, timeLast: record.timeLast,
      count: record.count, vantage: view.vantage == .text ? .text : nil, bailiwick: view.bailiwick)
  }
}
