public import DNSWire

/// A name as clients write it in queries, with at most one wildcard.
///
/// `*` stands for no or some labels at either end, `+` for exactly one at the left: the DNSDB API's
/// rules. Escaped (`\*`) or inside a label with other octets (`+`), they are octets like others.
public enum WildcardName: Sendable, Hashable {
  /// `www.example.com`
  case exact(DomainName)
  /// `*.example.com`
  case atOrBelow(DomainName)
  /// `+.example.com`
  case oneBelow(DomainName)
  /// `www.example.*`
  case startingWith(DomainName)

  /// Reads a name; a missing final dot is supplied.
  ///
  /// - Parameter text: presentation form.
  /// - Throws: ``LookupValueError/name(_:)`` and ``LookupValueError/wildcard``.
  public init(_ text: [UInt8]) throws(LookupValueError) {
    var labels = WildcardName.labels(of: text)
    // What a final dot leaves.
    if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
    let isStar = labels.map { $0.elementsEqual([WildcardName.star]) }
    let isPlus = labels.map { $0.elementsEqual([UInt8(ascii: "+")]) }
    let wildcards = isStar.indices.filter { isStar[$0] || isPlus[$0] }
    for index in labels.indices where !isStar[index] {
      guard !WildcardName.hasStar(labels[index]) else { throw .wildcard }
    }
    guard let place = wildcards.first else {
      self = .exact(try WildcardName.name(text))
      return
    }
    // A wildcard alone would be the whole store: hardly what was meant.
    guard wildcards.count == 1, labels.count > 1,
      place == 0 || (isStar[place] && place == labels.count - 1)
    else { throw .wildcard }
    if place == 0 {
      let name = try WildcardName.name(Array(text.dropFirst(2)))
      self = isStar[0] ? .atOrBelow(name) : .oneBelow(name)
    } else {
      let end = labels[place].startIndex
      self = .startingWith(try WildcardName.name(Array(text[..<end])))
    }
  }

  private static let star = UInt8(ascii: "*")
  private static let backslash = UInt8(ascii: "\\")

  /// The text between unescaped dots.
  private static func labels(of text: [UInt8]) -> [ArraySlice<UInt8>] {
    var labels: [ArraySlice<UInt8>] = []
    var start = 0
    var at = 0
    while at < text.count {
      if text[at] == backslash {
        at += 1
      } else if text[at] == UInt8(ascii: ".") {
        labels.append(text[start..<at])
        start = at + 1
      }
      at += 1
    }
    return labels + [text[min(start, text.count)...]]
  }

  private static func hasStar(_ label: ArraySlice<UInt8>) -> Bool {
    var isEscaped = false
    for octet in label {
      if octet == star, !isEscaped { return true }
      isEscaped = octet == backslash && !isEscaped
    }
    return false
  }

  private static func name(_ text: [UInt8]) throws(LookupValueError) -> DomainName {
    var wire: [UInt8] = []
    do {
      try DomainName.parse(text.span, into: &wire)
    } catch {
      throw .name(error)
    }
    return DomainName(canonicalWire: wire)
  }
}
