import Crypto
import DNSWire
import Testing
import TidemarkCollectors
import TidemarkIngest

/// Zone transfers, message by message, with a server that lives in the test.
struct TransferSessionTests {
  private static let now: UInt64 = 1_700_000_000
  private static let zone = [7] + Array("example".utf8) + [3] + Array("com".utf8) + [0]
  private static let secret = Array("0123456789abcdef0123456789abcdef".utf8)
  private static let name = [1] + Array("k".utf8) + [0]

  private func session(isSigned: Bool) throws -> TransferSession {
    let key = TSIGKey(name: try DomainName(text: "k"), algorithm: .sha256, secret: Self.secret)
    return TransferSession(
      zone: try DomainName(text: "example.com"), id: 0x1234, key: isSigned ? key : nil,
      time: Self.now)
  }

  private func record(_ label: String, type: UInt8, _ rdata: [UInt8]) -> [UInt8] {
    let owner = label.isEmpty ? [] : [UInt8(label.utf8.count)] + Array(label.utf8)
    return owner + Self.zone + [0, type, 0, 1, 0, 0, 0, 60, 0, UInt8(rdata.count)] + rdata
  }

  private func soa(serial: UInt8 = 9) -> [UInt8] {
    record("", type: 6, [0, 0, 0, 0, 0, serial] + Array(repeating: 0, count: 16))
  }

  private func message(_ records: [[UInt8]], rcode: UInt8 = 0, id: UInt16 = 0x1234) -> [UInt8] {
    [UInt8(id >> 8), UInt8(id & 255), 0x84, rcode, 0, 0, 0, UInt8(records.count), 0, 0, 0, 0]
      + records.joined()
  }

  /// The server's side of RFC 8945, written from its text and not from ours.
  private struct Signer {
    var lastMAC: [UInt8]
    var isFirst = true
    var pending: [UInt8] = []
    var time = TransferSessionTests.now
    var secret = TransferSessionTests.secret

    init(query: [UInt8]) {
      // The query ends with the MAC, original id, error and other length.
      lastMAC = Array(query.dropLast(6).suffix(32))
    }

    mutating func sign(_ message: [UInt8]) -> [UInt8] {
      let stamp = (0..<6).map { UInt8(truncatingIfNeeded: time >> (40 - 8 * $0)) } + [1, 44]
      let algorithm = [11] + Array("hmac-sha256".utf8) + [0]
      var text = [0, UInt8(lastMAC.count)] + lastMAC + pending + message
      text +=
        isFirst
        ? name + [0, 255, 0, 0, 0, 0] + algorithm + stamp + [0, 0, 0, 0] : stamp
      let mac = Array(
        HMAC<SHA256>.authenticationCode(for: text, using: SymmetricKey(data: secret)))
      let rdata = algorithm + stamp + [0, 32] + mac + message[0..<2] + [0, 0, 0, 0]
      lastMAC = mac
      isFirst = false
      pending = []
      var signed = message
      signed[11] += 1
      return signed + name + [0, 250, 0, 255, 0, 0, 0, 0, 0, UInt8(rdata.count)] + rdata
    }

    mutating func leave(_ message: [UInt8]) -> [UInt8] {
      pending += message
      return message
    }
  }

  /// Gives messages to a session; nil when it wants more after all of them.
  private func run(
    _ session: consuming TransferSession, _ messages: [[UInt8]], at time: UInt64 = now
  ) throws(TransferError) -> UInt64? {
    var out: [UInt8] = []
    for message in messages where try session.take(message, time: time, into: &out) {
      return session.records
    }
    return nil
  }

  /// The same, for sessions that a macro may not take.
  private func outcome(
    _ session: consuming TransferSession, _ messages: [[UInt8]]
  ) -> Result<UInt64?, TransferError> {
    do throws(TransferError) {
      return .success(try run(session, messages))
    } catch {
      return .failure(error)
    }
  }

  @Test func takesATransferOfSeveralMessages() throws {
    let a = record("a", type: 1, [192, 0, 2, 1])
    for messages in [
      [message([soa(), a, soa()])], [message([soa()]), message([a]), message([a, soa()])],
    ] {
      #expect(try run(session(isSigned: false), messages) == (messages.count == 1 ? 3 : 4))
    }
    #expect(try run(session(isSigned: false), [message([soa(), a])]) == nil)
  }

  @Test func refusesWhatIsNoTransfer() throws {
    let a = record("a", type: 1, [192, 0, 2, 1])
    let bad: [([[UInt8]], TransferError)] = [
      ([message([a])], .notATransfer("there is no SOA record in front")),
      ([message([])], .notATransfer("there is no SOA record in front")),
      ([message([soa(), soa(), a])], .notATransfer("records follow the last SOA record")),
      ([message([soa(), soa(serial: 8)])], .notATransfer("the zone changed during the transfer")),
      ([message([soa()], id: 1)], .notATransfer("a message is no answer to our query")),
      ([message([], rcode: 5)], .refused(rcode: 5)), ([[0, 1]], .badMessage("short-header")),
      ([message([soa(), Array(a.dropLast())])], .badMessage("truncated-message")),
    ]
    for (messages, error) in bad {
      #expect(throws: error) { try run(session(isSigned: false), messages) }
    }
  }

  @Test func verifiesSignaturesAcrossMessages() throws {
    let a = message([record("a", type: 1, [192, 0, 2, 1])])
    let session = try session(isSigned: true)
    var signer = Signer(query: session.query)
    var messages = [signer.sign(message([soa()]))]
    for number in 0..<99 { messages.append(number == 50 ? signer.sign(a) : signer.leave(a)) }
    messages.append(signer.sign(message([soa()])))
    let result = outcome(session, messages)
    #expect(result == .success(101))
  }

  @Test func refusesTheHundredthUnsignedMessage() throws {
    let a = message([record("a", type: 1, [192, 0, 2, 1])])
    let session = try session(isSigned: true)
    var signer = Signer(query: session.query)
    var messages = [signer.sign(message([soa()]))]
    for _ in 0..<100 { messages.append(signer.leave(a)) }
    let result = outcome(session, messages)
    #expect(result == .failure(.tsig("an unsigned message")))
  }

  @Test func refusesUnsignedFirstAndLastMessages() throws {
    let result = outcome(try session(isSigned: true), [message([soa(), soa()])])
    #expect(result == .failure(.tsig("an unsigned message")))
    let other = try session(isSigned: true)
    var signer = Signer(query: other.query)
    let first = signer.sign(message([soa()]))
    let last = outcome(other, [first, message([soa()])])
    #expect(last == .failure(.tsig("an unsigned last message")))
  }

  @Test func refusesEveryChangedOctet() throws {
    let session = try session(isSigned: true)
    var signer = Signer(query: session.query)
    let good = signer.sign(message([soa(), record("a", type: 1, [192, 0, 2, 1]), soa()]))
    #expect(try run(self.session(isSigned: true), [good]) == 3)
    for at in good.indices {
      var bad = good
      bad[at] ^= 1
      #expect(throws: TransferError.self, "octet \(at)") {
        try run(self.session(isSigned: true), [bad])
      }
    }
  }

  @Test func refusesOtherSecretsAndOldSignatures() throws {
    let session = try session(isSigned: true)
    var signer = Signer(query: session.query)
    signer.secret[0] ^= 1
    let forged = signer.sign(message([soa(), soa()]))
    let result = outcome(session, [forged])
    #expect(result == .failure(.tsig("a wrong signature")))
    var honest = Signer(query: try self.session(isSigned: true).query)
    let good = honest.sign(message([soa(), soa()]))
    #expect(throws: TransferError.tsig("a signature 301 s away from this clock")) {
      try run(self.session(isSigned: true), [good], at: Self.now + 301)
    }
    #expect(try run(self.session(isSigned: true), [good], at: Self.now + 300) == 2)
  }

  @Test(arguments: [
    "key \"K.\" {\n  algorithm hmac-sha256; // c\n  secret \"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\";\n};\n",
    "k HMAC-SHA256. MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n",
    "# comment\nk hmac-sha256 MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
  ])
  func readsKeys(_ text: String) throws {
    let key = try TSIGKey(parsing: text)
    #expect(key.name == (try DomainName(text: "k")))
    #expect(key.algorithm == .sha256)
    let session = TransferSession(
      zone: try DomainName(text: "example.com"), id: 0x1234, key: key, time: Self.now)
    #expect(session.query == (try self.session(isSigned: true)).query)
  }

  @Test(arguments: [
    ("", TSIGKey.ParseError.malformed), ("k hmac-sha256", .malformed),
    ("key \"k\" { secret \"YQ==\"; };", .malformed), ("k hmac-md5 YQ==", .badAlgorithm("hmac-md5")),
    ("a..b hmac-sha256 YQ==", .badName), ("k hmac-sha256 !!!", .badSecret),
  ])
  func refusesBrokenKeys(_ text: String, _ error: TSIGKey.ParseError) {
    #expect(throws: error) { try TSIGKey(parsing: text) }
  }

  @Test(arguments: [
    ("axfr://192.0.2.1/example.com", "192.0.2.1", UInt16(53), "example.com."),
    ("axfr://[2001:db8::1]:5353/.", "2001:db8::1", UInt16(5353), "."),
    ("AXFR://ns.example.net:54/Example.COM.", "ns.example.net", UInt16(54), "example.com."),
  ])
  func readsAddresses(_ url: String, _ host: String, _ port: UInt16, _ zone: String) throws {
    let request = try #require(ZoneTransfer.Request(url: url))
    #expect(request.host == host)
    #expect(request.port == port)
    #expect(request.zone.text(finalDot: true) == zone)
  }

  @Test(arguments: [
    "axfr://192.0.2.1", "axfr:///example.com", "axfr://a:x/b", "axfr://a:0/b", "http://a/b",
    "axfr://a/", "axfr://a:70000/b",
  ])
  func refusesOtherAddresses(_ url: String) {
    #expect(ZoneTransfer.Request(url: url) == nil)
  }
}
