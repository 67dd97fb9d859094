import ArgumentParser
import TidemarkConfiguration
import TidemarkMetrics
import TidemarkProviders
import TidemarkStore

/// Whether and how names are looked up at a resolver when they are asked for.
struct ActiveOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Ask this resolver what names and addresses are now, for callers with the scope active.",
      discussion: """
        An address, or address@port, or `recurse` to ask name servers from the root down. Without \
        it nothing is ever asked: whoever runs the name servers could see the questions.
        """))
  var activeResolver: String?
  @Option(help: "How long a look-up waits for the resolver, seconds.")
  var activeWait = 2.0
  @Option(help: "Questions to the resolver a minute on average, of all together; a name is six.")
  var activePerMinute = 600
  @Option(help: "Of these, questions a minute on average for one token.")
  var activePerToken = 300

  func validate() throws {
    if let activeResolver { _ = try ActiveOptions.active(activeResolver) }
    guard CollectConfiguration.Active.waitRange.contains(activeWait) else {
      throw ValidationError("--active-wait: 0 to 60 seconds")
    }
    let range = CollectConfiguration.Active.perMinuteRange
    for (option, value) in [("minute", activePerMinute), ("token", activePerToken)]
    where !range.contains(value) {
      throw ValidationError("--active-per-\(option): 1 to 1000000")
    }
  }

  /// The options as a configuration file has them; nil when nobody is to be asked.
  ///
  /// - Throws: `ValidationError` for what is no resolver.
  func configuration() throws -> CollectConfiguration.Active? {
    guard let activeResolver else { return nil }
    var active = try ActiveOptions.active(activeResolver)
    active.waitSeconds = activeWait
    active.perMinute = activePerMinute
    active.perToken = activePerToken
    return active
  }

  private static func active(_ text: String) throws -> CollectConfiguration.Active {
    guard let active = CollectConfiguration.Active(resolver: text) else {
      throw ValidationError("--active-resolver: an address, address@port, or recurse")
    }
    return active
  }
}

extension CollectConfiguration.Active {
  /// Starts the resolver.
  ///
  /// - Throws: `ActiveResolverError`, `StoreError`.
  func start(
    store: any RecordStore, registry: Registry, metrics: PrometheusRegistry
  ) throws -> ActiveResolver {
    var settings = ActiveResolver.Settings()
    settings.forwarders = forwarders
    settings.waitSeconds = waitSeconds
    settings.questionsPerMinute = perMinute
    settings.questionsPerMinuteOfCaller = perToken
    let resolver = try ActiveResolver(
      settings, store: store, registry: registry, clock: { StandardStreams.now() })
    metrics.addCollector { Self.families(resolver.statistics) }
    return resolver
  }

  private static func families(_ counts: ActiveCounts) -> [MetricFamily] {
    let lookups = [
      ("not-asked", counts.notAsked), ("recent", counts.recent), ("spent", counts.spent),
    ]
    let questions = [("answered", counts.answers), ("unanswered", counts.unanswered)]
    let records = [("stored", counts.observations), ("refused", counts.notStored)]
    func family(_ name: String, _ help: String, _ counts: [(String, UInt64)]) -> MetricFamily {
      MetricFamily(
        name, .counter, help: help,
        samples: counts.map { .init(Double($0.1), labels: [(name: "outcome", value: $0.0)]) })
    }
    return [
      family(
        "tidemark_active_skipped_total", "Look-ups for which no resolver was asked.", lookups),
      family("tidemark_active_questions_total", "Questions to the resolver.", questions),
      family("tidemark_active_records_total", "Records of active answers.", records),
    ]
  }
}
