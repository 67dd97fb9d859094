import Logging
import TidemarkCollectors
import TidemarkConfiguration
import TidemarkIngest
import TidemarkModel

/// Runs files that are followed.
final class FollowRunner: SourceRunner {
  let intake: SourceIntake
  private let source: FollowSource
  private let counts = EventCounts()
  private let log: Logger

  init(
    _ source: SourceConfiguration, paths: [String], settings: SourceSettings,
    intake: SourceIntake, sink: any CollectSink, log: Logger
  ) {
    self.intake = intake
    self.log = log
    let (format, options, counts) = (source.format, source.options, counts)
    let files = FileFollower.Options(
      paths: paths, content: format.isText ? .lines : .whole,
      identity: FollowRunner.identity(source))
    self.source = FollowSource(
      files, intake: intake, sink: sink,
      makeDecoder: { firstItem in
        var settings = settings
        settings.firstItem = firstItem
        settings.now = StandardStreams.now()
        let batch = RecordBatch()
        guard let decoder = format.makeDecoder(settings, options: options, batch: batch) else {
          throw ConfigurationFailure(text: "\(format.rawValue) cannot be followed")
        }
        return decoder
      },
      onEvent: { event in
        counts.add(FollowRunner.name(event))
        // A path may name a customer; the source's name is enough to find it.
        log.warning("source \(intake.name): a file was \(FollowRunner.name(event))")
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

  /// What makes the same files another source: positions are kept for each.
  private static func identity(_ source: SourceConfiguration) -> String {
    "\(source.name) \(source.format.rawValue) \(source.dataset)"
  }

  private static func name(_ event: FollowEvent) -> String {
    switch event {
    case .truncated: "truncated"
    case .vanished: "deleted_unread"
    case .failed: "unreadable"
    }
  }
}
