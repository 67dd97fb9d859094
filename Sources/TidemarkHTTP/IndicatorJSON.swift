import TidemarkEnrichment
import TidemarkModel

/// Indicators and what is known about them as JSON.
enum IndicatorJSON {
  /// The words of types, sorted.
  static func words(_ types: Set<IndicatorType>) -> [String] { types.map(\.rawValue).sorted() }

  static func key(_ key: IndicatorKey) -> JSONLine {
    var json = JSONLine()
    add(key, to: &json)
    return json
  }

  static func add(_ key: IndicatorKey, to json: inout JSONLine) {
    json.add("type", key.type.rawValue)
    json.add("value", key.value)
  }

  /// Members of an indicator besides its key.
  static func add(_ indicator: Indicator, to json: inout JSONLine) {
    json.add("status", indicator.status.rawValue)
    json.add("tags", texts: indicator.tags)
    json.add("sources", texts: indicator.sources)
    json.add("first_added", time: indicator.firstAdded)
    json.add("last_touched", time: indicator.lastTouched)
  }

  static func attribute(_ attribute: Attribute) -> JSONLine {
    var json = JSONLine()
    json.add("name", attribute.name)
    json.add("value", attribute.value)
    json.add("source", attribute.source)
    add(attribute.provenance, to: &json)
    json.add("first_seen", time: attribute.firstSeen)
    json.add("last_seen", time: attribute.lastSeen)
    return json
  }

  /// A relation as seen from one of its ends.
  static func relation(_ relation: Relation, from key: IndicatorKey) -> JSONLine {
    let isIncoming = relation.to == key
    var json = JSONLine()
    json.add("kind", relation.kind.rawValue)
    json.add("incoming", isIncoming)
    add(isIncoming ? relation.from : relation.to, to: &json)
    json.add("source", relation.source)
    add(relation.provenance, to: &json)
    json.add("first_seen", time: relation.firstSeen)
    json.add("last_seen", time: relation.lastSeen)
    return json
  }

  private static func add(_ provenance: Provenance?, to json: inout JSONLine) {
    guard let provenance else {
      json.addNull("provenance")
      return
    }
    var object = JSONLine()
    object.add("origin", provenance.origin)
    object.add("table", provenance.table)
    object.add("row", count: provenance.row)
    json.add("provenance", object)
  }

  static func offer(_ offer: OperationRegistry.Offer) -> JSONLine {
    var json = JSONLine()
    json.add("operation", offer.operation.id)
    json.add("action", offer.action.id)
    json.add("label", offer.action.label)
    json.add("button", offer.action.buttonLabel)
    return json
  }

  static func past(_ result: PastResult) -> JSONLine {
    var json = JSONLine()
    json.add("id", result.id)
    json.add("operation", result.operation)
    json.add("action", result.action)
    json.add("started_at", time: result.startedAt)
    json.add("outcome", result.outcome.text)
    return json
  }

  /// What became of rows of an import.
  static func report(_ report: AddReport) -> JSONLine {
    var json = JSONLine()
    json.add("rows", count: report.rows)
    json.add("added", count: report.added)
    json.add("already_there", count: report.alreadyThere)
    json.add("refused", count: report.refused)
    var reasons = JSONLine()
    for (reason, count) in report.reasons.sorted(by: { $0.key < $1.key }) {
      reasons.add(reason, count: count)
    }
    json.add("reasons", reasons)
    json.add(
      "refusals",
      report.refusals.map { refusal in
        var json = JSONLine()
        json.add("row", count: refusal.row)
        json.add("reason", refusal.reason)
        return json
      })
    return json
  }
}
