/// Reads the JSON of a meta header (RFC 8259): checks all of it, keeps `type` and `origins`.
struct MetaReader {
  /// What is kept.
  struct Found {
    var type: String?
    var origins: [String] = []
  }

  /// Objects and arrays inside one another.
  private static let depthMax = 32

  private let text: [UInt8]
  private var at = 0

  init(_ text: [UInt8]) {
    self.text = text
  }

  /// Reads the object; nothing may stand behind it.
  mutating func read() throws(D4Fault) -> Found {
    var found = Found()
    try expect(UInt8(ascii: "{"))
    if !take(UInt8(ascii: "}")) {
      repeat {
        try member(into: &found)
      } while take(UInt8(ascii: ","))
      try expect(UInt8(ascii: "}"))
    }
    skipBlank()
    guard at == text.count else { throw .badMetaHeader }
    return found
  }

  private mutating func member(into found: inout Found) throws(D4Fault) {
    let name = try string()
    try expect(UInt8(ascii: ":"))
    switch name {
    case "type":
      guard found.type == nil else { throw .badMetaHeader }
      found.type = try string()
    case "origins":
      guard found.origins.isEmpty else { throw .badMetaHeader }
      try expect(UInt8(ascii: "["))
      if take(UInt8(ascii: "]")) { return }
      repeat {
        guard found.origins.count < D4MetaHeader.originsMax else { throw .badMetaHeader }
        found.origins.append(try string())
      } while take(UInt8(ascii: ","))
      try expect(UInt8(ascii: "]"))
    default: try value(depth: 0)
    }
  }

  /// Passes over a value of any kind.
  private mutating func value(depth: Int) throws(D4Fault) {
    skipBlank()
    guard at < text.count, depth < MetaReader.depthMax else { throw .badMetaHeader }
    switch text[at] {
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "{"):
      at += 1
      if take(UInt8(ascii: "}")) { return }
      repeat {
        _ = try string()
        try expect(UInt8(ascii: ":"))
        try value(depth: depth + 1)
      } while take(UInt8(ascii: ","))
      try expect(UInt8(ascii: "}"))
    case UInt8(ascii: "["):
      at += 1
      if take(UInt8(ascii: "]")) { return }
      repeat {
        try value(depth: depth + 1)
      } while take(UInt8(ascii: ","))
      try expect(UInt8(ascii: "]"))
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    default: try number()
    }
  }

  private mutating func word(_ word: StaticString) throws(D4Fault) {
    for octet in "\(word)".utf8 {
      guard at < text.count, text[at] == octet else { throw .badMetaHeader }
      at += 1
    }
  }

  private mutating func number() throws(D4Fault) {
    if at < text.count, text[at] == UInt8(ascii: "-") { at += 1 }
    let first = at
    let digits = skipDigits()
    guard digits > 0, digits == 1 || text[first] != UInt8(ascii: "0") else {
      throw .badMetaHeader
    }
    if at < text.count, text[at] == UInt8(ascii: ".") {
      at += 1
      guard skipDigits() > 0 else { throw .badMetaHeader }
    }
    if at < text.count, text[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      if at < text.count, text[at] == UInt8(ascii: "+") || text[at] == UInt8(ascii: "-") {
        at += 1
      }
      guard skipDigits() > 0 else { throw .badMetaHeader }
    }
  }

  private mutating func skipDigits() -> Int {
    let start = at
    while at < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[at]) { at += 1 }
    return at - start
  }

  // MARK: Strings

  private mutating func string() throws(D4Fault) -> String {
    try expect(UInt8(ascii: "\""))
    var octets: [UInt8] = []
    while at < text.count {
      let octet = text[at]
      at += 1
      switch octet {
      case UInt8(ascii: "\""):
        guard let string = String(validating: octets, as: UTF8.self) else {
          throw .badMetaHeader
        }
        return string
      case UInt8(ascii: "\\"): try escape(into: &octets)
      case 0..<0x20: throw .badMetaHeader
      default: octets.append(octet)
      }
    }
    throw .badMetaHeader
  }

  private mutating func escape(into octets: inout [UInt8]) throws(D4Fault) {
    guard at < text.count else { throw .badMetaHeader }
    let octet = text[at]
    at += 1
    switch octet {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): octets.append(octet)
    case UInt8(ascii: "b"): octets.append(0x08)
    case UInt8(ascii: "f"): octets.append(0x0C)
    case UInt8(ascii: "n"): octets.append(0x0A)
    case UInt8(ascii: "r"): octets.append(0x0D)
    case UInt8(ascii: "t"): octets.append(0x09)
    case UInt8(ascii: "u"):
      var number = try fourDigits()
      if number >> 10 == 0xD800 >> 10 {
        guard at + 1 < text.count, text[at] == UInt8(ascii: "\\"),
          text[at + 1] == UInt8(ascii: "u")
        else { throw .badMetaHeader }
        at += 2
        let second = try fourDigits()
        guard second >> 10 == 0xDC00 >> 10 else { throw .badMetaHeader }
        number = 0x1_0000 + ((number & 0x3FF) << 10) + (second & 0x3FF)
      }
      guard let scalar = Unicode.Scalar(number) else { throw .badMetaHeader }
      octets.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
    default: throw .badMetaHeader
    }
  }

  private mutating func fourDigits() throws(D4Fault) -> UInt32 {
    var number: UInt32 = 0
    for _ in 0..<4 {
      guard at < text.count,
        let digit = Character(Unicode.Scalar(text[at])).hexDigitValue
      else { throw .badMetaHeader }
      number = number << 4 | UInt32(digit)
      at += 1
    }
    return number
  }

  // MARK: Structure

  private mutating func expect(_ octet: UInt8) throws(D4Fault) {
    guard take(octet) else { throw .badMetaHeader }
  }

  /// Moves over blanks and, if it follows, over `octet`.
  private mutating func take(_ octet: UInt8) -> Bool {
    skipBlank()
    guard at < text.count, text[at] == octet else { return false }
    at += 1
    return true
  }

  private mutating func skipBlank() {
    while at < text.count, MetaReader.isBlank(text[at]) { at += 1 }
  }

  /// White space of JSON.
  static func isBlank(_ octet: UInt8) -> Bool {
    octet == 0x20 || octet == 0x09 || octet == 0x0A || octet == 0x0D
  }
}
