/// Items of APL: `[!]family:address/prefix` (RFC 3123).
enum AddressPrefixes {
  /// One item in wire form: family, prefix length, negation, address without trailing zeros.
  private struct Item {
    let family: UInt16
    let prefix: UInt8
    let isNegated: Bool
    let octets: Range<Int>

    init?(_ rdata: Span<UInt8>, at: Int) {
      guard rdata.count - at >= 4 else { return nil }
      family = UInt16(bigEndian: rdata, at: at)
      prefix = rdata[at + 2]
      isNegated = rdata[at + 3] & 0x80 != 0
      octets = (at + 4)..<(at + 4 + Int(rdata[at + 3] & 0x7F))
      let width = family == 1 ? 4 : 16
      guard family == 1 || family == 2, Int(prefix) <= width * 8 else { return nil }
      guard octets.count <= width, octets.upperBound <= rdata.count else { return nil }
      if let last = octets.last, rdata[last] == 0 { return nil }
    }
  }

  /// True for any number of items of families 1 and 2.
  static func isWellFormed(_ rdata: Span<UInt8>, from start: Int) -> Bool {
    var at = start
    while at < rdata.count {
      guard let item = Item(rdata, at: at) else { return false }
      at = item.octets.upperBound
    }
    return true
  }

  /// Appends well-formed items, a blank between two.
  static func appendText(_ rdata: Span<UInt8>, from start: Int, to out: inout [UInt8]) {
    var at = start
    while let item = Item(rdata, at: at) {
      if at > start { out.append(ASCII.space) }
      if item.isNegated { out.append(UInt8(ascii: "!")) }
      ASCII.appendDecimal(UInt64(item.family), to: &out)
      out.append(UInt8(ascii: ":"))
      var value: UInt128 = 0
      for (index, at) in item.octets.enumerated() {
        value |= UInt128(rdata[at]) << UInt128(120 - 8 * index)
      }
      if item.family == 1 {
        IPAddressText.appendIPv4(UInt32(value >> 96), to: &out)
      } else {
        IPAddressText.appendIPv6(value, to: &out)
      }
      out.append(UInt8(ascii: "/"))
      ASCII.appendDecimal(UInt64(item.prefix), to: &out)
      at = item.octets.upperBound
    }
  }

  /// Reads one item.
  static func parse(_ text: Span<UInt8>, into out: inout [UInt8]) throws(RDataTextError) {
    let isNegated = text.count > 0 && text[0] == UInt8(ascii: "!")
    let start = isNegated ? 1 : 0
    guard let slash = (start..<text.count).last(where: { text[$0] == UInt8(ascii: "/") }),
      slash - start > 2, text[start + 1] == UInt8(ascii: ":")
    else { throw .badAddress }
    let address = text.extracting((start + 2)..<slash)
    var octets: [UInt8] = []
    switch (text[start], IPAddressText.parse(address)) {
    case (UInt8(ascii: "1"), .v4(let value)): value.appendBigEndian(to: &octets)
    case (UInt8(ascii: "2"), .v6(let value)): value.appendBigEndian(to: &octets)
    default: throw .badAddress
    }
    let prefixText = text.extracting((slash + 1)..<text.count)
    guard let prefix = RDataParser.decimal(prefixText, max: UInt64(octets.count * 8)) else {
      throw .badNumber
    }
    UInt16(octets.count == 4 ? 1 : 2).appendBigEndian(to: &out)
    out.append(UInt8(prefix))
    while octets.last == 0 { octets.removeLast() }
    out.append(UInt8(octets.count) | (isNegated ? 0x80 : 0))
    out.append(contentsOf: octets)
  }
}
