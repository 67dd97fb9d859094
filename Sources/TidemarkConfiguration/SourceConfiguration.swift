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
  /// Connections at once.
  public var connectionsMax = 64

  /// Makes a source with standard settings.
  public init(name: String, format: SourceFormat, transport: Transport) {
    self.name = name
    self.format = format
    self.transport = transport
  }
}
