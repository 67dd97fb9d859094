import DNSWire

/// The target of a request (RFC 9112 section 3.2), path and query still percent-encoded.
struct RequestTarget {
  let path: ArraySlice<UInt8>
  /// What follows the first question mark.
  let query: ArraySlice<UInt8>

  private static let slash = UInt8(ascii: "/")
  private static let percent = UInt8(ascii: "%")

  init(_ target: String) {
    var octets = Array(target.utf8)[...]
    if let fragment = octets.firstIndex(of: UInt8(ascii: "#")) { octets = octets[..<fragment] }
    let mark = octets.firstIndex(of: UInt8(ascii: "?")) ?? octets.endIndex
    query = octets[mark...].dropFirst()
    octets = octets[..<mark]
    let isAbsolute = octets.first != RequestTarget.slash
    path = isAbsolute ? RequestTarget.pathOfAbsoluteForm(octets) ?? octets : octets
  }

  /// What follows a prefix in the path, or nil.
  func rest(after prefix: StaticString) -> ArraySlice<UInt8>? {
    let count = prefix.utf8CodeUnitCount
    guard path.count >= count else { return nil }
    let isPrefix = unsafe UnsafeBufferPointer(start: prefix.utf8Start, count: count)
      .elementsEqual(path.prefix(count))
    return isPrefix ? path.dropFirst(count) : nil
  }

  /// Replaces every `%HH`.
  ///
  /// - Parameter plusIsBlank: true in queries, as forms write them.
  /// - Returns: nil when a percent sign is not followed by two hexadecimal digits.
  static func decode(_ octets: ArraySlice<UInt8>, plusIsBlank: Bool = false) -> [UInt8]? {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(octets.count)
    var at = octets.startIndex
    while at < octets.endIndex {
      let octet = octets[at]
      at += 1
      guard octet == percent else {
        decoded.append(plusIsBlank && octet == UInt8(ascii: "+") ? ASCII.space : octet)
        continue
      }
      guard octets.endIndex - at >= 2, let high = ASCII.hexValue(octets[at]),
        let low = ASCII.hexValue(octets[at + 1])
      else { return nil }
      decoded.append(high << 4 | low)
      at += 2
    }
    return decoded
  }

  /// The names and values of the query, decoded, in their order.
  func pairs() throws(QueryFault) -> [(name: String, value: String)] {
    try RequestTarget.pairs(query)
  }

  /// The names and values of a query or a form, decoded, in their order.
  static func pairs(
    _ octets: ArraySlice<UInt8>
  ) throws(QueryFault) -> [(name: String, value: String)] {
    var found: [(name: String, value: String)] = []
    var names: Set<String> = []
    for part in octets.split(separator: UInt8(ascii: "&")) {
      let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
      guard let name = RequestTarget.text(part[..<equals]),
        let value = RequestTarget.text(part[equals...].dropFirst())
      else { throw .notEncoded }
      guard names.insert(name).inserted else { throw .twice(name) }
      found.append((name, value))
    }
    return found
  }

  private static func text(_ octets: ArraySlice<UInt8>) -> String? {
    decode(octets, plusIsBlank: true).flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// `http://host/path` is what a proxy is sent.
  private static func pathOfAbsoluteForm(_ octets: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let parts = octets.split(
      separator: slash, maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].last == UInt8(ascii: ":"), parts[1].isEmpty else { return nil }
    let path = parts[2].firstIndex(of: slash) ?? octets.endIndex
    return octets[path...]
  }
}

/// Why a query has no names and values.
enum QueryFault: Error, Equatable {
  /// Bad escapes, or octets that are not UTF-8.
  case notEncoded
  /// A name comes again.
  case twice(String)
}
