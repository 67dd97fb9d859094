import Synchronization

/// Sends what a spool holds to a server, the oldest first, and each body until it has an answer.
///
/// Bodies go one after another under ids that never change, so that the server stores each once,
/// however often it is sent. A server that cannot be reached, is busy, or does not know the token
/// is tried again after 1, 2, 4, … 60 seconds, less a random part; a body that it will never take
/// is set aside.
public struct RelaySender: Sendable {
  /// What happened, for a log. Nothing in it comes from a record.
  public enum Event: Sendable, Equatable {
    /// No answer, or one that may change; the same body is sent again after so many seconds.
    case failed(reason: String, retrySeconds: Int)
    /// The server will never take a body of so many rows; it is set aside.
    case refused(status: Int, reason: String, rows: UInt64)
    /// The server took a body and left out so many rows of it.
    case leftOut(rows: UInt64)
    /// A body was taken after failures.
    case recovered
  }

  /// How long a request under way may go on after the task is cancelled, seconds.
  public static let stopSecondsStandard = 10

  private let spool: RelaySpool
  private let transport: any RelayTransport
  private let clock: any Clock<Duration>
  private let stopSeconds: Int
  private let onEvent: @Sendable (Event) -> Void

  /// Makes a sender.
  ///
  /// - Parameters:
  ///   - stopSeconds: see ``stopSecondsStandard``.
  ///   - clock: for the time between tries.
  ///   - onEvent: called from the task that sends.
  public init(
    spool: RelaySpool, transport: any RelayTransport,
    stopSeconds: Int = RelaySender.stopSecondsStandard,
    clock: any Clock<Duration> = ContinuousClock(),
    onEvent: @escaping @Sendable (Event) -> Void = { _ in }
  ) {
    self.spool = spool
    self.transport = transport
    self.stopSeconds = stopSeconds
    self.clock = clock
    self.onEvent = onEvent
  }

  /// Sends until the task is cancelled. A request under way is then finished if that takes no
  /// longer than allowed; everything else stays in the spool.
  public func run() async {
    var arrivals = spool.arrivals.makeAsyncIterator()
    var backoff = RelayBackoff()
    while !Task.isCancelled {
      if await sendAll(&backoff) { _ = await arrivals.next() }
    }
  }

  /// Sends until the spool is empty, or the task is cancelled.
  public func drain() async {
    var backoff = RelayBackoff()
    while await !sendAll(&backoff), !Task.isCancelled {}
  }

  /// Sends bodies until there are none (true) or one failed and the time until the next try is
  /// over (false).
  private func sendAll(_ backoff: inout RelayBackoff) async -> Bool {
    do {
      while !Task.isCancelled, let part = try spool.nextPart() {
        let answer = try await post(part)
        try take(answer, for: part)
        if backoff.isActive { onEvent(.recovered) }
        backoff.reset()
      }
      return !Task.isCancelled
    } catch {
      guard !Task.isCancelled else { return false }
      let seconds = backoff.next()
      onEvent(.failed(reason: RelayFailure.line(error), retrySeconds: seconds))
      try? await clock.sleep(for: .milliseconds(RetryWait.milliseconds(seconds)))
      return false
    }
  }

  private func take(_ answer: RelayAnswer, for part: SpoolPart) throws {
    switch answer.verdict {
    case .stored(let leftOut):
      try spool.delivered(part, leftOut: leftOut)
      if leftOut > 0 { onEvent(.leftOut(rows: leftOut)) }
    case .refused:
      try spool.refused(part)
      onEvent(.refused(status: answer.status, reason: answer.line, rows: part.rows))
    case .later:
      throw RelayFailure.answered(status: answer.status, line: answer.line)
    }
  }

  /// One request. The cancellation of the caller's task ends it only after a while.
  private func post(_ part: SpoolPart) async throws -> RelayAnswer {
    let request = Task { [transport] in try await transport.post(part) }
    let grace = Mutex<Task<Void, Never>?>(nil)
    defer { grace.withLock { $0?.cancel() } }
    return try await withTaskCancellationHandler {
      try await request.value
    } onCancel: { [clock, stopSeconds] in
      let timer = Task {
        try? await clock.sleep(for: .seconds(stopSeconds))
        request.cancel()
      }
      grace.withLock { $0 = timer }
    }
  }
}

/// The time between two tries as it is waited: at random between half and all of it, so that the
/// clients of a server that was away do not all come back at once.
enum RetryWait {
  static func milliseconds(_ seconds: Int) -> Int {
    .random(in: (seconds * 500)...(seconds * 1_000))
  }
}

/// The time until the next try: 1, 2, 4, … 60 seconds, at most.
struct RelayBackoff: Sendable {
  static let secondsMax = 60

  private var seconds = 0

  var isActive: Bool { seconds > 0 }

  mutating func next() -> Int {
    seconds = min(max(1, seconds * 2), RelayBackoff.secondsMax)
    return seconds
  }

  mutating func reset() { seconds = 0 }
}
