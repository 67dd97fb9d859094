import DNSWire

extension StringProtocol {
  /// The text without white space around it.
  var trimmedText: String {
    var text = String(self)[...]
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }

  /// The text without white space around it; nil when nothing is left.
  var filledText: String? {
    let text = trimmedText
    return text.isEmpty ? nil : text
  }

  /// Parts between white space.
  var words: [String] {
    split(whereSeparator: \.isWhitespace).map { String($0) }
  }
}

extension String {
  /// True when a short phrase stands in the text, octet by octet. The search of the standard
  /// library builds a table for each phrase first, which costs far more than the search.
  func has(_ phrase: String) -> Bool {
    let text = utf8.span
    let part = phrase.utf8.span
    guard !part.isEmpty, part.count <= text.count else { return part.isEmpty }
    for start in 0...(text.count - part.count) where text[start] == part[0] {
      var length = 1
      while length < part.count, text[start + length] == part[length] { length += 1 }
      if length == part.count { return true }
    }
    return false
  }
}

/// Text of addresses and host names inside answers.
enum HostText {
  /// The canonical text of an address (RFC 5952); nil for anything else.
  static func address(_ text: String) -> String? {
    let octets = Array(text.utf8)
    guard let address = IPAddressText.parse(octets.span) else { return nil }
    return self.text(of: address)
  }

  /// The canonical text of an address (RFC 5952).
  static func text(of address: IPAddressText.Address) -> String {
    var octets: [UInt8] = []
    IPAddressText.append(address, to: &octets)
    return String(decoding: octets, as: UTF8.self)
  }

  /// A host name in lower case without its final dot; nil for what cannot be one.
  ///
  /// Letters, digits, hyphens, underscores and octets beyond ASCII, at least two labels, at most
  /// 253 octets (RFC 1035 section 2.3.4).
  static func hostName(_ text: some StringProtocol) -> String? {
    var name = text.lowercased()
    if name.hasSuffix(".") { name.removeLast() }
    guard name.utf8.count <= 253 else { return nil }
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    guard labels.count >= 2, labels.allSatisfy(isLabel) else { return nil }
    return name
  }

  private static func isLabel(_ label: Substring) -> Bool {
    guard !label.isEmpty, label.utf8.count <= 63 else { return false }
    return label.utf8.allSatisfy { octet in
      switch octet {
      case 0x30...0x39, 0x61...0x7A, 0x2D, 0x5F, 0x80...: true
      default: false
      }
    }
  }
}
