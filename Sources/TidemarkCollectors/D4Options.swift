public import D4Wire

/// Whom a D4 server takes packets from, and which.
public struct D4Options: Sendable, Equatable {
  /// Who may send.
  public enum Mode: String, Sendable, CaseIterable {
    /// Sensors that were registered and approved.
    case registration
    /// Everybody who has the server's key; sensors that were registered with a key of their own
    /// need that, and to be approved.
    case sharedSecret = "shared-secret"
  }

  /// Who may send.
  public var mode = Mode.registration
  /// The key of sensors that have none of their own.
  public var key: D4Key?
  /// Types of packets.
  public var types = D4Options.typesKnown
  /// Most octets of a payload.
  public var payloadOctetsMax = D4Session.payloadOctetsStandard
  /// Seconds without a packet after which a connection is closed; nil never does: sensors may have
  /// nothing to say for hours.
  public var idleSeconds: Int?
  /// Seconds after which a peer that answers no probe of the system counts as gone, so that its
  /// sensor may come back.
  public var deadPeerSeconds = D4Limits.deadPeerSeconds
  /// Octets of payload that a connection may send in a second; beyond that it is held back.
  public var connectionOctetsPerSecond: Int?
  /// The same for all connections of a sensor together.
  public var sensorOctetsPerSecond: Int?
  /// Seconds that a packet may be older than the newest of its sensor and type; nil does not look.
  public var replaySeconds: Int?
  /// Accepts the key of all examples. For tests.
  public var acceptsSampleKey = false

  /// Standard options.
  public init() {}

  /// What can be read: packets, passivedns, dnscap's text, COF.
  public static let typesKnown: Set<D4Type> = [
    .pcap, .metaHeader, .dnscapText, .pcapng, .ndjson, .passivedns, .extended,
  ]

  /// What a session is held to.
  var rules: D4Session.Rules {
    var rules = D4Session.Rules(types: types, metaTypes: [D4MetaHeader.passivednsCOF])
    rules.payloadOctetsMax = payloadOctetsMax
    return rules
  }
}

/// Bounds on D4 sessions.
public enum D4Limits {
  /// Connections of one listener. A sensor has one for each type that it sends.
  public static let connectionsMax = 1_024
  /// Octets of one connection that wait while the store is busy.
  public static let aheadOctetsMax = 256 << 10
  /// Seconds of silence of a peer's system after which the peer is gone.
  public static let deadPeerSeconds = 30
  /// A first packet up to this size is always waited for; clients send 4,096 octets.
  public static let smallPayloadOctets = 16 << 10
  /// Octets of larger first packets that are waited for at the same time: until its code was
  /// checked, anybody may have sent the header.
  public static let strangersOctetsMax = 64 << 20
  /// Nanoseconds after which such a packet may be given up for another one.
  public static let strangerNanoseconds: UInt64 = 30_000_000_000
  /// Sessions of one sensor at a time; one for each type, and some of meta headers.
  public static let sessionsPerSensorMax = 16
  /// Captures that are read at the same time: each may hold 80 MiB of streams and fragments.
  public static let captureSessionsMax = 64
  /// Sensors that nobody decided about or took down, whose names the store takes nevertheless.
  public static let newcomersMax = 1_024
  /// Octets of a payload that wait for the rest of their record: the longest packet of a capture.
  public static let carriedOctetsMax = 1 << 20
  /// Sensors and types of which the newest packet is remembered.
  public static let sendersMax = 65_536
}
