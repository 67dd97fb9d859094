import Dispatch
import Synchronization
public import TidemarkIngest
public import TidemarkModel

/// Feeds the packets of a live capture to an intake, on a thread of its own.
///
/// When both batches of the intake are in use it waits, and the kernel's ring fills; what does not
/// fit there is dropped by the kernel and counted.
public final class CaptureSource: Sendable {
  private let capture: LiveCapture
  private let intake: SourceIntake
  private let settings: SourceSettings
  private let clock: @Sendable () -> UnixSeconds
  private let queue = DispatchQueue(label: "tidemark.capture", qos: .userInitiated)
  private let hasEnded = DispatchGroup()

  /// Opens the interfaces. Afterwards no privilege is needed.
  public init(
    _ options: LiveCaptureOptions, settings: SourceSettings, intake: SourceIntake,
    clock: @escaping @Sendable () -> UnixSeconds
  ) throws(LiveCaptureError) {
    capture = try LiveCapture(options)
    self.intake = intake
    self.settings = settings
    self.clock = clock
  }

  /// The counters of the interfaces.
  public var statistics: [LiveCaptureStatistics] { capture.statistics }

  /// Starts to read.
  ///
  /// - Parameter onFailure: told when the capture ended without being stopped.
  public func start(onFailure: @escaping @Sendable (any Error) -> Void) {
    queue.async(group: hasEnded) { [self] in
      let feed = LiveFeed(LiveDecoder(settings: settings, batch: RecordBatch()))
      do {
        try capture.run { packets in
          feed.packets = packets
          feed.decoder.kernelDrops = capture.statistics.reduce(0) { $0 + $1.dropped }
          try take(feed)
        }
      } catch {
        onFailure(error)
      }
      feed.packets = nil
      feed.isFinished = true
      feed.decoder.kernelDrops = capture.statistics.reduce(0) { $0 + $1.dropped }
      try? take(feed)
      intake.close(feed)
    }
  }

  /// Ends the capture; returns when everything that was captured is in the intake.
  public func stop() {
    capture.stop()
    hasEnded.wait()
  }

  private func take(_ feed: LiveFeed) throws(ImportError) {
    let nothing: [UInt8] = []
    _ = try intake.take(nothing.span, with: feed, now: clock(), waits: true)
  }
}

/// Packets at hand as a decoder: the window it is given is always empty.
private final class LiveFeed: AnyDecoder, @unchecked Sendable {
  var decoder: LiveDecoder
  var packets: LivePackets?
  /// True makes the next call give what can be made out behind holes of TCP streams.
  var isFinished = false

  init(_ decoder: consuming LiveDecoder) {
    self.decoder = decoder
    super.init()
  }

  override var items: UInt64 { decoder.items }

  override var now: UnixSeconds {
    get { decoder.now }
    set { decoder.now = newValue }
  }

  override func decode(
    _ window: Span<UInt8>, at offset: inout Int, isFinal: Bool, into batch: RecordBatch
  ) throws(ImportError) -> DecodeStep {
    decoder.batch = batch
    if isFinished {
      isFinished = false
      decoder.finish()
    }
    packets?.decode(with: &decoder)
    return BatchLimits.isFull(batch) ? .batchIsFull : .needsInput
  }

  override func account(into accounting: inout Accounting) { decoder.account(into: &accounting) }
}
