import TidemarkAccess
import TidemarkModel
import TidemarkPivots
import TidemarkQuery
import TidemarkStore
import TidemarkWeb

/// Bounded work of pages on pivots and graphs.
extension WebDesk {
  /// Looks what hangs on values, as far as there is time.
  ///
  /// - Returns: hints of the first values; of one at least.
  func hints(
    _ values: [PivotValue], besides: PivotValue?, _ exchange: Exchange
  ) async throws -> [PivotHint] {
    guard !values.isEmpty else { return [] }
    let end = ContinuousClock.now + times.hints
    let probe = PivotProbe(
      store: native.store, datasets: exchange.datasets(native.registry), lists: data.lists.current,
      suffixes: data.suffixes, now: clock())
    return try await ScanPool.shared.run {
      try probe.hints(values, besides: besides) { ContinuousClock.now >= end }
    }
  }

  /// Does work in turns until it is done or its time is over.
  ///
  /// - Parameter step: goes on for some milliseconds; false when all is done.
  /// - Returns: the work, and whether it was not done in time.
  /// - Throws: ``ClientLeft`` when nobody waits any more, and what `step` throws.
  func inTurns<Work: Sendable>(
    _ work: Work, until end: ContinuousClock.Instant,
    _ step: @escaping @Sendable (inout Work) throws -> Bool
  ) async throws -> (work: Work, isLate: Bool) {
    var work = work
    while true {
      let (next, goesOn) = try await ScanPool.shared.turn { [work] in
        var next = work
        let goesOn = try step(&next)
        return (next, goesOn)
      }
      work = next
      if !goesOn { return (work, false) }
      if ContinuousClock.now >= end { return (work, true) }
    }
  }

  /// When work has to end that may take so long, unless the caller may spend less.
  func end(_ exchange: Exchange, after time: Duration) -> ContinuousClock.Instant {
    .now + min(time, .seconds(exchange.caller.limits.seconds))
  }
}
