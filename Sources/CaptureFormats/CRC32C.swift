/// The cyclic redundancy check of Castagnoli (RFC 3720 section 12.1), eight octets a step.
enum CRC32C {
  /// `tables[k * 256 + octet]`: the check of `octet` and k zero octets behind it.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for octet in 0..<256 {
      var value = UInt32(octet)
      for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ 0x82F6_3B78 }
      tables[octet] = value
    }
    for index in 256..<tables.count {
      let before = tables[index - 256]
      tables[index] = before >> 8 ^ tables[Int(before & 0xFF)]
    }
    return tables
  }()

  /// The check of the octets.
  static func checksum(_ bytes: RawSpan) -> UInt32 {
    let tables = CRC32C.tables.span
    var value = UInt32.max
    var at = 0
    while bytes.byteCount - at >= 8 {
      let word = bytes.little(at, as: UInt64.self) ^ UInt64(value)
      value = 0
      for octet in 0..<8 {
        value ^= tables[(7 - octet) * 256 + Int(word >> UInt64(8 * octet) & 0xFF)]
      }
      at += 8
    }
    while at < bytes.byteCount {
      value = value >> 8 ^ tables[Int((value ^ UInt32(bytes.octet(at))) & 0xFF)]
      at += 1
    }
    return ~value
  }

  /// True when `sent` is the check of the octets in either byte order.
  ///
  /// libnmsg writes the number in network order into a field that has an order of its own, so what
  /// arrives depends on the processor of the sender.
  static func matches(_ sent: UInt32, _ bytes: RawSpan) -> Bool {
    let value = checksum(bytes)
    return sent == value || sent == value.byteSwapped
  }
}
