import TidemarkModel
import TidemarkPivots
import TidemarkTesting
import Testing

@Suite(.enabled(if: Suffixes.isThere)) struct DatedRiskListTests {
  private static let day = TimeLimits.secondsPerDay
  /// 2025-06-15.
  private let cut = PivotWorld.time

  private func read(_ text: String) -> DatedRiskList {
    DatedRiskList(Array(text.utf8), cut: cut, end: cut + 30 * DatedRiskListTests.day)
  }

  @Test func cutsAListAtATime() throws {
    let list = read(
      """
      # a feed
      domain,first seen
      old.example,2025-06-01
      "new.example";"2025-06-20 10:00:00";3
      https://later.example/path\t2025-06-21T10:00:00Z
      epoch.example,1749000000
      too-late.example,2025-09-01
      without.example
      relative.example,7d
      com,2025-06-20
      """)
    #expect(
      list.summary == "2 entries up to the cut, 3 behind it, 1 too late, 3 lines refused")
    let parts = try list.lists(named: "feed", suffixes: try Suffixes.required())
    #expect(parts.known.map(\.entryCount) == [2])
    #expect(parts.later.map(\.entryCount) == [2])
    #expect(parts.later.first?.rejections == [.publicSuffix: 1])
  }

  @Test func aPartWithoutEntriesIsNoList() throws {
    let parts = try read("new.example,2025-06-20\n")
      .lists(named: "feed", suffixes: try Suffixes.required())
    #expect(parts.known.isEmpty)
    #expect(parts.later.count == 1)
  }

  @Test func survivesAnyText() throws {
    var generator = SeededGenerator(seed: 20_250_615)
    for _ in 0..<2_000 {
      let octets = generator.octets(0...200)
      let list = DatedRiskList(octets, cut: cut, end: .max)
      _ = try? list.lists(named: "feed", suffixes: try Suffixes.required())
    }
  }
}
