import NIOCore
import NIOSSL

/// Where a stream socket is.
public enum StreamEndpoint: Sendable, Equatable, CustomStringConvertible {
  /// A unix stream socket.
  case unix(path: String)
  /// A TCP port; 0 lets the system choose when listening.
  case tcp(host: String, port: Int)

  /// True when nobody outside this machine can reach it.
  ///
  /// Names other than `localhost` count as remote, whatever they mean today.
  public var isLocal: Bool {
    guard case .tcp(let host, let port) = self else { return true }
    if host == "localhost" { return true }
    guard let address = try? SocketAddress(ipAddress: host, port: port) else { return false }
    switch address {
    case .v4: return host.hasPrefix("127.")
    case .v6: return address == (try? SocketAddress(ipAddress: "::1", port: port))
    case .unixDomainSocket: return true
    }
  }

  /// As in configuration: `unix:/path` or `host:port`.
  public var description: String {
    switch self {
    case .unix(let path): "unix:\(path)"
    case .tcp(let host, let port):
      host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
  }
}

/// Certificates of a stream socket.
public enum StreamTLS: Sendable {
  /// Listening: our certificate, and who may connect.
  ///
  /// - Parameters:
  ///   - certificates: PEM file, ours first.
  ///   - key: PEM file.
  ///   - clientAuthorities: PEM file; when given, clients must have a certificate of these.
  case server(certificates: String, key: String, clientAuthorities: String?)
  /// Connecting: whom to believe.
  ///
  /// - Parameters:
  ///   - authorities: PEM file; nil for the system's.
  ///   - certificates: PEM files of our own certificate and key, for servers that ask.
  case client(authorities: String?, certificates: String?, key: String?)

  /// Reads the files.
  ///
  /// - Throws: what NIOSSL has against a file.
  func context() throws -> NIOSSLContext {
    try NIOSSLContext(configuration: try configuration())
  }

  /// How long a peer of ours may take to answer the end of TLS. Senders of D4 never read, and a
  /// connection that makes room for another one must be gone soon.
  static let serverShutdownTime = TimeAmount.milliseconds(500)

  /// The same for who makes the context: clients of HTTP.
  func configuration() throws -> TLSConfiguration {
    var configuration: TLSConfiguration
    switch self {
    case .server(let certificates, let key, let authorities):
      configuration = try StreamTLS.own(certificates, key)
      configuration.shutdownTimeout = StreamTLS.serverShutdownTime
      if let authorities {
        configuration.trustRoots = .file(authorities)
        // Clients have addresses, not names, that we could compare.
        configuration.certificateVerification = .noHostnameVerification
      }
    case .client(let authorities, let certificates, let key):
      configuration = .makeClientConfiguration()
      if let certificates, let key {
        let own = try StreamTLS.own(certificates, key)
        configuration.certificateChain = own.certificateChain
        configuration.privateKey = own.privateKey
      }
      if let authorities { configuration.trustRoots = .file(authorities) }
    }
    configuration.minimumTLSVersion = .tlsv12
    return configuration
  }

  private static func own(_ certificates: String, _ key: String) throws -> TLSConfiguration {
    let chain = try NIOSSLCertificate.fromPEMFile(certificates)
    return .makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
  }
}

/// Why a socket cannot be opened.
public enum StreamError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The path of a unix socket is longer than the system allows.
  case pathTooLong(String)
  /// Something that is no socket is in the way; it is left alone.
  case notASocket(String)
  /// Another program listens there.
  case inUse(String)
  /// There is no such group.
  case unknownGroup(String)
  /// The system refused.
  case system(String)

  /// One line for people.
  public var description: String {
    switch self {
    case .pathTooLong(let path): "\(path): too long for a socket, 107 octets at most"
    case .notASocket(let path): "\(path): there is something else than a socket"
    case .inUse(let path): "\(path): another program listens there"
    case .unknownGroup(let name): "there is no group \(name)"
    case .system(let text): text
    }
  }
}
