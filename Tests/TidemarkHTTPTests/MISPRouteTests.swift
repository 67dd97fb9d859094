import TidemarkAccess
import TidemarkDomains
import TidemarkEnrichment
import TidemarkHTTP
import TidemarkPivots
import TidemarkRegistration
import TidemarkStore
import Testing

@Suite(.timeLimit(.minutes(10)))
struct MISPRouteTests {
  private static let uuid = "5b1f8f4c-0000-4000-8000-000000000001"

  private func serving(
    _ world: EnrichmentWorld? = nil, access: AccessControl = .open,
    _ test: @Sendable (TestServer) async throws -> Void
  ) async throws {
    let store = try MemoryStore.holding(
      cof("www.example.com", "A", "192.0.2.1") + cof("example.com", "NS", "ns1.example.net")
        + cof("alias.example.org", "CNAME", "www.example.com"))
    try await TestServer.serving(
      store, access: access,
      adjust: { settings in
        settings.servesMISP = true
        settings.domainTools = DomainToolsData(
          library: world?.library, suffixes: try? PublicSuffixList.standard())
      }, test)
  }

  private static func question(
    _ module: String, _ type: String, _ value: String, config: String = "null"
  ) -> String {
    """
    {"module":"\(module)","event_id":"3","config":{"token":\(config)},"attribute":{"id":"17",\
    "uuid":"\(uuid)","type":"\(type)","value":"\(value)","category":"Network activity",\
    "to_ids":false,"timestamp":"1700000000","object_relation":null,"Tag":[{"name":"a"}]}}
    """
  }

  @Test func listsItsModules() async throws {
    try await serving { server in
      let modules = try await server.get("/modules").json()
      #expect(
        modules.list.compactMap(\.["name"].text)
          == ["tidemark_pdns", "tidemark_whois", "tidemark_risk"])
      for module in modules.list {
        #expect(module["mispattributes"]["format"] == "misp_standard")
        #expect(module["meta"]["config"].texts == ["token"])
        #expect(module["meta"]["description"].text?.isEmpty == false)
      }
      #expect(try await server.get("/healthcheck").json()["status"] == true)
      #expect(
        try await server.get("/version").json()["version"] == .text(TidemarkServer.version))
    }
  }

  @Test func recordsOfBothSidesAreObjects() async throws {
    try await serving { server in
      let body = Self.question("tidemark_pdns", "hostname", "www.example.com")
      let (first, second) = (
        try await server.send("POST", "/query", body),
        try await server.send("POST", "/query", body)
      )
      let reply = try first.json()
      #expect(first.status == 200 && reply["error"] == .null)
      #expect(reply["results"].names == ["Attribute", "Object"])
      #expect(reply["results"]["Attribute"][0]["uuid"] == .text(Self.uuid))
      let objects = reply["results"]["Object"].list
      #expect(objects.count == 2)
      var values: Set<String> = []
      for object in objects {
        #expect(object["name"] == "passive-dns" && object["template_version"] == "5")
        #expect(object["ObjectReference"][0]["referenced_uuid"] == .text(Self.uuid))
        for attribute in object["Attribute"].list where attribute["object_relation"] == "rdata" {
          values.insert(attribute["value"].text ?? "")
        }
      }
      #expect(values == ["192.0.2.1", "www.example.com"])
      // MISP refuses what it has seen.
      let again = Set(try second.json()["results"]["Object"].list.compactMap(\.["uuid"].text))
      #expect(again.isDisjoint(with: objects.compactMap(\.["uuid"].text)) && again.count == 2)
      for (type, value, count) in [
        ("ip-dst", "192.0.2.1", 1), ("ip-src|port", "192.0.2.1|443", 1),
        ("domain|ip", "www.example.com|192.0.2.9", 2), ("domain", "WWW.EXAMPLE.COM.", 2),
        ("ip-src", "2001:db8::1", 0),
      ] {
        let body = Self.question("tidemark_pdns", type, value)
        let reply = try await server.send("POST", "/query", body).json()
        #expect(reply["results"]["Object"].list.count == count, "\(type)")
        #expect(reply["results"]["Attribute"].list.count == 1)
        #expect((reply["error"] == .null) == (count > 0))
      }
    }
  }

  @Test func longRecordsEndTheAnswerInTime() async throws {
    let zeros = String(repeating: "0", count: 19_992)
    let feed = (1_000..<1_120).map { number in
      cof("big.example.com", "TYPE65280", "\\\\# 9998 \(number)\(zeros)")
    }.joined()
    let store = try MemoryStore.holding(feed)
    try await TestServer.serving(store, adjust: { $0.servesMISP = true }) { server in
      let body = Self.question("tidemark_pdns", "domain", "big.example.com")
      let reply = try await server.send("POST", "/query", body)
      let results = try reply.json()["results"]
      #expect(results["Object"].list.count == (1 << 20) / 9_998)
      #expect(results["Attribute"].list.count == 2)
      #expect(results["Attribute"][1]["type"] == "comment")
    }
  }

  @Test func registrationsComeOutOfTheLibrary() async throws {
    let world = try EnrichmentWorld()
    var registration = Registration(
      subject: .domain(name: "example.com"),
      source: RegistrationSource(kind: .whois, server: "whois.example", time: 1_717_200_000))
    registration.registrar = Registrar(name: "Registrar One")
    registration.nameServers = [NameServer(name: "ns1.example.net")]
    registration.created = RegistrationTime(
      seconds: 1_000_000_000, precision: .second, text: "2001-09-09")
    try world.library.keep(
      FetchedRegistration(
        merged: registration, parts: [registration],
        texts: [RawAnswer(contentType: "text/plain", octets: Array("Domain Name: x".utf8))],
        source: "whois://whois.example"),
      of: .domain(name: "example.com"), at: TestServer.now)
    try await serving(world) { server in
      let body = Self.question("tidemark_whois", "hostname", "a.www.example.com")
      let reply = try await server.send("POST", "/query", body).json()
      let object = reply["results"]["Object"][0]
      #expect(object["name"] == "whois" && object["meta-category"] == "network")
      var found: [String: String] = [:]
      for attribute in object["Attribute"].list {
        found[attribute["object_relation"].text ?? ""] = attribute["value"].text
      }
      #expect(found["domain"] == "example.com" && found["registrar"] == "Registrar One")
      #expect(found["nameserver"] == "ns1.example.net" && found["text"] == "Domain Name: x")
      #expect(found["creation-date"] == "2001-09-09T01:46:40Z")
      let other = Self.question("tidemark_whois", "domain", "example.org")
      let none = try await server.send("POST", "/query", other).json()
      #expect(none["results"]["Object"].list.isEmpty && none["error"].text != nil)
    }
  }

  @Test func whateverGoesWrongIsTwoHundred() async throws {
    try await serving { server in
      for body in [
        "", "[]", "{}", #"{"module":"none"}"#, #"{"module":"tidemark_pdns"}"#,
        #"{"module":"tidemark_pdns","attribute":{"type":"domain"}}"#,
        Self.question("tidemark_pdns", "md5", "x"),
        Self.question("tidemark_pdns", "domain", "a b"),
        Self.question("tidemark_pdns", "ip-src", "999.1.1.1"),
        Self.question("tidemark_whois", "domain", "example.com"),
        String(repeating: "[", count: 60_000), String(repeating: " ", count: 1 << 17),
      ] {
        let reply = try await server.send("POST", "/query", body)
        #expect(reply.status == 200, "\(body.prefix(60))")
        #expect(try reply.json()["error"].text?.isEmpty == false, "\(body.prefix(60))")
      }
      #expect(try await server.get("/query").status == 405)
      let page = try await server.send(
        "POST", "/query", Self.question("tidemark_pdns", "domain", "www.example.com"),
        headers: ["Origin: https://page.example"])
      #expect(try page.json()["results"] == .null)
    }
  }

  @Test func tokensAreTakenFromTheModuleToo() async throws {
    let book = TokenBook()
    let secret = book.add(TokenGrant(name: "misp", scopes: [.query]))
    let bound = book.add(TokenGrant(name: "bound", scopes: [.query], datasets: ["main"]))
    let feeder = book.add(TokenGrant(name: "feeder", scopes: [.ingest]))
    try await serving(access: book.control()) { server in
      func objects(
        _ config: String, _ headers: [String] = [], module: String = "tidemark_pdns"
      ) async throws -> Int {
        let body = Self.question(module, "domain", "www.example.com", config: config)
        let reply = try await server.send("POST", "/query", body, headers: headers)
        #expect(reply.status == 200 && !reply.body.contains(secret))
        return try reply.json()["results"]["Object"].list.count
      }
      for (config, headers, count) in [
        ("null", [], 0), ("\"tdm_wrong\"", [], 0), ("\"\(feeder)\"", [], 0),
        ("\"\(secret)\"", [], 2), ("null", ["Authorization: Bearer \(secret)"], 2),
        // What the header says counts.
        ("\"\(secret)\"", ["Authorization: Bearer \(feeder)"], 0), ("\"\(bound)\"", [], 2),
      ] {
        let found = try await objects(config, headers)
        #expect(found == count, "\(config.prefix(8)) \(headers.count)")
      }
      let risk = Self.question(
        "tidemark_risk", "domain", "www.example.com", config: "\"\(bound)\"")
      let refused = try await server.send("POST", "/query", risk).json()
      #expect(refused["error"].text?.contains("datasets") == true)
      // The list holds nothing of anybody.
      let modules = try await server.get("/modules")
      #expect(modules.status == 200)
    }
  }

  @Test func isServedOnlyWhereItWasAskedFor() async throws {
    try await TestServer.serving(MemoryStore()) { server in
      for path in ["/modules", "/query", "/healthcheck", "/version"] {
        let reply = try await server.get(path)
        #expect(reply.status == 404, "\(path)")
      }
    }
  }
}
