/// Sets of record types in NSEC, NSEC3 and CSYNC (RFC 4034 section 4.1.2).
enum TypeBitmap {
  /// True when windows ascend and each holds 1–32 octets, the last of them not zero.
  static func isWellFormed(_ rdata: Span<UInt8>, from start: Int) -> Bool {
    var at = start
    var windowMin = 0
    while at < rdata.count {
      guard rdata.count - at >= 3, Int(rdata[at]) >= windowMin else { return false }
      let length = Int(rdata[at + 1])
      guard length >= 1, length <= 32, rdata.count - at >= 2 + length else { return false }
      guard rdata[at + 1 + length] != 0 else { return false }
      windowMin = Int(rdata[at]) + 1
      at += 2 + length
    }
    return true
  }

  /// Appends each type of a well-formed map, a blank before each.
  static func appendText(_ rdata: Span<UInt8>, from start: Int, to out: inout [UInt8]) {
    var at = start
    while at < rdata.count {
      let window = UInt16(rdata[at]) << 8
      let length = Int(rdata[at + 1])
      for index in 0..<length {
        var bits = rdata[at + 2 + index]
        while bits != 0 {
          let bit = UInt16(bits.leadingZeroBitCount)
          bits &= ~(0x80 >> UInt8(bit))
          out.append(ASCII.space)
          RRType(rawValue: window | UInt16(index * 8) | bit).appendMnemonic(to: &out)
        }
      }
      at += 2 + length
    }
  }

  /// Appends the map of `types`, in any order, repeated ones once.
  static func append(_ types: [RRType], to out: inout [UInt8]) {
    var window = -1
    var windowAt = 0
    for type in types.sorted() {
      let high = Int(type.rawValue >> 8)
      let low = Int(type.rawValue & 0xFF)
      if high != window {
        window = high
        windowAt = out.count
        out.append(UInt8(high))
        out.append(0)
      }
      while out.count - windowAt - 2 <= low / 8 { out.append(0) }
      out[windowAt + 2 + low / 8] |= 0x80 >> UInt8(low % 8)
      out[windowAt + 1] = UInt8(out.count - windowAt - 2)
    }
  }
}
