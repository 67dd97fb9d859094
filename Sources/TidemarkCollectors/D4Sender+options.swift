public import D4Wire

extension D4Sender {
  /// How to send.
  public struct Options: Sendable {
    /// Where to.
    public var target: D4Target
    /// PEM file with the authorities to trust; nil for the system's.
    public var authorities: String?
    /// Who we are.
    public var uuid: SensorUUID
    /// The secret.
    public var key: D4Key
    /// What the payload is.
    public var type: D4Type
    /// Sent before everything else on each connection of ``D4Type/extended``.
    public var metaHeader: [UInt8] = []
    /// The protocol's version.
    public var version = D4Header.currentVersion
    /// Octets of a packet.
    public var snapOctets = D4PayloadCutter.snapOctetsStandard
    /// Octets under way: with the time of ``lingerMilliseconds`` they bound the rate.
    public var windowOctets = 64 << 20
    /// How long a connection must live on behind what was acknowledged, milliseconds.
    public var lingerMilliseconds = 1_000
    /// Shortest and longest time between two tries to connect, seconds.
    public var retrySeconds: ClosedRange<Int> = 1...60
    /// Times of connections.
    public var limits = D4Connection.Limits()
    /// Seconds since 1970, for packets.
    public var clock: @Sendable () -> UInt64 = { D4Clock.seconds() }

    /// Standard values.
    public init(target: D4Target, uuid: SensorUUID, key: D4Key, type: D4Type) {
      self.target = target
      self.uuid = uuid
      self.key = key
      self.type = type
    }
  }

  /// What happened, for logs.
  public enum Event: Sendable, Equatable {
    /// A connection is there.
    case connected
    /// No connection, or it ended; so many octets are to be sent again.
    case lost(String, octetsAgain: Int, retrySeconds: Int)
    /// What is to be sent cannot be read, or what was sent not be remembered.
    case failed(String, retrySeconds: Int)
  }
}
