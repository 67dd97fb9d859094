import TidemarkEnrichment
import TidemarkTesting
import Testing

struct IndicatorKeyTests {
  @Test(arguments: [
    (IndicatorType.fqdn, " WWW.Example.COM. ", "www.example.com"),
    (.fqdn, "_dmarc.example.com", "_dmarc.example.com"),
    (.fqdn, "xn--bcher-kva.example", "xn--bcher-kva.example"),
    (.ipv4, "192.0.2.1", "192.0.2.1"),
    (.ipv6, "2001:0DB8:0:0::1", "2001:db8::1"),
    (.cidr, "192.0.2.0/24", "192.0.2.0/24"),
    (.cidr, "2001:DB8::/32", "2001:db8::/32"),
    (.cidr, "0.0.0.0/0", "0.0.0.0/0"),
    (.cidr, "192.0.2.1/32", "192.0.2.1/32"),
    (.url, "HTTP://u:p@WWW.Example.com:080/A?b#C", "http://u:p@www.example.com:80/A?b#C"),
    (.url, "https://[2001:DB8::1]:443", "https://[2001:db8::1]:443"),
    (.url, "ftp://192.0.2.1/x@y", "ftp://192.0.2.1/x@y"),
    (.email, "Some.One@EXAMPLE.com", "Some.One@example.com"),
    (.asn, "as064496", "AS64496"),
    (.asn, "4294967295", "AS4294967295"),
    (.md5, "D41D8CD98F00B204E9800998ECF8427E", "d41d8cd98f00b204e9800998ecf8427e"),
  ])
  func bringsIntoNormalForm(_ type: IndicatorType, _ text: String, _ value: String) throws {
    let key = try IndicatorKey(type, text)
    #expect(key.value == value)
    #expect(try IndicatorKey(type, key.value) == key)
  }

  @Test(arguments: [
    (IndicatorType.fqdn, ""), (.fqdn, "."), (.fqdn, "192.0.2.1"), (.fqdn, "a..b"),
    (.fqdn, "a b.example"), (.fqdn, "*.example.com"), (.fqdn, "b\u{FC}cher.example"),
    (.fqdn, "a\\.b.example"), (.fqdn, String(repeating: "a", count: 64) + ".example"),
    (.ipv4, "123.321.156.90"), (.ipv4, "192.0.2.01"), (.ipv4, "2001:db8::1"),
    (.ipv6, "192.0.2.1"), (.ipv6, "fe80::1%eth0"), (.cidr, "192.0.2.1/24"),
    (.cidr, "192.0.2.0/33"), (.cidr, "192.0.2.0"), (.cidr, "2001:db8::/129"),
    (.cidr, "192.0.2.0/99999999999999999999"), (.url, "example.com/x"), (.url, "http://"),
    (.url, "http://a b/"), (.url, "http://example.com:99999/"), (.url, "http://[2001:db8::1"),
    (.url, "://example.com"), (.email, "example.com"), (.email, "@example.com"),
    (.email, "a@b@example.com"), (.asn, "AS"), (.asn, "4294967296"), (.asn, "AS-1"),
    (.md5, "d41d"), (.sha1, "d41d8cd98f00b204e9800998ecf8427e"),
    (.url, "http://example.com/" + String(repeating: "a", count: 5_000)),
  ])
  func refusesWhatIsNoValueOfTheType(_ type: IndicatorType, _ text: String) {
    let fault = #expect(throws: IndicatorFault.self) { try IndicatorKey(type, text) }
    if text.utf8.count > 3 { #expect(fault?.description.contains(text) == false) }
  }

  @Test func takesTheTypeThatFits() throws {
    #expect(try IndicatorKey(oneOf: IndicatorType.addresses, "2001:db8::1").type == .ipv6)
    #expect(throws: IndicatorFault.noType) {
      try IndicatorKey(oneOf: IndicatorType.addresses, "example.com")
    }
    #expect(IndicatorType.named("IP Address") == IndicatorType.addresses)
    #expect(IndicatorType.named("nonsense").isEmpty)
  }

  @Test(arguments: [UInt64(1), 2, 3, 4])
  func anyOctetsEitherFailOrAreStable(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let alphabet = Array("aZ09.:/@[]-_%#?\\' \u{0}\u{FC}".unicodeScalars)
    for _ in 0..<5_000 {
      var text = ""
      for _ in 0..<Int.random(in: 0...24, using: &random) {
        text.unicodeScalars.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
      }
      for type in IndicatorType.allCases {
        guard let key = try? IndicatorKey(type, text) else { continue }
        #expect(try IndicatorKey(type, key.value) == key, "seed \(seed): \(type) \(text)")
      }
    }
  }
}
