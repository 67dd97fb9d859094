import TidemarkDatabase

/// The tables of a control database. Usage is written without waiting for the disk.
enum ControlSchema: DatabaseSchema {
  typealias Failure = ControlError

  static let name = "control"
  /// `TDMC`: SQLite's `application_id`.
  static let application = 0x5444_4D43
  static let modeRefused: UInt32 = 0o022
  static let modeReason = "others can write it, and so make tokens; use chmod 600"
  static let survivesPowerCut = false
  static let isErased = false
  /// A step that was released is never changed; a change is a further step.
  static let steps = [
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
    """,
    """
    CREATE TABLE sensors (
      uuid BLOB NOT NULL PRIMARY KEY CHECK (length(uuid) = 16),
      name TEXT NOT NULL UNIQUE,
      state TEXT NOT NULL,
      key BLOB CHECK (length(key) BETWEEN 1 AND 100),
      owner TEXT NOT NULL,
      mail TEXT NOT NULL,
      third_party INTEGER NOT NULL,
      note TEXT NOT NULL,
      tlp TEXT NOT NULL,
      dataset TEXT NOT NULL,
      mix_class TEXT NOT NULL,
      registered INTEGER NOT NULL,
      first_seen INTEGER,
      last_seen INTEGER,
      packets INTEGER NOT NULL DEFAULT 0,
      octets INTEGER NOT NULL DEFAULT 0,
      records INTEGER NOT NULL DEFAULT 0,
      losses INTEGER NOT NULL DEFAULT 0,
      rate REAL NOT NULL DEFAULT 0,
      clock_offset INTEGER,
      last_error TEXT,
      last_error_seen INTEGER
    ) STRICT;
    CREATE TABLE unknown_sensors (
      uuid BLOB NOT NULL PRIMARY KEY CHECK (length(uuid) = 16),
      attempts INTEGER NOT NULL,
      first_seen INTEGER NOT NULL,
      last_seen INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX unknown_sensors_seen ON unknown_sensors (last_seen);
    """,
    """
    CREATE TABLE partners (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL,
      token INTEGER NOT NULL UNIQUE REFERENCES tokens (id),
      policy TEXT NOT NULL,
      outlets TEXT NOT NULL,
      created INTEGER NOT NULL,
      revoked INTEGER
    ) STRICT;
    CREATE UNIQUE INDEX partner_names ON partners (name) WHERE revoked IS NULL;
    CREATE TABLE releases (
      partner INTEGER NOT NULL REFERENCES partners (id),
      day INTEGER NOT NULL,
      rule TEXT NOT NULL,
      rows INTEGER NOT NULL,
      PRIMARY KEY (partner, day, rule)
    ) STRICT, WITHOUT ROWID;
    """,
    """
    ALTER TABLE tokens ADD COLUMN signing_key TEXT;
    """,
  ]

  static func notOurs(path: String) -> ControlError { .notControl(path: path) }
  static func reason(_ error: any Error) -> String { "\(error)" }
}
