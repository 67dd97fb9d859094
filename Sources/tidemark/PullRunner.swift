import Logging
import NIOCore
import TidemarkCollectors
import TidemarkConfiguration
import TidemarkIngest
import TidemarkModel

/// Runs a source that takes COF from another server.
final class PullRunner: SourceRunner {
  let intake: SourceIntake
  private let client: PullClient

  /// - Parameter admits: false for streams that hold what this store gave.
  /// - Throws: what is wrong with address, token or certificates.
  init(
    _ source: SourceConfiguration, url: String, settings: SourceSettings, intake: SourceIntake,
    sink: any CollectSink, log: Logger, admits: @escaping PullClient.Admits = { _ in true }
  ) throws {
    self.intake = intake
    var options = PullClient.Options(url: url)
    options.tokenFile = source.pull.tokenFile
    options.sendsPositions = source.pull.sendsPositions
    if let seconds = source.pull.idleSeconds {
      options.idleTime = .seconds(Int64(seconds))
      options.pingInterval = .seconds(max(1, Int64(seconds) / 4))
    }
    options.tls = .client(
      authorities: source.tls.authority, certificates: source.tls.certificate, key: source.tls.key)
    let formats = source.options
    client = try PullClient(
      options, intake: intake, sink: sink,
      makeDecoder: {
        var settings = settings
        settings.now = StandardStreams.now()
        guard
          let decoder = SourceFormat.cof.makeDecoder(
            settings, options: formats, batch: RecordBatch())
        else { preconditionFailure("COF has a decoder for streams") }
        return decoder
      },
      admits: admits, now: { StandardStreams.now() },
      report: { PullRunner.log($0, of: intake.name, to: log) })
  }

  func start() async throws { client.start() }

  func stop() async { await client.stop() }

  func events() -> [(name: String, count: UInt64)] {
    let values = client.statistics.values
    return [
      ("connections", values.connections), ("connections_failed", values.failed),
      ("answers_refused", values.refused), ("tokens_refused", values.tokensRefused),
      ("positions_lost", values.positionsLost), ("loops_refused", values.loopsRefused),
      ("streams_damaged", values.damaged), ("idle_timeouts", values.idle),
      ("chunks", values.chunks), ("chunks_discarded", values.chunksDiscarded),
      ("chunks_repeated", values.chunksRepeated), ("octets", values.octets),
    ]
  }

  private static func log(_ event: PullEvent, of source: String, to log: Logger) {
    switch event {
    case .opened: log.info("source \(source): connected")
    case .ended(nil, let seconds):
      log.info("source \(source): the server ended the stream; again in \(seconds) s")
    case .ended(let failure?, let seconds):
      var level = Logger.Level.warning
      if case .refused(410, _) = failure { level = .error }
      if failure == .ownOrigin { level = .error }
      log.log(level: level, "source \(source): \(failure); again in \(seconds) s")
    }
  }
}
