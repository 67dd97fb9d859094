import DNSWire
import Testing
import TidemarkTesting

/// What messages mean: names, rdata, sections, the response code.
@Suite struct MessageParserTests {
  private let pointerToQuestion = WireMessage.pointer(12)
  private let questionWire = WireMessage.name("www.example.com")

  @Test func readsEverySection() throws {
    let message =
      WireMessage.header(flags: 0x8583, 1, 2, 1, 1)
      + WireMessage.question(WireMessage.name("WWW.Example.com"), type: 28)
      + WireMessage.record(pointerToQuestion, 1, [192, 0, 2, 1], ttl: 60)
      + WireMessage.record(pointerToQuestion, 16, [2, 0x41, 0x42], class: 3)
      + WireMessage.record(WireMessage.pointer(16), 2, WireMessage.labels("NS") + [0xC0, 16])
      + WireMessage.record(WireMessage.name("a.example"), 28, [UInt8](repeating: 7, count: 16))
    let parsed = try ParsedMessage(message)
    #expect(parsed.header.id == 0x1234)
    #expect(parsed.header.isAuthoritative)
    #expect(parsed.rawQuestion == WireMessage.name("WWW.Example.com"))
    #expect(parsed.question == questionWire)
    #expect(parsed.questionType == 28)
    #expect(parsed.rcode == 3)
    #expect(parsed.answers == 2)
    #expect(parsed.trailing == 0)
    #expect(
      parsed.records == [
        .init(
          owner: questionWire, type: 1, recordClass: 1, ttl: 60, rdata: [192, 0, 2, 1],
          section: .answer),
        .init(
          owner: questionWire, type: 16, recordClass: 3, ttl: 300, rdata: [2, 0x41, 0x42],
          section: .answer),
        .init(
          owner: WireMessage.name("example.com"), type: 2, recordClass: 1, ttl: 300,
          rdata: WireMessage.name("ns.example.com"), section: .authority),
        .init(
          owner: WireMessage.name("a.example"), type: 28, recordClass: 1, ttl: 300,
          rdata: [UInt8](repeating: 7, count: 16), section: .additional),
      ])
  }

  // MARK: - Letter case

  @Test func lowersNamesOfEveryLengthAsAPlainLoopDoes() throws {
    let seed: UInt64 = 0xD175_0001
    var generator = SeededGenerator(seed: seed)
    var parser = MessageParser()
    // Octets at the borders of A–Z and a–z, with the top bit and without, and some in between.
    let borders: [UInt8] = [
      0x00, 0x01, 0x40, 0x41, 0x4D, 0x5A, 0x5B, 0x60, 0x61, 0x7A, 0x7B, 0x7F, 0x80, 0xC0, 0xC1,
      0xDA, 0xDB, 0xE1, 0xFF,
    ]
    for length in [1] + Array(3...255) {
      for _ in 0..<12 {
        let raw = WireName.random(octets: length, of: borders, &generator)
        // The same name once more as an owner, behind 0–7 octets, so that words start anywhere.
        let filler = [UInt8](repeating: 0x5A, count: Int.random(in: 0...7, using: &generator))
        let message =
          WireMessage.header(1, 2) + WireMessage.question(raw)
          + WireMessage.record([0], 65_280, filler) + WireMessage.record(raw, 5, raw)
        let parsed = try ParsedMessage(message, with: &parser)
        let lowered = WireName.lowered(raw)
        try #require(parsed.rawQuestion == raw, "seed \(seed)")
        try #require(parsed.question == lowered, "seed \(seed), \(length) octets")
        try #require(parsed.records[1].owner == lowered, "seed \(seed), \(length) octets")
        try #require(parsed.records[1].rdata == lowered, "seed \(seed), \(length) octets")
        try #require(parsed.records[0].rdata == filler)
      }
    }
  }

  @Test func lowersEveryOctetValueAtEveryPlaceOfAWord() throws {
    var parser = MessageParser()
    for octet in UInt8.min...UInt8.max {
      for place in 0..<17 {
        for around: UInt8 in [0x40, 0x5A, 0xFF] {
          var label = [UInt8](repeating: around, count: 17)
          label[place] = octet
          let raw = [17] + label + [0]
          let parsed = try ParsedMessage(
            WireMessage.header(1) + WireMessage.question(raw), with: &parser)
          try #require(parsed.question == WireName.lowered(raw), "\(octet) at \(place)")
        }
      }
    }
  }

  @Test func keepsOctetsThatAreNoLetters() throws {
    let name: [UInt8] = [3, 0x00, 0x01, 0xFF, 4, 0x2E, 0x5C, 0x20, 0x40, 0]
    let parsed = try ParsedMessage(
      WireMessage.header(1, 1) + WireMessage.question(name) + WireMessage.record(name, 2, name))
    #expect(parsed.question == name)
    #expect(parsed.records[0].owner == name)
    #expect(parsed.records[0].rdata == name)
  }

  // MARK: - Rdata

  /// Rdata as sent, behind a question for `WWW.Example.COM` at octet 12, and as it must come out.
  struct RDataCase: Sendable, CustomStringConvertible {
    let type: Int
    let sent: [UInt8]
    let expected: [UInt8]
    var description: String { "TYPE\(type)" }
  }

  static let rdata: [RDataCase] = {
    let domain = WireMessage.pointer(16)
    let lowered = WireMessage.name("example.com")
    let kept = WireMessage.name("Example.COM")
    let mail = WireMessage.labels("Mail") + domain
    let mailLowered = WireMessage.name("mail.example.com")
    let times = (1...20).map { UInt8($0) }
    let signed: [UInt8] = [0, 1, 8, 2] + Array(times[..<12]) + [0x41, 0x42]
    let order: [UInt8] = [0, 1, 0, 2, 1, 0x55, 1, 0x45, 0]
    return [
      RDataCase(type: 2, sent: domain, expected: lowered),
      RDataCase(type: 5, sent: mail, expected: mailLowered),
      RDataCase(type: 12, sent: mail, expected: mailLowered),
      RDataCase(type: 39, sent: mail, expected: mailLowered),
      RDataCase(type: 15, sent: [0x41, 0x42] + mail, expected: [0x41, 0x42] + mailLowered),
      RDataCase(
        type: 6, sent: mail + domain + times, expected: mailLowered + lowered + times),
      RDataCase(type: 17, sent: mail + domain, expected: mailLowered + lowered),
      RDataCase(
        type: 33, sent: [0x41, 0, 0x42, 0, 0x43, 0] + mail,
        expected: [0x41, 0, 0x42, 0, 0x43, 0] + mailLowered),
      RDataCase(type: 35, sent: order + mail, expected: order + mailLowered),
      RDataCase(
        type: 46, sent: signed + domain + [0x5A, 0x5A], expected: signed + lowered + [0x5A, 0x5A]),
      RDataCase(type: 64, sent: [0, 1] + domain, expected: [0, 1] + kept),
      RDataCase(
        type: 65, sent: [0, 1] + kept + [0, 1, 0, 3, 2, 0x48, 0x32],
        expected: [0, 1] + kept + [0, 1, 0, 3, 2, 0x48, 0x32]),
      RDataCase(type: 47, sent: kept + [0, 1, 0x40], expected: kept + [0, 1, 0x40]),
      RDataCase(type: 16, sent: [2, 0x41, 0xC0], expected: [2, 0x41, 0xC0]),
      RDataCase(type: 65_280, sent: [0x41] + domain, expected: [0x41] + domain),
    ]
  }()

  @Test(arguments: rdata)
  func uncompressesAndLowersRData(_ example: RDataCase) throws {
    let message = WireMessage.answering(
      [
        WireMessage.record(WireMessage.name("A.example"), example.type, example.sent),
        WireMessage.record(WireMessage.pointer(12), 1, [192, 0, 2, 1]),
      ], name: "WWW.Example.COM")
    let parsed = try ParsedMessage(message)
    #expect(parsed.records[0].rdata == example.expected)
    #expect(parsed.records[1].owner == questionWire)
    #expect(parsed.records[1].rdata == [192, 0, 2, 1])
  }

  // MARK: - Header, OPT, counts

  @Test(arguments: [(0, 0, 0), (0, 1, 16), (3, 0, 3), (3, 0x12, 0x123), (15, 0xFF, 0xFFF)])
  func addsTheUpperBitsOfTheResponseCode(_ low: Int, _ high: Int, _ expected: UInt16) throws {
    let opt = WireMessage.record([0], 41, [0, 10, 0, 1, 7], ttl: UInt32(high) << 24 | 0x8000)
    let message = WireMessage.header(flags: 0x8180 | low, 0, 0, 0, 2) + opt
    let parsed = try ParsedMessage(message + WireMessage.record([0], 1, [192, 0, 2, 1]))
    #expect(parsed.rcode == expected)
    #expect(parsed.records.map(\.type) == [1])
  }

  @Test(arguments: [
    (0, 0), (1, 1), (0x7FFF_FFFF, 0x7FFF_FFFF), (0x8000_0000, 0), (0x8000_0001, 0),
    (0xFFFF_FFFF, 0),
  ])
  func takesATTLWithTheTopBitForZero(_ sent: UInt32, _ expected: UInt32) throws {
    let parsed = try ParsedMessage(
      WireMessage.answering([WireMessage.record([0], 1, [192, 0, 2, 1], ttl: sent)]))
    #expect(parsed.records[0].ttl == expected)
  }

  @Test func readsRecordsBehindNoneAndTwoQuestions() throws {
    let record = WireMessage.record(WireMessage.name("a.example"), 1, [192, 0, 2, 1])
    let none = try ParsedMessage(WireMessage.header(0, 1) + record)
    let question = WireMessage.question(questionWire)
    let two = try ParsedMessage(WireMessage.header(2, 1) + question + question + record)
    var parser = MessageParser()
    try parser.parse((WireMessage.header(2) + question + question).span)
    let hasQuestion = parser.hasQuestion
    #expect(!hasQuestion)
    #expect(none.records == two.records)
    #expect(none.records.count == 1)
  }

  @Test(arguments: [0, 1, 500])
  func countsTrailingOctets(_ count: Int) throws {
    let message = WireMessage.answering([WireMessage.record([0], 1, [192, 0, 2, 1])])
    let parsed = try ParsedMessage(message + [UInt8](repeating: 0xC0, count: count))
    #expect(parsed.trailing == count)
    #expect(parsed.records.count == 1)
  }

  @Test func readsAQuestionWithoutTheRest() throws {
    var parser = MessageParser()
    let message =
      WireMessage.header(flags: 0x0100, 1, 9) + WireMessage.question(questionWire, type: 15)
    try parser.parseQuestion(message.span)
    let (type, records) = (parser.questionType, parser.recordCount)
    let hasQuestion = parser.hasQuestion
    #expect(hasQuestion)
    #expect(type == .mx)
    #expect(records == 0)
    #expect(ParsedMessage.result(message, with: &parser) == .failure(.truncated))
  }

  @Test func tellsWhichNameLiesBelowWhich() throws {
    var parser = MessageParser()
    try parser.parse((WireMessage.header(1) + WireMessage.question(questionWire)).span)
    let name = parser.questionName
    for (text, isBelow) in [
      ("www.example.com", true), ("example.com", true), ("com", true), ("", true),
      ("ww.example.com", false), ("xample.com", false), ("a.www.example.com", false),
      ("example.net", false), ("\u{7}example.com", false),
    ] {
      let wire = WireMessage.name(text)
      guard let added = parser.addName(wire.span) else {
        Issue.record("no room for a name")
        return
      }
      let below = parser.isName(name, below: added)
      let equal = parser.isEqual(name, added)
      #expect(below == isBelow, "\(text)")
      #expect(equal == (text == "www.example.com"), "\(text)")
    }
  }
}

/// Wire names of a given length, and their lower-case form, octet by octet.
enum WireName {
  /// - Parameter count: 1, or 3 to 255; a name of two octets does not exist.
  static func random(
    octets count: Int, of values: [UInt8], _ generator: inout SeededGenerator
  ) -> [UInt8] {
    var left = count - 1
    var name: [UInt8] = []
    while left > 0 {
      var length = min(left - 1, Int.random(in: 1...63, using: &generator))
      if left - 1 - length == 1 { length += length == 63 ? -1 : 1 }
      name.append(UInt8(length))
      for _ in 0..<length {
        name.append(values[Int.random(in: 0..<values.count, using: &generator)])
      }
      left -= 1 + length
    }
    return name + [0]
  }

  static func lowered(_ name: [UInt8]) -> [UInt8] {
    var out = name
    var at = 0
    while name[at] > 0 {
      let length = Int(name[at])
      for index in (at + 1)...(at + length) where name[index] >= 0x41 && name[index] <= 0x5A {
        out[index] = name[index] + 0x20
      }
      at += length + 1
    }
    return out
  }
}
