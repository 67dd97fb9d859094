import D4Wire
import DNSWire
import Logging
import TidemarkCollectors
import TidemarkConfiguration
import TidemarkIngest
import TidemarkModel
import TidemarkSharing

/// Makes what runs a source.
enum SourceRunners {
  /// - Parameters:
  ///   - sensors: who the sensors are; nil when nobody knows, because no source asked when the
  ///     process began.
  ///   - takesOrigins: whether a stream that comes from these stores may come in.
  /// - Throws: what is wrong with the source's settings, in words.
  static func make(
    _ source: SourceConfiguration, intake: SourceIntake, configuration: CollectConfiguration,
    sink: any CollectSink, sensors: (any SensorDirectory)?,
    takesOrigins: @escaping @Sendable ([SensorUUID]) -> Bool, log: Logger
  ) throws -> any SourceRunner {
    let settings = try settings(of: source, configuration, sink: sink)
    switch source.transport {
    case .interfaces(let names):
      return CaptureRunner(
        source.capture, interfaces: names, settings: settings, intake: intake, log: log)
    case .listen where source.format == .d4:
      guard let sensors else {
        throw ConfigurationFailure(text: "sources of D4 sensors are taken up at a start only")
      }
      return try D4Runner(
        source, intake: intake, directory: sensors, takesOrigins: takesOrigins,
        settings: { try D4Runner.settings(of: $0, like: settings, sink: sink) }, log: log)
    case .listen, .connect:
      return SocketRunner(source, settings: settings, intake: intake, log: log)
    case .follow(let paths):
      return FollowRunner(
        source, paths: paths, settings: settings, intake: intake, sink: sink, log: log)
    case .queue(let address, let list):
      return try QueueRunner(
        source, address: address, list: list, settings: settings, intake: intake, sink: sink,
        log: log)
    case .pull(let url):
      return try PullRunner(
        source, url: url, settings: settings, intake: intake, sink: sink, log: log,
        admits: { origins in takesOrigins(origins.compactMap { SensorUUID(text: $0) }) })
    }
  }

  private static func settings(
    of source: SourceConfiguration, _ configuration: CollectConfiguration, sink: any CollectSink
  ) throws -> SourceSettings {
    let origin = ObservationOrigin(
      dataset: try sink.dataset(named: source.dataset),
      sensor: try sink.sensor(named: source.sensor), vantage: source.vantage)
    var settings = SourceSettings(origin: origin, now: StandardStreams.now())
    settings.filter = try configuration.filter.recordFilter()
    settings.unmatched = source.acceptsUnmatched ? .accept : .refuse
    settings.authority.isStrict = configuration.isStrict
    settings.authority.takesDNSSEC = configuration.takesDNSSEC
    settings.authority.hints = try FilterOptions.hints(at: configuration.rootHints)
    if source.sensor.isEmpty {
      // A feed that names more sensors than can be numbered keeps its records without one.
      let lookup: SensorLookup = {
        (try? sink.sensor(named: String(decoding: $0, as: UTF8.self))) ?? origin.sensor
      }
      settings.sensorOf = lookup
      // The other server may be anybody's, and a number is taken for ever.
      if case .pull = source.transport {
        settings.sensorOf = SensorBound.lookup(lookup, standard: origin.sensor)
      }
    }
    return settings
  }
}

extension FilterConfiguration {
  /// The filter; nil when nothing is left out.
  ///
  /// - Throws: ``TextFile/Failure``-like words for a name or type that is none.
  func recordFilter() throws -> RecordFilter? {
    var rules = usesStandard ? RecordFilter.Rules() : .none
    rules.leavesOutPrivateAddresses = dropsPrivateAddresses
    rules.only = only
    rules.exclude = exclude
    for text in types {
      guard let type = RRType(mnemonic: Array(text.utf8).span) else {
        throw ConfigurationFailure(text: "filter.types: \(text) is no type")
      }
      rules.rrtypes.insert(type)
    }
    guard rules != .none else { return nil }
    do {
      return try RecordFilter(rules: rules)
    } catch {
      throw ConfigurationFailure(text: "filter: a name is no domain name: \(error)")
    }
  }
}
