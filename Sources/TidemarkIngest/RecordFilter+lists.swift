extension RecordFilter.Rules {
  /// Names that are not in the public DNS: the registry of RFC 6761 without the names of
  /// documentation, home.arpa (RFC 8375), alt (RFC 9476), and internal (ICANN, 2024).
  static let specialUseNames = [
    "alt", "home.arpa", "internal", "invalid", "local", "localhost", "onion", "resolver.arpa",
    "test",
  ]

  /// Labels that sites put at the top of their own names (RFC 6762 appendix G and ICANN's study of
  /// name collision).
  static let siteNames = [
    "corp", "home", "intranet", "lan", "localdomain", "private", "workgroup",
  ]

  /// Zones whose names are questions: an address, a domain or a hash in front of them is looked up
  /// by mail servers and security software, and the answer says nothing about a host.
  public static let standardBlocklists = [
    "asn.cymru.com", "hash.cymru.com", "spamhaus.org",
    "all.s5h.net", "avqs.mcafee.com", "avts.mcafee.com", "b.barracudacentral.org",
    "backscatter.spameatingmonkey.net", "bl.blocklist.de", "bl.mailspike.net",
    "bl.score.senderscore.com", "bl.spamcop.net", "bl.spameatingmonkey.net", "black.uribl.com",
    "cbl.abuseat.org", "db.wpbl.info", "dbl.nordspam.com", "bl.nordspam.com",
    "dnsbl-1.uceprotect.net", "dnsbl-2.uceprotect.net", "dnsbl-3.uceprotect.net",
    "dnsbl.dronebl.org", "dnsbl.sorbs.net", "e5.sk", "fresh.spameatingmonkey.net",
    "grey.uribl.com", "hostkarma.junkemailfilter.com", "ips.backscatterer.org",
    "ix.dnsbl.manitu.net", "list.dnswl.org", "multi.surbl.org", "multi.uribl.com",
    "origin.asn.spameatingmonkey.net", "psbl.surriel.com", "query.senderbase.org",
    "rbl.interserver.net", "red.uribl.com", "rep.mailspike.net", "score.senderscore.com",
    "sophosxl.net", "spam.dnsbl.anonmails.de", "truncate.gbudb.net", "white.uribl.com",
    "wl.mailspike.net", "z.mailspike.net",
  ]

  /// Reverse zones of addresses that are not public: RFC 6303, and shared addresses by RFC 7793.
  static func privateReverseNames() -> [String] {
    var names = [
      "0.in-addr.arpa", "10.in-addr.arpa", "127.in-addr.arpa", "254.169.in-addr.arpa",
      "168.192.in-addr.arpa", "2.0.192.in-addr.arpa", "100.51.198.in-addr.arpa",
      "113.0.203.in-addr.arpa", "255.255.255.255.in-addr.arpa",
      "d.f.ip6.arpa", "c.f.ip6.arpa", "8.e.f.ip6.arpa", "9.e.f.ip6.arpa", "a.e.f.ip6.arpa",
      "b.e.f.ip6.arpa", "8.b.d.0.1.0.0.2.ip6.arpa",
    ]
    names += (16...31).map { "\($0).172.in-addr.arpa" }
    names += (64...127).map { "\($0).100.in-addr.arpa" }
    let zeros = String(repeating: "0.", count: 31)
    names += ["0.\(zeros)ip6.arpa", "1.\(zeros)ip6.arpa"]
    return names
  }
}

/// Addresses that are not public, as they stand in rdata.
enum PrivateAddress {
  /// This network, private, shared, loopback, link-local and limited broadcast addresses
  /// (RFC 6890), and multicast.
  static func isPrivate(ipv4 rdata: Span<UInt8>) -> Bool {
    let (first, second) = (rdata[0], rdata[1])
    switch first {
    case 0, 10, 127, 224...255: return true
    case 100: return second & 0xC0 == 64
    case 169: return second == 254
    case 172: return second & 0xF0 == 16
    case 192: return second == 168
    default: return false
    }
  }

  /// Unspecified, loopback, unique local (RFC 4193), link-local and multicast addresses, those of
  /// local translators (64:ff9b:1::/48, RFC 8215), and IPv4 addresses that are private: below
  /// 64:ff9b::/96, in mapped and compatible form (RFC 4291 section 2.5.5) and in 6to4 (RFC 3056).
  static func isPrivate(ipv6 rdata: Span<UInt8>) -> Bool {
    if isDNS64(ipv6: rdata) { return isPrivate(ipv4: rdata.extracting(12..<16)) }
    if rdata[0] & 0xFE == 0xFC || rdata[0] == 0xFF { return true }
    if rdata[0] == 0xFE { return rdata[1] & 0x80 == 0x80 }
    if rdata[0] == 0x20, rdata[1] == 2 { return isPrivate(ipv4: rdata.extracting(2..<6)) }
    if rdata[0] == 0, rdata[1] == 0x64 {
      return rdata[2] == 0xFF && rdata[3] == 0x9B && rdata[4] == 0 && rdata[5] == 1
    }
    for index in 0..<10 where rdata[index] != 0 { return false }
    // The unspecified and the loopback address are 0.0.0.0 and 0.0.0.1 in compatible form.
    guard rdata[10] == rdata[11], rdata[10] == 0 || rdata[10] == 0xFF else { return false }
    return isPrivate(ipv4: rdata.extracting(12..<16))
  }

  /// Below the well-known prefix 64:ff9b::/96 (RFC 6052 section 2.1).
  static func isDNS64(ipv6 rdata: Span<UInt8>) -> Bool {
    guard rdata[0] == 0, rdata[1] == 0x64, rdata[2] == 0xFF, rdata[3] == 0x9B else { return false }
    for index in 4..<12 where rdata[index] != 0 { return false }
    return true
  }
}
