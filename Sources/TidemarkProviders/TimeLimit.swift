import TidemarkEnrichment

/// Bounds how long something from outside may take, whatever it does meanwhile.
enum TimeLimit {
  /// Does the work, and cancels it when the time is over.
  ///
  /// - Parameters:
  ///   - seconds: 1 or more.
  ///   - work: must end soon when it is cancelled.
  static func run<Value: Sendable>(
    seconds: Int, _ work: @escaping @Sendable () async throws(ActionFailure) -> Value
  ) async throws(ActionFailure) -> Value {
    let outcome = await withTaskGroup(of: Result<Value, ActionFailure>?.self) { group in
      group.addTask {
        do throws(ActionFailure) { return .success(try await work()) } catch {
          return .failure(error)
        }
      }
      group.addTask {
        try? await ContinuousClock().sleep(for: .seconds(max(1, seconds)))
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first
    }
    guard let outcome, !Task.isCancelled else {
      let isCancelled = Task.isCancelled
      throw ActionFailure(
        .unavailable, message: isCancelled ? "given up" : "no answer within \(seconds) s")
    }
    return try outcome.get()
  }
}
