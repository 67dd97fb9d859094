import GRDB

/// A column does not hold what it should.
struct Damage: Error, CustomStringConvertible {
  let column: String
  var description: String { "damaged: \(column) does not hold what it should" }
}

/// The value of a column.
func value<Value: DatabaseValueConvertible>(
  _ type: Value.Type, _ column: String, _ row: Row
) throws -> Value {
  guard let value = optional(type, column, row) else { throw Damage(column: column) }
  return value
}

/// The value of a column that may be null.
func optional<Value: DatabaseValueConvertible>(
  _ type: Value.Type, _ column: String, _ row: Row
) -> Value? {
  let stored: DatabaseValue = row[column]
  return Value.fromDatabaseValue(stored)
}
