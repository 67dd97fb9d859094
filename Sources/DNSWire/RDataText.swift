/// Presentation text of rdata, written.
///
/// Every rdata has text: what is not well formed for its type is written in RFC 3597 form. Text of
/// a type's own form reads back, through ``RDataParser``, as the same octets with lowered names.
public enum RDataText {
  /// Appends the text of one rdata.
  ///
  /// - Parameters:
  ///   - rdata: uncompressed, as sent or canonical.
  ///   - style: dialect and spelling of names.
  ///   - out: nothing is allocated beyond its growth.
  public static func append(
    _ rdata: Span<UInt8>, type: RRType, style: RDataTextStyle, to out: inout [UInt8]
  ) {
    switch type {
    case .a where rdata.count == 4:
      IPAddressText.appendIPv4(UInt32(bigEndian: rdata, at: 0), to: &out)
    case .aaaa where rdata.count == 16:
      IPAddressText.appendIPv6(UInt128(bigEndian: rdata, at: 0), to: &out)
    case .ns, .cname, .ptr, .dname:
      guard RDataSchema.nameEnd(in: rdata, from: 0) == rdata.count else {
        return appendGeneric(rdata, dialect: style.dialect, to: &out)
      }
      DomainName.appendText(of: rdata, finalDot: style.finalDot, to: &out)
    default:
      let start = out.count
      let hasOwnText = RDataSchema.hasOwnText(type, in: style.dialect)
      guard hasOwnText, appendFields(rdata, type: type, style: style, to: &out),
        out.count > start
      else {
        out.removeSubrange(start...)
        return appendGeneric(rdata, dialect: style.dialect, to: &out)
      }
    }
  }

  /// The text of one rdata, for callers that are not in a hurry.
  public static func string(
    _ rdata: [UInt8], type: RRType, style: RDataTextStyle
  ) -> String {
    var out: [UInt8] = []
    append(rdata.span, type: type, style: style, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// Appends `\# n hex` (RFC 3597 section 5); the DNSDB dialect puts a blank after each octet.
  public static func appendGeneric(
    _ rdata: Span<UInt8>, dialect: RDataDialect, to out: inout [UInt8]
  ) {
    out.append(contentsOf: "\\# ".utf8)
    ASCII.appendDecimal(UInt64(rdata.count), to: &out)
    if dialect == .dnsdb || !rdata.isEmpty { out.append(ASCII.space) }
    for index in 0..<rdata.count {
      BaseEncoding.appendHex(rdata[index], letters: BaseEncoding.lower, to: &out)
      if dialect == .dnsdb { out.append(ASCII.space) }
    }
  }

  /// Appends one string in quotes: `"` and `\` escaped, octets outside 0x20–0x7E as `\DDD`.
  public static func appendQuoted(_ octets: Span<UInt8>, to out: inout [UInt8]) {
    out.append(ASCII.quote)
    for index in 0..<octets.count { appendStringOctet(octets[index], to: &out) }
    out.append(ASCII.quote)
  }

  @inline(__always)
  static func appendStringOctet(_ octet: UInt8, to out: inout [UInt8]) {
    if octet &- 0x20 >= 0x5F { return ASCII.appendDecimalEscape(octet, to: &out) }
    if octet == ASCII.quote || octet == ASCII.backslash { out.append(ASCII.backslash) }
    out.append(octet)
  }

  /// Appends field by field; false as soon as one does not fit, or when octets are left.
  private static func appendFields(
    _ rdata: Span<UInt8>, type: RRType, style: RDataTextStyle, to out: inout [UInt8]
  ) -> Bool {
    var at = 0
    for field in RDataSchema.fields(of: type) {
      guard let end = RDataSchema.end(of: field, in: rdata, from: at) else { return false }
      if at > 0, needsBlank(field, octets: end - at) { out.append(ASCII.space) }
      append(field, rdata, at..<end, style: style, to: &out)
      at = end
    }
    return at == rdata.count
  }

  /// Lists write a blank before each item; other fields without octets write nothing at all, but
  /// for ``RDataField/text``, which writes its quotes.
  @inline(__always)
  private static func needsBlank(_ field: RDataField, octets: Int) -> Bool {
    switch field {
    case .typeBitmap, .serviceParameters: false
    case .text: true
    default: octets > 0
    }
  }

  /// Appends a number in decimal. Division by a constant is several times cheaper than by a power
  /// of ten that is only known at run time.
  static func appendDecimal(_ value: UInt32, to out: inout [UInt8]) {
    var rest = value
    var digits: UInt128 = 0
    var count = 0
    repeat {
      digits = digits << 8 | UInt128(ASCII.zero + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
      count += 1
    } while rest > 0
    for _ in 0..<count {
      out.append(UInt8(truncatingIfNeeded: digits))
      digits >>= 8
    }
  }
}
