public import TidemarkModel

/// Writes passive DNS records as an event in MISP's JSON, one object each.
///
/// Call ``finish(to:)`` at the end.
public struct MISPRecordWriter: Sendable {
  private let encoder = JSONLineEncoder()
  private let now: UnixSeconds
  private var isBegun = false

  /// Starts an event.
  ///
  /// - Parameter now: the day of the event, seconds since 1970.
  public init(now: UnixSeconds) { self.now = now }

  /// Appends the object of a record.
  ///
  /// - Parameters:
  ///   - rrname: canonical wire octets.
  ///   - rdata: wire octets, or text when the row's vantage is ``Vantage/text``.
  public mutating func append(
    _ row: TextRow, rrname: Span<UInt8>, rdata: Span<UInt8>, to out: inout [UInt8]
  ) {
    if isBegun { out.append(UInt8(ascii: ",")) } else { begin(&out) }
    // Strings and flags can always be written.
    try? encoder.append(MISPObject(row, rrname: rrname, rdata: rdata), to: &out)
  }

  /// Appends what closes the event.
  public mutating func finish(to out: inout [UInt8]) {
    if !isBegun { begin(&out) }
    out.append(contentsOf: "]}}\n".utf8)
  }

  private mutating func begin(_ out: inout [UInt8]) {
    isBegun = true
    MISPObject.appendEvent("Tidemark look-up", now: now, to: &out)
    out.append(contentsOf: #","Object":["#.utf8)
  }
}
