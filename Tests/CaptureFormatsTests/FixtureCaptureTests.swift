import CaptureFormats
import Foundation
import Testing
import TidemarkTesting

/// The small captures that show one rule each.
@Suite(.enabled(if: !SharedData.fixtures.isEmpty))
struct FixtureCaptureTests {
  /// Responses over UDP and TCP, for those with other numbers than one over UDP. Matching queries
  /// to responses comes later, so forged responses count here.
  static let responses: [String: (udp: Int, tcp: Int)] = [
    "dup_response.pcap": (2, 0), "two_if.pcapng": (2, 0),
    "mdns.pcap": (0, 0), "llmnr.pcap": (0, 0), "snap_cut.pcap": (0, 0),
    "tcp_one.pcap": (0, 1), "tcp_split_body.pcap": (0, 1), "tcp_split_len.pcap": (0, 1),
    "tcp_len_then_body.pcap": (0, 1), "tcp_reordered.pcap": (0, 1),
    "tcp_retransmit.pcap": (0, 1), "tcp_seq_wrap.pcap": (0, 1),
    "tcp_two_in_one_segment.pcap": (0, 2),
  ]

  @Test(arguments: SharedData.fixtures)
  func findsEveryResponse(file: URL) throws {
    var bench = DissectorBench()
    bench.feed(CaptureReading(whole: try file.octets()))
    let expected = Self.responses[file.lastPathComponent] ?? (1, 0)
    #expect(bench.collector.responses(.udp) == expected.udp)
    #expect(bench.collector.responses(.tcp) == expected.tcp)
    #expect(bench.counters.frames(.malformed) == 0)
    #expect(bench.counters[.checksumsExcused] == 0)
  }

  @Test(arguments: SharedData.fixtures)
  func givesTheTimesOfTheList(file: URL) throws {
    let list = SharedData.url("fixtures/pcap/expected.ndjson")
    let lines = try String(contentsOf: list, encoding: .utf8).split(separator: "\n")
    var bench = DissectorBench()
    bench.feed(CaptureReading(whole: try file.octets()))
    for line in lines {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      let row = try #require(object as? [String: Any])
      guard row["file"] as? String == file.lastPathComponent else { continue }
      let first = try #require(row["time_first"] as? Int)
      let times = bench.collector.payloads.filter { $0.isResponse == true }.map(\.time)
      #expect(times.contains { Int($0 / 1_000_000_000) == first })
    }
  }

  @Test(arguments: SharedData.fixtures)
  func readsTheSameThroughAnyWindow(file: URL) throws {
    let octets = try file.octets()
    let whole = CaptureReading(whole: octets)
    #expect(!whole.records.isEmpty)
    var grown = 0
    let growing = CaptureReading(octets) {
      grown += 1
      return grown
    }
    #expect(growing == whole)
    for size in [1, 7, 4096] { #expect(CaptureReading(octets) { size } == whole) }
  }
}
