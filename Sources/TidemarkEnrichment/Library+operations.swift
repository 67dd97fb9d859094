import GRDB
import TidemarkDatabase

/// What was decided about operations. Values may be secrets: they leave by
/// ``OperationConfiguration`` only.
extension Library {
  /// What was decided; nil when nothing was.
  func isEnabled(operation: String) throws(LibraryError) -> Bool? {
    try database.reading { db in
      try Bool.fetchOne(
        db, sql: "SELECT enabled FROM operation_states WHERE operation = ?",
        arguments: [operation])
    }
  }

  func setEnabled(_ isEnabled: Bool, operation: String) throws(LibraryError) {
    try database.writing { db in
      try db.execute(
        sql: """
          INSERT INTO operation_states (operation, enabled) VALUES (?, ?)
          ON CONFLICT (operation) DO UPDATE SET enabled = excluded.enabled
          """,
        arguments: [operation, isEnabled])
    }
  }

  func values(operation: String) throws(LibraryError) -> [String: String] {
    try database.reading { db in
      let rows = try Row.fetchAll(
        db, sql: "SELECT key, value FROM operation_values WHERE operation = ?",
        arguments: [operation])
      var values: [String: String] = [:]
      for row in rows {
        values[try value(String.self, "key", row)] = try value(String.self, "value", row)
      }
      return values
    }
  }

  func setValues(_ values: [String: String], operation: String) throws(LibraryError) {
    try database.writing { db in
      try db.execute(
        sql: "DELETE FROM operation_values WHERE operation = ?", arguments: [operation])
      for (key, value) in values {
        try db.execute(
          sql: "INSERT INTO operation_values (operation, key, value) VALUES (?, ?, ?)",
          arguments: [operation, key, value])
      }
    }
  }
}
