import DNSWire
import TidemarkPivots

/// `risk`, `risk/evidence` and `reputation`: the risk score of a name, and what it rests on. There
/// is one for every name.
struct DomainToolsRisk: DomainToolsWork {
  /// How much of it is told.
  enum Form {
    case score, evidence, reputation, reasons
  }

  private let name: DomainName
  private let form: Form
  private let query: DomainToolsQuery
  private var report: RiskReport?

  init(_ name: DomainName, _ form: Form, _ query: DomainToolsQuery) {
    self.name = name
    self.form = form
    self.query = query
  }

  mutating func step() throws -> Bool {
    report = try query.risk(of: name)
    return false
  }

  func response() -> JSONLine {
    var json = JSONLine()
    json.add("domain", name.text(finalDot: false))
    json.add("risk_score", UInt64(report?.score ?? 0))
    let components = report?.components ?? []
    switch form {
    case .score, .evidence:
      json.add("components", components.map { $0.json(wantsEvidence: form == .evidence) })
    case .reputation: break
    case .reasons:
      var reasons: [String] = []
      for reason in components.flatMap(\.evidence) where !reasons.contains(reason) {
        reasons.append(reason)
      }
      json.add("reasons", texts: reasons)
    }
    return json
  }
}

extension DomainToolsQuery {
  /// The risk of a name.
  ///
  /// - Throws: ``Problem``, `StoreError`.
  func risk(of name: DomainName) throws -> RiskReport {
    try service.domains().assessor.report(on: name, datasets: scope.datasets, now: now)
  }
}

extension RiskComponent {
  func json(wantsEvidence: Bool) -> JSONLine {
    var json = JSONLine()
    json.add("name", name.rawValue)
    json.add("risk_score", UInt64(score))
    if wantsEvidence { json.add("evidence", texts: evidence) }
    return json
  }
}
