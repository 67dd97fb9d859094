import TidemarkSharing
import Testing

/// What is said of partners that cannot be served, and when it is tried again.
struct PartnerTroublesTests {
  /// A try to serve partner 1.
  private typealias Try = (outlet: PartnerOutlet, trouble: String?)

  /// Which tries, one every ten seconds, have something to say.
  private func news(_ tries: [Try]) -> [Bool] {
    var troubles = PartnerTroubles()
    var now: Int64 = 100
    return tries.map { one in
      now += 10
      return troubles.note(one.trouble, of: 1, on: one.outlet, now: now)
    }
  }

  @Test func aTroubleIsSaidOnceOnEachWay() {
    // Files are fine all the time; the push is not.
    #expect(
      news([(.files, nil), (.push, "no key"), (.files, nil), (.push, "no key"), (.files, nil)])
        == [false, true, false, false, false])
    #expect(
      news([(.push, "no key"), (.files, "no key"), (.push, "no host")]) == [true, true, true])
    #expect(
      news([(.push, "no key"), (.push, nil), (.push, nil), (.push, "no key")])
        == [true, true, false, true])
  }

  @Test func whatFailedWaitsForAWhile() {
    var troubles = PartnerTroubles()
    #expect(!troubles.isWaiting(1, on: .push, now: 100))
    _ = troubles.note("no key", of: 1, on: .push, now: 100)
    let end = 100 + PartnerTroubles.retrySeconds
    #expect(troubles.isWaiting(1, on: .push, now: 100))
    #expect(troubles.isWaiting(1, on: .push, now: end - 1))
    #expect(!troubles.isWaiting(1, on: .push, now: end))
    #expect(!troubles.isWaiting(1, on: .push, now: 99), "the clock was set back")
    #expect(!troubles.isWaiting(1, on: .files, now: 100))
    #expect(!troubles.isWaiting(2, on: .push, now: 100))
    _ = troubles.note("no key", of: 1, on: .push, now: end)
    #expect(troubles.isWaiting(1, on: .push, now: end))
    _ = troubles.note(nil, of: 1, on: .push, now: end + 1)
    #expect(!troubles.isWaiting(1, on: .push, now: end + 1))
  }

  @Test func partnersThatAreGoneAreForgotten() {
    var troubles = PartnerTroubles()
    for partner in [Int64(1), 2] { _ = troubles.note("no key", of: partner, on: .push, now: 1) }
    troubles.keep([2, 3])
    #expect(!troubles.isWaiting(1, on: .push, now: 2))
    #expect(troubles.isWaiting(2, on: .push, now: 2))
    let isNews = [Int64(1), 2].map { troubles.note("no key", of: $0, on: .push, now: 2) }
    #expect(isNews == [true, false])
  }
}
