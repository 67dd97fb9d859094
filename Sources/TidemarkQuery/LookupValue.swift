public import DNSWire

/// A value as a person or a client writes it, and what it can mean.
///
/// | value | is looked up as |
/// | --- | --- |
/// | `192.0.2.1`, `2001:db8::1` | address in A and AAAA records |
/// | `192.0.2.0/24`, `192.0.2.0,24` | network |
/// | `192.0.2.1-192.0.2.9` | addresses from the first through the last |
/// | `*.example.com` | owner names, and names in rdata, at or below example.com |
/// | `+.example.com` | the same with exactly one label more than example.com |
/// | `www.example.*` | the same that start with the labels www.example, and no more or some more |
/// | `www.example.com` | owner name, and name in rdata |
/// | `10 mail.example.com`, `"v=spf1 -all"` | rdata of any type that is written so |
/// | `a b.example.com` | the same, and the name with a blank in it (`a\032b.example.com`) |
///
/// Letter case and one final dot make no difference. A wildcard is a label of its own at one end;
/// a name with a real star in it is written with `\*`.
public struct LookupValue: Sendable, Equatable {
  /// Subjects whose results together are the answer, owner side first.
  public let subjects: [RecordQuery.Subject]
  /// True for text with blanks or quotes, which is meant for rdata more often than for a name.
  public let isText: Bool

  /// Longest value, octets: an escaped name of 255 octets has up to 1,020; rdata text may be more.
  public static let octetsMax = 4_096

  /// Reads a value.
  ///
  /// - Throws: ``LookupValueError``.
  public init(_ text: String) throws(LookupValueError) {
    let octets = Array(text.utf8)
    guard !octets.isEmpty else { throw .empty }
    guard octets.count <= LookupValue.octetsMax else { throw .tooLong }
    isText = octets.contains(ASCII.space) || octets.contains(ASCII.quote)
    if let network = LookupValue.network(octets) {
      subjects = [.network(network)]
      return
    }
    if let ends = AddressRange.ends(octets) {
      guard let range = AddressRange(first: ends.first, last: ends.last) else { throw .range }
      subjects = [.addresses(range)]
      return
    }
    if isText {
      // A quote is never written in a name; a blank is, by those who undo its escape.
      let name = octets.contains(ASCII.quote) ? nil : try? WildcardName(octets)
      subjects = (name.map(LookupValue.names) ?? []) + LookupValue.rdata(octets)
    } else {
      subjects = LookupValue.names(try WildcardName(octets))
    }
  }

  private static func names(_ name: WildcardName) -> [RecordQuery.Subject] {
    switch name {
    case .exact(let name): [.owner(name), .rdataName(name)]
    case .atOrBelow(let name): [.ownerAtOrBelow(name), .rdataNameAtOrBelow(name)]
    case .oneBelow(let name): [.ownerOneBelow(name), .rdataNameOneBelow(name)]
    case .startingWith(let name): [.ownerStartingWith(name), .rdataNameStartingWith(name)]
    }
  }

  /// Addresses and networks; dnsdbq writes the prefix length behind a comma.
  private static func network(_ octets: [UInt8]) -> AddressPrefix? {
    // Names end in a letter nearly always, addresses in a digit of some kind or a colon.
    guard let last = octets.last, ASCII.hexValue(last) != nil || last == UInt8(ascii: ":") else {
      return nil
    }
    let comma = UInt8(ascii: ",")
    let slash = UInt8(ascii: "/")
    return AddressPrefix(
      text: String(decoding: octets.map { $0 == comma ? slash : $0 }, as: UTF8.self))
  }

  /// Types whose text has blanks or quotes, so that a value can be meant for them.
  private static let typesWithText: [RRType] = [
    .mx, .srv, .soa, .txt, .spf, .caa, .naptr, .ds, .cds, .dnskey, .cdnskey, .tlsa, .smimea, .sshfp,
    .https, .svcb, .rp, .minfo, .afsdb, .rt, .kx, .px, .hinfo, .cert, .loc, .uri, .rrsig, .nsec,
    .nsec3, .nsec3param, .csync, .zonemd,
  ]

  /// Every wire form that the text has as rdata of some type, and the text of lossy records.
  private static func rdata(_ octets: [UInt8]) -> [RecordQuery.Subject] {
    var subjects: [RecordQuery.Subject] = []
    for type in LookupValue.typesWithText {
      var wire: [UInt8] = []
      guard (try? RDataParser.parse(octets.span, type: type, into: &wire)) != nil else { continue }
      let subject = RecordQuery.Subject.rdata(wire)
      if !subjects.contains(subject) { subjects.append(subject) }
    }
    return subjects + [.lossyText(octets)]
  }
}

/// Why a value cannot be looked up.
public enum LookupValueError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Nothing was given.
  case empty
  /// Longer than ``LookupValue/octetsMax``.
  case tooLong
  /// Not a domain name.
  case name(NameError)
  /// A wildcard that is not a label of its own at one end.
  case wildcard
  /// A range of addresses whose ends are of two families, or the last is below the first.
  case range

  /// One line for people.
  public var description: String {
    switch self {
    case .empty: "the value is empty"
    case .tooLong: "the value is longer than \(LookupValue.octetsMax) octets"
    case .name(let error): "not a domain name, address or network: \(error)"
    case .wildcard:
      "a wildcard is a label of its own at one end: *.example.com, +.example.com, www.example.*"
    case .range: "a range goes from a lower to a higher address of one family"
    }
  }
}
