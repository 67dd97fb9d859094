import GRDB
import TidemarkDatabase
import TidemarkModel

/// Reads rows of the library.
enum LibraryRows {
  static func indicator(_ key: IndicatorKey, _ db: Database) throws -> Indicator? {
    try Row.fetchOne(
      db, sql: "SELECT * FROM indicators WHERE type = ? AND value = ?",
      arguments: [key.type.rawValue, key.value]
    ).map { try indicator($0, db) }
  }

  static func indicators(after last: Int64, limit: Int, _ db: Database) throws -> [Indicator] {
    try Row.fetchAll(
      db, sql: "SELECT * FROM indicators WHERE id > ? ORDER BY id LIMIT ?",
      arguments: [last, limit]
    ).map { try indicator($0, db) }
  }

  static func attributes(
    of id: Int64, offset: Int = 0, _ db: Database
  ) throws -> [Attribute] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT * FROM attributes WHERE indicator = ? ORDER BY name, value, source
        LIMIT ? OFFSET ?
        """,
      arguments: [id, LibraryLimits.readMax, offset]
    ).map { row in
      Attribute(
        name: try value(String.self, "name", row), value: try value(String.self, "value", row),
        source: try value(String.self, "source", row), provenance: provenance(row),
        firstSeen: try time("first_seen", row), lastSeen: try time("last_seen", row))
    }
  }

  /// Relations of an indicator in the order in which they were added.
  static func relations(
    of id: Int64, outgoingOnly: Bool, offset: Int = 0, _ db: Database
  ) throws -> [Relation] {
    let side = outgoingOnly ? "origin = :id" : "(origin = :id OR target = :id)"
    return try Row.fetchAll(
      db,
      sql: """
        SELECT relations.*, one.type AS origin_type, one.value AS origin_value,
          two.type AS target_type, two.value AS target_value
        FROM relations JOIN indicators AS one ON one.id = origin
          JOIN indicators AS two ON two.id = target
        WHERE \(side) ORDER BY relations.id LIMIT :limit OFFSET :offset
        """,
      arguments: ["id": id, "limit": LibraryLimits.readMax, "offset": offset]
    ).map { row in
      guard let kind = RelationKind(rawValue: try value(String.self, "kind", row)) else {
        throw Damage(column: "kind")
      }
      return Relation(
        from: try key("origin_type", "origin_value", row),
        to: try key("target_type", "target_value", row), kind: kind,
        source: try value(String.self, "source", row), provenance: provenance(row),
        firstSeen: try time("first_seen", row), lastSeen: try time("last_seen", row))
    }
  }

  static func indicator(_ row: Row, _ db: Database) throws -> Indicator {
    let id = try value(Int64.self, "id", row)
    guard let status = IndicatorStatus(rawValue: try value(String.self, "status", row)) else {
      throw Damage(column: "status")
    }
    return Indicator(
      id: id, key: try key("type", "value", row), status: status,
      sources: try String.fetchAll(
        db, sql: "SELECT source FROM indicator_sources WHERE indicator = ? ORDER BY source",
        arguments: [id]),
      tags: try String.fetchAll(
        db, sql: "SELECT tag FROM indicator_tags WHERE indicator = ? ORDER BY tag",
        arguments: [id]),
      firstAdded: try time("first_added", row), lastTouched: try time("last_touched", row))
  }

  private static func key(_ type: String, _ column: String, _ row: Row) throws -> IndicatorKey {
    guard let found = IndicatorType(rawValue: try value(String.self, type, row)),
      let key = try? IndicatorKey(found, try value(String.self, column, row))
    else { throw Damage(column: column) }
    return key
  }

  private static func provenance(_ row: Row) -> Provenance? {
    optional(String.self, "provenance", row).flatMap(Provenance.init)
  }

  private static func time(_ column: String, _ row: Row) throws -> UnixSeconds {
    UnixSeconds(clamping: try value(Int64.self, column, row))
  }
}
