import TidemarkCompression
import Testing

/// Data made by zlib itself, through Python.
struct ZlibInflaterTests {
  private static func octets(_ digits: String) -> [UInt8] {
    let digits = Array(digits)
    return stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(digits[$0...$0 + 1]), radix: 16)
    }
  }

  /// `www.example.com. `, forty times.
  private static let packed = octets(
    """
      78da2b2f2fd74bad48cc2dc849d54bcecfd553281f151815187c020011ecf911
    """)
  private static let text = Array(String(repeating: "www.example.com. ", count: 40).utf8)

  /// A hundred thousand zeros.
  private static let bomb = octets(
    """
      78daedc13101000000c2a0f54f6d0d0fa000000000000000000000000000000000000000000000000000\
      000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
      000000000000000000000000000000000000000000000000000000000080570386af0001
    """)

  private func unpack(_ octets: [UInt8], _ octetsMax: Int) -> [UInt8]? {
    unsafe ZlibInflater.unpack(octets.span.bytes, octetsMax: octetsMax)
  }

  @Test func unpacksWhatZlibPacked() {
    #expect(unpack(Self.packed, Self.text.count) == Self.text)
    #expect(unpack(Self.packed, 1 << 20) == Self.text)
    #expect(unpack(Self.packed + [1, 2, 3], Self.text.count) == Self.text)
    #expect(unpack(Self.octets("789c030000000001"), 0) == [])
  }

  @Test func stopsAtTheLimit() {
    #expect(unpack(Self.bomb, 100_000)?.count == 100_000)
    #expect(unpack(Self.bomb, 99_999) == nil)
    #expect(unpack(Self.packed, Self.text.count - 1) == nil)
    #expect(unpack(Self.packed, 0) == nil)
  }

  @Test func refusesDataThatIsCutAnywhere() {
    for count in 0..<Self.packed.count {
      #expect(unpack(Array(Self.packed[..<count]), 1 << 20) == nil, "\(count)")
    }
  }

  @Test func refusesDamagedData() {
    var isRefused = 0
    for index in Self.packed.indices {
      var octets = Self.packed
      octets[index] ^= 0x55
      if unpack(octets, 1 << 20) != Self.text { isRefused += 1 }
    }
    #expect(isRefused == Self.packed.count)
  }
}
