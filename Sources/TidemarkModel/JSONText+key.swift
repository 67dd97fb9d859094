import DNSWire

/// A member's name as three numbers, so that telling names apart costs a few comparisons: its
/// length, and its first and last octets, at most eight each, little-endian.
///
/// Names of up to sixteen octets are told apart with certainty.
struct JSONKey {
  private let count: Int
  private let first: UInt64
  /// 0 for names of less than eight octets.
  private let last: UInt64

  /// The name at `key`. A name with escapes is none that anybody asks for.
  @inline(__always)
  init(_ text: Span<UInt8>, _ key: JSONValue) {
    count = key.kind == .string ? key.end - key.start : -1
    first = JSONKey.first(text, key)
    last = JSONKey.last(text, key)
  }

  /// True when it is this name. The numbers of a literal are computed by the compiler.
  @inline(__always)
  func `is`(_ name: StaticString) -> Bool {
    let length = name.utf8CodeUnitCount
    return count == length && first == JSONKey.word(name, from: 0)
      && (length < 8 || last == JSONKey.word(name, from: length - 8))
  }

  /// True when it ends with `_truncated`, whatever was cut.
  @inline(__always)
  var tellsOfTruncation: Bool {
    count > 10 && last == JSONKey.word("_truncated", from: 2)
  }

  @inline(__always)
  private static func word(_ name: StaticString, from start: Int) -> UInt64 {
    var word: UInt64 = 0
    for index in 0..<8 where start + index < name.utf8CodeUnitCount {
      word |= unsafe UInt64(name.utf8Start[start + index]) << UInt64(8 * index)
    }
    return word
  }

  @inline(__always)
  private static func first(_ text: Span<UInt8>, _ key: JSONValue) -> UInt64 {
    let length = key.end - key.start
    if text.count - key.start >= 8, length > 0 {
      let word = unsafe UInt64(
        littleEndian: text.bytes.unsafeLoadUnaligned(
          fromByteOffset: key.start, as: UInt64.self))
      return length >= 8 ? word : word & (1 << UInt64(8 * length) - 1)
    }
    var word: UInt64 = 0
    for index in 0..<min(length, 8) {
      word |= UInt64(text[key.start + index]) << UInt64(8 * index)
    }
    return word
  }

  @inline(__always)
  private static func last(_ text: Span<UInt8>, _ key: JSONValue) -> UInt64 {
    guard key.end - key.start >= 8 else { return 0 }
    return unsafe UInt64(
      littleEndian: text.bytes.unsafeLoadUnaligned(
        fromByteOffset: key.end - 8, as: UInt64.self))
  }
}

extension JSONText {
  /// True when the value is a string with exactly these octets and no escapes.
  @inline(__always)
  static func isText(_ text: Span<UInt8>, _ value: JSONValue, _ word: StaticString) -> Bool {
    guard value.kind == .string, value.end - value.start == word.utf8CodeUnitCount else {
      return false
    }
    for index in 0..<word.utf8CodeUnitCount
    where unsafe text[value.start + index] != word.utf8Start[index] {
      return false
    }
    return true
  }

  /// True for the literal `true`.
  static func isTrue(_ text: Span<UInt8>, _ value: JSONValue) -> Bool {
    value.kind == .other && text[value.start] == UInt8(ascii: "t")
  }

  /// True when both are strings without escapes and the same.
  @inline(__always)
  static func isSame(_ text: Span<UInt8>, _ one: JSONValue, _ other: JSONValue) -> Bool {
    guard one.kind == .string, other.kind == .string,
      one.end - one.start == other.end - other.start
    else { return false }
    if one.start == other.start { return true }
    var left = one.start
    var right = other.start
    while left < one.end {
      if text[left] != text[right] { return false }
      left += 1
      right += 1
    }
    return true
  }

  /// The whole part of a number, or of a string that holds one; nil for anything else.
  static func number(_ text: Span<UInt8>, _ value: JSONValue) -> UInt64? {
    guard value.kind == .number || value.kind == .string else { return nil }
    return try? TextDecimal.floor(text.extracting(value.start..<value.end))
  }
}

extension JSONText {
  /// Looks at the members of an object until they end or are not well-formed; for those who guess
  /// formats.
  static func forEachMember(_ text: Span<UInt8>, _ body: (JSONKey, JSONValue) -> Void) {
    guard !text.isEmpty, text[0] == UInt8(ascii: "{") else { return }
    var at = 1
    do throws(JSONFault) {
      repeat {
        let key = JSONKey(text, try JSONText.key(text, at: &at))
        body(key, try value(text, at: &at, depth: 1))
      } while try !isLast(text, at: &at, closing: UInt8(ascii: "}"))
    } catch {
      return
    }
  }
}
