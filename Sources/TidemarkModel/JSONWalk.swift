import DNSWire

/// Steps through the members of an object or the elements of an array, in text that was checked
/// before: ``JSONText/value(_:at:depth:)`` took the whole of it. Text that was not checked ends the
/// walk early; it never traps.
///
///     var members = JSONWalk(at: object.start)
///     while let key = members.nextKey(text) {
///       let value = members.value(text)
///       if key.is("rrtype") { … }
///     }
struct JSONWalk: Sendable {
  /// The next octet: behind a name and its colon, or behind a value.
  private(set) var at: Int
  private var isFirst = true

  /// Starts at the opening bracket of an object or array.
  init(at start: Int) {
    at = start + 1
  }

  /// Reads a member's name; nil behind the last one. ``value(_:)`` must follow.
  @inline(__always)
  mutating func nextKey(_ text: Span<UInt8>) -> JSONKey? {
    nextName(text).map { JSONKey(text, $0) }
  }

  /// Reads a member's name by its place; see ``nextKey(_:)``.
  mutating func nextName(_ text: Span<UInt8>) -> JSONValue? {
    guard hasNext(text, closing: UInt8(ascii: "}")) else { return nil }
    return try? JSONText.key(text, at: &at)
  }

  /// True before an element of an array. ``value(_:)`` must follow.
  mutating func hasElement(_ text: Span<UInt8>) -> Bool {
    hasNext(text, closing: UInt8(ascii: "]"))
  }

  private mutating func hasNext(_ text: Span<UInt8>, closing: UInt8) -> Bool {
    guard let octet = try? JSONText.nextOctet(text, at: &at), octet != closing else { return false }
    if isFirst {
      isFirst = false
      return true
    }
    guard octet == UInt8(ascii: ",") else { return false }
    at += 1
    return true
  }

  /// Reads the value; of an object or array, its place.
  mutating func value(_ text: Span<UInt8>) -> JSONValue {
    (try? JSONText.value(text, at: &at, depth: 0)) ?? .missing
  }
}

extension JSONValue {
  /// True for an object of the text given.
  func isObject(in text: Span<UInt8>) -> Bool {
    kind == .other && text[start] == UInt8(ascii: "{")
  }

  /// True for an array of the text given.
  func isArray(in text: Span<UInt8>) -> Bool {
    kind == .other && text[start] == UInt8(ascii: "[")
  }

  /// Puts what a string says, or a number's digits, in place of the contents of `out`.
  func load(_ text: Span<UInt8>, into out: inout [UInt8]) {
    out.removeAll(keepingCapacity: true)
    switch kind {
    case .escapedString: JSONText.appendString(text, self, to: &out)
    case .string, .number: for index in start..<end { out.append(text[index]) }
    case .missing, .null, .other: break
    }
  }
}
