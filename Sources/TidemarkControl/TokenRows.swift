import FoundationEssentials
import GRDB
import TidemarkDatabase
import TidemarkAccess

/// Rows of the tables `tokens` and `token_datasets`.
enum TokenRows {
  /// All tokens in the order of their numbers.
  static func all(_ db: Database) throws -> [TokenRecord] {
    var datasets: [Int64: Set<String>] = [:]
    for row in try Row.fetchAll(db, sql: "SELECT token, dataset FROM token_datasets") {
      let token = try value(Int64.self, "token", row)
      datasets[token, default: []].insert(try value(String.self, "dataset", row))
    }
    return try Row.fetchAll(db, sql: "SELECT * FROM tokens ORDER BY id").map { row in
      let id = try value(Int64.self, "id", row)
      guard let digest = TokenDigest(octets: Array(try value(Data.self, "digest", row))) else {
        throw Damage(column: "digest")
      }
      return TokenRecord(
        id: id, digest: digest,
        signingKey: optional(String.self, "signing_key", row).map { SigningKey($0) },
        grant: try grant(row, datasets: datasets[id] ?? []),
        created: try value(Int64.self, "created", row),
        revoked: optional(Int64.self, "revoked", row),
        lastUsed: optional(Int64.self, "last_used", row))
    }
  }

  /// Adds a token.
  ///
  /// - Parameter key: kept in the clear; nil for a token that is always sent itself.
  static func insert(
    _ grant: TokenGrant, digest: TokenDigest, key: SigningKey? = nil, now: Int64, _ db: Database
  ) throws -> TokenRecord {
    try db.execute(
      sql: """
        INSERT INTO tokens (name, digest, scopes, all_datasets, rows_max, octets_max, seconds_max,
          concurrent_max, per_minute, per_day, created, expires, signing_key)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        grant.name, Data(digest.octets), scopes(grant), grant.datasets == nil,
        grant.limits.rows, grant.limits.octets, grant.limits.seconds, grant.limits.concurrent,
        grant.perMinute, grant.perDay, now, grant.expires, key?.text,
      ])
    let id = db.lastInsertedRowID
    for dataset in grant.datasets ?? [] {
      try db.execute(
        sql: "INSERT INTO token_datasets (token, dataset) VALUES (?, ?)",
        arguments: [id, dataset])
    }
    return TokenRecord(
      id: id, digest: digest, signingKey: key, grant: grant, created: now)
  }

  private static func grant(_ row: Row, datasets: Set<String>) throws -> TokenGrant {
    let scopes = try value(String.self, "scopes", row).split(separator: ",")
    return TokenGrant(
      name: try value(String.self, "name", row),
      // A word that is not known here allows nothing.
      scopes: Set(scopes.compactMap { Scope(rawValue: String($0)) }),
      datasets: try value(Bool.self, "all_datasets", row) ? nil : datasets,
      limits: LimitOverrides(
        rows: optional(Int.self, "rows_max", row), octets: optional(Int.self, "octets_max", row),
        seconds: optional(Double.self, "seconds_max", row),
        concurrent: optional(Int.self, "concurrent_max", row)),
      perMinute: optional(Int.self, "per_minute", row),
      perDay: optional(Int.self, "per_day", row), expires: optional(Int64.self, "expires", row))
  }

  private static func scopes(_ grant: TokenGrant) -> String {
    Scope.allCases.filter { grant.scopes.contains($0) }.map(\.rawValue).joined(separator: ",")
  }
}
