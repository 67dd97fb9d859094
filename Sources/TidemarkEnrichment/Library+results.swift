import FoundationEssentials
import GRDB
import TidemarkDatabase
public import TidemarkModel

/// Results, raw answers, and what is added from them.
extension Library {
  /// Results between two looks at what is too old or too much: such a look reads all of them.
  private static let expiryInterval: Int64 = 64

  /// Keeps a result and its raw answer, and now and then lets go what is too old or too much. A
  /// power cut may take the result away: nothing was decided with it yet.
  func keep(
    _ result: ActionResult, raw: RawAnswer?, now: UnixSeconds
  ) throws(LibraryError) {
    // Not within the transaction: others write meanwhile.
    let content: Data
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .withoutEscapingSlashes
      content = try encoder.encode(result)
    } catch {
      throw .failed(path: path, reason: "a result cannot be written: \(error)")
    }
    try database.writing(survivesPowerCut: false) { db in
      try db.execute(
        sql: """
          INSERT INTO results (id, started, type, value, operation, action, outcome, content)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          result.id, Int64(result.startedAt), result.indicator.type.rawValue,
          result.indicator.value, result.operation, result.action, result.outcome.text,
          content,
        ])
      let isTime = db.lastInsertedRowID.isMultiple(of: Library.expiryInterval)
      if let raw {
        try db.execute(
          sql: """
            INSERT INTO raw_answers (result, stored, content_type, is_cut, octet_count, octets)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            result.id, Int64(now), raw.contentType, raw.isCut, raw.octets.count, Data(raw.octets),
          ])
      }
      if isTime { try Library.expire(db, now: now) }
    }
  }

  /// Lets go raw answers that are too old, results of that age of which nothing was added, the
  /// oldest raw answers when all together are too many octets, and registrations that were kept
  /// for as long as the settings say.
  public func expire(now: UnixSeconds) throws(LibraryError) {
    try database.writing { try Library.expire($0, now: now) }
  }

  private static func expire(_ db: Database, now: UnixSeconds) throws {
    try SnapshotWriter.expire(db, now: now)
    let bound = Int64(now) - Int64(LibraryLimits.resultSeconds)
    try db.execute(sql: "DELETE FROM raw_answers WHERE stored < ?", arguments: [bound])
    try db.execute(
      sql: "DELETE FROM results WHERE started < ? AND is_cited = 0", arguments: [bound])
    let total = try Int.fetchOne(db, sql: "SELECT sum(octet_count) FROM raw_answers") ?? 0
    guard total > LibraryLimits.rawTotalOctetsMax else { return }
    try db.execute(
      sql: """
        DELETE FROM raw_answers WHERE result IN (
          SELECT result FROM (
            SELECT result, sum(octet_count) OVER (ORDER BY stored DESC, result) AS total
            FROM raw_answers)
          WHERE total > ?)
        """,
      arguments: [LibraryLimits.rawTotalOctetsMax])
  }

  /// A result that is kept.
  ///
  /// - Throws: ``LibraryError/unknownResult`` when there is none, or it is gone.
  public func result(_ id: String) throws(LibraryError) -> ActionResult {
    try database.reading { try Library.result(id, $0) }
  }

  private static func result(_ id: String, _ db: Database) throws -> ActionResult {
    let content = try Data.fetchOne(
      db, sql: "SELECT content FROM results WHERE id = ?", arguments: [id])
    guard let content else { throw LibraryError.unknownResult }
    guard let result = try? JSONDecoder().decode(ActionResult.self, from: content) else {
      throw Damage(column: "content")
    }
    return result
  }

  /// The raw answer of a result.
  ///
  /// - Throws: ``LibraryError/unknownResult`` when there is none, or it is gone.
  public func raw(ofResult id: String, now: UnixSeconds) throws(LibraryError) -> RawAnswer {
    try database.reading { db in
      let row = try Row.fetchOne(
        db, sql: "SELECT * FROM raw_answers WHERE result = ? AND stored >= ?",
        arguments: [id, Int64(now) - Int64(LibraryLimits.resultSeconds)])
      guard let row else { throw LibraryError.unknownResult }
      return RawAnswer(
        contentType: try value(String.self, "content_type", row),
        octets: Array(try value(Data.self, "octets", row)),
        isCut: try value(Bool.self, "is_cut", row))
    }
  }

  /// What is to be known about the raw answer of a result without reading it; nil when there is
  /// none, or it is gone.
  public func rawSummary(
    ofResult id: String, now: UnixSeconds
  ) throws(LibraryError) -> RawSummary? {
    try database.reading { db in
      let row = try Row.fetchOne(
        db,
        sql: """
          SELECT content_type, is_cut, octet_count FROM raw_answers WHERE result = ? AND stored >= ?
          """,
        arguments: [id, Int64(now) - Int64(LibraryLimits.resultSeconds)])
      guard let row else { return nil }
      return RawSummary(
        contentType: try value(String.self, "content_type", row),
        octetCount: try value(Int.self, "octet_count", row),
        isCut: try value(Bool.self, "is_cut", row))
    }
  }

  /// Adds what ticked rows propose: attributes of the indicator that was asked about, and further
  /// indicators in relation with it. Each row is added whole or refused with a reason, and adding
  /// it again changes nothing but times.
  ///
  /// - Throws: ``LibraryError/unknownResult``, ``LibraryError/failed(path:reason:)``; then nothing
  ///   was added.
  public func add(
    _ selection: Selection, now: UnixSeconds
  ) throws(LibraryError) -> SelectionOutcome {
    try database.writing { db in
      let result = try Library.result(selection.result, db)
      var outcome = SelectionOutcome()
      let writer = LibraryWriter(db: db, source: result.sourceLabel, now: now)
      for (table, rows) in selection.entries(in: result, outcome: &outcome) {
        for row in rows {
          var report = AddReport()
          try writer.add(row, to: &report)
          outcome.added += report.added
          outcome.alreadyThere += report.alreadyThere
          for refusal in report.refusals {
            outcome.refused.append(
              SelectionOutcome.Refusal(table: table, row: refusal.row, reason: refusal.reason))
          }
        }
      }
      if outcome.added > 0 {
        try db.execute(
          sql: "UPDATE results SET is_cited = 1 WHERE id = ?", arguments: [result.id])
        try db.execute(
          sql: """
            INSERT INTO selections (result, author, made, button, added) VALUES (?, ?, ?, ?, ?)
            """,
          arguments: [
            result.id, selection.author, Int64(now), selection.button, outcome.added,
          ])
      }
      return outcome
    }
  }

  /// Who added what from a result, in order.
  public func selections(ofResult id: String) throws(LibraryError) -> [PastSelection] {
    try database.reading { db in
      try Row.fetchAll(
        db, sql: "SELECT * FROM selections WHERE result = ? ORDER BY id LIMIT ?",
        arguments: [id, LibraryLimits.readMax]
      ).map { row in
        PastSelection(
          author: try value(String.self, "author", row),
          time: UnixSeconds(clamping: try value(Int64.self, "made", row)),
          button: optional(String.self, "button", row),
          added: try value(Int.self, "added", row))
      }
    }
  }
}
