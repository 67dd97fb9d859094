import Logging
import TidemarkCollectors
import TidemarkConfiguration
import TidemarkIngest
import TidemarkModel

/// Runs a queue of a Redis server.
final class QueueRunner: SourceRunner {
  /// Octets of a password.
  private static let passwordOctetsMax = 4_096

  let intake: SourceIntake
  private let source: QueueSource
  private let counts = EventCounts()
  private let log: Logger

  /// - Throws: what is wrong with the file of the password.
  init(
    _ source: SourceConfiguration, address: RedisAddress, list: String,
    settings: SourceSettings, intake: SourceIntake, sink: any CollectSink, log: Logger
  ) throws {
    self.intake = intake
    self.log = log
    let (format, options, counts) = (source.format, source.options, counts)
    var address = address
    if let path = source.passwordFile {
      let text = try TextFile.read(path, octetsMax: QueueRunner.passwordOctetsMax)
      address.password = String(text.prefix { !$0.isNewline })
    }
    let queue = QueueSource.Options(
      address: address, list: list,
      identity: "\(source.name) \(format.rawValue) \(source.dataset) \(address) \(list)")
    self.source = QueueSource(
      queue, intake: intake, sink: sink,
      makeDecoder: {
        var settings = settings
        settings.now = StandardStreams.now()
        guard let decoder = format.makeDecoder(settings, options: options, batch: RecordBatch())
        else { throw ConfigurationFailure(text: "\(format.rawValue) does not come from queues") }
        return decoder
      },
      onEvent: { event in
        counts.add(QueueRunner.name(event))
        QueueRunner.tell(event, of: intake.name, to: log)
      })
  }

  func start() async throws {
    try source.start { [log, intake] error in
      log.error("source \(intake.name) ended: \(error)")
    }
  }

  func stop() async {
    let source = source
    await Blocking.run { source.stop() }
  }

  func events() -> [(name: String, count: UInt64)] { counts.all }

  private static func name(_ event: QueueSource.Event) -> String {
    switch event {
    case .connected: "connections"
    case .failed: "connections_failed"
    case .heldByAnother: "batches_of_others"
    case .known: "batches_known"
    case .damaged: "batches_damaged"
    }
  }

  private static func tell(_ event: QueueSource.Event, of source: String, to log: Logger) {
    switch event {
    case .connected(let waiting):
      log.notice("source \(source): taking from the queue, \(waiting) entries wait")
    case .failed(let reason, let seconds):
      log.warning("source \(source): next try in \(seconds) s: \(reason)")
    case .heldByAnother(let name, let entries):
      log.warning(
        """
        source \(source): \(entries) entries in \(name) were taken by another store and never \
        acknowledged
        """)
    case .known: log.notice("source \(source): a batch was stored before the last end")
    case .damaged(let reason): log.error("source \(source): a batch cannot be read: \(reason)")
    }
  }
}
