import CaptureFormats
import Testing

/// Payloads built field by field.
@Suite struct DnstapMessageTests {
  private let server: [UInt8] = [192, 0, 2, 53]
  private let client: [UInt8] = [198, 51, 100, 7]

  private func message(_ extra: [UInt8] = []) -> [UInt8] {
    Proto.number(1, 4) + Proto.number(2, 1) + Proto.number(3, 2) + Proto.octets(4, client)
      + Proto.octets(5, server) + Proto.number(6, 4711) + Proto.number(7, 53)
      + Proto.number(8, 1_700_000_000) + Proto.fixed32(9, 5) + Proto.octets(10, [1, 2, 3])
      + Proto.octets(11, [0]) + Proto.number(12, 1_700_000_001) + Proto.fixed32(13, 6)
      + Proto.octets(14, [4, 5]) + extra
  }

  private func payload(_ message: [UInt8]) -> [UInt8] {
    Proto.octets(1, Array("ns1".utf8)) + Proto.octets(2, Array("server 1.0".utf8))
      + Proto.octets(14, message) + Proto.number(15, 1)
  }

  private func decode(_ octets: [UInt8]) throws(ProtobufError) -> DnstapMessage {
    try DnstapMessage(unsafe octets.span.bytes)
  }

  @Test func readsWhatPassiveDNSNeeds() throws {
    let octets = payload(message())
    let dnstap = try decode(octets)
    #expect(dnstap.isMessage)
    #expect(dnstap.type == .resolverResponse)
    #expect(dnstap.socketFamily == 1 && dnstap.socketProtocol == 2)
    #expect(dnstap.queryTime == 1_700_000_000 && dnstap.responseTime == 1_700_000_001)
    #expect(dnstap.serverAddress.map { Array(octets[$0]) } == server)
    #expect(dnstap.queryZone.map { Array(octets[$0]) } == [0])
    #expect(dnstap.response.map { Array(octets[$0]) } == [4, 5])
    #expect(dnstap.identity.map { String(decoding: octets[$0], as: UTF8.self) } == "ns1")
    #expect(dnstap.policy == .none)
  }

  @Test func keepsNoPlaceOfTheClient() throws {
    let octets = payload(message())
    let dnstap = try decode(octets)
    let kept = [dnstap.serverAddress, dnstap.queryZone, dnstap.response, dnstap.identity]
    let places = octets.indices.filter { octets[$0...].starts(with: client) }
    #expect(places.count == 1)
    for range in kept.compactMap({ $0 }) {
      #expect(places.allSatisfy { !range.overlaps($0..<$0 + 4) })
    }
    #expect(!"\(dnstap)".contains("4711"))
  }

  @Test func passesOverUnknownFieldsAndNumbers() throws {
    let unknown =
      Proto.number(99, 7) + Proto.octets(100, [1, 2]) + Proto.fixed32(101, 9)
      + (Proto.varint(102 << 3 | 1) + [UInt8](repeating: 3, count: 8))
    let dnstap = try decode(unknown + payload(message(unknown + Proto.number(16, 3))))
    #expect(dnstap.type == .resolverResponse)
    #expect(try decode(payload(Proto.number(1, 1 << 40))).type?.rawValue == 1 << 40)
    #expect(try !decode(Proto.number(15, 2)).isMessage)
    #expect(try !decode([]).isMessage)
  }

  @Test func passesOverKnownFieldsOfTheWrongKind() throws {
    let dnstap = try decode(payload(Proto.octets(1, [4]) + Proto.number(14, 3)))
    #expect(dnstap.type == nil && dnstap.response == nil)
  }

  @Test func theLastOfRepeatedFieldsCounts() throws {
    let dnstap = try decode(payload(message(Proto.number(1, 8))) + Proto.octets(1, [88]))
    #expect(dnstap.type == .forwarderResponse)
    #expect(dnstap.identity?.count == 1)
  }

  @Test(arguments: [(1, true), (2, true), (3, false), (4, true), (5, true), (6, true), (9, true)])
  func onlyAPassedAnswerIsWhatTheServerSaid(action: UInt64, isRewritten: Bool) throws {
    let policy = Proto.octets(1, Array("RPZ".utf8)) + Proto.number(3, action) + Proto.number(4, 2)
    let dnstap = try decode(payload(message(Proto.octets(15, policy))))
    #expect(dnstap.policy == (isRewritten ? .rewritten : .none))
  }

  @Test func aPolicyWithoutActionCountsAsRewriting() throws {
    let dnstap = try decode(payload(message(Proto.octets(15, Proto.octets(1, [65])))))
    #expect(dnstap.policy == .rewritten)
  }

  @Test func refusesEveryPayloadThatIsCut() throws {
    let octets = payload(message(Proto.octets(15, Proto.number(3, 3))))
    for length in 0..<octets.count {
      // A cut between two fields leaves a shorter payload, which is none that says it is a message.
      let cut = Array(octets.prefix(length))
      if let dnstap = try? decode(cut) { #expect(!dnstap.isMessage) }
    }
  }

  @Test func refusesDamage() {
    #expect(throws: ProtobufError.truncated) { try decode([0x72, 5, 1]) }
    #expect(throws: ProtobufError.truncated) { try decode(payload([0x72, 0x7F])) }
    #expect(throws: ProtobufError.badWireType) { try decode(payload([0x0B])) }
    #expect(throws: ProtobufError.badFieldNumber) { try decode([0, 1]) }
    let endless = [UInt8](repeating: 0xFF, count: 11)
    #expect(throws: ProtobufError.badVarint) { try decode([8] + endless) }
  }
}
