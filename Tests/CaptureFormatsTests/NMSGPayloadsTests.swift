import CaptureFormats
import Testing

/// What is inside a container, and containers in pieces.
struct NMSGPayloadsTests {
  private func read(_ message: [UInt8]) -> (payloads: [NMSGPayload], intact: [Bool])? {
    var payloads = NMSGPayloads()
    let bytes = unsafe message.span.bytes
    guard (try? payloads.read(bytes)) != nil else { return nil }
    let all = (0..<payloads.count).compactMap { try? payloads.payload($0, in: bytes) }
    let intact = all.indices.map { payloads.isIntact(all[$0], at: $0, in: bytes) }
    return (all, intact)
  }

  @Test func readsWhatAPayloadSaysAboutItself() throws {
    let payload = NMSGBuilder.payload(vendor: 1, type: 13, source: 0xA1BA_02CF, [7, 8])
    let message = NMSGBuilder.message([payload]) + Proto.number(3, 1)
    let found = try #require(read(message)?.payloads.first)
    #expect(found.vendor == 1 && found.type == 13 && found.source == 0xA1BA_02CF)
    #expect(found.seconds == 1_700_000_000 && found.nanoseconds == 5)
    #expect(Array(message[found.octets]) == [7, 8])
  }

  @Test func checksEveryPayloadInEitherByteOrder() {
    let texts = ["123456789", "", "a longer text of more than eight octets"].map { Array($0.utf8) }
    let payloads = texts.map { NMSGBuilder.payload($0) }
    let checks = texts.map { NMSGBuilder.checksum($0) }
    #expect(checks[0] == 0xE306_9283)
    for order in [checks, checks.map(\.byteSwapped)] {
      #expect(read(NMSGBuilder.message(payloads, checksums: order))?.intact == [true, true, true])
    }
    let one = [checks[0], checks[1], checks[2] ^ 1]
    #expect(read(NMSGBuilder.message(payloads, checksums: one))?.intact == [true, true, false])
    #expect(read(NMSGBuilder.message(payloads, checksums: [1]))?.intact == [false, true, true])
  }

  @Test func takesADamagedContainerNotAtAll() {
    let message = NMSGBuilder.message([NMSGBuilder.payload([1, 2, 3])], checksums: [1])
    for count in 1..<message.count {
      let found = read(Array(message[..<count]))
      let checkStart = message.count - Proto.number(2, 1).count
      #expect((found == nil) == (count != checkStart), "\(count)")
    }
  }

  @Test func refusesMorePayloadsThanTheLimit() {
    let most = NMSGLimits.payloadsMax
    let full = [UInt8](repeating: 0, count: 2 * most).indices.map { $0 % 2 == 0 ? UInt8(10) : 0 }
    #expect(read(full)?.payloads.count == most)
    #expect(read(full + [10, 0]) == nil)
  }

  // MARK: Fragments

  private func feed(_ fragments: [[UInt8]]) -> (whole: [[UInt8]], malformed: Int, bad: Int) {
    var reassembler = NMSGReassembler()
    var whole: [[UInt8]] = []
    var (malformed, bad) = (0, 0)
    for fragment in fragments {
      switch unsafe reassembler.add(fragment.span.bytes) {
      case .held: continue
      case .complete(let octets): whole.append(octets)
      case .malformed: malformed += 1
      case .badChecksum: bad += 1
      }
    }
    return (whole, malformed, bad)
  }

  private let data: [UInt8] = (0..<100).map { UInt8($0) }

  private func cut(
    _ data: [UInt8], into size: Int, id: UInt64 = 7, checksum: UInt32?
  ) -> [[UInt8]] {
    let last = UInt64((data.count - 1) / size)
    return stride(from: 0, to: data.count, by: size).map { start in
      NMSGBuilder.fragment(
        Array(data[start..<min(start + size, data.count)]), id: id, UInt64(start / size),
        of: last, checksum: checksum)
    }
  }

  @Test(arguments: [1, 7, 33, 50, 99, 100])
  func putsFragmentsTogetherInAnyOrder(_ size: Int) {
    let check = NMSGBuilder.checksum(data)
    let pieces = cut(data, into: size, checksum: check)
    #expect(feed(pieces).whole == [data])
    #expect(feed(pieces.reversed()).whole == [data])
    #expect(feed(cut(data, into: size, checksum: check.byteSwapped)).whole == [data])
    #expect(feed(cut(data, into: size, checksum: nil)).whole == [data])
  }

  @Test func keepsContainersApartAndIgnoresCopies() {
    let other = Array(data.reversed())
    let one = cut(data, into: 30, id: 1, checksum: nil)
    let two = cut(other, into: 30, id: 2, checksum: nil)
    let mixed = zip(one, two).flatMap { [$0, $0, $1] }
    // The copy of the last piece starts a container of its own that stays incomplete.
    #expect(feed(mixed).whole == [data, other])
  }

  @Test func refusesAContainerWithAWrongChecksum() {
    let result = feed(cut(data, into: 40, checksum: 5))
    #expect(result.whole.isEmpty && result.bad == 1)
  }

  /// libnmsg announces one fragment too many when the pieces come out even.
  @Test func completesWithoutALastFragmentThatWasNeverSent() {
    let check = NMSGBuilder.checksum(data)
    let pieces = stride(from: 0, to: 100, by: 25).map { start in
      NMSGBuilder.fragment(
        Array(data[start..<start + 25]), UInt64(start / 25), of: 4, checksum: check)
    }
    #expect(feed(pieces).whole == [data])
    #expect(feed(Array(pieces[..<3])).whole.isEmpty)
  }

  @Test func refusesImpossibleFragments() {
    let most = UInt64(NMSGLimits.fragmentsMax)
    #expect(feed([NMSGBuilder.fragment([1], 2, of: 1)]).malformed == 1)
    #expect(feed([NMSGBuilder.fragment([1], 0, of: most)]).malformed == 1)
    #expect(feed([NMSGBuilder.fragment([1], 0, of: most - 1)]).malformed == 0)
    #expect(feed([[8]]).malformed == 1)
    #expect(feed([Proto.number(1, 1)]).malformed == 1)
    let contradiction = [
      NMSGBuilder.fragment([1], 0, of: 2), NMSGBuilder.fragment([2], 1, of: 3),
    ]
    #expect(feed(contradiction).malformed == 1)
  }

  @Test func refusesAContainerThatGrowsBeyondTheLimit() {
    let half = [UInt8](repeating: 1, count: NMSGLimits.containerOctetsMax / 2)
    let pieces = (0..<3).map { NMSGBuilder.fragment(half, UInt64($0), of: 2) }
    let result = feed(pieces)
    #expect(result.malformed == 1 && result.whole.isEmpty)
  }

  @Test func givesUpTheOldestOfTooManyContainers() {
    var reassembler = NMSGReassembler()
    func add(_ id: Int, _ current: UInt64) -> [UInt8]? {
      let fragment = NMSGBuilder.fragment([UInt8(current)], id: UInt64(id), current, of: 1)
      guard case .complete(let octets) = unsafe reassembler.add(fragment.span.bytes) else {
        return nil
      }
      return octets
    }
    for id in 0...NMSGLimits.fragmentedContainersMax { #expect(add(id, 0) == nil) }
    #expect(reassembler.abandoned == 1)
    #expect(add(1, 1) == [0, 1])
    #expect(add(0, 1) == nil, "its first fragment was given up")
    reassembler.finish()
    #expect(reassembler.abandoned == UInt64(NMSGLimits.fragmentedContainersMax) + 1)
  }

  @Test func holdsNoMoreThanTheLimitOfOctets() {
    var reassembler = NMSGReassembler()
    let piece = [UInt8](repeating: 1, count: NMSGLimits.containerOctetsMax - 100)
    let containers = 40
    for id in 0..<containers {
      let fragment = NMSGBuilder.fragment(piece, id: UInt64(id), 0, of: 1)
      guard case .held = unsafe reassembler.add(fragment.span.bytes) else {
        Issue.record("not held")
        return
      }
    }
    let kept = NMSGLimits.fragmentOctetsMax / piece.count
    #expect(reassembler.abandoned == UInt64(containers - kept))
  }
}
