import ArgumentParser
import FoundationEssentials
import TidemarkAccess
import TidemarkControl

/// `tidemark token list`.
struct TokenListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists tokens: what they may do, and when they were used.")

  @OptionGroup var place: ControlOptions
  @Flag(help: "Revoked and expired ones too.")
  var all = false
  @Flag(help: "One JSON object per line.")
  var json = false

  func run() throws {
    let database = try place.open(create: false)
    let now = Int64(StandardStreams.now())
    let (tokens, usage) = try TokenCommand.explaining {
      (try database.tokens(), try database.usage(day: now / 86_400))
    }
    let shown = tokens.filter { all || $0.state(at: now) == .valid }
    let text =
      json
      ? try shown.map { try TokenText.json($0, usedToday: usage[$0.id] ?? 0, now: now) }
        .joined()
      : TokenText.table(shown.map { TokenText.row($0, usedToday: usage[$0.id] ?? 0, now: now) })
    _ = StandardStreams.write(Array(text.utf8))
  }
}

/// Tokens in words.
enum TokenText {
  static let head = [
    "id", "name", "state", "scopes", "datasets", "per minute", "per day", "today", "created",
    "expires", "last used",
  ]

  private struct Line: Encodable {
    let id: Int64
    let name: String
    let state: String
    let scopes: [String]
    let datasets: [String]?
    let rows, octets, concurrent, perMinute, perDay: Int?
    let seconds: Double?
    let signing: Bool
    let usedToday: Int
    let created: Int64
    let expires, revoked, lastUsed: Int64?
  }

  static func scopes(_ grant: TokenGrant) -> String {
    Scope.allCases.filter { grant.scopes.contains($0) }.map(\.rawValue).joined(separator: ",")
  }

  static func datasets(_ grant: TokenGrant) -> String {
    grant.datasets?.sorted().joined(separator: ",") ?? "all"
  }

  static func end(_ grant: TokenGrant) -> String {
    grant.expires.map { "good until \(time($0))" } ?? "good until revoked"
  }

  static func row(_ token: TokenRecord, usedToday: Int, now: Int64) -> [String] {
    let grant = token.grant
    return [
      String(token.id), grant.name, token.state(at: now).rawValue, scopes(grant),
      datasets(grant), grant.perMinute.map { String($0) } ?? "-",
      grant.perDay.map { String($0) } ?? "-", String(usedToday), time(token.created),
      grant.expires.map(time) ?? "-", token.lastUsed.map(time) ?? "-",
    ]
  }

  /// Columns as wide as they must be, two blanks between them.
  static func table(_ rows: [[String]], head: [String] = TokenText.head) -> String {
    let lines = [head] + rows
    let widths = head.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      var text = ""
      for (cell, width) in zip(line, widths) {
        text += cell + String(repeating: " ", count: width + 2 - cell.count)
      }
      while text.last == " " { text.removeLast() }
      return text + "\n"
    }.joined()
  }

  static func json(_ token: TokenRecord, usedToday: Int, now: Int64) throws -> String {
    let grant = token.grant
    let line = Line(
      id: token.id, name: grant.name, state: token.state(at: now).rawValue,
      scopes: Scope.allCases.filter { grant.scopes.contains($0) }.map(\.rawValue),
      datasets: grant.datasets?.sorted(), rows: grant.limits.rows, octets: grant.limits.octets,
      concurrent: grant.limits.concurrent, perMinute: grant.perMinute, perDay: grant.perDay,
      seconds: grant.limits.seconds, signing: token.signingKey != nil, usedToday: usedToday,
      created: token.created,
      expires: grant.expires, revoked: token.revoked, lastUsed: token.lastUsed)
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(line), as: UTF8.self) + "\n"
  }

  private static func time(_ seconds: Int64) -> String {
    Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
  }
}
