/// A complete domain name in canonical form: uncompressed wire labels ending with the root label,
/// ASCII letters lowered (RFC 4343), every other octet unchanged.
///
/// Two names are equal exactly when their octets are. Presentation text exists only at the edge:
/// ``init(text:)`` and ``text(finalDot:)``.
public struct DomainName: Hashable, Sendable {
  /// Length-prefixed labels, root label included: 1–255 octets.
  public let wire: [UInt8]

  /// The root name, `.`.
  public static let root = DomainName(canonicalWire: [0])

  /// Takes octets that are known to be canonical, for example out of the store.
  ///
  /// - Parameter canonicalWire: uncompressed, lowered, complete. Not checked.
  public init(canonicalWire: [UInt8]) {
    self.wire = canonicalWire
  }

  /// Reads an uncompressed wire name and lowers it.
  ///
  /// - Throws: ``NameError`` when the octets are not exactly one complete name.
  public init(wire octets: [UInt8]) throws(NameError) {
    var lowered = octets
    var at = 0
    while true {
      guard at < octets.count else { throw .incomplete }
      let length = Int(octets[at])
      guard length <= DNSLimits.labelOctetsMax else { throw .labelTooLong }
      if length == 0 { break }
      guard at + 1 + length <= octets.count else { throw .incomplete }
      for index in (at + 1)...(at + length) { lowered[index] = ASCII.lowered(octets[index]) }
      at += 1 + length
    }
    guard at + 1 == octets.count else { throw .trailingOctets }
    guard octets.count <= DNSLimits.nameOctetsMax else { throw .nameTooLong }
    self.wire = lowered
  }

  /// Parses presentation text; a missing final dot is supplied.
  ///
  /// - Parameter text: labels joined by dots, `\X` and `\DDD` escapes in any dialect, as UTF-8.
  /// - Throws: ``NameError``.
  public init(text: String) throws(NameError) {
    var out: [UInt8] = []
    let octets = Array(text.utf8)
    try DomainName.parse(octets.span, into: &out)
    self.wire = out
  }

  /// Labels, root not counted: 0–127.
  public var labelCount: Int { DomainName.labelCount(ofWire: wire.span) }

  /// The name without its first label; nil for the root.
  public var parent: DomainName? {
    guard wire[0] != 0 else { return nil }
    return DomainName(canonicalWire: Array(wire[(1 + Int(wire[0]))...]))
  }

  /// True when this name equals `ancestor` or lies below it.
  public func isAtOrBelow(_ ancestor: DomainName) -> Bool {
    var at = 0
    while wire.count - at > ancestor.wire.count { at += 1 + Int(wire[at]) }
    return wire[at...].elementsEqual(ancestor.wire)
  }

  /// Presentation text: `.` and `\` inside a label become `\.` and `\\`, octets outside
  /// 0x21–0x7E become `\DDD`. The root is `.` either way.
  public func text(finalDot: Bool) -> String {
    var out: [UInt8] = []
    DomainName.appendText(of: wire.span, finalDot: finalDot, to: &out)
    return String(decoding: out, as: UTF8.self)
  }
}

/// Why text or octets are not a domain name.
public enum NameError: Error, Equatable, Sendable {
  /// The text is empty.
  case empty
  /// Two dots follow one another, or the name starts with a dot.
  case emptyLabel
  /// A label is longer than ``DNSLimits/labelOctetsMax``.
  case labelTooLong
  /// The name is longer than ``DNSLimits/nameOctetsMax``.
  case nameTooLong
  /// A backslash is followed by nothing, or by a number above 255.
  case badEscape
  /// The octets end inside the name.
  case incomplete
  /// Octets follow the root label.
  case trailingOctets
}
