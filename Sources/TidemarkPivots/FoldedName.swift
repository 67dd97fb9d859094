public import DNSWire
public import TidemarkDomains

/// What pivots make of owner names.
extension DomainName {
  /// The registered domain that the name is at or below; the name itself when it is a public
  /// suffix.
  ///
  /// - Parameter registriesOnly: the domain that a registry knows; otherwise what people register
  ///   below a hosting service stands by itself.
  public func folded(
    _ suffixes: PublicSuffixList, registriesOnly: Bool = false
  ) -> DomainName {
    let labels = suffixes.registeredDomain(of: wire.span, registriesOnly: registriesOnly)
    return labels.map { lastLabels($0) } ?? self
  }

  /// The name of the last labels, root not counted; the name itself when it has no more.
  func lastLabels(_ count: Int) -> DomainName {
    var at = 0
    var surplus = labelCount - count
    while surplus > 0, at < wire.count {
      at += 1 + Int(wire[at])
      surplus -= 1
    }
    return at == 0 ? self : DomainName(canonicalWire: Array(wire[at...]))
  }

  /// False for names that no host has: with a label that starts with an underscore (RFC 8552), or
  /// a wildcard.
  var isHost: Bool {
    var at = 0
    while at < wire.count, wire[at] != 0 {
      guard at + 1 < wire.count else { return false }
      let first = wire[at + 1]
      if first == UInt8(ascii: "_") || (first == UInt8(ascii: "*") && wire[at] == 1) {
        return false
      }
      at += 1 + Int(wire[at])
    }
    return true
  }

  /// The complete name that starts at an offset of rdata; nil when there is none.
  init?(in rdata: [UInt8], from start: Int) {
    var at = start
    while at < rdata.count, rdata[at] != 0 { at += 1 + Int(rdata[at]) }
    guard start < rdata.count, at < rdata.count,
      let name = try? DomainName(wire: Array(rdata[start...at]))
    else { return nil }
    self = name
  }
}
