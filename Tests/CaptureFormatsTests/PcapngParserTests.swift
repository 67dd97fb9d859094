import CaptureFormats
import Testing

struct PcapngParserTests {
  private static let frame: [UInt8] = [1, 2, 3, 4, 5]

  @Test(arguments: [false, true])
  func readsBothByteOrders(isBig: Bool) throws {
    let file =
      Capture.section(isBig: isBig) + Capture.interface(link: 1, isBig: isBig)
      + Capture.enhanced(Self.frame, ticks: 1_700_000_000_000_001, isBig: isBig)
    let first = try #require(CaptureReading(whole: file).records.first)
    #expect(first.octets == Self.frame)
    #expect(first.packet.linkType == .ethernet)
    #expect(first.packet.time == 1_700_000_000_000_001_000)
  }

  @Test func forgetsInterfacesAndByteOrderAtANewSection() {
    let file =
      Capture.section() + Capture.interface(link: 1) + Capture.enhanced([1], ticks: 1)
      + Capture.section(isBig: true) + Capture.enhanced([2], ticks: 2, isBig: true)
      + Capture.interface(link: 228, isBig: true)
      + Capture.enhanced([3], ticks: 3, isBig: true)
    let packets = CaptureReading(whole: file).records.map(\.packet)
    #expect(packets.map(\.linkType) == [.ethernet, .undeclared, .ipv4])
    #expect(packets.map(\.time) == [1000, nil, 3000])
  }

  /// Resolution octet, offset in seconds, ticks, expected nanoseconds.
  static let times: [(UInt8, Int64, UInt64, Int64?)] = [
    (6, 0, 5, 5000), (9, 0, 5, 5), (0, 0, 5, 5_000_000_000), (3, 1, 2, 1_002_000_000),
    (12, 0, 5_999, 5), (28, 0, .max, 1), (29, 0, .max, 0), (127, 0, .max, 0),
    (0, 0, .max, nil), (9, 0, .max, nil), (9, 0, UInt64(Int64.max), .max),
    (9, 1, UInt64(Int64.max), nil), (9, -1, 1_000_000_001, 1), (9, -2, 1_000_000_001, nil),
    (9, .max, 0, nil), (9, .min, 0, nil),
    (0x80, 0, 3, 3_000_000_000), (0x81, 0, 3, 1_500_000_000), (0x8A, 0, 1025, 1_000_976_562),
    (0x80 | 63, 0, 1 << 63, 1_000_000_000), (0x80 | 64, 0, 1 << 63, 500_000_000),
    (0x80 | 65, 0, 1 << 63, 250_000_000), (0x80 | 127, 0, .max, 0), (0x80, 0, .max, nil),
  ]

  @Test(arguments: times)
  func scalesTimes(_ resolution: UInt8, _ offset: Int64, _ ticks: UInt64, _ expected: Int64?) {
    let bits = UInt64(bitPattern: offset)
    let low = UInt32(truncatingIfNeeded: bits)
    let options =
      Capture.option(9, [resolution])
      + Capture.option(14, little(low) + little(UInt32(bits >> 32)))
      + Capture.option(2, Array("eth0".utf8)) + Capture.option(0, [])
    let file =
      Capture.section() + Capture.interface(options: options)
      + Capture.enhanced(Self.frame, ticks: ticks)
    let reading = CaptureReading(whole: file)
    #expect(reading.records.count == 1)
    #expect(reading.records.first?.packet.time == expected)
  }

  @Test func stopsReadingOptionsAtTheirEndAndBeyondTheBlock() {
    let behindEnd = Capture.option(0, []) + Capture.option(9, [0])
    let lying = Capture.option(2, [1]) + little(UInt16(9)) + little(UInt16(500))
    for options in [behindEnd, lying] {
      let file =
        Capture.section() + Capture.interface(options: options)
        + Capture.enhanced([], ticks: 1)
      #expect(CaptureReading(whole: file).records.first?.packet.time == 1000)
    }
  }

  @Test func readsCheckSequenceBitsOfAnInterface() {
    let file =
      Capture.section() + Capture.interface(options: Capture.option(13, [32]))
      + Capture.enhanced(Self.frame, ticks: 1)
    #expect(CaptureReading(whole: file).records.first?.packet.checkSequenceOctets == 4)
  }

  @Test func givesSimplePacketsNoTime() throws {
    var interface = Capture.interface()
    interface[12] = 4  // snap length
    let file =
      Capture.section() + interface
      + Capture.block(3, little(UInt32(5)) + Self.frame)
    let first = try #require(CaptureReading(whole: file).records.first)
    #expect(first.octets == [1, 2, 3, 4])
    #expect(first.packet.time == nil)
    #expect(first.packet.originalLength == 5)
    var bench = DissectorBench()
    bench.feed(CaptureReading(whole: file))
    #expect(bench.counters[.noTime] == 1)
  }

  @Test func readsObsoletePacketBlocks() {
    let head = little(UInt16(0)) + little(UInt16(3)) + little(UInt32(0)) + little(UInt32(7))
    let body = head + little(UInt32(5)) + little(UInt32(5)) + Self.frame
    let file = Capture.section() + Capture.interface() + Capture.block(2, body)
    let reading = CaptureReading(whole: file)
    #expect(reading.records.map(\.octets) == [Self.frame])
    #expect(reading.records.first?.packet.time == 7000)
  }

  @Test func skipsLongBlocksWithSmallWindows() {
    let long = Array(repeating: UInt8(7), count: 3 << 20)
    let file =
      Capture.section() + Capture.interface() + Capture.block(0xBAD, long)
      + Capture.enhanced(Self.frame, ticks: 1) + Capture.block(10, [])
    let reading = CaptureReading(file) { 4096 }
    #expect(reading.records.count == 1)
    #expect(reading.error == nil)
    #expect(reading.largestNeed < 100)
  }

  @Test func refusesLyingLengths() {
    let start = Capture.section() + Capture.interface()
    let at = UInt64(start.count)
    var block = Capture.enhanced(Self.frame, ticks: 1)
    let total = UInt32(block.count)
    func reading(_ offset: Int, _ value: UInt32) -> CaptureFileError? {
      var damaged = block
      damaged.replaceSubrange(offset..<offset + 4, with: little(value))
      return CaptureReading(whole: start + damaged + block).error
    }
    for length: UInt32 in [0, 4, 11, 28, total + 1, total + 2] {
      #expect(reading(4, length) == CaptureFileError(.badBlockLength(octets: length), offset: at))
    }
    for captured: UInt32 in [9, 1000, .max] {
      #expect(
        reading(20, captured)
          == CaptureFileError(.packetLongerThanBlock(octets: captured), offset: at))
    }
    #expect(
      reading(block.count - 4, total + 4)
        == CaptureFileError(.blockLengthsDiffer(octets: total + 4), offset: at))
    block = Capture.interface()
    #expect(reading(4, 1 << 20)?.reason == .interfaceBlockTooLong(octets: 1 << 20))
    #expect(reading(4, 16)?.reason == .badBlockLength(octets: 16))
    block = Capture.section()
    #expect(reading(8, 0x1A2B_3C4E)?.reason == .badByteOrderMagic)
    #expect(reading(12, 2)?.reason == .unsupportedVersion(major: 2))
    #expect(reading(4, 24)?.reason == .badBlockLength(octets: 24))
    let frame = Array(repeating: UInt8(0), count: CaptureLimits.frameOctetsMax + 1)
    let error = CaptureReading(whole: start + Capture.enhanced(frame, ticks: 1)).error
    #expect(error?.reason == .packetTooLong(octets: UInt32(frame.count)))
  }

  @Test func limitsTheNumberOfInterfaces() {
    let one = Capture.interface()
    var file = Capture.section()
    for _ in 0...CaptureLimits.interfacesMax { file += one }
    #expect(CaptureReading(whole: file).error?.reason == .tooManyInterfaces)
  }

  @Test func reportsATruncatedFileWithTheStartOfItsBlock() {
    let first = Capture.section() + Capture.interface() + Capture.enhanced([1], ticks: 1)
    let file = first + Capture.enhanced(Self.frame, ticks: 2)
    for length in first.count...file.count {
      let reading = CaptureReading(whole: Array(file[..<length]))
      let isWhole = length == first.count || length == file.count
      #expect(reading.truncatedAt == (isWhole ? nil : UInt64(first.count)))
      #expect(reading.records.count == (length - first.count < 28 + 5 ? 1 : 2))
      #expect(reading == CaptureReading(Array(file[..<length])) { 1 })
    }
  }
}
