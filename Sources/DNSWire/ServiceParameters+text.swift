/// Presentation text of service parameters, written (RFC 9460 section 2.1 and appendix A).
extension ServiceParameters {
  /// Appends well-formed parameters, a blank before each.
  static func appendText(
    _ rdata: Span<UInt8>, from start: Int, dialect: RDataDialect, to out: inout [UInt8]
  ) {
    var at = start
    while let parameter = Parameter(rdata, at: at) {
      out.append(ASCII.space)
      appendName(of: parameter.key, to: &out)
      appendValue(parameter, rdata, dialect: dialect, to: &out)
      at = parameter.value.upperBound
    }
  }

  private static func appendValue(
    _ parameter: Parameter, _ rdata: Span<UInt8>, dialect: RDataDialect, to out: inout [UInt8]
  ) {
    let value = rdata.extracting(parameter.value)
    // An empty value needs no equals sign; only the DNSDB dialect shows one for unnamed keys.
    if value.isEmpty, dialect == .master || parameter.key == Key.noDefaultALPN { return }
    out.append(UInt8(ascii: "="))
    switch parameter.key {
    case Key.mandatory:
      appendList(value, step: 2, to: &out) { appendName(of: $0, to: &$1) }
    case Key.alpn: appendIdentifiers(value, to: &out)
    case Key.port: ASCII.appendDecimal(UInt64(UInt16(bigEndian: value, at: 0)), to: &out)
    case Key.ipv4Hint:
      appendList(value, step: 4, to: &out) { IPAddressText.appendIPv4($0, to: &$1) }
    case Key.ech: BaseEncoding.appendBase64(value, to: &out)
    case Key.ipv6Hint:
      appendList(value, step: 16, to: &out) { IPAddressText.appendIPv6($0, to: &$1) }
    default: RDataText.appendQuoted(value, to: &out)
    }
  }

  private static func appendList<Number: FixedWidthInteger & UnsignedInteger>(
    _ value: Span<UInt8>, step: Int, to out: inout [UInt8],
    append: (Number, inout [UInt8]) -> Void
  ) {
    for at in stride(from: 0, to: value.count, by: step) {
      if at > 0 { out.append(UInt8(ascii: ",")) }
      append(Number(bigEndian: value, at: at), &out)
    }
  }

  /// Appends protocol identifiers in quotes. Commas and backslashes in them are escaped for the
  /// list, and the escape again for the string.
  private static func appendIdentifiers(_ value: Span<UInt8>, to out: inout [UInt8]) {
    out.append(ASCII.quote)
    var at = 0
    while at < value.count {
      if at > 0 { out.append(UInt8(ascii: ",")) }
      let end = at + 1 + Int(value[at])
      for index in (at + 1)..<end {
        let octet = value[index]
        if octet == UInt8(ascii: ",") || octet == ASCII.backslash {
          out.append(ASCII.backslash)
          out.append(ASCII.backslash)
        }
        RDataText.appendStringOctet(octet, to: &out)
      }
      at = end
    }
    out.append(ASCII.quote)
  }
}
