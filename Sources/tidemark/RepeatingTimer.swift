import Dispatch

/// Does something every so many seconds, until it is cancelled or nobody holds it any more.
///
/// - Concurrency: sources of Dispatch may be cancelled on any thread.
final class RepeatingTimer: @unchecked Sendable {
  private let source: any DispatchSourceTimer

  /// Begins; the first time is after one interval.
  init(
    every seconds: Int, queue: DispatchQueue = DispatchQueue(label: "tidemark.timer"),
    _ body: @escaping @Sendable () -> Void
  ) {
    source = DispatchSource.makeTimerSource(queue: queue)
    source.schedule(deadline: .now() + .seconds(seconds), repeating: .seconds(seconds))
    source.setEventHandler(handler: body)
    source.activate()
  }

  deinit { source.cancel() }

  /// Ends it.
  func cancel() { source.cancel() }
}
