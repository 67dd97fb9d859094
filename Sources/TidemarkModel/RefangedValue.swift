import DNSWire

/// A value to look up as people pass it on, made a name, an address or a network again.
///
/// Reports write `hxxp://www.example[.]com/path` so that nobody clicks on it. Brackets around dots
/// and colons, schemes, users, ports, paths and the punctuation around a value go:
///
/// | text | value |
/// | --- | --- |
/// | `example[.]com`, `example(dot)com`, `example[.com` | `example.com` |
/// | `hxxps://user@www.example.com:8443/x?y#z` | `www.example.com` |
/// | `http://[2001:db8::1]/`, `2001[:]db8[:][:]1` | `2001:db8::1` |
/// | `someone[at]example.com`, `mailto:someone@example.com` | `example.com` |
/// | `<example.com>,` | `example.com` |
///
/// Text with blanks is rdata, text with a backslash has escapes of names; both stay as they are,
/// and so do networks, wildcards and final dots.
public struct RefangedValue: Sendable, Equatable {
  /// What is meant.
  public let value: String
  /// True when more than blanks around the text had to go: people should be told.
  public let isChanged: Bool

  /// Reads a text.
  public init(_ text: String) {
    let trimmed = RefangedValue.trimmed(Array(text.utf8)[...])
    var octets = Array(trimmed)
    let isRData = octets.contains { $0 == ASCII.space || $0 == ASCII.backslash }
    if !isRData {
      octets = Array(RefangedValue.withoutPunctuation(octets[...]))
      for (mark, plain) in RefangedValue.marks { RefangedValue.replace(mark, plain, in: &octets) }
      octets = RefangedValue.host(Array(RefangedValue.withoutPunctuation(octets[...])))
    }
    // What is nothing but punctuation is left to whoever says what is wrong with it.
    let kept = octets.isEmpty ? Array(trimmed) : octets
    value = String(decoding: kept, as: UTF8.self)
    isChanged = !kept.elementsEqual(trimmed)
  }

  /// Whole marks before halves of them.
  private static let marks: [(mark: [UInt8], plain: [UInt8])] = {
    var marks: [(mark: [UInt8], plain: [UInt8])] = []
    for (open, close) in [("[", "]"), ("(", ")"), ("{", "}")] {
      for (inner, plain) in [
        (".", "."), ("dot", "."), (":", ":"), ("://", "://"), ("@", "@"), ("at", "@"), ("/", "/"),
      ] {
        marks.append((Array((open + inner + close).utf8), Array(plain.utf8)))
      }
    }
    for half in ["[.", ".]", "(.", ".)"] { marks.append((Array(half.utf8), [ASCII.dot])) }
    return marks
  }()

  private static func replace(_ mark: [UInt8], _ plain: [UInt8], in octets: inout [UInt8]) {
    var out: [UInt8] = []
    var at = 0
    while at < octets.count {
      let piece = octets[at...].prefix(mark.count)
      if piece.count == mark.count, zip(piece, mark).allSatisfy({ ASCII.lowered($0) == $1 }) {
        out.append(contentsOf: plain)
        at += mark.count
      } else {
        out.append(octets[at])
        at += 1
      }
    }
    octets = out
  }

  private static func trimmed(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isBlank(_ octet: UInt8) -> Bool { octet <= ASCII.space }
    var rest = octets.drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return rest
  }

  /// Without the quotes, brackets, commas and the like around a value. A bracket at the end stays
  /// when its partner is inside the value.
  private static func withoutPunctuation(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var rest = octets
    let pairs: [UInt8: UInt8] = [
      UInt8(ascii: "<"): UInt8(ascii: ">"), UInt8(ascii: "("): UInt8(ascii: ")"),
      UInt8(ascii: "["): UInt8(ascii: "]"), UInt8(ascii: "{"): UInt8(ascii: "}"),
      ASCII.quote: ASCII.quote, UInt8(ascii: "'"): UInt8(ascii: "'"),
      UInt8(ascii: "`"): UInt8(ascii: "`"),
    ]
    var before = -1
    while before != rest.count {
      before = rest.count
      while let last = rest.last, ",;!?".utf8.contains(last) { rest.removeLast() }
      if rest.last == UInt8(ascii: ":"), !rest.dropLast().contains(UInt8(ascii: ":")) {
        rest.removeLast()
      }
      guard let first = rest.first, let last = rest.last, rest.count > 1 else { break }
      if let partner = pairs[first], partner == last { rest = rest.dropFirst().dropLast() }
      if let partner = pairs[first], partner != last, !rest.contains(partner) {
        rest = rest.dropFirst()
      }
      if let opener = pairs.first(where: { $0.value == last })?.key, opener != first,
        !rest.contains(opener)
      {
        rest.removeLast()
      }
    }
    return rest
  }

  /// The host of a URL, of an address with a port, or of a mailbox; other text as it is.
  private static func host(_ octets: [UInt8]) -> [UInt8] {
    var rest = octets[...]
    let hasScheme = dropScheme(&rest)
    if !hasScheme, isNetwork(rest) { return octets }
    if let cut = rest.firstIndex(where: { "/?#".utf8.contains($0) }) {
      // Names of RFC 2317 have a slash in their first label: a host has a dot before its path.
      guard hasScheme || rest[..<cut].contains(ASCII.dot) else { return octets }
      rest = rest[..<cut]
    }
    if let at = rest.lastIndex(of: UInt8(ascii: "@")) { rest = rest[(at + 1)...] }
    if rest.first == UInt8(ascii: "["), let close = rest.firstIndex(of: UInt8(ascii: "]")) {
      return Array(rest[(rest.startIndex + 1)..<close])
    }
    if let colon = rest.firstIndex(of: UInt8(ascii: ":")),
      rest[(colon + 1)...].allSatisfy(ASCII.isDigit)
    {
      rest = rest[..<colon]
    }
    while rest.suffix(2).elementsEqual("..".utf8) { rest.removeLast() }
    return Array(rest)
  }

  /// Drops `hxxp://` and the like, and `mailto:`.
  private static func dropScheme(_ rest: inout ArraySlice<UInt8>) -> Bool {
    let lower = rest.map(ASCII.lowered)
    if lower.starts(with: "mailto:".utf8) {
      rest = rest.dropFirst(7)
      return true
    }
    // Any word will do: hxxp, hXXps, h**p, meow.
    guard let colon = rest.firstIndex(of: UInt8(ascii: ":")),
      rest[(colon + 1)...].starts(with: "//".utf8)
    else { return false }
    rest = rest[(colon + 3)...]
    return true
  }

  /// An address, a network, or a range of addresses.
  private static func isNetwork(_ text: ArraySlice<UInt8>) -> Bool {
    let address = text.prefix { !"/,-".utf8.contains($0) }
    return IPAddressText.parse(Array(address).span) != nil
  }
}
