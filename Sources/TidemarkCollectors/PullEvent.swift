import Synchronization

/// What happens to a source that takes COF from another server. Says nothing of the address, the
/// token or the data.
public enum PullEvent: Sendable, Equatable {
  /// A connection was made and answered.
  case opened
  /// The connection is over, or there was none; the next try is so many seconds from now.
  case ended(PullFailure?, retrySeconds: Int)
}

/// Why a connection ended, or was not made.
public enum PullFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// No connection, a broken one, or TLS that is not in order.
  case disconnected(String)
  /// A status that is no stream, and the seconds the server wants us to wait.
  case refused(status: Int, retrySeconds: Int?)
  /// An answer of another kind: HTML, compressed, with extensions.
  case notCOF(String)
  /// The stream holds what we gave: it would go round for ever.
  case ownOrigin
  /// What came cannot be read any further.
  case damaged(String)
  /// The server took back what it allowed us.
  case revoked
  /// Nothing came for too long.
  case idle
  /// There is no token in the file.
  case noToken
  /// We are asked to end.
  case stopped

  /// One line for people.
  public var description: String {
    switch self {
    case .disconnected(let reason): "not connected: \(reason)"
    case .refused(410, _): "the server no longer keeps what follows our position"
    case .refused(let status, _): "the server answered \(status)"
    case .notCOF(let reason): "the answer is no COF: \(reason)"
    case .ownOrigin: "the stream holds what this store gave; it is not taken"
    case .damaged(let reason): "the stream cannot be read: \(reason)"
    case .revoked: "the server no longer lets us have the stream"
    case .idle: "nothing came for too long"
    case .noToken: "the token file holds no token"
    case .stopped: "stopped"
    }
  }

  /// True when trying again soon is of no use: somebody has to change something first.
  var isLasting: Bool {
    switch self {
    case .refused(let status, _): ![408, 410, 425, 429].contains(status) && status < 500
    case .notCOF, .ownOrigin, .noToken, .damaged, .revoked: true
    case .disconnected, .idle, .stopped: false
    }
  }
}

/// Sums over the connections of a source. Safe to read at any time on any thread.
public final class PullStatistics: Sendable {
  /// The sums.
  public struct Values: Sendable, Equatable {
    /// Connections that were made and answered with a stream.
    public var connections: UInt64 = 0
    /// Connections that broke or could not be made.
    public var failed: UInt64 = 0
    /// Answers that were no stream.
    public var refused: UInt64 = 0
    /// Of these, 401 and 403: the token is not in order.
    public var tokensRefused: UInt64 = 0
    /// Of these, 410: something is missing between our position and what the server keeps.
    public var positionsLost: UInt64 = 0
    /// Streams that would come back to where they come from.
    public var loopsRefused: UInt64 = 0
    /// Streams that could not be read any further.
    public var damaged: UInt64 = 0
    /// Connections that were given up because nothing came.
    public var idle: UInt64 = 0
    /// Chunks taken: up to a position, or what came at once.
    public var chunks: UInt64 = 0
    /// Chunks left out because their position had not come when the link broke. They come again.
    public var chunksDiscarded: UInt64 = 0
    /// Chunks left out because they were taken before.
    public var chunksRepeated: UInt64 = 0
    /// Octets received, framing left out.
    public var octets: UInt64 = 0
  }

  private let state = Mutex(Values())

  /// Makes zero sums.
  public init() {}

  /// The sums now.
  public var values: Values { state.withLock { $0 } }

  func change(_ body: (inout Values) -> Void) { state.withLock { body(&$0) } }

  func ended(_ failure: PullFailure?) {
    state.withLock { values in
      switch failure {
      case .disconnected, .noToken: values.failed += 1
      case .refused(let status, _):
        values.refused += 1
        if status == 401 || status == 403 { values.tokensRefused += 1 }
        if status == 410 { values.positionsLost += 1 }
      case .notCOF, .revoked: values.refused += 1
      case .ownOrigin: values.loopsRefused += 1
      case .damaged: values.damaged += 1
      case .idle: values.idle += 1
      case .stopped, nil: break
      }
    }
  }
}
