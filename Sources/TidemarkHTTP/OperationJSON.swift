import TidemarkEnrichment
import TidemarkModel

/// Operations as JSON. Secrets are never in it.
enum OperationJSON {
  /// An operation with its settings as they are now.
  static func object(
    _ operation: Operation, _ registry: OperationRegistry
  ) throws(OperationError) -> JSONLine {
    let shown = try registry.shownParameters(operation.id)
    var json = JSONLine()
    json.add("id", operation.id)
    json.add("display_name", operation.displayName)
    json.add("description", operation.description)
    json.add("author", operation.author)
    json.add("version", operation.version)
    json.add("enabled", try registry.isEnabled(operation.id))
    json.add(
      "configured",
      shown.allSatisfy { !$0.spec.isRequired || $0.isSet || $0.spec.standard != nil })
    json.add("parameters", shown.map(parameter))
    json.add("actions", operation.actions.map(action))
    return json
  }

  private static func parameter(_ shown: OperationRegistry.ShownParameter) -> JSONLine {
    let spec = shown.spec
    var json = JSONLine()
    json.add("key", spec.key)
    json.add("label", spec.label)
    switch spec.kind {
    case .secret: json.add("kind", "secret")
    case .flag: json.add("kind", "bool")
    case .integer(let range):
      json.add("kind", "int")
      json.add("least", signed: Int64(range.lowerBound))
      json.add("most", signed: Int64(range.upperBound))
    case .choice(let words):
      json.add("kind", "choice")
      json.add("choices", texts: words)
    // Hosts and addresses of services are text with a rule.
    default: json.add("kind", "string")
    }
    json.add("required", spec.isRequired)
    json.add("standard", optional: spec.kind == .secret ? nil : spec.standard)
    json.add("help", spec.help)
    json.add("value", optional: shown.value)
    json.add("set", shown.isSet)
    return json
  }

  private static func action(_ action: Action) -> JSONLine {
    var json = JSONLine()
    json.add("id", action.id)
    json.add("label", action.label)
    json.add("button", action.buttonLabel)
    json.add("accepts", texts: IndicatorJSON.words(action.accepts))
    json.add("description", action.description)
    json.add(
      "tables",
      action.tables.map { table in
        var json = JSONLine()
        json.add("id", table.id)
        json.add("title", table.title)
        json.add("repeated", table.isRepeated)
        json.add("columns", table.columns.map(ResultJSON.column))
        json.add("selectable", table.isSelectable)
        json.add("buttons", table.buttons.map(ResultJSON.button))
        return json
      })
    return json
  }
}

extension JSONLine {
  /// Adds text, or null for nil.
  mutating func add(_ name: String, optional text: String?) {
    if let text { add(name, text) } else { addNull(name) }
  }

  /// Adds a time as text (RFC 3339).
  mutating func add(_ name: String, time: UnixSeconds) {
    var text: [UInt8] = []
    TimeStyle.iso.append(time, to: &text)
    add(name, String(decoding: text, as: UTF8.self))
  }

  /// Adds a whole number that may be below zero.
  mutating func add(_ name: String, signed number: Int64) {
    add(name, json: Array(String(number).utf8))
  }

  /// Adds a count, or null for nil.
  mutating func add(_ name: String, count: Int?) {
    if let count { add(name, signed: Int64(count)) } else { addNull(name) }
  }
}
