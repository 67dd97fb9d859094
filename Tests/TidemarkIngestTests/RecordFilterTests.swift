import DNSWire
import Testing
import TidemarkIngest

/// What the static filters leave out, and what they must not.
@Suite struct RecordFilterTests {
  private func reason(
    _ name: String, type: RRType = .a, rdata: [UInt8] = [192, 0, 2, 1],
    _ change: (inout RecordFilter.Rules) -> Void = { _ in }
  ) throws -> FilterReason? {
    var rules = RecordFilter.Rules()
    change(&rules)
    let filter = try RecordFilter(rules: rules)
    let wire = try DomainName(text: name).wire
    return filter.reason(rrname: wire.span, rrtype: type, rdata: rdata.span)
  }

  @Test(arguments: [
    "www.example.com", "example.com", "localhost.example.com", "com.local.example.net",
    "notspamhaus.org", "org", "xn--11b4c3d", "1.2.0.11.in-addr.arpa", "15.172.in-addr.arpa",
    "32.172.in-addr.arpa", "63.100.in-addr.arpa", "128.100.in-addr.arpa", "e.f.ip6.arpa",
    "8.b.d.0.2.0.0.2.ip6.arpa", "home", "www.lan.example.com",
  ])
  func keepsPublicNames(_ name: String) throws {
    #expect(try reason(name, type: .ns) == nil)
  }

  @Test(arguments: [
    ("printer.local", FilterReason.specialUse), ("local", .specialUse),
    ("x.home.arpa", .specialUse),
    ("abc.onion", .specialUse), ("a.b.test", .specialUse), ("db.internal", .specialUse),
    ("localhost", .specialUse), ("wpad", .singleLabel), ("2.0.0.127.zen.spamhaus.org", .blocklist),
    ("1.2.3.4.origin.asn.cymru.com", .blocklist), ("spamhaus.org", .blocklist),
    ("1.0.168.192.in-addr.arpa", .privateReverse), ("5.10.in-addr.arpa", .privateReverse),
    ("1.16.172.in-addr.arpa", .privateReverse), ("31.172.in-addr.arpa", .privateReverse),
    ("64.100.in-addr.arpa", .privateReverse), ("1.d.f.ip6.arpa", .privateReverse),
  ])
  func leavesOut(_ name: String, _ expected: FilterReason) throws {
    #expect(try reason(name) == expected)
  }

  @Test func countsLabels() throws {
    let name = Array(repeating: "a", count: 101).joined(separator: ".")
    #expect(try reason(name) == .manyLabels)
    #expect(try reason(String(name.dropFirst(2))) == nil)
  }

  @Test func siteNamesAreLeftOutWhenTold() throws {
    #expect(try reason("nas.lan") == nil)
    #expect(try reason("nas.lan") { $0.leavesOutSiteNames = true } == .siteName)
    #expect(try reason("nas.corp") { $0.leavesOutSiteNames = true } == .siteName)
  }

  @Test func aLongerEntryWinsOverAShorterOne() throws {
    let reason = try reason("a.b.example.com") {
      $0.exclude = ["example.com"]
      $0.blocklists = ["*.b.example.com"]
    }
    #expect(reason == .blocklist)
  }

  @Test func onlyAndExcludeAndTypes() throws {
    #expect(try reason("www.example.net") { $0.only = ["example.com"] } == .notChosen)
    #expect(try reason("www.example.com") { $0.only = ["example.com"] } == nil)
    #expect(try reason("wwwexample.com") { $0.only = ["example.com"] } == .notChosen)
    #expect(try reason("www.example.com") { $0.exclude = ["example.com"] } == .excluded)
    #expect(try reason("www.example.com") { $0.exclude = ["."] } == .excluded)
    #expect(try reason("www.example.com") { $0.rrtypes = [.aaaa] } == .rrtype)
    #expect(try reason("www.example.com") { $0.rrtypes = [.a, .caa] } == nil)
  }

  @Test(
    arguments: [
      [10, 0, 0, 1], [172, 31, 255, 255], [192, 168, 0, 1], [127, 0, 0, 1], [169, 254, 1, 1],
      [100, 64, 0, 1], [0, 0, 0, 0], [224, 0, 0, 1], [255, 255, 255, 255],
    ] as [[UInt8]])
  func privateAddressesAreLeftOutWhenTold(_ address: [UInt8]) throws {
    #expect(try reason("www.example.com", rdata: address) == nil)
    let told = try reason("www.example.com", rdata: address) {
      $0.leavesOutPrivateAddresses = true
    }
    #expect(told == .privateAddress)
    let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + address
    let toldMapped = try reason("www.example.com", type: .aaaa, rdata: mapped) {
      $0.leavesOutPrivateAddresses = true
    }
    #expect(toldMapped == .privateAddress)
  }

  @Test(arguments: [
    "64:ff9b::10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b:1::1", "64:ff9b:1:ffff::192.0.2.1",
    "::10.0.0.1", "::", "::1", "2002:a00:1::1", "2002:c0a8:1::",
  ])
  func privateAddressesInsideIPv6AreLeftOutWhenTold(_ text: String) throws {
    #expect(try reasonOfAddress(text) == .privateAddress)
  }

  @Test(arguments: [
    "64:ff9b::192.0.2.1", "64:ff9b:2::10.0.0.1", "64:ff9c::10.0.0.1", "::192.0.2.1",
    "::ff00:10.0.0.1", "::1:0:10.0.0.1", "2002:c000:201::1", "2003:a00:1::1",
  ])
  func publicAddressesInsideIPv6Stay(_ text: String) throws {
    #expect(try reasonOfAddress(text) == nil)
  }

  private func reasonOfAddress(_ text: String) throws -> FilterReason? {
    let address = IPAddressText.parse(Array(text.utf8).span)
    var rdata: [UInt8] = []
    try #require(address).appendOctets(to: &rdata)
    return try reason("www.example.com", type: .aaaa, rdata: rdata) {
      $0.leavesOutPrivateAddresses = true
    }
  }

  @Test func publicAddressesStay() throws {
    for address: [UInt8] in [[192, 0, 2, 1], [172, 32, 0, 1], [100, 128, 0, 1], [11, 0, 0, 1]] {
      let told = try reason("www.example.com", rdata: address) {
        $0.leavesOutPrivateAddresses = true
      }
      #expect(told == nil)
    }
    let documentation: [UInt8] = [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 12)
    let told = try reason("www.example.com", type: .aaaa, rdata: documentation) {
      $0.leavesOutPrivateAddresses = true
    }
    #expect(told == nil)
  }

  @Test func madeUpDNS64AddressesAreLeftOutWhenTold() throws {
    let made: [UInt8] =
      [0, 0x64, 0xFF, 0x9B] + [UInt8](repeating: 0, count: 8) + [192, 0, 2, 1]
    #expect(try reason("www.example.com", type: .aaaa, rdata: made) == nil)
    let told = try reason("www.example.com", type: .aaaa, rdata: made) { $0.leavesOutDNS64 = true }
    #expect(told == .dns64)
  }

  @Test func equalRulesHaveEqualIdentities() {
    var one = RecordFilter.Rules()
    one.only = ["a.example", "b.example"]
    var other = RecordFilter.Rules()
    other.only = ["b.example", "a.example"]
    #expect(one.identity == other.identity)
    other.exclude = ["c.example"]
    #expect(one.identity != other.identity)
  }

  @Test func refusesEntriesThatAreNoNames() {
    var rules = RecordFilter.Rules()
    rules.exclude = ["a..example"]
    #expect(throws: NameError.self) { try RecordFilter(rules: rules) }
  }
}
