/// Takes the octets of one connection. The transport owns the octets that were not used yet.
///
/// - Concurrency: called on the connection's event loop, one call at a time.
public protocol StreamIntake: AnyObject, Sendable {
  /// The connection is made. Called once, before anything else.
  ///
  /// - Parameter end: ends the connection, from any thread, at any time; what has come is taken.
  func opened(end: @escaping @Sendable () -> Void)

  /// Takes octets of the stream in their order.
  ///
  /// Also called while it is busy, whenever more octets have come: what must not wait for the
  /// store, such as the answer to a writer that stops, is found that way.
  ///
  /// - Parameters:
  ///   - window: what earlier calls left over, and what came since.
  ///   - isFinal: the stream ends with this window; called until nothing is busy.
  func take(_ window: Span<UInt8>, isFinal: Bool) -> StreamTaken

  /// Calls back once, on any thread, when a busy ``take(_:isFinal:)`` can go on.
  func whenReady(_ callback: @escaping @Sendable () -> Void)

  /// The connection is over and everything was taken. Called once.
  func close()
}

extension StreamIntake {
  /// Most formats have no reason to end a connection between two windows.
  public func opened(end: @escaping @Sendable () -> Void) {}
}

/// What became of a window.
public struct StreamTaken: Sendable {
  /// Octets of the window that were used.
  public var consumed = 0
  /// The rest must wait, see ``StreamIntake/whenReady(_:)``.
  public var isBusy = false
  /// The stream has ended or cannot be read any further: the connection is to be closed.
  public var isAtEnd = false
  /// Octets to send back.
  public var replies: [UInt8] = []
  /// Why the stream cannot be read any further.
  public var damage: String?

  /// Nothing used, nothing to do.
  public init() {}
}

/// Bounds on connections.
public enum StreamLimits {
  /// Connections of one listener; a resolver opens one per thread.
  public static let connectionsMax = 64
  /// Time for TLS and for the handshake of the format.
  public static let handshakeSeconds: Int64 = 10
  /// Octets of one connection that wait while the store is busy. Reading goes on that far, so that
  /// a writer that stops is noticed and answered; then the writer is held back.
  public static let aheadOctetsMax = 4 << 20
  /// Most octets of one read.
  public static let readOctetsMax = 256 << 10
  /// Shortest and longest wait between two tries to connect.
  public static let reconnectSeconds: ClosedRange<Int64> = 1...30
  /// Connections beyond the limit while others that had to make room are being closed.
  public static let leavingConnectionsMax = 64
  /// Time to connect.
  public static let connectSeconds: Int64 = 10
}
