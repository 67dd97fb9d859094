import Testing
import TidemarkCompression

@Suite struct UnpackerTests {
  private static let sample = Array(
    (0..<20_000).map {
      "\($0 &* 2_654_435_761 % 99_991) host\($0).example.com 192.0.2.\($0 % 256)\n"
    }
    .joined().utf8)

  /// Feeds a stream in pieces and returns what came out.
  private func unpack(
    _ packed: [UInt8], as compression: Compression = .zstd, inputOctets: Int = .max,
    octetsMax: Int = 1 << 30, pieceOctets: Int = 4_096
  ) throws -> [UInt8] {
    guard
      var unpacker = Unpacker(compression, octetsMax: octetsMax, pieceOctets: pieceOctets)
    else { return packed }
    var all: [UInt8] = []
    var piece: [UInt8] = []
    var start = 0
    while start < packed.count {
      let end = min(packed.count, start + min(inputOctets, packed.count))
      let part = Array(packed[start..<end])
      var at = 0
      while try unpacker.next(part.span, at: &at, isLast: false, into: &piece) {
        #expect(piece.count <= pieceOctets)
        all += piece
      }
      #expect(at == part.count)
      start = end
    }
    var at = 0
    while try unpacker.next([UInt8]().span, at: &at, isLast: true, into: &piece) { all += piece }
    #expect(unpacker.produced == all.count)
    return all
  }

  private func packed(_ octets: [UInt8]) throws -> [UInt8] {
    var out: [UInt8] = [7, 7]
    try ZstdCompressor().append(octets.span, to: &out)
    #expect(out.prefix(2) == [7, 7])
    return Array(out.dropFirst(2))
  }

  @Test(arguments: [1, 2, 17, 1_000, Int.max])
  func givesBackWhatWasPackedHoweverItIsCut(_ inputOctets: Int) throws {
    let packed = try packed(UnpackerTests.sample)
    #expect(packed.count < UnpackerTests.sample.count / 3)
    #expect(try unpack(packed, inputOctets: inputOctets) == UnpackerTests.sample)
  }

  @Test func framesBehindOneAnotherAreOneStream() throws {
    let packed = try packed(UnpackerTests.sample) + packed([]) + packed([1, 2, 3])
    #expect(try unpack(packed, inputOctets: 777) == UnpackerTests.sample + [1, 2, 3])
  }

  @Test func oneCompressorPacksManyFrames() throws {
    let compressor = try ZstdCompressor()
    for size in [0, 1, 5_000] {
      let octets = Array(UnpackerTests.sample.prefix(size))
      var out: [UInt8] = []
      try compressor.append(octets.span, to: &out)
      #expect(try unpack(out) == octets)
    }
  }

  @Test func readsGzip() throws {
    // printf 'www.example.com\n' | gzip -n
    let packed: [UInt8] = [
      0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 0x03, 0x2B, 0x2F, 0x2F, 0xD7, 0x4B, 0xAD, 0x48, 0xCC,
      0x2D, 0xC8, 0x49, 0xD5, 0x4B, 0xCE, 0xCF, 0xE5, 0x02, 0x00, 0xD5, 0xBA, 0x4A, 0x6E, 0x10, 0,
      0, 0,
    ]
    for size in [1, 5, Int.max] {
      let octets = try unpack(packed, as: .gzip, inputOctets: size)
      #expect(String(decoding: octets, as: UTF8.self) == "www.example.com\n")
    }
  }

  @Test func aBombIsStoppedAtTheBound() throws {
    let packed = try packed([UInt8](repeating: 0, count: 8 << 20))
    #expect(packed.count < 4_096)
    #expect(throws: Unpacker.Fault.tooLong) { try unpack(packed, octetsMax: 1 << 20) }
    #expect(try unpack(packed, octetsMax: 8 << 20).count == 8 << 20)
  }

  @Test func aStreamThatEndsEarlyIsDamaged() throws {
    let packed = try packed(UnpackerTests.sample)
    for cut in [0, 1, 4, packed.count / 2, packed.count - 1] {
      #expect(throws: Unpacker.Fault.damaged(.truncated)) {
        try unpack(Array(packed.prefix(cut)))
      }
    }
    #expect(throws: Unpacker.Fault.damaged(.truncated)) { try unpack([], as: .gzip) }
  }

  @Test func aChangedOctetIsNoticed() throws {
    var packed = try packed(UnpackerTests.sample)
    packed[packed.count / 2] ^= 0x10
    #expect(throws: Unpacker.Fault.self) { try unpack(packed) }
  }

  @Test func textIsNotCompressedData() {
    #expect(throws: Unpacker.Fault.damaged(.damaged)) {
      try unpack(Array("{\"rrname\":".utf8), as: .gzip)
    }
    #expect(throws: Unpacker.Fault.self) { try unpack(Array("{\"rrname\":".utf8), as: .zstd) }
  }
}
