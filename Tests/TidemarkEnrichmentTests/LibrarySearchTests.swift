import TidemarkEnrichment
import TidemarkModel
import Testing
import TidemarkTesting

struct LibrarySearchTests {
  static let now: UnixSeconds = 1_700_000_000
  let folder: TemporaryFolder
  let library: Library

  init() throws {
    folder = try TemporaryFolder()
    library = try Library(path: folder.file("library.sqlite"), create: true)
    var tagged = LibraryEntry(try IndicatorKey(.fqdn, "www.example.com"))
    tagged.tags = ["phishing"]
    var old = LibraryEntry(try IndicatorKey(.fqdn, "www.example.org"))
    old.status = .expired
    let address = LibraryEntry(try IndicatorKey(.ipv4, "192.0.2.1"))
    let other = LibraryEntry(try IndicatorKey(.fqdn, "a_b.example.com"))
    for (source, entries) in [("one", [tagged, old]), ("two", [address, other])] {
      _ = try library.add(
        entries.enumerated().map { LibraryRow(number: $0.offset, entry: .success($0.element)) },
        source: source, now: Self.now)
    }
  }

  private func find(
    after last: Int64 = 0, limit: Int = 10, _ change: (inout IndicatorFilter) -> Void = { _ in }
  ) throws -> [String] {
    var filter = IndicatorFilter()
    change(&filter)
    return try library.indicators(matching: filter, after: last, limit: limit).map(\.key.value)
  }

  @Test func everyConditionMustHold() throws {
    #expect(
      try find() == ["www.example.com", "www.example.org", "192.0.2.1", "a_b.example.com"])
    #expect(try find { $0.types = [.ipv4, .ipv6] } == ["192.0.2.1"])
    #expect(try find { $0.status = .expired } == ["www.example.org"])
    #expect(try find { $0.tag = "phishing" } == ["www.example.com"])
    #expect(try find { $0.source = "two" } == ["192.0.2.1", "a_b.example.com"])
    #expect(try find { $0.startingWith = "www." } == ["www.example.com", "www.example.org"])
    #expect(
      try find {
        $0.types = [.fqdn]
        $0.source = "two"
        $0.startingWith = "a"
      } == ["a_b.example.com"])
  }

  @Test func wildcardsAndQuotesAreLetters() throws {
    #expect(try find { $0.startingWith = "a_" } == ["a_b.example.com"])
    #expect(try find { $0.startingWith = "w_w" }.isEmpty)
    #expect(try find { $0.startingWith = "%" }.isEmpty)
    #expect(try find { $0.tag = "' OR 1=1 --" }.isEmpty)
    #expect(try find { $0.types = [] }.isEmpty)
  }

  @Test func pagesLeaveNothingOut() throws {
    var found: [String] = []
    var last: Int64 = 0
    while true {
      let page = try library.indicators(matching: IndicatorFilter(), after: last, limit: 1)
      guard let indicator = page.first else { break }
      found.append(indicator.key.value)
      last = indicator.id
    }
    #expect(try found == find())
    #expect(try find(limit: 0).isEmpty && find(limit: -1).isEmpty)
  }

  @Test func resultsOfAnIndicatorNewestFirst() async throws {
    let name = try IndicatorKey(.fqdn, "www.example.com")
    let other = try IndicatorKey(.fqdn, "example.com")
    try await fail(on: name, at: Self.now)
    try await fail(on: name, at: Self.now + 5)
    let past = try library.results(about: name)
    #expect(past.map(\.startedAt) == [Self.now + 5, Self.now])
    #expect(past.allSatisfy { $0.outcome == .failed(.notConfigured) && $0.operation == "circl" })
    let none = try library.results(about: other)
    #expect(none.isEmpty)
    let kept = try library.result(past[0].id)
    #expect(kept.outcome == past[0].outcome)
  }

  /// Runs an action of a disabled operation: failures are results too.
  private func fail(on name: IndicatorKey, at time: UnixSeconds) async throws {
    let runner = ActionRunner(
      registry: OperationRegistry(library: library), sources: [:],
      clock: ActionRunner.Clock(now: { time }, milliseconds: { 0 }))
    _ = try await runner.run(operation: "circl", action: "passive-dns", on: name)
  }
}
