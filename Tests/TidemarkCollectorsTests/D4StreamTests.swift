import D4Wire
import Foundation
import Testing
import TidemarkCollectors
import TidemarkIngest
import TidemarkModel
import TidemarkSharing
import TidemarkTesting

/// Sessions of a D4 server, from octets to records.
@Suite struct D4StreamTests {
  private let uuid = SensorUUID.random()

  private func row(_ name: String, _ address: String = "192.0.2.1", count: Int = 1) -> String {
    "\(name) \(address) \(count)"
  }

  /// Name, data, count and sensor of every record.
  private func rows(_ world: D4World) throws -> [String] {
    try world.rows().map { line in
      let row = try JSONDecoder().decode(ExportedRow.self, from: Data(line.utf8))
      return "\(row.rrname) \(row.rdata) \(row.count) \(row.sensors?.joined(separator: ",") ?? "-")"
    }
  }

  private struct ExportedRow: Decodable {
    let rrname: String
    let rdata: String
    let count: UInt64
    let sensors: [String]?
  }

  @Test func linesOfASensorBecomeRecordsOfItsName() throws {
    let world = try D4World()
    world.directory.set(SensorProfile(uuid: uuid, name: "vienna", state: .approved))
    let connection = world.connection(
      D4Packets.packet(D4Packets.line("a.example") + D4Packets.line("a.example"), from: uuid))
    connection.end()
    #expect(try rows(world) == ["a.example 192.0.2.1 2 vienna"])
    #expect(world.count("sessions") == 1 && world.count("packets") == 1)
    let activity = try #require(world.directory.activity(of: uuid))
    #expect(activity.packets == 1 && activity.records == 2 && activity.losses == 0)
    #expect(activity.clockOffset == -10 && activity.seen == D4World.now)
    #expect(world.intake.accounting.isBalanced)
  }

  @Test func nothingIsEverSentBack() throws {
    let world = try D4World()
    for octets in [D4Packets.packet("x\n", from: uuid), [7], [UInt8](repeating: 1, count: 100)] {
      let connection = world.connect()
      #expect(connection.send(octets).replies.isEmpty)
      #expect(connection.end().replies.isEmpty)
    }
  }

  @Test(arguments: [1, 3, 61, 62, 63, 100, 4_096])
  func linesRunOverPacketsHoweverTheyAreCut(_ payloadOctets: Int) throws {
    let world = try D4World()
    let text = Array(
      (0..<40).map { D4Packets.line("h\($0).example").replacing("\n", with: "\r\n") }.joined().utf8)
    var stream: [UInt8] = []
    for start in stride(from: 0, to: text.count, by: payloadOctets) {
      stream += D4Packets.packet(
        Array(text[start..<min(text.count, start + payloadOctets)]), from: uuid)
    }
    for pieces in [1, 97, .max] {
      let connection = world.connect()
      connection.send(stream, pieces: pieces)
      connection.end()
    }
    let found = try rows(world)
    #expect(found.count == 40 && found.allSatisfy { $0.hasSuffix(" 192.0.2.1 3 \(uuid)") })
    #expect(world.intake.accounting.malformed.isEmpty)
  }

  @Test func randomCutsOfRandomPacketsGiveTheSameRecords() throws {
    let seed: UInt64 = 4_443
    print("seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let text = Array((0..<300).map { D4Packets.line("h\($0 % 90).example") }.joined().utf8)
    for _ in 0..<20 {
      let world = try D4World()
      let connection = world.connect()
      var at = 0
      while at < text.count {
        let end = min(text.count, at + Int.random(in: 0...900, using: &generator))
        connection.send(
          D4Packets.packet(Array(text[at..<end]), from: uuid),
          pieces: Int.random(in: 1...1_000, using: &generator))
        at = end
      }
      connection.end()
      #expect(try rows(world).count == 90)
      #expect(world.intake.accounting.offered == 300)
    }
  }

  @Test func theLastLineMayLackItsEndAtAPacketsEndOnly() throws {
    let line = String(D4Packets.line("last.example").dropLast())
    let world = try D4World()
    world.connection(D4Packets.packet(line, from: uuid)).end()
    #expect(try rows(world) == ["last.example 192.0.2.1 1 \(uuid)"])

    let other = try D4World()
    let next = D4Packets.packet("||300||1\n", from: uuid)
    other.connection(
      D4Packets.packet(line, from: uuid) + next.dropLast()
    ).end()
    #expect(try rows(other).isEmpty, "half a line is no line")
    #expect(other.count("sessions_cut") == 1)
  }

  @Test func aLineBeyondTheLimitIsDroppedAndCounted() throws {
    let world = try D4World()
    let long = String(repeating: "x", count: 1_100_000) + "\n"
    let octets = Array((long + D4Packets.line("after.example")).utf8)
    let connection = world.connect()
    for start in stride(from: 0, to: octets.count, by: 65_536) {
      connection.send(
        D4Packets.packet(Array(octets[start..<min(octets.count, start + 65_536)]), from: uuid))
      #expect(connection.kept < 200, "payload is read as it comes")
    }
    connection.end()
    #expect(try rows(world) == ["after.example 192.0.2.1 1 \(uuid)"])
    #expect(world.intake.accounting.malformed == [.init(name: "too-long", count: 1)])
    #expect(world.directory.activity(of: uuid)?.losses == 1)
  }

  @Test func aPauseInsideAPacketChangesNothing() throws {
    let world = try D4World()
    let packet = D4Packets.packet(D4Packets.line("slow.example"), from: uuid)
    let connection = world.connect()
    for octet in packet {
      connection.send([octet])
      world.time.pass(31_000_000_000)
      world.hub.sweep()
    }
    #expect(!connection.isToEnd)
    connection.end()
    #expect(try rows(world) == ["slow.example 192.0.2.1 1 \(uuid)"])
  }

  @Test func recordsInsideOfPayloadsOfEveryTypeAreRead() throws {
    let cof =
      #"{"rrname":"c.example","rrtype":"A","rdata":"192.0.2.9","time_first":1600000000,"#
      + #""time_last":1600000100,"count":7,"sensor_id":"not-this-one"}"# + "\n"
    let dnscap =
      "[61] 2023-11-14 10:00:00.000000 [#0 eth0 1] \\\n\t[192.0.2.53].53 "
      + "[198.51.100.7].4242  \\\n\tdns QUERY,NOERROR,1,qr|rd|ra \\\n\t1 d.example.,IN,A \\\n"
      + "\t1 d.example.,IN,A,300,192.0.2.8 0 0\n"
    let meta = "{\"type\":\"passivedns-cof\",\"origins\":[]}"
    let world = try D4World()
    for (type, text, name) in [
      (D4Type.ndjson, cof, "n1"), (.dnscapText, dnscap, "n2"), (.extended, cof, "n3"),
    ] {
      let sender = SensorUUID.random()
      world.directory.set(SensorProfile(uuid: sender, name: name, state: .approved))
      let head =
        type == .extended ? D4Packets.packet(meta, from: sender, type: .metaHeader) : []
      world.connection(head + D4Packets.packet(text, from: sender, type: type)).end()
    }
    #expect(try rows(world) == ["c.example 192.0.2.9 14 n1,n3", "d.example 192.0.2.8 1 n2"])
  }

  @Test(arguments: [1, 20, 24, 1_000, 4_096])
  func packetsOfACaptureAreReadAcrossPayloads(_ payloadOctets: Int) throws {
    let world = try D4World()
    let capture = CaptureOctets.exchange(name: "p.example", address: [192, 0, 2, 77])
    for type in [D4Type.pcap, .pcapng] {
      let connection = world.connect()
      for start in stride(from: 0, to: capture.count, by: payloadOctets) {
        let part = Array(capture[start..<min(capture.count, start + payloadOctets)])
        connection.send(D4Packets.packet(part, from: uuid, type: type))
      }
      connection.end()
    }
    #expect(try rows(world) == ["p.example 192.0.2.77 2 \(uuid)"])
  }

  @Test func aCaptureThatIsNoneEndsTheSession() throws {
    let world = try D4World()
    let connection = world.connect()
    let junk = [UInt8](repeating: 0x58, count: 64)
    let taken = connection.send(D4Packets.packet(junk, from: uuid, type: .pcap))
    #expect(taken.isAtEnd && taken.damage != nil)
    connection.end()
    #expect(world.directory.activity(of: uuid)?.lastError?.contains("cannot be read") == true)
  }

  @Test func aBusyStoreHoldsBackAndLosesNothing() throws {
    let world = try D4World()
    world.sink.shut()
    let connection = world.connect()
    var sent = 0
    var taken = StreamTaken()
    // Two batches of half a million records fit. Names in order are quickest to keep.
    while !taken.isBusy, sent < 1_200_000 {
      var text = ""
      for number in sent..<(sent + 20_000) {
        text += D4Packets.line("h\(1_000_000 + number).example")
      }
      let octets = Array(text.utf8)
      for start in stride(from: 0, to: octets.count, by: 900_000) {
        let part = Array(octets[start..<min(octets.count, start + 900_000)])
        taken = connection.send(D4Packets.packet(part, from: uuid))
      }
      sent += 20_000
    }
    #expect(taken.isBusy && connection.kept > 0)
    world.sink.open()
    world.intake.finish()
    connection.send([])
    connection.end()
    #expect(try world.rows().count == sent)
    #expect(world.intake.accounting.offered == UInt64(sent))
  }
}

/// A capture of one query and its response, Ethernet, IPv4, UDP.
enum CaptureOctets {
  static func exchange(name: String, address: [UInt8]) -> [UInt8] {
    var labels: [UInt8] = []
    for label in name.split(separator: ".") {
      labels.append(UInt8(label.utf8.count))
      labels += Array(label.utf8)
    }
    labels.append(0)
    let question = labels + [0, 1, 0, 1]
    let query: [UInt8] = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + question
    let response: [UInt8] =
      [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0] + question
      + [0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4] + address
    let (client, server): ([UInt8], [UInt8]) = ([198, 51, 100, 7], [192, 0, 2, 53])
    return header
      + record(frame(query, from: client, 4_242, to: server, 53), 0)
      + record(frame(response, from: server, 53, to: client, 4_242), 1)
  }

  /// Of a classic capture file, little-endian, Ethernet.
  private static let header: [UInt8] =
    [0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0] + [UInt8](repeating: 0, count: 8)
    + [0xFF, 0xFF, 0, 0, 1, 0, 0, 0]

  private static func record(_ frame: [UInt8], _ second: UInt32) -> [UInt8] {
    little(1_700_000_000 + second) + little(0) + little(UInt32(frame.count))
      + little(UInt32(frame.count)) + frame
  }

  private static func frame(
    _ payload: [UInt8], from source: [UInt8], _ sourcePort: UInt16, to target: [UInt8],
    _ targetPort: UInt16
  ) -> [UInt8] {
    let udp = big(sourcePort) + big(targetPort) + big(UInt16(8 + payload.count)) + [0, 0] + payload
    var ip: [UInt8] = [0x45, 0] + big(UInt16(20 + udp.count)) + [0, 0, 0, 0, 64, 17, 0, 0]
    ip += source + target
    var sum = stride(from: 0, to: 20, by: 2).reduce(UInt32(0)) {
      $0 + UInt32(ip[$1]) << 8 + UInt32(ip[$1 + 1])
    }
    while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
    ip.replaceSubrange(10..<12, with: big(~UInt16(sum)))
    return [UInt8](repeating: 2, count: 12) + [8, 0] + ip + udp
  }

  private static func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }

  private static func little(_ value: UInt32) -> [UInt8] {
    [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}
