public import TidemarkModel

/// A passive DNS record as an object of MISP's template `passive-dns`. Names are without final dot,
/// and each value of rdata is an attribute of its own.
extension MISPObject {
  private static let passiveDNS = Template(
    name: "passive-dns", uuid: "b77b7b1c-66ab-4a41-8da4-83810f6d2d6c", version: "5",
    description: "Passive DNS record")

  /// Makes an object of a record.
  ///
  /// - Parameters:
  ///   - rrname: without final dot.
  ///   - rdata: one value or more, as in the Common Output Format.
  ///   - count: sightings; nil leaves it out.
  ///   - bailiwick: left out when MISP would not take it for a domain.
  ///   - isOfZone: true when the times are those of a zone file as well.
  ///   - origin: who publishes the record.
  ///   - attribute: the UUID of the attribute that the object is an answer to.
  public init(
    rrname: String, rrtype: String, rdata: [String], timeFirst: UnixSeconds, timeLast: UnixSeconds,
    count: UInt64? = nil, bailiwick: String? = nil, isOfZone: Bool = false, origin: String? = nil,
    comment: String? = nil, relatedTo attribute: String? = nil
  ) {
    self.init(
      MISPObject.passiveDNS, firstSeen: timeFirst, lastSeen: timeLast, comment: comment,
      relatedTo: attribute)
    let (first, last) = (ISOTime.text(timeFirst), ISOTime.text(timeLast))
    add("rrname", rrname, category: "Network activity", isUncorrelated: false)
    add("rrtype", rrtype, category: "Network activity")
    for value in rdata { add("rdata", value, isUncorrelated: false) }
    if let count { add("count", String(min(count, COFWriter.numberMax)), "counter") }
    add("time_first", first, "datetime")
    add("time_last", last, "datetime")
    if isOfZone {
      add("zone_time_first", first, "datetime")
      add("zone_time_last", last, "datetime")
    }
    if let bailiwick, MISPObject.isDomain(bailiwick) {
      add("bailiwick", bailiwick, "domain", category: "Network activity")
    }
    if let origin { add("origin", origin) }
  }

  /// The record of a row.
  ///
  /// - Parameters:
  ///   - rrname: canonical wire octets.
  ///   - rdata: wire octets, or text when the row's vantage is ``Vantage/text``.
  init(_ row: TextRow, rrname: Span<UInt8>, rdata: Span<UInt8>) {
    let record = RecordText(row, rrname: rrname, rdata: rdata)
    func text(_ octets: [UInt8]) -> String { String(decoding: octets, as: UTF8.self) }
    self.init(
      rrname: text(record.rrname), rrtype: record.rrtype, rdata: [text(record.rdata)],
      timeFirst: row.timeFirst, timeLast: row.timeLast, count: row.count,
      bailiwick: text(record.bailiwick), isOfZone: row.vantage == .zone)
  }

  private mutating func add(
    _ relation: String, _ value: String, _ type: String = "text", category: String = "Other",
    isUncorrelated: Bool = true
  ) {
    add(relation, value, type: type, category: category, isUncorrelated: isUncorrelated)
  }

  /// A host name of at least two labels.
  private static func isDomain(_ text: String) -> Bool {
    text.contains(".") && HostNameText.normal(Array(text.utf8)) != nil
  }
}
