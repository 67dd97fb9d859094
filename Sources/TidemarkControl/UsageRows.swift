import GRDB
import TidemarkDatabase
import TidemarkAccess

/// Rows of the table `usage`.
enum UsageRows {
  /// Adds requests to those that are there, other processes' too.
  static func add(_ uses: [TokenUse], _ db: Database) throws {
    for use in uses {
      try db.execute(
        sql: """
          INSERT INTO usage (token, day, requests)
          SELECT id, ?, ? FROM tokens WHERE id = ?
          ON CONFLICT (token, day) DO UPDATE SET requests = requests + excluded.requests
          """,
        arguments: [use.day, use.requests, use.token])
      try db.execute(
        sql: "UPDATE tokens SET last_used = max(coalesce(last_used, 0), ?) WHERE id = ?",
        arguments: [use.lastUsed, use.token])
    }
  }

  /// Requests of a day by token.
  static func all(day: Int64, _ db: Database) throws -> [Int64: Int] {
    let rows = try Row.fetchAll(
      db, sql: "SELECT token, requests FROM usage WHERE day = ?", arguments: [day])
    var usage: [Int64: Int] = [:]
    for row in rows {
      usage[try value(Int64.self, "token", row)] = try value(Int.self, "requests", row)
    }
    return usage
  }

  /// Forgets days long past.
  static func removeAll(before day: Int64, _ db: Database) throws {
    try db.execute(sql: "DELETE FROM usage WHERE day < ?", arguments: [day])
  }
}
