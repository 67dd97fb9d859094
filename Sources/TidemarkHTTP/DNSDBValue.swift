import DNSWire
import HTTPTypes
import TidemarkQuery

/// What is looked for, read from a segment of the path.
enum DNSDBValue {
  /// A name as it is, or with a wildcard at one end.
  enum Name: Equatable {
    case exact(DomainName)
    /// `*.x`: x and everything below it.
    case atOrBelow(DomainName)
    /// `+.x`: exactly one label more than x.
    case oneBelow(DomainName)
    /// `x.*`: the labels of x, and any more to their right.
    case startingWith(DomainName)
  }

  /// Undoes the encoding of a segment. Clients encode values that are encoded already; what is
  /// still an escape afterwards is none of a name, an address or a type.
  ///
  /// - Throws: ``Problem``.
  static func text(_ segment: ArraySlice<UInt8>) throws(Problem) -> [UInt8] {
    guard let once = RequestTarget.decode(segment) else {
      throw Problem(.badRequest, "a percent sign in the path is not followed by two digits")
    }
    guard once.contains(UInt8(ascii: "%")) else { return once }
    return RequestTarget.decode(once[...]) ?? once
  }

  /// Reads a name.
  ///
  /// - Throws: ``Problem``.
  static func name(_ segment: ArraySlice<UInt8>) throws(Problem) -> Name {
    let octets = try text(segment)
    let (star, plus, dot) = (UInt8(ascii: "*"), UInt8(ascii: "+"), ASCII.dot)
    var rest = octets[...]
    let left = octets.first == star || octets.first == plus ? octets.first : nil
    let hasLeft = left != nil && (octets.count == 1 || octets[1] == dot)
    if hasLeft { rest = rest.dropFirst(2) }
    // `www.*` and `www.*.`
    let undotted = rest.last == dot ? rest.dropLast() : rest
    let hasRight = undotted.count > 1 && undotted.last == star && undotted.dropLast().last == dot
    if hasRight { rest = undotted.dropLast(2) }
    guard !(hasLeft && hasRight) else {
      throw Problem(.badRequest, "a name has a wildcard at one end only")
    }
    try refuseWildcards(rest)
    let name = try domainName(rest.isEmpty && hasLeft ? [dot] : Array(rest))
    if hasRight { return .startingWith(name) }
    guard hasLeft else { return .exact(name) }
    return left == star ? .atOrBelow(name) : .oneBelow(name)
  }

  /// Reads a name without wildcards.
  ///
  /// - Throws: ``Problem``.
  static func plainName(_ segment: ArraySlice<UInt8>) throws(Problem) -> DomainName {
    guard case .exact(let name) = try name(segment) else {
      throw Problem(.badRequest, "a bailiwick has no wildcard")
    }
    return name
  }

  /// Reads an even number of hexadecimal digits, at least two.
  ///
  /// - Throws: ``Problem``.
  static func hexadecimal(_ segment: ArraySlice<UInt8>) throws(Problem) -> [UInt8] {
    let digits = try text(segment)
    guard let octets = ASCII.octets(hexadecimal: digits.span), !octets.isEmpty else {
      throw Problem(.badRequest, "the raw value is not an even number of hexadecimal digits")
    }
    return octets
  }

  /// Reads an address, a network (`a,len`; `a/len` when it is encoded), or a range (`a-b`).
  ///
  /// - Throws: ``Problem``.
  static func addresses(_ segment: ArraySlice<UInt8>) throws(Problem) -> RecordQuery.Subject {
    let comma = UInt8(ascii: ",")
    let octets = try text(segment).map { $0 == comma ? UInt8(ascii: "/") : $0 }
    let text = String(decoding: octets, as: UTF8.self)
    if let network = AddressPrefix(text: text) { return .network(network) }
    if let range = AddressRange(text: text) { return .addresses(range) }
    throw Problem(
      .badRequest, "neither an IP address, nor a network, nor a range of addresses of one family")
  }

  /// A star, or a label that is a plus sign, which are not meant literally.
  private static func refuseWildcards(_ text: ArraySlice<UInt8>) throws(Problem) {
    var isEscaped = false
    for octet in text {
      if octet == UInt8(ascii: "*"), !isEscaped {
        throw Problem(
          .badRequest, "a wildcard is a whole label at one end of a name; a real * is written \\*")
      }
      isEscaped = octet == ASCII.backslash && !isEscaped
    }
    let plus = [UInt8(ascii: "+")]
    if text.split(separator: ASCII.dot).contains(where: { $0.elementsEqual(plus) }) {
      throw Problem(.badRequest, "the wildcard + is the first label of a name and no other")
    }
  }

  private static func domainName(_ text: [UInt8]) throws(Problem) -> DomainName {
    var wire: [UInt8] = []
    do {
      try DomainName.parse(text.span, into: &wire)
    } catch {
      throw Problem(.badRequest, "not a domain name: \(error)")
    }
    return DomainName(canonicalWire: wire)
  }
}
