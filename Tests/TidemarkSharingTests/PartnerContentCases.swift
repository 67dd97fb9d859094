import DNSWire
import TidemarkModel
import TidemarkSharing

/// Names and addresses in every place of rdata.
enum PartnerContentCases {
  typealias Case = PartnerFilterTests.Case

  static let all: [Case] = [texts, publicTexts, fields, publicFields, damaged, lossy].flatMap { $0 }

  private static func txt(_ text: String) throws -> SharedRecord {
    try shared("a.example.com", .txt, text)
  }

  /// A record with these octets as rdata.
  private static func raw(_ rrtype: RRType, _ rdata: [UInt8]) throws -> SharedRecord {
    let owner = try DomainName(text: "a.example.com")
    var key: [UInt8] = []
    RecordKey.append(
      dataset: 1, rrname: owner.wire.span, rrtype: rrtype,
      rdata: rdata.span, vantage: .authority, bailiwick: .unknown, to: &key)
    return SharedRecord(
      key: key, timeFirst: PartnerWorld.now, timeLast: PartnerWorld.now, count: 1, tlp: .clear)
  }

  private static let excludes: @Sendable (inout PartnerPolicy) -> Void = {
    $0.exclude = ["customer.example"]
    $0.keepsPrivate = true
  }

  private static let keepsPrivate: @Sendable (inout PartnerPolicy) -> Void = {
    $0.keepsPrivate = true
  }

  private static let texts: [Case] = [
    Case("SPF with an address", .privateAddress, try txt(#""v=spf1 ip4:10.0.0.1 -all""#)),
    Case("SPF with a network", .privateAddress, try txt(#""v=spf1 ip4:192.168.0.0/16 -all""#)),
    Case("SPF with an IPv6 network", .privateAddress, try txt(#""v=spf1 ip6:fd00::/8 -all""#)),
    Case(
      "the type SPF", .privateAddress, try shared("a.example.com", .spf, #""v=spf1 ip4:10.0.0.1""#)),
    Case("SPF with a name", .privateName, try txt(#""v=spf1 include:mail.corp -all""#)),
    Case("SPF with a macro", .privateName, try txt(#""v=spf1 exists:%{i}.lan -all""#)),
    Case("an address in the second string", .privateAddress, try txt(#""one" "at 10.0.0.1""#)),
    Case("an address in two strings", .privateAddress, try txt(#""ip4:10.0" ".0.1""#)),
    Case("an address at the end of a sentence", .privateAddress, try txt(#""It is 10.0.0.1.""#)),
    Case("an address with a port", .privateAddress, try txt(#""10.0.0.1:8080""#)),
    Case("an address in brackets", .privateAddress, try txt(#""http://[fd00::1]:80/""#)),
    Case("an address in parentheses", .privateAddress, try txt(#""gateway (10.0.0.1)""#)),
    Case("a translated address", .privateAddress, try txt(#""64:ff9b::10.0.0.1""#)),
    Case("a mail address", .privateName, try txt(#""mailto:root@pc.corp""#)),
    Case("a URI", .privateName, try txt(#""see <https://wiki.internal:8443/a?b=c>""#)),
    Case("a name with a dot at its end", .privateName, try txt(#""host=pc.home.arpa.""#)),
    Case("a name behind colons", .privateName, try txt(#""a:b:pc.corp""#)),
    Case("an excluded zone", .excluded, try txt(#""managed by www.Customer.example!""#), excludes),
    Case(
      "CAA", .privateName, try shared("a.example.com", .caa, #"0 iodef "mailto:x@pc.corp""#)),
    Case(
      "CAA of an excluded zone", .excluded,
      try shared("a.example.com", .caa, #"0 iodef "https://ca.customer.example/x""#), excludes),
    Case(
      "URI", .privateAddress, try shared("a.example.com", .uri, #"10 1 "https://10.0.0.1:8443/""#)),
    Case(
      "NAPTR, its expression", .privateName,
      try shared(
        "a.example.com", .naptr, #"100 10 "u" "E2U+sip" "!^.*$!sip:info@pc.corp!" ."#)),
    Case("HINFO", .privateAddress, try shared("a.example.com", .hinfo, #""PC" "10.0.0.1""#)),
    Case(
      "another parameter of HTTPS", .privateName,
      try shared("a.example.com", .https, #"1 . alpn=h2 key65400="log.corp""#)),
  ]

  private static let publicTexts: [Case] = [
    Case(
      "SPF with what is public", .released,
      try txt(#""v=spf1 include:example.com ip4:192.0.2.0/24 ip6:2001:db8::/32 ~all""#)),
    Case("words that are labels of sites", .released, try txt(#""a test of the local home. lan""#)),
    Case("colons and dots without end", .released, try txt(#""::::....::..: .. : .""#)),
    Case("no text", .released, try txt(#""""#)),
    Case("octets that are no text", .released, try txt(#""\000\255\128.\001""#)),
    Case(
      "NAPTR of the public DNS", .released,
      try shared(
        "a.example.com", .naptr, #"100 10 "s" "SIP+D2U" "" _sip._udp.example.com."#)),
    Case(
      "CAA of the public DNS", .released,
      try shared("a.example.com", .caa, #"0 issue "ca.example.net""#)),
    Case("what is private, for who may have it", .released, try txt(#""10.0.0.1 pc.corp""#)) {
      $0.keepsPrivate = true
    },
    Case("beside an excluded zone", .released, try txt(#""www.acustomer.example""#), excludes),
  ]

  private static let fields: [Case] = [
    Case(
      "an address as gateway", .privateAddress,
      try shared("a.example.com", .ipseckey, "10 1 2 10.0.0.1 AQAB")),
    Case(
      "an IPv6 address as gateway", .privateAddress,
      try shared("a.example.com", .ipseckey, "10 2 2 fd00::1 AQAB")),
    Case(
      "a name as gateway", .privateName,
      try shared("a.example.com", .ipseckey, "10 3 2 GW.corp. AQAB")),
    Case(
      "a single label as gateway", .privateName,
      try shared("a.example.com", .ipseckey, "10 3 2 gateway. AQAB")),
    Case(
      "an address as relay", .privateAddress,
      try shared("a.example.com", .amtrelay, "10 1 1 10.0.0.1")),
    Case(
      "a name as relay", .excluded,
      try shared("a.example.com", .amtrelay, "10 0 3 amt.customer.example."), excludes),
    Case(
      "the second rendezvous server", .privateName,
      try shared(
        "a.example.com", .hip, "2 20010010 AQAB rvs.example.com. rvs.internal.")),
    Case(
      "a network", .privateAddress,
      try shared("a.example.com", .apl, "1:192.0.2.0/24 !1:10.0.0.0/8")),
    Case("a locator", .privateAddress, try shared("a.example.com", .l32, "10 10.1.2.0")),
    Case(
      "a whole address in A6", .privateAddress,
      try raw(.a6, [0, 0xFD] + [UInt8](repeating: 0, count: 14) + [1])),
    Case(
      "a name in A6", .privateName,
      try raw(
        .a6, [64] + [UInt8](repeating: 1, count: 8) + [2, 0x50, 0x63, 3, 0x6C, 0x61, 0x6E, 0])),
  ]

  private static let publicFields: [Case] = [
    Case(
      "no gateway", .released, try shared("a.example.com", .ipseckey, "10 0 2 . AQAB")),
    Case(
      "a gateway that is public", .released,
      try shared("a.example.com", .ipseckey, "10 1 2 192.0.2.1 AQAB")),
    Case(
      "a relay that is public", .released,
      try shared("a.example.com", .amtrelay, "10 0 3 amt.example.com.")),
    Case(
      "rendezvous servers that are public", .released,
      try shared("a.example.com", .hip, "2 20010010 AQAB rvs.example.com.")),
    Case(
      "networks that are public", .released,
      try shared("a.example.com", .apl, "1:192.0.2.0/24 2:2001:db8::/32")),
    Case("a type without a form", .released, try raw(RRType(rawValue: 65_000), [10, 0, 0, 1])),
  ]

  /// What cannot be read cannot be held against a list.
  private static let damaged: [Case] = [
    Case("half a name", .damaged, try raw(.cname, [2, 0x70])),
    Case(
      "octets behind a name", .damaged,
      try raw(.cname, [1, 0x61, 3, 0x63, 0x6F, 0x6D, 0, 10, 0, 0, 1])),
    Case("an address of five octets", .damaged, try raw(.a, [10, 0, 0, 1, 1])),
    Case("half a string", .damaged, try raw(.txt, [9, 0x31])),
    Case("half a hint", .damaged, try raw(.https, [0, 1, 0, 0, 4, 0, 3, 10, 0, 0])),
    Case("an excluded zone is asked for", .damaged, try raw(.cname, [2, 0x70]), excludes),
    Case("nothing is asked for", .released, try raw(.cname, [2, 0x70]), keepsPrivate),
  ]

  private static func text(_ rrtype: RRType, _ text: String) throws -> SharedRecord {
    try shared("a.example.com", rrtype, text, vantage: .text)
  }

  private static let lossy: [Case] = [
    Case("lossy SPF", .privateAddress, try text(.txt, "v=spf1 ip4:10.0.0.1 -all")),
    Case("a lossy host", .privateName, try text(.mx, "mailhost")),
    Case("a lossy preference", .released, try text(.mx, "10 mail.example.com")),
    Case("a lossy preference and a host", .privateName, try text(.mx, "10 mailhost")),
    Case("a lossy HTTPS", .released, try text(.https, "1 . alpn=h2 ipv4hint=192.0.2.1")),
    Case("a lossy hint", .privateAddress, try text(.https, "1 . ipv4hint=192.0.2.1,10.0.0.1")),
    Case("a lossy address", .privateAddress, try text(.a, "10.0.0.1")),
  ]
}
