import TidemarkAccess
import TidemarkQuery
import TidemarkStore

/// What an answer is made of: a search, and the text that its rows become.
///
/// - Concurrency: one user at a time; handed from the connection's task to the scanning threads and
///   back.
protocol AnswerSource: AnyObject, Sendable {
  /// Rows written so far.
  var rows: Int { get }

  /// Goes on for a while.
  ///
  /// Returns `paused` when `piece` wants no more, and also when much was searched and little found:
  /// a piece may be empty. Between two calls the server looks whether the caller is still there and
  /// may spend more.
  func advance(_ piece: inout AnswerPiece) throws(StoreError) -> RecordCursor.End

  /// Appends what ends an answer, if the format has such a thing.
  ///
  /// - Returns: false when the format cannot say that the answer failed: only a broken connection
  ///   can.
  func finish(_ end: AnswerEnd, into out: inout [UInt8]) -> Bool
}

/// Octets of an answer that are sent together.
struct AnswerPiece {
  /// The text.
  var octets: [UInt8] = []
  /// Rows that may still be added.
  var rowsLeft: Int

  /// True while rows may be added.
  var hasRoom: Bool { rowsLeft > 0 && octets.count < ServerLimits.pageOctets }
}

/// How an answer ended.
enum AnswerEnd {
  case complete
  /// The limit that was asked for is reached, and there is more.
  case limited
  /// What the caller may spend is spent, and there may be more.
  case exhausted(AnswerBudget.Kind)
  case failed(StoreError)
}

/// What one answer may cost, and what it has cost.
struct AnswerBudget: Sendable {
  /// What was used up.
  enum Kind: String, Sendable {
    case rows, octets, time
  }

  private let limits: QueryLimits
  private let end: ContinuousClock.Instant
  private var octets = 0

  /// Starts the clock.
  init(_ limits: QueryLimits) {
    self.limits = limits
    end = .now + .seconds(limits.seconds)
  }

  /// Rows that may still be sent.
  func rowsLeft(after rows: Int) -> Int { max(limits.rows - rows, 0) }

  /// Counts octets.
  ///
  /// - Returns: what is used up, or nil.
  mutating func spend(octets count: Int, rows: Int) -> Kind? {
    octets += count
    if rows >= limits.rows { return .rows }
    if octets >= limits.octets { return .octets }
    return ContinuousClock.now >= end ? .time : nil
  }
}

/// An answer on its way out, piece by piece.
///
/// - Concurrency: as ``AnswerSource``.
final class Answer: @unchecked Sendable {
  /// True when the last piece was made.
  private(set) var isDone = false
  private let source: any AnswerSource
  private let admission: Admission
  private var budget: AnswerBudget
  private let connection = ClientConnection.current
  private var isCounted = false
  /// True when a piece has text, which may have been sent.
  private var hasText = false

  init(_ source: any AnswerSource, _ admission: Admission) {
    self.source = source
    self.admission = admission
    budget = AnswerBudget(admission.caller.limits)
  }

  deinit { count(.cancelled) }

  /// Makes the next piece.
  ///
  /// - Returns: octets; may be empty.
  /// - Throws: `StoreError` when nothing was sent yet, or when the format has no words for it;
  ///   ``BudgetSpent`` when it has none for that; ``ClientLeft`` before anything is searched.
  func nextPiece(rowsMax: Int = .max) throws -> [UInt8] {
    if let connection, connection.hasLeft { throw ClientLeft() }
    var piece = AnswerPiece(rowsLeft: min(rowsMax, budget.rowsLeft(after: source.rows)))
    let room = rowsMax < ServerLimits.pageRows ? rowsMax * 256 : ServerLimits.pageOctets + 4_096
    // Most answers are a few rows.
    piece.octets.reserveCapacity(source.rows == 0 ? 2_048 : room)
    let end: RecordCursor.End
    do throws(StoreError) {
      end = try source.advance(&piece)
    } catch {
      count(.failed)
      guard hasText || source.rows > 0, finish(.failed(error), &piece) else { throw error }
      return piece.octets
    }
    if !piece.octets.isEmpty { hasText = true }
    switch end {
    case .paused:
      if let kind = budget.spend(octets: piece.octets.count, rows: source.rows) {
        count(kind.outcome)
        guard finish(.exhausted(kind), &piece) else { throw BudgetSpent(kind: kind) }
      }
    case .complete:
      count(.complete)
      _ = finish(.complete, &piece)
    case .limited:
      count(.limited)
      _ = finish(.limited, &piece)
    }
    return piece.octets
  }

  /// Counts how the answer ended; the first word stands.
  func count(_ outcome: ServerMetrics.AnswerOutcome) {
    guard !isCounted else { return }
    isCounted = true
    connection?.metrics.countAnswer(outcome, rows: source.rows)
  }

  private func finish(_ end: AnswerEnd, _ piece: inout AnswerPiece) -> Bool {
    guard source.finish(end, into: &piece.octets) else { return false }
    isDone = true
    return true
  }
}

extension AnswerBudget.Kind {
  fileprivate var outcome: ServerMetrics.AnswerOutcome {
    switch self {
    case .rows: .rows
    case .octets: .octets
    case .time: .time
    }
  }
}

/// A caller spent what one query may cost, in a format that has no words for it.
struct BudgetSpent: Error {
  let kind: AnswerBudget.Kind
}
