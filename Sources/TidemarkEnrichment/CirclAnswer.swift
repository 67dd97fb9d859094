import DNSWire
import TidemarkModel
import TidemarkRegistration

/// Fills the table of CIRCL's passive DNS with an answer in the Common Output Format
/// (draft-dulaunoy-dnsop-passive-dns-cof).
///
/// Taken are objects one a line, joined as `}{`, pretty printed or in an array; `rrdata` for
/// `rdata`; rdata as a string or a list; numbers as text; owner and data in each other's place.
/// Rows are not held against the question: the service also answers for names that it links to it.
public struct CirclAnswer: Sendable {
  /// Records with one row for each rdata.
  public private(set) var table: ResultTable
  /// What people should know about the answer.
  public private(set) var notes: [ResultNote] = []
  /// True when the answer breaks off.
  public private(set) var isCut: Bool

  private var unreadable: Int
  private var swapped = 0

  /// Reads an answer.
  ///
  /// - Parameter octets: the body of a successful answer.
  /// - Throws: ``ActionFailure`` of kind ``FailureKind/unavailable`` when nothing in it is a record
  ///   and it is not empty either.
  public init(_ octets: [UInt8], for request: ActionRequest) throws(ActionFailure) {
    table = request.table("records")
    let splitter = JSONObjectSplitter(octets.span)
    isCut = splitter.isCut
    unreadable = splitter.malformed
    var records = 0
    for range in splitter.objects {
      // Rows that do not fit are counted by their objects.
      guard table.rows.count < table.rowsMax else {
        table.total += 1
        continue
      }
      guard let value = try? JSONValue.parse(Array(octets[range]), octetsMax: range.count),
        let record = COFRecord(value)
      else {
        unreadable += 1
        continue
      }
      records += 1
      for data in record.rdata { append(record, data, about: request.indicator) }
    }
    guard records > 0 || unreadable == 0 else {
      throw ActionFailure(.unavailable, message: "the answer holds no passive DNS record")
    }
    if swapped > 0 { notes.append(ResultNote("Swapped records put right", String(swapped))) }
    if unreadable > 0 { notes.append(ResultNote("Unreadable records", String(unreadable))) }
    if table.isTruncated { notes.append(ResultNote("Records in the answer", String(table.total))) }
  }

  private mutating func append(
    _ record: COFRecord, _ rdata: String, about indicator: IndicatorKey
  ) {
    var (rrname, rdata) = (record.rrname, rdata)
    let isAddressType = record.rrtype == "A" || record.rrtype == "AAAA"
    if isAddressType, CirclAnswer.isAddress(rrname), !CirclAnswer.isAddress(rdata) {
      swap(&rrname, &rdata)
      swapped += 1
    }
    let seen = record.seen
    let link = CirclAnswer.link(rrname, record.rrtype, rdata, about: indicator, seen: seen)
    table.append(
      [
        "rrname": .text(rrname), "rrtype": .text(record.rrtype), "rdata": .text(rdata),
        "time_first": record.timeFirst.map { .time($0) } ?? .empty,
        "time_last": record.timeLast.map { .time($0) } ?? .empty,
        "count": record.count.map { .integer($0) } ?? .empty, "match": .text(link.match),
      ],
      seen: seen, candidates: link.candidate.map { [$0] } ?? [])
  }

  private static func isAddress(_ text: String) -> Bool {
    IPAddressText.parse(Array(text.utf8).span) != nil
  }

  /// Which side the indicator stands on, and what stands on the other one.
  private static func link(
    _ rrname: String, _ rrtype: String, _ rdata: String, about indicator: IndicatorKey,
    seen: ClosedRange<UnixSeconds>?
  ) -> (match: String, candidate: Proposal.Candidate?) {
    func isIndicator(_ text: String) -> Bool {
      (try? IndicatorKey(indicator.type, text)) == indicator
    }
    let kind = RelationKind(rrtype: rrtype)
    // Behind the preference of an MX record.
    let target =
      kind == .mailExchanger
      ? String(rdata.split(separator: " ").last ?? "") : rdata
    let isOwner = isIndicator(rrname)
    guard isOwner || isIndicator(target) else { return ("none", nil) }
    guard let kind else { return (isOwner ? "rrname" : "rdata", nil) }
    let types: Set<IndicatorType> =
      !isOwner || kind != .resolvesTo ? [.fqdn] : rrtype == "A" ? [.ipv4] : [.ipv6]
    return (
      isOwner ? "rrname" : "rdata",
      Proposal.Candidate(
        types: types, value: isOwner ? target : rrname, relation: kind, isIncoming: !isOwner,
        seen: seen)
    )
  }
}

/// One record of an answer.
struct COFRecord {
  /// Values of one record; further ones are left out.
  static let rdataMax = 10_000

  let rrname: String
  let rrtype: String
  let rdata: [String]
  let timeFirst: UnixSeconds?
  let timeLast: UnixSeconds?
  let count: Int64?

  /// Reads an object; nil when it lacks what every record has.
  init?(_ record: JSONValue) {
    guard case .string(let rrname)? = record["rrname"],
      case .string(let rrtype)? = record["rrtype"],
      let rdata = COFRecord.strings(record["rdata"] ?? record["rrdata"])
    else { return nil }
    self.rrname = rrname
    self.rrtype = rrtype.uppercased()
    self.rdata = rdata
    timeFirst = COFRecord.number(record["time_first"]).flatMap { UnixSeconds(exactly: $0) }
    timeLast = COFRecord.number(record["time_last"]).flatMap { UnixSeconds(exactly: $0) }
    count = COFRecord.number(record["count"])
  }

  /// A string, or an array of nothing else.
  private static func strings(_ value: JSONValue?) -> [String]? {
    if case .string(let text)? = value { return [text] }
    guard case .array(let elements)? = value else { return nil }
    var strings: [String] = []
    for element in elements {
      guard case .string(let text) = element else { return nil }
      if strings.count < rdataMax { strings.append(text) }
    }
    return strings
  }

  private static func number(_ value: JSONValue?) -> Int64? {
    switch value {
    case .whole(let number): Int64(number)
    case .number(let number): Int64(exactly: number.rounded(.down))
    case .string(let text): Int64(text)
    default: nil
    }
  }

  /// When it was so; nil when that is not known, or makes no sense.
  var seen: ClosedRange<UnixSeconds>? {
    guard let first = timeFirst ?? timeLast, let last = timeLast ?? timeFirst, first <= last else {
      return nil
    }
    return first...last
  }
}
