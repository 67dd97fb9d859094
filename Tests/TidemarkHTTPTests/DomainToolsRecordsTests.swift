import Foundation
import TidemarkAccess
import TidemarkDomains
import TidemarkHTTP
import TidemarkModel
import TidemarkPivots
import TidemarkStore
import Testing

/// Answers of the DomainTools interface that come from records and lists.
@Suite(.timeLimit(.minutes(10)))
struct DomainToolsRecordsTests {
  static let feed = [
    cof("example.com", "A", "192.0.2.1", first: 1_600_000_000, last: 1_650_000_000),
    cof("example.com", "A", "192.0.2.2", first: 1_650_000_100, last: 1_717_190_000),
    cof("www.example.org", "A", "192.0.2.2", last: 1_717_190_000),
    cof("mail.example.org", "A", "192.0.2.2"),
    cof("a.example.co.uk", "A", "192.0.2.2"), cof("one.example.net", "A", "192.0.2.9"),
    cof("example.com", "NS", "ns1.host.example.", first: 1_600_000_000, last: 1_717_190_000),
    cof("example.org", "NS", "ns1.host.example."),
    cof(
      "example.com", "SOA",
      "ns1.host.example. hostmaster.example.com. 1 7200 900 1209600 86400"),
    cof("example.com", "MX", "10 mx.mail.example."), cof("mx.mail.example", "A", "192.0.2.30"),
  ].joined()

  private func serving(
    lists: [RiskList] = [], _ test: @Sendable (DomainToolsClient) async throws -> Void
  ) async throws {
    let world = try DomainToolsWorld(lists: lists)
    try await world.serving(try MemoryStore.holding(Self.feed), test)
  }

  @Test func severalAddressesAreAListAndOneIsAnObject() async throws {
    try await serving { client in
      let many = try await client.response("/v1/example.com/reverse-ip")
      let list = try #require(many["ip_addresses"] as? [[String: Any]])
      #expect(list.compactMap { $0["ip_address"] as? String } == ["192.0.2.2", "192.0.2.1"])
      #expect(list[0]["domain_count"] as? Int == 3)
      #expect(
        list[0]["domain_names"] as? [String] == ["example.co.uk", "example.com", "example.org"])
      let cut = try await client.response("/v1/example.com/reverse-ip", "limit=1")
      let first = try #require((cut["ip_addresses"] as? [[String: Any]])?.first)
      #expect(first["domain_count"] as? Int == 3)
      #expect(first["domain_names"] as? [String] == ["example.co.uk"])
      let one = try await client.response("/v1/one.example.net/reverse-ip")
      let object = try #require(one["ip_addresses"] as? [String: Any])
      #expect(object["ip_address"] as? String == "192.0.2.9")
      let host = try await client.response("/v1/::ffff:192.0.2.9/host-domains")
      let found = try #require(host["ip_addresses"] as? [String: Any])
      #expect(found["ip_address"] as? String == "192.0.2.9")
      #expect(found["domain_names"] as? [String] == ["example.net"])
    }
  }

  @Test func nameServersHavePrimaryAndSecondaryZones() async throws {
    try await serving { client in
      for path in ["ns1.host.example", "host.example", "www.example.com"] {
        let response = try await client.response("/v1/\(path)/name-server-domains")
        let server = try #require(response["name_server"] as? [String: Any])
        let hostname = path == "host.example" ? path : "ns1.host.example"
        #expect(server["hostname"] as? String == hostname)
        #expect(server["primary"] as? Int == 1 && server["secondary"] as? Int == 1)
        #expect(server["total"] as? Int == 2)
        #expect(response["primary_domains"] as? [String] == ["example.com"])
        #expect(response["secondary_domains"] as? [String] == ["example.org"])
      }
    }
  }

  @Test func hostingHistoryTellsChangesOldestFirst() async throws {
    try await serving { client in
      let response = try await client.response("/v1/Example.COM/hosting-history")
      #expect(response["domain_name"] as? String == "example.com")
      let events = try #require(response["ip_history"] as? [[String: Any]])
      #expect(events.compactMap { $0["action"] as? String } == ["N", "C"])
      #expect(events[0]["pre_ip"] is NSNull && events[0]["post_ip"] as? String == "192.0.2.1")
      #expect(events[1]["pre_ip"] as? String == "192.0.2.1")
      #expect(events[0]["actiondate"] as? String == "2020-09-13")
      #expect(events[0]["action_in_words"] as? String == "New")
      let servers = try #require(response["nameserver_history"] as? [[String: Any]])
      #expect(servers.count == 1 && servers[0]["post_mns"] as? String == "Host.example")
      #expect(servers[0]["pre_mns"] is NSNull)
      #expect((response["registrar_history"] as? [Any])?.isEmpty == true)
    }
  }

  @Test func changesComeNewestFirstInPages() async throws {
    try await serving { client in
      let all = try await client.response("/v1/domain-history", "domain=example.com")
      let changes = try #require(all["changes"] as? [[String: Any]])
      let times = changes.compactMap { $0["timestamp"] as? String }
      #expect(times == times.sorted(by: >) && times.count == changes.count)
      #expect(all["count"] as? Int == changes.count)
      let fields = Set(changes.compactMap { $0["field"] as? String })
      #expect(fields == ["ip", "mx", "name_server", "first_seen"])
      var paged: [String] = []
      for offset in 0..<changes.count {
        let page = try await client.response(
          "/v1/domain-history", "domain=example.com&page_size=1&offset=\(offset)&next=true")
        let found = try #require(page["changes"] as? [[String: Any]])
        paged += found.compactMap { $0["timestamp"] as? String }
        #expect((page["next"] != nil) == (offset + 1 < changes.count))
      }
      #expect(paged == times)
      let only = try await client.response(
        "/v1/domain-history", "domain=example.com&include_fields=all_ip,registrar")
      #expect(only["count"] as? Int == 2)
      let both = try await client.get(
        "/v1/domain-history", "domain=example.com&include_fields=ip&exclude_fields=mx")
      #expect(both.status == 400)
    }
  }

  @Test func riskIsTheHighestComponent() async throws {
    let header = RiskListHeader(
      name: "bad", kind: .block, category: .malware, updated: TestServer.now / 86_400)
    let list = try RiskList(
      header, octets: Array("example.org\nexample.co.uk\n".utf8), suffixes: .standard())
    try await serving(lists: [list]) { client in
      let near = try await client.response("/v1/risk", "domain=example.com")
      let parts = try #require(near["components"] as? [[String: Any]])
      let scores = parts.compactMap { $0["risk_score"] as? Int }
      #expect(near["risk_score"] as? Int == scores.max() && (scores.max() ?? 0) > 1)
      #expect(parts.allSatisfy { $0["evidence"] == nil })
      let listed = try await client.response("/v1/risk/evidence/", "domain=example.org")
      #expect(listed["risk_score"] as? Int == 100)
      let evidence = (listed["components"] as? [[String: Any]])?.first?["evidence"] as? [String]
      #expect(evidence?.first?.contains("example.org") == true)
      let plain = try await client.response("/v1/reputation", "domain=example.org")
      #expect(plain["risk_score"] as? Int == 100 && plain["reasons"] == nil)
      let reasons = try await client.response(
        "/v1/reputation", "domain=example.org&include_reasons=true")
      #expect((reasons["reasons"] as? [String])?.isEmpty == false)
      let unknown = try await client.response("/v1/risk", "domain=nothing.example")
      #expect(unknown["risk_score"] as? Int == 0)
      #expect((unknown["components"] as? [Any])?.isEmpty == true)
    }
  }

  @Test func enrichmentWrapsValuesAndNamesWhatIsMissing() async throws {
    try await serving { client in
      let path = "/v1/iris-enrich/"
      let form = client.signed(path) + "&domain=example.com%2C%20nothing.example,example.com"
      let response = try DomainToolsClient.response(try await client.post(path, form: form))
      #expect(response["results_count"] as? Int == 1)
      #expect(response["limit_exceeded"] as? Bool == false)
      #expect(response["missing_domains"] as? [String] == ["nothing.example"])
      let result = try #require((response["results"] as? [[String: Any]])?.first)
      #expect(result["domain"] as? String == "example.com")
      let address = (result["ip"] as? [[String: Any]])?.first?["address"] as? [String: Any]
      #expect(address?["value"] as? String == "192.0.2.2" && address?["count"] as? Int == 0)
      let mail = try #require((result["mx"] as? [[String: Any]])?.first)
      #expect((mail["host"] as? [String: Any])?["value"] as? String == "mx.mail.example")
      #expect((mail["ip"] as? [[String: Any]])?.first?["value"] as? String == "192.0.2.30")
      #expect(mail["priority"] as? Int == 10)
      let contact = (result["soa_email"] as? [[String: Any]])?.first
      #expect(contact?["value"] as? String == "hostmaster@example.com")
      #expect((result["domain_risk"] as? [String: Any])?["risk_score"] as? Int != nil)
    }
  }

  @Test func profilesAreInShort() async throws {
    try await serving { client in
      let response = try await client.response("/v1/example.com")
      let server = try #require(response["server"] as? [String: Any])
      #expect(server["ip_address"] as? String == "192.0.2.2")
      #expect(server["other_domains"] as? Int == 2)
      let servers = response["name_servers"] as? [[String: Any]]
      #expect(servers?.first?["server"] as? String == "NS1.HOST.EXAMPLE")
      let history = try #require(response["history"] as? [String: Any])
      #expect((history["ip_address"] as? [String: Any])?["events"] as? Int == 2)
    }
  }

  @Test func mistakesHaveTheirStatus() async throws {
    try await serving { client in
      let wanted = [
        ("/v1/ss/reverse-ip", "", 400), ("/v1/nothing.example/reverse-ip", "", 404),
        ("/v1/192.0.2.77/host-domains", "", 404), ("/v1/example.com/host-domains", "", 400),
        ("/v1/nothing.example/hosting-history", "", 404), ("/v1/nothing.example", "", 404),
        ("/v1/nothing.example/name-server-domains", "", 404), ("/v1/risk", "", 400),
        ("/v1/domain-history", "domain=nothing.example", 404),
        ("/v1/risk", "domain=a..b", 400), ("/v1/example.com/reverse-ip", "limit=x", 400),
        ("/v1/example.com/reverse-ip", "limit=0", 400), ("/v1/reverse-whois", "terms=a", 404),
        ("/v1/mark-alert", "query=a", 404), ("/v1/feed/nod/", "", 404), ("/v1/", "", 404),
        ("/v2/domain-search", "query=a", 404), ("/v1/example.com/whois", "", 404),
        ("/v1/example.com/hosting-history", "format=xml", 406),
        ("/v1/account", "format=html", 406),
        ("/v1/risk", "domain=example.com&domain=b.example", 400),
        ("/v1/example.com/hosting-history", "format=json&whatever=1", 200),
        ("/v1/example.com/hosting-history/", "", 200), ("/v1/account/", "", 200),
        ("/v1/risk/evidence", "domain=example.com", 200),
      ]
      for (path, parameters, status) in wanted {
        let reply = try await client.get(path, parameters)
        #expect(reply.status == status, "\(path) \(parameters)")
        #expect(reply.headers["content-type"] == "application/json;charset=utf-8", "\(path)")
        guard status != 200 else { continue }
        #expect(reply.body.hasPrefix("{\"error\":{\"code\":\(status),"), "\(path)")
      }
      let post = try await client.server.get(
        "/v1/risk?domain=example.com&api_key=\(client.key)", method: "DELETE")
      #expect(post.status == 405 && post.headers["allow"] == "GET, HEAD")
      let get = try await client.get("/v1/iris-enrich/", "domain=example.com")
      #expect(get.status == 405 && get.headers["allow"] == "POST")
    }
  }

  @Test func datasetsThatAreNotGrantedAreNotThere() async throws {
    let world = try DomainToolsWorld()
    let key = world.book.add(
      TokenGrant(name: "elsewhere", datasets: ["other"]), keepsKey: true)
    try await world.serving(try MemoryStore.holding(Self.feed)) { client in
      let other = DomainToolsClient(server: client.server, name: "elsewhere", key: key)
      for path in ["/v1/example.com/reverse-ip", "/v1/192.0.2.2/host-domains", "/v1/example.com"] {
        let reply = try await other.get(path)
        #expect(reply.status == 404, "\(path)")
      }
    }
  }

  @Test func withoutSuffixListNothingIsGuessed() async throws {
    let store = try MemoryStore.holding(Self.feed)
    try await TestServer.serving(store, adjust: { $0.domainTools.suffixes = nil }) { server in
      let reply = try await server.get("/v1/192.0.2.2/host-domains")
      #expect(reply.status == 500 && reply.body.contains("public suffix list"))
    }
  }
}
