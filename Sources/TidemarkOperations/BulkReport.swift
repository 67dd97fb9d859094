public import TidemarkEnrichment

/// What became of the runs of one indicator, or of many.
public struct RunCounts: Sendable, Equatable {
  /// Runs with rows.
  public var ok = 0
  /// Runs without rows.
  public var empty = 0
  /// Runs that failed, by kind.
  public var failed: [FailureKind: Int] = [:]

  /// Makes the counts of no run.
  public init() {}

  /// All runs.
  public var runs: Int { ok + empty + failed.values.reduce(0, +) }

  mutating func add(_ status: ActionStatus) {
    switch status {
    case .ok: ok += 1
    case .empty: empty += 1
    case .failed(let failure): failed[failure.kind, default: 0] += 1
    }
  }

  mutating func add(_ other: RunCounts) {
    ok += other.ok
    empty += other.empty
    failed.merge(other.failed) { $0 + $1 }
  }
}

/// How far a bulk enrichment came.
public struct BulkReport: Sendable, Equatable {
  /// Indicators to enrich, each once.
  public internal(set) var total = 0
  /// Indicators that are done, those of earlier processes included.
  public internal(set) var done = 0
  /// Indicators that an earlier process had done.
  public internal(set) var resumed = 0
  /// Indicators that none of the actions takes; they are done too.
  public internal(set) var notTaken = 0
  /// What became of the runs of all that are done.
  public internal(set) var counts = RunCounts()

  /// Makes the report of nothing.
  public init() {}

  /// True when nothing is left.
  public var isComplete: Bool { done == total }
}

/// Something that happens during a bulk enrichment.
public enum BulkEvent: Sendable {
  /// The list was read; the report tells what an earlier process had done.
  case started(BulkReport)
  /// A service may be asked again after so many milliseconds only.
  case waiting(operation: String, milliseconds: Int64)
  /// An action was run. Its indicator is not done yet: a process that is killed now runs it again.
  case ran(ActionResult)
  /// All actions of an indicator were run.
  case finished(IndicatorKey, BulkReport)
}

/// Why a bulk enrichment stopped. Failures of single runs are no reason.
public enum BulkError: Error, Sendable, Equatable, CustomStringConvertible {
  /// No action was chosen.
  case noAction
  /// More than ``BulkEnrichment/indicatorsMax`` indicators.
  case tooMany
  /// An action cannot be run, or the library cannot be written.
  case operation(OperationError)
  /// The checkpoint cannot be used.
  case checkpoint(path: String, reason: String)

  /// One line for people.
  public var description: String {
    switch self {
    case .noAction: "choose at least one action"
    case .tooMany: "more than \(BulkEnrichment.indicatorsMax) indicators"
    case .operation(let error): error.description
    case .checkpoint(let path, let reason): "\(path): \(reason)"
    }
  }
}
