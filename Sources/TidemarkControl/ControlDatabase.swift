import GRDB
import Synchronization
public import TidemarkAccess
import TidemarkDatabase

/// Tokens, sensors and their use, in an SQLite file that several processes may have open.
///
/// - Concurrency: any thread; one call at a time is worked on.
public final class ControlDatabase: TokenDirectory {
  /// Days of usage that are kept.
  static let usageDaysMax: Int64 = 400

  /// The file.
  public var path: String { database.path }
  let database: DatabaseConnection<ControlSchema>
  /// Changes that were made through this object: SQLite's own number only tells of others.
  private let changes = Mutex<Int64>(0)

  /// The file that belongs to a store, unless another one is named.
  public static func path(besideStore store: String) -> String {
    ControlSchema.path(besideStore: store)
  }

  /// Opens a control database and brings it up to this program's version.
  ///
  /// - Parameter create: makes one that only its owner can read and write, if there is none.
  /// - Throws: ``ControlError``.
  public init(path: String, create: Bool) throws(ControlError) {
    database = try DatabaseConnection(path: path, create: create)
  }

  /// Makes a token.
  ///
  /// - Parameters:
  ///   - keepsKey: keeps the token itself, in the clear, so that requests can be signed with it.
  ///   - now: seconds since 1970.
  /// - Returns: what is kept, and the token, which is kept nowhere unless so asked.
  /// - Throws: ``ControlError/nameTaken(_:)``, ``ControlError/badGrant(_:)``,
  ///   ``ControlError/failed(path:reason:)``.
  public func create(
    _ grant: TokenGrant, keepsKey: Bool = false, now: Int64
  ) throws(ControlError) -> (record: TokenRecord, secret: TokenSecret) {
    try grant.check(now: now)
    let secret = TokenSecret()
    let record = try durably { db in
      let isTaken = try Bool.fetchOne(
        db, sql: "SELECT EXISTS (SELECT 1 FROM tokens WHERE name = ? AND revoked IS NULL)",
        arguments: [grant.name])
      guard isTaken == false else { throw ControlError.nameTaken(grant.name) }
      return try TokenRows.insert(
        grant, digest: secret.digest, key: keepsKey ? secret.signingKey : nil, now: now, db)
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
      token.signingKey = nil
      try db.execute(
        sql: "UPDATE tokens SET revoked = ?, signing_key = NULL WHERE id = ?",
        arguments: [now, token.id])
      return token
    }
  }

  /// All tokens in the order of their numbers, those that are good no more too.
  public func tokens() throws(ControlError) -> [TokenRecord] {
    try database.reading { try TokenRows.all($0) }
  }

  /// Requests of a day by token.
  ///
  /// - Parameter day: days since 1970.
  public func usage(day: Int64) throws(ControlError) -> [Int64: Int] {
    try database.reading { try UsageRows.all(day: day, $0) }
  }

  /// See `TokenDirectory`. Throws ``ControlError``.
  public func exchange(
    _ uses: [TokenUse], day: Int64, since version: Int64?
  ) throws -> DirectoryNews {
    try exchanging(writes: !uses.isEmpty) { db in
      let current = try self.version(db)
      if !uses.isEmpty {
        try UsageRows.add(uses, db)
        try UsageRows.removeAll(before: day - ControlDatabase.usageDaysMax, db)
      }
      let isChanged = current != version
      var news = DirectoryNews(version: current)
      if isChanged { news.tokens = try TokenRows.all(db) }
      if isChanged || !uses.isEmpty { news.usage = try UsageRows.all(day: day, db) }
      return news
    }
  }

  /// Writes what was used and reads what changed, in one step: what is written must not be written
  /// again because something could not be read. It waits for no disk.
  ///
  /// - Parameters:
  ///   - writes: false for a body that only reads, and so works also where nothing can be written.
  ///   - body: asks for ``version(_:)`` first.
  /// - Throws: ``ControlError/replaced(path:)``, ``ControlError/notThere(path:)``, as ``reading``.
  func exchanging<Value>(
    writes: Bool, _ body: (Database) throws -> Value
  ) throws(ControlError) -> Value {
    guard try !database.isReplaced() else { throw .replaced(path: path) }
    return try database.writing(writes ? .immediate : .deferred, body)
  }

  /// Differs after every change but those inside ``exchanging(writes:_:)`` of this object.
  func version(_ db: Database) throws -> Int64 {
    let others = try Int64.fetchOne(db, sql: "PRAGMA data_version") ?? 0
    return changes.withLock { $0 } << 32 | others
  }

  /// Makes a change that a power cut afterwards does not undo. Usage is written without waiting for
  /// the disk.
  func durably<Value>(
    _ change: (Database) throws -> Value
  ) throws(ControlError) -> Value {
    try database.writing(survivesPowerCut: true) { db in
      let result = try change(db)
      changes.withLock { $0 += 1 }
      return result
    }
  }
}
