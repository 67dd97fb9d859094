import DNSWire

/// Text as network monitors write it: names are labels joined by dots, with nothing escaped but
/// octets that could not be printed, which are `\xHH`.
///
/// A dot inside a label cannot be told from one between labels; such names come out wrong, and
/// nothing in the logs could prevent that.
enum LoggedText {
  /// What stands for something else.
  enum Escapes: Sendable {
    /// `\xHH`, as Suricata writes octets that are no UTF-8.
    case octets
    /// `\xHH` and `\\`, as Zeek does.
    case octetsAndBackslash
  }

  /// Appends a name in canonical wire form. Empty text and `<root>` are the root.
  ///
  /// - Throws: ``TextRejection/badName``; nothing was appended then.
  static func appendName(
    _ text: Span<UInt8>, _ escapes: Escapes, to out: inout [UInt8]
  ) throws(TextRejection) {
    guard !text.isEmpty, !isRoot(text) else {
      out.append(0)
      return
    }
    let start = out.count
    do throws(NameError) {
      if hasBackslash(text) {
        try appendLabels(text, escapes, to: &out)
      } else {
        try DomainName.parse(text, into: &out)
      }
    } catch {
      out.removeSubrange(start...)
      throw .badName
    }
  }

  private static func isRoot(_ text: Span<UInt8>) -> Bool {
    guard text.count == 6, text[0] == UInt8(ascii: "<"), text[5] == UInt8(ascii: ">") else {
      return false
    }
    let letters: [4 of UInt8] = [0x72, 0x6F, 0x6F, 0x74]
    for index in 0..<4 where text[index + 1] | 0x20 != letters[index] { return false }
    return true
  }

  @inline(__always)
  static func hasBackslash(_ text: Span<UInt8>) -> Bool {
    LineCutter.place(of: ASCII.backslash, in: text, from: 0) < text.count
  }

  private static func appendLabels(
    _ text: Span<UInt8>, _ escapes: Escapes, to out: inout [UInt8]
  ) throws(NameError) {
    let start = out.count
    var lengthAt = start
    out.append(0)
    var at = 0
    while at < text.count {
      if text[at] == ASCII.dot {
        guard out.count - lengthAt > 1 else { throw .emptyLabel }
        out[lengthAt] = UInt8(out.count - lengthAt - 1)
        lengthAt = out.count
        out.append(0)
        at += 1
        continue
      }
      out.append(ASCII.lowered(octet(text, escapes, at: &at)))
      guard out.count - lengthAt - 1 <= DNSLimits.labelOctetsMax else { throw .labelTooLong }
    }
    if out.count - lengthAt > 1 {
      out[lengthAt] = UInt8(out.count - lengthAt - 1)
      out.append(0)
    }
    guard out.count - start <= DNSLimits.nameOctetsMax else { throw .nameTooLong }
  }

  /// Reads one octet, or one that is escaped.
  private static func octet(
    _ text: Span<UInt8>, _ escapes: Escapes, at: inout Int
  ) -> UInt8 {
    let octet = text[at]
    at += 1
    guard octet == ASCII.backslash, at < text.count else { return octet }
    if text[at] == ASCII.backslash {
      if escapes == .octetsAndBackslash { at += 1 }
    } else if text.count - at >= 3, text[at] == UInt8(ascii: "x"),
      let high = ASCII.hexValue(text[at + 1]), let low = ASCII.hexValue(text[at + 2])
    {
      at += 3
      return high << 4 | low
    }
    return octet
  }

  /// Appends what the text stands for, with its escapes resolved.
  static func appendOctets(
    _ text: Span<UInt8>, _ escapes: Escapes, to out: inout [UInt8]
  ) {
    var at = 0
    while at < text.count { out.append(octet(text, escapes, at: &at)) }
  }

  /// Types whose rdata is one name and nothing else, so that the name is all of it.
  static func isOneName(_ type: RRType) -> Bool {
    switch type {
    case .ns, .md, .mf, .cname, .mb, .mg, .mr, .ptr, .dname: true
    default: false
    }
  }

  /// Appends the rdata of a record of which a monitor logged one text: whole for addresses and
  /// types that are one name, lossy for the rest.
  ///
  /// - Returns: true when it is lossy.
  /// - Throws: ``TextRejection/badRData``; nothing was appended then.
  static func appendRData(
    _ text: Span<UInt8>, _ escapes: Escapes, type: RRType, scratch: inout [UInt8],
    to out: inout [UInt8]
  ) throws(TextRejection) -> Bool {
    switch type {
    case .a:
      guard let address = IPAddressText.parseIPv4(text) else { throw .badRData }
      IPAddressText.Address.v4(address).appendOctets(to: &out)
      return false
    case .aaaa:
      guard let address = IPAddressText.parseIPv6(text) else { throw .badRData }
      IPAddressText.Address.v6(address).appendOctets(to: &out)
      return false
    case .txt, .spf:
      scratch.removeAll(keepingCapacity: true)
      appendOctets(text, escapes, to: &scratch)
      RDataText.appendQuoted(scratch.span, to: &out)
      return true
    case .mx, .srv, .soa:
      scratch.removeAll(keepingCapacity: true)
      try appendRDataName(text, escapes, to: &scratch)
      DomainName.appendText(of: scratch.span, finalDot: false, to: &out)
      return true
    default:
      guard !isOneName(type) else {
        try appendRDataName(text, escapes, to: &out)
        return false
      }
      guard !text.isEmpty else { throw .badRData }
      LossyRData.appendText(text, type: type, to: &out)
      return true
    }
  }

  /// Makes an item of what was appended to an observation since `start`.
  ///
  /// - Throws: ``TextRejection/badRData`` when that is longer than rdata can be; it is gone then.
  static func closeItem(
    of observation: inout TextObservation, from start: Int, isLossy: Bool
  ) throws(TextRejection) {
    guard observation.rdataOctets.count - start <= DNSLimits.rdataOctetsMax else {
      observation.rdataOctets.removeSubrange(start...)
      throw .badRData
    }
    observation.closeItem(from: start, isLossy: isLossy)
  }

  /// Appends a name in canonical wire form.
  ///
  /// - Throws: ``TextRejection/badRData``; nothing was appended then.
  static func appendRDataName(
    _ text: Span<UInt8>, _ escapes: Escapes, to out: inout [UInt8]
  ) throws(TextRejection) {
    do {
      try appendName(text, escapes, to: &out)
    } catch {
      throw .badRData
    }
  }

  /// Brings rdata that is whole to the text of lossy rdata: for records of which the owner is not
  /// certain, which are lossy for that.
  static func makeLossy(
    from start: Int, type: RRType, scratch: inout [UInt8], in out: inout [UInt8]
  ) {
    scratch.removeAll(keepingCapacity: true)
    RDataText.append(
      out.span.extracting(start..<out.count), type: type, style: .circl, to: &scratch)
    out.removeSubrange(start...)
    out.append(contentsOf: scratch)
  }
}
