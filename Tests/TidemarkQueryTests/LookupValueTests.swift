import DNSWire
import Testing
import TidemarkQuery
import TidemarkTesting

/// What text is looked up as.
@Suite struct LookupValueTests {
  private static let name = StoreSample.name("example.com")
  private static let www = StoreSample.name("www.example")

  private func subjects(_ text: String) throws -> [RecordQuery.Subject] {
    try LookupValue(text).subjects
  }

  @Test(arguments: ["example.com", "EXAMPLE.com."])
  func readsNames(_ text: String) throws {
    #expect(
      try subjects(text) == [
        .owner(LookupValueTests.name), .rdataName(LookupValueTests.name),
      ])
  }

  @Test(arguments: ["*.example.com", "*.Example.COM."])
  func readsNamesAtOrBelow(_ text: String) throws {
    #expect(
      try subjects(text) == [
        .ownerAtOrBelow(LookupValueTests.name), .rdataNameAtOrBelow(LookupValueTests.name),
      ])
  }

  @Test(arguments: ["+.example.com", "+.example.com."])
  func readsNamesOneBelow(_ text: String) throws {
    #expect(
      try subjects(text) == [
        .ownerOneBelow(LookupValueTests.name), .rdataNameOneBelow(LookupValueTests.name),
      ])
  }

  @Test(arguments: ["www.example.*", "WWW.example.*."])
  func readsNamesByTheirStart(_ text: String) throws {
    #expect(
      try subjects(text) == [
        .ownerStartingWith(LookupValueTests.www), .rdataNameStartingWith(LookupValueTests.www),
      ])
  }

  @Test(arguments: [
    "www.*.example.com", "*.example.*", "+.example.*", "*.*.example.com", "+.+.example.com",
    "ww*.example.com", "*w.example.com", "www.example.c*", "www.+.example.com", "www.example.+",
    "*", "+", "*.", "+.", "*.a*.example.com", "www.a\\.*",
  ])
  func refusesWildcardsElsewhere(_ text: String) {
    #expect(throws: LookupValueError.wildcard) { try LookupValue(text) }
  }

  @Test(arguments: [
    ("\\*.example.com", "\\*.example.com"), ("\\042.example.com", "\\*.example.com"),
    ("a+b.example.com", "a+b.example.com"),
    ("\\\\.example.com", "\\\\.example.com"),
  ])
  func takesEscapedOctetsAsTheyAre(_ text: String, _ name: String) throws {
    let expected = StoreSample.name(name)
    #expect(try subjects(text) == [.owner(expected), .rdataName(expected)])
  }

  @Test func textWithBlanksIsANameAndRData() throws {
    let blank = StoreSample.name("a\\032b.example.com")
    let found = try subjects("A b.example.com.")
    #expect(found.prefix(2) == [.owner(blank), .rdataName(blank)])
    #expect(found.last == .lossyText(Array("A b.example.com.".utf8)))
    let mail = try subjects("10 mail.example.com")
    #expect(mail.contains(.rdata([0, 10] + StoreSample.name("mail.example.com").wire)))
    #expect(
      try subjects("*.b c.example").first == .ownerAtOrBelow(StoreSample.name("b\\032c.example")))
  }

  @Test(arguments: ["\"a b\"", "a \"b\".example", "10 *.example.com", "a..b c", "v=spf1 a..b -all"])
  func textThatIsNoNameIsRDataOnly(_ text: String) throws {
    let found = try subjects(text)
    #expect(try LookupValue(text).isText)
    #expect(!found.isEmpty)
    for subject in found {
      switch subject {
      case .rdata, .lossyText: break
      default: Issue.record("\(subject)")
      }
    }
  }

  @Test func readsNetworksAndRanges() throws {
    let network = try #require(AddressPrefix(text: "192.0.2.0/24"))
    #expect(try subjects("192.0.2.0,24") == [.network(network)])
    let range = try #require(
      AddressRange(first: [192, 0, 2, 1], last: [192, 0, 2, 9]))
    #expect(try subjects("192.0.2.1-192.0.2.9") == [.addresses(range)])
    let one = [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 12)
    let wide = try #require(AddressRange(first: one, last: one.dropLast() + [0xFF]))
    #expect(try subjects("2001:db8::-2001:db8::ff") == [.addresses(wide)])
    let single = try #require(AddressRange(first: one, last: one))
    #expect(try subjects("2001:db8::-2001:db8::") == [.addresses(single)])
  }

  @Test(arguments: ["192.0.2.9-192.0.2.1", "192.0.2.1-2001:db8::1", "2001:db8::1-192.0.2.1"])
  func refusesRangesThatAreNone(_ text: String) {
    #expect(throws: LookupValueError.range) { try LookupValue(text) }
  }

  @Test func takesNamesWithHyphensForNames() throws {
    let name = StoreSample.name("192-0-2-1.example.com")
    #expect(try subjects("192-0-2-1.example.com") == [.owner(name), .rdataName(name)])
  }
}
