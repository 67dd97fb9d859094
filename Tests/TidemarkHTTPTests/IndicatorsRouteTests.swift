import TidemarkAccess
import TidemarkEnrichment
import TidemarkHTTP
import TidemarkStore
import Testing

@Suite(.timeLimit(.minutes(10)))
struct IndicatorsRouteTests {
  private static let target = "/api/v1/indicators"

  @Test func oneIndicatorIsAddedAndShown() async throws {
    let world = try EnrichmentWorld()
    try world.enable("circl")
    try await world.serving { server in
      let body = """
        {"type": "domain", "value": "WWW.Example.com.", "tags": ["phishing"],
         "attributes": [{"name": "Note", "value": "seen\\nhere"}],
         "relations": [{"kind": "resolves-to", "type": "ip", "value": "192.0.2.1"}]}
        """
      let added = try await server.send("POST", Self.target, body)
      #expect(added.status == 200)
      #expect(try added.json()["added"] == 1 && added.json()["rows"] == 1)
      #expect(try await server.send("POST", Self.target, body).json()["already_there"] == 1)
      let shown = try await server.get("\(Self.target)/fqdn/www.example.com").json()
      #expect(shown["in_library"] == true && shown["tags"].texts == ["phishing"])
      #expect(shown["sources"].texts == [IndicatorsRouteTests.source])
      #expect(shown["attributes"][0]["value"] == "seen\nhere")
      #expect(shown["attributes"][0]["provenance"]["origin"] == "import")
      #expect(shown["relations"][0]["value"] == "192.0.2.1")
      #expect(shown["relations"][0]["incoming"] == false)
      #expect(shown["first_added"] == "2024-06-01T00:00:00Z")
      let offered = shown["actions"].list.filter { $0["operation"] == "circl" }
      #expect(offered.compactMap(\.["action"].text) == ["passive-dns"])
      let address = try await server.get("\(Self.target)/ipv4/192.0.2.1").json()
      #expect(address["relations"][0]["incoming"] == true)
      #expect(address["relations"][0]["value"] == "www.example.com")
    }
  }

  private static let source = "Tidemark HTTP"

  @Test func anyIndicatorCanBeAskedAbout() async throws {
    let world = try EnrichmentWorld()
    try world.enable("circl")
    try await world.serving { server in
      _ = try await server.run("circl", "passive-dns", "ipv6", "2001:db8::1")
      let shown = try await server.get("\(Self.target)/ip/2001:DB8:0::1").json()
      #expect(shown["in_library"] == false && shown["value"] == "2001:db8::1")
      #expect(shown["results"][0]["outcome"] == "ok")
      let actions = shown["actions"].list.compactMap(\.["action"].text)
      // What is for names is not offered for an address.
      #expect(actions.contains("ip-whois") && !actions.contains("fqdn-whois"))
      let mail = try await server.get("\(Self.target)/email/a%40example.com").json()
      #expect(mail["actions"].list.isEmpty && mail["value"] == "a@example.com")
      let url = try await server.get("\(Self.target)/url/http://example.com/a%2Fb").json()
      #expect(url["value"] == "http://example.com/a/b")
      let network = try await server.get("\(Self.target)/cidr/192.0.2.0/24").json()
      #expect(network["value"] == "192.0.2.0/24")
      #expect(try await server.get("\(Self.target)/none/a").status == 400)
      #expect(try await server.get("\(Self.target)/fqdn/a%20b").status == 422)
      #expect(try await server.get("\(Self.target)/fqdn/").status == 404)
      #expect(try await server.get("\(Self.target)/fqdn").status == 404)
    }
  }

  @Test(arguments: LibraryFormat.allCases)
  func whatIsExportedCanBeImported(_ format: LibraryFormat) async throws {
    let (world, other) = (try EnrichmentWorld(), try EnrichmentWorld())
    let lines = (0..<450).map { number in
      #"{"type":"fqdn","value":"n\#(number).example.com","relations":"#
        + #"[{"kind":"resolves-to","type":"ipv4","value":"192.0.2.\#(number % 256)"}]}"#
    }
    try await world.serving { server in
      let report = try await server.send(
        "POST", Self.target + "?source=feed", lines.joined(separator: "\n"),
        type: "application/x-ndjson")
      #expect(try report.json()["added"] == 450)
      let file = try await server.get("\(Self.target)/export?format=\(format.rawValue)")
      #expect(file.status == 200 && file.headers["content-type"] == format.mediaType)
      #expect(file.headers["content-disposition"]?.hasPrefix("attachment") == true)
      try await other.serving { server in
        let report = try await server.send(
          "POST", Self.target + "?format=\(format.rawValue)", file.body, type: "text/plain")
        #expect(report.status == 200, "\(report.body.prefix(200))")
      }
    }
    func values(_ library: Library) throws -> Set<IndicatorKey> {
      Set(try library.indicators(limit: 10_000).map(\.key))
    }
    #expect(try values(world.library).count == 706)
    #expect(try values(other.library) == values(world.library))
  }

  @Test func pagesAndFilters() async throws {
    let world = try EnrichmentWorld()
    try await world.serving { server in
      let file = (0..<25).map { "fqdn,n\($0).example.com,\($0 % 2 == 0 ? "even" : "odd")" }
      let added = try await server.send(
        "POST", Self.target, "type,value,tags\r\n" + file.joined(separator: "\r\n"),
        type: "text/csv; charset=utf-8")
      #expect(try added.json()["added"] == 25, "\(added.body)")
      var found: [String] = []
      var cursor: String?
      repeat {
        let query = cursor.map { "&cursor=\($0)" } ?? ""
        let reply = try await server.get("\(Self.target)?limit=4&tag=even\(query)")
        let lines = try reply.jsonLines()
        #expect(reply.headers["content-type"] == "application/x-ndjson" && lines.count <= 5)
        found += lines.dropLast().compactMap(\.["value"].text)
        let marker = try #require(lines.last)
        #expect(marker["rows"] == .number(Double(lines.count - 1)))
        #expect(marker["end"] == (marker["cursor"] == .null ? "complete" : "limited"))
        cursor = marker["cursor"].text
      } while cursor != nil
      #expect(found == (0..<25).filter { $0 % 2 == 0 }.map { "n\($0).example.com" })
      let one = try await server.get("\(Self.target)?starting_with=n24&type=domain,ip").jsonLines()
      #expect(one.count == 2 && one[0]["value"] == "n24.example.com")
      for query in ["limit=0", "type=none", "status=none", "cursor=AAAA", "nonsense=1"] {
        #expect(try await server.get("\(Self.target)?\(query)").status == 400, "\(query)")
      }
      let whole = try await server.get("\(Self.target)?limit=4").last("cursor") ?? ""
      #expect(try await server.get("\(Self.target)?tag=odd&cursor=\(whole)").status == 400)
    }
  }

  @Test func badRowsRefuseOnlyThemselves() async throws {
    let world = try EnrichmentWorld()
    let book = TokenBook()
    let secret = book.add(TokenGrant(name: "feeder", scopes: [.enrich]))
    try await world.serving(access: book.control()) { server in
      let header = ["Authorization: \(secret)"]
      let reply = try await server.send(
        "POST", Self.target,
        "{\"type\":\"fqdn\",\"value\":\"a.example\"}\n{\"type\":\"fqdn\",\"value\":\"a b\"}\n{",
        type: "application/x-ndjson", headers: header)
      let report = try reply.json()
      #expect(report["added"] == 1 && report["refused"] == 2)
      #expect(report["refusals"].list.map(\.["row"]) == [2, 3])
      #expect(try world.library.indicators(limit: 9).map(\.sources) == [["feeder"]])
      let one = try await server.send(
        "POST", Self.target, #"{"type":"fqdn","value":"a b"}"#, headers: header)
      #expect(one.status == 422)
      for (body, type, query, status) in [
        ("<xml/>", "application/xml", "", 415), ("{}", "text/plain", "?format=xml", 400),
        ("[1", "application/json", "?format=misp", 400), ("[]", "application/json", "", 422),
        ("a,b\n", "text/csv", "", 400),
      ] {
        let reply = try await server.send(
          "POST", Self.target + query, body, type: type, headers: header)
        #expect(reply.status == status, "\(body) \(type): \(reply.body)")
      }
      let packed = try await server.send(
        "POST", Self.target, "{}", headers: header + ["Content-Encoding: gzip"])
      #expect(packed.status == 415)
    }
  }
}
