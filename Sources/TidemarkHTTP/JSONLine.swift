import DNSWire

/// Builds one JSON object on a line, member by member.
struct JSONLine {
  private var octets: [UInt8] = [UInt8(ascii: "{")]

  mutating func add(_ name: String, _ value: String) {
    start(name)
    JSONLine.append(value, to: &octets)
  }

  mutating func add(_ name: String, _ value: UInt64) {
    start(name)
    ASCII.appendDecimal(value, to: &octets)
  }

  mutating func add(_ name: String, _ value: Bool) {
    start(name)
    octets.append(contentsOf: (value ? "true" : "false").utf8)
  }

  /// Adds an object of whole numbers.
  mutating func add(_ name: String, _ counts: [(name: String, count: UInt64)]) {
    start(name)
    var object = JSONLine()
    for count in counts { object.add(count.name, count.count) }
    octets.append(contentsOf: object.octets)
    octets.append(UInt8(ascii: "}"))
  }

  /// Adds an object.
  mutating func add(_ name: String, _ object: JSONLine) {
    start(name)
    octets.append(contentsOf: object.octets)
    octets.append(UInt8(ascii: "}"))
  }

  /// Adds an array of objects.
  mutating func add(_ name: String, _ objects: [JSONLine]) {
    start(name)
    octets.append(UInt8(ascii: "["))
    for (index, object) in objects.enumerated() {
      if index > 0 { octets.append(UInt8(ascii: ",")) }
      octets.append(contentsOf: object.octets)
      octets.append(UInt8(ascii: "}"))
    }
    octets.append(UInt8(ascii: "]"))
  }

  /// Adds an array of strings.
  mutating func add(_ name: String, texts: [String]) {
    start(name)
    octets.append(UInt8(ascii: "["))
    for (index, text) in texts.enumerated() {
      if index > 0 { octets.append(UInt8(ascii: ",")) }
      JSONLine.append(text, to: &octets)
    }
    octets.append(UInt8(ascii: "]"))
  }

  /// Adds a value that is JSON already.
  mutating func add(_ name: String, json: [UInt8]) {
    start(name)
    octets.append(contentsOf: json)
  }

  mutating func addNull(_ name: String) {
    start(name)
    octets.append(contentsOf: "null".utf8)
  }

  /// The object with its closing brace and a line end.
  func finished() -> [UInt8] { octets + [UInt8(ascii: "}"), ASCII.lineFeed] }

  private mutating func start(_ name: String) {
    if octets.count > 1 { octets.append(UInt8(ascii: ",")) }
    JSONLine.append(name, to: &octets)
    octets.append(UInt8(ascii: ":"))
  }

  /// Appends a JSON string in pure ASCII.
  static func append(_ text: String, to out: inout [UInt8]) {
    out.append(ASCII.quote)
    for unit in text.utf16 {
      switch unit {
      case UInt16(ASCII.quote), UInt16(ASCII.backslash):
        out.append(ASCII.backslash)
        out.append(UInt8(truncatingIfNeeded: unit))
      case 0x20...0x7E:
        out.append(UInt8(truncatingIfNeeded: unit))
      default:
        out.append(ASCII.backslash)
        out.append(UInt8(ascii: "u"))
        for shift in [UInt16(12), 8, 4, 0] {
          let digit = UInt8(truncatingIfNeeded: unit >> shift & 15)
          out.append(digit < 10 ? ASCII.zero + digit : UInt8(ascii: "a") + digit - 10)
        }
      }
    }
    out.append(ASCII.quote)
  }
}
