import D4Wire
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TidemarkCollectors
import TidemarkConfiguration
import TidemarkHTTP
import TidemarkIngest
import TidemarkModel
import TidemarkSharing

/// Runs a source to which D4 sensors connect.
final class D4Runner: SourceRunner {
  /// Time between two looks at who may not send any more, seconds.
  private static let sweepSeconds = 1
  /// Longest key file, octets; of which only the first hundred are the key.
  private static let keyFileOctetsMax = 4_096

  /// Threads that decrypt and check; the decoding of one source takes turns.
  private static let group = MultiThreadedEventLoopGroup(
    numberOfThreads: min(4, max(1, System.coreCount / 2)))

  let intake: SourceIntake
  private let hub: D4Hub
  private let server: StreamServer
  private let timer = Mutex<RepeatingTimer?>(nil)

  /// - Parameters:
  ///   - takesOrigins: whether a stream that comes from these stores may come in.
  ///   - settings: makes what the decoder of a sensor is told.
  /// - Throws: what is wrong with the key file, in words.
  init(
    _ source: SourceConfiguration, intake: SourceIntake, directory: any SensorDirectory,
    takesOrigins: @escaping @Sendable ([SensorUUID]) -> Bool,
    settings: @escaping @Sendable (SensorProfile) throws -> SourceSettings, log: Logger
  ) throws {
    self.intake = intake
    var options = source.d4.options
    options.key = try source.d4.keyFile.map {
      try D4Runner.key(at: $0, acceptsSample: options.acceptsSampleKey)
    }
    var surroundings = D4Hub.Surroundings(
      directory: directory, clock: { StandardStreams.now() }, settings: settings)
    surroundings.takesOrigins = takesOrigins
    let name = intake.name
    surroundings.report = { fault, sensor in
      log.debug("source \(name): sensor \(sensor?.description ?? "-") \(fault)")
    }
    let hub = D4Hub(
      options: options, formats: source.options, intake: intake, surroundings: surroundings)
    self.hub = hub
    server = StreamServer(
      options: D4Runner.serverOptions(source, hub), group: D4Runner.group,
      makeIntake: { hub.makeStream() },
      report: { event in log.debug("source \(name): \(event)") })
  }

  private static func serverOptions(
    _ source: SourceConfiguration, _ hub: D4Hub
  ) -> StreamServer.Options {
    guard case .listen(let endpoint) = source.transport else {
      preconditionFailure("D4 sensors connect to us")
    }
    var options = StreamServer.Options(endpoint: endpoint.stream)
    options.connectionsMax = source.connectionsMax
    options.aheadOctetsMax = D4Limits.aheadOctetsMax
    options.deadPeerSeconds = source.d4.options.deadPeerSeconds
    options.makeRoom = { hub.makeRoom() }
    options.mode = source.socketFile.mode ?? options.mode
    options.group = source.socketFile.group
    if endpoint.isTLS, let certificate = source.tls.certificate, let key = source.tls.key {
      options.tls = .server(
        certificates: certificate, key: key, clientAuthorities: source.tls.authority)
    }
    return options
  }

  /// Reads the key of sensors that have none of their own.
  private static func key(at path: String, acceptsSample: Bool) throws -> D4Key {
    let key: D4Key
    do {
      key = try D4Key(file: try TextFile.octets(path, max: D4Runner.keyFileOctetsMax))
    } catch let error as D4KeyError {
      throw ConfigurationFailure(text: "\(path): \(error)")
    }
    guard acceptsSample || !key.isSample else {
      throw ConfigurationFailure(
        text: "\(path): this is the key of all examples; make one of your own,"
          + " for example by openssl rand -hex 32")
    }
    return key
  }

  func start() async throws {
    _ = DescriptorLimit.raise()
    _ = try await server.start()
    let timer = RepeatingTimer(every: D4Runner.sweepSeconds) { [hub] in hub.sweep() }
    self.timer.withLock { $0 = timer }
  }

  func stop() async {
    timer.withLock { $0?.cancel() }
    await server.stop()
  }

  func events() -> [(name: String, count: UInt64)] {
    let values = server.statistics.values
    return [
      ("connections", values.opened), ("connections_refused", values.refused),
      ("connections_failed", values.failed),
      ("handshake_timeouts", values.handshakeTimeouts), ("streams_damaged", values.damaged),
      ("octets", values.octets),
    ] + hub.events
  }

  /// What the decoder of a sensor is told: its own dataset and number, and nobody else's.
  static func settings(
    of profile: SensorProfile, like source: SourceSettings, sink: any CollectSink
  ) throws -> SourceSettings {
    var settings = source
    settings.origin = ObservationOrigin(
      dataset: try sink.dataset(named: profile.dataset),
      sensor: try sink.sensor(named: profile.name), vantage: source.origin.vantage)
    settings.sensorOf = nil
    return settings
  }
}
