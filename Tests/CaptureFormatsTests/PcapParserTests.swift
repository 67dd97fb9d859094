import CaptureFormats
import Testing

struct PcapParserTests {
  private static let frame: [UInt8] = [1, 2, 3, 4, 5]

  @Test(arguments: [false, true])
  func readsBothByteOrders(isBig: Bool) throws {
    let record = Capture.record(
      Self.frame, seconds: 1_700_000_000, fraction: 999_999, original: 9, isBig: isBig)
    let reading = CaptureReading(whole: Capture.pcapHeader(isBig: isBig) + record)
    let first = try #require(reading.records.first)
    #expect(first.octets == Self.frame)
    #expect(first.packet.time == 1_700_000_000_999_999_000)
    #expect(first.packet.originalLength == 9)
    #expect(first.packet.linkType == .raw)
    #expect(first.packet.fileOffset == 24)
    #expect(reading.error == nil)
  }

  @Test func readsNanoseconds() {
    let file =
      Capture.pcapHeader(magic: 0xA1B2_3C4D) + Capture.record(Self.frame, fraction: 123_456_789)
    #expect(CaptureReading(whole: file).records.first?.packet.time == 1_123_456_789)
  }

  @Test func readsModifiedRecordsWithEightMoreOctets() {
    let file =
      Capture.pcapHeader(magic: 0xA1B2_CD34) + Capture.record(Self.frame, extra: 8)
      + Capture.record([9], extra: 8)
    #expect(CaptureReading(whole: file).records.map(\.octets) == [Self.frame, [9]])
  }

  @Test func readsFrameCheckSequenceLengthFromTheLinkTypeWord() throws {
    let file = Capture.pcapHeader(link: 0x2400_0001) + Capture.record(Self.frame)
    let packet = try #require(CaptureReading(whole: file).records.first?.packet)
    #expect(packet.linkType == .ethernet)
    #expect(packet.checkSequenceOctets == 4)
  }

  @Test func ignoresCheckSequenceBitsWithoutTheirFlag() throws {
    let file = Capture.pcapHeader(link: 0x2000_0001) + Capture.record(Self.frame)
    let packet = try #require(CaptureReading(whole: file).records.first?.packet)
    #expect(packet.checkSequenceOctets == 0)
  }

  @Test func swapsTheLengthsOfOldVersions() {
    var record = Capture.record(Self.frame, original: 5)
    record.replaceSubrange(8..<16, with: little(UInt32(77)) + little(UInt32(5)))
    let file = Capture.pcapHeader(minor: 2) + record
    #expect(CaptureReading(whole: file).records.first?.packet.originalLength == 77)
  }

  @Test func survivesTheLargestTime() {
    let record = Capture.record([], seconds: .max, fraction: .max)
    let reading = CaptureReading(whole: Capture.pcapHeader() + record)
    let expected: Int64 = 4_294_967_295 * 1_000_001_000
    #expect(reading.records.first?.packet.time == expected)
  }

  @Test func refusesPacketsBeyondTheLimits() {
    let tooLong = Array(repeating: UInt8(0), count: 262_145)
    let good = Capture.record(Self.frame)
    let beyondLimit = CaptureReading(
      whole: Capture.pcapHeader(snap: 0) + good + Capture.record(tooLong))
    #expect(beyondLimit.records.count == 1)
    #expect(
      beyondLimit.error == CaptureFileError(.packetTooLong(octets: 262_145), offset: 45))
    let beyondSnap = CaptureReading(
      whole: Capture.pcapHeader(snap: 100) + Capture.record(Array(tooLong[..<201])))
    #expect(beyondSnap.error?.reason == .packetTooLong(octets: 201))
    let atLimit = CaptureReading(
      whole: Capture.pcapHeader(snap: 100) + Capture.record(Array(tooLong[..<200])))
    #expect(atLimit.error == nil)
    let largest = CaptureReading(Capture.pcapHeader() + Capture.record(tooLong.dropLast())) { 99 }
    #expect(largest.error?.reason == .packetTooLong(octets: 262_144))  // over twice the snap length
  }

  @Test func needsNoWindowBeyondItsLimit() {
    let frame = Array(repeating: UInt8(1), count: CaptureLimits.frameOctetsMax)
    let reading = CaptureReading(
      Capture.pcapHeader(snap: 0) + Capture.record(frame)
    ) { 5000 }
    #expect(reading.records.count == 1)
    #expect(reading.largestNeed <= CaptureLimits.windowOctetsMax)
  }

  @Test func reportsATruncatedFileOnceAtEveryCut() {
    let file =
      Capture.pcapHeader() + Capture.record(Self.frame) + Capture.record([7, 8], seconds: 2)
    for length in 24...file.count {
      let reading = CaptureReading(whole: Array(file[..<length]))
      #expect(reading.error == nil)
      #expect(reading.records.count == (length == file.count ? 2 : length >= 45 ? 1 : 0))
      let expected: UInt64? =
        length == 24 || length == 45 || length == file.count ? nil : length < 45 ? 24 : 45
      #expect(reading.truncatedAt == expected, "cut at \(length)")
    }
    for length in 4..<24 {
      #expect(CaptureReading(whole: Array(file[..<length])).truncatedAt == 0)
    }
  }

  @Test func refusesOtherFiles() {
    let files: [[UInt8]] = [[], [1], [0xD4, 0xC3, 0xB2], Array("GIF89a and more".utf8)]
    for file in files {
      let reading = CaptureReading(whole: file)
      #expect(reading.error == CaptureFileError(.notACapture, offset: 0))
    }
    var old = Capture.pcapHeader()
    old[4] = 1
    #expect(CaptureReading(whole: old).error?.reason == .unsupportedVersion(major: 1))
  }

  @Test func endsAfterAnError() throws {
    var parser = CaptureFileParser()
    var at = 0
    let junk = Array("junk".utf8)
    let bytes = unsafe junk.span.bytes
    #expect(throws: CaptureFileError.self) {
      _ = try parser.next(bytes, at: &at, isFinal: true)
    }
    #expect(try parser.next(bytes, at: &at, isFinal: true) == .end)
  }

  @Test func recognisesItsMagicNumbersOnly() {
    let magics: [UInt32] = [0xA1B2_C3D4, 0xA1B2_3C4D, 0xA1B2_CD34]
    for magic in magics + magics.map(\.byteSwapped) + [0x0A0D_0D0A] {
      let octets = big(magic)
      #expect(CaptureFileParser.recognises(unsafe octets.span.bytes))
      #expect(!CaptureFileParser.recognises(unsafe octets.span.bytes.extracting(0..<3)))
    }
    let other = big(UInt32(0xA1B2_C3D5))
    #expect(!CaptureFileParser.recognises(unsafe other.span.bytes))
  }
}
