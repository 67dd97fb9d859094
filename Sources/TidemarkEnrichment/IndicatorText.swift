import DNSWire

/// Normal forms of indicators; see ``IndicatorKey``.
enum IndicatorText {
  /// The normal form of a text.
  static func normal(
    _ text: String, as type: IndicatorType
  ) throws(IndicatorFault) -> String {
    guard text.utf8.count <= IndicatorKey.valueOctetsMax else { throw .tooLong }
    var octets = Array(text.utf8)[...]
    while let first = octets.first, first <= ASCII.space { octets.removeFirst() }
    while let last = octets.last, last <= ASCII.space { octets.removeLast() }
    guard !octets.isEmpty else { throw .empty }
    guard octets.allSatisfy({ $0 < 0x80 }) else { throw .notASCII }
    guard octets.allSatisfy({ $0 > ASCII.space && $0 < 0x7F }) else { throw .notA(type) }
    let plain = Array(octets)
    let normal =
      switch type {
      case .fqdn: name(plain)
      case .ipv4: IPAddressText.parseIPv4(plain.span).map { address(.v4($0)) }
      case .ipv6: IPAddressText.parseIPv6(plain.span).map { address(.v6($0)) }
      case .cidr: try network(plain)
      case .url: url(plain)
      case .email: mail(plain)
      case .asn: systemNumber(plain)
      case .md5, .sha1, .sha256, .sha512: digest(plain, digits: type.digestDigits ?? 0)
      }
    guard let normal else { throw .notA(type) }
    return normal
  }

  /// Host names and names with underscores. Text that looks like an address is none.
  private static func name(_ octets: [UInt8]) -> String? {
    guard octets.allSatisfy({ isNameOctet($0) || $0 == ASCII.dot }),
      let name = try? DomainName(text: string(octets)), name != .root
    else { return nil }
    let text = name.text(finalDot: false)
    let last = text.utf8.split(separator: ASCII.dot).last ?? text.utf8[...]
    return last.allSatisfy(ASCII.isDigit) ? nil : text
  }

  private static func isNameOctet(_ octet: UInt8) -> Bool {
    let lowered = ASCII.lowered(octet)
    return lowered >= UInt8(ascii: "a") && lowered <= UInt8(ascii: "z") || ASCII.isDigit(octet)
      || octet == UInt8(ascii: "-") || octet == UInt8(ascii: "_")
  }

  private static func address(_ address: IPAddressText.Address) -> String {
    var out: [UInt8] = []
    IPAddressText.append(address, to: &out)
    return string(out)
  }

  private static func network(_ octets: [UInt8]) throws(IndicatorFault) -> String? {
    let parts = octets.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard parts.count == 2, let length = number(parts[1], max: 128),
      let parsed = IPAddressText.parse(Array(parts[0]).span)
    else { return nil }
    switch parsed {
    case .v4(let value):
      guard length <= 32 else { return nil }
      guard length == 32 || value << UInt32(length) == 0 else { throw .hostBits }
    case .v6(let value):
      guard length == 128 || value << UInt128(length) == 0 else { throw .hostBits }
    }
    return "\(address(parsed))/\(length)"
  }

  private static func url(_ octets: [UInt8]) -> String? {
    guard let colon = octets.firstIndex(of: UInt8(ascii: ":")), colon > 0,
      octets[(colon + 1)...].starts(with: "//".utf8)
    else { return nil }
    let scheme = octets[..<colon].map(ASCII.lowered)
    guard let first = scheme.first, first >= UInt8(ascii: "a"), first <= UInt8(ascii: "z"),
      scheme.allSatisfy({ isNameOctet($0) && $0 != UInt8(ascii: "_") || "+.".utf8.contains($0) })
    else { return nil }
    let rest = octets[(colon + 3)...]
    let authority = rest.prefix { !"/?#".utf8.contains($0) }
    var user = authority[..<authority.startIndex]
    var hostAndPort = authority
    if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
      user = authority[...at]
      hostAndPort = authority[(at + 1)...]
    }
    guard let host = hostWithPort(hostAndPort) else { return nil }
    return "\(string(scheme))://\(string(user))\(host)\(string(rest[authority.endIndex...]))"
  }

  /// A host in normal form, with the port that stood behind it.
  private static func hostWithPort(_ octets: ArraySlice<UInt8>) -> String? {
    var host = octets
    var port = ""
    let isBracketed = octets.first == UInt8(ascii: "[")
    let close = octets.firstIndex(of: UInt8(ascii: "]"))
    if let colon = octets.lastIndex(of: UInt8(ascii: ":")), !isBracketed || colon > (close ?? 0) {
      guard let value = number(octets[(colon + 1)...], max: 65_535) else { return nil }
      port = ":\(value)"
      host = octets[..<colon]
    }
    if isBracketed {
      guard host.count > 2, host.last == UInt8(ascii: "]"),
        let value = IPAddressText.parseIPv6(Array(host.dropFirst().dropLast()).span)
      else { return nil }
      return "[\(address(.v6(value)))]\(port)"
    }
    let plain = Array(host)
    if let value = IPAddressText.parseIPv4(plain.span) { return address(.v4(value)) + port }
    return name(plain).map { $0 + port }
  }

  private static func mail(_ octets: [UInt8]) -> String? {
    // Longest local part, octets (RFC 5321 section 4.5.3.1.1).
    guard let at = octets.lastIndex(of: UInt8(ascii: "@")), (1...64).contains(at),
      !octets[..<at].contains(where: { "@<>(),;:\\\"[]".utf8.contains($0) }),
      let domain = name(Array(octets[(at + 1)...]))
    else { return nil }
    return "\(string(octets[..<at]))@\(domain)"
  }

  private static func systemNumber(_ octets: [UInt8]) -> String? {
    var digits = octets[...]
    if digits.prefix(2).map(ASCII.lowered).elementsEqual("as".utf8) { digits.removeFirst(2) }
    return number(digits, max: UInt64(UInt32.max)).map { "AS\($0)" }
  }

  private static func digest(_ octets: [UInt8], digits: Int) -> String? {
    guard octets.count == digits, octets.allSatisfy({ ASCII.hexValue($0) != nil }) else {
      return nil
    }
    return string(octets.map(ASCII.lowered))
  }

  /// A number of one to ten digits.
  private static func number(_ octets: ArraySlice<UInt8>, max: UInt64) -> UInt64? {
    guard (1...10).contains(octets.count), octets.allSatisfy(ASCII.isDigit) else { return nil }
    let value = octets.reduce(UInt64(0)) { $0 * 10 + UInt64($1 - ASCII.zero) }
    return value <= max ? value : nil
  }

  private static func string(_ octets: some Sequence<UInt8>) -> String {
    String(decoding: Array(octets), as: UTF8.self)
  }
}
