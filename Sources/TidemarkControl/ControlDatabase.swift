import GRDB
import Synchronization
public import TidemarkAccess

/// Tokens and their use, in an SQLite file that several processes may have open.
///
/// - Concurrency: any thread; one call at a time is worked on.
public final class ControlDatabase: TokenDirectory {
  /// Time to wait for another process that writes, seconds.
  static let busySeconds = 5.0
  /// Days of usage that are kept.
  static let usageDaysMax: Int64 = 400

  /// The file.
  public let path: String
  private let file: ControlFile
  private let queue: DatabaseQueue
  /// Tokens that were changed through this object: SQLite's own number only tells of others.
  private let changes = Mutex<Int64>(0)

  /// The file that belongs to a store, unless another one is named.
  public static func path(besideStore store: String) -> String {
    var store = Substring(store)
    while store.utf8.count > 1, store.hasSuffix("/") { store = store.dropLast() }
    return store + ".control.sqlite"
  }

  /// Opens a control database and brings it up to this program's version.
  ///
  /// - Parameter create: makes one that only its owner can read and write, if there is none.
  /// - Throws: ``ControlError``.
  public init(path: String, create: Bool) throws(ControlError) {
    self.path = path
    file = try ControlFile(path: path, create: create)
    var configuration = Configuration()
    configuration.label = "tidemark.control"
    configuration.busyMode = .timeout(ControlDatabase.busySeconds)
    queue = try ControlDatabase.naming(path) {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      // First what it is, then anything that changes it.
      try queue.inTransaction(.immediate) { db in
        try ControlSchema.migrate(db, path: path)
        return .commit
      }
      try queue.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
      }
      return queue
    }
  }

  /// Makes a token.
  ///
  /// - Parameter now: seconds since 1970.
  /// - Returns: what is kept, and the token, which is kept nowhere.
  /// - Throws: ``ControlError/nameTaken(_:)``, ``ControlError/badGrant(_:)``,
  ///   ``ControlError/failed(path:reason:)``.
  public func create(
    _ grant: TokenGrant, now: Int64
  ) throws(ControlError) -> (record: TokenRecord, secret: TokenSecret) {
    try grant.check(now: now)
    let secret = TokenSecret()
    let record = try durably { db in
      let isTaken = try Bool.fetchOne(
        db, sql: "SELECT EXISTS (SELECT 1 FROM tokens WHERE name = ? AND revoked IS NULL)",
        arguments: [grant.name])
      guard isTaken == false else { throw ControlError.nameTaken(grant.name) }
      return try TokenRows.insert(grant, digest: secret.digest, now: now, db)
    }
    return (record, secret)
  }

  /// Ends a token. Servers that have the database open learn of it within seconds.
  ///
  /// - Parameters:
  ///   - name: the name of a token that was not revoked, or the number of any.
  ///   - now: seconds since 1970.
  /// - Throws: ``ControlError/unknownToken(_:)``, ``ControlError/revokedBefore(_:)``,
  ///   ``ControlError/failed(path:reason:)``.
  public func revoke(_ name: String, now: Int64) throws(ControlError) -> TokenRecord {
    try durably { db in
      let tokens = try TokenRows.all(db)
      let named = tokens.last { $0.grant.name == name && $0.revoked == nil }
      guard var token = named ?? tokens.first(where: { String($0.id) == name }) else {
        throw ControlError.unknownToken(name)
      }
      guard token.revoked == nil else { throw ControlError.revokedBefore(name) }
      token.revoked = now
      try db.execute(
        sql: "UPDATE tokens SET revoked = ? WHERE id = ?", arguments: [now, token.id])
      return token
    }
  }

  /// All tokens in the order of their numbers, those that are good no more too.
  public func tokens() throws(ControlError) -> [TokenRecord] {
    try ControlDatabase.naming(path) { try queue.read { try TokenRows.all($0) } }
  }

  /// Requests of a day by token.
  ///
  /// - Parameter day: days since 1970.
  public func usage(day: Int64) throws(ControlError) -> [Int64: Int] {
    try ControlDatabase.naming(path) { try queue.read { try UsageRows.all(day: day, $0) } }
  }

  /// See `TokenDirectory`. Throws ``ControlError``.
  public func exchange(
    _ uses: [TokenUse], day: Int64, since version: Int64?
  ) throws -> DirectoryNews {
    guard try ControlFile(path: path, create: false) == file else {
      throw ControlError.replaced(path: path)
    }
    return try ControlDatabase.naming(path) {
      try queue.writeWithoutTransaction { db in
        if !uses.isEmpty {
          try db.inTransaction(.immediate) {
            try UsageRows.add(uses, db)
            try UsageRows.removeAll(before: day - ControlDatabase.usageDaysMax, db)
            return .commit
          }
        }
        // Before the rows: what changes in between is then seen the next time.
        let current = try self.version(db)
        let isChanged = current != version
        var news = DirectoryNews(version: current)
        guard isChanged || !uses.isEmpty else { return news }
        try db.inTransaction(.deferred) {
          if isChanged { news.tokens = try TokenRows.all(db) }
          news.usage = try UsageRows.all(day: day, db)
          return .commit
        }
        return news
      }
    }
  }

  private func version(_ db: Database) throws -> Int64 {
    let others = try Int64.fetchOne(db, sql: "PRAGMA data_version") ?? 0
    return changes.withLock { $0 } << 32 | others
  }

  /// Changes tokens, so that a power cut afterwards does not undo it. Usage is written without
  /// waiting for the disk.
  private func durably<Value>(
    _ change: (Database) throws -> Value
  ) throws(ControlError) -> Value {
    try ControlDatabase.naming(path) {
      try queue.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA synchronous = FULL")
        defer { try? db.execute(sql: "PRAGMA synchronous = NORMAL") }
        var result: Value?
        try db.inTransaction(.immediate) {
          result = try change(db)
          return .commit
        }
        changes.withLock { $0 += 1 }
        guard let result else {
          throw ControlError.failed(path: path, reason: "the change was not made")
        }
        return result
      }
    }
  }

  /// Names the file in what SQLite says. Statements and their values are left out of the text.
  private static func naming<Value>(
    _ path: String, _ body: () throws -> Value
  ) throws(ControlError) -> Value {
    do {
      return try body()
    } catch let error as ControlError {
      throw error
    } catch let error as DatabaseError {
      switch error.resultCode {
      case .SQLITE_NOTADB: throw .notControl(path: path)
      case .SQLITE_BUSY:
        throw .failed(path: path, reason: "another process keeps it locked")
      default:
        throw .failed(path: path, reason: error.message ?? "SQLite error \(error.errorCode)")
      }
    } catch {
      throw .failed(path: path, reason: "\(error)")
    }
  }
}
