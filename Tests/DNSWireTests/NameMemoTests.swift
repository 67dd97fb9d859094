import DNSWire
import Testing
import TidemarkTesting

/// Names are found again under every label at which they were decoded. A decoder without any memory
/// must find the same.
@Suite struct NameMemoTests {
  /// Follows labels and pointers octet by octet; nil when the name is not valid.
  private func decode(_ message: [UInt8], at start: Int) -> (name: [UInt8], end: Int)? {
    var name: [UInt8] = []
    var (at, end, barrier) = (start, -1, start)
    while at < message.count {
      let length = Int(message[at])
      if length == 0 {
        name.append(0)
        return name.count > 255 ? nil : (name, end < 0 ? at + 1 : end)
      }
      if length >= 0xC0 {
        guard at + 1 < message.count else { return nil }
        let target = (length & 0x3F) << 8 | Int(message[at + 1])
        guard target < barrier, target >= 12 else { return nil }
        if end < 0 { end = at + 2 }
        barrier = target
        at = target
        continue
      }
      guard length < 64, at + length < message.count else { return nil }
      name.append(UInt8(length))
      name += message[(at + 1)...(at + length)].map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
      at += length + 1
    }
    return nil
  }

  /// Owners are labels and a pointer to anywhere before them: to names, into names, to pointers,
  /// into header fields of records and into addresses.
  @Test func agreesWithADecoderThatRemembersNothing() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    var valid = 0
    var parser = MessageParser()
    for _ in 0..<3_000 {
      var message: [UInt8] = [0, 1, 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0]
      message += [3, 0x57, 0x77, 0x57, 2, 0x65, 0x78, 3, 0x63, 0x6F, 0x6D, 0, 0, 1, 0, 1]
      var owners: [Int] = []
      for _ in 0..<Int.random(in: 1...40, using: &random) {
        let start = message.count
        var owner: [UInt8] = []
        for _ in 0..<Int.random(in: 0...3, using: &random) {
          owner += [2, UInt8.random(in: 0x40...0x7A, using: &random), 1]
        }
        // Mostly to where names start, so that whole messages are often valid.
        let anywhere = Int.random(in: 12..<start, using: &random)
        let known = owners.randomElement(using: &random) ?? 12
        let target = Int.random(in: 0..<30, using: &random) == 0 ? anywhere : known
        owner += [0xC0 | UInt8(target >> 8), UInt8(target & 0xFF)]
        message += owner + [0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 1, 1, 1, 0]
        owners.append(start)
        if Bool.random(using: &random), owner.count > 2 { owners.append(start + 3) }
        message[7] += 1
      }
      var expected: [[UInt8]]? = []
      var at = 28
      for _ in 0..<message[7] {
        guard let owner = decode(message, at: at) else {
          expected = nil
          break
        }
        expected?.append(owner.name)
        at = owner.end + 14
      }
      do {
        try parser.parse(message.span)
        let found = (0..<parser.recordCount).map { index in
          parser.withOctets(parser.record(index).owner) { owner in owner.indices.map { owner[$0] } }
        }
        #expect(found == expected)
        valid += 1
      } catch {
        #expect(expected == nil, "\(error)")
      }
    }
    #expect(valid > 500)
  }

  /// The rest of a name that was decoded in parts, and a pointer to a pointer.
  @Test func findsTheMiddleOfANameBehindAPointer() throws {
    var message: [UInt8] = [0, 1, 0x84, 0, 0, 1, 0, 3, 0, 0, 0, 0]
    message += [3, 0x77, 0x77, 0x77, 2, 0x65, 0x78, 0, 0, 1, 0, 1]
    let fixed: [UInt8] = [0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 1, 1, 1, 1]
    let first = message.count
    message += [1, 0x61, 1, 0x62, 0xC0, 16] + fixed
    message += [0xC0, UInt8(first + 2)] + fixed
    message += [1, 0x63, 0xC0, UInt8(first + 4)] + fixed
    var parser = MessageParser()
    try parser.parse(message.span)
    let names = (0..<3).map { index in
      parser.withOctets(parser.record(index).owner) { owner in
        let wire = owner.indices.map { owner[$0] }
        return DomainName(canonicalWire: wire).text(finalDot: false)
      }
    }
    #expect(names == ["a.b.ex", "b.ex", "c.ex"])
  }

  /// Each of many names that share one of 127 labels costs its copy, and the arena bounds that.
  @Test func refusesNamesThatExpandBeyondTheArena() {
    var message: [UInt8] = [0, 1, 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    for _ in 0..<120 { message += [1, 0x61] }
    message += [0, 0, 1, 0, 1]
    var count = 0
    while message.count < 65_000 {
      message += [1, 0x62, 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 1, 1, 1, 1]
      count += 1
    }
    message[6] = UInt8(count >> 8)
    message[7] = UInt8(count & 0xFF)
    #expect(count * 243 > MessageParser.arenaOctetsMax)
    var parser = MessageParser()
    #expect(throws: MessageError.tooMuchWork) { try parser.parse(message.span) }
  }
}
