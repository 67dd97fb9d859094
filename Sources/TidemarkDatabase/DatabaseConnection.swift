public import GRDB

/// An SQLite file of ours that several processes may have open.
///
/// - Concurrency: any thread; one call at a time is worked on.
public final class DatabaseConnection<Schema: DatabaseSchema>: Sendable {
  /// The file.
  public let path: String
  private let file: DatabaseFile
  private let queue: DatabaseQueue

  /// Opens a database and brings it up to this program's version.
  ///
  /// - Parameter create: makes one that only its owner can read and write, if there is none.
  public init(path: String, create: Bool) throws(Schema.Failure) {
    self.path = path
    file = try DatabaseFile(Schema.self, path: path, create: create)
    var configuration = Configuration()
    configuration.label = "tidemark.\(Schema.name)"
    // Time to wait for another process that writes, seconds.
    configuration.busyMode = .timeout(5)
    queue = try Self.naming(path) {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      // First what it is, then anything that changes it.
      try queue.inTransaction(.immediate) { db in
        try Schema.migrate(db, path: path)
        return .commit
      }
      try queue.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA journal_mode = WAL")
        try Self.survivePowerCut(Schema.survivesPowerCut, db)
        if Schema.isErased { try db.execute(sql: "PRAGMA secure_delete = ON") }
      }
      return queue
    }
  }

  /// Whether another file has taken its place since it was opened.
  public func isReplaced() throws(Schema.Failure) -> Bool {
    try DatabaseFile(Schema.self, path: path, create: false) != file
  }

  /// Reads, in one view of the database.
  public func reading<Value>(
    _ body: (Database) throws -> Value
  ) throws(Schema.Failure) -> Value {
    try Self.naming(path) { try queue.read(body) }
  }

  /// Writes all or nothing.
  ///
  /// - Parameters:
  ///   - kind: deferred for a body that only reads, and so works also where nothing can be written.
  ///   - survivesPowerCut: see ``DatabaseSchema/survivesPowerCut``.
  public func writing<Value>(
    _ kind: Database.TransactionKind = .immediate,
    survivesPowerCut: Bool = Schema.survivesPowerCut, _ change: (Database) throws -> Value
  ) throws(Schema.Failure) -> Value {
    let isUsual = survivesPowerCut == Schema.survivesPowerCut
    return try Self.naming(path) {
      try queue.writeWithoutTransaction { db in
        if !isUsual { try Self.survivePowerCut(survivesPowerCut, db) }
        defer { if !isUsual { try? Self.survivePowerCut(Schema.survivesPowerCut, db) } }
        var result: Value?
        try db.inTransaction(kind) {
          result = try change(db)
          return .commit
        }
        guard let result else {
          throw Schema.Failure.failed(path: path, reason: "the change was not made")
        }
        return result
      }
    }
  }

  private static func survivePowerCut(_ survives: Bool, _ db: Database) throws {
    try db.execute(sql: "PRAGMA synchronous = \(survives ? "FULL" : "NORMAL")")
  }

  /// Names the file in what SQLite says. Statements and their values are left out of the text.
  private static func naming<Value>(
    _ path: String, _ body: () throws -> Value
  ) throws(Schema.Failure) -> Value {
    do {
      return try body()
    } catch let error as Schema.Failure {
      throw error
    } catch let error as DatabaseError {
      switch error.resultCode {
      case .SQLITE_NOTADB: throw Schema.notOurs(path: path)
      case .SQLITE_BUSY:
        throw .failed(path: path, reason: "another process keeps it locked")
      default:
        throw .failed(path: path, reason: error.message ?? "SQLite error \(error.errorCode)")
      }
    } catch let error as Damage {
      throw .failed(path: path, reason: error.description)
    } catch {
      throw .failed(path: path, reason: Schema.reason(error))
    }
  }
}
