import DNSWire
import Testing

/// Texts and numbers in memory that was made room for.
struct OutputTextTests {
  @Test(arguments: [0, 9, 10, 99, 100, 101, 999, 1_000, 4_294_967_295, UInt64.max])
  func writesNumbers(_ number: UInt64) {
    var out = Array("=".utf8)
    ASCII.appendDecimal(number, to: &out)
    #expect(String(decoding: out, as: UTF8.self) == "=\(number)")
  }

  @Test func writesNumbersOfEveryLength() {
    var power: UInt64 = 1
    for _ in 0..<20 {
      for number in [power - 1, power, power + 1, power &* 7] {
        var out: [UInt8] = []
        ASCII.appendDecimal(number, to: &out)
        #expect(String(decoding: out, as: UTF8.self) == "\(number)")
      }
      power &*= 10
    }
  }

  @Test func writesTextsBehindEachOther() {
    var out = Array("a".utf8)
    out.append(addingCapacity: 6) { text in
      text.append("bc")
      text.appendDecimal(12)
      text.append("")
      text.append("de")
    }
    #expect(String(decoding: out, as: UTF8.self) == "abc12de")
  }

  @Test func stopsWhereThereIsNoRoom() async {
    await #expect(processExitsWith: .failure) {
      var out: [UInt8] = []
      out.append(addingCapacity: 3) { text in
        text.append("ab")
        text.append("cd")
      }
    }
  }

  @Test func stopsWhereThereIsNoRoomForANumber() async {
    await #expect(processExitsWith: .failure) {
      var out: [UInt8] = []
      out.append(addingCapacity: 3) { $0.appendDecimal(1_000) }
    }
  }
}
