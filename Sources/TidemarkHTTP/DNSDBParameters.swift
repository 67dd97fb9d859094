import DNSWire
import HTTPTypes
import TidemarkModel
import TidemarkQuery

/// What the query of a DNSDB request says. Unknown names are ignored, as clients expect: they name
/// themselves by `swclient`, `version` and `id`, and some pass on whatever they are given.
struct DNSDBParameters {
  /// `limit`; nil when it was not given.
  private(set) var limit: Int?
  /// Rows to skip.
  private(set) var offset = 0
  /// Fences, strict here and inclusive on the wire.
  private(set) var times = TimeFences()
  /// Times as RFC 3339 text.
  private(set) var showsTimesAsText = false
  /// Patterns: rows with count and times.
  private(set) var isVerbose = true
  /// Summaries: where to stop.
  private(set) var countMax: UInt64?
  /// Patterns: what to leave out, in the method of the path.
  private(set) var excluded: String?

  /// Reads parameters.
  ///
  /// - Parameter now: what negative times count from.
  /// - Throws: ``Problem``: 400 for a value that cannot be read, 416 for an offset too far.
  init(_ query: ArraySlice<UInt8>, now: UnixSeconds) throws(Problem) {
    var seen: Set<String> = []
    for part in query.split(separator: UInt8(ascii: "&")) {
      let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
      let name = DNSDBParameters.text(part[..<equals])
      guard try read(name, DNSDBParameters.text(part[equals...].dropFirst()), now: now) else {
        continue
      }
      guard seen.insert(name).inserted else {
        throw Problem(.badRequest, "the parameter \(name) is given twice")
      }
    }
  }

  /// Rows to send at most.
  ///
  /// - Parameter resultsMax: what the caller may have.
  func rowsMax(_ resultsMax: Int) -> Int {
    guard let limit else { return min(DNSDBLimits.rowsStandard, resultsMax) }
    return limit == 0 ? resultsMax : min(limit, resultsMax)
  }

  /// Patterns come unescaped from some clients: a plus sign is one, a lone percent sign too, and
  /// octets that are not UTF-8 match nothing.
  private static func text(_ octets: ArraySlice<UInt8>) -> String {
    String(decoding: RequestTarget.decode(octets) ?? Array(octets), as: UTF8.self)
  }

  /// Returns false when there is no such parameter.
  private mutating func read(
    _ name: String, _ text: String, now: UnixSeconds
  ) throws(Problem) -> Bool {
    switch name {
    case "limit": limit = Int(clamping: try number(name, text, isSigned: false))
    case "offset":
      offset = Int(clamping: try number(name, text, isSigned: false))
      guard offset <= DNSDBLimits.offsetMax else {
        throw Problem(
          .rangeNotSatisfiable, "offset is larger than \(DNSDBLimits.offsetMax)")
      }
    case "time_first_before": times.firstBefore = try fence(before: name, text, now)
    case "time_first_after": times.firstAfter = try fence(after: name, text, now)
    case "time_last_before": times.lastBefore = try fence(before: name, text, now)
    case "time_last_after": times.lastAfter = try fence(after: name, text, now)
    case "humantime": showsTimesAsText = try flag(name, text)
    case "verbose": isVerbose = try flag(name, text)
    case "aggr": _ = try flag(name, text)
    case "exclude": excluded = text.isEmpty ? nil : text
    case "max_count":
      let count = try number(name, text, isSigned: false)
      guard count > 0 else { throw Problem(.badRequest, "max_count is not above 0") }
      countMax = UInt64(count)
    default: return false
    }
    return true
  }

  /// A whole number; those that are too large become the largest.
  private func number(
    _ name: String, _ text: String, isSigned: Bool
  ) throws(Problem) -> Int64 {
    let isNegative = isSigned && text.hasPrefix("-")
    let digits = isNegative ? text.dropFirst() : text[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy(ASCII.isDigit) else {
      throw Problem(.badRequest, "\(name) is not a whole number")
    }
    let value = Int64(digits) ?? .max
    return isNegative ? -value : value
  }

  /// Seconds since 1970; negative ones are meant from now on backwards.
  private func time(
    _ name: String, _ text: String, _ now: UnixSeconds
  ) throws(Problem) -> Int64 {
    let value = try number(name, text, isSigned: true)
    return value < 0 ? max(Int64(now) + value, -1) : value
  }

  /// The strict bound that lets `time` and everything before it pass; nil lets all pass.
  private func fence(
    before name: String, _ text: String, _ now: UnixSeconds
  ) throws(Problem) -> UnixSeconds? {
    let time = try time(name, text, now)
    return time >= Int64(UnixSeconds.max) ? nil : UnixSeconds(time + 1)
  }

  /// The strict bound that lets `time` and everything after it pass; nil lets all pass.
  private func fence(
    after name: String, _ text: String, _ now: UnixSeconds
  ) throws(Problem) -> UnixSeconds? {
    let time = try time(name, text, now)
    return time <= 0 ? nil : UnixSeconds(clamping: time - 1)
  }

  private func flag(_ name: String, _ text: String) throws(Problem) -> Bool {
    switch text.lowercased() {
    case "t", "true", "1": return true
    case "f", "false", "0": return false
    default: throw Problem(.badRequest, "\(name) is neither true nor false")
    }
  }
}
