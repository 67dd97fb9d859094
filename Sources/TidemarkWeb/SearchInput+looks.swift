import DNSWire
import TidemarkQuery

/// What a text looks like.
extension SearchInput {
  /// Without blanks, controls and no-break spaces around it.
  static func trimmed(_ text: String) -> String {
    func isBlank(_ scalar: Unicode.Scalar) -> Bool {
      scalar.value <= 0x20 || scalar == "\u{A0}" || scalar == "\u{FEFF}" || scalar == "\u{200B}"
    }
    var rest = text.unicodeScalars[...]
    while let first = rest.first, isBlank(first) { rest.removeFirst() }
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return String(String.UnicodeScalarView(rest))
  }

  /// What stands between two slashes; nil for other text.
  static func regexBody(_ text: String) -> String? {
    let octets = Array(text.utf8)
    let slash = UInt8(ascii: "/")
    guard octets.count > 2, octets.first == slash, octets.last == slash else { return nil }
    return String(decoding: octets[1..<(octets.count - 1)], as: UTF8.self)
  }

  /// True for blanks and quotes, which stand in rdata more often than in names.
  static func isText(_ text: String) -> Bool {
    text.utf8.contains { $0 <= ASCII.space || $0 == ASCII.quote }
  }

  /// True for a host name with a question mark in it, which in a URL would begin the query: more of
  /// a name with a dot must follow.
  static func isGlobOfOneCharacter(_ text: String) -> Bool {
    let octets = Array(text.utf8)
    guard let mark = octets.firstIndex(of: UInt8(ascii: "?")) else { return false }
    let rest = octets[mark...]
    return octets.allSatisfy { isHostOctet($0) || $0 == UInt8(ascii: "?") }
      && !octets.contains(UInt8(ascii: "/")) && rest.contains(ASCII.dot)
  }

  /// True for a name with a class of characters in brackets.
  static func hasClass(_ text: String) -> Bool {
    let octets = Array(text.utf8)
    guard let open = octets.firstIndex(of: UInt8(ascii: "[")),
      let close = octets[open...].firstIndex(of: UInt8(ascii: "]")), close > open + 1
    else { return false }
    return octets.allSatisfy {
      isHostOctet($0) || $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "]")
        || $0 == UInt8(ascii: "!") || $0 == UInt8(ascii: "?")
    }
  }

  /// True for what names of hosts and zones, and addresses, are made of. A backslash is an escape
  /// of names.
  static func isHostLike(_ text: Span<UInt8>) -> Bool {
    var hasSlash = false
    var isPlain = true
    for index in text.indices {
      let octet = text[index]
      if octet == ASCII.backslash { return true }
      if octet == UInt8(ascii: "/") { hasSlash = true }
      if !isHostOctet(octet), octet != UInt8(ascii: ":") { isPlain = false }
    }
    // Zones of RFC 2317 have a slash in their first label.
    return isPlain && (!hasSlash || endsInARPA(text))
  }

  /// The same without the colons of addresses.
  static func isHostName(_ text: String) -> Bool {
    let octets = Array(text.utf8)
    return isHostLike(octets.span) && !octets.contains(UInt8(ascii: ":"))
  }

  private static func endsInARPA(_ text: Span<UInt8>) -> Bool {
    let end = Array(".arpa".utf8)
    let dot = !text.isEmpty && text[text.count - 1] == ASCII.dot ? 1 : 0
    let start = text.count - dot - end.count
    guard start >= 0 else { return false }
    return end.indices.allSatisfy { ASCII.lowered(text[start + $0]) == end[$0] }
  }

  private static func isHostOctet(_ octet: UInt8) -> Bool {
    ASCII.isDigit(octet) || ASCII.lowered(octet) &- UInt8(ascii: "a") < 26
      || octet == UInt8(ascii: "-") || octet == ASCII.dot || octet == UInt8(ascii: "_")
      || octet == UInt8(ascii: "*") || octet == UInt8(ascii: "+") || octet == UInt8(ascii: "/")
  }

  /// The text of a name as it is looked up: its stars, and plus signs that are whole labels, are no
  /// wildcards, its quotes do not make it text of rdata, and nothing in it is taken for a URL, a
  /// mail address or a defanged mark: ``RefangedValue`` leaves text with a backslash alone.
  static func lookup(_ name: [UInt8]) -> [UInt8] {
    guard name.contains(where: isMark) else { return name }
    let hasSlashes = endsInARPA(name.span)
    var out: [UInt8] = []
    var isEscaped = false
    for (index, octet) in name.enumerated() {
      let begins = index == 0 || name[index - 1] == ASCII.dot
      let ends = index + 1 == name.count || name[index + 1] == ASCII.dot
      if isEscaped || !isMark(octet) {
        isEscaped = !isEscaped && octet == ASCII.backslash
      } else if octet == ASCII.quote {
        ASCII.append("\\034", to: &out)
        continue
      } else if octet == UInt8(ascii: "+") ? begins && ends : octet != slash || !hasSlashes {
        out.append(ASCII.backslash)
      }
      out.append(octet)
    }
    return out
  }

  private static let slash = UInt8(ascii: "/")

  /// True for what may mean something else than itself in a text that is looked up.
  private static func isMark(_ octet: UInt8) -> Bool {
    switch octet {
    case UInt8(ascii: "*"), UInt8(ascii: "+"), ASCII.quote, slash, UInt8(ascii: "@"),
      UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"),
      UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "<"), UInt8(ascii: ">"),
      UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: ","), UInt8(ascii: ";"),
      UInt8(ascii: "!"), UInt8(ascii: "'"), UInt8(ascii: "`"):
      true
    default: false
    }
  }

  /// True when a value was read as a name or a wildcard.
  static func isName(_ lookup: LookupValue) -> Bool {
    switch lookup.subjects.first {
    case .owner, .ownerAtOrBelow, .ownerOneBelow, .ownerStartingWith: true
    default: false
    }
  }

  /// A regular expression that matches exactly this text.
  static func literal(_ text: String) -> String {
    var out: [UInt8] = []
    for octet in text.utf8 {
      if ".[]{}()*+?^$|\\".utf8.contains(octet) { out.append(ASCII.backslash) }
      out.append(octet)
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// An address in its usual form.
  static func text(_ address: [UInt8]) -> String {
    var out: [UInt8] = []
    _ = IPAddressText.append(octets: address.span, to: &out)
    return String(decoding: out, as: UTF8.self)
  }
}

/// What else may have been meant.
extension SearchInput {
  mutating func offerAlternatives() {
    func offer(_ label: String, _ value: String, _ reading: Reading? = nil) {
      alternatives.append(Alternative(label: label, value: value, reading: reading))
    }
    switch kind {
    case .nothing: break
    case .name:
      if let address = SearchInput.address(ofReverse: value) { offer("its address", address) }
      if value != "." { offer("names below it", "*." + value) }
      offer("names that contain it", value, .pattern)
      offer("rdata that contains it", value, .contains)
    case .wildcard:
      if value.hasPrefix("*.") || value.hasPrefix("+.") {
        offer("the name alone", String(value.dropFirst(2)))
      }
      offer("as a pattern", value, .pattern)
    case .address:
      let bits = value.utf8.contains(UInt8(ascii: ":")) ? 64 : 24
      if let network = SearchInput.network(of: value, bits: bits) { offer("its /\(bits)", network) }
      if let reverse = SearchInput.reverseName(of: value) { offer("its reverse name", reverse) }
      offer("rdata that contains it", value, .contains)
    case .network, .range: offer("as a name", typed, .name)
    case .text:
      offer("rdata that contains it", typed, .contains)
      if !typed.utf8.contains(ASCII.quote) { offer("as a name", typed, .name) }
    case .regex: offer("rdata like it", value, .contains)
    case .glob:
      let parts: [Substring] = value.split(separator: "*")
      let part = parts.max { $0.utf8.count < $1.utf8.count }.map { String($0) } ?? ""
      if !part.isEmpty { offer("rdata that contains \(part)", part, .contains) }
      offer("as rdata text", typed, .text)
    case .rdata:
      offer("as rdata text", typed, .text)
      offer("names like it", typed, .pattern)
    }
  }

  private static func network(of address: String, bits: Int) -> String? {
    AddressPrefix(text: "\(address)/\(bits)").map { text(masked($0)) + "/\(bits)" }
  }

  /// The octets of a network without bits of a host.
  static func masked(_ network: AddressPrefix) -> [UInt8] {
    var octets = network.octets
    for bit in network.bits..<(octets.count * 8) { octets[bit / 8] &= ~(0x80 >> UInt8(bit % 8)) }
    return octets
  }

  /// `1.2.0.192.in-addr.arpa` (RFC 1035 section 3.5) or the nibbles of RFC 3596 section 2.5.
  static func reverseName(of address: String) -> String? {
    guard let network = AddressPrefix(text: address) else { return nil }
    if network.octets.count == 4 {
      return network.octets.reversed().map { String($0) }.joined(separator: ".") + ".in-addr.arpa"
    }
    let nibbles = network.octets.reversed().flatMap { [$0 & 15, $0 >> 4] }
    return nibbles.map { String($0, radix: 16) }.joined(separator: ".") + ".ip6.arpa"
  }

  /// The address of a whole reverse name; nil for other names.
  static func address(ofReverse name: String) -> String? {
    let labels = name.lowercased().split(separator: ".", omittingEmptySubsequences: false)
    if labels.count == 6, labels.suffix(2) == ["in-addr", "arpa"] {
      let address = labels.prefix(4).reversed().joined(separator: ".")
      return IPAddressText.parse(Array(address.utf8).span) == nil ? nil : address
    }
    guard labels.count == 34, labels.suffix(2) == ["ip6", "arpa"] else { return nil }
    let nibbles = labels.prefix(32).reversed().compactMap { label in
      label.utf8.count == 1 ? label.utf8.first.flatMap(ASCII.hexValue) : nil
    }
    guard nibbles.count == 32 else { return nil }
    return text((0..<16).map { nibbles[2 * $0] << 4 | nibbles[2 * $0 + 1] })
  }
}
