import DNSWire

/// Host names (RFC 1123 section 2.1): the only names that STIX takes for `domain-name`.
enum HostNameText {
  /// Longest name as text, octets.
  static let octetsMax = 253

  /// The host name that a name is, or the nearest one above it, in lower case without final dot.
  ///
  /// - Parameter wire: one complete name.
  /// - Returns: nil when none is; `isWhole` is false for one above.
  static func nearest(to wire: Span<UInt8>) -> (text: [UInt8], isWhole: Bool)? {
    var (at, start) = (0, 0)
    while at < wire.count, wire[at] != 0 {
      let next = at + 1 + Int(wire[at])
      guard next < wire.count else { return nil }
      if !isLabel(wire.extracting((at + 1)..<next)) { start = next }
      at = next
    }
    guard at < wire.count, start < at else { return nil }
    var text: [UInt8] = []
    DomainName.appendText(of: wire.extracting(start..<wire.count), finalDot: false, to: &text)
    return normal(text).map { ($0, start == 0) }
  }

  /// A host name in lower case without final dot; nil when the text is none.
  static func normal(_ text: [UInt8]) -> [UInt8]? {
    var name = text.map(ASCII.lowered)
    if name.last == ASCII.dot { name.removeLast() }
    guard (1...octetsMax).contains(name.count) else { return nil }
    let labels = name.split(separator: ASCII.dot, omittingEmptySubsequences: false)
    // What ends in a number is an address, or meant to be one.
    guard labels.allSatisfy({ isLabel($0.span) }), labels.last?.allSatisfy(ASCII.isDigit) == false
    else { return nil }
    return name
  }

  /// True for letters, digits and inner hyphens.
  private static func isLabel(_ label: Span<UInt8>) -> Bool {
    guard (1...DNSLimits.labelOctetsMax).contains(label.count) else { return false }
    let hyphen = UInt8(ascii: "-")
    for index in label.indices {
      let octet = ASCII.lowered(label[index])
      let isLetter = octet >= UInt8(ascii: "a") && octet <= UInt8(ascii: "z")
      guard isLetter || ASCII.isDigit(octet) || octet == hyphen else { return false }
    }
    return label[0] != hyphen && label[label.count - 1] != hyphen
  }
}
