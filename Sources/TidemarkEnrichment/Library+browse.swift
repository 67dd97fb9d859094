import GRDB
import TidemarkDatabase

/// What a list of indicators is sorted by.
public enum IndicatorOrder: String, Sendable, CaseIterable {
  /// When it came into the library.
  case added
  /// When something about it was written last.
  case touched
  case value
  case type
  case status

  /// The columns; equal ones in the order in which they were added.
  fileprivate var columns: [String] {
    switch self {
    case .added: ["id"]
    case .touched: ["last_touched", "id"]
    case .value: ["value", "type"]
    case .type: ["type", "value"]
    case .status: ["status", "id"]
    }
  }
}

/// A part of the library in some order.
public struct IndicatorSlice: Sendable, Equatable {
  /// Indicators that are counted at most.
  public static let countMax = 100_000

  /// The indicators of the part.
  public let indicators: [Indicator]
  /// All that the filter lets through, up to ``countMax``.
  public let count: Int
}

extension Library {
  /// Indicators that a filter lets through, in some order, and how many there are.
  ///
  /// It costs a look at every indicator: for people who turn pages, not for programs.
  ///
  /// - Parameters:
  ///   - offset: indicators that are passed over, up to ``IndicatorSlice/countMax``.
  ///   - limit: most indicators to return, up to ``LibraryLimits/readMax``.
  public func browse(
    matching filter: IndicatorFilter, by order: IndicatorOrder, isDescending: Bool,
    offset: Int, limit: Int
  ) throws(LibraryError) -> IndicatorSlice {
    let limit = min(max(limit, 0), LibraryLimits.readMax)
    let offset = min(max(offset, 0), IndicatorSlice.countMax)
    let (conditions, arguments) = filter.conditions
    let keys = order.columns.map { "\($0) \(isDescending ? "DESC" : "ASC")" }
      .joined(separator: ", ")
    return try database.reading { db in
      let count = try Int.fetchOne(
        db,
        sql: "SELECT count(*) FROM (SELECT 1 FROM indicators WHERE 1\(conditions) LIMIT ?)",
        arguments: arguments + [IndicatorSlice.countMax])
      let rows = try Row.fetchAll(
        db,
        sql: "SELECT * FROM indicators WHERE 1\(conditions) ORDER BY \(keys) LIMIT ? OFFSET ?",
        arguments: arguments + [limit, offset])
      return IndicatorSlice(
        indicators: try rows.map { try LibraryRows.indicator($0, db) }, count: count ?? 0)
    }
  }
}
