import GRDB
import TidemarkDatabase
public import TidemarkModel

/// Indicators, what is known about them, and results of operations, in an SQLite file that several
/// processes may have open.
///
/// Running an action writes results and raw answers only. Indicators, attributes and relations
/// change by ``add(_:source:now:)`` and ``add(_:now:)``, which somebody asks for.
///
/// - Concurrency: any thread; one call at a time is worked on.
public final class Library: Sendable {
  /// The file.
  public var path: String { database.path }
  let database: DatabaseConnection<LibrarySchema>

  /// The file that belongs to a store, unless another one is named.
  public static func path(besideStore store: String) -> String {
    LibrarySchema.path(besideStore: store)
  }

  /// Opens a library and brings it up to this program's version.
  ///
  /// - Parameter create: makes one that only its owner can read and write, if there is none.
  /// - Throws: ``LibraryError``.
  public init(path: String, create: Bool) throws(LibraryError) {
    database = try DatabaseConnection(path: path, create: create)
  }

  /// Adds rows in one transaction. A row is added whole or refused with a reason; a refused row
  /// changes nothing and keeps no other one back. Adding the same rows again only widens times.
  ///
  /// - Parameters:
  ///   - source: the label of whoever says so, where a row names nobody.
  ///   - now: seconds since 1970.
  /// - Throws: ``LibraryError``; then no row was added.
  public func add(
    _ rows: [LibraryRow], source: String, now: UnixSeconds
  ) throws(LibraryError) -> AddReport {
    try database.writing { db in
      var report = AddReport()
      let writer = LibraryWriter(db: db, source: source, now: now)
      for row in rows { try writer.add(row, to: &report) }
      return report
    }
  }

  /// Changes what analysts think of an indicator.
  ///
  /// - Returns: false when there is no such indicator.
  public func setStatus(
    _ status: IndicatorStatus, of key: IndicatorKey, now: UnixSeconds
  ) throws(LibraryError) -> Bool {
    try database.writing { db in
      try db.execute(
        sql: "UPDATE indicators SET status = ?, last_touched = ? WHERE type = ? AND value = ?",
        arguments: [status.rawValue, Int64(now), key.type.rawValue, key.value])
      return db.changesCount > 0
    }
  }

  /// An indicator; nil when it is not there.
  public func indicator(_ key: IndicatorKey) throws(LibraryError) -> Indicator? {
    try database.reading { try LibraryRows.indicator(key, $0) }
  }

  /// Indicators in the order in which they were added.
  ///
  /// - Parameters:
  ///   - last: the number of the last one of the page before; 0 for the first page.
  ///   - limit: most indicators to return, up to ``LibraryLimits/readMax``.
  public func indicators(
    after last: Int64 = 0, limit: Int
  ) throws(LibraryError) -> [Indicator] {
    let limit = min(max(limit, 0), LibraryLimits.readMax)
    return try database.reading { try LibraryRows.indicators(after: last, limit: limit, $0) }
  }

  /// Attributes of an indicator by name, at most ``LibraryLimits/readMax``.
  public func attributes(of indicator: Indicator) throws(LibraryError) -> [Attribute] {
    try database.reading { try LibraryRows.attributes(of: indicator.id, $0) }
  }

  /// Relations from and to an indicator, at most ``LibraryLimits/readMax``.
  public func relations(of indicator: Indicator) throws(LibraryError) -> [Relation] {
    try database.reading { try LibraryRows.relations(of: indicator.id, outgoingOnly: false, $0) }
  }
}
