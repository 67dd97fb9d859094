import GRDB

/// The tables of a control database, and how older ones become today's.
///
/// The version is SQLite's `user_version`: the number of steps that were taken. A step that was
/// released is never changed; a change is a further step.
enum ControlSchema {
  /// `TDMC`: SQLite's `application_id`.
  static let application = 0x5444_4D43
  /// The version of this program.
  static var version: Int { steps.count }

  private static let steps = [
    """
    CREATE TABLE tokens (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL,
      digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
      scopes TEXT NOT NULL,
      all_datasets INTEGER NOT NULL,
      rows_max INTEGER,
      octets_max INTEGER,
      seconds_max REAL,
      concurrent_max INTEGER,
      per_minute INTEGER,
      per_day INTEGER,
      created INTEGER NOT NULL,
      expires INTEGER,
      revoked INTEGER,
      last_used INTEGER
    ) STRICT;
    CREATE UNIQUE INDEX token_names ON tokens (name) WHERE revoked IS NULL;
    CREATE TABLE token_datasets (
      token INTEGER NOT NULL REFERENCES tokens (id),
      dataset TEXT NOT NULL,
      PRIMARY KEY (token, dataset)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE usage (
      token INTEGER NOT NULL REFERENCES tokens (id),
      day INTEGER NOT NULL,
      requests INTEGER NOT NULL,
      PRIMARY KEY (token, day)
    ) STRICT, WITHOUT ROWID;
    """
  ]

  /// Brings a database up to this program's version.
  ///
  /// - Parameter isMine: inside a transaction that keeps other writers out.
  static func migrate(_ db: Database, path: String) throws {
    let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    guard try isOurs(db, version: found) else { throw ControlError.notControl(path: path) }
    guard found <= version else {
      throw ControlError.newer(path: path, found: found, known: version)
    }
    guard found < version else { return }
    for step in steps[max(found, 0)...] { try db.execute(sql: step) }
    try db.execute(
      sql: "PRAGMA application_id = \(application); PRAGMA user_version = \(version)")
  }

  /// True for our databases and for those that nobody has written to.
  private static func isOurs(_ db: Database, version: Int) throws -> Bool {
    let found = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    if found == application { return version > 0 }
    let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
    return found == 0 && version == 0 && tables == 0
  }
}
