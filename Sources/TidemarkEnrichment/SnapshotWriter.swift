import FoundationEssentials
import GRDB
import TidemarkDatabase
import TidemarkModel
import TidemarkRegistration

/// A registration before it is kept.
struct SnapshotDraft {
  let key: SubjectKey
  let checkedAt: UnixSeconds
  let registration: Registration
  let texts: [RawAnswer]
  let isPrivate: Bool
}

/// Keeps registrations inside one transaction: of every run of look-ups that say the same, the
/// first and the last one.
struct SnapshotWriter {
  let db: Database
  let now: UnixSeconds

  /// Keeps a registration where the history wants it.
  ///
  /// - Returns: false when the history had it, or both ends of its run.
  func add(_ draft: SnapshotDraft) throws -> Bool {
    let digest = draft.registration.contentDigest
    let before = try neighbours(draft, "checked <= ?", "DESC")
    // A run may have begun on this day; the later look-up stands for the day.
    if let last = before.first, last.digest == digest, last.time < Int64(draft.checkedAt),
      last.time / 86_400 == Int64(draft.checkedAt) / 86_400
    {
      try remove(last, of: draft.key)
    }
    let kept = try neighbours(draft, "checked <= ?", "DESC") + neighbours(draft, "checked > ?", "")
    var history = RegistrationHistory(kept: kept)
    switch history.add(.init(time: Int64(draft.checkedAt), digest: digest)) {
    case .ignore: return false
    case .replace(let old): try remove(old, of: draft.key)
    case .keep: break
    }
    try insert(draft, digest: digest)
    try trim(draft.key)
    return true
  }

  /// The two snapshots next to a time: enough to know the runs on both sides.
  private func neighbours(
    _ draft: SnapshotDraft, _ condition: String, _ order: String
  ) throws -> [RegistrationHistory.Snapshot] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT checked, digest FROM registrations WHERE subject = ? AND \(condition)
        ORDER BY checked \(order) LIMIT 2
        """,
      arguments: [draft.key.text, Int64(draft.checkedAt)]
    ).map { row in
      .init(
        time: try value(Int64.self, "checked", row), digest: try value(String.self, "digest", row))
    }
  }

  private func remove(_ snapshot: RegistrationHistory.Snapshot, of key: SubjectKey) throws {
    try db.execute(
      sql: "DELETE FROM registrations WHERE subject = ? AND checked = ?",
      arguments: [key.text, snapshot.time])
  }

  private func insert(_ draft: SnapshotDraft, digest: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try db.execute(
      sql: """
        INSERT INTO registrations
          (subject, checked, stored, digest, is_private, range_first, range_last, content)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        draft.key.text, Int64(draft.checkedAt), Int64(now), digest, draft.isPrivate,
        draft.key.ends.map { Data($0.first) }, draft.key.ends.map { Data($0.last) },
        try encoder.encode(draft.registration),
      ])
    let id = db.lastInsertedRowID
    for (place, text) in draft.texts.prefix(RegistrationSnapshot.textsMax).enumerated() {
      let octets = text.octets.prefix(RegistrationSnapshot.textOctetsMax)
      try db.execute(
        sql: """
          INSERT INTO registration_texts (registration, place, content_type, is_cut, octets)
          VALUES (?, ?, ?, ?, ?)
          """,
        arguments: [
          id, place, text.contentType, text.isCut || octets.count < text.octets.count,
          Data(octets),
        ])
    }
  }

  /// Lets go the oldest snapshots of a subject when they are too many.
  private func trim(_ key: SubjectKey) throws {
    try db.execute(
      sql: """
        DELETE FROM registrations WHERE id IN (
          SELECT id FROM registrations WHERE subject = ?
          ORDER BY checked DESC LIMIT -1 OFFSET ?)
        """,
      arguments: [key.text, RegistrationSnapshot.perSubjectMax])
  }

  /// Lets go what the administrator does not want kept any longer.
  static func expire(_ db: Database, now: UnixSeconds) throws {
    let days = try String.fetchOne(
      db, sql: "SELECT value FROM operation_values WHERE operation = ? AND key = ?",
      arguments: [OperationCatalogue.tidemark.id, OperationCatalogue.registrationDays]
    ).flatMap { Int64($0) }
    guard let days else { return }
    try db.execute(
      sql: "DELETE FROM registrations WHERE stored < ?",
      arguments: [Int64(now) - days * 86_400])
  }
}
