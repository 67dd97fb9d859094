import Testing
import TidemarkQuery
import TidemarkTesting
import TidemarkWeb

/// How what was typed is read.
@Suite struct SearchInputTests {
  @Test(
    "reads what was typed",
    arguments: [
      // Names.
      ("example.com", .name, "example.com"), ("WWW.Example.COM", .name, "www.example.com"),
      ("www.example.com.", .name, "www.example.com"), ("  example.com\t", .name, "example.com"),
      ("com", .name, "com"), ("localhost", .name, "localhost"),
      ("_443._tcp.example.com", .name, "_443._tcp.example.com"),
      ("0/25.2.0.192.in-addr.arpa", .name, "0/25.2.0.192.in-addr.arpa"),
      ("1.2.0.192.in-addr.arpa", .name, "1.2.0.192.in-addr.arpa"),
      ("\\*.example.com", .name, "\\*.example.com"),
      ("a\\.b.example.com", .name, "a\\.b.example.com"), (".", .name, "."),
      ("a+b.example.com", .name, "a+b.example.com"), ("a.\\+.b", .name, "a.\\+.b"),
      ("xn--bcher-kva.example", .name, "xn--bcher-kva.example"),
      ("b\u{FC}cher.example", .name, "xn--bcher-kva.example"),
      ("B\u{DC}CHER\u{3002}example", .name, "xn--bcher-kva.example"),
      // Wildcards.
      ("*.example.com", .wildcard, "*.example.com"), ("+.example.com", .wildcard, "+.example.com"),
      ("www.example.*", .wildcard, "www.example.*"), ("*.Example.COM.", .wildcard, "*.example.com"),
      ("*[.]example[.]com", .wildcard, "*.example.com"),
      // Addresses, networks, ranges.
      ("192.0.2.1", .address, "192.0.2.1"), ("2001:db8::1", .address, "2001:db8::1"),
      ("2001:DB8:0:0::1", .address, "2001:db8::1"), ("::1", .address, "::1"),
      ("192.0.2.1/32", .address, "192.0.2.1"), ("192.0.2.0/24", .network, "192.0.2.0/24"),
      ("192.0.2.77/24", .network, "192.0.2.0/24"), ("192.0.2.0,24", .network, "192.0.2.0/24"),
      ("2001:db8::/32", .network, "2001:db8::/32"),
      ("192.0.2.1-192.0.2.9", .range, "192.0.2.1-192.0.2.9"),
      // Defanged.
      ("hxxp://www.example[.]com/x?y=1", .name, "www.example.com"),
      ("hXXps://user@www.example.com:8443/", .name, "www.example.com"),
      ("https://example.com", .name, "example.com"), ("example(dot)com", .name, "example.com"),
      ("example{.}com", .name, "example.com"), ("example[dot]com", .name, "example.com"),
      ("192[.]0[.]2[.]1", .address, "192.0.2.1"), ("192.0.2[.]1:8080", .address, "192.0.2.1"),
      ("2001[:]db8[:][:]1", .address, "2001:db8::1"),
      ("http://[2001:db8::1]:8080/", .address, "2001:db8::1"),
      ("someone@example.com", .name, "example.com"),
      ("someone[at]example[.]com", .name, "example.com"),
      ("mailto:someone@example.com", .name, "example.com"),
      ("<example.com>,", .name, "example.com"),
      ("\"www.example.com\"", .name, "www.example.com"),
      ("www.example.com:443", .name, "www.example.com"),
      // Patterns.
      ("/^mail[0-9]+\\./", .regex, "/^mail[0-9]+\\./"), ("/a/", .regex, "/a/"),
      ("*login*.example.com", .glob, "*login*.example.com"), ("*paypa1*", .glob, "*paypa1*"),
      ("www?.example.com", .glob, "www?.example.com"), ("example*", .glob, "example*"),
      ("www[0-9].example.com", .glob, "www[0-9].example.com"),
      ("*.example.*", .glob, "*.example.*"),
      // Text.
      ("10 mail.example.com", .text, "10 mail.example.com"),
      ("\"v=spf1 -all\"", .text, "\"v=spf1 -all\""), ("v=spf1", .text, "v=spf1"),
      ("v=spf1 include:_spf.example.com", .text, "v=spf1 include:_spf.example.com"),
      ("site-verification=a1b2c3", .text, "site-verification=a1b2c3"),
      ("a..b", .text, "a..b"), ("50%", .text, "50%"),
      (
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234", .text,
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef01234"
      ),
      // Nothing.
      ("", .nothing, ""), (" \t ", .nothing, ""),
    ] as [(String, SearchInput.Kind, String)])
  func reads(_ text: String, _ kind: SearchInput.Kind, _ value: String) {
    let input = SearchInput(text)
    #expect(input.kind == kind)
    #expect(input.value == value)
    #expect(input.problem == nil)
    let again = SearchInput(input.value)
    #expect(again.kind == kind, "read again it is something else")
    #expect(again.value == value, "read again it is something else")
    #expect(again.changes.isEmpty)
  }

  /// What is read as records can be looked up, whatever was typed.
  @Test(arguments: [
    "example.com", "v=spf1", "\"a", "10 mail.example.com", "\\*.example.com", "50%",
  ])
  func canBeLookedUp(_ text: String) throws {
    let input = SearchInput(text)
    #expect(input.isLookup)
    _ = try LookupValue(input.lookupText)
  }

  @Test(
    "says what was changed",
    arguments: [
      ("hxxp://www.example[.]com/x", ["defanged marks taken away", "the host of the URL taken"]),
      ("someone@example.com", ["the domain of the mail address taken"]),
      ("www.example.com:443", ["the port left out"]), ("www.example.com.", ["final dot left out"]),
      ("192.0.2.77/24", ["bits of the host left out"]),
      ("<example.com>", ["signs around it left out"]),
      ("b\u{FC}cher.example", ["written with A-labels"]), ("example.com", []), ("v=spf1 a", []),
    ])
  func tells(_ text: String, _ changes: [String]) {
    #expect(SearchInput(text).changes == changes)
  }

  @Test(
    "is read as it was asked for",
    arguments: [
      ("example.com", .text, .text, "example.com"), ("v=spf1", .name, .name, "v=spf1"),
      ("login", .pattern, .glob, "*login*"), ("l?gin", .pattern, .glob, "l?gin"),
      ("/log.n/", .pattern, .regex, "/log.n/"), ("a.b", .contains, .rdata, "a.b"),
      ("/a.b/", .contains, .rdata, "/a.b/"),
      ("a b.example.com", .name, .name, "a\\032b.example.com"),
      ("*x*", .text, .text, "*x*"),
    ] as [(String, SearchInput.Reading, SearchInput.Kind, String)])
  func readsAsAsked(
    _ text: String, _ reading: SearchInput.Reading, _ kind: SearchInput.Kind, _ value: String
  ) {
    let input = SearchInput(text, as: reading)
    #expect(input.kind == kind)
    #expect(input.value == value)
    #expect(input.problem == nil)
    let again = SearchInput(input.value, as: reading)
    #expect(again.kind == kind)
    #expect(again.value == value)
  }

  @Test func textBecomesALiteralPattern() {
    #expect(SearchInput("a.b*c", as: .contains).pattern == "a\\.b\\*c")
    #expect(SearchInput("/a.b/", as: .contains).pattern == "a.b")
  }

  @Test func offersWhatElseMayBeMeant() {
    let values = SearchInput("192.0.2.77").alternatives.map(\.value)
    #expect(values == ["192.0.2.0/24", "77.2.0.192.in-addr.arpa", "192.0.2.77"])
    let reverse = SearchInput("77.2.0.192.in-addr.arpa").alternatives.map(\.value)
    #expect(reverse.first == "192.0.2.77")
    let name = SearchInput(
      "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")
    #expect(name.alternatives.first?.value == "2001:db8::1")
    #expect(SearchInput("2001:db8::1").alternatives.map(\.value).contains("2001:db8::/64"))
    #expect(SearchInput("*.example.com").alternatives.first?.value == "example.com")
  }

  @Test func saysWhatCannotBeLookedUp() {
    #expect(SearchInput(String(repeating: "a", count: 5_000)).problem != nil)
    #expect(SearchInput("192.0.2.9-192.0.2.1").problem != nil)
    #expect(SearchInput("a..b", as: .name).problem != nil)
    #expect(SearchInput("/b\u{FC}cher/").problem != nil)
  }

  @Test func showsBothForms() {
    let input = SearchInput("b\u{FC}cher.example")
    #expect(input.words == "name xn--bcher-kva.example")
    #expect(input.unicode?.unicode == "b\u{FC}cher.example")
  }

  /// Whatever comes, it is read as something, and again as the same.
  @Test func survivesAnything() {
    let seed: UInt64 = 0x5EA2_C41D
    var random = SeededGenerator(seed: seed)
    let pieces = [
      "example", ".com", "[.]", "/", "*", "?", "[a]", "+.", "\\", "\"", " ", "192.0.2.1", "::",
      "hxxp://", "@", ":", "-", "\u{FC}", "\u{0}", "xn--", "\u{202E}", "(", "]", "..", "'", "=",
    ]
    for round in 0..<4_000 {
      let count = Int(random.next() % 8)
      let text = (0..<count).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }.joined()
      for reading in [nil] + SearchInput.Reading.allCases.map(Optional.some) {
        let input = SearchInput(text, as: reading)
        guard input.problem == nil, input.isLookup else { continue }
        #expect(
          (try? LookupValue(input.lookupText)) != nil, "seed \(seed) round \(round): \(text)")
      }
    }
  }
}
