import Synchronization
import TidemarkAccess
import Testing
import TidemarkTesting

/// Quotas, to the request and to the second.
struct QuotaTests {
  let directory = TestDirectory()
  let clock = TestClock()

  private func control() throws -> AccessControl {
    let clock = clock
    return try AccessControl(directory: directory) { clock.now }
  }

  /// Asks until refused.
  private func ask(_ access: AccessControl, _ secret: String) throws -> (Int, retry: Int?) {
    for count in 0..<1_000_000 {
      do {
        _ = try access.admit(secret: secret, for: .scope(.query))
      } catch AccessDenial.quota(let seconds) {
        return (count, seconds)
      }
    }
    return (.max, nil)
  }

  @Test func aMinuteHasExactlyItsRequests() throws {
    let (_, secret) = directory.add(TokenGrant(name: "a", perMinute: 10))
    let access = try control()
    for left in (0..<10).reversed() {
      let quota = try access.admit(secret: secret, for: .scope(.query)).quota
      #expect(
        quota == QuotaState(.minute, limit: 10, remaining: left, reset: clock.now + 61))
    }
    #expect(try ask(access, secret) == (0, retry: 61))
    clock.now += 60
    #expect(try ask(access, secret) == (0, retry: 1))
    clock.now += 1
    #expect(try ask(access, secret) == (10, retry: 61))
    #expect(access.counts.quota == 3)
  }

  @Test func whatIsRefusedOrFreeCostsNothing() throws {
    let (_, secret) = directory.add(TokenGrant(name: "a", perMinute: 2))
    let access = try control()
    for _ in 0..<10 {
      #expect(throws: AccessDenial.forbidden(.ingest)) {
        try access.admit(secret: secret, for: .scope(.ingest))
      }
      #expect(try access.admit(secret: secret, for: .token).quota?.remaining == 2)
    }
    #expect(try ask(access, secret).0 == 2)
  }

  @Test("no minute has more than its quota, wherever it begins", arguments: [1, 7, 100])
  func theWindowSlides(_ limit: Int) throws {
    let (_, secret) = directory.add(TokenGrant(name: "a", perMinute: limit))
    let access = try control()
    var source = SeededGenerator(seed: 20_240_601)
    var served = [Int](repeating: 0, count: 1_200)
    for second in served.indices {
      for _ in 0..<Int.random(in: 0...limit, using: &source) {
        if (try? access.admit(secret: secret, for: .scope(.query))) != nil { served[second] += 1 }
      }
      clock.now += 1
    }
    for start in 0..<(served.count - 60) {
      #expect(served[start...(start + 60)].reduce(0, +) <= limit)
    }
    // And what is allowed is had: the same in the long run, but for the second that is rounded up.
    let expected = Double(limit) * Double(served.count) / 61
    #expect(abs(Double(served.reduce(0, +)) - expected) <= expected * 0.05 + Double(limit))
  }

  @Test("100 callers of one token get its rate, give or take 5 %")
  func manyCallersShareAQuota() async throws {
    let limit = 600
    let (_, secret) = directory.add(
      TokenGrant(name: "a", limits: LimitOverrides(concurrent: 1_000), perMinute: limit))
    let access = try control()
    var served = 0
    for _ in 0..<610 {
      served += await withTaskGroup(of: Int.self) { group in
        for _ in 0..<100 {
          group.addTask {
            (try? access.admit(secret: secret, for: .scope(.query))) == nil ? 0 : 1
          }
        }
        return await group.reduce(0, +)
      }
      clock.now += 1
    }
    // 610 seconds hold ten windows.
    #expect(served == limit * 10)
    let rate = Double(served) / 610
    #expect(abs(rate - Double(limit) / 60) <= 0.05 * Double(limit) / 60)
  }

  @Test func aDayEndsAtMidnight() throws {
    let (_, secret) = directory.add(TokenGrant(name: "a", perDay: 3))
    let access = try control()
    clock.now = TestClock.start + 86_395
    let quota = try access.admit(secret: secret, for: .scope(.query)).quota
    #expect(
      quota == QuotaState(.day, limit: 3, remaining: 2, reset: TestClock.start + 86_400))
    #expect(try ask(access, secret) == (2, retry: 5))
    clock.now += 5
    #expect(try ask(access, secret).0 == 3)
  }

  @Test func theTighterQuotaIsShown() throws {
    let (_, secret) = directory.add(TokenGrant(name: "a", perMinute: 5, perDay: 7))
    let access = try control()
    let quotas = try access.admit(secret: secret, for: .scope(.query)).quotas
    #expect(quotas.map(\.period) == [.minute, .day] && quotas.map(\.remaining) == [4, 6])
    #expect(try ask(access, secret).0 == 4)
    clock.now += 61
    #expect(try access.admit(secret: secret, for: .scope(.query)).quota?.period == .day)
    #expect(try ask(access, secret).0 == 1)
  }

  @Test func aRestartDoesNotRefillTheDay() throws {
    let (_, secret) = directory.add(TokenGrant(name: "a", perDay: 10))
    let before = try control()
    for _ in 0..<6 { _ = try before.admit(secret: secret, for: .scope(.query)) }
    try before.synchronize()
    #expect(try ask(try control(), secret).0 == 4)
  }

  @Test func serversShareADay() throws {
    let (id, secret) = directory.add(TokenGrant(name: "a", perDay: 10))
    let (one, other) = (try control(), try control())
    for _ in 0..<4 {
      _ = try one.admit(secret: secret, for: .scope(.query))
      _ = try other.admit(secret: secret, for: .scope(.query))
    }
    for access in [one, other, one] { try access.synchronize() }
    #expect(directory.used(id, day: TestClock.startDay) == 8)
    #expect(try other.admit(secret: secret, for: .token).quota?.remaining == 2)
  }

  @Test func usesOfYesterdayAreWrittenToYesterday() throws {
    let (id, secret) = directory.add(TokenGrant(name: "a"))
    let access = try control()
    clock.now = TestClock.start + 86_399
    _ = try access.admit(secret: secret, for: .scope(.query))
    clock.now += 1
    for _ in 0..<2 { _ = try access.admit(secret: secret, for: .scope(.query)) }
    try access.synchronize()
    #expect(directory.used(id, day: TestClock.startDay) == 1)
    #expect(directory.used(id, day: TestClock.startDay + 1) == 2)
    #expect(directory.state.withLock { $0.lastUsed[id] } == clock.now)
  }

  @Test func aClockThatIsSetBackNeitherRefillsTheMinuteNorFreezesIt() throws {
    let (_, secret) = directory.add(TokenGrant(name: "a", perMinute: 5))
    let access = try control()
    clock.now += 1_000
    #expect(try ask(access, secret).0 == 5)
    clock.now -= 30
    #expect(try ask(access, secret).0 == 0)
    clock.now -= 500
    #expect(try ask(access, secret).0 == 5)
    clock.now += 100_000
    #expect(try ask(access, secret).0 == 5)
  }

  @Test func idleServersDoNotWrite() throws {
    _ = directory.add(TokenGrant(name: "a"))
    let access = try control()
    for _ in 0..<3 { try access.synchronize() }
    #expect(directory.state.withLock { $0.usage.isEmpty })
  }
}
