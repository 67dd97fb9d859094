/// Octets of NMSG containers, written by hand, so that tests do not rest on a reader of ours.
enum NMSGBuilder {
  /// A container around its data.
  static func container(_ data: [UInt8], flags: UInt8 = 0, version: UInt8 = 2) -> [UInt8] {
    Array("NMSG".utf8) + [flags, version] + big(UInt32(data.count)) + data
  }

  static func big(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
  }

  static func payload(
    vendor: UInt64 = 2, type: UInt64 = 1, source: UInt32? = nil, _ message: [UInt8]
  ) -> [UInt8] {
    Proto.number(1, vendor) + Proto.number(2, type) + Proto.number(3, 1_700_000_000)
      + Proto.fixed32(4, 5)
      + Proto.octets(5, message) + (source.map { Proto.number(7, UInt64($0)) } ?? [])
  }

  /// The message in a container.
  static func message(_ payloads: [[UInt8]], checksums: [UInt32] = []) -> [UInt8] {
    payloads.flatMap { Proto.octets(1, $0) } + checksums.flatMap { Proto.number(2, UInt64($0)) }
  }

  static func fragment(
    _ data: [UInt8], id: UInt64 = 7, _ current: UInt64, of last: UInt64, checksum: UInt32? = nil
  ) -> [UInt8] {
    Proto.number(1, id) + Proto.number(2, current) + Proto.number(3, last) + Proto.octets(4, data)
      + (checksum.map { Proto.number(5, UInt64($0)) } ?? [])
  }

  /// CRC-32C bit by bit (RFC 3720 section 12.1).
  static func checksum(_ octets: [UInt8]) -> UInt32 {
    var value = UInt32.max
    for octet in octets {
      value ^= UInt32(octet)
      for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ 0x82F6_3B78 }
    }
    return ~value
  }
}
