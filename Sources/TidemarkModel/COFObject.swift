import DNSWire

/// One JSON object of a COF stream, its known members found but not yet understood.
///
/// Reused from object to object. Of members that occur twice the last one counts.
struct COFObject {
  private(set) var rrname = JSONValue.missing
  private(set) var rrtype = JSONValue.missing
  /// The string, or the strings of the array, or anything else as one value.
  private(set) var rdata: [JSONValue] = []
  private(set) var timeFirst = JSONValue.missing
  private(set) var timeLast = JSONValue.missing
  private(set) var zoneTimeFirst = JSONValue.missing
  private(set) var zoneTimeLast = JSONValue.missing
  private(set) var count = JSONValue.missing
  private(set) var bailiwick = JSONValue.missing
  private(set) var sensorID = JSONValue.missing
  private(set) var vantage = JSONValue.missing
  private(set) var dataset = JSONValue.missing
  /// An array, checked but not taken apart: only rows of exports have it.
  private(set) var sensors = JSONValue.missing
  /// As ``sensors``.
  private(set) var days = JSONValue.missing
  /// The condition of SAF framing.
  private(set) var condition = JSONValue.missing
  /// True when the row was wrapped in `{"obj": …}`.
  private(set) var isWrapped = false

  private var escapedKey: [UInt8] = []

  /// Names of members as numbers: the octets from the first on and the octets up to the last, at
  /// most eight each, little-endian. Comparing two words is all that a lookup costs.
  private enum Key {
    static var rrname: UInt64 { 0x656D_616E_7272 }
    static var rrtype: UInt64 { 0x6570_7974_7272 }
    static var rdata: UInt64 { 0x61_7461_6472 }
    static var count: UInt64 { 0x74_6E75_6F63 }
    static var vantage: UInt64 { 0x65_6761_746E_6176 }
    static var obj: UInt64 { 0x6A_626F }
    static var cond: UInt64 { 0x646E_6F63 }
    static var timeFir: UInt64 { 0x7269_665F_656D_6974 }
    static var timeLas: UInt64 { 0x7361_6C5F_656D_6974 }
    static var zoneTim: UInt64 { 0x6D69_745F_656E_6F7A }
    static var meFirst: UInt64 { 0x7473_7269_665F_656D }
    static var imeLast: UInt64 { 0x7473_616C_5F65_6D69 }
    static var bailiwic: UInt64 { 0x6369_7769_6C69_6162 }
    static var ailiwick: UInt64 { 0x6B63_6977_696C_6961 }
    static var sensorI: UInt64 { 0x695F_726F_736E_6573 }
    static var ensorID: UInt64 { 0x6469_5F72_6F73_6E65 }
    static var sensors: UInt64 { 0x73_726F_736E_6573 }
    static var days: UInt64 { 0x7379_6164 }
    static var dataset: UInt64 { 0x74_6573_6174_6164 }
  }

  /// Reads the object that starts at `at`; on return `at` lies behind it.
  ///
  /// - Throws: ``JSONFault``; what was found until then is of no use.
  mutating func parse(_ text: Span<UInt8>, at: inout Int) throws(JSONFault) {
    reset()
    try members(text, at: &at, depth: 0)
  }

  private mutating func reset() {
    rrname = .missing
    rrtype = .missing
    rdata.removeAll(keepingCapacity: true)
    timeFirst = .missing
    timeLast = .missing
    zoneTimeFirst = .missing
    zoneTimeLast = .missing
    count = .missing
    bailiwick = .missing
    sensorID = .missing
    vantage = .missing
    dataset = .missing
    sensors = .missing
    days = .missing
    condition = .missing
    isWrapped = false
  }

  private mutating func members(
    _ text: Span<UInt8>, at: inout Int, depth: Int
  ) throws(JSONFault) {
    at += 1
    let closing = UInt8(ascii: "}")
    if try JSONText.nextOctet(text, at: &at) == closing {
      at += 1
      return
    }
    repeat {
      let key = try JSONText.key(text, at: &at)
      if key.kind == .string {
        try member(
          text, at: &at, depth: depth, first: firstWord(text, key), last: lastWord(text, key),
          keyLength: key.end - key.start)
      } else {
        escapedKey.removeAll(keepingCapacity: true)
        JSONText.appendString(text, key, to: &escapedKey)
        let name = JSONValue(kind: .string, start: 0, end: escapedKey.count)
        let (first, last) = (firstWord(escapedKey.span, name), lastWord(escapedKey.span, name))
        try member(
          text, at: &at, depth: depth, first: first, last: last, keyLength: escapedKey.count)
      }
    } while try !JSONText.isLast(text, at: &at, closing: closing)
  }

  @inline(__always)
  private mutating func member(
    _ text: Span<UInt8>, at: inout Int, depth: Int, first: UInt64, last: UInt64, keyLength: Int
  ) throws(JSONFault) {
    switch (keyLength, first) {
    case (5, Key.rdata):
      try rdataMember(text, at: &at, depth: depth)
      return
    case (3, Key.obj) where depth == 0:
      if try JSONText.nextOctet(text, at: &at) == UInt8(ascii: "{") {
        isWrapped = true
        try members(text, at: &at, depth: 1)
        return
      }
    default: break
    }
    let value = try JSONText.value(text, at: &at, depth: depth + 1)
    switch (keyLength, first) {
    case (6, Key.rrname): rrname = value
    case (6, Key.rrtype): rrtype = value
    case (5, Key.count): count = value
    case (7, Key.vantage): vantage = value
    case (4, Key.cond): condition = value
    case (10, Key.timeFir) where last == Key.meFirst: timeFirst = value
    case (9, Key.timeLas) where last == Key.imeLast: timeLast = value
    case (15, Key.zoneTim) where last == Key.meFirst: zoneTimeFirst = value
    case (14, Key.zoneTim) where last == Key.imeLast: zoneTimeLast = value
    case (9, Key.bailiwic) where last == Key.ailiwick: bailiwick = value
    case (9, Key.sensorI) where last == Key.ensorID: sensorID = value
    case (7, Key.sensors): sensors = value
    case (4, Key.days): days = value
    case (7, Key.dataset): dataset = value
    default: break
    }
  }

  private mutating func rdataMember(
    _ text: Span<UInt8>, at: inout Int, depth: Int
  ) throws(JSONFault) {
    rdata.removeAll(keepingCapacity: true)
    guard try JSONText.nextOctet(text, at: &at) == UInt8(ascii: "[") else {
      rdata.append(try JSONText.value(text, at: &at, depth: depth + 1))
      return
    }
    at += 1
    let closing = UInt8(ascii: "]")
    if try JSONText.nextOctet(text, at: &at) == closing {
      at += 1
      return
    }
    repeat {
      rdata.append(try JSONText.value(text, at: &at, depth: depth + 2))
    } while try !JSONText.isLast(text, at: &at, closing: closing)
  }

  /// The first octets of a key, at most eight.
  @inline(__always)
  private func firstWord(_ text: Span<UInt8>, _ key: JSONValue) -> UInt64 {
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

  /// The last eight octets of a key that has so many, otherwise 0.
  @inline(__always)
  private func lastWord(_ text: Span<UInt8>, _ key: JSONValue) -> UInt64 {
    guard key.end - key.start >= 8 else { return 0 }
    return unsafe UInt64(
      littleEndian: text.bytes.unsafeLoadUnaligned(
        fromByteOffset: key.end - 8, as: UInt64.self))
  }
}
