import Synchronization
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkWeb

/// Walks over the records for the first page, a little with each time that it is asked for, so that
/// it costs the same in a store of any size. Readers of the same datasets share a walk.
final class HomeSurveys: Sendable {
  /// A finished walk is begun again after this, seconds.
  static let ageMax: UnixSeconds = 60
  /// Sets of datasets whose walks are kept; with more of them the walks begin anew.
  static let keptMax = 64

  /// One walk. Only who took it out of ``Kept`` uses it.
  private final class Walk: @unchecked Sendable {
    private let cursor: RecordCursor
    private(set) var survey = StoreSurvey()

    init(_ datasets: [DatasetNumber], _ store: any RecordStore) {
      var query = RecordQuery(.all)
      query.datasets = datasets
      cursor = RecordCursor(query, store: store)
    }

    func goOn(for time: Duration) throws(StoreError) {
      let end = ContinuousClock.now + time
      repeat {
        let state = try cursor.next { row in
          survey.add(row)
          return true
        }
        if state != .paused { return survey.finish() }
      } while ContinuousClock.now < end
    }
  }

  private struct Kept {
    /// What is shown: the last complete survey, before the first one what was met so far.
    var shown = StoreSurvey()
    /// The walk that is to go on; nil when it is done or somebody has it.
    var walk: Walk?
    var isTaken = false
    var finished: UnixSeconds?
  }

  private let kept = Mutex<[[DatasetNumber]: Kept]>([:])

  /// What is known of the records in some datasets.
  ///
  /// - Parameter time: how long this request may walk.
  /// - Throws: `StoreError`, and `CancellationError`.
  func survey(
    _ datasets: [DatasetNumber], store: any RecordStore, now: UnixSeconds, for time: Duration
  ) async throws -> StoreSurvey {
    guard let walk = take(datasets, store, now) else { return shown(datasets) }
    do {
      try await ScanPool.shared.run { try walk.goOn(for: time) }
    } catch {
      kept.withLock { _ = $0.removeValue(forKey: datasets) }
      throw error
    }
    return giveBack(walk, datasets, now)
  }

  private func shown(_ datasets: [DatasetNumber]) -> StoreSurvey {
    kept.withLock { $0[datasets]?.shown ?? StoreSurvey() }
  }

  /// Nil when what is shown is new enough, or somebody else walks.
  private func take(
    _ datasets: [DatasetNumber], _ store: any RecordStore, _ now: UnixSeconds
  ) -> Walk? {
    kept.withLock { all in
      var entry = all[datasets] ?? Kept()
      if entry.isTaken { return nil }
      if let finished = entry.finished, finished <= now, now - finished < HomeSurveys.ageMax {
        return nil
      }
      if all[datasets] == nil, all.count >= HomeSurveys.keptMax { all = [:] }
      let walk = entry.walk ?? Walk(datasets, store)
      entry.walk = nil
      entry.isTaken = true
      entry.finished = nil
      all[datasets] = entry
      return walk
    }
  }

  private func giveBack(
    _ walk: Walk, _ datasets: [DatasetNumber], _ now: UnixSeconds
  ) -> StoreSurvey {
    kept.withLock { all in
      var entry = all[datasets] ?? Kept()
      let isComplete = walk.survey.isComplete
      if isComplete || !entry.shown.isComplete { entry.shown = walk.survey }
      entry.walk = isComplete ? nil : walk
      entry.finished = isComplete ? now : nil
      entry.isTaken = false
      all[datasets] = entry
      return entry.shown
    }
  }
}
