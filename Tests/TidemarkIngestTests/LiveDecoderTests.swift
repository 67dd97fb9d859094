import CaptureFormats
import Testing
import TidemarkIngest
import TidemarkModel

/// Packets of a running capture.
@Suite struct LiveDecoderTests {
  private static let time: Int64 = 1_700_000_000 * 1_000_000_000
  private static let client: [UInt8] = [192, 0, 2, 5]
  private static let server: [UInt8] = [192, 0, 2, 53]

  /// A DNS message in UDP, IPv4 and Ethernet, without checksums.
  private func frame(_ message: [UInt8], isResponse: Bool) -> [UInt8] {
    func big(_ value: Int) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }
    let (from, to) = (LiveDecoderTests.client, LiveDecoderTests.server)
    let ports = isResponse ? big(53) + big(40_000) : big(40_000) + big(53)
    var frame = [UInt8](repeating: 2, count: 12) + [0x08, 0x00]
    frame += [0x45, 0] + big(28 + message.count) + [0, 0, 0, 0, 64, 17, 0, 0]
    frame += isResponse ? to + from : from + to
    return frame + ports + big(8 + message.count) + [0, 0] + message
  }

  private func talk(_ id: UInt16) -> [[UInt8]] {
    var query = MessageBuilder(id: id, flags: 0x0100)
    query.question("www.example.com", type: 1)
    var response = MessageBuilder(id: id, flags: 0x8180)
    response.question("www.example.com", type: 1)
    response.record("www.example.com", a: [192, 0, 2, 1])
    return [
      frame(query.octets, isResponse: false), frame(response.octets, isResponse: true),
    ]
  }

  private func decode(
    _ frames: [[UInt8]], kernelDrops: UInt64 = 0
  ) -> (observations: UInt64, accounting: Accounting) {
    let batch = RecordBatch()
    let origin = ObservationOrigin(dataset: .main, sensor: 0, vantage: .client)
    var decoder = LiveDecoder(
      settings: SourceSettings(origin: origin, now: 1_700_100_000), batch: batch)
    for frame in frames {
      decoder.packet(
        unsafe frame.span.bytes, linkType: .ethernet, time: LiveDecoderTests.time,
        originalLength: frame.count)
    }
    decoder.finish()
    decoder.kernelDrops = kernelDrops
    var accounting = Accounting()
    decoder.account(into: &accounting)
    return (batch.observations, accounting)
  }

  @Test func countsPacketsThatAMirrorPortSendsTwiceOnce() {
    let once = (1...50).flatMap { talk($0) }
    let twice = once.flatMap { [$0, $0] }
    #expect(decode(once).observations == 50)
    let result = decode(twice)
    #expect(result.observations == 50)
    #expect(result.accounting.read == 200)
    #expect(result.accounting.dropped == [Accounting.Reason(name: "unmatched", count: 50)])
  }

  @Test func accountsForWhatTheKernelDropped() {
    var result = decode(talk(1) + [[1, 2, 3]], kernelDrops: 7)
    #expect(result.accounting.offered == 1 + 1 + 7)
    #expect(result.accounting.dropped == [Accounting.Reason(name: "kernel", count: 7)])
    #expect(result.accounting.malformed.map(\.count) == [1])
    result.accounting.stored = result.observations
    #expect(result.accounting.isBalanced)
  }
}
