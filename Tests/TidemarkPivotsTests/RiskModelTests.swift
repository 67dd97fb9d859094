import DNSWire
import TidemarkDomains
import TidemarkModel
import TidemarkPivots
import TidemarkTesting
import Testing

struct RiskModelTests {
  private let name = PivotWorld.name("www.example.com")
  private let domain = PivotWorld.name("example.com")

  private static func node(
    _ kind: InfrastructureNode.Kind, _ listed: Int, of domains: Int, days: Int = 0,
    label: String = "x"
  ) -> InfrastructureNode {
    InfrastructureNode(
      kind: kind, label: label, domains: domains, listed: listed, daysSinceLast: days)
  }

  private func report(
    _ nodes: [InfrastructureNode], lists: [RiskList] = [], now: UnixSeconds = PivotWorld.time
  ) -> RiskReport {
    RiskModel().report(
      on: name, registered: domain, nodes: nodes, lists: RiskListSet(lists), now: now)
  }

  private func score(_ nodes: [InfrastructureNode]) -> Int {
    let report = report(nodes)
    #expect(report.components.map(\.name) == [.proximity])
    return report.score
  }

  @Test func scoresNeighbourhoodsAsPublished() {
    #expect(score([Self.node(.address, 0, of: 0)]) == 1)
    #expect(score([Self.node(.address, 0, of: 50)]) == 1)
    #expect(score([Self.node(.address, 1, of: 1)]) == 15)
    #expect(score([Self.node(.address, 4, of: 5)]) == 36)
    #expect(score([Self.node(.address, 20, of: 20)]) == 72)
    #expect(score([Self.node(.address, 200, of: 200)]) == 88)
    #expect(score([Self.node(.address, 200, of: 200), Self.node(.nameServer, 200, of: 200)]) == 94)
    #expect(score((1...3).map { Self.node(.address, 5, of: 5, label: "\($0)") }) == 83)
    #expect(score([Self.node(.address, 10_000, of: 1_000_000)]) == 1)
    #expect(score([Self.node(.nameServer, 50, of: 60)]) == 38)
    #expect(score([Self.node(.address, 20, of: 20, days: 180)]) == 18)
  }

  @Test func namesTheKindsOfTheStrongestTerms() {
    let nodes = [
      Self.node(.nameServer, 5, of: 5), Self.node(.mail, 4, of: 5), Self.node(.address, 20, of: 20),
      Self.node(.network, 0, of: 9),
    ]
    #expect(report(nodes).components.first?.evidence == ["dns", "name server", "mail"])
    #expect(report([Self.node(.address, 0, of: 4)]).components.first?.evidence == [])
    #expect(report(nodes).nodes.first?.kind == .address)
  }

  @Test func nothingKnownIsNoScore() {
    let report = report([])
    #expect(report.components.isEmpty && report.score == 0)
    #expect(report.notes == ["no data"])
  }

  @Test func keepsItsOrderInTwentyThousandCases() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of risk models: \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<20_000 {
      var nodes = (0..<Int.random(in: 1...6, using: &generator)).map { index in
        let domains = Int.random(in: 0...300, using: &generator)
        let kind = InfrastructureNode.Kind.allCases.randomElement(using: &generator) ?? .mail
        return Self.node(
          kind, Int.random(in: 0...domains, using: &generator), of: domains,
          days: Int.random(in: 0...180, using: &generator), label: "\(index)")
      }
      let before = report(nodes)
      #expect((1...99).contains(before.score), "seed \(seed)")
      let shuffled = nodes.shuffled(using: &generator)
      #expect(before == report(shuffled), "seed \(seed)")
      #expect(before.score == before.components.map(\.score).max(), "seed \(seed)")
      let index = Int.random(in: 0..<nodes.count, using: &generator)
      let kept = nodes[index]
      nodes[index].listed = min(kept.listed + 1, kept.domains)
      #expect(score(nodes) >= before.score, "seed \(seed)")
      nodes[index] = kept
      nodes[index].domains += Int.random(in: 1...50, using: &generator)
      #expect(score(nodes) <= before.score, "seed \(seed)")
      nodes[index] = kept
      nodes[index].daysSinceLast += Int.random(in: 1...90, using: &generator)
      #expect(score(nodes) <= before.score, "seed \(seed)")
    }
  }

  @Test func survivesNumbersThatCannotBe() {
    let nodes = [
      Self.node(.address, .max, of: .max, days: .max), Self.node(.address, -5, of: -9, days: -1),
      Self.node(.address, 9, of: 3, days: .min),
    ]
    #expect((1...99).contains(score(nodes)))
    for rate in [Double.nan, .infinity, -1, 0, 7] {
      #expect((0...0.5).contains(RiskModel(baseRate: rate).baseRate))
    }
  }
}

@Suite(.enabled(if: Suffixes.isThere)) struct RiskReportTests {
  private let name = PivotWorld.name("www.example.com")
  private let node = InfrastructureNode(kind: .address, label: "x", domains: 20, listed: 20)

  private func report(
    _ lists: [RiskList], nodes: [InfrastructureNode]? = nil, on host: DomainName? = nil,
    now: UnixSeconds = PivotWorld.time
  ) -> RiskReport {
    RiskModel().report(
      on: host ?? name, registered: PivotWorld.name("example.com"), nodes: nodes ?? [node],
      lists: RiskListSet(lists), now: now)
  }

  private func parts(_ report: RiskReport) -> [String] {
    report.components.map { "\($0.name.rawValue) \($0.score)" }
  }

  @Test func aListedHostIsAHundred() throws {
    let report = report([try PivotWorld.list("bad", "www.example.com\n", weight: 0.3)])
    #expect(parts(report) == ["blacklist 100", "proximity 72"])
    #expect(report.score == 100)
    #expect(report.components.first?.evidence == ["bad 2025-06-15: www.example.com"])
  }

  @Test func aListedDomainCountsByTheWeightOfItsList() throws {
    let list = try PivotWorld.list("bad", "example.com\n", weight: 0.8)
    #expect(parts(report([list])) == ["blacklist 80", "proximity 72"])
    #expect(report([list], on: PivotWorld.name("example.com")).score == 100)
  }

  @Test func theZeroListWinsButOverTheVeryHost() throws {
    let allow = try PivotWorld.list("good", "example.com\n", .allow)
    let domain = try PivotWorld.list("bad", "example.com\n")
    let host = try PivotWorld.list("worse", "www.example.com\n")
    #expect(parts(report([allow, domain])) == ["zerolist 0"])
    #expect(report([allow, domain]).score == 0)
    #expect(parts(report([allow, host])) == ["zerolist 0", "blacklist 100"])
    #expect(report([allow, host]).score == 100)
  }

  @Test func expiredListsSayNothing() throws {
    let list = try PivotWorld.list("bad", "www.example.com\n", expires: PivotWorld.time)
    #expect(parts(report([list])) == ["proximity 72"])
    #expect(report([list], now: PivotWorld.time - 1).score == 100)
  }

  @Test func threatProfilesAppearWithCategoriesOnly() throws {
    var node = node
    node.listedByCategory = [.phishing: 20, .malware: 4]
    let unrelated = [
      try PivotWorld.list("p", "bad.example\n", category: .phishing),
      try PivotWorld.list("m", "worse.example\n", category: .malware),
    ]
    let report = report(unrelated, nodes: [node])
    #expect(
      parts(report) == [
        "proximity 72", "threat_profile 72", "threat_profile_phishing 72",
        "threat_profile_malware 14",
      ])
    #expect(report.score == 72)
  }
}

struct RiskEvaluationTests {
  @Test func ranksAndPrecision() {
    let perfect = RiskEvaluation([(90, true), (70, true), (69, false), (1, false)])
    #expect(perfect.rocAUC == 1 && perfect.precision == 1 && perfect.flagged == 2)
    let reversed = RiskEvaluation([(1, true), (99, false)])
    #expect(reversed.rocAUC == 0 && reversed.precision == 0)
    let ties = RiskEvaluation([(50, true), (50, false), (50, false)])
    #expect(ties.rocAUC == 0.5 && ties.precision == nil)
    #expect(RiskEvaluation([]).rocAUC == nil)
    #expect(RiskEvaluation([(-5, true), (500, false)]).rocAUC == 0)
  }

  @Test func agreesWithCountingAllPairs() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of evaluations: \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let scored = (0..<Int.random(in: 2...40, using: &generator)).map { _ in
        (
          score: Int.random(in: 0...100, using: &generator),
          isListed: Bool.random(using: &generator)
        )
      }
      let listed = scored.filter { $0.isListed }
      let others = scored.filter { !$0.isListed }
      guard !listed.isEmpty, !others.isEmpty else { continue }
      var wins = 0.0
      for left in listed {
        for right in others {
          wins += left.score > right.score ? 1 : left.score == right.score ? 0.5 : 0
        }
      }
      let expected = wins / Double(listed.count * others.count)
      let found = RiskEvaluation(scored).rocAUC ?? -1
      #expect(abs(found - expected) < 1e-9, "seed \(seed)")
    }
  }

  @Test func holdsOutWhatCameAfterTheCut() {
    let names = [
      LabelledName(name: PivotWorld.name("old.example"), firstSeen: 10, listed: 150),
      LabelledName(name: PivotWorld.name("known.example"), firstSeen: 120, listed: 90),
      LabelledName(name: PivotWorld.name("bad.example"), firstSeen: 120, listed: 150),
      LabelledName(name: PivotWorld.name("good.example"), firstSeen: 120),
    ]
    let result = RiskEvaluation.holdOut(names, cut: 100) { name in
      name == PivotWorld.name("bad.example") ? 80 : 5
    }
    #expect(result.positives == 1 && result.negatives == 1)
    #expect(result.rocAUC == 1 && result.precision == 1)
  }
}
