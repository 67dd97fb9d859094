import TidemarkEnrichment
import TidemarkProviders
import TidemarkTesting
import Testing

/// Everything that goes wrong with a service becomes a failure of the right kind, or rows with a
/// note; whatever it sends, nothing traps, and no credential shows.
struct ServiceTroubleTests {
  /// An operation and an action of it.
  static let all = [
    ("circl", "passive-dns"), ("dnsdb", "passive-dns"), ("domaintools", "fqdn-whois"),
    ("domaintools", "reverse-ip"), ("domaintools", "whois-history"),
    ("domaintools", "reverse-name-server"), ("domaintools", "hosting-history"),
    ("domaintools", "risk"),
  ]
  static let each = [all[0], all[1], all[2]]
  private static let record = CirclSourceTests.record

  private func failure(
    _ operation: (String, String), _ status: String, _ headers: [String], _ body: String
  ) async throws -> ActionFailure? {
    try await ServiceWorld.run(operation.0, operation.1) { _ in
      .octets(ScriptedService.answer(status, headers, body))
    }.result.failure
  }

  @Test(arguments: each)
  func statusesHaveTheirKinds(_ operation: (String, String)) async throws {
    for (status, kind) in [
      (401, FailureKind.refused), (403, .refused), (404, .notFound), (422, .refused),
      (429, .unavailable), (500, .unavailable), (502, .unavailable), (503, .unavailable),
    ] {
      let text = try await failure(
        operation, "\(status) Some Status", ["Content-Type: text/plain"], "Error: so it is\nmore")
      #expect(text == ActionFailure(kind, code: status, message: "Error: so it is"))
      let page = try await failure(
        operation, "\(status) Some Status", ["Content-Type: text/html"], "<html>Sorry</html>")
      #expect(page == ActionFailure(kind, code: status, message: "HTTP status \(status)"))
    }
  }

  @Test(arguments: each)
  func redirectsAreNotFollowed(_ operation: (String, String)) async throws {
    let trap = try await ScriptedService(body: "")
    let failure = try await failure(
      operation, "302 Found", ["Location: http://127.0.0.1:\(trap.port)/"], "")
    #expect(failure?.kind == .unavailable && failure?.code == 302)
    #expect(failure?.message.contains("redirect") == true)
    #expect(trap.questions.isEmpty)
    try await trap.close()
  }

  @Test(arguments: each)
  func silenceEndsWithTheTime(_ operation: (String, String)) async throws {
    let (result, questions) = try await ServiceWorld.run(
      operation.0, operation.1, settings: ["timeout_s": "1"]
    ) { _ in .silence }
    #expect(result.failure?.kind == .unavailable && questions.count == 1)
  }

  @Test(arguments: each)
  func nobodyListening(_ operation: (String, String)) async throws {
    let service = try await ScriptedService(body: "")
    try await service.close()
    let world = try ServiceWorld(port: service.port)
    let result = try await world.run(operation.0, operation.1)
    #expect(result.failure?.kind == .unavailable)
  }

  @Test(arguments: each)
  func anAnswerShorterThanItsLengthIsNone(_ operation: (String, String)) async throws {
    let (result, _) = try await ServiceWorld.run(operation.0, operation.1) { _ in
      .octets(Array("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n\(Self.record)".utf8))
    }
    #expect(result.failure?.kind == .unavailable)
  }

  /// What is longer than its length is left out: here the answer ends inside an object.
  @Test(arguments: each)
  func anAnswerLongerThanItsLengthIsCut(_ operation: (String, String)) async throws {
    let (result, _) = try await ServiceWorld.run(operation.0, operation.1) { _ in
      .octets(Array("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n\(Self.record)".utf8))
    }
    #expect(result.failure?.kind == .unavailable)
  }

  /// No end in sight: as far as it is read at all, rows count where rows come one by one.
  @Test(arguments: each)
  func anEndlessAnswerIsCut(_ operation: (String, String)) async throws {
    let row = operation.0 == "dnsdb" ? "{\"obj\":\(Self.record)}" : Self.record
    let part = Array(String(repeating: row + "\n", count: 1_000).utf8)
    let (result, _) = try await ServiceWorld.run(operation.0, operation.1) { _ in
      .endless(Array("HTTP/1.1 200 OK\r\n\r\n".utf8), part: part)
    }
    if operation.0 == "domaintools" {
      #expect(result.failure?.kind == .unavailable)
    } else {
      #expect(result.isTruncated && result.table("records")?.rows.count == 500)
    }
  }

  @Test(arguments: all)
  func pagesAndOddJSONAreNoAnswers(_ operation: (String, String)) async throws {
    let bodies = [
      "<html><body>Welcome</body></html>", "{\"response\":[", "7", "\"text\"", "null", "[1,2]",
      "{\"response\":\"x\"}", "{\"response\":7}{\"response\":8}", "\u{0}\u{1}x", "{",
      String(repeating: "[", count: 100_000), String(repeating: "{\"a\":", count: 100_000),
    ]
    for body in bodies {
      let result = try await ServiceWorld.run(operation.0, operation.1, body: body)
      // An array is a list of records for some, with numbers instead of them.
      let isEmptyList = body == "[1,2]" || body.hasPrefix("[[")
      #expect(
        result.failure?.kind == .unavailable || (isEmptyList && result.tables.isEmpty),
        "\(operation) \(body.prefix(30)) \(result.status)")
    }
  }

  /// Control characters of a message do not reach terminals; a page of it is cut.
  @Test(arguments: each)
  func wordsAreMadePlain(_ operation: (String, String)) async throws {
    let failure = try await failure(
      operation, "403 No", ["Content-Type: application/json"],
      "{\"error\":{\"code\":403,\"message\":\"a\\u001b[2Jb\\u202ec\\nd"
        + String(repeating: "x", count: 5_000) + "\"}}")
    #expect(failure?.message.hasPrefix("a [2Jb c d") == true)
    #expect(failure.map { $0.message.count <= ActionFailure.messageMax } == true)
  }

  /// A service that sends back everything that it was sent.
  @Test(arguments: all, ["200 OK", "403 Forbidden"])
  func secretsNeverShow(_ operation: (String, String), _ status: String) async throws {
    let service = try await ScriptedService { question in
      let head = question.text.replacing("\r\n", with: " ").replacing("\"", with: "'")
      let echo = "\(head) alice:wonder land d-n-s-d-b-key s3cret-key wonder%20land"
      let body =
        "{\"rrname\":\"\(echo)\",\"rrtype\":\"TXT\",\"rdata\":\"\(echo)\",\"message\":\"\(echo)\","
        + "\"response\":{\"whois\":{\"record\":\"\(echo)\"},\"history\":[{\"date\":\"\(echo)\","
        + "\"whois\":\"\(echo)\"}],\"risk_score\":1,\"domain\":\"\(echo)\"}}"
      return .octets(ScriptedService.answer(status, ["Content-Type: x/\(echo)"], body))
    }
    let world = try ServiceWorld(port: service.port)
    let result = try await world.run(operation.0, operation.1)
    let raw = try? world.library.raw(ofResult: result.id, now: ServiceWorld.now)
    let shown =
      String(describing: result) + String(decoding: raw?.octets ?? [], as: UTF8.self)
      + (raw?.contentType ?? "")
    let own = ["circl": "wonder land", "dnsdb": "d-n-s-d-b-key", "domaintools": "s3cret-key"]
    let secret = try #require(own[operation.0])
    #expect(!shown.contains(secret) && !shown.contains("YWxpY2U6d29uZGVyIGxhbmQ="))
    #expect(try world.library.indicator(IndicatorKey(.fqdn, "www.example.com")) == nil)
    try await service.close()
  }
}

/// Any octets as an answer.
struct ServiceFuzzTests {
  private static let good = [
    CirclSourceTests.record, DNSDBLookupSourceTests.begin + DNSDBLookupSourceTests.row,
    #"{"response":{"registrant":"x","whois":{"date":"2020-01-01","record":"y"},"parsed_whois":{"#
      + #""contacts":{"admin":{"email":"a@example.com"}},"networks":[{"asn":[1]}]},"#
      + #""ip_addresses":[{"ip_address":"192.0.2.1","domain_count":2,"#
      + #""domain_names":["a.example"]}],"#
      + #""record_count":2,"history":[{"date":"2020-01-01","whois":{"record":"z"}}],"#
      + #""ip_history":[{"pre_ip":"192.0.2.1","post_ip":null,"actiondate":"2020-01-01"}],"#
      + #""primary_domains":["a.example"],"name_server":{"primary":1},"risk_score":5,"#
      + #""components":[{"name":"proximity","risk_score":5}]}}"#,
  ]
  private static let marks = Array("{}[]\"\\\n,:0-.\u{0}etrufalsn9".utf8)

  @Test func damagedAnswersNeverTrap() async throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed of damaged answers: \(seed)")
    for (index, operation) in ServiceTroubleTests.all.enumerated() {
      let service = try await ScriptedService { question in
        var random = SeededGenerator(seed: seed &+ UInt64(index * 1_000 + question.number))
        var body = Array(Self.good[Int.random(in: 0..<Self.good.count, using: &random)].utf8)
        if question.number.isMultiple(of: 8) { body = random.octets(0...300) }
        for _ in 0..<Int.random(in: 0...12, using: &random) where !body.isEmpty {
          body[Int.random(in: 0..<body.count, using: &random)] =
            Self.marks[Int.random(in: 0..<Self.marks.count, using: &random)]
        }
        return .octets(ScriptedService.answer("200 OK", [], body))
      }
      let world = try ServiceWorld(port: service.port)
      try world.configure(operation.0, ["max_rows": "3"])
      for _ in 0..<120 {
        let result = try await world.run(operation.0, operation.1)
        #expect(result.tables.allSatisfy { $0.rows.count <= 3 }, "seed \(seed)")
        if let failure = result.failure {
          #expect(failure.kind != .notConfigured && !failure.message.isEmpty, "seed \(seed)")
        }
      }
      try await service.close()
    }
  }
}
