import D4Wire
import Testing
import TidemarkTesting

/// What a server takes and refuses, in the order of the protocol's test list.
struct D4SessionTests {
  private let payload = Array(Sample.line.utf8)
  private var whole: [SessionRun.Found] { [.payload(.passivedns, payload)] }

  @Test(arguments: 1...61) func takesAHeaderCutAnywhere(_ cut: Int) {
    var run = SessionRun()
    run.feed(Sample.packet(), cut: [cut, .max / 2])
    #expect(run.found == whole)
  }

  @Test func takesATailOfOneOctetAtOnce() {
    let packet = Sample.packet()
    var run = SessionRun()
    run.feed(Array(packet.dropLast()))
    #expect(run.found.isEmpty)
    run.feed([packet[packet.count - 1]])
    #expect(run.found == whole, "nothing else has to come first")
  }

  @Test func takesThreePacketsOfOneRead() {
    let found = SessionRun.read(Sample.packet("a\n") + Sample.packet("b\n") + Sample.packet("c\n"))
    #expect(found == ["a\n", "b\n", "c\n"].map { .payload(.passivedns, Array($0.utf8)) })
  }

  @Test func takesAPacketWithoutPayload() {
    #expect(SessionRun.read(Sample.packet("")) == [.payload(.passivedns, [])])
  }

  @Test func takesTheLargestPayloadAndRefusesOneOctetMoreAtItsHeader() {
    let run = SessionRun(payloadOctetsMax: 100)
    let largest = [UInt8](repeating: 0x41, count: 100)
    #expect(SessionRun.read(Sample.packet(largest), run) == [.payload(.passivedns, largest)])
    #expect(SessionRun.read(Sample.header(size: 101), run) == [.refused(.size)])
    #expect(SessionRun.read(Sample.header(size: 1_000_001)) == [.refused(.size)])
    #expect(SessionRun.read(Sample.header(size: 1_000_000)).isEmpty, "waits for the payload")
    #expect(SessionRun.read(Sample.header(size: .max)) == [.refused(.size)])
  }

  @Test(arguments: [999_999, 1_000_000]) func takesWholePacketsUpToTheLimit(_ octets: Int) {
    let payload = [UInt8](repeating: 0x41, count: octets)
    var run = SessionRun()
    run.feed(Sample.packet(payload), cut: [D4Header.octetCount + 1, 400_000])
    let isWhole = run.found == [.payload(.passivedns, payload)]
    #expect(isWhole, "\(run.found.count) steps")
  }

  @Test func refusesAWrongKey() {
    let other = Sample.packet(key: Sample.key("another key"))
    #expect(SessionRun.read(other) == [.refused(.hmac)])
    #expect(
      SessionRun.read(Sample.packet("", key: Sample.key("another key"))) == [.refused(.hmac)])
  }

  @Test func refusesAUUIDOfAnotherVersion() {
    for text in [
      "3f0c2f9e-5a1b-1c7d-9e21-7b8a6d5c4e3f", "00000000-0000-0000-0000-000000000000",
      "3f0c2f9e-5a1b-4c7d-1e21-7b8a6d5c4e3f",
    ] {
      #expect(SessionRun.read(Sample.packet(uuid: Sample.uuid(text))) == [.refused(.uuid)])
    }
  }

  @Test func refusesOtherVersionsWithTheFirstOctet() {
    for version: UInt8 in [0, 2, 7, 255] {
      #expect(SessionRun.read([version]) == [.refused(.version)])
      #expect(SessionRun.read(Sample.packet(version: version)) == [.refused(.version)])
    }
    #expect(SessionRun.read(Array("GET / HTTP/1.1\r\n".utf8)) == [.refused(.version)])
  }

  @Test func refusesTypesThatAreNotTaken() {
    for type in [D4Type.log, .yaf, .ndjson, D4Type(rawValue: 0), D4Type(rawValue: 255)] {
      #expect(SessionRun.read(Sample.packet(type: type)) == [.refused(.type)])
    }
  }

  @Test func refusesAnotherTypeInTheSameSession() {
    #expect(
      SessionRun.read(Sample.packet() + Sample.packet(type: .pcap))
        == whole + [.refused(.typeChange)])
  }

  @Test func refusesAnotherSensorInTheSameSession() {
    let other = Sample.uuid("3f0c2f9e-5a1b-4c7d-9e21-7b8a6d5c4e30")
    #expect(
      SessionRun.read(Sample.packet() + Sample.packet(uuid: other))
        == whole + [.refused(.uuidChange)])
  }

  @Test func asksOnceAndNeverKeepsThePayloadOfAStranger() {
    var run = SessionRun(admission: .refused(.unknownSensor))
    run.feed(Sample.header(size: 1_000_000))
    #expect(run.found == [.refused(.unknownSensor)] && run.asked == [Sample.uuid])
    run.feed([UInt8](repeating: 0, count: 5_000))
    #expect(run.asked.count == 1, "a session that is over asks nobody")

    var good = SessionRun()
    good.feed(Sample.packet() + Sample.packet() + Sample.packet())
    #expect(good.asked == [Sample.uuid] && good.session.packets == 3)
  }

  @Test func isOverAfterTheFirstFault() {
    var run = SessionRun()
    run.feed(Sample.packet(key: Sample.key("x")))
    run.feed(Sample.packet())
    #expect(run.found == [.refused(.hmac), .refused(.hmac)])
    #expect(run.session.packets == 0)
  }

  @Test func showsNoPayloadBeforeItsCodeWasChecked() {
    var run = SessionRun()
    var packet = Sample.packet()
    packet[packet.count - 1] ^= 0x80
    run.feed(packet, cut: [1])
    #expect(run.found == [.refused(.hmac)])
  }

  @Test func readsTheSameHoweverItIsCut() {
    let seed: UInt64 = 20_261_121
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let stream = D4SessionTests.stream(using: &generator)
      let expected = SessionRun.read(stream)
      var run = SessionRun()
      let sizes = (0..<stream.count).map { _ in
        Int.random(in: 1...(Bool.random(using: &generator) ? 3 : 400), using: &generator)
      }
      run.feed(stream, cut: sizes)
      #expect(D4SessionTests.once(run.found) == expected)
    }
  }

  /// Packets of one session, sometimes with something wrong in them.
  private static func stream(using generator: inout SeededGenerator) -> [UInt8] {
    var stream: [UInt8] = []
    let isExtended = Bool.random(using: &generator)
    if isExtended { stream += Sample.packet("{\"type\":\"x\"}", type: .metaHeader) }
    for _ in 0..<Int.random(in: 0...6, using: &generator) {
      stream += Sample.packet(
        generator.octets(0...600), type: isExtended ? .extended : .passivedns)
    }
    if !stream.isEmpty, Int.random(in: 0..<3, using: &generator) == 0 {
      let at = Int.random(in: 0..<stream.count, using: &generator)
      stream[at] ^= UInt8.random(in: 1...255, using: &generator)
    }
    if Bool.random(using: &generator) { stream.removeLast(min(stream.count, 7)) }
    return stream
  }

  /// A session that is over says so at every piece.
  private static func once(_ found: [SessionRun.Found]) -> [SessionRun.Found] {
    guard let first = found.firstIndex(where: { if case .refused = $0 { true } else { false } })
    else { return found }
    return Array(found[...first])
  }
}
