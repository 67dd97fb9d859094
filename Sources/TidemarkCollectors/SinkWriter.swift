public import Dispatch
public import TidemarkIngest
import TidemarkModel
import Synchronization

/// Writes the batches of all sources of a collector, one after another, and tries again when the
/// sink refuses: a full disk or a stopped database holds the sources back and loses nothing.
public final class SinkWriter: Sendable {
  /// Time between tries.
  public static let retryInterval = DispatchTimeInterval.seconds(5)

  /// Where batches go.
  public let sink: any BatchSink

  private let queue = DispatchQueue(label: "tidemark.sink-writer")
  private let isGivingUp = Mutex(false)
  private let wake = DispatchSemaphore(value: 0)
  private let retryInterval: DispatchTimeInterval
  private let onFailure: @Sendable (_ error: any Error) -> Void

  /// Makes a writer.
  ///
  /// - Parameter onFailure: told of every failed try, on the writer's thread.
  public init(
    sink: any BatchSink, retryInterval: DispatchTimeInterval = SinkWriter.retryInterval,
    onFailure: @escaping @Sendable (any Error) -> Void
  ) {
    self.sink = sink
    self.retryInterval = retryInterval
    self.onFailure = onFailure
  }

  /// Writes a batch after those submitted before.
  ///
  /// - Parameter completion: told the number of new records, or nil when the writer gave up; called
  ///   on the writer's thread.
  func submit(_ batch: RecordBatch, completion: @escaping @Sendable (_ created: UInt64?) -> Void) {
    queue.async { [self] in completion(write(batch)) }
  }

  /// Ends trying: batches that cannot be written now are given up. For the end of a program.
  public func giveUp() {
    isGivingUp.withLock { $0 = true }
    wake.signal()
  }

  private func write(_ batch: RecordBatch) -> UInt64? {
    while true {
      do {
        return try sink.write(batch)
      } catch {
        onFailure(error)
        guard !isGivingUp.withLock({ $0 }) else { return nil }
        // Only ``giveUp()`` signals, so that what passes here is the time between two tries.
        _ = wake.wait(timeout: .now() + retryInterval)
      }
    }
  }
}
