import Foundation
import Testing
import TidemarkRegistration
import TidemarkTesting

struct WHOISNetworkTests {
  @Test func readsRPSL() throws {
    let found = try #require(
      registration(
        readWHOIS(
          """
          % Information related to '192.0.2.0 - 192.0.2.255'

          inetnum:        192.0.2.0 - 192.0.2.255
          netname:        EXAMPLE-NET
          descr:          Example,
                          second line
          country:        GB
          org:            ORG-EX1-RIPE
          tech-c:         SB1-RIPE
          status:         ASSIGNED PA
          created:        2008-08-14T14:54:30Z
          last-modified:  2009-08-14T14:54:30Z

          organisation:   ORG-EX1-RIPE
          org-name:       Example Ltd
          address:        Main St 1

          person:         Some Body
          nic-hdl:        SB1-RIPE
          abuse-mailbox:  abuse@example.com

          route:          192.0.2.0/24
          origin:         AS64496
          """)))
    #expect(found.subject == .network(first: "192.0.2.0", last: "192.0.2.255"))
    #expect(found.network?.prefixes == ["192.0.2.0/24"])
    #expect(found.network?.origins == [64_496])
    #expect(found.network?.descriptions == ["Example,\nsecond line"])
    #expect(found.contact(.registrant)?.organization == "Example Ltd")
    #expect(found.contact(.registrant)?.handle == "ORG-EX1-RIPE")
    #expect(found.contact(.technical)?.emails == ["abuse@example.com"])
    #expect(found.updated?.text == "2009-08-14T14:54:30Z")
  }

  @Test func readsARIN() throws {
    let found = try #require(
      registration(
        readWHOIS(
          """
          NetRange:       198.51.0.0 - 198.51.255.255
          CIDR:           198.51.0.0/16
          NetName:        EXAMPLE
          NetHandle:      NET-198-51-0-0-1
          RegDate:        2007-03-13

          NetRange:       198.51.100.0 - 198.51.102.255
          CIDR:           198.51.100.0/23, 198.51.102.0/24
          NetName:        EXAMPLE-SUB
          NetHandle:      NET-198-51-100-0-1
          Parent:         EXAMPLE (NET-198-51-0-0-1)
          NetType:        Reassigned
          OriginAS:       AS64496, AS64497
          RegDate:        2012-02-24
          Updated:        2012-02-25

          OrgName:        Example Inc.
          OrgId:          EXMPL
          Address:        Main St 1
          StateProv:      CA
          PostalCode:     94043
          Country:        US
          RegDate:        2000-03-30

          OrgAbuseHandle: AB1-ARIN
          OrgAbuseEmail:  abuse@example.com
          """)))
    #expect(found.subject == .network(first: "198.51.100.0", last: "198.51.102.255"))
    #expect(found.handle == "NET-198-51-100-0-1")
    #expect(found.network?.prefixes == ["198.51.100.0/23", "198.51.102.0/24"])
    #expect(found.network?.parentHandle == "NET-198-51-0-0-1")
    #expect(found.network?.origins == [64_496, 64_497])
    #expect(found.network?.country == "US")
    #expect(found.created?.text == "2012-02-24")
    #expect(found.contact(.registrant)?.region == "CA")
    #expect(found.contact(.abuse)?.emails == ["abuse@example.com"])
  }

  @Test func readsLACNICAndSystems() throws {
    let network = try #require(
      registration(
        readWHOIS("inetnum: 203.0.112/23\nowner: Example\ncountry: MX\ncreated: 20001204\n")))
    #expect(network.subject == .network(first: "203.0.112.0", last: "203.0.113.255"))
    #expect(network.contact(.registrant)?.organization == "Example")
    let system = try #require(
      registration(readWHOIS("aut-num:  AS64496\nas-name:  EXAMPLE\n")))
    #expect(system.subject == .autonomousSystems(first: 64_496, last: 64_496))
    #expect(system.network?.name == "EXAMPLE")
  }

  @Test func cutsRangesIntoPrefixes() throws {
    let found = try #require(
      registration(readWHOIS("inetnum: 192.0.2.1 - 192.0.2.6\nnetname: X\n")))
    #expect(
      found.network?.prefixes == [
        "192.0.2.1/32", "192.0.2.2/31", "192.0.2.4/31", "192.0.2.6/32",
      ])
    let all = try #require(
      registration(
        readWHOIS("inet6num: :: - ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\nnetname: X\n")))
    #expect(all.network?.prefixes == ["::/0"])
    #expect(registration(readWHOIS("inetnum: 192.0.2.6 - 192.0.2.1\nnetname: X\n")) == nil)
  }

  /// Recorded answers about addresses, with the country and the date that another source has.
  @Test(.enabled(if: SharedData.isThere))
  func readsRecordedAnswers() throws {
    let octets = try SharedData.rdap("ipwhois__whois.json")
    let all = try #require(
      try JSONSerialization.jsonObject(with: Data(octets)) as? [String: [String: Any]])
    var agreement = Agreement()
    for (address, entry) in all.sorted(by: { $0.key < $1.key }) {
      let text = entry["response"] as? String ?? ""
      let other = entry["asn_data"] as? [String: String] ?? [:]
      let found = registration(readWHOIS(text))
      agreement.count(
        "subject", found != nil, address, expected: "a network", found: "nothing")
      agreement.count(
        "country", other["asn_country_code"], found?.network?.country, address)
      agreement.count(
        "prefixes", found?.network?.prefixes.isEmpty == false, address, expected: "some",
        found: "none")
      agreement.count(
        "name or owner", found?.network?.name != nil || found?.contacts.isEmpty == false, address,
        expected: "one", found: "none")
    }
    print("agreement of answers about addresses\n" + agreement.report)
    #expect(agreement.share >= 0.98)
  }
}

struct WHOISReferralTests {
  private func referrals(_ text: String) -> [WHOISReferral] {
    WHOISReferral.find(in: Array(text.utf8))
  }

  @Test func findsServers() {
    #expect(
      referrals("refer: whois.nic.fr\nwhois: whois.nic.fr\n").map(\.host) == ["whois.nic.fr"])
    #expect(
      referrals("Registrar WHOIS Server: whois.markmonitor.com\n").first?.port == 43)
    let remote = referrals("ReferralServer: rwhois://rwhois.psychz.net:4321\n").first
    #expect(remote?.host == "rwhois.psychz.net")
    #expect(remote?.port == 4321)
    #expect(
      referrals("remarks: can also be queried at whois.nic.ad.jp. To\n").map(\.host) == [
        "whois.nic.ad.jp"
      ])
  }

  @Test(arguments: [
    "127.0.0.1", "localhost", "whois", "whois.local", "10.0.0.1", "[::1]", "2001:db8::1",
    "whois://whois.nic.fr:22", "http://whois.nic.fr/", "whois.nic.fr:80", "a b.c", "a..b",
    "whois.example.123", "",
  ])
  func refuses(_ text: String) {
    #expect(WHOISReferral(text) == nil)
  }

  @Test func endsTheTrail() {
    var trail = WHOISReferralTrail(at: "whois.iana.org")
    #expect(trail.next(after: Array("refer: WHOIS.IANA.ORG\n".utf8)) == nil)
    #expect(trail.next(after: Array("refer: whois.a.net\n".utf8))?.host == "whois.a.net")
    #expect(trail.next(after: Array("refer: whois.a.net\n".utf8)) == nil)
    #expect(trail.next(after: Array("refer: whois.b.net\n".utf8)) != nil)
    #expect(trail.next(after: Array("refer: whois.c.net\n".utf8)) != nil)
    #expect(trail.next(after: Array("refer: whois.d.net\n".utf8)) == nil)
  }
}
