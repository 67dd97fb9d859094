import FoundationEssentials
import GRDB
import TidemarkDatabase
public import TidemarkModel
public import TidemarkRegistration

/// The history of registrations.
extension Library {
  /// Keeps what a look-up gave. Of look-ups that say the same without another one between them only
  /// the first and the last stay.
  ///
  /// - Parameters:
  ///   - subject: what was asked about. A registered block of addresses is kept as the whole block.
  ///   - time: when the look-up was done.
  /// - Throws: ``LibraryError``.
  public func keep(
    _ fetched: FetchedRegistration, of subject: Registration.Subject, at time: UnixSeconds
  ) throws(LibraryError) {
    guard var key = SubjectKey(subject) else { return }
    if let block = SubjectKey(fetched.merged.subject), block.covers(key) { key = block }
    let draft = SnapshotDraft(
      key: key, checkedAt: time, registration: fetched.merged, texts: fetched.texts,
      isPrivate: fetched.merged.isPrivate)
    try database.writing { db in
      _ = try SnapshotWriter(db: db, now: time).add(draft)
      try SnapshotWriter.expire(db, now: time)
    }
  }

  /// The newest snapshot of a subject; nil when there is none.
  public func latestSnapshot(
    of subject: Registration.Subject
  ) throws(LibraryError) -> RegistrationSnapshot? {
    try snapshots(of: subject, limit: 1).first
  }

  /// Snapshots of a subject, newest first unless asked otherwise.
  ///
  /// - Parameters:
  ///   - offset: so many are passed over; never less than 0.
  ///   - limit: most snapshots to return, up to ``RegistrationSnapshot/readMax``.
  /// - Throws: ``LibraryError``.
  public func snapshots(
    of subject: Registration.Subject, oldestFirst: Bool = false, offset: Int = 0, limit: Int
  ) throws(LibraryError) -> [RegistrationSnapshot] {
    guard let key = SubjectKey(subject) else { return [] }
    let limit = min(max(limit, 0), RegistrationSnapshot.readMax)
    return try database.reading { db in
      try SnapshotRows.read(
        db, "subject = ? ORDER BY checked \(oldestFirst ? "ASC" : "DESC") LIMIT ? OFFSET ?",
        [key.text, limit, max(offset, 0)])
    }
  }

  /// How many snapshots of a subject are kept.
  public func snapshotCount(of subject: Registration.Subject) throws(LibraryError) -> Int {
    guard let key = SubjectKey(subject) else { return 0 }
    return try database.reading { db in
      try Int.fetchOne(
        db, sql: "SELECT count(*) FROM registrations WHERE subject = ?", arguments: [key.text])
        ?? 0
    }
  }

  /// The newest snapshot of the smallest registered block that has an address; nil when there is
  /// none, or the text is no address.
  public func snapshot(
    covering address: String
  ) throws(LibraryError) -> RegistrationSnapshot? {
    guard let octets = SubjectKey.octets(address) else { return nil }
    return try database.reading { db in
      try SnapshotRows.read(
        db,
        """
        range_first <= ? AND range_last >= ?
        ORDER BY range_first DESC, range_last, checked DESC LIMIT 1
        """,
        [Data(octets), Data(octets)]
      ).first
    }
  }
}

/// Reads snapshots.
enum SnapshotRows {
  /// Snapshots that fit a condition; it ends with order and limit.
  static func read(
    _ db: Database, _ condition: String, _ arguments: StatementArguments
  ) throws -> [RegistrationSnapshot] {
    let decoder = JSONDecoder()
    return try Row.fetchAll(
      db, sql: "SELECT * FROM registrations WHERE \(condition)", arguments: arguments
    ).map { row in
      let id = try value(Int64.self, "id", row)
      let content = try value(Data.self, "content", row)
      guard let registration = try? decoder.decode(Registration.self, from: content),
        let subject = subject(try value(String.self, "subject", row))
      else { throw Damage(column: "content") }
      return RegistrationSnapshot(
        id: id, subject: subject,
        checkedAt: UnixSeconds(clamping: try value(Int64.self, "checked", row)),
        registration: registration, texts: try texts(of: id, db),
        digest: try value(String.self, "digest", row),
        isPrivate: try value(Bool.self, "is_private", row))
    }
  }

  private static func texts(of id: Int64, _ db: Database) throws -> [RawAnswer] {
    try Row.fetchAll(
      db, sql: "SELECT * FROM registration_texts WHERE registration = ? ORDER BY place",
      arguments: [id]
    ).map { row in
      RawAnswer(
        contentType: try value(String.self, "content_type", row),
        octets: Array(try value(Data.self, "octets", row)),
        isCut: try value(Bool.self, "is_cut", row))
    }
  }

  /// Reads ``SubjectKey/text``.
  static func subject(_ text: String) -> Registration.Subject? {
    let words = text.split(separator: " ", maxSplits: 1).map(String.init)
    guard words.count == 2 else { return nil }
    let names = words[1].split(separator: " ").map(String.init)
    switch words[0] {
    case "domain": return .domain(name: words[1])
    case "nameserver": return .nameServer(name: words[1])
    case "entity": return .entity(handle: words[1])
    case "network":
      guard names.count == 2 else { return nil }
      return .network(first: names[0], last: names[1])
    case "autnum":
      guard names.count == 2, let first = UInt32(names[0]), let last = UInt32(names[1]) else {
        return nil
      }
      return .autonomousSystems(first: first, last: last)
    default: return nil
    }
  }
}
