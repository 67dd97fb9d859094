public import TidemarkEnrichment

/// An action of an operation, by their ids.
public struct BulkAction: Sendable, Hashable {
  /// The operation.
  public let operation: String
  /// Its action.
  public let action: String

  /// Names an action.
  public init(operation: String, action: String) {
    self.operation = operation
    self.action = action
  }
}

/// Runs chosen actions on many indicators and keeps each result in the library: one after the
/// other, or a few at once when nobody but this machine is asked.
///
/// A service is asked no faster than its rate. A failed run is a result and stops nothing. With a
/// checkpoint, a process that was killed goes on where it was: an indicator counts once, when all
/// of its actions were run.
///
/// - Concurrency: any thread; several enrichments at once do not know of each other's rates.
public struct BulkEnrichment: Sendable {
  /// Moments and pauses that an enrichment needs.
  public struct Clock: Sendable {
    /// Milliseconds since any moment; never goes back.
    public let milliseconds: @Sendable () -> Int64
    /// Waits so many milliseconds; returns at once when the task was cancelled.
    public let sleep: @Sendable (Int64) async -> Void

    /// Makes a clock.
    public init(
      milliseconds: @escaping @Sendable () -> Int64,
      sleep: @escaping @Sendable (Int64) async -> Void
    ) {
      self.milliseconds = milliseconds
      self.sleep = sleep
    }

    /// The clock of the system.
    public static var system: Clock {
      let start = ContinuousClock.now
      return Clock(
        milliseconds: {
          let passed = (ContinuousClock.now - start).components
          return passed.seconds * 1_000 + passed.attoseconds / 1_000_000_000_000_000
        },
        sleep: { try? await ContinuousClock().sleep(for: .milliseconds($0)) })
    }
  }

  /// Indicators at once when all actions are of our own data: one reads while another is kept.
  private static let ownAtOnce = 4
  /// Most indicators of one list; a longer one is several.
  public static let indicatorsMax = 1_000_000

  private let runner: ActionRunner
  private let registry: OperationRegistry
  private let rates: [String: RequestRate]
  private let clock: Clock

  /// Makes an enrichment.
  ///
  /// - Parameter rates: by the id of the operation; one without a rate is asked as fast as it
  ///   answers.
  public init(
    runner: ActionRunner, registry: OperationRegistry, rates: [String: RequestRate] = [:],
    clock: Clock = .system
  ) {
    self.runner = runner
    self.registry = registry
    self.rates = rates
    self.clock = clock
  }

  /// Runs actions on indicators. Actions that do not take an indicator are left out for it.
  ///
  /// When the task is cancelled, the indicator under way is finished no more, and the report tells
  /// how far it came.
  ///
  /// - Parameters:
  ///   - indicators: one that is there twice is enriched once.
  ///   - checkpoint: a file that says what is done; one of another list or of other actions is an
  ///     error. Without one a killed process starts anew.
  ///   - progress: is told what happens, in order. What it adds to the library out of
  ///     ``BulkEvent/ran(_:)`` is there before the indicator counts as done.
  /// - Throws: ``BulkError``.
  public func run(
    _ indicators: [IndicatorKey], actions: [BulkAction], checkpoint path: String? = nil,
    progress: (BulkEvent) -> Void = { _ in }
  ) async throws(BulkError) -> BulkReport {
    guard !actions.isEmpty else { throw .noAction }
    var known: Set<IndicatorKey> = []
    let keys = indicators.filter { known.insert($0).inserted }
    guard keys.count <= BulkEnrichment.indicatorsMax else { throw .tooMany }
    let plan = try plan(actions)
    let checkpoint = try path.map { path throws(BulkError) in
      try EnrichmentCheckpoint(
        path: path, digest: EnrichmentCheckpoint.digest(of: keys, actions), indicators: keys.count)
    }
    let done = checkpoint?.done ?? [:]
    var report = BulkReport()
    report.total = keys.count
    report.done = done.count
    report.resumed = done.count
    for counts in done.values {
      report.counts.add(counts)
      if counts.runs == 0 { report.notTaken += 1 }
    }
    progress(.started(report))
    let todo = keys.enumerated().filter { done[$0.offset] == nil }.map { ($0.offset, $0.element) }
    func finish(_ place: Int, _ counts: RunCounts) throws(BulkError) {
      try checkpoint?.finish(place, counts)
      report.done += 1
      report.counts.add(counts)
      if counts.runs == 0 { report.notTaken += 1 }
      progress(.finished(keys[place], report))
    }
    if plan.allSatisfy({ $0.isOwn && rates[$0.action.operation] == nil }) {
      try await runAtOnce(todo, plan, progress, finish)
    } else {
      var buckets = rates.mapValues { TokenBucket($0) }
      for (place, key) in todo {
        guard let counts = try await enrich(key, plan, &buckets, progress) else { break }
        try finish(place, counts)
      }
    }
    return report
  }

  /// Runs indicators side by side. Events come in the order in which indicators are finished.
  private func runAtOnce(
    _ todo: [(place: Int, key: IndicatorKey)], _ plan: [PlannedAction],
    _ progress: (BulkEvent) -> Void, _ finish: (Int, RunCounts) throws(BulkError) -> Void
  ) async throws(BulkError) {
    typealias Runs = (place: Int, results: Result<[ActionResult], BulkError>?)
    let failure = await withTaskGroup(of: Runs.self) { group -> BulkError? in
      var rest = todo[...]
      func addNext() {
        guard let next = rest.popFirst() else { return }
        group.addTask { (next.place, await results(next.key, plan)) }
      }
      for _ in 0..<BulkEnrichment.ownAtOnce { addNext() }
      for await runs in group {
        guard let results = runs.results else { continue }
        do throws(BulkError) {
          var counts = RunCounts()
          for result in try results.get() {
            counts.add(result.status)
            progress(.ran(result))
          }
          // Whoever takes the results may have ended the task instead.
          if Task.isCancelled { continue }
          try finish(runs.place, counts)
        } catch {
          group.cancelAll()
          return error
        }
        if !Task.isCancelled { addNext() }
      }
      return nil
    }
    if let failure { throw failure }
  }

  /// The results of all actions on one indicator; nil when the task was cancelled before the end.
  private func results(
    _ key: IndicatorKey, _ plan: [PlannedAction]
  ) async -> Result<[ActionResult], BulkError>? {
    var results: [ActionResult] = []
    for step in plan where step.accepts.contains(key.type) {
      if Task.isCancelled { return nil }
      do throws(OperationError) {
        results.append(
          try await runner.run(
            operation: step.action.operation, action: step.action.action, on: key))
      } catch {
        return .failure(.operation(error))
      }
    }
    return Task.isCancelled ? nil : .success(results)
  }

  /// Runs all actions on one indicator; nil when the task was cancelled before the end.
  private func enrich(
    _ key: IndicatorKey, _ plan: [PlannedAction], _ buckets: inout [String: TokenBucket],
    _ progress: (BulkEvent) -> Void
  ) async throws(BulkError) -> RunCounts? {
    var counts = RunCounts()
    for step in plan where step.accepts.contains(key.type) {
      let operation = step.action.operation
      let wait = buckets[operation]?.take(at: clock.milliseconds()) ?? 0
      if wait > 0 {
        progress(.waiting(operation: operation, milliseconds: wait))
        await clock.sleep(wait)
      }
      if Task.isCancelled { return nil }
      let result: ActionResult
      do throws(OperationError) {
        result = try await runner.run(operation: operation, action: step.action.action, on: key)
      } catch {
        throw .operation(error)
      }
      counts.add(result.status)
      progress(.ran(result))
    }
    return Task.isCancelled ? nil : counts
  }

  private struct PlannedAction {
    let action: BulkAction
    let accepts: Set<IndicatorType>
    /// True when nobody outside is asked.
    let isOwn: Bool
  }

  /// True when the operation asks nobody outside, by its settings neither.
  private func isOwn(_ operation: Operation) throws(OperationError) -> Bool {
    guard operation.isEnabledAtFirst else { return false }
    let shown = try registry.shownParameters(operation.id)
    return !shown.contains {
      $0.spec.key == OperationCatalogue.registrationUse && $0.value == "live"
    }
  }

  /// Looks up the actions before anything is run; one that is there twice is run once.
  private func plan(_ actions: [BulkAction]) throws(BulkError) -> [PlannedAction] {
    var plan: [PlannedAction] = []
    for action in actions where !plan.contains(where: { $0.action == action }) {
      do throws(OperationError) {
        let operation = try registry.operation(action.operation)
        guard let found = operation.action(action.action) else {
          throw OperationError.unknownAction
        }
        plan.append(
          PlannedAction(
            action: action, accepts: found.accepts, isOwn: try isOwn(operation)))
      } catch {
        throw .operation(error)
      }
    }
    return plan
  }
}
