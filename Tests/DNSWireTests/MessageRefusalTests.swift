import DNSWire
import Testing
import TidemarkTesting

/// What a parser refuses, and that refusing is all that hostile octets achieve.
@Suite struct MessageRefusalTests {
  private let address: [UInt8] = [192, 0, 2, 1]

  private func error(_ octets: [UInt8]) -> MessageError? {
    do throws(MessageError) {
      _ = try ParsedMessage(octets)
      return nil
    } catch {
      return error
    }
  }

  private func error(owner: [UInt8]) -> MessageError? {
    error(WireMessage.answering([WireMessage.record(owner, 1, address)]))
  }

  private func error(type: Int, _ rdata: [UInt8]) -> MessageError? {
    error(WireMessage.answering([WireMessage.record([0xC0, 12], type, rdata)]))
  }

  // MARK: - Ends too early

  @Test func refusesEveryCutOfAMessage() throws {
    let message =
      WireMessage.header(1, 2, 1, 2) + WireMessage.question(WireMessage.name("www.example.com"))
      + WireMessage.record([0xC0, 12], 1, address)
      + WireMessage.record([0xC0, 16], 15, [0, 10] + WireMessage.labels("mail") + [0xC0, 16])
      + WireMessage.record([0xC0, 16], 16, [3, 0x61, 0x62, 0x63])
      + WireMessage.record([0], 41, []) + WireMessage.record([0xC0, 24], 2, [0xC0, 12])
    _ = try ParsedMessage(message)
    var parser = MessageParser()
    for cut in 0..<message.count {
      let result = ParsedMessage.result(Array(message[..<cut]), with: &parser)
      #expect(result == .failure(cut < 12 ? .shortHeader : .truncated), "cut at \(cut)")
    }
  }

  @Test func refusesCountsThatLieQuickly() {
    let lies = WireMessage.header(65_535, 65_535, 65_535, 65_535)
    #expect(error(lies) == .truncated)
    let recordsOnly = WireMessage.header(0, 65_535, 65_535, 65_535)
    let room = 65_535 - 12
    let smallest = WireMessage.record([0], 65_280, [])
    let full = recordsOnly + (0..<(room / 11)).flatMap { _ in smallest }
    let questions = lies + (0..<(room / 5)).flatMap { _ in WireMessage.question([0]) }
    let pointers = recordsOnly + (0..<(room / 2)).flatMap { _ in [0xC0, 12] as [UInt8] }
    let elapsed = ContinuousClock().measure {
      #expect(error(full) == .truncated)
      #expect(error(questions) == .truncated)
      #expect(error(pointers) == .pointerNotBackwards)
    }
    #expect(elapsed < .seconds(5))
  }

  @Test func readsAsManyRecordsAsOctetsAllow() throws {
    let count = (65_535 - 12) / 11
    let records = (0..<count).flatMap { _ in WireMessage.record([0], 65_280, []) }
    let parsed = try ParsedMessage(WireMessage.header(0, count) + records)
    #expect(parsed.records.count == count)
  }

  // MARK: - Names

  @Test(arguments: [0x40, 0x7F, 0x80, 0xBF] as [UInt8])
  func refusesLabelTypesThatAreNoMore(_ octet: UInt8) {
    #expect(error(owner: [octet, 1, 0]) == .badLabelType)
    #expect(error(owner: [1, 0x61, octet, 0]) == .badLabelType)
    #expect(error(type: 2, [octet, 1, 0]) == .badLabelType)
    #expect(error(WireMessage.header(1) + WireMessage.question([octet, 0])) == .badLabelType)
  }

  @Test func refusesPointersThatDoNotLeadBackwards() {
    let here = WireMessage.answering([]).count
    #expect(error(owner: WireMessage.pointer(here)) == .pointerNotBackwards)
    #expect(error(owner: WireMessage.pointer(here + 2)) == .pointerNotBackwards)
    #expect(error(owner: WireMessage.pointer(0x3FFF)) == .pointerNotBackwards)
    #expect(
      error(owner: WireMessage.labels("a") + WireMessage.pointer(here)) == .pointerNotBackwards)
    for offset in 0..<12 {
      #expect(error(owner: WireMessage.pointer(offset)) == .pointerNotBackwards, "\(offset)")
    }
    #expect(error(owner: WireMessage.pointer(12)) == nil)
    // Rdata that points at itself, and at the pointer before it that leads forward again.
    let rdata = here + 2 + 10
    #expect(error(type: 2, WireMessage.pointer(rdata)) == .pointerNotBackwards)
    #expect(error(type: 16, [0]) == nil)
    #expect(
      error(
        WireMessage.answering([
          WireMessage.record([0xC0, 12], 65_280, WireMessage.pointer(rdata + 40)),
          WireMessage.record(WireMessage.pointer(rdata), 65_280, [UInt8](repeating: 0, count: 99)),
        ])) == .pointerNotBackwards)
  }

  /// A message with a chain of pointers in rdata nobody looks at, and an owner that leads there.
  private func chain(_ pointers: Int) -> [UInt8] {
    let start = WireMessage.answering([]).count + 2 + 10
    var rdata: [UInt8] = [0]
    for index in 0..<(pointers - 1) {
      rdata += WireMessage.pointer(index == 0 ? start : start + index * 2 - 1)
    }
    let last = pointers == 1 ? start : start + pointers * 2 - 3
    return WireMessage.answering([
      WireMessage.record([0xC0, 12], 65_280, rdata),
      WireMessage.record(WireMessage.labels("x") + WireMessage.pointer(last), 1, address),
    ])
  }

  @Test func followsAsManyPointersAsTheLimitSays() throws {
    let most = DNSLimits.pointersPerNameMax
    for count in [1, 2, 3, most - 1, most] {
      let parsed = try ParsedMessage(chain(count))
      #expect(parsed.records[1].owner == WireMessage.name("x"), "\(count) pointers")
    }
    #expect(error(chain(most + 1)) == .tooManyPointers)
    #expect(error(chain(most + 900)) == .tooManyPointers)
  }

  /// A question's name of `count` octets, and an owner of five octets more that points to it.
  private func longName(_ count: Int, inRData: Bool) -> [UInt8] {
    var name: [UInt8] = []
    while name.count + 64 < count - 1 { name += [62] + [UInt8](repeating: 0x41, count: 62) }
    let rest = count - name.count - 2
    name += [UInt8(rest)] + [UInt8](repeating: 0x42, count: rest) + [0]
    let longer = WireMessage.labels("WXYZ") + WireMessage.pointer(12)
    let record =
      inRData
      ? WireMessage.record([0], 5, longer)
      : WireMessage.record(longer, 1, address)
    return WireMessage.header(1, 1) + WireMessage.question(name) + record
  }

  @Test(arguments: [false, true])
  func limitsNamesThatPointersPutTogether(_ inRData: Bool) throws {
    let parsed = try ParsedMessage(longName(250, inRData: inRData))
    let name = inRData ? parsed.records[0].rdata : parsed.records[0].owner
    #expect(name.count == 255)
    #expect(name == WireMessage.labels("wxyz") + parsed.question)
    #expect(error(longName(251, inRData: inRData)) == .nameTooLong)
    #expect(error(longName(255, inRData: inRData)) == .nameTooLong)
  }

  @Test func limitsNamesWithoutPointers() throws {
    #expect(error(WireMessage.header(1) + WireMessage.question(plainName(255))) == nil)
    for count in [256, 257, 320, 4_000] {
      #expect(
        error(WireMessage.header(1) + WireMessage.question(plainName(count))) == .nameTooLong)
    }
  }

  /// A name of labels of one octet, and one of two octets where that is needed.
  private func plainName(_ count: Int) -> [UInt8] {
    let ones = (0..<((count - 1) / 2 - 1)).flatMap { _ in [1, 0x61] as [UInt8] }
    return ones + (count % 2 == 1 ? [1, 0x61] : [2, 0x61, 0x61]) + [0]
  }

  // MARK: - Rdata

  @Test func refusesRDataThatDoesNotFitItsType() {
    let soa = WireMessage.name("ns.example.com") + WireMessage.name("admin.example.com")
    let times = [UInt8](repeating: 1, count: 20)
    #expect(error(type: 6, soa + times) == nil)
    let wrong: [(Int, [UInt8])] = [
      (1, []), (1, [192, 0, 2]), (1, [192, 0, 2, 1, 1]), (28, address),
      (28, [UInt8](repeating: 1, count: 17)), (2, []), (2, [0, 0]), (2, [0xC0, 12, 0]),
      (6, soa), (6, soa + times.dropLast()), (6, soa + times + [1]), (15, [0]), (15, [0, 10]),
      (15, [0, 10, 0xC0, 12, 0]), (33, [0, 1, 0, 2, 0, 0xC0]),
      (46, [0, 1, 8, 2]), (47, WireMessage.name("a.example") + [9]),
    ]
    for (type, rdata) in wrong {
      #expect(error(type: type, rdata) == .badRData, "TYPE\(type) \(rdata)")
    }
  }

  @Test func refusesANameThatRunsPastItsRData() {
    let second = WireMessage.record(WireMessage.name("a.example"), 1, address)
    var first = WireMessage.record([0xC0, 12], 5, WireMessage.name("target.example.net"))
    first[11] -= 1
    #expect(error(WireMessage.answering([first, second])) == .badRData)
    first[11] = 1
    #expect(error(WireMessage.answering([first, second])) == .badRData)
  }

  // MARK: - OPT

  @Test func refusesOPTWhereItMustNotBe() {
    let opt = WireMessage.record([0], 41, [])
    let named = WireMessage.record(WireMessage.name("a.example"), 41, [])
    #expect(error(WireMessage.header(0, 0, 0, 1) + opt) == nil)
    #expect(error(WireMessage.header(0, 0, 0, 2) + opt + opt) == .badOPT)
    #expect(error(WireMessage.header(0, 0, 0, 1) + named) == .badOPT)
    #expect(error(WireMessage.header(0, 1, 0, 0) + opt) == .badOPT)
    #expect(error(WireMessage.header(0, 0, 1, 0) + opt) == .badOPT)
  }

  // MARK: - Work

  /// NS records of 14 octets that expand to 255 each.
  private func bomb(_ records: Int) -> [UInt8] {
    WireMessage.header(1, records) + WireMessage.question(plainName(255))
      + (0..<records).flatMap { _ in WireMessage.record([0xC0, 12], 2, [0xC0, 12]) }
  }

  @Test func refusesDecompressionBombs() throws {
    let fitting = MessageParser.arenaOctetsMax / 255 - 2
    let parsed = try ParsedMessage(bomb(fitting))
    #expect(parsed.records.last?.rdata == parsed.question)
    #expect(error(bomb(fitting + 1)) == .tooMuchWork)
    #expect(error(bomb(4_600)) == .tooMuchWork)
  }

  @Test func refusesMessagesThatNoTransportCarries() {
    let longest = WireMessage.header() + [UInt8](repeating: 0, count: 65_535 - 12)
    #expect(error(longest) == nil)
    #expect(error(longest + [0]) == .tooMuchWork)
  }

  // MARK: - Any octets

  private let messages: [[UInt8]] = [
    WireMessage.answering([
      WireMessage.record([0xC0, 12], 5, WireMessage.labels("Web") + [0xC0, 16]),
      WireMessage.record([0xC0, 45], 1, [192, 0, 2, 1]),
    ]),
    WireMessage.header(1, 1, 1, 2) + WireMessage.question(WireMessage.name("Example.COM"), type: 6)
      + WireMessage.record(
        [0xC0, 12], 6,
        [2, 0x6E, 0x73, 0xC0, 12, 5] + Array("admin".utf8) + [0xC0, 12]
          + [UInt8](repeating: 9, count: 20))
      + WireMessage.record([0xC0, 12], 15, [0, 10, 4] + Array("MAIL".utf8) + [0xC0, 12])
      + WireMessage.record([0xC0, 12], 46, [UInt8](repeating: 1, count: 18) + [0xC0, 12, 5])
      + WireMessage.record([0], 41, [], ttl: 0x0100_0000),
    WireMessage.answering([
      WireMessage.record([0xC0, 12], 65, [0, 1, 0, 0, 1, 0, 3, 2, 0x68, 0x32]),
      WireMessage.record([0xC0, 16], 47, WireMessage.name("B.example") + [0, 1, 0x40]),
      WireMessage.record([0xC0, 16], 16, [3, 0x61, 0x62, 0x63]),
    ]),
  ]

  @Test func givesTheSameAfterAnyOtherMessage() throws {
    let seed: UInt64 = 0xD175_0002
    var generator = SeededGenerator(seed: seed)
    var used = MessageParser()
    var refused = 0
    var accepted = 0
    for round in 0..<10_000 {
      var octets = messages[Int.random(in: 0..<messages.count, using: &generator)]
      for _ in 0..<Int.random(in: 0...4, using: &generator) {
        let at = Int.random(in: 0..<octets.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: octets[at] = UInt8.random(in: 0...255, using: &generator)
        case 1: octets[at] ^= 1 << UInt8.random(in: 0...7, using: &generator)
        case 2: octets.insert(contentsOf: WireMessage.pointer(at), at: at)
        default: octets.remove(at: at)
        }
      }
      var fresh = MessageParser()
      let expected = ParsedMessage.result(octets, with: &fresh)
      let result = ParsedMessage.result(octets, with: &used)
      try #require(result == expected, "seed \(seed), round \(round): \(octets)")
      guard case .success(let parsed) = result else {
        refused += 1
        continue
      }
      accepted += 1
      for record in parsed.records {
        let name = try DomainName(wire: record.owner)
        try #require(name.wire == record.owner, "seed \(seed), round \(round): \(octets)")
        let type = RRType(rawValue: record.type)
        if type == .ns || type == .cname {
          _ = try DomainName(wire: record.rdata)
        }
      }
    }
    #expect(refused > 1_000 && accepted > 1_000, "\(refused) refused, \(accepted) accepted")
  }
}
