import DNSWire
import Testing

/// Hexadecimal digits as octets.
struct HexadecimalTests {
  @Test(
    arguments: [("", []), ("00ff", [0, 0xFF]), ("AbCd09", [0xAB, 0xCD, 9])] as [(String, [UInt8])])
  func readsDigitsOfEitherCase(_ text: String, _ octets: [UInt8]) {
    #expect(ASCII.octets(hexadecimal: Array(text.utf8).span) == octets)
  }

  @Test(arguments: ["a", "abc", "0g", "g0", " 00", "0x00", "00 ", "\u{FF10}0", "-1"])
  func refusesEverythingElse(_ text: String) {
    #expect(ASCII.octets(hexadecimal: Array(text.utf8).span) == nil)
  }
}
