import CaptureFormats
import Foundation
import Testing
import TidemarkTesting

/// Public captures, compared with what an independent reader finds in them.
@Suite(.enabled(if: !SharedData.openCaptures.isEmpty))
struct OpenCaptureTests {
  /// Where we deliver other numbers of responses than the reader, and why.
  static let differences: [String: String] = [
    "arkime__gtp-iphone.pcap": "GTP-U tunnels are not followed",
    "ndpi__fuzz-2006-06-26-2594.pcap": "IP lengths beyond the frame are refused",
    "tcpdump__dns_udp_2.pcap": "the response was cut by the capture",
    "tcpdump__nflog.pcap": "the reader does not know this link type",
    "zeek__dns-edns-ecs-bad.pcap": "one IP length beyond the frame is refused",
  ]

  /// Responses that checksums additionally cost: messages or addresses edited after the capture.
  static let badChecksums: [String: UInt64] = [
    "arkime__dns-error.pcap": 1, "arkime__dns-flags0000.pcap": 1,
    "arkime__dns-flags0110.pcap": 1, "ndpi__fuzz-2006-06-26-2594.pcap": 36,
    "pyshark__capture_test.pcapng": 1, "suricata__dns-response-2x.pcap": 1,
    "suricata__dns-sshfp.pcap": 1, "tcpdump__dns-badlabel.pcap": 1, "zeek__dns-corrupt.pcap": 1,
    "zeek__dns-edns-ecs-bad.pcap": 3, "zeek__ipv6-hbh-routing0.pcap": 1,
  ]

  private struct Expected {
    var frames = 0
    var udp = 0
    var tcp = 0
    var isTruncated = false

    init(for capture: URL) throws {
      let name = "open/oracle/pcap/\(capture.lastPathComponent).json"
      let data = try Data(contentsOf: SharedData.url(name))
      let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
      let stats = try #require(object?["stats"] as? [String: Int])
      frames = stats["frames"] ?? 0
      udp = stats["responses_udp"] ?? 0
      tcp = stats["responses_tcp"] ?? 0
      isTruncated = stats["capture_truncated"] != nil
    }
  }

  @Test(arguments: SharedData.openCaptures)
  func findsTheResponsesOfTheReader(file: URL) throws {
    let expected = try Expected(for: file)
    let reading = CaptureReading(whole: try file.octets())
    #expect(reading.error == nil)
    #expect((reading.truncatedAt != nil) == expected.isTruncated)
    #expect(reading.records.count == expected.frames)
    var bench = DissectorBench(
      FrameDissector(tunnels: [.ip, .mirrors], verifiesChecksums: false))
    bench.feed(reading)
    let isEqual =
      bench.collector.responses(.udp) == expected.udp
      && bench.collector.responses(.tcp) == expected.tcp
    #expect(isEqual == (Self.differences[file.lastPathComponent] == nil))
    #expect(Int(bench.counters.frames) == expected.frames)
  }

  @Test(arguments: SharedData.openCaptures)
  func dropsOnlyKnownResponsesForTheirChecksums(file: URL) throws {
    var bench = DissectorBench()
    bench.feed(CaptureReading(whole: try file.octets()))
    #expect(bench.counters[.badChecksum] == Self.badChecksums[file.lastPathComponent] ?? 0)
  }

  @Test(arguments: SharedData.openCaptures)
  func readsTheSameThroughAnyWindow(file: URL) throws {
    let octets = try file.octets()
    let whole = CaptureReading(whole: octets)
    for size in [7, 4096] where octets.count < 200_000 * size / 7 {
      #expect(CaptureReading(octets) { size } == whole)
    }
  }
}
