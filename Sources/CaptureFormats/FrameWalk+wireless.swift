/// IEEE 802.11 frames and the radio headers in front of them.
extension FrameWalk {
  /// Version, flags, length and inner link type, all little-endian.
  mutating func enterPPI(_ bytes: RawSpan) throws(Stop) -> Layer {
    let length = Int(try u16(bytes, 2).byteSwapped)
    let inner = LinkType(rawValue: try u32(bytes, 4).byteSwapped)
    guard length >= 8, inner != .ppi else { throw Stop(.shortHeader) }
    try skip(length)
    return .link(inner)
  }

  mutating func enterRadio(_ link: LinkType, _ bytes: RawSpan) throws(Stop) -> Layer {
    switch link {
    case .radiotap:
      let hasCheckSequence = try radiotapHasCheckSequence(bytes)
      try skip(Int(u16(bytes, 2).byteSwapped))
      if hasCheckSequence { end = max(at, end - 4) }
    case .avs:
      try skip(Int(u32(bytes, 4)))
    case .prism:
      // AVS headers also occur under this number and say so in their first word.
      let isAVS = try u16(bytes, 0) == 0x8021
      try skip(isAVS ? Int(u32(bytes, 4)) : 144)
    default:
      break
    }
    return .wireless
  }

  /// The flags field says so with bit 0x10. It follows the presence words, of which bit 31 says
  /// that another comes, and the timestamp, which is aligned to eight octets.
  private func radiotapHasCheckSequence(_ bytes: RawSpan) throws(Stop) -> Bool {
    let present = try u32(bytes, 4).byteSwapped
    var offset = 8
    var word = present
    while word & 0x8000_0000 != 0 {
      word = try u32(bytes, offset).byteSwapped
      offset += 4
    }
    if present & 1 != 0 { offset = (offset + 7) & ~7 + 8 }
    guard present & 2 != 0 else { return false }
    return try u8(bytes, offset) & 0x10 != 0
  }

  /// Data frames that are neither empty nor encrypted lead to an 802.2 header.
  mutating func enterWireless(_ bytes: RawSpan) throws(Stop) -> Layer {
    let control = try u16(bytes, 0).byteSwapped
    let isData = control & 0x0C == 0x08
    let isProtected = control & 0x4000 != 0
    let isNull = control & 0x40 != 0
    guard isData, !isProtected, !isNull else { throw Stop(.notIP) }
    var length = 24
    if control & 0x300 == 0x300 { length += 6 }
    if control & 0x80 != 0 { length += control & 0x8000 != 0 ? 6 : 2 }
    try skip(length)
    return .logicalLink
  }
}
