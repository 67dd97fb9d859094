import DNSWire

/// How the look-up of one key of a list ended.
public struct BulkStatus: Sendable, Equatable {
  /// How it ended.
  public enum State: String, Sendable {
    /// All rows were given.
    case complete
    /// The limit was reached, and there is more.
    case limited
    /// The key is nothing that can be looked up.
    case invalid
    /// The look-up broke off; rows that were given are valid.
    case failed
  }

  /// The key as it stands in the list.
  public var key: String
  /// What was looked up: the key without what ``RefangedValue`` takes away.
  public var value: String
  /// How it ended.
  public var state: State
  /// Rows given.
  public var rows: Int
  /// Why the key is invalid or the look-up failed.
  public var reason: String?

  /// Makes a status.
  public init(key: String, value: String, state: State, rows: Int = 0, reason: String? = nil) {
    self.key = key
    self.value = value
    self.state = state
    self.rows = rows
    self.reason = reason
  }

  /// Appends a line for people.
  public func appendText(to out: inout [UInt8]) {
    var text = PrintableText.string(key)
    if value != key { text += " (\(PrintableText.string(value)))" }
    switch state {
    case .complete, .limited: text += ": \(rows) rows, \(state.rawValue)"
    case .invalid, .failed:
      text += ": \(state.rawValue)"
      if rows > 0 { text += " after \(rows) rows" }
    }
    if let reason { text += ": " + PrintableText.string(reason) }
    out.append(contentsOf: (text + "\n").utf8)
  }

  /// Appends one JSON object on a line: `key`, `value`, `status`, `rows`, and `error` if there is a
  /// reason.
  public func appendJSON(to out: inout [UInt8]) {
    func append(_ name: String, _ text: String) {
      out.append(contentsOf: (name == "key" ? "{\"" : ",\"").utf8)
      out.append(contentsOf: (name + "\":").utf8)
      JSONText.appendQuoted(Array(text.utf8).span, to: &out)
    }
    append("key", key)
    append("value", value)
    append("status", state.rawValue)
    out.append(contentsOf: ",\"rows\":\(rows)".utf8)
    if let reason { append("error", reason) }
    out.append(contentsOf: "}\n".utf8)
  }
}
