public import GRDB

/// A column does not hold what it should.
public struct Damage: Error, CustomStringConvertible {
  private let column: String

  /// - Parameter column: its name.
  public init(column: String) { self.column = column }

  /// One line for people.
  public var description: String { "damaged: \(column) does not hold what it should" }
}

/// The value of a column.
///
/// - Throws: ``Damage``.
public func value<Value: DatabaseValueConvertible>(
  _ type: Value.Type, _ column: String, _ row: Row
) throws -> Value {
  guard let value = optional(type, column, row) else { throw Damage(column: column) }
  return value
}

/// The value of a column that may be null.
public func optional<Value: DatabaseValueConvertible>(
  _ type: Value.Type, _ column: String, _ row: Row
) -> Value? {
  let stored: DatabaseValue = row[column]
  return Value.fromDatabaseValue(stored)
}
