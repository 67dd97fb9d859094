import FoundationEssentials
import GRDB
import TidemarkDatabase
import TidemarkSharing

/// Rows of the table `partners`.
enum PartnerRows {
  /// All partners in the order of their numbers. One whose policy cannot be read is left out: it
  /// must not receive anything.
  static func all(_ db: Database) throws -> [Partner] {
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT partners.*, tokens.digest, tokens.expires, tokens.revoked AS token_revoked
        FROM partners JOIN tokens ON tokens.id = partners.token ORDER BY partners.id
        """)
    return try rows.compactMap(partner)
  }

  /// Adds a partner.
  static func insert(_ partner: Partner, _ db: Database) throws -> Int64 {
    try db.execute(
      sql: "INSERT INTO partners (name, token, policy, outlets, created) VALUES (?, ?, ?, ?, ?)",
      arguments: [
        partner.name, partner.token, try text(partner.policy), try text(partner.outlets),
        partner.created,
      ])
    return db.lastInsertedRowID
  }

  private static func partner(_ row: Row) throws -> Partner? {
    let decoder = JSONDecoder()
    guard
      let policy = try? decoder.decode(
        PartnerPolicy.self, from: Data(try value(String.self, "policy", row).utf8)),
      let outlets = try? decoder.decode(
        PartnerOutlets.self, from: Data(try value(String.self, "outlets", row).utf8))
    else { return nil }
    let ends = [optional(Int64.self, "revoked", row), optional(Int64.self, "token_revoked", row)]
    return Partner(
      id: try value(Int64.self, "id", row), name: try value(String.self, "name", row),
      token: try value(Int64.self, "token", row),
      tokenDigest: Array(try value(Data.self, "digest", row)), policy: policy, outlets: outlets,
      created: try value(Int64.self, "created", row), revoked: ends.compactMap { $0 }.min(),
      expires: optional(Int64.self, "expires", row))
  }

  /// JSON that is the same for the same value.
  private static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}

/// Rows of the table `releases`.
enum ReleaseRows {
  /// Adds to what is there, other processes' too. Rows of a partner that is not there are dropped.
  static func add(_ releases: [Release], day: Int64, _ db: Database) throws {
    for release in releases {
      try db.execute(
        sql: """
          INSERT INTO releases (partner, day, rule, rows)
          SELECT id, ?, ?, ? FROM partners WHERE id = ?
          ON CONFLICT (partner, day, rule) DO UPDATE SET rows = rows + excluded.rows
          """,
        arguments: [
          day, release.rule.rawValue, Int64(clamping: release.rows), release.partner,
        ])
    }
  }

  /// What became of records, by partner and rule, from a day on. Rules of later versions are left
  /// out.
  static func sums(since day: Int64, _ db: Database) throws -> [Release] {
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT partner, rule, sum(rows) AS rows FROM releases WHERE day >= ?
        GROUP BY partner, rule ORDER BY partner, rule
        """,
      arguments: [day])
    return try rows.compactMap { row in
      guard let rule = PartnerRule(rawValue: try value(String.self, "rule", row)) else {
        return nil
      }
      return Release(
        partner: try value(Int64.self, "partner", row), rule: rule,
        rows: UInt64(clamping: try value(Int64.self, "rows", row)))
    }
  }
}
