import ArgumentParser
import DNSWire
import TidemarkHTTP
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
  @Option(help: "Questions to the resolver a minute on average; a name is six.")
  var activePerMinute = 600

  func validate() throws {
    if let activeResolver { _ = try ActiveOptions.forwarders(activeResolver) }
    guard activeWait >= 0, activeWait <= 60 else {
      throw ValidationError("--active-wait: 0 to 60 seconds")
    }
    guard (1...1_000_000).contains(activePerMinute) else {
      throw ValidationError("--active-per-minute: 1 to 1000000")
    }
  }

  /// Starts the resolver, if there is to be one.
  func start(
    store: any RecordStore, registry: Registry, metrics: PrometheusRegistry
  ) throws -> ActiveResolver? {
    guard let activeResolver else { return nil }
    var settings = ActiveResolver.Settings()
    settings.forwarders = try ActiveOptions.forwarders(activeResolver)
    settings.waitSeconds = activeWait
    settings.questionsPerMinute = activePerMinute
    let resolver = try ActiveResolver(
      settings, store: store, registry: registry, clock: { StandardStreams.now() })
    metrics.addCollector { ActiveOptions.families(resolver.statistics) }
    return resolver
  }

  private static func forwarders(_ text: String) throws -> [String] {
    if text == "recurse" { return [] }
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard IPAddressText.parse(Array(parts[0].utf8).span) != nil,
      parts.count == 1 || UInt16(parts[1]).map({ $0 > 0 }) == true
    else {
      throw ValidationError("--active-resolver: an address, address@port, or recurse")
    }
    return [text]
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
