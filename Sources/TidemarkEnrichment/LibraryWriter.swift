import GRDB
import TidemarkModel

/// Adds rows inside one transaction.
struct LibraryWriter {
  let db: Database
  /// The label where a row names nobody.
  let source: String
  let now: UnixSeconds

  /// Adds one row and counts it. Everything is checked before anything is written, so that a
  /// refused row leaves nothing behind.
  ///
  /// - Throws: errors of SQLite only; the transaction ends then.
  func add(_ row: LibraryRow, to report: inout AddReport) throws {
    do throws(RowRefusal) {
      let entry = try row.entry.get()
      try entry.check()
      try LibraryLimits.check(label: source, "the source")
    } catch {
      report.refuse(row.number, error)
      return
    }
    guard case .success(let entry) = row.entry else { return }
    if try write(entry, provenance: row.provenance) {
      report.added += 1
    } else {
      report.alreadyThere += 1
    }
  }

  /// Writes an entry; true when something of it is new.
  private func write(_ entry: LibraryEntry, provenance: Provenance?) throws -> Bool {
    let found = try indicator(entry.indicator, status: entry.status)
    let id = found.id
    var isNew = found.isNew
    for label in entry.sources + [source] {
      isNew = try insert("indicator_sources (indicator, source)", id, label) || isNew
    }
    for tag in entry.tags {
      isNew = try insert("indicator_tags (indicator, tag)", id, tag) || isNew
    }
    for attribute in entry.attributes {
      isNew = try write(attribute, of: id, provenance: provenance) || isNew
    }
    for relation in entry.relations {
      isNew = try write(relation, of: id, provenance: provenance) || isNew
    }
    if isNew { try touch(id) }
    return isNew
  }

  private func indicator(
    _ key: IndicatorKey, status: IndicatorStatus
  ) throws -> (id: Int64, isNew: Bool) {
    let id = try Int64.fetchOne(
      db, sql: "SELECT id FROM indicators WHERE type = ? AND value = ?",
      arguments: [key.type.rawValue, key.value])
    if let id { return (id, false) }
    try db.execute(
      sql: """
        INSERT INTO indicators (type, value, status, first_added, last_touched)
        VALUES (?, ?, ?, ?, ?)
        """,
      arguments: [key.type.rawValue, key.value, status.rawValue, Int64(now), Int64(now)])
    return (db.lastInsertedRowID, true)
  }

  private func insert(_ table: String, _ id: Int64, _ word: String) throws -> Bool {
    try db.execute(
      sql: "INSERT INTO \(table) VALUES (?, ?) ON CONFLICT DO NOTHING", arguments: [id, word])
    return db.changesCount > 0
  }

  private func touch(_ id: Int64) throws {
    try db.execute(
      sql: "UPDATE indicators SET last_touched = max(last_touched, ?) WHERE id = ?",
      arguments: [Int64(now), id])
  }

  /// Writes an attribute, or widens its times; true when it is new.
  private func write(
    _ entry: AttributeEntry, of id: Int64, provenance: Provenance?
  ) throws -> Bool {
    let seen = entry.seen ?? now...now
    let label = entry.source ?? source
    try db.execute(
      sql: """
        UPDATE attributes SET first_seen = min(first_seen, ?), last_seen = max(last_seen, ?)
        WHERE indicator = ? AND name = ? AND value = ? AND source = ?
        """,
      arguments: [
        Int64(seen.lowerBound), Int64(seen.upperBound), id, entry.name, entry.value, label,
      ])
    guard db.changesCount == 0 else { return false }
    try db.execute(
      sql: """
        INSERT INTO attributes (indicator, name, value, source, provenance, first_seen, last_seen)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        id, entry.name, entry.value, label, provenance?.description, Int64(seen.lowerBound),
        Int64(seen.upperBound),
      ])
    return true
  }

  /// Writes a relation and the indicator at its other end, or widens its times; true when something
  /// is new.
  private func write(
    _ entry: RelationEntry, of id: Int64, provenance: Provenance?
  ) throws -> Bool {
    let seen = entry.seen ?? now...now
    let label = entry.source ?? source
    let found = try indicator(entry.other, status: .active)
    let other = found.id
    var isNew = found.isNew
    isNew = try insert("indicator_sources (indicator, source)", other, label) || isNew
    for attribute in entry.attributes {
      isNew = try write(attribute, of: other, provenance: provenance) || isNew
    }
    let (origin, target) = entry.isIncoming ? (other, id) : (id, other)
    try db.execute(
      sql: """
        UPDATE relations SET first_seen = min(first_seen, ?), last_seen = max(last_seen, ?)
        WHERE origin = ? AND target = ? AND kind = ? AND source = ?
        """,
      arguments: [
        Int64(seen.lowerBound), Int64(seen.upperBound), origin, target, entry.kind.rawValue, label,
      ])
    if db.changesCount == 0 {
      isNew = true
      try db.execute(
        sql: """
          INSERT INTO relations (origin, target, kind, source, provenance, first_seen, last_seen)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          origin, target, entry.kind.rawValue, label, provenance?.description,
          Int64(seen.lowerBound), Int64(seen.upperBound),
        ])
    }
    if isNew { try touch(other) }
    return isNew
  }
}
