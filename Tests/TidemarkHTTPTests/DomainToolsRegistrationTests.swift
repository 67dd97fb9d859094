import Foundation
import TidemarkAccess
import TidemarkHTTP
import TidemarkModel
import TidemarkStore
import Testing

/// Answers of the DomainTools interface that come from snapshots of registrations.
@Suite(.timeLimit(.minutes(10)))
struct DomainToolsRegistrationTests {
  let world: DomainToolsWorld

  init() throws {
    world = try DomainToolsWorld()
    try world.keep(DomainToolsWorld.whois(registrar: "First Names", ianaID: 11), daysAgo: 300)
    try world.keep(DomainToolsWorld.whois(registrar: "First Names", ianaID: 11), daysAgo: 200)
    try world.keep(DomainToolsWorld.whois(registrar: "Second Names", ianaID: 22), daysAgo: 100)
    try world.keep(
      DomainToolsWorld.whois(registrar: "Second Names", ianaID: 22, expires: "2031-08-13"),
      daysAgo: 1)
    try world.keep(
      """
      inetnum:        192.0.2.0 - 192.0.2.255
      netname:        EXAMPLE-NET
      descr:          A network for documents
      country:        NL
      admin-c:        EX1-RIPE
      status:         ASSIGNED PA
      created:        2010-01-02T03:04:05Z
      last-modified:  2020-01-02T03:04:05Z
      source:         RIPE

      """, daysAgo: 1, server: "whois.ripe.net")
  }

  @Test func whoisHasTheRecordedMembers() async throws {
    try await world.serving(MemoryStore()) { client in
      for name in ["example.com", "www.example.com", "EXAMPLE.com"] {
        let response = try await client.response("/v1/\(name)/whois")
        #expect(
          Set(response.keys) == [
            "registrant", "registration", "name_servers", "whois", "record_source",
          ])
        #expect(response["registrant"] as? String == "Example Organization")
        #expect(response["record_source"] as? String == "example.com")
        #expect(response["name_servers"] as? [String] == ["NS1.EXAMPLE.NET", "NS2.EXAMPLE.NET"])
        let dates = try #require(response["registration"] as? [String: Any])
        #expect(dates["created"] as? String == "1995-08-14")
        #expect(dates["expires"] as? String == "2031-08-13")
        #expect(dates["registrar"] as? String == "Second Names")
        #expect(dates["statuses"] as? [String] == ["clientTransferProhibited"])
        let whois = try #require(response["whois"] as? [String: Any])
        #expect(whois["date"] as? String == "2024-05-31")
        #expect((whois["record"] as? String)?.hasPrefix("Domain Name: EXAMPLE.COM\n") == true)
      }
      #expect(try await client.get("/v1/example.net/whois").status == 404)
    }
  }

  @Test func aTokenForSomeDatasetsSeesNeitherRegistrationsNorScores() async throws {
    let key = world.book.add(TokenGrant(name: "bound", datasets: ["main"]), keepsKey: true)
    let store = try MemoryStore.holding(cof("example.com", "A", "192.0.2.1"))
    try await world.serving(store) { client in
      let bound = DomainToolsClient(server: client.server, name: "bound", key: key)
      for path in ["whois", "whois/parsed", "whois/history", "rdap/parsed/"] {
        let reply = try await bound.get("/v1/example.com/\(path)")
        #expect(reply.status == 403 && !reply.body.contains("Second Names"), "\(path)")
      }
      #expect(try await bound.get("/v1/192.0.2.1/whois").status == 403)
      for path in ["risk", "risk/evidence/", "reputation"] {
        #expect(try await bound.get("/v1/\(path)", "domain=example.com").status == 403, "\(path)")
      }
      let form = bound.signed("/v1/iris-enrich/") + "&domain=example.com"
      #expect(try await client.post("/v1/iris-enrich/", form: form).status == 403)
      // What records tell is told, and nothing of registrations besides.
      for (path, parameters) in [
        ("/v1/example.com/hosting-history", ""), ("/v1/example.com", ""),
        ("/v1/domain-history", "domain=example.com"),
      ] {
        #expect(try await client.get(path, parameters).body.contains("Names"), "\(path)")
        let reply = try await bound.get(path, parameters)
        #expect(reply.status == 200 && !reply.body.contains("Names"), "\(path)")
      }
    }
  }

  @Test func troubleOfTheLibraryNamesNoFile() async throws {
    try await world.serving(MemoryStore()) { client in
      try world.breakLibrary()
      let reply = try await client.get("/v1/example.com/whois")
      #expect(reply.status == 500)
      #expect(reply.body.contains("the library cannot be read"), "\(reply.body)")
      #expect(!reply.body.contains("sqlite"))
    }
  }

  @Test func parsedWhoisAlwaysHasFourContacts() async throws {
    try await world.serving(MemoryStore()) { client in
      let response = try await client.response("/v1/example.com/whois/parsed")
      let parsed = try #require(response["parsed_whois"] as? [String: Any])
      #expect(parsed["domain"] as? String == "example.com")
      #expect(parsed["created_date"] as? String == "1995-08-14T04:00:00+00:00")
      #expect(parsed["name_servers"] as? [String] == ["ns1.example.net", "ns2.example.net"])
      let registrar = try #require(parsed["registrar"] as? [String: Any])
      #expect(registrar["iana_id"] as? String == "22")
      #expect(registrar["abuse_contact_email"] as? String == "abuse@registrar.example")
      let contacts = try #require(parsed["contacts"] as? [String: [String: Any]])
      #expect(Set(contacts.keys) == ["registrant", "admin", "tech", "billing"])
      for contact in contacts.values {
        #expect(
          Set(contact.keys) == [
            "name", "org", "street", "city", "state", "postal", "country", "phone", "fax", "email",
          ])
      }
      #expect(contacts["billing"]?["org"] as? String == "")
      #expect(contacts["billing"]?["street"] as? [String] == [])
    }
  }

  @Test func historyIsNewestFirstUnlessAsked() async throws {
    try await world.serving(MemoryStore()) { client in
      let path = "/v1/example.com/whois/history"
      let response = try await client.response(path)
      #expect(response["record_count"] as? Int == 4)
      let entries = try #require(response["history"] as? [[String: Any]])
      let dates = entries.compactMap { $0["date"] as? String }
      #expect(dates == ["2024-05-31", "2024-02-22", "2023-11-14", "2023-08-06"])
      #expect(entries.allSatisfy { $0["is_private"] as? Int == 0 })
      let whois = try #require(entries[0]["whois"] as? [String: Any])
      #expect(
        Set(whois.keys) == ["registrant", "registration", "name_servers", "server", "record"])
      #expect(whois["server"] as? String == "whois.registrar.example")
      let page = try await client.response(path, "sort=date_asc&offset=1&limit=2")
      #expect(page["record_count"] as? Int == 4)
      let some = (page["history"] as? [[String: Any]])?.compactMap { $0["date"] as? String }
      #expect(some == ["2023-11-14", "2024-02-22"])
      #expect(try await client.response(path, "mode=count")["record_count"] as? Int == 4)
      let exists = try await client.response(path, "mode=check_existence")
      #expect(exists["has_history_entries"] as? Bool == true)
      let none = "/v1/example.net/whois/history"
      #expect(try await client.response(none, "mode=count")["record_count"] as? Int == 0)
      #expect(try await client.get(none).status == 404)
      for wrong in ["mode=x", "sort=x", "offset=-1", "limit=0"] {
        #expect(try await client.get(path, wrong).status == 400, "\(wrong)")
      }
    }
  }

  @Test func registrarsHavePeriodsAndChanges() async throws {
    try await world.serving(MemoryStore()) { client in
      let response = try await client.response("/v1/example.com/hosting-history")
      let rows = try #require(response["registrar_history"] as? [[String: Any]])
      #expect(rows.compactMap { $0["registrar"] as? String } == ["First Names", "Second Names"])
      #expect(rows[0]["date_lastchecked"] as? String == "2023-11-14")
      #expect(rows[1]["date_lastchecked"] as? String == "2024-05-31")
      let history = try await client.response("/v1/domain-history", "domain=example.com")
      #expect(history["registration_source"] as? String == "whois")
      let changes = try #require(history["changes"] as? [[String: Any]])
      let expiry = try #require(changes.first)
      #expect(expiry["field"] as? String == "expiration_date")
      #expect((expiry["before"] as? [String: Any])?["expiration_date"] as? String == "2030-08-13")
      #expect((expiry["after"] as? [String: Any])?["expiration_date"] as? String == "2031-08-13")
    }
  }

  @Test func addressesHaveTheSmallestBlock() async throws {
    try await world.serving(MemoryStore()) { client in
      let whois = try await client.response("/v1/192.0.2.7/whois")
      #expect(Set(whois.keys) == ["registrant", "whois", "record_source"])
      let response = try await client.response("/v1/192.0.2.7/whois/parsed")
      #expect(response["source"] as? String == "RIPE")
      let parsed = try #require(response["parsed_whois"] as? [String: Any])
      let network = try #require((parsed["networks"] as? [[String: Any]])?.first)
      #expect(network["name"] as? String == "EXAMPLE-NET")
      let range = try #require(network["range"] as? [String: Any])
      #expect(range["from"] as? String == "192.0.2.0" && range["count"] as? String == "256")
      #expect(range["cidr"] as? [String] == ["192.0.2.0/24"])
      #expect(parsed["contacts"] is [Any])
      #expect(try await client.get("/v1/198.51.100.1/whois").status == 404)
    }
  }

  @Test func rdapAndProfileShowTheRegistration() async throws {
    try await world.serving(MemoryStore()) { client in
      let response = try await client.response("/v1/example.com/rdap/parsed/")
      let parsed = try #require(response["parsed_domain_rdap"] as? [String: Any])
      #expect(parsed["creation_date"] as? String == "1995-08-14T04:00:00+00:00")
      #expect((parsed["dnssec"] as? [String: Any])?["signed"] as? Bool == false)
      // The snapshot is of WHOIS: there is no RDAP record to show.
      #expect((response["domain_rdap"] as? [Any])?.isEmpty == true)
      let profile = try await client.response("/v1/example.com")
      let registrant = profile["registrant"] as? [String: Any]
      #expect(registrant?["name"] as? String == "Example Organization")
      let history = try #require(profile["history"] as? [String: [String: Any]])
      #expect(history["whois"]?["records"] as? Int == 4)
      #expect(history["whois"]?["earliest_event"] as? String == "2023-08-06")
    }
  }
}
