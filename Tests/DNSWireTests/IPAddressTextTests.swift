import DNSWire
import Testing
import TidemarkTesting

struct IPAddressTextTests {
  private func parse(_ text: String) -> IPAddressText.Address? {
    let octets = Array(text.utf8)
    return IPAddressText.parse(octets.span)
  }

  private func text(_ address: IPAddressText.Address) -> String {
    var out: [UInt8] = []
    IPAddressText.append(address, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// The second is RFC 5952 text of the first.
  @Test(arguments: [
    ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
    ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("::", "::"), ("::1", "::1"), ("1::", "1::"),
    ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
    ("2001:db8:0:0:0:1:0:0", "2001:db8::1:0:0"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
    ("::ffff:c000:201", "::ffff:192.0.2.1"), ("::FFFF:192.0.2.1", "::ffff:192.0.2.1"),
    ("::192.0.2.1", "::c000:201"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
    ("1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"), ("0:0:0:0:0:0:0:0", "::"),
    ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
  ])
  func writesShortestForm(input: String, expected: String) throws {
    let address = try #require(parse(input))
    #expect(text(address) == expected)
    #expect(parse(expected) == address)
  }

  @Test(arguments: [
    "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.04", "1..2.3", "1.2.3.4 ",
    "1.2.3.", ".1.2.3", "1.2.3.-4", ":", ":::", "1:", ":1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
    "1::2::3", "::12345", "::g", "1:2:3:4:5:6:7:192.0.2.1", "::192.0.2", "fe80::1%eth0", "::1/128",
    "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "[::1]", "192.0.2.1::",
  ])
  func refusesOtherText(input: String) {
    #expect(parse(input) == nil)
  }

  @Test func readsBackRandomAddresses() {
    var generator = SeededGenerator(seed: 5952)
    for _ in 0..<20_000 {
      var value: UInt128 = 0
      for _ in 0..<8 {
        let groups: [UInt128] = [0, 0, 1, UInt128(generator.next() & 0xFFFF)]
        value = value << 16 | groups[Int(generator.next() % 4)]
      }
      for address in [IPAddressText.Address.v6(value), .v4(UInt32(truncatingIfNeeded: value))] {
        #expect(parse(text(address)) == address)
        var octets: [UInt8] = []
        address.appendOctets(to: &octets)
        var out: [UInt8] = []
        let isAddress = IPAddressText.append(octets: octets.span, to: &out)
        #expect(isAddress)
        #expect(String(decoding: out, as: UTF8.self) == text(address))
      }
    }
  }
}
