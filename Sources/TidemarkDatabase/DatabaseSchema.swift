import GRDB

/// What a database of ours is: its tables, how older ones become today's, and its file.
///
/// The version is SQLite's `user_version`: the number of steps that were taken. A step that was
/// released is never changed; a change is a further step.
public protocol DatabaseSchema {
  /// Why such a database did not do something.
  associatedtype Failure: DatabaseFailure
  /// One word, which is part of the name of a file that stands beside a store.
  static var name: String { get }
  /// SQLite's `application_id`.
  static var application: Int { get }
  /// Statements that lead from each version to the next one.
  static var steps: [String] { get }
  /// Bits that the mode of the file must not have.
  static var modeRefused: UInt32 { get }
  /// Why a file is refused that has one of these bits.
  static var modeReason: String { get }
  /// False when a power cut soon after a change may undo it, which is much faster; the database
  /// stays whole either way.
  static var survivesPowerCut: Bool { get }
  /// Whether what is deleted is overwritten.
  static var isErased: Bool { get }
  /// A database, but of another program.
  static func notOurs(path: String) -> Failure
  /// What is said of an error that is neither a ``Failure`` nor SQLite's nor ``Damage``.
  static func reason(_ error: any Error) -> String
}

extension DatabaseSchema {
  /// The file that belongs to a store, unless another one is named.
  public static func path(besideStore store: String) -> String {
    var store = Substring(store)
    while store.utf8.count > 1, store.hasSuffix("/") { store = store.dropLast() }
    return store + ".\(name).sqlite"
  }

  /// Brings a database up to this program's version, inside a transaction that keeps other writers
  /// out.
  static func migrate(_ db: Database, path: String) throws {
    let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    guard try isOurs(db, version: found) else { throw notOurs(path: path) }
    let version = steps.count
    guard found <= version else {
      throw Failure.newer(path: path, found: found, known: version)
    }
    guard found < version else { return }
    for step in steps[max(found, 0)...] { try db.execute(sql: step) }
    try db.execute(
      sql: "PRAGMA application_id = \(application); PRAGMA user_version = \(version)")
  }

  /// True for our databases and for those that nobody has written to.
  private static func isOurs(_ db: Database, version: Int) throws -> Bool {
    let found = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    if found == application { return version > 0 }
    let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
    return found == 0 && version == 0 && tables == 0
  }
}
