import Synchronization

/// What happens to the connections of a stream socket. Says nothing of the other side.
public enum StreamEvent: Sendable, Equatable {
  /// Why a connection ended.
  public enum End: Sendable, Equatable {
    /// The format says that the stream is complete.
    case complete
    /// The other side closed it.
    case byPeer
    /// What came cannot be read any further.
    case damaged(String)
    /// Nothing that can be understood came in time.
    case handshakeTimeout
    /// The connection broke.
    case failed(String)
  }

  /// A connection was made.
  case opened
  /// A connection is over and everything that came was taken.
  case closed(End)
  /// A connection beyond the limit was refused.
  case refused
  /// Connecting failed; the next try is so many seconds from now.
  case notConnected(String, retrySeconds: Int64)
}

/// Sums over the connections of a stream socket. Safe to read at any time on any thread.
public final class StreamStatistics: Sendable {
  /// The sums.
  public struct Values: Sendable, Equatable {
    /// Connections that are open.
    public var open: UInt64 = 0
    /// Connections made.
    public var opened: UInt64 = 0
    /// Connections beyond the limit.
    public var refused: UInt64 = 0
    /// Connections that ended because nothing came in time.
    public var handshakeTimeouts: UInt64 = 0
    /// Connections that ended with a stream that could not be read.
    public var damaged: UInt64 = 0
    /// Connections that broke, and tries to connect that failed.
    public var failed: UInt64 = 0
    /// Octets received.
    public var octets: UInt64 = 0
  }

  private let state = Mutex(Values())

  /// Makes zero sums.
  public init() {}

  /// The sums now.
  public var values: Values { state.withLock { $0 } }

  /// Counts a connection in, unless there are so many already.
  func open(max: Int, countsRefusal: Bool = true) -> Bool {
    state.withLock {
      guard $0.open < UInt64(max) else {
        $0.refused += countsRefusal ? 1 : 0
        return false
      }
      $0.open += 1
      $0.opened += 1
      return true
    }
  }

  func add(octets: Int) { state.withLock { $0.octets += UInt64(octets) } }

  func addFailure() { state.withLock { $0.failed += 1 } }

  func closed(_ end: StreamEvent.End) {
    state.withLock {
      $0.open -= 1
      switch end {
      case .complete, .byPeer: break
      case .damaged: $0.damaged += 1
      case .handshakeTimeout: $0.handshakeTimeouts += 1
      case .failed: $0.failed += 1
      }
    }
  }
}
