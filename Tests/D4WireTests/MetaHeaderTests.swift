import D4Wire
import Testing

/// Type 2 and type 254.
struct MetaHeaderTests {
  private let json = "{\"type\":\"ja3-jl\",\"encoding\":\"utf-8\",\"tags\":[\"tlp:white\"]}"
  private let hello = SessionRun.Found.payload(.extended, Array("hello\n".utf8))

  private func meta(_ text: String) -> [UInt8] { Sample.packet(text, type: .metaHeader) }
  private var extended: [UInt8] { Sample.packet("hello\n", type: .extended) }

  @Test func takesAnObjectOverThreePacketsAndThenWhatItDescribes() {
    for cut in 0..<json.utf8.count {
      let head = String(json.prefix(cut))
      let tail = String(json.dropFirst(cut))
      let stream = meta(head) + meta(tail) + meta("\n") + extended + extended
      #expect(SessionRun.read(stream) == [.meta("ja3-jl"), hello, hello])
    }
  }

  @Test func takesAnObjectThatThreePacketsHavePartsOf() {
    let octets = Array(json.utf8)
    for first in stride(from: 1, to: octets.count - 1, by: 5) {
      for second in stride(from: first + 1, to: octets.count, by: 7) {
        let parts = [octets[..<first], octets[first..<second], octets[second...]]
        var run = SessionRun()
        for part in parts { run.feed(Sample.packet(Array(part), type: .metaHeader)) }
        run.feed(extended)
        #expect(run.found == [.meta("ja3-jl"), hello])
        #expect(run.session.metaPackets == 3 && run.session.packets == 4)
        #expect(run.session.metaOctets == UInt64(octets.count))
      }
    }
  }

  @Test func dropsLineFeedsWhereverTheyAre() {
    let text = json.map { "\($0)\n" }.joined()
    #expect(SessionRun.read(meta("\n\n" + text)) == [.meta("ja3-jl")])
  }

  @Test func refusesTheExtendedTypeBeforeItsHeader() {
    #expect(SessionRun.read(extended) == [.refused(.noMetaHeader)])
    #expect(
      SessionRun.read(meta(String(json.dropLast())) + extended) == [.refused(.noMetaHeader)])
  }

  @Test func asksNobodyAboutASessionThatStartsWithTheExtendedType() {
    var run = SessionRun()
    run.feed(extended)
    #expect(run.asked.isEmpty)
  }

  @Test func allowsNoOtherChangeOfType() {
    let start = meta(json) + extended
    #expect(
      SessionRun.read(start + meta(json)) == [.meta("ja3-jl"), hello, .refused(.typeChange)])
    #expect(
      SessionRun.read(meta(json) + Sample.packet(type: .passivedns))
        == [.meta("ja3-jl"), .refused(.typeChange)])
  }

  @Test func refusesMoreThanOneObject() {
    #expect(
      SessionRun.read(meta(json) + meta(json)) == [.meta("ja3-jl"), .refused(.badMetaHeader)])
    #expect(SessionRun.read(meta(json + "x")) == [.refused(.badMetaHeader)])
    #expect(SessionRun.read(meta(json) + meta(" \n\t")) == [.meta("ja3-jl")])
  }

  @Test func refusesTypesOfMetaHeadersThatAreNotTaken() {
    let run = SessionRun(metaTypes: ["passivedns-cof"])
    #expect(SessionRun.read(meta(json), run) == [.refused(.metaType)])
    #expect(
      SessionRun.read(meta("{\"type\":\"passivedns-cof\"}"), run) == [.meta("passivedns-cof")])
  }

  @Test func boundsTheObject() {
    let most = "{\"type\":\"x\",\"y\":\""
    let room = D4MetaHeader.octetCountMax - most.utf8.count - 2
    let largest = most + String(repeating: "z", count: room) + "\"}"
    #expect(largest.utf8.count == D4MetaHeader.octetCountMax)
    #expect(SessionRun.read(meta(largest)) == [.meta("x")])
    let larger = most + String(repeating: "z", count: room + 1) + "\"}"
    #expect(SessionRun.read(meta(larger)) == [.refused(.longMetaHeader)])
    let open = meta("{") + meta(String(repeating: "[", count: 100_001))
    #expect(SessionRun.read(open) == [.refused(.longMetaHeader)])
  }

  @Test func findsTheEndOctetByOctetWithoutReadingAgain() {
    let object = "{\"type\":\"x\",\"y\":\"" + String(repeating: "z", count: 60_000) + "\"}"
    var run = SessionRun()
    let writer = D4PacketWriter(uuid: Sample.uuid, type: .metaHeader, key: Sample.key)
    for octet in object.utf8 {
      var packet: [UInt8] = []
      writer.append(payload: [octet].span, timestamp: 0, to: &packet)
      run.feed(packet)
    }
    #expect(run.found == [.meta("x")])
  }

  @Test(arguments: [
    "{}", "[]", "{\"type\":1}", "{\"type\":null}", "{\"type\":\"x\"", "{\"type\":\"x\"]",
    "{\"type\":\"x\",}", "{\"type\":\"x\" \"y\":1}", "{type:\"x\"}", "{\"type\":\"\\x\"}",
    "{\"type\":\"x\",\"type\":\"y\"}", "{\"type\":\"\u{1}\"}", "{\"type\":\"x\",\"y\":01}",
    "{\"type\":\"x\",\"y\":.5}", "{\"type\":\"x\",\"y\":tru}", "{\"type\":\"x\",\"y\":1e}",
    "{\"type\":\"\\ud800\"}", "{\"type\":\"\\ud800\\u0041\"}", "{\"type\":\"\\u12g4\"}",
    "{\"type\":\"x\",\"origins\":\"y\"}", "{\"type\":\"x\",\"origins\":[1]}",
    "{\"type\":\"x\",\"origins\":[\"y\"]}", "{\"type\":\"x\",\"y\":-}", "\"type\"", "",
  ])
  func refusesWhatIsNoHeader(_ text: String) {
    #expect(throws: D4Fault.badMetaHeader) { try D4MetaHeader(json: Array(text.utf8).span) }
  }

  @Test func refusesTextThatIsNoUTF8AndNestingWithoutEnd() {
    let broken = Array("{\"type\":\"".utf8) + [0xFF] + Array("\"}".utf8)
    #expect(throws: D4Fault.badMetaHeader) { try D4MetaHeader(json: broken.span) }
    let deep =
      "{\"type\":\"x\",\"y\":" + String(repeating: "[", count: 40)
      + String(repeating: "]", count: 40) + "}"
    #expect(throws: D4Fault.badMetaHeader) { try D4MetaHeader(json: Array(deep.utf8).span) }
  }

  @Test func readsEscapesAndPassesOverOtherMembers() throws {
    let text =
      " { \"a\\\"\" : [ -1.5E+3 , true , false , null , { } , [ ] ,"
      + " \"\\u00e9\\ud83d\\ude00\" ] ,"
      + " \"type\" : \"p\\u0061ssivedns\\/cof\\n\" } "
    let meta = try D4MetaHeader(json: Array(text.utf8).span)
    #expect(meta.type == "passivedns/cof\n" && meta.origins.isEmpty)
    #expect(meta.json == Array(text.utf8))
  }

  @Test func ownHeaderNamesItsOrigins() throws {
    let origins = [Sample.uuid, SensorUUID.random()]
    let made = D4MetaHeader.passivednsCOF(origins: origins)
    let read = try D4MetaHeader(json: made.json.span)
    #expect(read == made && read.origins == origins && read.type == "passivedns-cof")
    #expect(
      String(decoding: D4MetaHeader.passivednsCOF(origins: []).json, as: UTF8.self)
        == "{\"type\":\"passivedns-cof\",\"encoding\":\"utf-8\",\"origins\":[]}")
  }

  @Test func boundsTheOrigins() throws {
    let many = (0..<300).map { _ in SensorUUID.random() }
    let made = D4MetaHeader.passivednsCOF(origins: many)
    #expect(made.origins.count == D4MetaHeader.originsMax)
    let list = many.map { "\"\($0)\"" }.joined(separator: ",")
    let text = "{\"type\":\"x\",\"origins\":[\(list)]}"
    #expect(throws: D4Fault.badMetaHeader) { try D4MetaHeader(json: Array(text.utf8).span) }
  }
}
