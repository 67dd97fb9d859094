import GRDB
import TidemarkDatabase
public import TidemarkModel

/// Which indicators are wanted; all of it must hold, and what is nil holds always.
public struct IndicatorFilter: Sendable, Equatable {
  /// Of one of these types.
  public var types: Set<IndicatorType>?
  /// With this status.
  public var status: IndicatorStatus?
  /// With this tag.
  public var tag: String?
  /// Named by this source.
  public var source: String?
  /// With a value that starts like this; the case of letters counts.
  public var startingWith: String?
  /// With a value that has this somewhere; the case of ASCII letters does not count.
  public var containing: String?

  /// Wants every indicator.
  public init() {}

  /// The conditions as SQL with their values.
  var conditions: (sql: String, arguments: StatementArguments) {
    var parts: [String] = []
    var arguments = StatementArguments()
    if let types {
      let marks = types.map { _ in "?" }.joined(separator: ", ")
      parts.append("type IN (\(marks))")
      arguments += StatementArguments(types.map(\.rawValue).sorted())
    }
    if let status {
      parts.append("status = ?")
      arguments += [status.rawValue]
    }
    if let tag {
      parts.append("id IN (SELECT indicator FROM indicator_tags WHERE tag = ?)")
      arguments += [tag]
    }
    if let source {
      parts.append("id IN (SELECT indicator FROM indicator_sources WHERE source = ?)")
      arguments += [source]
    }
    if let startingWith {
      // Not LIKE: it folds case and knows wildcards.
      parts.append("substr(value, 1, length(?)) = ?")
      arguments += [startingWith, startingWith]
    }
    if let containing {
      parts.append("instr(lower(value), lower(?)) > 0")
      arguments += [containing]
    }
    return (parts.map { " AND \($0)" }.joined(), arguments)
  }
}

/// How a run ended, in one word.
public enum ActionOutcome: Sendable, Equatable {
  /// There are rows.
  case ok
  /// The service answered, and there are none.
  case empty
  /// There is no answer.
  case failed(FailureKind)

  /// The word: `ok`, `empty`, or the kind of failure.
  public var text: String {
    switch self {
    case .ok: "ok"
    case .empty: "empty"
    case .failed(let kind): kind.rawValue
    }
  }

  /// Reads ``text``.
  init?(_ text: String) {
    switch text {
    case "ok": self = .ok
    case "empty": self = .empty
    default:
      guard let kind = FailureKind(rawValue: text) else { return nil }
      self = .failed(kind)
    }
  }
}

extension ActionResult {
  /// How the run ended, in one word.
  public var outcome: ActionOutcome {
    switch status {
    case .ok: .ok
    case .empty: .empty
    case .failed(let failure): .failed(failure.kind)
    }
  }
}

/// A result as a list of results shows it.
public struct PastResult: Sendable, Equatable, Identifiable {
  /// The id of the result.
  public let id: String
  /// The id of the operation.
  public let operation: String
  /// The id of the action.
  public let action: String
  /// When the run started.
  public let startedAt: UnixSeconds
  /// How it ended.
  public let outcome: ActionOutcome
}

extension Library {
  /// Results that one list shows.
  public static let pastResultsMax = 100

  /// Indicators that a filter lets through, in the order in which they were added.
  ///
  /// - Parameters:
  ///   - last: the number of the last one of the page before; 0 for the first page.
  ///   - limit: most indicators to return, up to ``LibraryLimits/readMax``.
  public func indicators(
    matching filter: IndicatorFilter, after last: Int64 = 0, limit: Int
  ) throws(LibraryError) -> [Indicator] {
    let limit = min(max(limit, 0), LibraryLimits.readMax)
    let (conditions, arguments) = filter.conditions
    return try database.reading { db in
      let first: StatementArguments = [last]
      return try Row.fetchAll(
        db, sql: "SELECT * FROM indicators WHERE id > ?\(conditions) ORDER BY id LIMIT ?",
        arguments: first + arguments + [limit]
      ).map { try LibraryRows.indicator($0, db) }
    }
  }

  /// Results about an indicator that are kept, the newest first, at most ``pastResultsMax``. The
  /// indicator need not be in the library.
  public func results(about key: IndicatorKey) throws(LibraryError) -> [PastResult] {
    try database.reading { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT id, operation, action, started, outcome FROM results
          WHERE type = ? AND value = ? ORDER BY started DESC, rowid DESC LIMIT ?
          """,
        arguments: [key.type.rawValue, key.value, Library.pastResultsMax]
      ).map { row in
        guard let outcome = ActionOutcome(try value(String.self, "outcome", row)) else {
          throw Damage(column: "outcome")
        }
        return PastResult(
          id: try value(String.self, "id", row),
          operation: try value(String.self, "operation", row),
          action: try value(String.self, "action", row),
          startedAt: UnixSeconds(clamping: try value(Int64.self, "started", row)),
          outcome: outcome)
      }
    }
  }
}
