/// Text of one field. Each function relies on ``RDataSchema/end(of:in:from:)`` having found it
/// well formed.
extension RDataText {
  static func append(
    _ field: RDataField, _ rdata: Span<UInt8>, _ range: Range<Int>, style: RDataTextStyle,
    to out: inout [UInt8]
  ) {
    let at = range.lowerBound
    switch field {
    case .u8, .algorithm: appendDecimal(UInt32(rdata[at]), to: &out)
    case .u16: appendDecimal(UInt32(UInt16(bigEndian: rdata, at: at)), to: &out)
    case .u32, .seconds: appendDecimal(UInt32(bigEndian: rdata, at: at), to: &out)
    case .name, .keptName:
      DomainName.appendText(of: rdata.extracting(range), finalDot: style.finalDot, to: &out)
    case .string, .tag, .strings, .optionalString, .text, .nonEmptyText:
      appendStrings(field, rdata, range, dialect: style.dialect, to: &out)
    case .ipv4, .ipv6, .eui48, .eui64, .locator64, .salt, .hash, .hex, .base64, .optionalBase64:
      appendOctets(field, rdata.extracting(range), to: &out)
    case .typeNumber: RRType(rawValue: UInt16(bigEndian: rdata, at: at)).appendMnemonic(to: &out)
    case .time: appendTime(UInt32(bigEndian: rdata, at: at), dialect: style.dialect, to: &out)
    case .algorithmName:
      append(CodePoints.algorithm(rdata[at]), or: UInt32(rdata[at]), to: &out)
    case .certificateType:
      let number = UInt16(bigEndian: rdata, at: at)
      append(CodePoints.certificateType(number), or: UInt32(number), to: &out)
    case .typeBitmap: TypeBitmap.appendText(rdata, from: at, to: &out)
    case .serviceParameters:
      ServiceParameters.appendText(rdata, from: at, dialect: style.dialect, to: &out)
    case .location: GeoLocation(rdata, at: at)?.appendText(to: &out)
    case .gateway, .relay: appendEndpoint(field, rdata, range, style: style, to: &out)
    case .hostIdentity: appendHostIdentity(rdata, from: at, style: style, to: &out)
    case .addressPrefixes: AddressPrefixes.appendText(rdata, from: at, to: &out)
    case .a6, .octets: break
    }
  }

  private static func append(_ name: String?, or number: UInt32, to out: inout [UInt8]) {
    if let name { return out.append(contentsOf: name.utf8) }
    appendDecimal(number, to: &out)
  }

  private static func appendTime(
    _ seconds: UInt32, dialect: RDataDialect, to out: inout [UInt8]
  ) {
    switch dialect {
    case .dnsdb: appendDecimal(seconds, to: &out)
    case .master: SignatureTime.append(seconds, to: &out)
    }
  }

  private static func appendStrings(
    _ field: RDataField, _ rdata: Span<UInt8>, _ range: Range<Int>, dialect: RDataDialect,
    to out: inout [UInt8]
  ) {
    if field == .text || field == .nonEmptyText {
      return appendQuoted(rdata.extracting(range), to: &out)
    }
    if field == .tag, dialect == .master {
      for index in (range.lowerBound + 1)..<range.upperBound { out.append(rdata[index]) }
      return
    }
    var at = range.lowerBound
    while at < range.upperBound {
      if at > range.lowerBound { out.append(ASCII.space) }
      let end = at + 1 + Int(rdata[at])
      appendQuoted(rdata.extracting((at + 1)..<end), to: &out)
      at = end
    }
  }

  private static func appendOctets(
    _ field: RDataField, _ octets: Span<UInt8>, to out: inout [UInt8]
  ) {
    switch field {
    case .ipv4, .ipv6: IPAddressText.append(octets: octets, to: &out)
    case .eui48, .eui64: appendGroups(octets, size: 1, separator: "-", to: &out)
    case .locator64: appendGroups(octets, size: 2, separator: ":", to: &out)
    case .hex: BaseEncoding.appendHex(octets, letters: BaseEncoding.upper, to: &out)
    case .salt where octets.count == 1: out.append(UInt8(ascii: "-"))
    case .salt:
      BaseEncoding.appendHex(
        octets.extracting(droppingFirst: 1), letters: BaseEncoding.lower, to: &out)
    case .hash: BaseEncoding.appendBase32Hex(octets.extracting(droppingFirst: 1), to: &out)
    default: BaseEncoding.appendBase64(octets, to: &out)
    }
  }

  private static func appendGroups(
    _ octets: Span<UInt8>, size: Int, separator: Unicode.Scalar, to out: inout [UInt8]
  ) {
    for index in 0..<octets.count {
      if index > 0, index % size == 0 { out.append(UInt8(ascii: separator)) }
      BaseEncoding.appendHex(octets[index], letters: BaseEncoding.lower, to: &out)
    }
  }

  /// `type algorithm gateway` of IPSECKEY, `discovery type relay` of AMTRELAY.
  private static func appendEndpoint(
    _ field: RDataField, _ rdata: Span<UInt8>, _ range: Range<Int>, style: RDataTextStyle,
    to out: inout [UInt8]
  ) {
    let at = range.lowerBound
    let isGateway = field == .gateway
    let kind = isGateway ? rdata[at] : rdata[at] & 0x7F
    let leading = isGateway ? [kind, rdata[at + 1]] : [rdata[at] >> 7, kind]
    for number in leading {
      appendDecimal(UInt32(number), to: &out)
      out.append(ASCII.space)
    }
    let endpoint = rdata.extracting((at + (isGateway ? 2 : 1))..<range.upperBound)
    switch kind {
    case 1, 2: IPAddressText.append(octets: endpoint, to: &out)
    case 3: DomainName.appendText(of: endpoint, finalDot: style.finalDot, to: &out)
    default: out.append(ASCII.dot)
    }
  }

  private static func appendHostIdentity(
    _ rdata: Span<UInt8>, from start: Int, style: RDataTextStyle, to out: inout [UInt8]
  ) {
    appendDecimal(UInt32(rdata[start + 1]), to: &out)
    out.append(ASCII.space)
    let keyStart = start + 4 + Int(rdata[start])
    let tag = rdata.extracting((start + 4)..<keyStart)
    BaseEncoding.appendHex(tag, letters: BaseEncoding.upper, to: &out)
    out.append(ASCII.space)
    var at = keyStart + Int(UInt16(bigEndian: rdata, at: start + 2))
    BaseEncoding.appendBase64(rdata.extracting(keyStart..<at), to: &out)
    while let end = RDataSchema.nameEnd(in: rdata, from: at) {
      out.append(ASCII.space)
      let server = rdata.extracting(at..<end)
      DomainName.appendText(of: server, finalDot: style.finalDot, to: &out)
      at = end
    }
  }
}
