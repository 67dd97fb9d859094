import DNSWire
import Dispatch
import Synchronization
import TidemarkIngest
public import TidemarkModel
public import TidemarkQuery
public import TidemarkStore

/// Asks a resolver what names and addresses are now, and stores the answers with the vantage
/// `active`, apart from everything that was observed.
///
/// What it asks can be seen by whoever runs the name servers asked about, so it is off unless a
/// server is told to use it.
public final class ActiveResolver: ActiveResolving {
  /// Whom to ask, and how much.
  public struct Settings: Sendable {
    /// Resolvers in libunbound's form, `192.0.2.53` or `192.0.2.53@5353`; empty: ask the name
    /// servers of the world, from the root down.
    public var forwarders: [String] = []
    /// How long a look-up waits for answers, seconds. What comes later is stored all the same.
    public var waitSeconds = 2.0
    /// Questions a minute on average, of all callers together. A name is six questions, an address
    /// is one; each costs one or two packets to a forwarder.
    public var questionsPerMinute = 600
    /// Of these, questions a minute on average for one caller.
    public var questionsPerMinuteOfCaller = 300
    /// How long a value is not asked for again, seconds.
    public var repeatSeconds = 300.0

    /// Makes settings for recursion.
    public init() {}
  }

  /// The sensor that active answers are stored under.
  public static let sensorName = "active-resolver"

  private let settings: Settings
  private let store: any RecordStore
  private let origin: ObservationOrigin
  private let filter: RecordFilter
  private let context: UnboundContext
  private let ledger: Mutex<ActiveLedger>
  private let counts = Mutex(ActiveCounts())
  private let uptime: @Sendable () -> Double
  private let clock: @Sendable () -> UnixSeconds

  /// Makes a resolver and starts its thread.
  ///
  /// - Parameters:
  ///   - registry: the store's.
  ///   - clock: gives the time of answers.
  ///   - uptime: seconds of a clock that never goes back, for the budget.
  /// - Throws: ``ActiveResolverError``, or `StoreError` when the sensor cannot be registered.
  public init(
    _ settings: Settings, store: any RecordStore, registry: Registry,
    clock: @escaping @Sendable () -> UnixSeconds,
    uptime: @escaping @Sendable () -> Double = ActiveResolver.secondsOfProcess
  ) throws {
    self.settings = settings
    self.uptime = uptime
    self.store = store
    self.clock = clock
    origin = ObservationOrigin(
      dataset: .main, sensor: try registry.addSensor(ActiveResolver.sensorName), vantage: .active)
    var rules = RecordFilter.Rules()
    rules.leavesOutSiteNames = true
    filter = try RecordFilter(rules: rules)
    ledger = Mutex(
      ActiveLedger(
        questionsPerMinute: settings.questionsPerMinute,
        ofCaller: settings.questionsPerMinuteOfCaller, repeatSeconds: settings.repeatSeconds,
        now: uptime()))
    context = try UnboundContext(
      settings.forwarders.isEmpty ? .recurse : .forward(settings.forwarders))
  }

  /// Seconds since this was first called.
  @Sendable public static func secondsOfProcess() -> Double {
    (ContinuousClock.now - processStart) / .seconds(1)
  }

  private static let processStart = ContinuousClock.now

  /// What became of look-ups and questions since the start.
  public var statistics: ActiveCounts { counts.withLock { $0 } }

  /// Ends the thread. Questions under way are given up.
  public func stop() { context.stop() }

  /// Returns when the answers that have come so far are in the store.
  public func settle() async {
    await withCheckedContinuation { continuation in
      ActiveAnswers.queue.async { continuation.resume() }
    }
  }

  /// Asks; see ``ActiveResolving``.
  public func refresh(_ value: LookupValue, for caller: Int64?) async {
    let questions = ActiveQuestion.questions(about: value, filter: filter)
    guard let first = questions.first else {
      counts.withLock { $0.notAsked += 1 }
      return
    }
    let verdict = ledger.withLock {
      $0.admit(first.name, questions: questions.count, for: caller, now: uptime())
    }
    switch verdict {
    case .recent: counts.withLock { $0.recent += 1 }
    case .spent: counts.withLock { $0.spent += 1 }
    case .ask: await ask(questions)
    }
  }

  private func ask(_ questions: [ActiveQuestion]) async {
    counts.withLock { $0.questions += UInt64(questions.count) }
    let answers = ActiveAnswers(expecting: questions.count) { [self] packets in keep(packets) }
    await withCheckedContinuation { continuation in
      answers.wait(seconds: settings.waitSeconds) { continuation.resume() }
      for question in questions {
        context.ask(question) { [self] packet in
          // Counted first: the last answer ends the wait, and whoever waited may read the counts.
          counts.withLock { $0.count(packet) }
          answers.add(packet)
        }
      }
    }
  }

  /// Stores answers. Passive stores take no answer on trust, and neither does this one: the chain
  /// must start at the question.
  private func keep(_ packets: [[UInt8]]) {
    let batch = RecordBatch()
    var extractor = AnswerExtractor(filter: filter)
    var parser = MessageParser()
    var tally = RecordTally()
    for packet in packets {
      guard (try? parser.parse(packet.span)) != nil, parser.hasQuestion, parser.questionClass == 1,
        !parser.header.isTruncated, [0, 3].contains(parser.rcode)
      else { continue }
      extractor.extract(
        from: &parser, origin: origin, time: clock(), into: batch, tally: &tally)
    }
    guard !batch.isEmpty else { return }
    do {
      try store.apply(batch)
      counts.withLock { $0.observations += tally.observations }
    } catch {
      counts.withLock { $0.notStored += tally.observations }
    }
  }
}

/// What became of active look-ups.
public struct ActiveCounts: Sendable, Equatable {
  /// Look-ups of values that are never asked for.
  public var notAsked: UInt64 = 0
  /// Look-ups of values that were asked for a short time ago.
  public var recent: UInt64 = 0
  /// Look-ups for which nothing of the budget was left, or nothing of the caller's share.
  public var spent: UInt64 = 0
  /// Questions asked.
  public var questions: UInt64 = 0
  /// Questions answered, with or without records.
  public var answers: UInt64 = 0
  /// Questions without any answer.
  public var unanswered: UInt64 = 0
  /// Records stored.
  public var observations: UInt64 = 0
  /// Records that the store refused.
  public var notStored: UInt64 = 0

  /// Zero counts.
  public init() {}

  mutating func count(_ packet: [UInt8]?) {
    if packet == nil { unanswered += 1 } else { answers += 1 }
  }
}

/// Why there is no active resolver.
public enum ActiveResolverError: Error, Equatable, Sendable, CustomStringConvertible {
  /// libunbound refused something.
  case library(String)

  /// One line for people.
  public var description: String {
    switch self {
    case .library(let detail): "the active resolver cannot start: \(detail)"
    }
  }
}
