import Logging
import Synchronization
import TidemarkCollectors
import TidemarkConfiguration
import TidemarkIngest

/// Runs a live capture.
final class CaptureRunner: SourceRunner {
  let intake: SourceIntake
  private let options: LiveCaptureOptions
  private let settings: SourceSettings
  private let log: Logger
  private let source = Mutex<CaptureSource?>(nil)

  init(
    _ capture: SourceConfiguration.Capture, interfaces: [String], settings: SourceSettings,
    intake: SourceIntake, log: Logger
  ) {
    var options = LiveCaptureOptions(interfaces: interfaces)
    options.bufferOctets = min(capture.bufferOctets, LiveCaptureOptions.bufferOctetsMax)
    options.isPromiscuous = capture.isPromiscuous
    options.filter.condition = capture.filter
    self.options = options
    self.settings = settings
    self.intake = intake
    self.log = log
  }

  func start() async throws {
    let opened = try CaptureSource(
      options, settings: settings, intake: intake, clock: { StandardStreams.now() })
    opened.start { [log, intake] error in
      log.error("source \(intake.name) ended: \(error)")
    }
    source.withLock { $0 = opened }
  }

  func stop() async {
    guard let source = source.withLock({ $0 }) else { return }
    await Blocking.run { source.stop() }
  }

  func events() -> [(name: String, count: UInt64)] {
    let statistics = source.withLock { $0?.statistics } ?? []
    func sum(_ count: (LiveCaptureStatistics) -> UInt64) -> UInt64 {
      statistics.reduce(0) { $0 + count($1) }
    }
    return [
      ("kernel_received", sum(\.received)), ("kernel_dropped", sum(\.dropped)),
      ("interface_dropped", sum(\.interfaceDropped)), ("packets_decoded", sum(\.decoded)),
    ]
  }
}
