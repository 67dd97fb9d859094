import ArgumentParser
import DNSWire
import TidemarkModel
import TidemarkQuery

/// Which records of a value are asked for.
struct LookupFilters: ParsableArguments {
  @Option(
    help: "Only these types, for example A,AAAA.",
    completion: .list(["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"]))
  var rrtype: String?
  @Option(help: "Most rows; with --sort, of the sorted ones.")
  var limit: Int?
  @Option(help: "Only this dataset; default: all.")
  var dataset: String?
  @Option(
    help: "Only seen there: authority, client, zone, active, text; separated by commas.",
    completion: .list(Vantage.allCases.map(\.description)))
  var vantage: String?
  @Option(parsing: .unconditional, help: "First seen after this time.")
  var firstAfter: String?
  @Option(parsing: .unconditional, help: "First seen before this time.")
  var firstBefore: String?
  @Option(parsing: .unconditional, help: "Last seen after this time.")
  var lastAfter: String?
  @Option(parsing: .unconditional, help: "Last seen before this time.")
  var lastBefore: String?
  @Flag(help: "A row for each dataset, vantage and bailiwick instead of one for all.")
  var noMerge = false

  func validate() throws { _ = try template(now: StandardStreams.now()) }

  /// Filters and limit, without subject and datasets.
  ///
  /// - Parameter now: what relative times count from.
  func template(now: UnixSeconds) throws -> RecordQuery {
    var query = RecordQuery(.all)
    if let limit, limit < 0 { throw ValidationError("--limit: 0 or more") }
    query.limit = limit
    query.mergesTriples = !noMerge
    for part in (rrtype ?? "").split(separator: ",") {
      guard let type = RRType(mnemonic: Array(part.utf8).span) else {
        throw ValidationError("--rrtype: no such type: \(part)")
      }
      query.rrtypes.insert(type)
    }
    for part in (vantage ?? "").split(separator: ",") {
      guard let vantage = Vantage(name: String(part)) else {
        let names = Vantage.allCases.map(\.description).joined(separator: ", ")
        throw ValidationError("--vantage: \(part) is none of \(names)")
      }
      query.vantages.insert(vantage)
    }
    query.times.firstAfter = try time(firstAfter, "--first-after", now)
    query.times.firstBefore = try time(firstBefore, "--first-before", now)
    query.times.lastAfter = try time(lastAfter, "--last-after", now)
    query.times.lastBefore = try time(lastBefore, "--last-before", now)
    return query
  }

  private func time(
    _ text: String?, _ option: String, _ now: UnixSeconds
  ) throws -> UnixSeconds? {
    guard let text else { return nil }
    guard let time = TimeText.parse(text, now: now) else {
      throw ValidationError("\(option): not a time: \(text)")
    }
    return time
  }
}
