import TidemarkModel
import TidemarkRegistration

/// A row of DNSDB as a record of the Common Output Format.
struct DNSDBRow: Encodable {
  let rrname: String
  let rrtype: String
  let rdata: [String]
  let timeFirst: UnixSeconds?
  let timeLast: UnixSeconds?
  let count: Int?

  private enum CodingKeys: String, CodingKey {
    case rrname, rrtype, rdata, count
    case timeFirst = "time_first"
    case timeLast = "time_last"
  }

  /// Reads a row; nil when it lacks what every record has.
  init?(_ row: JSONValue) {
    guard let owner = row["rrname"]?.text, let type = row["rrtype"]?.text else { return nil }
    let data = row["rdata"].map { value in
      if case .array(let elements) = value {
        elements.compactMap(\.text)
      } else {
        value.text.map { [$0] } ?? []
      }
    }
    guard let data, !data.isEmpty else { return nil }
    rrname = DNSDBRow.withoutFinalDot(owner)
    rrtype = type
    rdata = data.map(DNSDBRow.withoutFinalDot)
    timeFirst = DNSDBRow.time(row["time_first"]) ?? DNSDBRow.time(row["zone_time_first"])
    timeLast = DNSDBRow.time(row["time_last"]) ?? DNSDBRow.time(row["zone_time_last"])
    count = row["count"]?.integer
  }

  /// Names end with a dot there; in CIRCL's answers, whose table this is, they do not.
  private static func withoutFinalDot(_ text: String) -> String {
    let end = text.utf8.suffix(2)
    guard end.count == 2, end.last == UInt8(ascii: "."), let before = end.first,
      before != UInt8(ascii: "\\"), before > 0x20
    else { return text }
    return String(text.dropLast())
  }

  /// Seconds, or a date when a server writes times for people.
  private static func time(_ value: JSONValue?) -> UnixSeconds? {
    guard let value else { return nil }
    if let seconds = value.integer { return UnixSeconds(exactly: seconds) }
    return value.text.flatMap { RegistrationTime.parse($0) }
      .flatMap { UnixSeconds(exactly: $0.seconds) }
  }
}
