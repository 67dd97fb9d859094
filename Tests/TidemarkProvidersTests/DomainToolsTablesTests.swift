import TidemarkEnrichment
import TidemarkProviders
import Testing

/// Tables of the seven actions, in every shape that answers had over the years.
struct DomainToolsTablesTests {
  private func run(
    _ action: String, _ type: IndicatorType = .fqdn, _ value: String = "example.com",
    response: String
  ) async throws -> ActionResult {
    try await ServiceWorld.run(
      "domaintools", action, type, value, body: "{\"response\":\(response)}")
  }

  @Test func riskTakesNumbersAndText() async throws {
    let result = try await run(
      "risk",
      response: #"{"domain":"EXAMPLE.COM","risk_score":"99","components":[{"name":"proximity","#
        + #""risk_score":98.6},{"name":"never_seen","risk_score":"7"},{"name":7},"x",{"name":"y","#
        + #""risk_score":101}]}"#)
    #expect(result.heading == "DomainTools Risk Lookup")
    #expect(result.column("score", of: "score") == ["99"])
    #expect(result.column("component", of: "components") == ["proximity", "never_seen"])
    #expect(result.column("score", of: "components") == ["99", "7"])
    #expect(result.note("Unreadable rows") == "3" && result.note("Domain") == nil)
    let proposals = result.table("components")?.rows.first?.proposals
    #expect(
      proposals == [
        .attribute(AttributeEntry("DomainTools Scoring Component", "proximity: 99"))
      ])
  }

  @Test(arguments: ["-1", "\"high\"", "null", "1e99", "[5]", "101"])
  func aScoreThatIsNoneIsAFailure(_ score: String) async throws {
    let result = try await run("risk", response: "{\"risk_score\":\(score)}")
    #expect(result.failure?.kind == .unavailable)
  }

  /// Figure 10 of the guide.
  @Test func hostingHistoryReadsAsInTheGuide() async throws {
    let result = try await run(
      "hosting-history", .fqdn, "consciousmyself.tk",
      response: #"{"domain_name":"consciousmyself.tk","ip_history":[],"registrar_history":[],"#
        + #""nameserver_history":[{"domain":"CONSCIOUSMYSELF.TK","action":"N","#
        + #""actiondate":"2018-05-06","action_in_words":"New","post_mns":"Search-ipok.info","#
        + #""pre_mns":""}]}"#)
    #expect(result.heading == "Hosting History for consciousmyself.tk")
    #expect(result.tables.map(\.title) == ["Name Server History"])
    #expect(result.column("type", of: "name-servers") == ["WHOIS New"])
    #expect(result.column("action", of: "name-servers") == ["Search-ipok.info on 2018-05-06"])
    #expect(result.column("date", of: "name-servers") == ["2018-05-06"])
    guard case .indicator(let server) = result.table("name-servers")?.rows.first?.proposals.first
    else {
      Issue.record("no name server is proposed")
      return
    }
    #expect(server.value == "Search-ipok.info" && server.relation == .nameServer)
    #expect(server.seen == 1_525_564_800...1_525_564_800)
  }

  @Test func changesOfAddressMayHaveNothingBeforeOrAfter() async throws {
    let result = try await run(
      "hosting-history",
      response: #"{"ip_history":[{"pre_ip":null,"post_ip":"192.0.2.1","action":"N","#
        + #""actiondate":"2020-01-01","action_in_words":"New"},{"pre_ip":"192.0.2.1","#
        + #""post_ip":"","actiondate":"2020-02-01","action_in_words":"Not Resolvable"},"#
        + #"{"pre_ip":"192.0.2.1","post_ip":"192.0.2.2","action":"C"},{"pre_ip":null},7],"#
        + #""registrar_history":{"registrar":"Example Inc.","date_created":"2001-02-03","#
        + #""date_lastchecked":null}}"#)
    #expect(result.column("type", of: "addresses") == ["New", "Not Resolvable", "C"])
    #expect(
      result.column("action", of: "addresses")
        == ["192.0.2.1 on 2020-01-01", "192.0.2.1 on 2020-02-01", "192.0.2.2"])
    let proposed = result.table("addresses")?.rows.map(\.proposals.count)
    #expect(proposed == [1, 0, 1])
    #expect(result.column("registrar", of: "registrars") == ["Example Inc."])
    #expect(result.column("created", of: "registrars") == ["2001-02-03"])
  }

  private static let oneAddress =
    #"{"ip_address":"192.0.2.1","domain_count":"3","domain_names":["A.example","b.example"]}"#

  @Test(arguments: [oneAddress, "[\(oneAddress)]"])
  func namesOnAnAddress(_ shape: String) async throws {
    let result = try await run(
      "reverse-ip", .ipv4, "192.0.2.1", response: "{\"ip_addresses\":\(shape)}")
    #expect(result.column("domain", of: "domains") == ["a.example", "b.example"])
    #expect(result.note("Total Domains") == "3" && result.isTruncated)
  }

  @Test func addressesOfANameAndTheNamesOnThem() async throws {
    let result = try await run(
      "reverse-ip",
      response: "{\"ip_addresses\":[\(Self.oneAddress),{\"ip_address\":\"2001:DB8:0::1\","
        + "\"domain_count\":1,\"domain_names\":\"c.example\"},{\"ip_address\":\"example.com\","
        + "\"domain_names\":[\"192.0.2.1\"]},\(Self.oneAddress)]}")
    #expect(result.column("address", of: "addresses") == ["192.0.2.1", "2001:db8::1"])
    #expect(result.column("domain_count", of: "addresses") == ["3", "1"])
    #expect(
      result.tables.map(\.title)
        == ["Related IP Addresses", "Domains on 192.0.2.1", "Domains on 2001:db8::1"])
    #expect(result.column("domain", of: "domains-on:2001:db8::1") == ["c.example"])
    // The one with sides swapped, and the one that comes twice.
    #expect(result.note("Unreadable rows") == "2")
  }

  @Test func countsBeyondReasonDoNotAddUp() async throws {
    let entry =
      #"{"ip_address":"192.0.2.1","domain_count":"9223372036854775807","#
      + #""domain_names":[]}"#
    let entries = [String](repeating: entry, count: 5).joined(separator: ",")
    let result = try await run(
      "reverse-ip", .ipv4, "192.0.2.1", response: "{\"ip_addresses\":[\(entries)]}")
    #expect(result.isTruncated && result.failure == nil)
  }

  /// As many names as the service gives at most; the rest of them is counted only.
  @Test func longListsAreCounted() async throws {
    let names = (0..<10_000).map { "\"h\($0).example\"" }.joined(separator: ",")
    let result = try await run(
      "reverse-ip", .ipv4, "192.0.2.1",
      response: "{\"ip_addresses\":{\"domain_count\":18328,\"domain_names\":[\(names)]}}")
    let table = try #require(result.table("domains"))
    #expect(table.rows.count == 500 && table.total == 10_000 && result.isTruncated)
    #expect(result.note("Total Domains") == "18328")
  }

  @Test func namesOfANameServer() async throws {
    let result = try await run(
      "reverse-name-server",
      response: #"{"name_server":{"hostname":"NS1.EXAMPLE.COM","primary":2,"secondary":"669","#
        + #""total":671},"primary_domains":["a.example","B.example"],"secondary_domains":[]}"#)
    #expect(result.tables.map(\.title) == ["Primary Domains"])
    #expect(result.column("domain", of: "primary") == ["a.example", "b.example"])
    #expect(
      result.notes == [
        ResultNote("Name Server", "ns1.example.com"), ResultNote("Primary", "2"),
        ResultNote("Secondary", "669"), ResultNote("Total", "671"),
      ])
    #expect(result.isTruncated)
  }

  /// Figure 9 of the guide, with what the service says today around it.
  @Test func registrationOfAName() async throws {
    let result = try await run(
      "fqdn-whois",
      response: #"{"registrant":"BV Dot TK","registration":{"created":"2018-01-01","#
        + #""registrar":"Old Inc.","statuses":["ok"]},"name_servers":["NS1.EXAMPLE.COM"],"#
        + #""whois":{"date":"2018-05-06","record":"Domain name:\n  X.TK"},"parsed_whois":{"#
        + #""created_date":"2018-01-02T00:00:00+00:00","expired_date":"","statuses":"ok","#
        + #""name_servers":["ns1.example.com","ns2.example.com"],"registrar":{"name":"New Inc.","#
        + #""abuse_contact_email":"abuse@example.com"},"contacts":{"tech":{"email":["#
        + #""T@Example.COM"]},"registrant":{"email":"a@example.com, b@example.com"},"#
        + #""admin":{"email":"REDACTED FOR PRIVACY (DT)"},"billing":""}}}"#)
    #expect(
      zip(result.column("name", of: "attributes"), result.column("value", of: "attributes"))
        .map { "\($0)=\($1)" } == [
          "WHOIS Registrant=BV Dot TK", "WHOIS Registrar=New Inc.",
          "WHOIS Created=2018-01-02T00:00:00+00:00", "WHOIS Status=ok",
          "WHOIS Record=Domain name:\n  X.TK",
        ])
    #expect(
      result.notes == [
        ResultNote("Registrant", "BV Dot TK"), ResultNote("WHOIS Date", "2018-05-06"),
      ])
    #expect(
      result.column("name_server", of: "name-servers") == ["ns1.example.com", "ns2.example.com"])
    #expect(
      result.column("email", of: "emails")
        == ["a@example.com", "b@example.com", "T@example.com", "abuse@example.com"])
  }

  @Test(arguments: [true, false])
  func registrationOfANetwork(_ isList: Bool) async throws {
    let network =
      #"{"id":"NET-1","name":"EXAMPLE-NET","range":{"from":"192.0.2.0","#
      + #""cidr":["192.0.2.0/25","192.0.2.128/25"]},"asn":[64496,"AS64497"],"country":"lu","#
      + #""contact_keys":{"abuse":["C1"],"admin":["C1","C2"]}}"#
    let contacts =
      #"[{"id":"C1","type":"person","name":"Ada","email":["a@example.com"],"#
      + #""abuse_mailbox":["abuse@example.com"]},{"id":"C9","type":"organization","#
      + #""name":"Example","email":[]},{"id":"C8"}]"#
    let result = try await run(
      "ip-whois", .ipv4, "192.0.2.1",
      response: #"{"registrant":"Example","whois":{"date":"2020-01-01","record":"inetnum"},"#
        + #""parsed_whois":{"networks":"# + (isList ? "[\(network)]" : network)
        + ",\"contacts\":\(contacts)}}")
    let facts = zip(
      result.column("name", of: "attributes"), result.column("value", of: "attributes"))
    #expect(
      facts.map { "\($0)=\($1)" } == [
        "WHOIS Registrant=Example", "WHOIS CIDR=192.0.2.0/25", "WHOIS CIDR=192.0.2.128/25",
        "WHOIS Network=EXAMPLE-NET", "WHOIS ASN=AS64496", "WHOIS ASN=AS64497",
        "WHOIS Country=LU", "WHOIS Record=inetnum",
      ])
    #expect(
      result.column("role", of: "contacts") == ["abuse, admin", "abuse, admin", "organization"])
    #expect(
      result.column("email", of: "contacts") == ["a@example.com", "abuse@example.com", ""])
  }

  /// Each contact would have all roles in its row.
  @Test func aContactHasSoManyRolesOnly() async throws {
    let keys = (100..<400).map { "\"r\($0)\":[\"C1\",\"C1\"]" }.joined(separator: ",")
    let result = try await run(
      "ip-whois", .ipv4, "192.0.2.1",
      response:
        #"{"registrant":"Example","parsed_whois":{"networks":[{"contact_keys":{\#(keys)}}],"#
        + #""contacts":[{"id":"C1","name":"Ada"}]}}"#)
    let roles = (100..<116).map { "r\($0)" }.joined(separator: ", ")
    #expect(result.column("role", of: "contacts") == [roles])
  }
}
