import DNSWire
import TidemarkModel
import TidemarkPivots
import TidemarkTesting
import Testing

@Suite(.enabled(if: Suffixes.isThere)) struct RiskHoldOutTests {
  private static let day = TimeLimits.secondsPerDay
  private let cut = PivotWorld.time - 10 * day

  private func list(
    _ name: String, _ text: String, day offset: Int64, _ kind: RiskListHeader.Kind = .block
  ) throws -> RiskList {
    let updated = UnixDay(Int64(cut / RiskHoldOutTests.day) + offset)
    return try RiskList(
      RiskListHeader(name: name, kind: kind, updated: updated), octets: Array(text.utf8),
      suffixes: try Suffixes.required())
  }

  /// Twenty names that were listed before the cut, on an address where new ones appear.
  private func samples(new: [(name: String, address: UInt8)]) -> [StoreSample] {
    (1...20).map { PivotWorld.a("bad\($0).example", 1, time: cut - 100) }
      + (1...20).map { PivotWorld.a("good\($0).example", 2, time: cut - 100) }
      + new.map { PivotWorld.a($0.name, $0.address) }
  }

  private func measure(_ lists: [RiskList], _ samples: [StoreSample], max: Int = 100) throws
    -> RiskHoldOut.Outcome
  {
    try RiskHoldOut(lists: lists, cut: cut, end: PivotWorld.time).measure(
      namesMax: max, suffixes: try Suffixes.required(),
      store: try PivotWorld.store(samples))
  }

  private var before: String { (1...20).map { "bad\($0).example\n" }.joined() }

  @Test func tellsLaterListedNamesByTheirNeighbours() throws {
    let new: [(String, UInt8)] = [
      ("new1.example", 1), ("new2.example", 1), ("new3.example", 2), ("new4.example", 2),
    ]
    let lists = [
      try list("before", before, day: -5),
      try list("after", "new1.example\nnew2.example\n", day: 5),
    ]
    let outcome = try measure(lists, samples(new: new))
    #expect(outcome.names == 4)
    #expect(outcome.evaluation.positives == 2)
    #expect(outcome.evaluation.negatives == 2)
    #expect(outcome.evaluation.flagged == 2)
    #expect(outcome.evaluation.precision == 1)
    #expect(outcome.evaluation.rocAUC == 1)
  }

  @Test func laterListsDoNotReachTheScores() throws {
    let lists = [
      try list("before", "other.example\n", day: -5), try list("after", before, day: 5),
    ]
    let outcome = try measure(lists, samples(new: [("new1.example", 1), ("new2.example", 2)]))
    #expect(outcome.evaluation.flagged == 0)
  }

  @Test func whatWasKnownOrCameTooLateIsLeftOut() throws {
    let lists = [
      try list("before", before + "new1.example\n", day: 0),
      try list("after", "new2.example\n", day: 9), try list("too-late", "new3.example\n", day: 30),
      try list("allowed", "new3.example\n", day: 5, .allow),
    ]
    let new = (1...3).map { (name: "new\($0).example", address: UInt8(1)) }
    let late = PivotWorld.a("new4.example", 1, time: PivotWorld.time + 100)
    let outcome = try measure(lists, samples(new: new) + [late, PivotWorld.a("_dmarc.x.example")])
    #expect(outcome.names == 3)
    #expect(outcome.knownNames == 1)
    #expect(outcome.evaluation.positives == 1)
    #expect(outcome.evaluation.negatives == 1)
  }

  @Test func aChoiceStandsForAllAndIsTheSameEveryTime() throws {
    let new = (1...300).map { (name: "new\($0).example", address: UInt8($0 % 2 + 1)) }
    let after = new.filter { $0.address == 1 }.map { $0.name + "\n" }.joined()
    let lists = [try list("before", before, day: -5), try list("after", after, day: 5)]
    let first = try measure(lists, samples(new: new), max: 100)
    #expect(first == (try measure(lists, samples(new: new).reversed(), max: 100)))
    #expect(first.skippedNames == 200)
    #expect(first.evaluation.positives + first.evaluation.negatives == 100)
    #expect((30...70).contains(first.evaluation.positives))
  }
}
