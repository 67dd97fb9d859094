import TidemarkEnrichment
import TidemarkProviders
import Testing

/// A CIRCL-style server on loopback is asked.
struct CirclSourceTests {
  static let record =
    #"{"rrname":"www.example.com","rrtype":"A","rdata":"192.0.2.1","#
    + #""count":6,"time_first":100,"time_last":200}"#

  @Test(arguments: [
    (["token_use": "automatic"], "Authorization", "Basic YWxpY2U6d29uZGVyIGxhbmQ="),
    (["token_use": "basic"], "Authorization", "Basic YWxpY2U6d29uZGVyIGxhbmQ="),
    (["token_use": "authorization"], "Authorization", "alice:wonder land"),
    (["token": "justatoken"], "Authorization", "justatoken"),
    (["token_use": "header"], "X-API-Key", "alice:wonder land"),
    (["token_use": "header", "token_header": "X-Mine"], "X-Mine", "alice:wonder land"),
  ])
  func sendsTheTokenInItsMode(
    _ settings: [String: String], _ name: String, _ value: String
  ) async throws {
    let (result, questions) = try await ServiceWorld.run("circl", settings: settings) { _ in
      .octets(ScriptedService.answer("200 OK", [], Self.record))
    }
    #expect(result.status == .ok && result.column("rdata", of: "records") == ["192.0.2.1"])
    #expect(questions.map(\.target) == ["/pdns/query/www.example.com"])
    #expect(questions.first?.field(name) == value)
    #expect(result.source.hasSuffix("/pdns/query/www.example.com"))
  }

  @Test(arguments: [
    ["token": "nocolon", "token_use": "basic"],
    ["token_use": "header", "token_header": "X Mine"],
    ["token_use": "header", "token_header": "Content-Length"],
  ])
  func settingsThatMakeNoHeaderSendNothing(_ settings: [String: String]) async throws {
    let (result, questions) = try await ServiceWorld.run("circl", settings: settings) { _ in
      .octets(ScriptedService.answer("200 OK", [], Self.record))
    }
    #expect(result.failure?.kind == .notConfigured && questions.isEmpty)
  }

  @Test(arguments: [
    (IndicatorType.ipv4, "192.0.2.1", "192.0.2.1"), (.ipv6, "2001:DB8::1", "2001:db8::1"),
    (.ipv6, "::ffff:192.0.2.1", "192.0.2.1"), (.fqdn, "_dmarc.Example.COM.", "_dmarc.example.com"),
    (.fqdn, "xn--bcher-kva.example", "xn--bcher-kva.example"),
  ])
  func asksForTheValueAsServersKnowIt(
    _ type: IndicatorType, _ value: String, _ asked: String
  ) async throws {
    let (result, questions) = try await ServiceWorld.run("circl", "passive-dns", type, value) { _ in
      .octets(ScriptedService.answer("200 OK", [], ""))
    }
    #expect(questions.map(\.target) == ["/pdns/query/\(asked)"])
    #expect(result.status == .empty)
  }

  /// The records of a mapped address are linked as those of the IPv4 address.
  @Test func aMappedAddressIsLinked() async throws {
    let (result, _) = try await ServiceWorld.run("circl", "passive-dns", .ipv6, "::ffff:192.0.2.1")
    {
      _ in .octets(ScriptedService.answer("200 OK", [], Self.record))
    }
    let row = try #require(result.table("records")?.rows.first)
    let hasName = row.proposals.contains {
      if case .indicator(let candidate) = $0 { candidate.value == "www.example.com" } else { false }
    }
    #expect(hasName)
  }

  @Test func networksAreNotAsked() async throws {
    let service = try await ScriptedService(body: "")
    let world = try ServiceWorld(port: service.port)
    await #expect(throws: OperationError.notOffered(.cidr)) {
      _ = try await world.run("circl", "passive-dns", .cidr, "192.0.2.0/24")
    }
    #expect(service.questions.isEmpty)
    try await service.close()
  }

  @Test func anErrorInASuccessKeepsItsWords() async throws {
    let result = try await ServiceWorld.run("circl", body: #"{"error":"quota of today is used"}"#)
    #expect(result.failure?.kind == .unavailable)
    #expect(result.failure?.message == "quota of today is used")
    let coded = try await ServiceWorld.run(
      "circl", body: #"{"error":{"code":403,"message":"no"}}"#)
    #expect(coded.failure == ActionFailure(.refused, code: 403, message: "no"))
  }

  @Test func prettyJoinedObjectsAreRead() async throws {
    let pretty = Self.record.replacing(",", with: ",\n  ")
    let result = try await ServiceWorld.run("circl", body: pretty + pretty)
    #expect(result.table("records")?.rows.count == 2)
  }
}
