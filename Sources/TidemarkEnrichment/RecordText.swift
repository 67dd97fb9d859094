import DNSWire
import TidemarkModel

/// A record as text, as exports for other programs need it.
struct RecordText {
  let row: TextRow
  /// Without final dot; the root is a dot.
  let rrname: [UInt8]
  let rrtype: String
  /// As in the Common Output Format.
  let rdata: [UInt8]
  /// Apex of the zone of the data, without final dot; empty when it is unknown.
  let bailiwick: [UInt8]

  /// - Parameters:
  ///   - rrname: canonical wire octets.
  ///   - rdata: wire octets, or text when the row's vantage is ``Vantage/text``.
  init(_ row: TextRow, rrname: Span<UInt8>, rdata: Span<UInt8>) {
    self.row = row
    rrtype = row.rrtype.mnemonic
    var name: [UInt8] = []
    DomainName.appendText(of: rrname, finalDot: false, to: &name)
    self.rrname = name
    var data: [UInt8] = []
    row.appendRData(rdata, to: &data)
    self.rdata = data
    var apex: [UInt8] = []
    row.appendBailiwick(of: rrname, to: &apex)
    bailiwick = apex
  }

  /// Where it was seen; empty when rows of several vantages were merged.
  var vantage: String { row.vantage.map { "\($0)" } ?? "" }

  /// What makes it another record than the next one.
  var identity: [String] {
    [String(decoding: rrname, as: UTF8.self), rrtype, String(decoding: rdata, as: UTF8.self)]
      + (row.vantage.map { ["\($0)"] } ?? [])
  }

  /// First seen, with milliseconds.
  var first: String { ISOTime.milliseconds(row.timeFirst) }
  /// Last seen, with milliseconds.
  var last: String { ISOTime.milliseconds(row.timeLast) }
}
