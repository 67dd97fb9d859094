import Foundation
import Testing
import TidemarkRegistration

/// Reads an RDAP answer of the tests' own server.
func readRDAP(_ octets: [UInt8]) throws -> RDAPResponse {
  try RDAPReader.read(
    octets, source: RegistrationSource(kind: .rdapRegistry, server: "rdap.example", time: 100))
}

struct RDAPReaderTests {
  private static let domain = """
    {"objectClassName": "domain", "ldhName": "EXAMPLE.COM.", "handle": "1_COM",
     "status": ["client transfer prohibited", "active", "client transfer prohibited"],
     "events": [
       {"eventAction": "registration", "eventDate": "1997-09-15T04:00:00Z"},
       {"eventAction": "last changed", "eventDate": "2019-09-09T15:39:04Z"},
       {"eventAction": "expiration", "eventDate": "2028-09-14T04:00:00Z"},
       {"eventAction": "registration", "eventDate": "x"}],
     "nameservers": [
       {"objectClassName": "nameserver", "ldhName": "NS1.EXAMPLE.COM",
        "ipAddresses": {"v4": ["192.0.2.1", "x"], "v6": ["2001:DB8::0001"]}}, {}],
     "secureDNS": {"delegationSigned": true, "dsData": [
       {"keyTag": 1, "algorithm": 8, "digestType": 2, "digest": "AB CD"}]},
     "links": [
       {"rel": "related", "href": "https://rdap.registrar.example/domain/EXAMPLE.COM",
        "type": "application/rdap+json"},
       {"rel": "related", "href": "http://rdap.registrar.example/", "type":
        "application/rdap+json"}],
     "entities": [
       {"roles": ["registrar"], "handle": "292", "publicIds": [
         {"type": "IANA Registrar ID", "identifier": "292"}],
        "vcardArray": ["vcard", [["fn", {}, "text", "Example Registrar"]]],
        "entities": [{"roles": ["abuse"], "vcardArray": ["vcard", [
          ["tel", {"type": "voice"}, "uri", "tel:+1.5555555555"],
          ["email", {}, "text", "abuse@registrar.example"]]]}]},
       {"roles": ["registrant"], "handle": "R1", "vcardArray": ["vcard", [
         ["fn", {}, "text", "REDACTED FOR PRIVACY"], ["org", {"type": "work"}, "text", "Example"],
         ["adr", {"cc": "US"}, "text",
          ["", "", ["Main St 1", "Suite 2"], "Springfield", "XX", "12345", ""]]]]}]}
    """

  @Test func readsADomain() throws {
    let response = try readRDAP(Array(Self.domain.utf8))
    let found = try #require(response.registration)
    #expect(found.subject == .domain(name: "example.com"))
    #expect(found.statuses == ["clientTransferProhibited", "ok"])
    #expect(found.created?.seconds == 874_296_000)
    #expect(found.updated?.text == "2019-09-09T15:39:04Z")
    #expect(
      found.nameServers == [
        NameServer(name: "ns1.example.com", addresses: ["192.0.2.1", "2001:db8::1"])
      ])
    #expect(found.dnssec?.isDelegationSigned == true)
    #expect(found.dnssec?.signers.first?.digest == "abcd")
    #expect(found.registrar?.ianaID == 292)
    #expect(found.registrar?.name == "Example Registrar")
    #expect(found.contact(.abuse)?.phones == ["tel:+1.5555555555"])
    let registrant = try #require(found.contact(.registrant))
    #expect(registrant.name == nil)
    #expect(registrant.redacted == [.name])
    #expect(registrant.street == ["Main St 1", "Suite 2"])
    #expect(registrant.countryCode == "US")
    #expect(found.isPrivate)
    #expect(response.related == ["https://rdap.registrar.example/domain/EXAMPLE.COM"])
    // The second registration without a time, the name server without a name.
    #expect(response.malformedCount == 2)
    #expect(found.source.texts == [AnswerReference(of: Array(Self.domain.utf8))])
  }

  @Test func readsARefusal() throws {
    let response = try readRDAP(
      Array(#"{"errorCode": 404, "title": "Not Found", "description": ["no such"]}"#.utf8))
    guard case .failure(let failure) = response.body else {
      Issue.record("no refusal")
      return
    }
    #expect(failure.isUnknownObject)
    #expect(failure.descriptions == ["no such"])
  }

  @Test func refusesWhatIsNoAnswer() {
    func error(_ text: String) -> RDAPError? {
      do throws(RDAPError) {
        let source = RegistrationSource(kind: .rdapRegistry, server: "", time: 0)
        _ = try RDAPReader.read(Array(text.utf8), source: source)
        return nil
      } catch {
        return error
      }
    }
    #expect(error("") == .notJSON)
    #expect(error("[]") == .unknownObject(className: nil))
    #expect(error("{\"objectClassName\": \"x\"}") == .unknownObject(className: "x"))
    #expect(error("{\"objectClassName\": \"domain\"}") == .unidentified)
    #expect(error(String(repeating: "[", count: 100_000)) == .nestedTooDeep)
    let size = RegistrationLimits.answerOctetsMax + 1
    #expect(error(String(repeating: " ", count: size)) == .tooLong(octets: size))
  }

  @Test func toleratesAnyCard() throws {
    for card in [
      "[]", "null", "[\"vcard\"]", "[\"vcard\", []]", "[\"vcard\", [[], 1, [\"fn\"]]]",
      "[\"vcard\", [[\"org\", {}, \"text\", [\"A\", \"B\"]], [\"fn\", {}, \"text\", \"N\"]]]",
      "[\"vcard\", [[\"fn\", {}, \"text\", 42], [\"adr\", {\"label\": \"L1\\nL2\"}, \"text\", []]]]",
    ] {
      let text = "{\"objectClassName\":\"entity\",\"handle\":\"h\",\"vcardArray\":\(card)}"
      let response = try readRDAP(Array(text.utf8))
      #expect(response.registration?.subject == .entity(handle: "h"), "\(card)")
    }
  }

  @Test func marksWhatRFC9537Redacts() throws {
    let text = """
      {"objectClassName": "domain", "ldhName": "example.com",
       "entities": [{"roles": ["registrant"], "handle": "X",
         "vcardArray": ["vcard", [["fn", {}, "text", ""]]]}],
       "redacted": [{"name": {"description": "Registrant Name"}, "method": "emptyValue",
         "reason": {"description": "Server policy"}}]}
      """
    let found = try #require(try readRDAP(Array(text.utf8)).registration)
    #expect(found.contact(.registrant)?.redacted == [.name])
    #expect(found.redactions.first?.method == "emptyValue")
    #expect(found.isPrivate)
  }
}
