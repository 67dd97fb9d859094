import Testing
import TidemarkModel
import TidemarkTesting

/// Real logs of the shared data folder. Tests/Interop/oracle_logs.py compares every record of them
/// with an independent reading; here are sums, and that cuts make no difference.
@Suite(.enabled(if: SharedData.has("open/logs"))) struct LogSampleTests {
  private struct Sums: Equatable {
    var items = 0
    var steps = 0
    var records = 0
    var rejected = 0
  }

  private func sums<Reader: ObservationReader>(
    _ reader: Reader, _ octets: [UInt8], chunkOctets: Int
  ) -> Sums {
    var reader = reader
    var observation = TextObservation()
    var sums = Sums()
    func add(_ step: ReadStep) -> Bool {
      switch step {
      case .observation(let endsItem):
        sums.records += observation.items.count
        sums.items += endsItem ? 1 : 0
      case .rejected(_, let endsItem):
        sums.rejected += 1
        sums.items += endsItem ? 1 : 0
      case .itemEnd: sums.items += 1
      case .needsInput: return false
      }
      sums.steps += 1
      return true
    }
    var start = 0
    while start < octets.count {
      let end = min(start + chunkOctets, octets.count)
      let chunk = Array(octets[start..<end])
      var at = 0
      while add(reader.next(chunk.span, at: &at, into: &observation)) {}
      start = end
    }
    while add(reader.finish(into: &observation)) {}
    return sums
  }

  @Test(arguments: [1, 61, 4_096, 1 << 20]) func readsSuricata(_ chunkOctets: Int) throws {
    let octets = try SharedData.octets("open/logs/suricata/alaajili__eve-dns-a.ndjson")
    let sums = sums(EVEReader(now: COFTranscript.now), octets, chunkOctets: chunkOctets)
    #expect(sums.items == 283)
    #expect(sums.records == 288)
    #expect(sums.rejected == 1)
  }

  @Test(arguments: [1, 61, 4_096, 1 << 20]) func readsZeek(_ chunkOctets: Int) throws {
    let octets = try SharedData.octets("open/logs/zeek/bro-pdns__reddit_dns_2016-04-01.log")
    let sums = sums(ZeekReader(now: COFTranscript.now), octets, chunkOctets: chunkOctets)
    #expect(sums.items == 214)
    #expect(sums.records == 3_120)
    #expect(sums.rejected == 0)
  }
}
