import Testing
import TidemarkIngest
import TidemarkModel

/// What containers leave in a batch and in the account.
struct NMSGDecoderTests {
  private static let standard =
    "www.example.com A 192.0.2.1 authority 2 1600000000 1600000100 5 3"

  private func dedupe(_ messages: [UInt8]...) -> FeedRun {
    NMSGFeed.run(NMSGFeed.container(messages))
  }

  @Test func takesAnExpirationAsItIs() {
    let run = dedupe(NMSGFeed.dedupe())
    #expect(run.lines == [Self.standard])
    #expect(run.offered == 1 && run.isBalanced && run.items == 1 && run.end == "end")
  }

  @Test func lowersNamesWhereTheirCaseMeansNothing() {
    let mixed = MessageBuilder.name("WwW.eXample.Com")
    let run = dedupe(
      NMSGFeed.dedupe(name: mixed, type: 2, rdata: [MessageBuilder.name("NS1.Example.Net")]),
      NMSGFeed.dedupe(type: 16, rdata: [[3] + Array("AbC".utf8)], zone: MessageBuilder.name("COM")))
    #expect(
      run.lines == [
        "www.example.com NS ns1.example.net authority 2 1600000000 1600000100 5 3",
        "www.example.com TXT \"AbC\" authority 1 1600000000 1600000100 5 3",
      ])
  }

  @Test func givesEveryRecordOfASetTheCountOfTheSet() {
    let run = dedupe(NMSGFeed.dedupe(rdata: [[192, 0, 2, 1], [192, 0, 2, 2], [192, 0, 2, 1]]))
    #expect(run.lines.count == 2 && run.lines.first == Self.standard)
    #expect(run.reasons == ["repeated-in-message": 1])
    #expect(run.offered == 3 && run.isBalanced)
  }

  /// The expiration of a set carries the sightings that its insertion announced.
  @Test func doesNotCountAnInsertionTwice() {
    let pair: [[UInt8]] = [[192, 0, 2, 1], [192, 0, 2, 2]]
    let run = dedupe(
      NMSGFeed.dedupe(rdata: pair, count: 1, times: (1_600_000_000, 1_600_000_000), kind: 0),
      NMSGFeed.dedupe(rdata: pair))
    #expect(run.lines.first == Self.standard && run.lines.count == 2)
    #expect(run.reasons == ["insertion-announced": 2] && run.offered == 4 && run.isBalanced)
  }

  @Test(arguments: [UInt64(1), 4, 6])
  func countsExpirationsAndMerges(_ kind: UInt64) {
    #expect(dedupe(NMSGFeed.dedupe(kind: kind)).lines == [Self.standard])
  }

  @Test(arguments: [UInt64(3), 5])
  func takesZoneDataWithTheTimesOfTheZone(_ kind: UInt64) {
    let run = dedupe(
      NMSGFeed.dedupe(zoneTimes: (1_500_000_000, 1_500_086_400), kind: kind),
      NMSGFeed.dedupe(
        rdata: [[192, 0, 2, 2]], times: (nil, nil), zoneTimes: (1_500_000_000, 1_500_000_000)))
    #expect(
      run.lines == [
        "www.example.com A 192.0.2.1 zone 2 1500000000 1500086400 5 3",
        "www.example.com A 192.0.2.2 zone 2 1500000000 1500000000 5 3",
      ])
  }

  @Test func keepsARecordWithoutAZone() {
    let run = dedupe(NMSGFeed.dedupe(count: nil, zone: nil))
    #expect(
      run.lines == ["www.example.com A 192.0.2.1 authority ? 1600000000 1600000100 1 3"])
  }

  /// What is wrong with a message, and the reason that it gets for both of its records.
  private static let faults: [(reason: String, message: [UInt8])] = {
    let two: [[UInt8]] = [[192, 0, 2, 1], [192, 0, 2, 2]]
    let late = UInt64(FeedRun.now) + 86_401
    return [
      ("chaff", NMSGFeed.dedupe(rdata: two, kind: 2)),
      ("other-kind", NMSGFeed.dedupe(rdata: two, kind: 7)),
      ("missing-field", NMSGFeed.dedupe(name: nil, rdata: two)),
      ("missing-field", NMSGFeed.dedupe(type: nil, rdata: two)),
      ("missing-field", NMSGFeed.dedupe(rdata: two, times: (nil, 1_600_000_000))),
      ("missing-field", NMSGFeed.dedupe(rdata: two, times: (1_600_000_000, nil))),
      ("missing-field", NMSGFeed.dedupe(rdata: two, kind: 3)),
      ("bad-name", NMSGFeed.dedupe(name: [], rdata: two)),
      ("bad-name", NMSGFeed.dedupe(name: [3, 99, 111], rdata: two)),
      ("bad-name", NMSGFeed.dedupe(name: [1, 97, 0, 0], rdata: two)),
      ("bad-name", NMSGFeed.dedupe(name: [0xC0, 0], rdata: two)),
      ("bad-name", NMSGFeed.dedupe(rdata: two, zone: [64] + Array(repeating: 97, count: 64) + [0])),
      ("out-of-bailiwick", NMSGFeed.dedupe(rdata: two, zone: MessageBuilder.name("example.net"))),
      (
        "out-of-bailiwick", NMSGFeed.dedupe(rdata: two, zone: MessageBuilder.name("ww.example.com"))
      ),
      ("out-of-bailiwick", NMSGFeed.dedupe(rdata: two, zone: MessageBuilder.name("xample.com"))),
      ("class-not-in", NMSGFeed.dedupe(class: 3, rdata: two)),
      ("bad-type", NMSGFeed.dedupe(type: 65_536, rdata: two)),
      ("meta-type", NMSGFeed.dedupe(type: 41, rdata: two)),
      ("meta-type", NMSGFeed.dedupe(type: 255, rdata: two)),
      ("meta-type", NMSGFeed.dedupe(name: [0], type: 24, rdata: two, zone: nil)),
      ("bad-rdata", NMSGFeed.dedupe(rdata: [[1, 2, 3], []])),
      ("bad-rdata", NMSGFeed.dedupe(type: 2, rdata: [[1, 97, 0xC0, 12], [1, 97, 0, 0]])),
      ("bad-count", NMSGFeed.dedupe(rdata: two, count: 0)),
      ("times-reversed", NMSGFeed.dedupe(rdata: two, times: (1_600_000_001, 1_600_000_000))),
      ("time-out-of-range", NMSGFeed.dedupe(rdata: two, times: (631_151_999, 1_600_000_000))),
      ("time-out-of-range", NMSGFeed.dedupe(rdata: two, times: (1_600_000_000, late))),
      ("time-out-of-range", NMSGFeed.dedupe(rdata: two, times: (1_600_000_000, 1 << 40))),
    ]
  }()

  @Test func countsEachFaultUnderItsReason() {
    for (number, fault) in Self.faults.enumerated() {
      let run = dedupe(fault.message)
      #expect(run.reasons == [fault.reason: 2], "fault \(number)")
      #expect(run.lines.isEmpty && run.offered == 2 && run.isBalanced, "fault \(number)")
    }
    #expect(dedupe(NMSGFeed.dedupe(rdata: [])).reasons == ["missing-field": 1])
    #expect(dedupe([8]).reasons == ["bad-payload": 1])
  }

  @Test func takesTimesUpToADayAheadOfTheClock() {
    let edge = (UInt64(631_152_000), UInt64(FeedRun.now) + 86_400)
    #expect(dedupe(NMSGFeed.dedupe(times: edge)).lines.count == 1)
  }

  @Test func leavesOutWhatTheOperatorFilters() throws {
    var settings = FeedRun.settings()
    var rules = RecordFilter.Rules.none
    rules.exclude = ["example.com"]
    settings.filter = try RecordFilter(rules: rules)
    let run = NMSGFeed.run(NMSGFeed.container([NMSGFeed.dedupe()]), settings: settings)
    #expect(run.lines.isEmpty && run.reasons == ["excluded-name": 1] && run.isBalanced)
  }

  @Test func namesSensorsByTheirNumberOnlyWhenTold() {
    let stream = NMSGFeed.container([NMSGFeed.dedupe()])
    let named = NMSGFeed.run(stream, settings: FeedRun.settings(takesSensors: true))
    #expect(named.lines.first?.hasSuffix(" 18") == true, "eight digits")
    let unnamed = NMSGFeed.container(source: 0, [NMSGFeed.dedupe()])
    let run = NMSGFeed.run(unnamed, settings: FeedRun.settings(takesSensors: true))
    #expect(run.lines == [Self.standard])
  }

  @Test func countsPayloadsOfOtherTypes() {
    let run = NMSGFeed.run(
      NMSGFeed.container(type: 5, [[1], [2]]) + NMSGFeed.container(vendor: 1, type: 4, [[3]]))
    #expect(run.reasons == ["other-payload": 3] && run.offered == 3 && run.isBalanced)
  }

  // MARK: Containers

  @Test func readsCompressedContainersAndFragments() {
    let contents = NMSGFeed.contents([NMSGFeed.dedupe()])
    let packed = NMSGFeed.packed(contents)
    #expect(NMSGFeed.run(NMSGFeed.container(packed, flags: 1)).lines == [Self.standard])
    for (data, flags) in [(contents, UInt8(2)), (packed, 3)] {
      let half = data.count / 2
      let pieces = [data[..<half], data[half...]].enumerated().map { number, piece in
        Wire.number(1, 7) + Wire.number(2, UInt64(number)) + Wire.number(3, 1)
          + Wire.octets(4, Array(piece))
      }
      let run = NMSGFeed.run(pieces.flatMap { NMSGFeed.container($0, flags: flags) })
      #expect(run.lines == [Self.standard] && run.items == 2 && run.isBalanced)
      let lost = NMSGFeed.run(NMSGFeed.container(pieces[0], flags: flags))
      #expect(lost.reasons == ["missing-fragments": 1] && lost.isBalanced)
    }
  }

  @Test func refusesDataThatUnpacksToAnotherLength() {
    let contents = NMSGFeed.contents([NMSGFeed.dedupe()])
    let lengths = [0, contents.count - 1, contents.count + 1, (4 << 20) + 1, Int(UInt32.max)]
    for count in lengths {
      let data = NMSGFeed.packed(contents, announcing: count)
      let run = NMSGFeed.run(NMSGFeed.container(data, flags: 1))
      #expect(run.reasons == ["bad-compression": 1] && run.lines.isEmpty, "\(count)")
    }
    #expect(NMSGFeed.run(NMSGFeed.container([0, 0], flags: 1)).reasons == ["bad-compression": 1])
  }

  @Test func neverAsksForMoreThanTheLimit() {
    let asked = Asked()
    let decoder = NMSGDecoder(
      settings: FeedRun.settings(),
      unpack: { _, octetsMax in
        asked.append(octetsMax)
        return nil
      }, batch: RecordBatch())
    let sizes = [UInt32(1), 4 << 20, (4 << 20) + 1, .max]
    let stream = sizes.flatMap { NMSGFeed.container(Wire.big($0) + [0x78, 1], flags: 1) }
    #expect(FeedRun.run(decoder, stream).reasons == ["bad-compression": 4])
    #expect(asked.values == [1, 4 << 20])
  }

  private final class Asked: @unchecked Sendable {
    private(set) var values: [Int] = []
    func append(_ value: Int) { values.append(value) }
  }

  @Test func refusesUnknownFlagsAndDamagedContentsAndGoesOn() {
    let good = NMSGFeed.container([NMSGFeed.dedupe()])
    let run = NMSGFeed.run(
      NMSGFeed.container([], flags: 4) + NMSGFeed.container([0x0A, 9]) + good)
    #expect(run.lines == [Self.standard] && run.reasons == ["bad-payload": 2] && run.isBalanced)
  }

  @Test func saysWhereAStreamIsDamagedOrCut() {
    let good = NMSGFeed.container([NMSGFeed.dedupe()])
    let damaged = NMSGFeed.run(good + Array("NMSX".utf8))
    #expect(damaged.end.contains("badMagic") && damaged.end.contains("\(good.count)"))
    #expect(damaged.lines == [Self.standard])
    for count in 1..<good.count {
      let run = NMSGFeed.run(good + good[..<count])
      #expect(run.end == "truncated(offset: \(good.count))" && run.items == 1, "\(count)")
    }
  }

  @Test func readsTheSameThroughAnyWindowAndFromAnyItem() {
    let stream = (0..<5).flatMap { number in
      NMSGFeed.container([NMSGFeed.dedupe(rdata: [[192, 0, 2, number]]), [8]])
    }
    let whole = NMSGFeed.run(stream)
    #expect(whole.lines.count == 5 && whole.offered == 10)
    for piece in 1...stream.count { #expect(NMSGFeed.run(stream, piece: piece) == whole) }
    for first in 0...6 {
      let rest = NMSGFeed.run(stream, settings: FeedRun.settings(firstItem: UInt64(first)))
      #expect(rest.lines == Array(whole.lines.dropFirst(first)), "from \(first)")
      #expect(rest.offered == UInt64(2 * max(0, 5 - first)) && rest.isBalanced)
    }
  }

  @Test(arguments: UInt64(1)...8)
  func keepsItsAccountWhateverTheOctets(seed: UInt64) {
    var generator = SystemlessGenerator(seed: seed)
    let good =
      NMSGFeed.container([NMSGFeed.dedupe(), NMSGFeed.dedupe(type: 6)])
      + NMSGFeed.container(NMSGFeed.packed(NMSGFeed.contents([NMSGFeed.dedupe()])), flags: 1)
      + NMSGFeed.container(
        vendor: 1, type: 9, [NMSGFeed.queryResponse(packets: NMSGFeed.packets([1, 2, 3]))])
    var stored = 0
    for round in 0..<400 {
      var stream = good
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let at = Int.random(in: 0..<stream.count, using: &generator)
        stream[at] = UInt8.random(in: 0...255, using: &generator)
      }
      let run = NMSGFeed.run(stream)
      #expect(run.isBalanced && run.end != "stuck", "seed \(seed) round \(round)")
      #expect(NMSGFeed.run(stream, piece: 7) == run, "seed \(seed) round \(round)")
      stored += run.lines.count
    }
    #expect(stored > 0)
  }
}

/// Random numbers that depend on a seed only.
struct SystemlessGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
