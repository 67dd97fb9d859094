import D4Wire
import Testing
import TidemarkTesting

/// Packets as the reference clients make them.
struct GoldenTests {
  /// Version, type, UUID, time, code and size; the payload is ``Sample/line``.
  private static let header: [UInt8] = [
    0x01, 0x08, 0x3f, 0x0c, 0x2f, 0x9e, 0x5a, 0x1b, 0x4c, 0x7d, 0x9e, 0x21, 0x7b, 0x8a, 0x6d, 0x5c,
    0x4e, 0x3f, 0x00, 0xf1, 0x53, 0x65, 0x00, 0x00, 0x00, 0x00, 0x5e, 0x5a, 0x4f, 0xba, 0x49, 0x73,
    0x1f, 0xeb, 0xb2, 0xdf, 0x8a, 0xfc, 0xdb, 0xc5, 0x15, 0x52, 0xf1, 0x06, 0xe6, 0xfa, 0xfe, 0x09,
    0x52, 0xfb, 0x11, 0x58, 0x74, 0x8e, 0x90, 0x40, 0x87, 0x1d, 0x5a, 0x00, 0x00, 0x00,
  ]

  @Test func writesWhatTheReferenceClientsWrite() {
    #expect(Sample.packet() == GoldenTests.header + Array(Sample.line.utf8))
  }

  @Test func readsEveryFieldAndWritesItAgain() {
    let header = Sample.header(of: GoldenTests.header)
    #expect(header.version == 1 && header.type == .passivedns && header.uuid == Sample.uuid)
    #expect(header.timestamp == 1_700_000_000 && header.size == 90)
    #expect(header.hmac == Array(GoldenTests.header[26..<58]))
    var octets: [UInt8] = []
    header.encode(into: &octets)
    #expect(octets == GoldenTests.header)
    let isAuthentic = Sample.key.authenticates(header, payload: Array(Sample.line.utf8).span)
    #expect(isAuthentic)
  }

  @Test func everyOctetOfAPacketIsUnderItsCode() {
    let packet = Sample.packet()
    for index in packet.indices {
      var damaged = packet
      damaged[index] ^= 1
      let header = Sample.header(of: damaged)
      let payload = Array(damaged[D4Header.octetCount...])
      let isAuthentic = Sample.key.authenticates(header, payload: payload.span)
      #expect(!isAuthentic, "octet \(index) is free")
    }
  }

  @Test(
    .enabled(if: SharedData.has("fixtures/d4/type8_one.bin")),
    arguments: [
      ("type8_one.bin", [SessionRun.Found.payload(.passivedns, Array(Sample.line.utf8))]),
      (
        "type8_then_empty.bin",
        [
          .payload(.passivedns, Array(Sample.line.utf8)),
          .payload(.passivedns, []),
        ]
      ),
      ("type2_then_254.bin", [.meta("ja3-jl"), .payload(.extended, Array("hello\n".utf8))]),
      ("bad_hmac.bin", [.refused(.hmac)]),
      ("uuid_not_v4.bin", [.refused(.uuid)]),
      ("size_1000001_header_only.bin", [.refused(.size)]),
    ])
  func readsTheFixtures(_ name: String, _ expected: [SessionRun.Found]) throws {
    let packet = try SharedData.octets("fixtures/d4/\(name)")
    #expect(SessionRun.read(packet) == expected)
    var run = SessionRun()
    run.feed(packet, cut: [1])
    // A connection is closed at the first fault; this one goes on, and the fault stays.
    if case .refused(let fault) = expected.last {
      #expect(run.found.allSatisfy { $0 == .refused(fault) } && !run.found.isEmpty)
    } else {
      #expect(run.found == expected, "octet by octet")
    }
  }

  @Test(.enabled(if: SharedData.has("fixtures/d4/type8_one.bin")))
  func putsLinesTogetherAcrossPackets() throws {
    let found = SessionRun.read(
      try SharedData.octets("fixtures/d4/type8_line_split_over_packets.bin"))
    var payloads: [UInt8] = []
    for case .payload(.passivedns, let payload) in found { payloads += payload }
    let lines = String(decoding: payloads, as: UTF8.self).split(separator: "\n")
    #expect(found.count == 3 && lines.count == 2)
    #expect(lines.first.map { $0 + "\n" } == Sample.line)
  }
}
