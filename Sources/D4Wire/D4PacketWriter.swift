/// Makes the packets of one session.
public struct D4PacketWriter: Sendable {
  /// The sensor.
  public let uuid: SensorUUID
  /// What the payloads are. Only ``D4Type/metaHeader`` may be followed by another type, and that is
  /// ``D4Type/extended``.
  public var type: D4Type
  /// The protocol's version.
  public let version: UInt8

  private let key: D4Key

  /// Makes a writer.
  public init(
    uuid: SensorUUID, type: D4Type, version: UInt8 = D4Header.currentVersion, key: D4Key
  ) {
    self.uuid = uuid
    self.type = type
    self.version = version
    self.key = key
  }

  /// Appends one packet.
  ///
  /// - Parameters:
  ///   - payload: 0 octets or more; servers take up to 1,000,000, and every one takes 4,096.
  ///   - timestamp: seconds since the epoch.
  public func append(payload: Span<UInt8>, timestamp: UInt64, to out: inout [UInt8]) {
    precondition(payload.count <= Int(UInt32.max), "a payload's size has 32 bits")
    var header = D4Header(
      type: type, uuid: uuid, timestamp: timestamp, size: UInt32(payload.count))
    header.version = version
    header.code = key.code(of: header, payload: payload)
    header.encode(into: &out)
    unsafe payload.withUnsafeBufferPointer { unsafe out.append(contentsOf: $0) }
  }
}
