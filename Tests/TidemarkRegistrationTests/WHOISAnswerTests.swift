import Foundation
import Testing
import TidemarkRegistration
import TidemarkTesting

func readWHOIS(_ text: String, server: String = "whois.example.net") -> WHOISAnswer {
  let source = RegistrationSource(kind: .whois, server: server, time: 100)
  return WHOISAnswer.read(Array(text.utf8), source: source)
}

func registration(_ answer: WHOISAnswer) -> Registration? {
  if case .registration(let found) = answer { found } else { nil }
}

struct WHOISAnswerTests {
  @Test func readsKeysAndValues() throws {
    let found = try #require(
      registration(
        readWHOIS(
          """
          Please read our terms of use: they are long.

          Domain Name: EXAMPLE.COM
          Registry Domain ID: 1_COM
          Registrar: Example, Inc.
          Registrar IANA ID: 292
          Updated Date: 2018-07-11T05:55:25Z
          Creation Date: 2002-07-01T09:31:21Z
          Registrar Registration Expiration Date: 2024-06-30T23:59:59Z
          Domain Status: clientHold https://icann.org/epp#clientHold
          Domain Status: clientHold http://www.icann.org/epp#clientHold
          Registrant Name: REDACTED FOR PRIVACY
          Registrant Street: Main St 1
          Registrant Street: Suite 2
          Registrant Country: us
          Name Server: NS1.EXAMPLE.COM
          Name Server: ns1.example.com
          DNSSEC: unsigned
          >>> Last update of WHOIS database: 2018-07-12T00:00:00Z <<<
          Name Server: evil.example.org
          """)))
    #expect(found.subject == .domain(name: "example.com"))
    #expect(found.handle == "1_COM")
    #expect(found.registrar?.name == "Example, Inc.")
    #expect(found.registrar?.ianaID == 292)
    #expect(found.statuses == ["clientHold"])
    #expect(found.nameServers == [NameServer(name: "ns1.example.com")])
    #expect(found.expires?.text == "2024-06-30T23:59:59Z")
    #expect(found.dnssec?.isDelegationSigned == false)
    let registrant = try #require(found.contact(.registrant))
    #expect(registrant.redacted == [.name])
    #expect(registrant.street == ["Main St 1", "Suite 2"])
    #expect(registrant.countryCode == "US")
    #expect(found.isPrivate)
  }

  @Test func readsIndentedBlocks() throws {
    let found = try #require(
      registration(
        readWHOIS(
          """
              Domain name:
                  example.co.uk

              Registrar:
                  Example Ltd [Tag = EXAMPLE]
                  URL: http://www.example.com

              Relevant dates:
                  Registered on: before Aug-1996
                  Expiry date:  05-Dec-2020

              Name servers:
                  ns1.example.com
                  ns2.example.co.uk      192.0.2.1  2001:db8:0::1
          """)))
    #expect(found.subject == .domain(name: "example.co.uk"))
    #expect(found.registrar?.name == "Example Ltd [Tag = EXAMPLE]")
    #expect(found.registrar?.url == "http://www.example.com")
    #expect(found.created?.precision == .month)
    #expect(found.nameServers.map(\.name) == ["ns1.example.com", "ns2.example.co.uk"])
    #expect(found.nameServers.last?.addresses == ["192.0.2.1", "2001:db8::1"])
  }

  @Test func resolvesObjectsByHandle() throws {
    let found = try #require(
      registration(
        readWHOIS(
          """
          % comment
          domain:    example.at
          registrant: AB1-NICAT
          tech-c:    CD2-NICAT
          nserver:   ns1.example.com
          remarks:   192.0.2.1
          changed:   20110426 17:57:27

          personname: Some Body
          e-mail:    some@example.com
          nic-hdl:   CD2-NICAT
          changed:   20200101 00:00:00

          organization: Example Org
          nic-hdl:   AB1-NICAT
          """)))
    let technical = try #require(found.contact(.technical))
    #expect(technical.name == "Some Body")
    #expect(technical.emails == ["some@example.com"])
    #expect(found.contact(.registrant)?.handle == "AB1-NICAT")
    #expect(found.updated?.text == "20110426 17:57:27")
  }

  @Test func laterRecordsWinFieldByField() throws {
    let found = try #require(
      registration(
        readWHOIS(
          """
             Domain Name: EXAMPLE.COM
             Registrar: REGISTRY'S NAME OF IT
             Name Server: NS1.EXAMPLE.COM
             Creation Date: 20-feb-2000

          >>> Last update of whois database: Thu, 26 Jun 2008 21:39:08 EDT <<<

          Domain Name: example.com
          Registrar: Example Registrar
          Registrant Name: Some Body
          """)))
    #expect(found.registrar?.name == "Example Registrar")
    #expect(found.nameServers.count == 1)
    #expect(found.created?.text == "20-feb-2000")
    #expect(found.contact(.registrant)?.name == "Some Body")
  }

  static let refusals: [(String, WHOISAnswer)] = [
    ("No match for \"EXAMPLE.COM\".", .noMatch),
    ("%ERROR:101: no entries found", .noMatch),
    ("Domain Name: example.cd\nDomain Status: Available", .noMatch),
    ("Available\nDomain: example.za", .noMatch),
    ("This name is not available for registration:", .reserved),
    ("Please go away for 13 Seconds", .rateLimited(retryAfterSeconds: 13)),
    ("%ERROR:201: access denied for 192.0.2.1", .denied),
    ("", .unrecognised), ("hello", .unrecognised),
    ("All rights reserved.", .unrecognised),
  ]

  @Test(arguments: refusals)
  func recognises(_ text: String, _ answer: WHOISAnswer) {
    #expect(readWHOIS(text) == answer, "\(text)")
  }

  @Test func takesLatin1WhenItIsNotUTF8() {
    #expect(WHOISText.decode([0x42, 0xFC]) == "Bü")
    #expect(WHOISText.decode(Array("Bü".utf8)) == "Bü")
    #expect(WHOISText.decode([0xEF, 0xBB, 0xBF, 0x41]) == "A")
  }

  @Test func asksEachServerItsWay() {
    #expect(WHOISForm.of(server: "whois.jprs.jp").line(for: "example.jp") == "example.jp/e")
    #expect(WHOISForm.of(server: "whois.example").line(for: "example.com") == "example.com")
    for text in ["", "a\r\nb", "a b", String(repeating: "a", count: 256)] {
      #expect(WHOISForm.of(server: "").line(for: text) == nil)
    }
  }

  @Test func survivesAnyText() {
    var generator = SeededGenerator(seed: 43)
    let words = [
      "Domain Name", "domain", ":", ": ", "\n", "\n\n", "  ", "\t", "Registrar", "Registrant",
      "Name Server", "ns1.example.com", "-", "nic-hdl", "person", "[", "]", "%", ">>>", "x",
      "inetnum", "192.0.2.0/24", "2001-01-01", "contact", "\r", "é", "Record expires on",
      "domain:ID:1", "::", "://", "- ", "** ",
    ]
    for _ in 0..<3_000 {
      let count = Int.random(in: 0...60, using: &generator)
      let text = (0..<count).compactMap { _ in words.randomElement(using: &generator) }.joined()
      _ = readWHOIS(text)
      _ = WHOISReferral.find(in: Array(text.utf8))
    }
    for _ in 0..<500 { _ = readWHOIS(String(decoding: generator.octets(0...300), as: UTF8.self)) }
  }

  @Test func takesPostalCodesOutOfAddresses() throws {
    let found = try #require(
      registration(
        readWHOIS(
          """
          domain: example.ua
          tech-c: AB1-UANIC

          nic-handle: AB1-UANIC
          organization: Example
          address: Main St 1
          address: 03110 KYIV
          address: UA
          """)))
    let contact = try #require(found.contact(.technical))
    #expect(contact.street == ["Main St 1"])
    #expect(contact.postalCode == "03110")
    #expect(contact.city == "KYIV")
    #expect(contact.countryCode == "UA")
  }

  @Test(arguments: [
    "DNS Admin\naddress: 1600 Amphitheatre Parkway", "Main St 1\naddress: London",
    "Main St 1\naddress: 75008 Paris 8", "03110 KYIV",
  ])
  func leavesOtherAddressesAlone(_ address: String) throws {
    let found = try #require(
      registration(
        readWHOIS(
          "domain: example.ua\ntech-c: A1\n\nnic-handle: A1\naddress: \(address)\n")))
    let contact = try #require(found.contact(.technical))
    #expect(contact.postalCode == nil)
    #expect(contact.street.joined(separator: "\naddress: ") == address)
  }

  @Test func takesNoUnknownKeyForAName() throws {
    let found = try #require(
      registration(
        readWHOIS(
          """
          Domain Name: example.qa
          Registrant: Example Ltd
          Eligibility Type: Trade License

          Registrant Contact Name: Some Body
          """)))
    #expect(found.contact(.registrant)?.name == "Some Body")
    #expect(found.contact(.registrant)?.organization == "Example Ltd")
  }

  @Test func readsNoRefusalInTermsOfUse() {
    let terms = (1...12).map { "line \($0) of the terms: no excessive querying of this service" }
    let text = terms.joined(separator: "\n")
    #expect(readWHOIS(text + "\n\nDomain not found.\n") == .noMatch)
    #expect(readWHOIS(text + "\n\nQuota exceeded.\n") == .rateLimited(retryAfterSeconds: nil))
  }
}
