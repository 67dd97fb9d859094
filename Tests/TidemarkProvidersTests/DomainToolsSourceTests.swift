import TidemarkEnrichment
import TidemarkProviders
import Testing

/// A DomainTools-style server on loopback is asked.
struct DomainToolsSourceTests {
  private static let key = Secret("s3cret-key")
  private static let timestamp = "2026-01-01T00:00:00Z"

  /// The vector of the interface's description.
  @Test func signsAsTheServiceDoes() {
    #expect(DomainToolsSignature.timestamp(ServiceWorld.now) == Self.timestamp)
    let signature = DomainToolsSignature.hex(
      username: "alice", key: Self.key, timestamp: Self.timestamp, path: "/v1/example.com/whois")
    #expect(signature == "8aa69375bc9b37241bf9e49ea68a180fcc25b295a7359b341a18db00d722c510")
  }

  @Test(arguments: [
    ("fqdn-whois", IndicatorType.fqdn, "/v1/example.com/whois/parsed"),
    ("ip-whois", .ipv4, "/v1/192.0.2.1/whois/parsed"),
    ("ip-whois", .ipv6, "/v1/2001:db8::1/whois/parsed"),
    ("reverse-ip", .fqdn, "/v1/example.com/reverse-ip"),
    ("reverse-ip", .ipv4, "/v1/192.0.2.1/host-domains"),
    ("whois-history", .fqdn, "/v1/example.com/whois/history"),
    ("reverse-name-server", .fqdn, "/v1/example.com/name-server-domains"),
    ("hosting-history", .fqdn, "/v1/example.com/hosting-history"),
    ("risk", .fqdn, "/v1/risk"),
  ])
  func everyActionAsksItsEndpointSigned(
    _ action: String, _ type: IndicatorType, _ path: String
  ) async throws {
    let value =
      switch type {
      case .ipv4: "192.0.2.1"
      case .ipv6: "2001:db8::1"
      default: "example.com"
      }
    let (result, questions) = try await ServiceWorld.run("domaintools", action, type, value) { _ in
      .octets(ScriptedService.answer("{\"response\":{}}"))
    }
    let question = try #require(questions.first)
    #expect(questions.count == 1 && question.path == path)
    #expect(question.parameter("api_username") == "alice")
    #expect(question.parameter("api_key") == nil && question.field("X-Api-Key") == nil)
    #expect(question.parameter("timestamp") == "2026-01-01T00%3A00%3A00Z")
    let signature = DomainToolsSignature.hex(
      username: "alice", key: Self.key, timestamp: Self.timestamp, path: path)
    #expect(question.parameter("signature") == signature)
    #expect(question.parameter("domain") == (action == "risk" ? "example.com" : nil))
    // An answer without anything of what was asked is no empty answer.
    #expect(result.failure?.kind == .unavailable)
  }

  @Test func theSourceHasNoQuery() async throws {
    let result = try await ServiceWorld.run(
      "domaintools", "risk", body: #"{"response":{"domain":"example.com","risk_score":1}}"#)
    #expect(result.source.hasSuffix("/v1/risk") && result.note("Domain") == "example.com")
  }

  @Test(arguments: [
    (403, "the credentials are wrong", FailureKind.refused),
    (401, "the credentials are wrong", .refused),
    (400, "no dot in the name", .refused), (404, "no such domain", .notFound),
    (503, "over the limit", .unavailable), (500, "broken", .unavailable),
  ])
  func errorsKeepCodeAndWords(_ code: Int, _ words: String, _ kind: FailureKind) async throws {
    let body = "{\"error\":{\"code\":\(code),\"message\":\"\(words)\"},\"resources\":{}}"
    let result = try await ServiceWorld.run(
      "domaintools", "fqdn-whois", status: "\(code) Trouble", body: body)
    #expect(result.failure == ActionFailure(kind, code: code, message: words))
    let inSuccess = try await ServiceWorld.run("domaintools", "fqdn-whois", body: body)
    #expect(inSuccess.failure == ActionFailure(kind, code: code, message: words))
  }

  @Test(arguments: [
    #"{"response":{"limit_exceeded":true,"message":"too many"}}"#,
    #"{"response":{"limit_exceeded":"true","message":"too many"}}"#,
    #"{"response":{"whois":{"record":"x"}},"limit_exceeded":1,"message":"too many"}"#,
  ])
  func anExceededLimitIsNoAnswer(_ body: String) async throws {
    let result = try await ServiceWorld.run("domaintools", "fqdn-whois", body: body)
    #expect(result.failure == ActionFailure(.unavailable, code: 503, message: "too many"))
  }

  @Test func aLimitThatIsNotExceededIsNothing() async throws {
    let result = try await ServiceWorld.run(
      "domaintools", "fqdn-whois",
      body: #"{"response":{"limit_exceeded":false,"whois":{"record":"x"}}}"#)
    #expect(result.column("value", of: "attributes") == ["x"])
  }

  /// Status 206: the service has a record and could not parse it.
  @Test(arguments: [
    "Domain: example.com\nStatus: x\n", #"{"response":{"whois":{"record":"Domain: example.com"}}}"#,
  ])
  func aRecordThatCouldNotBeParsedIsShown(_ body: String) async throws {
    let result = try await ServiceWorld.run(
      "domaintools", "fqdn-whois", status: "206 Partial Content", body: body)
    #expect(result.column("name", of: "attributes") == ["WHOIS Record"])
    #expect(result.note("Incomplete") != nil && result.failure == nil)
  }

  /// The signature lets others ask for some minutes; a service that sends it back does not make it
  /// show.
  @Test func theSignatureDoesNotShow() async throws {
    for status in ["200 OK", "403 Forbidden"] {
      let service = try await ScriptedService { question in
        .octets(
          ScriptedService.answer(
            status, [],
            "{\"response\":{\"whois\":{\"record\":\"\(question.target)\"}},"
              + "\"message\":\"\(question.target)\"}"))
      }
      let world = try ServiceWorld(port: service.port)
      let result = try await world.run("domaintools", "fqdn-whois")
      let signature = try #require(service.questions.first?.parameter("signature"))
      #expect(!String(describing: result).contains(signature))
      #expect(String(describing: result).contains(SecretRemover.mark))
      if let raw = try? world.library.raw(ofResult: result.id, now: ServiceWorld.now) {
        #expect(!String(decoding: raw.octets, as: UTF8.self).contains(signature))
      }
      try await service.close()
    }
  }
}

/// WHOIS history comes in pages.
struct DomainToolsHistoryTests {
  private static func entry(_ number: Int) -> String {
    "{\"date\":\"2020-01-\(10 + number % 20)\",\"is_private\":\"0\",\"whois\":{\"server\":"
      + "\"whois.example\",\"record\":\"record \(number)\"}}"
  }

  private static func page(_ numbers: Range<Int>, of total: Int?) -> String {
    let count = total.map { "\"record_count\":\"\($0)\"," } ?? ""
    let entries = numbers.map(entry).joined(separator: ",")
    return "{\"response\":{\(count)\"history\":[\(entries)]}}"
  }

  /// A service with so many records that says how many or does not.
  private static func service(_ total: Int, says: Bool = true) -> ScriptedService.Script {
    { question in
      let offset = Int(question.parameter("offset") ?? "") ?? -1
      let limit = Int(question.parameter("limit") ?? "") ?? -1
      guard offset >= 0, (1...100).contains(limit) else {
        return .octets(ScriptedService.answer("400 Bad Request", [], ""))
      }
      let numbers = min(offset, total)..<min(offset + limit, total)
      return .octets(ScriptedService.answer(page(numbers, of: says ? total : nil)))
    }
  }

  @Test(arguments: [(250, 3), (100, 1), (1, 1), (200, 2)], [true, false])
  func readsAllPages(_ totalAndPages: (Int, Int), _ says: Bool) async throws {
    let (total, pages) = totalAndPages
    let (result, questions) = try await ServiceWorld.run(
      "domaintools", "whois-history", script: Self.service(total, says: says))
    // Without a total a full page may not be the last one.
    #expect(questions.count == pages + (!says && total.isMultiple(of: 100) ? 1 : 0))
    #expect(result.column("record", of: "records") == (0..<total).map { "record \($0)" })
    #expect(result.column("server", of: "servers") == ["whois.example"])
    #expect(result.note("Records") == (says ? String(total) : nil) && !result.isTruncated)
  }

  @Test func stopsWhenTheTableIsFull() async throws {
    let (result, questions) = try await ServiceWorld.run(
      "domaintools", "whois-history", settings: ["max_rows": "130"],
      script: Self.service(1_000))
    #expect(questions.map { $0.parameter("limit") } == ["100", "30"])
    #expect(result.table("records")?.rows.count == 130 && result.isTruncated)
  }

  @Test func keepsWhatCameBeforeTheTrouble() async throws {
    let script = Self.service(1_000)
    let (result, _) = try await ServiceWorld.run("domaintools", "whois-history") { question in
      question.number < 2
        ? script(question)
        : .octets(
          ScriptedService.answer(
            "503 Service Unavailable", [], #"{"error":{"code":503,"message":"over quota"}}"#))
    }
    #expect(result.table("records")?.rows.count == 200)
    #expect(result.isTruncated && result.note("Incomplete") == "over quota")
  }

  @Test func aServiceThatForgetsTheOffsetIsNotAskedForEver() async throws {
    let (result, questions) = try await ServiceWorld.run("domaintools", "whois-history") { _ in
      .octets(ScriptedService.answer(Self.page(0..<100, of: 5_000)))
    }
    #expect(questions.count == 2 && result.table("records")?.rows.count == 100)
    #expect(result.isTruncated)
  }

  @Test func noHistoryIsEmpty() async throws {
    let result = try await ServiceWorld.run(
      "domaintools", "whois-history", body: #"{"response":{"record_count":0,"history":[]}}"#)
    #expect(result.status == .empty)
  }
}
