import HTTPTypes
import TidemarkEnrichment
import TidemarkQuery
import TidemarkStore

/// The making of one answer of the DomainTools interface, in turns of bounded work.
protocol DomainToolsWork: Sendable {
  /// Names and entries that the answer has so far; they count against the caller's budget.
  var rows: Int { get }
  /// True when there is an answer also where time did not suffice.
  var hasAnswer: Bool { get }

  /// Goes on for a while.
  ///
  /// - Returns: false when the answer is complete.
  /// - Throws: `StoreError`, `LibraryError`, ``Problem`` instead of an answer.
  mutating func step() throws -> Bool

  /// The members of `response`.
  func response() -> JSONLine
}

extension DomainToolsWork {
  var rows: Int { 0 }
  var hasAnswer: Bool { false }
}

/// One JSON object, made when the work has ended.
final class DomainToolsSource: AnswerSource, @unchecked Sendable {
  private var work: any DomainToolsWork
  /// Why there is no answer; nil when there is one.
  private(set) var problem: Problem?

  init(_ work: any DomainToolsWork) { self.work = work }

  var rows: Int { work.rows }

  func advance(_ piece: inout AnswerPiece) throws(StoreError) -> RecordCursor.End {
    do {
      return try work.step() ? .paused : .complete
    } catch let error as StoreError {
      throw error
    } catch let found as Problem {
      problem = found
    } catch let error as LibraryError {
      problem = Problem(error)
    } catch {
      // Its words may name files of this machine.
      problem = Problem(.internalServerError, "the data cannot be read")
    }
    return .complete
  }

  func finish(_ end: AnswerEnd, into out: inout [UInt8]) -> Bool {
    switch end {
    case .failed: return false
    case .exhausted where !work.hasAnswer: return false
    case .complete, .limited, .exhausted: break
    }
    guard problem == nil else { return true }
    var json = JSONLine()
    json.add("response", work.response())
    out += json.finished()
    return true
  }
}
