import Crypto
import D4Wire
import Testing

struct D4KeyTests {
  @Test func takesOneToAHundredOctets() throws {
    #expect(throws: D4KeyError.empty) { try D4Key(octets: []) }
    let longest = [UInt8](repeating: 0x6B, count: 100)
    #expect(try D4Key(octets: longest).octets == longest)
    #expect(throws: D4KeyError.tooLong) { try D4Key(octets: longest + [0x6B]) }
  }

  @Test func refusesOctetsOfWhichClientsMakeDifferentKeys() {
    for octet: UInt8 in [0x0D, 0x0A, 0x00] {
      #expect(throws: D4KeyError.controlOctet) { try D4Key(octets: [0x61, octet, 0x62]) }
      #expect(throws: D4KeyError.controlOctet) { try D4Key(octets: [0x61, octet]) }
    }
  }

  @Test func readsAFileAsTheGoClientDoes() throws {
    func read(_ text: String) throws -> String {
      String(decoding: try D4Key(file: Array(text.utf8)).octets, as: UTF8.self)
    }
    #expect(try read("abc") == "abc")
    #expect(try read("abc\n") == "abc")
    #expect(try read("abc\r\n") == "abc")
    #expect(try read(" abc ") == " abc ", "blanks belong to the key")
    let hundred = String(repeating: "k", count: 100)
    #expect(try read(hundred + "\n") == hundred)
    #expect(try read(hundred + "more") == hundred)
    #expect(throws: D4KeyError.controlOctet) { try read("abc\n\n") }
    #expect(throws: D4KeyError.empty) { try read("\n") }
  }

  @Test func knowsTheSampleKey() throws {
    #expect(Sample.key.isSample)
    #expect(!Sample.key("private key to change it").isSample)
  }

  @Test func comparesWhole() {
    #expect(Sample.key("abc") == Sample.key("abc"))
    #expect(Sample.key("abc") != Sample.key("abd"))
    #expect(Sample.key("abc") != Sample.key("abcd"))
  }

  /// Below, at and beyond the block of the hash function.
  @Test(arguments: [1, 21, 63, 64, 65, 100]) func codeIsHMACWithTheFieldZero(_ octets: Int) throws {
    let secret = [UInt8](repeating: 0x5A, count: octets)
    let key = try D4Key(octets: secret)
    let packet = Sample.packet("some payload", key: key)
    var zeroed = packet
    for index in 26..<58 { zeroed[index] = 0 }
    let code = HMAC<SHA256>.authenticationCode(for: zeroed, using: SymmetricKey(data: secret))
    #expect(Array(packet[26..<58]) == Array(code))
  }

  /// The C client takes a carriage return at the end of its key file for a part of the key.
  @Test(arguments: ["abc", "abc\r"]) func aCarriageReturnMakesAnotherKey(_ secret: String) {
    let key = Sample.key("abc")
    var packet = Sample.packet(key: key)
    for index in 26..<58 { packet[index] = 0 }
    let code = HMAC<SHA256>.authenticationCode(
      for: packet, using: SymmetricKey(data: Array(secret.utf8)))
    packet.replaceSubrange(26..<58, with: Array(code))
    let found = SessionRun.read(packet, SessionRun(admission: .key(key)))
    let taken = SessionRun.Found.payload(.passivedns, Array(Sample.line.utf8))
    #expect(found == [secret == "abc" ? taken : .refused(.hmac)])
  }

  @Test func refusesAPayloadOfAnotherLength() {
    let packet = Sample.packet("abc")
    let header = Sample.header(of: packet)
    for (text, isWanted) in [("abc", true), ("abcd", false), ("ab", false)] {
      let isAuthentic = Sample.key.authenticates(header, payload: Array(text.utf8).span)
      #expect(isAuthentic == isWanted)
    }
  }
}
