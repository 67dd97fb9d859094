import TidemarkDatabase

/// The tables of a library. It holds credentials, so nobody but its owner may read it.
enum LibrarySchema: DatabaseSchema {
  typealias Failure = LibraryError

  static let name = "library"
  /// `TDML`: SQLite's `application_id`.
  static let application = 0x5444_4D4C
  static let modeRefused: UInt32 = 0o077
  static let modeReason = "holds credentials, and others can use it; chmod 600"
  static let survivesPowerCut = true
  static let isErased = true
  /// A step that was released is never changed; a change is a further step.
  static let steps = [
    """
    CREATE TABLE indicators (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      type TEXT NOT NULL,
      value TEXT NOT NULL,
      status TEXT NOT NULL,
      first_added INTEGER NOT NULL,
      last_touched INTEGER NOT NULL,
      UNIQUE (type, value)
    ) STRICT;
    CREATE TABLE indicator_sources (
      indicator INTEGER NOT NULL REFERENCES indicators (id),
      source TEXT NOT NULL,
      PRIMARY KEY (indicator, source)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE indicator_tags (
      indicator INTEGER NOT NULL REFERENCES indicators (id),
      tag TEXT NOT NULL,
      PRIMARY KEY (indicator, tag)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE attributes (
      id INTEGER PRIMARY KEY,
      indicator INTEGER NOT NULL REFERENCES indicators (id),
      name TEXT NOT NULL,
      value TEXT NOT NULL,
      source TEXT NOT NULL,
      provenance TEXT,
      first_seen INTEGER NOT NULL,
      last_seen INTEGER NOT NULL,
      UNIQUE (indicator, name, value, source)
    ) STRICT;
    CREATE TABLE relations (
      id INTEGER PRIMARY KEY,
      origin INTEGER NOT NULL REFERENCES indicators (id),
      target INTEGER NOT NULL REFERENCES indicators (id),
      kind TEXT NOT NULL,
      source TEXT NOT NULL,
      provenance TEXT,
      first_seen INTEGER NOT NULL,
      last_seen INTEGER NOT NULL,
      UNIQUE (origin, target, kind, source)
    ) STRICT;
    CREATE INDEX relation_targets ON relations (target);
    CREATE TABLE operation_states (
      operation TEXT NOT NULL PRIMARY KEY,
      enabled INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE operation_values (
      operation TEXT NOT NULL,
      key TEXT NOT NULL,
      value TEXT NOT NULL,
      PRIMARY KEY (operation, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE results (
      id TEXT NOT NULL PRIMARY KEY,
      started INTEGER NOT NULL,
      type TEXT NOT NULL,
      value TEXT NOT NULL,
      operation TEXT NOT NULL,
      action TEXT NOT NULL,
      outcome TEXT NOT NULL,
      is_cited INTEGER NOT NULL DEFAULT 0,
      content BLOB NOT NULL
    ) STRICT;
    CREATE INDEX result_times ON results (started);
    CREATE INDEX result_indicators ON results (type, value, started);
    CREATE TABLE selections (
      id INTEGER PRIMARY KEY,
      result TEXT NOT NULL REFERENCES results (id),
      author TEXT NOT NULL,
      made INTEGER NOT NULL,
      button TEXT,
      added INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX selection_results ON selections (result);
    CREATE TABLE raw_answers (
      result TEXT NOT NULL PRIMARY KEY REFERENCES results (id) ON DELETE CASCADE,
      stored INTEGER NOT NULL,
      content_type TEXT NOT NULL,
      is_cut INTEGER NOT NULL,
      octet_count INTEGER NOT NULL,
      octets BLOB NOT NULL
    ) STRICT;
    CREATE INDEX raw_times ON raw_answers (stored DESC, result, octet_count);
    """,
    """
    CREATE TABLE registrations (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      subject TEXT NOT NULL,
      checked INTEGER NOT NULL,
      stored INTEGER NOT NULL,
      digest TEXT NOT NULL,
      is_private INTEGER NOT NULL,
      range_first BLOB,
      range_last BLOB,
      content BLOB NOT NULL,
      UNIQUE (subject, checked)
    ) STRICT;
    CREATE INDEX registration_times ON registrations (stored);
    CREATE INDEX registration_ranges ON registrations (range_first, range_last, checked)
      WHERE range_first IS NOT NULL;
    CREATE TABLE registration_texts (
      registration INTEGER NOT NULL REFERENCES registrations (id) ON DELETE CASCADE,
      place INTEGER NOT NULL,
      content_type TEXT NOT NULL,
      is_cut INTEGER NOT NULL,
      octets BLOB NOT NULL,
      PRIMARY KEY (registration, place)
    ) STRICT;
    """,
  ]

  static func notOurs(path: String) -> LibraryError { .notLibrary(path: path) }
  /// Without the error's own text, which may quote what is stored.
  static func reason(_ error: any Error) -> String { "it cannot be read or written" }
}
