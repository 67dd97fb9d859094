import NIOCore

/// How long a connection may take for what, and how many there may be.
public struct ConnectionLimits: Sendable {
  /// From the first octet of a request's head to its last one; also from the opening of a
  /// connection to the end of its first head, with the TLS handshake.
  public var head = Duration.seconds(15)
  /// Time in which ``ServerLimits/bodyOctetsPerWindow`` octets of a body have to come while the
  /// server waits for them.
  public var body = Duration.seconds(15)
  /// Time after which a client that takes nothing of its answer is given up.
  public var stall = Duration.seconds(15)
  /// Time between requests.
  public var idle = Duration.seconds(60)
  /// Time for reading what a client still sends after its last answer, or after an answer that did
  /// not wait for its body: so that it sees the answer and not a reset.
  public var linger = Duration.seconds(10)
  /// Time that answers under way have once the server was told to stop.
  public var stop = Duration.seconds(10)
  /// Time between two pings of a WebSocket; a client that does not answer one by the next is given
  /// up.
  public var ping = Duration.seconds(30)
  /// Open connections. Beyond, the one that did nothing for the longest is closed; when all are at
  /// work, new ones are closed at once.
  public var connections = ServerLimits.connectionsMax

  /// What a server without other orders keeps to.
  public init() {}
}
