import DNSWire
import HTTPTypes

/// Which types a path asks for.
struct DNSDBTypes: Equatable {
  /// Only these; empty for all but ``excluded``.
  private(set) var included: Set<RRType> = []
  /// Not these.
  private(set) var excluded = DNSDBTypes.dnssec

  /// What `ANY` leaves out and `ANY-DNSSEC` means.
  static let dnssec: Set<RRType> = [
    .ds, .rrsig, .nsec, .dnskey, .nsec3, .nsec3param, .dlv, .cds, .cdnskey,
    RRType(rawValue: 32_768),
  ]

  /// No type in the path: the same as `ANY`.
  init() {}

  /// Reads a segment: a type in any letter case, `ANY`, `ANY-DNSSEC`, or several with commas.
  ///
  /// - Throws: ``Problem``.
  init(_ segment: ArraySlice<UInt8>) throws(Problem) {
    var named: Set<RRType> = []
    var isAny = false
    let words = try DNSDBValue.text(segment).split(
      separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    for word in words {
      let word = Array(word)
      switch String(decoding: word, as: UTF8.self).uppercased() {
      case "ANY": isAny = true
      case "ANY-DNSSEC": named.formUnion(DNSDBTypes.dnssec)
      default:
        guard let type = RRType(mnemonic: word.span) else {
          throw Problem(
            .badRequest, "no record type is called \(String(decoding: word, as: UTF8.self))")
        }
        named.insert(type)
      }
    }
    included = isAny ? [] : named
    excluded = isAny ? DNSDBTypes.dnssec.subtracting(named) : []
  }

  /// `ANY`, said or left out.
  var isAny: Bool { included.isEmpty && excluded == DNSDBTypes.dnssec }

  /// True when the types are among those that have addresses, or `ANY`.
  var isForAddresses: Bool {
    isAny || !included.isEmpty && included.isSubset(of: [.a, .aaaa])
  }

  /// True when a DNSSEC type is asked for.
  var hasDNSSEC: Bool {
    included.isEmpty ? !isAny : !included.isDisjoint(with: DNSDBTypes.dnssec)
  }
}
