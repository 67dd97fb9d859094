import TidemarkEnrichment
import TidemarkModel
import TidemarkPivots
import TidemarkStore

/// The action `risk`.
extension TidemarkSource {
  /// The score, what it is made of, and what speaks for each part. A name of which nothing is known
  /// has no score.
  func risk(_ request: ActionRequest) throws(ActionFailure) -> SourceAnswer {
    let name = try name(of: request)
    let report = try reading { () throws(StoreError) in
      try assessor.report(on: name, now: now())
    }
    var lines = AnswerLines()
    var score = request.table("score")
    var components = request.table("components")
    var notes: [ResultNote] = []
    if !report.components.isEmpty {
      score.append(["score": .integer(Int64(report.score))])
      lines.append(["domain": .name(report.name), "risk_score": .count(report.score)])
    }
    for component in report.components {
      components.append([
        "component": .text(component.name.rawValue), "score": .integer(Int64(component.score)),
      ])
      lines.append([
        "component": .text(component.name.rawValue), "score": .count(component.score),
        "evidence": .list(component.evidence),
      ])
      if !component.evidence.isEmpty {
        notes.append(
          ResultNote(
            "Evidence of \(component.name.rawValue)",
            component.evidence.joined(separator: "; ")))
      }
    }
    for node in report.nodes {
      lines.append([
        "shared": .text(node.kind.rawValue), "value": .text(node.label),
        "domains": .count(node.domains), "listed": .count(node.listed),
        "days_since_last": .count(node.daysSinceLast),
      ])
    }
    notes += TidemarkSource.neighbours(report.nodes)
    notes += report.notes.map { ResultNote("Note", $0) }
    for note in report.notes { lines.append(["note": .text(note)]) }
    var answer = SourceAnswer(source: TidemarkSource.ownData, raw: lines.raw)
    answer.tables = [score, components]
    answer.notes = notes
    return answer
  }

  /// Places that speak for a score are shown, those without listed names are not.
  private static let neighboursMax = 10

  private static func neighbours(_ nodes: [InfrastructureNode]) -> [ResultNote] {
    nodes.filter { $0.listed > 0 }.prefix(neighboursMax).map { node in
      ResultNote(
        "Shared \(node.kind.rawValue) \(node.label)",
        "\(node.listed) of \(node.domains) other domains there are listed; "
          + "last seen \(node.daysSinceLast) days ago")
    }
  }
}
