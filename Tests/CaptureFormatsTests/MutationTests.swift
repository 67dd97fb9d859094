import CaptureFormats
import Foundation
import Testing
import TidemarkTesting

/// Damaged input is counted, never fatal: reaching the end of these tests is most of their point.
struct MutationTests {
  /// Few values, so that random headers fit together more often.
  private static let usual: [UInt8] = [0, 1, 4, 6, 8, 17, 44, 53, 0x45, 0x60, 0x81, 0xFF]

  private func mutate(_ octets: inout [UInt8], using generator: inout SeededGenerator) {
    let edits = Int.random(in: 1...8, using: &generator)
    for _ in 0..<edits where !octets.isEmpty {
      let at = Int.random(in: 0..<octets.count, using: &generator)
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: octets[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 1: octets[at] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
      case 2: octets.remove(at: at)
      case 3: octets.insert(UInt8.random(in: 0...255, using: &generator), at: at)
      default: octets.removeLast(Int.random(in: 0..<min(octets.count, 9), using: &generator))
      }
    }
  }

  @Test(arguments: UInt64(1)...8)
  func countsEveryDamagedFrameOnce(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var bench = DissectorBench(FrameDissector(tunnels: [.ip, .mirrors]))
    let rounds = 400
    for _ in 0..<rounds {
      for (_, link, frame) in LinkLayerTests.good {
        var damaged = frame
        mutate(&damaged, using: &generator)
        let length = damaged.count + Int.random(in: -3...3, using: &generator)
        let seconds = Double.random(in: 0..<1000, using: &generator)
        bench.feed(
          damaged, link: link, seconds: seconds, cutFrom: max(0, length),
          check: Int.random(in: 0..<5, using: &generator))
      }
    }
    bench.finish()
    let frames = UInt64(rounds * LinkLayerTests.good.count)
    #expect(bench.counters.frames == frames, "seed \(seed)")
    #expect(bench.counters[.delivered] > 0)
    #expect(bench.counters.frames(.malformed) > 0)
  }

  @Test(arguments: UInt64(1)...8)
  func survivesRandomFramesOfEveryLinkType(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var bench = DissectorBench(FrameDissector(tunnels: [.ip, .mirrors]))
    for round in 0..<30_000 {
      let count = Int.random(in: 0..<100, using: &generator)
      let frame = (0..<count).map { _ in Self.usual.randomElement(using: &generator) ?? 0 }
      let link = LinkType(rawValue: UInt32(round % 300))
      bench.feed(frame, link: link, seconds: Double(round))
    }
    #expect(bench.counters.frames == 30_000, "seed \(seed)")
  }

  @Test(arguments: UInt64(1)...8)
  func survivesRandomSegments(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var bench = DissectorBench()
    let stream = (0..<40).flatMap { Packet.prefixed(Packet.message(id: $0, count: 500)) }
    for round in 0..<20_000 {
      let from = Int.random(in: 0..<stream.count, using: &generator)
      let to = min(stream.count, from + Int.random(in: 0..<700, using: &generator))
      let flags = Packet.Flags(rawValue: UInt8.random(in: 0..<80, using: &generator) & 7)
      let isOdd = Bool.random(using: &generator)
      bench.feed(
        Packet.tcp(
          Array(stream[from..<to]), at: UInt32(truncatingIfNeeded: from &- 10_000),
          isOdd ? [] : flags, to: UInt16.random(in: 1000..<1004, using: &generator)),
        seconds: Double(round) / 100)
    }
    bench.finish()
    #expect(bench.counters.frames == 20_000, "seed \(seed)")
    #expect(bench.payloads.count > 20)
  }

  @Test(.enabled(if: !SharedData.fixtures.isEmpty), arguments: UInt64(1)...4)
  func readsDamagedFilesTheSameThroughAnyWindow(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for file in SharedData.fixtures {
      let octets = try file.octets()
      for round in 0..<20 {
        var damaged = octets
        mutate(&damaged, using: &generator)
        let whole = CaptureReading(whole: damaged)
        let pieces = CaptureReading(damaged) { Int.random(in: 1..<50, using: &generator) }
        #expect(whole == pieces, "\(file.lastPathComponent), seed \(seed), round \(round)")
        #expect(pieces.largestNeed <= CaptureLimits.windowOctetsMax)
        var bench = DissectorBench()
        bench.feed(whole)
        #expect(bench.counters.frames == UInt64(whole.records.count))
      }
    }
  }
}
