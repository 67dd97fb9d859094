import TidemarkEnrichment

/// The time that is left of a look-up with several steps.
struct FetchBudget: Sendable {
  private let end: ContinuousClock.Instant

  init(_ limits: FetchLimits) { end = .now + .seconds(max(1, limits.timeoutSeconds)) }

  /// Seconds for the next step, 1 or more.
  ///
  /// - Throws: a failure when the time is over.
  func seconds(atMost most: Int) throws(ActionFailure) -> Int {
    let left = Int((end - .now).components.seconds)
    guard left >= 1 else { throw ActionFailure(.unavailable, message: "the time is over") }
    return min(left, most)
  }
}
