import DNSWire
import Synchronization
import TidemarkModel
import TidemarkProviders
import TidemarkQuery
import TidemarkStore
import Testing

/// A resolver on loopback is asked, and what it says is stored.
struct ActiveResolverTests {
  private static let now: UnixSeconds = 1_750_000_000
  /// www.example.com CNAME web.example.com, web.example.com A 192.0.2.80, and a stranger.
  private static let answer: [UInt8] =
    [0xC0, 12, 0, 5, 0, 1, 0, 0, 1, 0, 0, 6, 3] + Array("web".utf8) + [0xC0, 16]
    + [0xC0, 45, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 192, 0, 2, 80]
    + [7] + Array("victims".utf8) + [0xC0, 16, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 203, 0, 113, 9]

  private let store = MemoryStore()

  private func resolver(
    _ server: TestResolver, _ change: (inout ActiveResolver.Settings) -> Void = { _ in },
    uptime: @escaping @Sendable () -> Double = { 0 }
  ) throws -> ActiveResolver {
    var settings = ActiveResolver.Settings()
    settings.forwarders = ["127.0.0.1@\(server.port)"]
    settings.waitSeconds = 20
    change(&settings)
    return try ActiveResolver(
      settings, store: store, registry: try Registry(store: store),
      clock: { ActiveResolverTests.now }, uptime: uptime)
  }

  private func rows(_ value: String) throws -> [String] {
    let cursor = LookupCursor(try LookupValue(value), like: RecordQuery(.all), store: store)
    var rows: [String] = []
    while try cursor.next({ row in
      let name = DomainName(canonicalWire: row.rrname).text(finalDot: false)
      rows.append("\(name) \(row.rrtype.rawValue) \(row.vantages) \(row.value.timeFirst)")
      return true
    }) == .paused {}
    return rows
  }

  @Test func storesWhatTheQuestionLeadsToAndNothingElse() async throws {
    let server = try TestResolver([
      .init(name: "www.example.com", type: 1): (3, ActiveResolverTests.answer),
      // The library believes no answer about another name than it asked for: it asks again.
      .init(name: "web.example.com", type: 1): (
        1, [0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 192, 0, 2, 80]
      ),
    ])
    let resolver = try resolver(server)
    defer {
      resolver.stop()
      server.close()
    }
    await resolver.refresh(try LookupValue("www.example.com"), for: nil)
    #expect(
      try rows("*.example.com") == [
        "web.example.com 1 [active] 1750000000", "www.example.com 5 [active] 1750000000",
      ])
    let types = server.asked.filter { $0.name == "www.example.com" }.map(\.type)
    // With the alias in its cache the library asks for the other types at the alias's end.
    #expect(types.contains(1) && Set(types).isSubset(of: [1, 2, 6, 15, 16, 28]))
    #expect(resolver.statistics.questions == 6)
    #expect(resolver.statistics.answers == 6)
    #expect(resolver.statistics.observations >= 2)
  }

  @Test func asksForTheReverseNameOfAnAddress() async throws {
    let server = try TestResolver([:])
    let resolver = try resolver(server)
    defer {
      resolver.stop()
      server.close()
    }
    // libunbound itself answers for the networks of documentation; these were once 6to4's.
    await resolver.refresh(try LookupValue("192.88.99.1"), for: nil)
    await resolver.refresh(try LookupValue("2002:c058:6301::1"), for: nil)
    let zeros = String(repeating: "0.", count: 19)
    #expect(
      Set(server.asked) == [
        .init(name: "1.99.88.192.in-addr.arpa", type: 12),
        .init(name: "1.\(zeros)1.0.3.6.8.5.0.c.2.0.0.2.ip6.arpa", type: 12),
      ])
  }

  @Test(arguments: [
    "10.1.2.3", "192.168.0.1", "169.254.1.1", "127.0.0.1", "fd00::1", "fe80::1", "printer.local",
    "host.internal", "abc.onion", "localhost", "router", "192.0.2.0/24", "*.example.com",
    "10 mail.example.com", "a b.example.com", "a.home.arpa", "x.test", "pc.lan", "mail.corp",
  ])
  func neverAsksForWhatIsNotPublicOrNoName(value: String) async throws {
    let server = try TestResolver([:])
    let resolver = try resolver(server)
    defer {
      resolver.stop()
      server.close()
    }
    await resolver.refresh(try LookupValue(value), for: 1)
    #expect(resolver.statistics.questions == 0)
    #expect(resolver.statistics.notAsked == 1)
    #expect(server.asked.isEmpty)
  }

  @Test func asksOnceWithinTheRepeatTime() async throws {
    let server = try TestResolver([:])
    let resolver = try resolver(server)
    defer {
      resolver.stop()
      server.close()
    }
    for _ in 0..<3 { await resolver.refresh(try LookupValue("www.example.com"), for: nil) }
    #expect(resolver.statistics.questions == 6)
    #expect(resolver.statistics.recent == 2)
  }

  @Test func stopsAskingWhenTheBudgetIsSpent() async throws {
    let server = try TestResolver([:])
    let resolver = try resolver(server) { $0.questionsPerMinute = 13 }
    defer {
      resolver.stop()
      server.close()
    }
    for index in 0..<10 {
      await resolver.refresh(try LookupValue("h\(index).example.com"), for: nil)
    }
    #expect(resolver.statistics.questions == 12)
    #expect(resolver.statistics.spent == 8)
  }

  @Test("what one caller spends is a part of the budget, and comes back with time")
  func oneCallerLeavesSomethingForOthers() async throws {
    let server = try TestResolver([:])
    let seconds = Mutex(0.0)
    let bound: (inout ActiveResolver.Settings) -> Void = {
      $0.questionsPerMinute = 30
      $0.questionsPerMinuteOfCaller = 12
    }
    let resolver = try resolver(server, bound, uptime: { seconds.withLock { $0 } })
    defer {
      resolver.stop()
      server.close()
    }
    var names = 0
    func ask(_ times: Int, for caller: Int64?) async throws -> (asked: UInt64, spent: UInt64) {
      let before = resolver.statistics
      for _ in 0..<times {
        names += 1
        await resolver.refresh(try LookupValue("h\(names).example.com"), for: caller)
      }
      let after = resolver.statistics
      return ((after.questions - before.questions) / 6, after.spent - before.spent)
    }
    #expect(try await ask(5, for: 1) == (2, 3))
    #expect(try await ask(3, for: 2) == (2, 1))
    // All together have thirty questions: one name is left, for whoever comes first.
    #expect(try await ask(2, for: 3) == (1, 1))
    #expect(try await ask(1, for: nil) == (0, 1))
    seconds.withLock { $0 = 30 }
    #expect(try await ask(3, for: 1) == (1, 2))
    #expect(try await ask(2, for: nil) == (1, 1))
    seconds.withLock { $0 = 1_000 }
    #expect(try await ask(3, for: 1) == (2, 1))
    #expect(try await ask(4, for: nil) == (3, 1))
  }

  @Test func goesOnWithoutAnswersWhenTheyTakeTooLong() async throws {
    let server = try TestResolver([
      .init(name: "www.example.com", type: 1): (3, ActiveResolverTests.answer)
    ])
    // On a busy machine the library may give up before the server speaks; then once more.
    for _ in 0..<5 where try rows("www.example.com").isEmpty {
      server.isSilent = true
      let resolver = try resolver(server) { $0.waitSeconds = 0.05 }
      defer { resolver.stop() }
      await resolver.refresh(try LookupValue("www.example.com"), for: nil)
      #expect(try rows("www.example.com").isEmpty)
      // The resolver's retry is answered; its answer is there for a later look-up.
      server.isSilent = false
      while resolver.statistics.answers + resolver.statistics.unanswered < 6 { await Task.yield() }
      await resolver.settle()
    }
    server.close()
    #expect(try rows("www.example.com").count == 1)
  }
}
