import DNSWire
import FoundationEssentials
import TidemarkModel
import TidemarkSharing

/// Partners in words.
enum PartnerText {
  private struct Line: Encodable {
    let id: Int64
    let name: String
    let state: String
    let policy: PartnerPolicy
    let outlets: PartnerOutlets
    let created: Int64
    let expires, revoked: Int64?
  }

  private struct Account: Encodable {
    let id: Int64
    let name: String
    let stream: String
    let rule: String
    let rows: UInt64
  }

  static func json(_ partner: Partner, now: Int64) throws -> String {
    try line(
      Line(
        id: partner.id, name: partner.name, state: state(partner, now: now),
        policy: partner.policy, outlets: partner.outlets, created: partner.created,
        expires: partner.expires, revoked: partner.revoked))
  }

  static func json(_ partner: Partner, _ release: Release) throws -> String {
    try line(
      Account(
        id: partner.id, name: partner.name, stream: partner.policy.stream,
        rule: release.rule.rawValue, rows: release.rows))
  }

  private static func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }

  static func released(_ releases: [Release]) -> [Int64: UInt64] {
    Dictionary(
      releases.filter { $0.rule == .released }.map { ($0.partner, $0.rows) },
      uniquingKeysWith: &+)
  }

  static func row(_ partner: Partner, released: UInt64, now: Int64) -> [String] {
    [
      String(partner.id), partner.name, state(partner, now: now), partner.policy.stream,
      partner.policy.tlpMax.description, outlets(partner.outlets), String(released),
      time(partner.created),
    ]
  }

  /// Everything that is set, in words.
  static func rules(_ partner: Partner, now: Int64) -> [[String]] {
    let policy = partner.policy
    func words(_ list: [String], none: String) -> String {
      list.isEmpty ? none : list.joined(separator: ",")
    }
    var rows: [[String]] = []
    func add(_ name: String, _ text: String) { rows.append([name, text]) }
    add("name", "\(partner.name) (\(partner.id))")
    add("state", state(partner, now: now))
    add("stream", policy.stream)
    add("include", words(policy.include, none: "all"))
    add("exclude", words(policy.exclude, none: "none"))
    add("types", words(policy.rrtypes.map(\.mnemonic), none: "all"))
    add("vantages", words(policy.vantages.map(\.description), none: "all"))
    add("datasets", words(policy.datasets, none: "all"))
    add("tlp", "up to \(policy.tlpMax)")
    add("max age", policy.maxAgeSeconds.map { "\($0) s" } ?? "any")
    add("private", policy.keepsPrivate ? "released too" : "kept back")
    add("rate", policy.rowsPerSecondMax.map { "\($0) rows/s" } ?? "any")
    add("streams at once", String(policy.streamsMax))
    add("created", time(partner.created))
    add("expires", partner.expires.map(time) ?? "never")
    if let revoked = partner.revoked { rows.append(["revoked", time(revoked)]) }
    if let files = partner.outlets.files {
      rows.append(["files", "\(files.folder), one each \(files.period.rawValue)"])
    }
    if let push = partner.outlets.push {
      rows.append(["push", "\(push.url) as \(push.uuid), type \(push.type)"])
    }
    return rows
  }

  /// Columns as wide as they must be, two blanks between them.
  static func table(_ head: [String], _ rows: [[String]]) -> String {
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

  static func state(_ partner: Partner, now: Int64) -> String {
    if partner.revoked != nil { return "revoked" }
    return partner.isGood(at: now) ? "valid" : "expired"
  }

  private static func outlets(_ outlets: PartnerOutlets) -> String {
    (["http"] + (outlets.files == nil ? [] : ["files"]) + (outlets.push == nil ? [] : ["push"]))
      .joined(separator: ",")
  }

  private static func time(_ seconds: Int64) -> String {
    Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
  }
}
