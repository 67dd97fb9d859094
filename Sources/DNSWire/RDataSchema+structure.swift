/// Where each field ends, which is also whether it is well formed.
///
/// Well formed is as strict as the text form: whatever passes here reads back from its text as the
/// same octets, so nothing is lost by showing it.
extension RDataSchema {
  /// The offset after `field`, or nil when the octets from `at` do not hold it.
  ///
  /// - Parameter at: 0 to `rdata.count`.
  public static func end(
    of field: RDataField, in rdata: Span<UInt8>, from at: Int
  ) -> Int? {
    switch field {
    case .u8, .algorithm, .algorithmName: fixed(1, in: rdata, from: at)
    case .u16, .certificateType, .typeNumber: fixed(2, in: rdata, from: at)
    case .u32, .seconds, .time, .ipv4: fixed(4, in: rdata, from: at)
    case .eui48: fixed(6, in: rdata, from: at)
    case .eui64, .locator64: fixed(8, in: rdata, from: at)
    case .ipv6: fixed(16, in: rdata, from: at)
    case .name, .keptName: nameEnd(in: rdata, from: at)
    case .string, .salt: stringEnd(in: rdata, from: at)
    case .hash, .tag: nonEmptyStringEnd(field, in: rdata, from: at)
    case .optionalString:
      at == rdata.count ? at : rest(stringEnd(in: rdata, from: at), of: rdata)
    case .strings: stringsEnd(in: rdata, from: at)
    case .text, .optionalBase64, .octets: rdata.count
    case .nonEmptyText, .hex, .base64: at < rdata.count ? rdata.count : nil
    case .typeBitmap: TypeBitmap.isWellFormed(rdata, from: at) ? rdata.count : nil
    case .serviceParameters: ServiceParameters.isWellFormed(rdata, from: at) ? rdata.count : nil
    case .location: rest(GeoLocation(rdata, at: at) == nil ? nil : at + 16, of: rdata)
    case .gateway: gatewayEnd(in: rdata, from: at)
    case .relay: rest(relayEnd(in: rdata, from: at), of: rdata)
    case .hostIdentity: hostIdentityEnd(in: rdata, from: at)
    case .addressPrefixes: AddressPrefixes.isWellFormed(rdata, from: at) ? rdata.count : nil
    case .a6: rest(a6End(in: rdata, from: at), of: rdata)
    }
  }

  private static func fixed(_ octets: Int, in rdata: Span<UInt8>, from at: Int) -> Int? {
    rdata.count - at >= octets ? at + octets : nil
  }

  private static func rest(_ end: Int?, of rdata: Span<UInt8>) -> Int? {
    end == rdata.count ? end : nil
  }

  /// The offset after an uncompressed name of at most 255 octets.
  static func nameEnd(in rdata: Span<UInt8>, from start: Int) -> Int? {
    var at = start
    while at < rdata.count {
      let length = Int(rdata[at])
      at += 1 + length
      if length == 0 { return at - start <= DNSLimits.nameOctetsMax ? at : nil }
      guard length <= DNSLimits.labelOctetsMax else { return nil }
    }
    return nil
  }

  /// The offset after a character-string.
  static func stringEnd(in rdata: Span<UInt8>, from at: Int) -> Int? {
    guard at < rdata.count else { return nil }
    let end = at + 1 + Int(rdata[at])
    return end <= rdata.count ? end : nil
  }

  private static func stringsEnd(in rdata: Span<UInt8>, from start: Int) -> Int? {
    guard var at = stringEnd(in: rdata, from: start) else { return nil }
    while at < rdata.count {
      guard let end = stringEnd(in: rdata, from: at) else { return nil }
      at = end
    }
    return at
  }

  private static func nonEmptyStringEnd(
    _ field: RDataField, in rdata: Span<UInt8>, from at: Int
  ) -> Int? {
    guard let end = stringEnd(in: rdata, from: at), end > at + 1 else { return nil }
    if field == .tag {
      for index in (at + 1)..<end {
        let octet = rdata[index]
        guard ASCII.isDigit(octet) || octet & 0xDF &- 0x41 < 26 else { return nil }
      }
    }
    return end
  }

  /// The offset after an address or name of the kind that RFC 4025 and RFC 8777 share.
  private static func endpointEnd(
    kind: UInt8, in rdata: Span<UInt8>, from at: Int
  ) -> Int? {
    switch kind {
    case 0: at
    case 1: fixed(4, in: rdata, from: at)
    case 2: fixed(16, in: rdata, from: at)
    case 3: nameEnd(in: rdata, from: at)
    default: nil
    }
  }

  private static func gatewayEnd(in rdata: Span<UInt8>, from at: Int) -> Int? {
    guard fixed(2, in: rdata, from: at) != nil else { return nil }
    return endpointEnd(kind: rdata[at], in: rdata, from: at + 2)
  }

  private static func relayEnd(in rdata: Span<UInt8>, from at: Int) -> Int? {
    guard at < rdata.count else { return nil }
    return endpointEnd(kind: rdata[at] & 0x7F, in: rdata, from: at + 1)
  }

  private static func hostIdentityEnd(in rdata: Span<UInt8>, from start: Int) -> Int? {
    guard fixed(4, in: rdata, from: start) != nil, rdata[start] > 0 else { return nil }
    let keyOctets = Int(rdata[start + 2]) << 8 | Int(rdata[start + 3])
    guard keyOctets > 0 else { return nil }
    var at = start + 4 + Int(rdata[start]) + keyOctets
    guard at <= rdata.count else { return nil }
    while at < rdata.count {
      guard let end = nameEnd(in: rdata, from: at) else { return nil }
      at = end
    }
    return at
  }

  /// The offset of the name in A6 rdata whose prefix length is readable.
  static func a6NameStart(in rdata: Span<UInt8>, from at: Int) -> Int {
    at + 1 + (128 - Int(rdata[at]) + 7) / 8
  }

  private static func a6End(in rdata: Span<UInt8>, from at: Int) -> Int? {
    guard at < rdata.count, rdata[at] <= 128 else { return nil }
    let nameStart = a6NameStart(in: rdata, from: at)
    guard nameStart <= rdata.count else { return nil }
    return rdata[at] == 0 ? nameStart : nameEnd(in: rdata, from: nameStart)
  }
}
