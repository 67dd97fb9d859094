public import TidemarkCollectors
public import TidemarkModel

/// One source of a collector: where its octets come from, what they are, and what they mean.
public struct SourceConfiguration: Equatable, Sendable {
  /// Where octets come from.
  public enum Transport: Equatable, Sendable {
    /// Producers connect to us.
    case listen(SocketEndpoint)
    /// We connect to the producer, which is the server of the connection and still the writer.
    case connect(SocketEndpoint)
    /// Files that grow and rotate, or appear in a folder: paths with `*` and `?` in their last
    /// part.
    case follow([String])
    /// Packets of network interfaces.
    case interfaces([String])
    /// A list of a Redis server, as d4-core fills it for its analyzers; the oldest first.
    case queue(RedisAddress, list: String)
    /// COF from another server: `https://…`, or `wss://…` for a WebSocket.
    case pull(url: String)
  }

  /// Settings of a unix socket that we make.
  public struct SocketFile: Equatable, Sendable {
    /// Permission bits.
    public var mode: UInt32?
    /// Name of the group that owns it.
    public var group: String?

    /// Makes settings that change nothing.
    public init() {}
  }

  /// Files for TLS, PEM.
  public struct TLS: Equatable, Sendable {
    /// Our certificate, with its chain.
    public var certificate: String?
    /// The key of our certificate.
    public var key: String?
    /// Whom we trust: clients must show a certificate of it when we listen; servers when we
    /// connect.
    public var authority: String?

    /// Makes settings without files.
    public init() {}
  }

  /// Settings of a live capture.
  public struct Capture: Equatable, Sendable {
    /// An additional filter, as tcpdump takes it.
    public var filter: String?
    /// Octets of the kernel's ring.
    public var bufferOctets = 64 << 20
    /// Takes packets that are not for this machine.
    public var isPromiscuous = true

    /// Makes the standard settings.
    public init() {}
  }

  /// Settings of D4 sessions.
  public struct D4: Equatable, Sendable {
    /// Whom to take packets from, and which; without the key.
    public var options = D4Options()
    /// File with the key of sensors that have none of their own.
    public var keyFile: String?

    /// Makes the standard settings.
    public init() {}
  }

  /// Settings of COF from another server.
  public struct Pull: Equatable, Sendable {
    /// File with the bearer token.
    public var tokenFile: String?
    /// Whether the server sends positions; nil tells by its path, or by the first that comes.
    public var sendsPositions: Bool?
    /// Seconds of silence after which a connection is given up; nil for the standard.
    public var idleSeconds: Int?

    /// Makes the standard settings.
    public init() {}
  }

  /// Name in logs and metrics: lower-case letters, digits, `-` and `_`, so that it is no address.
  public var name: String
  /// What the octets are.
  public var format: SourceFormat
  /// Where they come from.
  public var transport: Transport
  /// Name of the sensor for everything; empty takes what the feed says.
  public var sensor = ""
  /// Dataset that receives the records.
  public var dataset = "main"
  /// Where the answers are seen.
  public var vantage = Vantage.client
  /// Keeps responses in packets whose query was not seen.
  public var acceptsUnmatched = false
  /// Settings of formats.
  public var options = FormatOptions()
  /// Settings of the unix socket.
  public var socketFile = SocketFile()
  /// Files for TLS.
  public var tls = TLS()
  /// Settings of a capture.
  public var capture = Capture()
  /// Settings of D4 sessions.
  public var d4 = D4()
  /// File with the password of a queue's server; nil for what its address says.
  public var passwordFile: String?
  /// Settings of COF from another server.
  public var pull = Pull()
  /// Connections at once.
  public var connectionsMax = 64

  /// Why a source whose rows name their sensors cannot be one of a collector that has streams.
  public static let needsSensor =
    "is missing: streams count sensors, and the other server could name any"

  /// True when another server says which sensors its rows are of. It must not speak for those whom
  /// streams count.
  public var letsOthersNameSensors: Bool {
    if case .pull = transport { sensor.isEmpty } else { false }
  }

  /// Makes a source with standard settings.
  public init(name: String, format: SourceFormat, transport: Transport) {
    self.name = name
    self.format = format
    self.transport = transport
  }
}
