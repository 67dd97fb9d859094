import D4Wire
import Foundation
import Testing
import TidemarkCollectors

@Suite struct D4ClientFolderTests {
  private let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
    try set("key", "a secret of the sensor\r\n")
    try set("type", "8\n")
    try set("uuid", "3f0c2f9e-5a1b-4c7d-9e21-7b8a6d5c4e3f\n")
    try set("source", "stdin\n")
    try set("destination", "d4.example.net:4443\n")
  }

  private func set(_ name: String, _ text: String) throws {
    _ = try folder.write(Array(text.utf8), name)
  }

  private func read(allowsSampleKey: Bool = false) throws -> D4ClientFolder {
    try D4ClientFolder(path: folder.url.path, allowsSampleKey: allowsSampleKey)
  }

  @Test func readsWhatTheGoClientReads() throws {
    try set("snaplen", "512")
    try set("version", "1\r\n")
    let read = try self.read()
    #expect(read.key.octets == Array("a secret of the sensor".utf8))
    #expect(read.type == .passivedns)
    #expect(read.uuid.description == "3f0c2f9e-5a1b-4c7d-9e21-7b8a6d5c4e3f")
    #expect(read.snapOctets == 512)
    #expect(try read.input(isRaw: false) == .standardInput)
    let target = try D4Target(destination: read.destination)
    #expect(target.description == "d4://d4.example.net:4443")
  }

  /// The first hundred octets; what is cut off is not trimmed.
  @Test func takesAHundredOctetsOfAKey() throws {
    try set("key", String(repeating: "k", count: 100) + "more\n")
    #expect(try read().key.octets == Array(repeating: UInt8(ascii: "k"), count: 100))
  }

  @Test func takesOneLineEndOffAndNoMore() throws {
    try set("key", "abc\n\n")
    #expect(throws: D4ClientFolder.Fault.self) { try read() }
  }

  @Test func refusesTheKeyOfTheExamples() throws {
    try set("key", D4Key.sample + "\n")
    #expect(throws: D4ClientFolder.Fault.self) { try read() }
    #expect(try read(allowsSampleKey: true).key.isSample)
  }

  @Test(arguments: ["uuid", "type", "snaplen", "version"])
  func neverRepeatsAValueInAnError(_ name: String) throws {
    try set(name, "very private\u{1}")
    do {
      _ = try read()
      Issue.record("\(name) was taken")
    } catch {
      #expect(!"\(error)".contains("private"))
      #expect("\(error)".contains("/\(name)"))
    }
  }

  @Test(arguments: ["", "\n"])
  func writesANewUUIDWhereThereIsNone(_ text: String) throws {
    try set("uuid", text)
    let made = try self.read().uuid
    #expect(made.isVersion4)
    #expect(try read().uuid == made)
  }

  @Test(arguments: ["3f0c2f9e-5a1b-1c7d-9e21-7b8a6d5c4e3f", "no uuid", "0"])
  func refusesUUIDsThatServersRefuse(_ text: String) throws {
    try set("uuid", text)
    #expect(throws: D4ClientFolder.Fault.self) { try read() }
  }

  @Test(arguments: ["2", "254"])
  func needsAMetaHeaderForExtendedTypes(_ type: String) throws {
    try set("type", type)
    #expect(throws: D4ClientFolder.Fault.self) { try self.read() }
    try set("metaheader.json", "[]")
    #expect(throws: D4ClientFolder.Fault.self) { try self.read() }
    let json = "{\"type\":\"ja3-jl\",\n\"encoding\":\"utf-8\"}"
    try set("metaheader.json", json)
    let read = try self.read()
    #expect(read.type == .extended)
    #expect(read.metaHeader == Array(json.utf8))
  }

  @Test func readsTheQueueOfAServer() throws {
    try set("source", "d4server")
    #expect(throws: D4ClientFolder.Fault.self) { try read().input(isRaw: false) }
    try set("redis_d4", "127.0.0.1:6380/2\n")
    try set("redis_queue", "analyzer:8:3f0c2f9e\n")
    let address = try RedisAddress(url: "redis://127.0.0.1:6380/2")
    #expect(
      try read().input(isRaw: false) == .queue(address, list: "analyzer:8:3f0c2f9e"))
  }

  @Test func findsTheAuthorityWhereTheGoClientDoes() throws {
    #expect(try read().authorities == nil)
    let beside = folder.url.path + "rootCA.crt"
    try Data("x".utf8).write(to: URL(fileURLWithPath: beside))
    defer { try? FileManager.default.removeItem(atPath: beside) }
    #expect(try read().authorities == beside)
    try set("rootCA.crt", "x")
    #expect(try read().authorities == folder.url.path + "/rootCA.crt")
  }

  @Test(
    arguments: [
      ("d4://d4.example.net", "d4://d4.example.net:4443"),
      ("D4://[2001:db8::1]:99/", "d4://[2001:db8::1]:99"),
      ("d4+tcp://127.0.0.1:4444", "d4+tcp://127.0.0.1:4444"),
      ("d4+tcp://[::1]:4444", "d4+tcp://[::1]:4444"),
    ])
  func readsAddressesOfServers(_ url: String, _ wanted: String) throws {
    #expect(try D4Target(url: url).description == wanted)
  }

  @Test(
    arguments: [
      "https://d4.example.net", "d4://", "d4://host:0", "d4://host:65536", "d4://a b",
      "d4://user@host", "d4://host/path", "d4://[2001:db8::1", "d4+tcp://192.0.2.1:4443",
      "d4+tcp://d4.example.net:4443",
    ])
  func refusesAddressesThatAreNone(_ url: String) {
    #expect(throws: D4Target.Fault.self) { try D4Target(url: url) }
  }

  @Test(arguments: ["stdout", "test.txt", "", "192.0.2.1", "host:port"])
  func refusesDestinationsThatAreNoServer(_ text: String) {
    #expect(throws: D4Target.Fault.self) { try D4Target(destination: text) }
  }
}

@Suite struct D4PayloadCutterTests {
  private func cut(_ text: String, snap: Int, isLines: Bool = true) -> [String] {
    let payload = Array(text.utf8)
    let cutter = D4PayloadCutter(snapOctets: snap, isLines: isLines)
    var parts: [String] = []
    var at = 0
    while at < payload.count {
      let end = cutter.end(of: payload.span, from: at)
      parts.append(String(decoding: payload[at..<end], as: UTF8.self))
      at = end
    }
    return parts
  }

  @Test func cutsOnlyAtLineEnds() {
    #expect(cut("ab\ncd\nef\n", snap: 7) == ["ab\ncd\n", "ef\n"])
    #expect(cut("ab\ncd\n", snap: 6) == ["ab\ncd\n"])
    #expect(cut("ab\ncd\nef", snap: 6) == ["ab\ncd\n", "ef"])
  }

  @Test func givesALongLineAPacketOfItsOwn() {
    #expect(cut("a\nlonger line\nb\n", snap: 4) == ["a\n", "longer line\n", "b\n"])
  }

  @Test func cutsALineThatNoServerTakes() {
    let longest = D4PayloadCutter.payloadOctetsMax
    let parts = cut(String(repeating: "x", count: longest + 5) + "\ny\n", snap: 4)
    #expect(parts.map(\.utf8.count) == [longest, 6, 2])
  }

  @Test func cutsOtherPayloadAnywhere() {
    #expect(cut("ab\ncdefg", snap: 4, isLines: false) == ["ab\nc", "defg"])
  }
}
