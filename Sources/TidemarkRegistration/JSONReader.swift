/// Reads one JSON text (RFC 8259) into a ``JSONValue``: each octet once, no deeper than
/// ``RegistrationLimits/nestingMax``.
///
/// Wrong structure refuses the text. A string or number that is wrong in itself is null, and so is
/// an object with such a name: one bad octet in a remark does not cost the answer.
struct JSONReader {
  private let text: [UInt8]
  private var at = 0

  init(_ text: [UInt8]) {
    self.text = text
    // A byte order mark, which RFC 8259 section 8.1 lets a reader ignore.
    if text.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
  }

  /// Reads the text, which is one value with nothing behind it.
  mutating func read() throws(RDAPError) -> JSONValue {
    let value = try value(depth: 0)
    skipBlank()
    guard at == text.count else { throw .notJSON }
    return value
  }

  private mutating func skipBlank() {
    while at < text.count {
      let octet = text[at]
      guard octet == 0x20 || octet == 0x0A || octet == 0x0D || octet == 0x09 else { return }
      at += 1
    }
  }

  /// The next octet that is not blank; it is not moved over.
  private mutating func next() throws(RDAPError) -> UInt8 {
    skipBlank()
    guard at < text.count else { throw .notJSON }
    return text[at]
  }

  private mutating func value(depth: Int) throws(RDAPError) -> JSONValue {
    switch try next() {
    case UInt8(ascii: "\""): return try string().map { .string($0) } ?? .null
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return number()
    default: throw .notJSON
    }
  }

  private mutating func word(
    _ word: StaticString, _ value: JSONValue
  ) throws(RDAPError) -> JSONValue {
    for index in 0..<word.utf8CodeUnitCount {
      guard at < text.count, unsafe text[at] == word.utf8Start[index] else { throw .notJSON }
      at += 1
    }
    return value
  }

  // MARK: arrays and objects

  private mutating func array(depth: Int) throws(RDAPError) -> JSONValue {
    guard try open(UInt8(ascii: "]"), depth: depth) else { return .array([]) }
    var elements: [JSONValue] = []
    repeat {
      elements.append(try value(depth: depth + 1))
    } while try goesOn(until: UInt8(ascii: "]"))
    return .array(elements)
  }

  private mutating func object(depth: Int) throws(RDAPError) -> JSONValue {
    guard try open(UInt8(ascii: "}"), depth: depth) else { return .object([:]) }
    var members: [String: JSONValue] = [:]
    var isNamed = true
    repeat {
      guard try next() == UInt8(ascii: "\"") else { throw .notJSON }
      let name = try string()
      guard try next() == UInt8(ascii: ":") else { throw .notJSON }
      at += 1
      let value = try value(depth: depth + 1)
      if let name {
        // The first of the same name counts.
        if members[name] == nil { members[name] = value }
      } else {
        isNamed = false
      }
    } while try goesOn(until: UInt8(ascii: "}"))
    return isNamed ? .object(members) : .null
  }

  /// Moves into an array or object.
  ///
  /// - Returns: false when there is nothing in it; then it moves behind it.
  private mutating func open(_ closing: UInt8, depth: Int) throws(RDAPError) -> Bool {
    guard depth < RegistrationLimits.nestingMax else { throw .nestedTooDeep }
    at += 1
    guard try next() == closing else { return true }
    at += 1
    return false
  }

  /// Moves over a comma (true) or the closing bracket (false), which may stand behind a comma.
  private mutating func goesOn(until closing: UInt8) throws(RDAPError) -> Bool {
    let octet = try next()
    guard octet == closing || octet == UInt8(ascii: ",") else { throw .notJSON }
    at += 1
    guard octet != closing, try next() == closing else { return octet != closing }
    at += 1
    return false
  }

  // MARK: strings

  /// - Returns: nil for control characters, escapes without meaning, and what is not UTF-8.
  private mutating func string() throws(RDAPError) -> String? {
    at += 1
    var octets: [UInt8] = []
    var isRight = true
    // Of the octets that mean themselves, behind the last escape.
    var start = at
    while at < text.count {
      switch text[at] {
      case UInt8(ascii: "\""):
        let rest = text[start..<at]
        at += 1
        guard isRight else { return nil }
        if octets.isEmpty { return String(validating: rest, as: UTF8.self) }
        return String(validating: octets + rest, as: UTF8.self)
      case UInt8(ascii: "\\"):
        octets += text[start..<at]
        if let scalar = try escape(), let encoded = UTF8.encode(scalar) {
          octets += encoded
        } else {
          isRight = false
        }
        start = at
      case 0..<0x20:
        isRight = false
        at += 1
      default: at += 1
      }
    }
    throw .notJSON
  }

  /// Moves over one escape, a surrogate pair as one.
  ///
  /// - Returns: nil for half a pair, and for letters that JSON does not know.
  private mutating func escape() throws(RDAPError) -> Unicode.Scalar? {
    at += 1
    guard at < text.count else { return nil }
    at += 1
    switch text[at - 1] {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: return nil
    }
    guard let first = try unit() else { return nil }
    guard first & 0xFC00 == 0xD800 else { return Unicode.Scalar(first) }
    guard text[at...].starts(with: [0x5C, 0x75]) else { return nil }
    at += 2
    guard let second = try unit(), second & 0xFC00 == 0xDC00 else { return nil }
    return Unicode.Scalar(0x1_0000 + (first & 0x3FF) << 10 + second & 0x3FF)
  }

  /// Moves over four hexadecimal digits.
  ///
  /// - Returns: nil for other octets.
  private mutating func unit() throws(RDAPError) -> UInt32? {
    let digits = text[at...].prefix(4)
    guard digits.count == 4, !digits.contains(UInt8(ascii: "\"")) else { throw .notJSON }
    at += 4
    var value: UInt32 = 0
    for octet in digits {
      guard let digit = Character(Unicode.Scalar(octet)).hexDigitValue else { return nil }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  // MARK: numbers

  /// Numbers of RFC 8259 section 6. What is none, or lies beyond any double, is null.
  private mutating func number() -> JSONValue {
    let start = at
    if octet == UInt8(ascii: "-") { at += 1 }
    let hasLeadingZero = octet == UInt8(ascii: "0")
    let digitCount = digits()
    var isRight = hasLeadingZero ? digitCount == 1 : digitCount > 0
    let isShort = digitCount <= 18
    let wholeEnd = at
    if octet == UInt8(ascii: ".") {
      at += 1
      isRight = digits() > 0 && isRight
    }
    if octet | 0x20 == UInt8(ascii: "e") {
      at += 1
      if octet == UInt8(ascii: "+") || octet == UInt8(ascii: "-") { at += 1 }
      isRight = digits() > 0 && isRight
    }
    let end = at
    while "+-.eE0123456789".utf8.contains(octet) { at += 1 }
    guard isRight, at == end else { return .null }
    if isShort, end == wholeEnd {
      let whole = text[(end - digitCount)..<end].reduce(0) { $0 * 10 + Int($1 & 0x0F) }
      return .whole(text[start] == UInt8(ascii: "-") ? -whole : whole)
    }
    let token = String(decoding: text[start..<end], as: UTF8.self)
    if let whole = Int(token) { return .whole(whole) }
    guard let number = Double(token), number.isFinite else { return .null }
    return .number(number)
  }

  /// Moves over digits and counts them.
  private mutating func digits() -> Int {
    let start = at
    while octet &- UInt8(ascii: "0") < 10 { at += 1 }
    return at - start
  }

  /// The next octet; NUL behind the end, which stands nowhere in JSON.
  private var octet: UInt8 { at < text.count ? text[at] : 0 }
}
