import NIOCore

/// Why the server closes a connection by itself.
enum CloseReason: String, CaseIterable {
  /// Nothing was asked for long.
  case idle
  /// A head took too long.
  case slowHead = "slow-head"
  /// A body took too long.
  case slowBody = "slow-body"
  /// An answer was not taken.
  case slowReader = "slow-reader"
  /// The client of a WebSocket did not answer a ping.
  case noPong = "no-pong"
  /// The partner that is sent rows was revoked, and does not take the end of them.
  case revoked
  /// A client went on sending after it was answered for good.
  case lingering
  /// The server stops.
  case stopping
  /// Others need the place.
  case crowded
}

/// What a connection has to do next, and until when.
struct ConnectionDeadlines {
  /// True while the server waits for octets; false when it does not want any.
  var isWanted = true
  private let limits: ConnectionLimits
  /// The head or the next request.
  private var request: (at: NIODeadline, reason: CloseReason)?
  /// The window of time in which some octets of the body have to come.
  private var body: (end: NIODeadline, octets: Int)?
  private var taking: NIODeadline?
  private var closing: NIODeadline?
  private var stopping: NIODeadline?

  init(_ limits: ConnectionLimits) { self.limits = limits }

  private static func after(_ duration: Duration) -> NIODeadline { .now() + TimeAmount(duration) }

  /// A connection is new.
  mutating func expectFirstHead() {
    request = (ConnectionDeadlines.after(limits.head), .slowHead)
  }

  /// The first octets of a head are there. Later ones give no more time.
  mutating func expectHead() {
    guard request?.reason != .slowHead else { return }
    request = (ConnectionDeadlines.after(limits.head), .slowHead)
  }

  /// A head is complete.
  mutating func expectBody() {
    request = nil
    body = (ConnectionDeadlines.after(limits.body), 0)
  }

  /// Octets of the body came.
  mutating func note(bodyOctets count: Int) {
    isWanted = false
    body?.octets += count
  }

  /// A request is complete.
  mutating func endBody() { body = nil }

  /// Everything is answered.
  mutating func expectNext() {
    request = (ConnectionDeadlines.after(limits.idle), .idle)
    closing = nil
  }

  /// The last answer is on its way.
  mutating func expectClose() {
    request = nil
    body = nil
    if closing == nil { closing = ConnectionDeadlines.after(limits.linger) }
  }

  /// The server stops.
  mutating func expectStop() { stopping = ConnectionDeadlines.after(limits.stop) }

  /// The client takes what it is sent, or does not.
  mutating func note(isWritable: Bool) {
    taking = isWritable ? nil : ConnectionDeadlines.after(limits.stall)
  }

  /// What comes first.
  var next: (at: NIODeadline, reason: CloseReason)? {
    var next = request
    func consider(_ at: NIODeadline?, _ reason: CloseReason) {
      if let at, at < next?.at ?? .distantFuture { next = (at, reason) }
    }
    consider(body?.end, .slowBody)
    consider(taking, .slowReader)
    // The last answer has to be taken first.
    if taking == nil { consider(closing, .lingering) }
    consider(stopping, .stopping)
    return next
  }

  /// Looks at the clock.
  ///
  /// - Returns: why the connection has to be closed now; nil when it may stay.
  mutating func passed() -> CloseReason? {
    guard let (at, reason) = next, at <= .now() else { return nil }
    guard reason == .slowBody, let window = body else { return reason }
    if isWanted, window.octets < ServerLimits.bodyOctetsPerWindow { return reason }
    body = (ConnectionDeadlines.after(limits.body), 0)
    return nil
  }
}
