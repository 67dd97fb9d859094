import DNSWire

extension LookupSums {
  /// Reads the object that ``appendJSON(to:)`` writes and servers answer with; other members are
  /// passed over.
  ///
  /// - Returns: nil for anything else.
  public init?(json text: Span<UInt8>) {
    self.init()
    var types = JSONValue.missing
    var first: UInt64?
    var last: UInt64?
    var rows: UInt64?
    JSONText.forEachMember(text) { key, value in
      if key.is("rrtypes") { types = value }
      if key.is("rows") { rows = JSONText.number(text, value) }
      if key.is("time_first") { first = JSONText.number(text, value) }
      if key.is("time_last") { last = JSONText.number(text, value) }
    }
    guard let rows, types.kind == .other, text[types.start] == UInt8(ascii: "[") else { return nil }
    var elements = JSONWalk(at: types.start)
    while elements.hasElement(text) {
      let object = elements.value(text)
      guard object.isObject(in: text), addType(text.extracting(object.start..<object.end)) else {
        return nil
      }
    }
    guard total.rows == rows else { return nil }
    if let first = first.flatMap({ UnixSeconds(exactly: $0) }),
      let last = last.flatMap({ UnixSeconds(exactly: $0) })
    {
      widen(first: first, last: last)
    }
  }

  private mutating func addType(_ object: Span<UInt8>) -> Bool {
    var type: RRType?
    var sums = TypeSums()
    var members = 0
    JSONText.forEachMember(object) { key, value in
      if key.is("rrtype"), value.kind == .string {
        type = RRType(mnemonic: object.extracting(value.start..<value.end))
      } else if key.is("rows"), let number = JSONText.number(object, value) {
        sums.rows = number
        members += 1
      } else if key.is("count"), let number = JSONText.number(object, value) {
        sums.count = number
        members += 1
      }
    }
    guard let type, members == 2, sums.rows < 1 << 62 else { return false }
    add(sums, of: type)
    return true
  }
}
