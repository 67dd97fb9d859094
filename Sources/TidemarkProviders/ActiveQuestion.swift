import DNSWire
import TidemarkIngest
import TidemarkModel
import TidemarkQuery

/// A question to a resolver.
struct ActiveQuestion: Hashable, Sendable {
  let name: DomainName
  let rrtype: RRType

  /// What is asked about a name: what analysts look at first. CNAME comes with A.
  static let typesOfNames: [RRType] = [.a, .aaaa, .ns, .mx, .txt, .soa]

  /// The questions about a value: none unless it is a name or one address, and may be asked for.
  ///
  /// - Parameter filter: names that must not leave this machine.
  static func questions(about value: LookupValue, filter: RecordFilter) -> [ActiveQuestion] {
    // Text with blanks is meant for rdata; no host has such a name.
    guard !value.isText else { return [] }
    return switch value.subjects.first {
    case .owner(let name):
      typesOfNames.map { ActiveQuestion(name: name, rrtype: $0) }
        .filter { $0.mayBeAsked(filter) }
    case .network(let network) where network.bits == network.octets.count * 8:
      [ActiveQuestion(name: reverseName(of: network.octets), rrtype: .ptr)]
        .filter { $0.mayBeAsked(filter) }
    default: []
    }
  }

  /// Names of one label are no names of hosts, and the root has nothing to tell.
  private func mayBeAsked(_ filter: RecordFilter) -> Bool {
    let none: [UInt8] = []
    return name.labelCount > 1
      && filter.reason(rrname: name.wire.span, rrtype: rrtype, rdata: none.span) == nil
  }

  /// `1.2.0.192.in-addr.arpa` (RFC 1035 section 3.5), or the nibbles of RFC 3596 section 2.5.
  static func reverseName(of address: [UInt8]) -> DomainName {
    var wire: [UInt8] = []
    func append(_ label: [UInt8]) {
      wire.append(UInt8(truncatingIfNeeded: label.count))
      wire += label
    }
    for octet in address.reversed() {
      if address.count == 4 {
        var label: [UInt8] = []
        ASCII.appendDecimal(UInt64(octet), to: &label)
        append(label)
      } else {
        append([nibble(octet & 15)])
        append([nibble(octet >> 4)])
      }
    }
    append(Array((address.count == 4 ? "in-addr" : "ip6").utf8))
    append(Array("arpa".utf8))
    return DomainName(canonicalWire: wire + [0])
  }

  private static func nibble(_ value: UInt8) -> UInt8 {
    value < 10 ? ASCII.zero + value : UInt8(ascii: "a") + value - 10
  }
}
