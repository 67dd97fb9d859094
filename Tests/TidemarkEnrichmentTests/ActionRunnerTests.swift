import Foundation
import TidemarkEnrichment
import TidemarkModel
import Testing
import TidemarkTesting

/// A source that answers what it is told to.
struct StubSource: ActionSource {
  let body: @Sendable (ActionRequest) throws(ActionFailure) -> SourceAnswer

  func answer(_ request: ActionRequest) async throws(ActionFailure) -> SourceAnswer {
    try body(request)
  }
}

struct ActionRunnerTests {
  static let now: UnixSeconds = 1_700_000_000
  static let token = "user:s3cret/pass"
  let folder: TemporaryFolder
  let library: Library
  let registry: OperationRegistry
  let name: IndicatorKey

  init() throws {
    folder = try TemporaryFolder()
    library = try Library(path: folder.file("library.sqlite"), create: true)
    registry = OperationRegistry(library: library)
    name = try IndicatorKey(.fqdn, "www.example.com")
    try registry.configure("circl", ["token": Self.token])
    try registry.setEnabled("circl", true)
  }

  private func runner(
    _ body: @escaping @Sendable (ActionRequest) throws(ActionFailure) -> SourceAnswer
  ) -> ActionRunner {
    let clock = ActionRunner.Clock(now: { Self.now }, milliseconds: { 0 })
    return ActionRunner(
      registry: registry, sources: ["circl": StubSource(body: body)], clock: clock)
  }

  private func circl(_ text: String) -> ActionRunner {
    runner { (request: ActionRequest) throws(ActionFailure) in
      let octets = Array(text.utf8)
      var answer = SourceAnswer(
        source: "https://\(Self.token)@www.circl.lu/pdns/query/x",
        raw: RawAnswer(contentType: "application/json", octets: octets))
      let read = try CirclAnswer(octets, for: request)
      answer.tables = [read.table]
      answer.notes = read.notes
      return answer
    }
  }

  private func run(_ runner: ActionRunner) async throws -> ActionResult {
    try await runner.run(operation: "circl", action: "passive-dns", on: name)
  }

  private let good =
    CirclAnswerTests.record + #"{"rrname":"www.example.com","rrtype":"A","#
    + #""rdata":"123.321.156.90"}{"rrname":"other.example","rrtype":"NS","rdata":"ns.example"}"#

  @Test func runningChangesNothingAddingIsIdempotent() async throws {
    let result = try await run(circl(good))
    _ = try await run(circl(good))
    #expect(result.status == .ok && result.heading == "Passive DNS of www.example.com")
    #expect(try library.indicators(limit: 10).isEmpty)
    #expect(try library.result(result.id).table("records")?.rows == result.tables[0].rows)
    let selection = Selection(
      result: result.id, rows: [.init(table: "records")], button: "Add Selected Indicators",
      author: "desk")
    let first = try library.add(selection, now: Self.now)
    #expect(first.added == 1 && first.refused.map(\.row) == [1, 2])
    let second = try library.add(selection, now: Self.now + 9)
    #expect(second.added == 0 && second.alreadyThere == 1 && second.refused == first.refused)
    let made = try library.selections(ofResult: result.id)
    #expect(made.map(\.author) == ["desk"] && made.map(\.added) == [1])
    let indicator = try #require(try library.indicator(name))
    let relation = try #require(try library.relations(of: indicator).first)
    #expect(relation.source == "CIRCL Passive DNS 1.0.0" && relation.to.value == "192.0.2.1")
    #expect(
      relation.provenance == Provenance(origin: result.id, table: "records", row: 0))
    #expect(relation.firstSeen == 100 && relation.lastSeen == 200)
  }

  @Test func attributesGoToTheIndicatorAskedAbout() async throws {
    let result = try await run(circl(good))
    let selection = Selection(
      result: result.id, rows: [.init(table: "records", rows: [2, 9])],
      button: "Add Selected Attributes", author: "desk")
    let outcome = try library.add(selection, now: Self.now)
    #expect(outcome.added == 1 && outcome.refused.map(\.row) == [9])
    let indicator = try #require(try library.indicator(name))
    let attributes = try library.attributes(of: indicator).map { "\($0.name)=\($0.value)" }
    #expect(attributes == ["Resource Data=ns.example", "Resource Type=NS"])
  }

  @Test func unknownTablesButtonsAndResultsAreRefused() async throws {
    let result = try await run(circl(good))
    let selection = Selection(
      result: result.id, rows: [.init(table: "nowhere"), .init(table: "records")], button: "Go",
      author: "desk")
    let outcome = try library.add(selection, now: Self.now)
    #expect(outcome.added == 0 && outcome.refused.count == 2)
    #expect(throws: LibraryError.unknownResult) {
      try library.add(Selection(result: "x", rows: [], author: "desk"), now: Self.now)
    }
  }

  @Test func failuresAreResultsOfFourKinds() async throws {
    for (status, kind) in [
      (401, FailureKind.refused), (403, .refused), (400, .refused), (404, .notFound),
      (429, .unavailable), (503, .unavailable), (500, .unavailable),
    ] {
      let runner = runner { (_: ActionRequest) throws(ActionFailure) in
        throw ActionFailure(httpStatus: status, message: "no, \(Self.token)")
      }
      let result = try await run(runner)
      #expect(
        result.status
          == .failed(ActionFailure(kind, code: status, message: "no, (removed)")))
      #expect(try library.result(result.id) == result)
    }
    #expect(try await run(circl("")).status == .empty)
    try registry.configure("circl", ["token": nil])
    guard case .failed(let missing) = try await run(circl("")).status else {
      Issue.record("ran without a token")
      return
    }
    #expect(missing.kind == .notConfigured && missing.message.contains("token"))
    try registry.setEnabled("circl", false)
    guard case .failed(let disabled) = try await run(circl("")).status else {
      Issue.record("ran while disabled")
      return
    }
    #expect(disabled.kind == .notConfigured && disabled.message.contains("disabled"))
  }

  @Test func secretsLeaveNoTrace() async throws {
    let echo =
      #"{"rrname":"user:s3cret/pass","rrtype":"TXT","rdata":"dXNlcjpzM2NyZXQvcGFzcw== "#
      + #"s3cret/pass user%3As3cret%2Fpass"}"#
    let result = try await run(circl(echo))
    let raw = try library.raw(ofResult: result.id, now: Self.now)
    let kept = String(decoding: raw.octets, as: UTF8.self)
    let shown = String(
      decoding: try JSONEncoder().encode(result), as: UTF8.self)
    for trace in ["s3cret", "dXNlcjpzM2", "%2Fpass"] {
      #expect(!kept.contains(trace) && !shown.contains(trace))
    }
    #expect(result.source == "https://(removed)@www.circl.lu/pdns/query/x")
    let parameters = try registry.shownParameters("circl")
    let token = try #require(parameters.first { $0.spec.key == "token" })
    #expect(token.value == nil && token.isSet)
    let request = try registry.request("circl", "passive-dns", on: name)
    var dumped = ""
    dump(request, to: &dumped)
    #expect("\(Secret(Self.token)) \(parameters)".contains("s3cret") == false)
    #expect(!dumped.contains("s3cret") && !"\(request)".contains("s3cret"))
    #expect(request.configuration.text("token") == nil)
    #expect(request.configuration.secret("token")?.revealed == Self.token)
  }

  @Test func credentialsGoInAllTheirForms() {
    let remover = SecretRemover([Secret(#"alice:se"cret/pass"#)])
    for (text, wanted) in [
      (#"x alice:se"cret/pass y"#, "x (removed) y"),
      (#"{"a":"alice:se\"cret/pass"}"#, #"{"a":"(removed)"}"#),
      (#"{"a":"alice:se\"cret\/pass"}"#, #"{"a":"(removed)"}"#),
      (#"{"password":"se\"cret\/pass"}"#, #"{"password":"(removed)"}"#),
      ("https://alice:se%22cret%2fpass@example.com", "https://alice:(removed)@example.com"),
      ("Basic YWxpY2U6c2UiY3JldC9wYXNz", "Basic (removed)"),
    ] {
      #expect(remover.clean(text) == wanted)
    }
  }

  @Test func badSettingsAreRefusedWithoutTheirValue() throws {
    for (key, value) in [
      ("port", "99999"), ("port", "x"), ("use_http", "maybe"), ("token_use", "magic"),
      ("host", "http://evil/"), ("host", "a b"), ("token", "abc"), ("token", "line\r\nX: y"),
      ("weather", "sunny"),
    ] {
      let error = #expect(throws: OperationError.self) {
        try registry.configure("circl", [key: value, "max_rows": "7"])
      }
      #expect(error?.description.contains(value) == false)
    }
    let shown = try registry.shownParameters("circl").first { $0.spec.key == "max_rows" }
    #expect(shown?.value == "500")
  }

  /// A stored secret goes nowhere else unless whoever says so knows it.
  @Test func whereRequestsGoIsChangedWithTheSecretOnly() throws {
    func host() throws -> [String?] {
      try registry.shownParameters("circl").filter { $0.spec.redirection != .none }.map(\.value)
    }
    let before = try host()
    for (key, value) in [
      ("host", "thief.example"), ("port", "8443"), ("use_http", "true"), ("verify_tls", "false"),
      ("bypass_proxy", "true"),
    ] {
      let error = #expect(throws: OperationError.self) {
        try registry.configure("circl", [key: value, "max_rows": "7"])
      }
      #expect(error == .secretsNeeded(changed: [key], secrets: ["token"]))
      #expect(error?.description.contains("\(key): ") == true, "the parameter is named")
      #expect(error?.description.contains("give token again") == true)
      #expect(try host() == before)
      // With the secret, or without any.
      try registry.configure("circl", [key: value, "token": Self.token])
      #expect(try host() != before)
      try registry.configure("circl", [key: nil, "token": nil])
      #expect(try host() == before)
      try registry.configure("circl", [key: value])
      try registry.configure("circl", [key: nil])
      try registry.configure("circl", ["token": Self.token])
    }
    // Back to the standard is elsewhere, too; not so what makes sure who answers, or no change.
    try registry.configure(
      "circl", ["host": "pdns.example", "verify_tls": "false", "token": Self.token])
    #expect(throws: OperationError.secretsNeeded(changed: ["host"], secrets: ["token"])) {
      try registry.configure("circl", ["host": nil])
    }
    try registry.configure("circl", ["host": "PDNS.example", "verify_tls": "true", "port": ""])
    try registry.configure("circl", ["max_rows": "7"])
  }

  /// Every operation with a secret says which of its settings lead elsewhere.
  @Test func hostsAndAddressesOfServicesAlwaysLeadElsewhere() {
    for operation in OperationCatalogue.all {
      for parameter in operation.parameters
      where [.host, .baseURL].contains(parameter.kind)
        || ["port", "use_http", "bypass_proxy"].contains(parameter.key)
      {
        #expect(parameter.redirection == .anyOther, "\(operation.id): \(parameter.key)")
      }
    }
    #expect(
      Operation.hostParameters.first { $0.key == "verify_tls" }?.redirection == .to("false"))
  }

  @Test func onlyEnabledActionsOfTheTypeAreOffered() async throws {
    try registry.setEnabled("tidemark", false)
    #expect(try registry.offers(for: .fqdn).map(\.action.id) == ["passive-dns"])
    #expect(try registry.offers(for: .email).isEmpty)
    try registry.setEnabled("domaintools", true)
    #expect(
      try registry.offers(for: .ipv4).map(\.action.id) == [
        "passive-dns", "reverse-ip", "ip-whois",
      ])
    await #expect(throws: OperationError.notOffered(.fqdn)) {
      try await runner { (_: ActionRequest) throws(ActionFailure) in
        throw ActionFailure(.refused, message: "not asked")
      }.run(operation: "domaintools", action: "ip-whois", on: name)
    }
    let again = OperationRegistry(library: try Library(path: library.path, create: false))
    #expect(try again.isEnabled("domaintools"))
  }

  @Test func rawAnswersAreCutAndExpire() async throws {
    let long = good + String(repeating: " ", count: LibraryLimits.rawOctetsMax)
    let result = try await run(circl(long))
    let raw = try library.raw(ofResult: result.id, now: Self.now)
    #expect(raw.isCut && raw.octets.count <= LibraryLimits.rawOctetsMax)
    let cited = try await run(circl(good))
    let selection = Selection(
      result: cited.id, rows: [.init(table: "records", rows: [0])], author: "desk")
    #expect(try library.add(selection, now: Self.now).added == 1)
    let later = Self.now + LibraryLimits.resultSeconds + 1
    #expect(throws: LibraryError.unknownResult) {
      try library.raw(ofResult: result.id, now: later)
    }
    try library.expire(now: later)
    #expect(throws: LibraryError.unknownResult) { try library.result(result.id) }
    #expect(throws: LibraryError.unknownResult) { try library.raw(ofResult: cited.id, now: 0) }
    #expect(try library.result(cited.id).id == cited.id)
  }
}
