import Synchronization
import TidemarkAccess
import Testing

/// Who is served, and for how long.
struct AccessControlTests {
  let directory = TestDirectory()
  let clock = TestClock()

  private func control() throws -> AccessControl {
    let clock = clock
    return try AccessControl(directory: directory) { clock.now }
  }

  @Test func openServesEverybodyAndLooksAtNoToken() throws {
    for secret in [nil, "", "tdm_nonsense"] {
      for need in [AccessNeed.nothing, .token] + Scope.allCases.map({ .scope($0) }) {
        #expect(try AccessControl.open.admit(secret: secret, for: need).caller == .anonymous)
      }
    }
    #expect(!AccessControl.open.requiresTokens)
  }

  @Test func whatNeedsNothingIsServedWithoutToken() throws {
    let access = try control()
    #expect(try access.admit(secret: nil, for: .nothing).caller == .anonymous)
    #expect(try access.admit(secret: "wrong", for: .nothing).caller == .anonymous)
    #expect(access.requiresTokens && access.counts.admitted == 0)
  }

  @Test func missingAndUnknownTokensAreRefusedAndCounted() throws {
    let (_, secret) = directory.add(TokenGrant(name: "known"))
    let access = try control()
    #expect(throws: AccessDenial.missing) { try access.admit(secret: nil, for: .token) }
    for wrong in ["", "x", secret + "x", String(secret.dropLast()), TokenSecret().text] {
      #expect(throws: AccessDenial.unknown) {
        try access.admit(secret: wrong, for: .scope(.query))
      }
    }
    #expect(try access.admit(secret: secret, for: .scope(.query)).caller.name == "known")
    #expect(access.counts.missing == 1 && access.counts.unknown == 5)
    #expect(access.counts.admitted == 1 && access.counts.tokens == 1)
  }

  @Test func aScopeOpensItselfAndAdminOpensAll() throws {
    for held in Scope.allCases {
      let (_, secret) = directory.add(TokenGrant(name: held.rawValue, scopes: [held]))
      let access = try control()
      for asked in Scope.allCases {
        if held == asked || held == .admin {
          _ = try access.admit(secret: secret, for: .scope(asked))
        } else {
          #expect(throws: AccessDenial.forbidden(asked)) {
            try access.admit(secret: secret, for: .scope(asked))
          }
        }
      }
      _ = try access.admit(secret: secret, for: .token)
    }
  }

  @Test func aTokenEndsInItsSecond() throws {
    let (_, secret) = directory.add(TokenGrant(name: "a", expires: clock.now + 10))
    let access = try control()
    clock.now += 9
    _ = try access.admit(secret: secret, for: .scope(.query))
    clock.now += 1
    #expect(throws: AccessDenial.expired) { try access.admit(secret: secret, for: .token) }
    #expect(access.counts.tokens == 0)
  }

  @Test func revocationCountsFromTheNextLookAtTheDirectory() throws {
    let (id, secret) = directory.add(TokenGrant(name: "a"))
    let access = try control()
    directory.revoke(id, at: clock.now)
    _ = try access.admit(secret: secret, for: .token)
    try access.synchronize()
    #expect(throws: AccessDenial.unknown) { try access.admit(secret: secret, for: .token) }
    let (_, later) = directory.add(TokenGrant(name: "b"))
    #expect(throws: AccessDenial.unknown) { try access.admit(secret: later, for: .token) }
    try access.synchronize()
    _ = try access.admit(secret: later, for: .token)
  }

  @Test func theCallerHasWhatTheTokenGrants() throws {
    let grant = TokenGrant(
      name: "desk", scopes: [.query, .active], datasets: ["main", "lab"],
      limits: LimitOverrides(rows: 7, seconds: 1.5, concurrent: 2), expires: clock.now + 60)
    let (id, secret) = directory.add(grant)
    let caller = try control().admit(secret: secret, for: .token).caller
    #expect(caller.token == id && caller.name == "desk" && caller.scopes == [.query, .active])
    #expect(caller.datasets == ["main", "lab"] && caller.expires == clock.now + 60)
    #expect(caller.limits.rows == 7 && caller.limits.seconds == 1.5)
    #expect(caller.limits.concurrent == 2 && caller.limits.octets == QueryLimits().octets)
  }

  @Test func aPlaceIsGivenBackWithTheLastReference() throws {
    let (_, secret) = directory.add(
      TokenGrant(name: "a", limits: LimitOverrides(concurrent: 2)))
    let access = try control()
    var held = try [
      access.admit(secret: secret, for: .scope(.query)),
      access.admit(secret: secret, for: .scope(.query)),
    ]
    #expect(throws: AccessDenial.busy) { try access.admit(secret: secret, for: .scope(.query)) }
    _ = try access.admit(secret: secret, for: .token)
    #expect(access.counts.running == 2)
    let copy = held[0]
    held = []
    #expect(access.counts.running == 1)
    _ = try access.admit(secret: secret, for: .scope(.query))
    withExtendedLifetime(copy) {}
  }

  @Test func aRunningQueryOutlivesItsTokensRowWithoutHarm() throws {
    let (_, secret) = directory.add(TokenGrant(name: "a"))
    let access = try control()
    var held: Admission? = try access.admit(secret: secret, for: .scope(.query))
    directory.state.withLock {
      $0.tokens = []
      $0.version += 1
    }
    try access.synchronize()
    #expect(held != nil)
    held = nil
    #expect(access.counts.running == 0 && access.counts.tokens == 0)
  }

  @Test func anUnreachableDirectoryChangesNothingAndLosesNoUse() throws {
    let (id, secret) = directory.add(TokenGrant(name: "a", perDay: 5))
    let access = try control()
    directory.state.withLock { $0.isReachable = false }
    for left in [4, 3] {
      let quota = try access.admit(secret: secret, for: .scope(.query)).quota
      #expect(quota?.remaining == left)
      #expect(throws: TestDirectory.Unreachable.self) { try access.synchronize() }
    }
    #expect(access.counts.failures == 2 && directory.used(id, day: TestClock.startDay) == 0)
    directory.state.withLock { $0.isReachable = true }
    try access.synchronize()
    try access.synchronize()
    #expect(directory.used(id, day: TestClock.startDay) == 2)
    #expect(try access.admit(secret: secret, for: .token).quota?.remaining == 3)
  }

  @Test func aRevocationIsKnownThoughNoUseCanBeWritten() throws {
    let (first, secret) = directory.add(TokenGrant(name: "a"))
    let (second, other) = directory.add(TokenGrant(name: "b", perDay: 5))
    let access = try control()
    _ = try access.admit(secret: secret, for: .scope(.query))
    _ = try access.admit(secret: other, for: .scope(.query))
    directory.state.withLock { $0.isWritable = false }
    directory.revoke(first, at: clock.now)
    #expect(throws: TestDirectory.Unreachable.self) { try access.synchronize() }
    #expect(throws: AccessDenial.unknown) { try access.admit(secret: secret, for: .token) }
    #expect(try access.admit(secret: other, for: .token).quota?.remaining == 4)
    directory.state.withLock { $0.isWritable = true }
    try access.synchronize()
    try access.synchronize()
    #expect([first, second].map { directory.used($0, day: TestClock.startDay) } == [1, 1])
    #expect(try access.admit(secret: other, for: .token).quota?.remaining == 4)
  }

  @Test func aServerDoesNotStartWithoutItsDirectory() {
    directory.state.withLock { $0.isReachable = false }
    #expect(throws: TestDirectory.Unreachable.self) { try control() }
  }
}
