import DNSWire
import TidemarkModel
import TidemarkQuery
public import TidemarkStore

/// A text that tells one case: steps, and what each must answer.
///
/// ```
/// # Two sensors see the same answer.
/// observe sensor=s1 time=100d example.com A 192.0.2.1
/// ----
/// 1 new, 0 merged
///
/// lookup example.com
/// ----
/// example.com A 192.0.2.1 first=100d last=160d count=3
/// ```
///
/// Times are seconds, or days with `d` behind them. Steps:
/// - `observe [sensor=S] [time=T|first=T last=T] [count=N] [vantage=V] [bailiwick=N]
///   NAME TYPE RDATA`: several lines are one batch;
/// - `lookup VALUE [rrtype=A,AAAA] [limit=N] [first_after=T] … [unmerged] [pages=N]`.
public struct Scenario: Sendable {
  /// One step.
  public struct Step: Sendable {
    /// Line of its first command, from 1.
    public let line: Int
    /// Lines before `----`.
    public let commands: [String]
    /// Lines after it.
    public let expected: String
  }

  /// Why a scenario cannot be run.
  public struct Fault: Error, CustomStringConvertible {
    /// One line for people.
    public let description: String
  }

  /// The steps in order.
  public let steps: [Step]

  /// Reads a scenario.
  public init(_ text: String) throws {
    var steps: [Step] = []
    var commands: [String] = []
    var expected: [String]?
    var first = 0
    func close() {
      if let expected, !commands.isEmpty {
        steps.append(
          Step(line: first, commands: commands, expected: expected.joined(separator: "\n")))
      }
    }
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if line == "----" {
        expected = []
      } else if line.isEmpty {
        close()
        (commands, expected) = ([], nil)
      } else if expected != nil {
        expected?.append(String(line))
      } else if !line.hasPrefix("#") {
        if commands.isEmpty { first = index + 1 }
        commands.append(String(line))
      }
    }
    close()
    guard !steps.isEmpty else { throw Fault(description: "no step") }
    self.steps = steps
  }

  /// Runs every step.
  ///
  /// - Returns: what each step answered.
  public func run(on store: any RecordStore) throws -> [(step: Step, actual: String)] {
    let registry = try Registry(store: store)
    return try steps.map { step in
      (step, try Scenario.run(step.commands, on: store, registry))
    }
  }

  private static func run(
    _ commands: [String], on store: any RecordStore, _ registry: Registry
  ) throws -> String {
    let batch = RecordBatch()
    var answers: [String] = []
    for command in commands {
      let words = command.split(separator: " ").map(String.init)
      switch words.first {
      case "observe": try observe(Array(words.dropFirst()), into: batch, registry)
      case "lookup": answers.append(try lookUp(Array(words.dropFirst()), in: store))
      default: throw Fault(description: "no such command: \(command)")
      }
    }
    if !batch.isEmpty {
      let summary = try store.apply(batch)
      answers.append("\(summary.created) new, \(summary.updated) merged")
    }
    return answers.joined(separator: "\n")
  }

  private static func observe(
    _ words: [String], into batch: RecordBatch, _ registry: Registry
  ) throws {
    let (options, rest) = split(words)
    guard rest.count >= 3, let type = RRType(mnemonic: Array(rest[1].utf8).span) else {
      throw Fault(description: "observe needs NAME TYPE RDATA")
    }
    let name = try DomainName(text: rest[0])
    let text = rest[2...].joined(separator: " ")
    let vantage = options["vantage"].flatMap(Vantage.init(name:)) ?? .client
    var rdata = Array(text.utf8)
    if vantage != .text {
      rdata = []
      try RDataParser.parse(Array(text.utf8).span, type: type, into: &rdata)
    }
    let apex = try options["bailiwick"].map { try DomainName(text: $0).labelCount }
    var key: [UInt8] = []
    RecordKey.append(
      dataset: .main, rrname: name.wire.span, rrtype: type, rdata: rdata.span, vantage: vantage,
      bailiwick: apex.map { Bailiwick(labels: $0) } ?? .unknown, to: &key)
    let first = try time(options["first"] ?? options["time"])
    batch.add(
      key: key.span, timeFirst: first, timeLast: try time(options["last"] ?? options["time"]),
      count: UInt64(options["count"] ?? "1") ?? 1,
      sensor: try registry.addSensor(options["sensor"] ?? ""))
  }

  private static func lookUp(_ words: [String], in store: any RecordStore) throws -> String {
    let (options, rest) = split(words)
    var query = RecordQuery(.all)
    query.limit = options["limit"].flatMap { Int($0) }
    query.mergesTriples = !rest.contains("unmerged")
    for name in options["rrtype"]?.split(separator: ",") ?? [] {
      if let type = RRType(mnemonic: Array(name.utf8).span) { query.rrtypes.insert(type) }
    }
    query.times.firstAfter = try options["first_after"].map { try time($0) }
    query.times.firstBefore = try options["first_before"].map { try time($0) }
    query.times.lastAfter = try options["last_after"].map { try time($0) }
    query.times.lastBefore = try options["last_before"].map { try time($0) }
    let value = try LookupValue(rest.filter { $0 != "unmerged" }.joined(separator: " "))
    let pageRows = options["pages"].flatMap { Int($0) }
    return try pages(of: value, like: query, rows: pageRows, in: store)
  }

  /// Rows as lines; with `rows`, every page is a look-up of its own that resumes behind the last.
  private static func pages(
    of value: LookupValue, like query: RecordQuery, rows: Int?, in store: any RecordStore
  ) throws -> String {
    var lines: [String] = []
    var query = query
    if let rows { query.limit = rows }
    var position: LookupPosition?
    while true {
      let cursor = LookupCursor(value, like: query, resumeAfter: position, store: store)
      var end = RecordCursor.End.paused
      while end == .paused {
        end = try cursor.next { row in
          lines.append(line(row))
          return false
        }
      }
      if end == .limited, rows != nil, let next = cursor.position {
        position = next
        continue
      }
      if end == .limited { lines.append("limited") }
      return lines.isEmpty ? "nothing" : lines.joined(separator: "\n")
    }
  }

  private static func line(_ row: borrowing RecordRow) -> String {
    var rdata: [UInt8] = row.rdata
    if !row.isLossy {
      rdata = []
      RDataText.append(row.rdata.span, type: row.rrtype, style: .circl, to: &rdata)
    }
    let name = DomainName(canonicalWire: row.rrname).text(finalDot: false)
    var line = "\(name) \(row.rrtype) \(String(decoding: rdata, as: UTF8.self))"
    line += " first=\(time(row.value.timeFirst)) last=\(time(row.value.timeLast))"
    line += " count=\(row.value.count)"
    if !row.value.activity.isEmpty {
      line += " days=" + row.value.daysSeen.map(String.init).joined(separator: ",")
    }
    return line
  }

  private static func split(_ words: [String]) -> (options: [String: String], rest: [String]) {
    var options: [String: String] = [:]
    var rest: [String] = []
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      let isOption =
        parts.count == 2 && parts[0].allSatisfy { $0.isLetter || $0 == "_" } && rest.count < 2
      if isOption { options[parts[0]] = parts[1] } else { rest.append(word) }
    }
    return (options, rest)
  }

  private static func time(_ text: String?) throws -> UnixSeconds {
    guard let text else { return TimeLimits.timeMin }
    if text.hasSuffix("d"), let days = UnixSeconds(text.dropLast()) {
      return days * TimeLimits.secondsPerDay
    }
    guard let seconds = UnixSeconds(text) else { throw Fault(description: "not a time: \(text)") }
    return seconds
  }

  private static func time(_ seconds: UnixSeconds) -> String {
    seconds % TimeLimits.secondsPerDay == 0
      ? "\(seconds / TimeLimits.secondsPerDay)d" : "\(seconds)"
  }
}
