import Yams

/// A mapping of the configuration file. It knows which of its keys were asked for, so that a key
/// that nobody knows is an error and not a setting that silently does nothing.
struct ConfigurationMapping {
  private let pairs: [(key: String, value: Node)]
  private let path: String
  private let line: Int
  private var known: [String] = []

  /// Takes a node that must be a mapping with text keys, each once.
  init(_ node: Node, path: String) throws(ConfigurationError) {
    self.path = path
    line = node.mark?.line ?? 0
    guard let mapping = node.mapping else {
      throw ConfigurationError(line: line, path: path, reason: "must be a mapping (key: value)")
    }
    var pairs: [(key: String, value: Node)] = []
    for (key, value) in mapping {
      guard let name = key.scalar?.string else {
        throw ConfigurationError(
          line: key.mark?.line ?? line, path: path, reason: "keys must be text")
      }
      guard !pairs.contains(where: { $0.key == name }) else {
        throw ConfigurationError(
          line: key.mark?.line ?? line, path: path, reason: "\(name) is there twice")
      }
      pairs.append((name, value))
    }
    self.pairs = pairs
  }

  /// True when a key is there.
  func has(_ key: String) -> Bool { pairs.contains { $0.key == key } }

  /// The node of a key; nil when it is not there or empty.
  mutating func node(_ key: String) -> Node? {
    known.append(key)
    guard let found = pairs.first(where: { $0.key == key })?.value else { return nil }
    if let scalar = found.scalar, scalar.style == .plain || scalar.style == .any,
      scalar.string.isEmpty || scalar.string == "~" || scalar.string == "null"
    {
      return nil
    }
    return found
  }

  mutating func string(_ key: String) throws(ConfigurationError) -> String? {
    guard let node = node(key) else { return nil }
    guard let text = node.scalar?.string else { throw error(key, "must be text") }
    return text
  }

  mutating func required(_ key: String) throws(ConfigurationError) -> String {
    guard let text = try string(key), !text.isEmpty else {
      throw ConfigurationError(line: line, path: path, reason: "\(key) is missing")
    }
    return text
  }

  /// A text, or a list of texts.
  mutating func strings(_ key: String) throws(ConfigurationError) -> [String]? {
    guard let node = node(key) else { return nil }
    if let text = node.scalar?.string { return [text] }
    guard let sequence = node.sequence else { throw error(key, "must be a list of texts") }
    var texts: [String] = []
    for item in sequence {
      guard let text = item.scalar?.string else { throw error(key, "must be a list of texts") }
      texts.append(text)
    }
    return texts
  }

  mutating func flag(_ key: String) throws(ConfigurationError) -> Bool? {
    guard let text = try string(key) else { return nil }
    switch text {
    case "true", "yes", "on": return true
    case "false", "no", "off": return false
    default: throw error(key, "must be true or false, not \(text)")
    }
  }

  mutating func number(
    _ key: String, in range: ClosedRange<Int>
  ) throws(ConfigurationError) -> Int? {
    guard let text = try string(key) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw error(key, "must be a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// Octets: a number, or a number with K, M, G or T (powers of 1024).
  mutating func octets(_ key: String, atLeast least: Int) throws(ConfigurationError) -> Int? {
    guard let text = try string(key) else { return nil }
    let units: [(String, Int)] = [("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30), ("T", 1 << 40)]
    let unit = units.first { text.hasSuffix($0.0) }
    let digits = unit == nil ? text[...] : text.dropLast()
    let (product, overflow) = (Int(digits) ?? -1).multipliedReportingOverflow(by: unit?.1 ?? 1)
    guard !overflow, product >= least else {
      throw error(key, "must be a number of octets from \(least) on, with K, M, G or T if you like")
    }
    return product
  }

  /// Seconds: a number, or a number with s, m, h or d.
  mutating func seconds(
    _ key: String, in range: ClosedRange<Int>
  ) throws(ConfigurationError) -> Int? {
    guard let text = try string(key) else { return nil }
    let units: [(String, Int)] = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)]
    let unit = units.first { text.hasSuffix($0.0) }
    let digits = unit == nil ? text[...] : text.dropLast()
    let (product, overflow) = (Int(digits) ?? -1).multipliedReportingOverflow(by: unit?.1 ?? 1)
    guard !overflow, range.contains(product) else {
      throw error(
        key,
        "must be a time from \(range.lowerBound) to \(range.upperBound) seconds, with s, m, h or d"
          + " if you like")
    }
    return product
  }

  /// A permission in octal, as chmod takes it.
  mutating func mode(_ key: String) throws(ConfigurationError) -> UInt32? {
    guard let text = try string(key) else { return nil }
    guard let mode = UInt32(text, radix: 8), mode <= 0o777 else {
      throw error(key, "must be an octal permission such as 0660")
    }
    return mode
  }

  mutating func mapping(_ key: String) throws(ConfigurationError) -> ConfigurationMapping? {
    guard let node = node(key) else { return nil }
    return try ConfigurationMapping(node, path: place(key))
  }

  mutating func mappings(_ key: String) throws(ConfigurationError) -> [ConfigurationMapping] {
    guard let node = node(key) else { return [] }
    guard let sequence = node.sequence else { throw error(key, "must be a list") }
    var items: [ConfigurationMapping] = []
    for (index, item) in sequence.enumerated() {
      items.append(try ConfigurationMapping(item, path: place(key) + "[\(index)]"))
    }
    return items
  }

  /// Reads a value by a function of its own, whose failure becomes an error with a place.
  mutating func value<Value>(
    _ key: String, _ make: (String) -> Value?, _ wanted: String
  ) throws(ConfigurationError) -> Value? {
    guard let text = try string(key) else { return nil }
    guard let value = make(text) else { throw error(key, "\(wanted), not \(text)") }
    return value
  }

  /// Refuses keys that nobody asked for.
  func finish() throws(ConfigurationError) {
    for pair in pairs where !known.contains(pair.key) {
      throw ConfigurationError(
        line: pair.value.mark?.line ?? line, path: path,
        reason: "there is no setting \(pair.key) here; there are \(known.joined(separator: ", "))")
    }
  }

  /// An error about a key.
  func error(_ key: String, _ reason: String) -> ConfigurationError {
    let node = pairs.first { $0.key == key }?.value
    return ConfigurationError(line: node?.mark?.line ?? line, path: place(key), reason: reason)
  }

  /// An error about the mapping.
  func error(_ reason: String) -> ConfigurationError {
    ConfigurationError(line: line, path: path, reason: reason)
  }

  private func place(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}
