import NIOCore

/// Lets the system find out that a peer is gone: a machine without power says no goodbye, and who
/// only listens would wait for it for ever.
enum DeadPeer {
  /// Probes that have to stay without an answer.
  private static let probes = 3
  // Numbers of Linux (tcp(7)); NIO has no names for them.
  private static let keepIdle = NIOBSDSocket.Option(rawValue: 4)
  private static let keepInterval = NIOBSDSocket.Option(rawValue: 5)
  private static let keepCount = NIOBSDSocket.Option(rawValue: 6)
  private static let userTimeout = NIOBSDSocket.Option(rawValue: 18)

  /// Options of a TCP socket whose peer counts as gone after about so many seconds of silence that
  /// probes do not break: half of it quiet, half of it probing.
  ///
  /// - Parameter seconds: 2 or more.
  static func options(
    seconds: Int
  ) -> [(ChannelOptions.Types.SocketOption, SocketOptionValue)] {
    let quiet = max(1, seconds / 2)
    let interval = max(1, (seconds - quiet) / probes)
    return [
      (.init(level: .socket, name: .so_keepalive), 1),
      (.init(level: .tcp, name: keepIdle), SocketOptionValue(quiet)),
      (.init(level: .tcp, name: keepInterval), SocketOptionValue(interval)),
      (.init(level: .tcp, name: keepCount), SocketOptionValue(probes)),
      (.init(level: .tcp, name: userTimeout), SocketOptionValue(seconds * 1_000)),
    ]
  }
}
