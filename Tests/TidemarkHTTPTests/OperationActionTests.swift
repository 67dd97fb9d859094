import TidemarkAccess
import TidemarkEnrichment
import TidemarkHTTP
import TidemarkStore
import Testing

@Suite(.timeLimit(.minutes(10)))
struct OperationActionTests {
  /// operations.md section 2: every action with what it takes, and with its tables and buttons as
  /// section 3 names them.
  struct Row: Sendable {
    let action: String
    let accepts: Set<IndicatorType>
    let tables: [String: [String]]
  }

  private static let addAttributes = "Add Selected Attributes"
  private static let addAddresses = "Add Selected IP Addresses"
  private static let addDomains = "Add Selected Domains"
  private static let addServers = "Add Selected Name Servers"

  static let domainTools = [
    Row(
      action: "ip-whois", accepts: [.ipv4, .ipv6],
      tables: ["Relevant Attributes": [addAttributes], "Contacts": [addAttributes]]),
    Row(
      action: "fqdn-whois", accepts: [.fqdn],
      tables: [
        "Relevant Attributes": [addAttributes], "Name Servers": [addServers],
        "Email Addresses": ["Add Selected Email Addresses"],
      ]),
    Row(
      action: "reverse-ip", accepts: [.fqdn, .ipv4, .ipv6],
      tables: [
        "Related Domains": [addDomains], "Related IP Addresses": [addAddresses],
        "Domains on 192.0.2.9": [addDomains],
      ]),
    Row(
      action: "whois-history", accepts: [.fqdn],
      tables: ["WHOIS Information Servers": [], "WHOIS Records": [addAttributes]]),
    Row(
      action: "reverse-name-server", accepts: [.fqdn],
      tables: ["Primary Domains": [addDomains], "Secondary Domains": [addDomains]]),
    Row(
      action: "hosting-history", accepts: [.fqdn],
      tables: [
        "IP Address History": [addAddresses], "Name Server History": [addServers],
        "Registrar History": [addAttributes],
      ]),
    Row(
      action: "risk", accepts: [.fqdn],
      tables: ["Risk Score": ["Add Risk Score"], "Scoring Components": [addAttributes]]),
  ]

  static let passiveDNS = Row(
    action: "passive-dns", accepts: [.fqdn, .ipv4, .ipv6],
    tables: ["Passive DNS Records": ["Add Selected Indicators", addAttributes]])

  static let guides: [(operation: String, rows: [Row])] = [
    ("circl", [passiveDNS]), ("domaintools", domainTools), ("dnsdb", [passiveDNS]),
    ("tidemark", [passiveDNS] + domainTools),
  ]

  private static func value(_ type: IndicatorType) -> String {
    switch type {
    case .ipv4: "192.0.2.1"
    case .ipv6: "2001:db8::1"
    default: "www.example.com"
    }
  }

  @Test func everyRowOfTheGuidesIsReachable() async throws {
    let world = try EnrichmentWorld()
    for (operation, _) in Self.guides { try world.enable(operation) }
    try await world.serving { server in
      for (operation, rows) in Self.guides {
        let listed = try await server.get("/api/v1/operations/\(operation)").json()
        #expect(
          Set(listed["actions"].list.compactMap(\.["id"].text)) == Set(rows.map(\.action)))
        for row in rows {
          let declared = listed["actions"].with(id: row.action)
          #expect(Set(declared["accepts"].texts) == Set(row.accepts.map(\.rawValue)))
          for type in IndicatorType.allCases where row.accepts.contains(type) {
            try await Self.check(server, operation, row, type)
          }
          // Not a guess, but a refusal.
          let other = row.accepts.contains(.ipv4) ? "email" : "ipv4"
          let value = other == "ipv4" ? "192.0.2.1" : "a@example.com"
          let refused = try await server.run(operation, row.action, other, value)
          #expect(refused.status == 422, "\(operation) \(row.action) \(other)")
        }
      }
    }
  }

  /// Runs an action and presses every button of its answer.
  private static func check(
    _ server: TestServer, _ operation: String, _ row: Row, _ type: IndicatorType
  ) async throws {
    let comment: Comment = "\(operation) \(row.action) \(type)"
    let reply = try await server.run(operation, row.action, type.rawValue, value(type))
    #expect(reply.status == 200, comment)
    let result = try reply.json()
    #expect(result["status"] == "ok" && result["indicator"]["type"] == .text(type.rawValue))
    var tables: [String: [String]] = [:]
    for table in result["tables"].list {
      let buttons = table["buttons"].list.compactMap(\.["label"].text)
      tables[table["title"].text ?? ""] = buttons
      #expect(table["selectable"] == (buttons.isEmpty ? false : true), comment)
      #expect(table["columns"].list.count == table["rows"][0]["cells"].list.count, comment)
      for button in buttons {
        let id = table["id"].text ?? ""
        let outcome = try await server.send(
          "POST", "/api/v1/results/\(result["id"].text ?? "")/selections",
          #"{"tables":[{"table":"\#(id)","rows":[0]}],"button":"\#(button)"}"#)
        let counts = try outcome.json()
        #expect(
          [counts["added"], counts["already_there"]].contains(1)
            && counts["refused"].list.isEmpty,
          "\(comment) \(button): \(outcome.body)")
      }
    }
    #expect(tables == row.tables, comment)
  }

  @Test func failuresAreResults() async throws {
    for kind in FailureKind.allCases {
      let world = try EnrichmentWorld { _ throws(ActionFailure) in
        throw ActionFailure(kind, code: 418, message: "no \u{1B}[31m<b>")
      }
      try world.enable("circl")
      try await world.serving { server in
        let reply = try await server.run("circl", "passive-dns", "ip", "192.0.2.1")
        #expect(reply.status == 200)
        let result = try reply.json()
        #expect(result["status"] == "failed" && result["failure"]["kind"] == .text(kind.rawValue))
        #expect(result["failure"]["code"] == 418)
        #expect(!reply.octets.contains(0x1B))
        let id = result["id"].text ?? ""
        #expect(try await server.get("/api/v1/results/\(id)").json()["status"] == "failed")
        #expect(try await server.get("/api/v1/results/\(id)/raw").status == 404)
      }
    }
  }

  @Test func aDisabledOperationSaysSo() async throws {
    let world = try EnrichmentWorld()
    try await world.serving { server in
      let reply = try await server.run("circl", "passive-dns", "fqdn", "www.example.com")
      #expect(try reply.json()["failure"]["kind"] == "not-configured")
      #expect(try world.library.indicators(limit: 1).isEmpty)
    }
  }

  @Test func requestsThatAskForNothing() async throws {
    let world = try EnrichmentWorld()
    try await world.serving { server in
      let target = "/api/v1/operations/circl/actions/passive-dns"
      for (body, status) in [
        (#"{"type":"fqdn"}"#, 400), ("", 400), (#"{"type":"nonsense","value":"a"}"#, 400),
        (#"{"type":"fqdn","value":"a b"}"#, 422), (#"{"type":"ipv4","value":"::1"}"#, 422),
      ] {
        #expect(try await server.send("POST", target, body).status == status, "\(body)")
      }
      #expect(try await server.run("circl", "none", "fqdn", "a.example").status == 404)
      #expect(try await server.run("none", "passive-dns", "fqdn", "a.example").status == 404)
      let wrong = try await server.get(target)
      #expect(wrong.status == 405 && wrong.headers["allow"] == "POST")
    }
  }

  @Test func rawAnswersAreNoPages() async throws {
    let world = try EnrichmentWorld()
    try world.enable("circl")
    try await world.serving { server in
      let id = try await server.run("circl", "passive-dns", "fqdn", "www.example.com").json()["id"]
      let reply = try await server.get("/api/v1/results/\(id.text ?? "")/raw")
      #expect(reply.status == 200 && reply.body == "<b>raw")
      #expect(reply.headers["content-type"] == "application/octet-stream")
      #expect(reply.headers["content-disposition"]?.hasPrefix("attachment") == true)
      #expect(reply.headers["x-content-type-options"] == "nosniff")
      #expect(reply.headers["content-security-policy"] == "sandbox; default-src 'none'")
      #expect(reply.headers["tidemark-raw-type"] == "text/html")
      #expect(reply.headers["tidemark-raw-cut"] == "false")
    }
  }

  @Test func selectionsAddOnceAndRefuseBadRows() async throws {
    let world = try EnrichmentWorld { request throws(ActionFailure) in
      var answer = EnrichmentWorld.fill(request)
      var table = request.table("records")
      for value in ["192.0.2.1", "999.1.1.1", "192.0.2.2"] {
        table.append(
          ["rrname": .text("www.example.com"), "rrtype": .text("A"), "rdata": .text(value)],
          candidates: [
            Proposal.Candidate(types: [.ipv4], value: value, relation: .resolvesTo)
          ])
      }
      answer.tables = [table]
      return answer
    }
    try world.enable("circl")
    let book = TokenBook()
    let desk = book.add(TokenGrant(name: "desk", scopes: [.enrich]))
    try await world.serving(access: book.control()) { server in
      let header = ["Authorization: Bearer \(desk)"]
      let run = try await server.run(
        "circl", "passive-dns", "fqdn", "www.example.com", headers: header)
      let target = "/api/v1/results/\(try run.json()["id"].text ?? "")"
      #expect(try world.library.indicators(limit: 9).isEmpty)
      let body =
        #"{"tables":[{"table":"records","rows":"all"}],"button":"Add Selected Indicators"}"#
      let first = try await server.send("POST", target + "/selections", body, headers: header)
      #expect(
        first.body == """
          {"added":2,"already_there":0,"refused":[{"table":"records","row":1,\
          "reason":"the value is no IPv4 Address"}]}

          """)
      let second = try await server.send("POST", target + "/selections", body, headers: header)
      #expect(try second.json()["already_there"] == 2 && second.json()["added"] == 0)
      let made = try await server.get(target, headers: header).json()["selections"]
      #expect(made.list.count == 1 && made[0]["by"] == "desk" && made[0]["added"] == 2)
      #expect(try world.library.indicators(limit: 9).count == 3)
      let none = try await server.send(
        "POST", target + "/selections", #"{"tables":[{"table":"none","rows":[0]}]}"#,
        headers: header)
      #expect(try none.json()["refused"][0]["row"] == .null)
      let gone = try await server.send(
        "POST", "/api/v1/results/none/selections", body, headers: header)
      #expect(gone.status == 404)
    }
  }
}
