/// The fixed part in front of the payload of every D4 packet.
///
/// | offset | octets | field |
/// | --- | --- | --- |
/// | 0 | 1 | version |
/// | 1 | 1 | type |
/// | 2 | 16 | UUID of the sensor, as RFC 9562 orders it |
/// | 18 | 8 | time, seconds since the epoch, little-endian |
/// | 26 | 32 | HMAC-SHA-256 of the packet with this field zero |
/// | 58 | 4 | octets of the payload, little-endian |
///
/// The protocol's text gives no byte order; all its programs that run anywhere write little-endian.
public struct D4Header: Equatable, Sendable {
  /// Octets of a header.
  public static let octetCount = 62
  /// The only version there is.
  public static let currentVersion: UInt8 = 1

  /// The protocol's version.
  public var version: UInt8
  /// What the payload is.
  public var type: D4Type
  /// Who sent it.
  public var uuid: SensorUUID
  /// Seconds since the epoch by the sensor's clock; nothing is checked about it.
  public var timestamp: UInt64
  /// Octets of the payload that follows; 0 is allowed.
  public var size: UInt32
  /// The code that proves the sender, see ``D4Key``.
  public var code: D4Code

  /// Makes a header of the current version.
  public init(
    type: D4Type, uuid: SensorUUID, timestamp: UInt64, size: UInt32, code: D4Code = .zero
  ) {
    version = D4Header.currentVersion
    self.type = type
    self.uuid = uuid
    self.timestamp = timestamp
    self.size = size
    self.code = code
  }

  /// Reads a header. Every 62 octets are one; whether it is acceptable is decided elsewhere.
  ///
  /// - Parameter octets: the start of a packet; what follows the header is not looked at.
  /// - Returns: nil when there are fewer than ``octetCount``.
  public init?(decoding octets: Span<UInt8>) {
    guard octets.count >= D4Header.octetCount else { return nil }
    version = octets[0]
    type = D4Type(rawValue: octets[1])
    uuid = SensorUUID(octets: octets.extracting(2..<18))
    timestamp = D4Octets.littleEndian(octets, at: 18, count: 8)
    code = D4Code(octets: octets.extracting(26..<58))
    size = UInt32(truncatingIfNeeded: D4Octets.littleEndian(octets, at: 58, count: 4))
  }

  /// The 32 octets of ``code``.
  public var hmac: [UInt8] { code.octets }

  /// Appends the ``octetCount`` octets.
  public func encode(into out: inout [UInt8]) { encode(with: code, into: &out) }

  /// Appends the octets with another code.
  func encode(with code: D4Code, into out: inout [UInt8]) {
    out.append(version)
    out.append(type.rawValue)
    uuid.append(to: &out)
    D4Octets.appendLittleEndian(timestamp, count: 8, to: &out)
    code.append(to: &out)
    D4Octets.appendLittleEndian(UInt64(size), count: 4, to: &out)
  }
}

/// The 32 octets of HMAC-SHA-256. The protocol's text calls it "HMAC-SHA-256-128"; nothing is cut.
public struct D4Code: Equatable, Sendable {
  /// Octets of a code.
  public static let octetCount = 32
  /// What stands in the field while the code is computed.
  public static let zero = D4Code(words: (0, 0, 0, 0))

  private let words: (UInt64, UInt64, UInt64, UInt64)

  private init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

  /// Takes octets.
  ///
  /// - Parameter octets: exactly ``octetCount``.
  public init(octets: Span<UInt8>) {
    precondition(octets.count == D4Code.octetCount, "a code has 32 octets")
    words = (
      D4Octets.bigEndian(octets, at: 0), D4Octets.bigEndian(octets, at: 8),
      D4Octets.bigEndian(octets, at: 16), D4Octets.bigEndian(octets, at: 24)
    )
  }

  /// The octets.
  public var octets: [UInt8] {
    var octets: [UInt8] = []
    octets.reserveCapacity(D4Code.octetCount)
    append(to: &octets)
    return octets
  }

  func append(to out: inout [UInt8]) {
    D4Octets.appendBigEndian(words.0, to: &out)
    D4Octets.appendBigEndian(words.1, to: &out)
    D4Octets.appendBigEndian(words.2, to: &out)
    D4Octets.appendBigEndian(words.3, to: &out)
  }

  /// Compares all octets however many are equal: there is no branch on any of them.
  public static func == (one: D4Code, other: D4Code) -> Bool {
    (one.words.0 ^ other.words.0) | (one.words.1 ^ other.words.1)
      | (one.words.2 ^ other.words.2) | (one.words.3 ^ other.words.3) == 0
  }
}
