public import DNSWire
import Foundation
public import TidemarkModel

/// Computes a risk score out of lists and shared infrastructure: a fixed formula without training,
/// of which every part can be shown.
public struct RiskModel: Sendable, Equatable {
  /// Share of listed names that is taken for granted where nothing is known. It is configured and
  /// not measured: otherwise every reload of a list would move every score.
  public var baseRate: Double

  /// Weight of ``baseRate``, in domains: five neighbours say as much.
  static let priorDomains = 5.0
  /// Days after which a link says half as much.
  static let halfLifeDays = 90.0
  /// Days for which a link says anything.
  public static let windowDays: UInt32 = 180
  /// The score from which a name counts as bad, as is usual.
  public static let highScore = 70

  /// Makes a model.
  ///
  /// - Parameter baseRate: is brought between 0 and 0.5.
  public init(baseRate: Double = 0.001) {
    self.baseRate = baseRate.isNaN ? 0.001 : min(max(baseRate, 0), 0.5)
  }

  /// What a node adds, 0 to 1: how far the share of listed neighbours lies above the base rate, by
  /// how much such a neighbour says and how long ago the link was seen.
  func term(_ node: InfrastructureNode, listed: Int) -> Double {
    let domains = Double(max(node.domains, 0))
    let bad = min(Double(max(listed, 0)), domains)
    let prior = RiskModel.priorDomains
    let share = (bad + prior * baseRate) / (domains + prior)
    let lift = max(0, (share - baseRate) / (1 - baseRate))
    return node.kind.trust * recency(node) * lift
  }

  private func recency(_ node: InfrastructureNode) -> Double {
    exp2(-Double(max(node.daysSinceLast, 0)) / RiskModel.halfLifeDays)
  }

  /// 1 to 99, and the kinds of the three strongest terms.
  func proximity(
    _ nodes: [InfrastructureNode], category: RiskCategory? = nil
  ) -> (score: Int, evidence: [String]) {
    let terms = nodes.map { node in
      let listed = category.map { node.listedByCategory[$0] ?? 0 } ?? node.listed
      return (value: term(node, listed: listed), kind: node.kind)
    }
    // In one order, so that rounding does not rest on the order of the nodes.
    .sorted { ($0.value, $1.kind.rawValue) > ($1.value, $0.kind.rawValue) }
    let clean = terms.reduce(1.0) { $0 * (1 - $1.value) }
    let score = min(max(Int((100 * (1 - clean)).rounded()), 1), 99)
    var evidence: [String] = []
    for term in terms.prefix(3) where term.value > 0 && !evidence.contains(term.kind.evidence) {
      evidence.append(term.kind.evidence)
    }
    return (score, evidence)
  }

  /// The report on a name.
  ///
  /// - Parameters:
  ///   - registered: its registered domain, or the name itself.
  ///   - nodes: what it shares with others, in any order, each once.
  public func report(
    on name: DomainName, registered: DomainName, nodes: [InfrastructureNode],
    lists: RiskListSet, now: UnixSeconds
  ) -> RiskReport {
    let matches = lists.matches(of: name, now: now)
    let sorted = nodes.sorted { left, right in
      let terms = (term(left, listed: left.listed), term(right, listed: right.listed))
      return (terms.0, right.kind.rawValue, right.label) > (terms.1, left.kind.rawValue, left.label)
    }
    var components: [RiskComponent] = []
    let blacklist = RiskModel.blacklist(matches, name, registered)
    if let zerolist = RiskModel.zerolist(matches, name, registered) {
      components = [zerolist]
      if let blacklist, RiskModel.hasHost(matches, name) { components.append(blacklist) }
    } else {
      if let blacklist { components.append(blacklist) }
      if !nodes.isEmpty { components += neighbours(sorted, lists.categories(now: now)) }
    }
    return RiskReport(
      name: name, score: components.map(\.score).max() ?? 0, components: components,
      nodes: sorted, notes: components.isEmpty ? ["no data"] : [])
  }

  private func neighbours(
    _ nodes: [InfrastructureNode], _ categories: [RiskCategory]
  ) -> [RiskComponent] {
    let all = proximity(nodes)
    var components = [
      RiskComponent(name: .proximity, score: all.score, evidence: all.evidence)
    ]
    let profiles = categories.map { category in
      let found = proximity(nodes, category: category)
      return RiskComponent(
        name: category.component, score: found.score, evidence: found.evidence)
    }
    if let highest = profiles.max(by: { $0.score < $1.score }) {
      components.append(
        RiskComponent(
          name: .threatProfile, score: highest.score, evidence: highest.evidence))
      components += profiles
    }
    return components
  }

  /// The name or its registered domain is on an allow list.
  private static func zerolist(
    _ matches: [RiskListMatch], _ name: DomainName, _ registered: DomainName
  ) -> RiskComponent? {
    let wanted = [name.labelCount, registered.labelCount]
    let found = matches.filter { match in
      match.list.kind == .allow && wanted.contains { $0 == match.labels }
    }
    guard !found.isEmpty else { return nil }
    return RiskComponent(name: .zerolist, score: 0, evidence: found.map(\.evidence))
  }

  /// The name or one above it is on a block list: 100, but by the list's weight when the entry is
  /// the registered domain above the name.
  private static func blacklist(
    _ matches: [RiskListMatch], _ name: DomainName, _ registered: DomainName
  ) -> RiskComponent? {
    let found = matches.filter { $0.list.kind == .block }
    let scores = found.map { match in
      let isAbove = match.labels == registered.labelCount && name != registered
      return isAbove ? Int((100 * match.list.weight).rounded()) : 100
    }
    guard let score = scores.max(), score > 0 else { return nil }
    return RiskComponent(name: .blacklist, score: score, evidence: found.map(\.evidence))
  }

  /// A block list has the very name.
  private static func hasHost(_ matches: [RiskListMatch], _ name: DomainName) -> Bool {
    matches.contains { $0.list.kind == .block && $0.labels == name.labelCount }
  }
}

extension RiskCategory {
  var component: RiskComponent.Name {
    switch self {
    case .phishing: .threatProfilePhishing
    case .malware: .threatProfileMalware
    case .spam: .threatProfileSpam
    }
  }
}

extension RiskListMatch {
  /// List, day and entry, for people.
  var evidence: String {
    var day: [UInt8] = []
    TextDay.append(list.updated, to: &day)
    return "\(list.name) \(String(decoding: day, as: UTF8.self)): \(entry)"
  }
}
