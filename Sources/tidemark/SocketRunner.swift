import Logging
import NIOPosix
import TidemarkCollectors
import TidemarkConfiguration
import TidemarkIngest
import TidemarkModel

/// Runs a source whose producers connect to us, or to which we connect.
final class SocketRunner: SourceRunner {
  private enum Socket {
    case server(StreamServer)
    case client(StreamClient)
  }

  /// One thread decodes what all sockets bring: the other core writes.
  private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

  let intake: SourceIntake
  private let socket: Socket

  init(
    _ source: SourceConfiguration, settings: SourceSettings, intake: SourceIntake, log: Logger
  ) {
    self.intake = intake
    let (format, options) = (source.format, source.options)
    let makeIntake: StreamServer.MakeIntake = {
      var settings = settings
      settings.now = StandardStreams.now()
      // The configuration refuses formats that cannot come through a socket.
      guard let decoder = format.makeDecoder(settings, options: options, batch: RecordBatch())
      else { preconditionFailure("\(format.rawValue) has no decoder for sockets") }
      return SourceStream(intake: intake, decoder: decoder, clock: { StandardStreams.now() })
    }
    let report: @Sendable (StreamEvent) -> Void = { event in
      SocketRunner.log(event, of: intake.name, to: log)
    }
    if case .connect(let endpoint) = source.transport {
      var client = StreamClient.Options(endpoint: endpoint.stream)
      client.hasHandshake = format == .dnstap
      if endpoint.isTLS {
        client.tls = .client(
          authorities: source.tls.authority, certificates: source.tls.certificate,
          key: source.tls.key)
      }
      socket = .client(
        StreamClient(
          options: client, group: SocketRunner.group, makeIntake: makeIntake, report: report))
      return
    }
    guard case .listen(let endpoint) = source.transport else {
      preconditionFailure("not a socket")
    }
    var server = StreamServer.Options(endpoint: endpoint.stream)
    server.hasHandshake = format == .dnstap
    server.connectionsMax = source.connectionsMax
    server.mode = source.socketFile.mode ?? server.mode
    server.group = source.socketFile.group
    if endpoint.isTLS, let certificate = source.tls.certificate, let key = source.tls.key {
      server.tls = .server(
        certificates: certificate, key: key, clientAuthorities: source.tls.authority)
    }
    socket = .server(
      StreamServer(
        options: server, group: SocketRunner.group, makeIntake: makeIntake, report: report))
  }

  func start() async throws {
    switch socket {
    case .server(let server): _ = try await server.start()
    case .client(let client): try client.start()
    }
  }

  func stop() async {
    switch socket {
    case .server(let server): await server.stop()
    case .client(let client): await client.stop()
    }
  }

  func events() -> [(name: String, count: UInt64)] {
    let values =
      switch socket {
      case .server(let server): server.statistics.values
      case .client(let client): client.statistics.values
      }
    return [
      ("connections", values.opened), ("connections_refused", values.refused),
      ("connections_failed", values.failed), ("handshake_timeouts", values.handshakeTimeouts),
      ("streams_damaged", values.damaged), ("octets", values.octets),
    ]
  }

  /// A peer's address is nobody's business: the log says what happened, not who it was.
  private static func log(_ event: StreamEvent, of source: String, to log: Logger) {
    log.debug("source \(source): \(event)")
  }
}

extension SocketEndpoint {
  var isTLS: Bool {
    if case .tls = self { return true }
    return false
  }

  var stream: StreamEndpoint {
    switch self {
    case .unix(let path): .unix(path: path)
    case .tcp(let host, let port), .tls(let host, let port): .tcp(host: host, port: port)
    }
  }
}
