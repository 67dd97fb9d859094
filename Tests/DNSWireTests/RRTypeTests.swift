import DNSWire
import Testing

struct RRTypeTests {
  @Test(arguments: [
    (RRType.a, "A"), (.ns, "NS"), (.aaaa, "AAAA"), (.nsec3param, "NSEC3PARAM"),
    (.openpgpkey, "OPENPGPKEY"), (.https, "HTTPS"), (.uri, "URI"), (.dlv, "DLV"),
    (.any, "ANY"), (RRType(rawValue: 23), "NSAP-PTR"), (RRType(rawValue: 128), "NXNAME"),
    (RRType(rawValue: 0), "TYPE0"), (RRType(rawValue: 54), "TYPE54"),
    (RRType(rawValue: 300), "TYPE300"), (RRType(rawValue: 32770), "TYPE32770"),
    (RRType(rawValue: 65535), "TYPE65535"),
  ])
  func writesMnemonics(type: RRType, text: String) {
    #expect(type.description == text)
    var out: [UInt8] = [1]
    type.appendMnemonic(to: &out)
    #expect(out == [1] + Array(text.utf8))
    #expect(RRType(mnemonic: text) == type)
  }

  @Test func readsBackEveryType() {
    for number in UInt16.min...UInt16.max {
      let type = RRType(rawValue: number)
      #expect(RRType(mnemonic: type.mnemonic) == type)
      #expect(RRType(mnemonic: type.mnemonic.lowercased()) == type)
    }
  }

  @Test(arguments: [
    ("aAaA", RRType.aaaa), ("Type28", .aaaa), ("28", .aaaa), ("TYPE1", .a),
    ("0", RRType(rawValue: 0)),
    ("TYPE00257", .caa), ("nsap-ptr", RRType(rawValue: 23)),
  ])
  func readsOtherSpellings(text: String, type: RRType) {
    #expect(RRType(mnemonic: text) == type)
  }

  @Test(arguments: [
    "", "TYPE", "TYPEX", "TYPE65536", "65536", "TYPE-1", "+1", "AA", "TYPE1 ", " A", "TYPE000001",
    "NSEC3PARAMETERSXX", "@", "TYPE0x1",
  ])
  func refusesOtherText(text: String) {
    #expect(RRType(mnemonic: text) == nil)
  }
}
