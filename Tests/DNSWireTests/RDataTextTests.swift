import DNSWire
import Testing

struct RDataTextTests {
  private func canonical(_ rdata: [UInt8], _ type: RRType) -> [UInt8] {
    var out: [UInt8] = []
    RDataSchema.appendCanonical(rdata.span, type: type, to: &out)
    return out
  }

  @Test(arguments: RDataExample.all)
  func writesBothDialects(example: RDataExample) {
    #expect(RDataText.string(example.octets, type: example.type, style: .master) == example.master)
    #expect(RDataText.string(example.octets, type: example.type, style: .dnsdb) == example.dnsdb)
  }

  @Test(arguments: RDataExample.all)
  func readsItsOwnText(example: RDataExample) throws {
    let expected = canonical(example.octets, example.type)
    for style in [RDataTextStyle.master, .dnsdb, .circl] {
      let text = RDataText.string(example.octets, type: example.type, style: style)
      #expect(try RDataParser.octets(text, type: example.type) == expected)
      // Canonical rdata is a fixed point of both ways.
      let again = RDataText.string(expected, type: example.type, style: style)
      #expect(try RDataParser.octets(again, type: example.type) == expected)
    }
  }

  @Test(arguments: [
    (RRType.ns, "036e7331016500", "ns1.e"), (.mx, "000a 016d016500", "10 m.e"),
    (
      .soa, "0161016500 0162016500 00000001 00000002 00000003 00000004 00000005",
      "a.e b.e 1 2 3 4 5"
    ),
    (.ns, "00", "."), (.mx, "0000 00", "0 ."), (.svcb, "0001 015300", "1 S"),
    (.caa, "00 05 6973737565 63612e65", "0 issue \"ca.e\""),
  ])
  func leavesOutFinalDotsForCIRCL(type: RRType, wire: String, text: String) {
    #expect(RDataText.string(hexOctets(wire), type: type, style: .circl) == text)
  }

  @Test(arguments: [
    (RRType.a, "c00002"), (.a, "c000020100"), (.aaaa, "c0000201"), (.ns, ""), (.ns, "0161"),
    (.ns, "00 00"), (.ns, "c00c"), (.cname, "40 61"), (.mx, "000a"), (.mx, "000a 0161 00 00"),
    (.txt, ""), (.txt, "02 61"), (.txt, "01 61 05"), (.hinfo, "0161"), (.soa, "00 00 00000001"),
    (.srv, "0001 0002 0003"), (.caa, "00 00 61"), (.caa, "00 01 2d"), (.uri, "0001 0001"),
    (.ds, "0001 08 02"), (.dnskey, "0100 03 08"), (.eui48, "0000000000"), (.loc, "01 000000"),
    (.nsec, "00 0001"), (.nsec, "00 0000"), (.nsec, "00 0001 00"), (.nsec, "00 0001 40 0001 40"),
    (.nsec, "00 0021 \(String(repeating: "01", count: 33))"), (.nsec3, "01 00 0000 00 00"),
    (.nsec3, "01 00 0000 05 00"), (.rrsig, "0001 0d 02"), (.tlsa, "03 01 01"),
    (.hip, "00 02 0001 61"), (.ipseckey, "0a 04 02 61"), (.apl, "0003 01 00"),
    (.apl, "0001 08 02 0a00"), (.apl, "0001 21 00"),
    // Service parameters: order, repetition, lengths, consistency, the reserved key.
    (.svcb, "0001 00 0003 0002 0035 0001 0003 026832"),
    (.svcb, "0001 00 0003 0002 0035 0003 0002 0035"),
    (.svcb, "0001 00 0003 0001 35"),
    (.svcb, "0001 00 0001 0000"),
    (.svcb, "0001 00 0001 0002 0568"),
    (.svcb, "0001 00 0001 0001 00"),
    (.svcb, "0001 00 0004 0000"),
    (.svcb, "0001 00 0004 0003 c00002"),
    (.svcb, "0001 00 0006 0004 20010db8"),
    (.svcb, "0001 00 0002 0000"),
    (.svcb, "0001 00 0005 0000"),
    (.svcb, "0001 00 0000 0002 0003"),
    (.svcb, "0001 00 0000 0002 0000"),
    (.svcb, "0001 00 0000 0001 00"),
    (.svcb, "0001 00 0000 0004 0003 0003 0003 0002 0035"), (.svcb, "0001 00 ffff 0000"),
    (.svcb, "0001 00 0003 0002"),
  ])
  func writesMalformedRDataInGenericForm(type: RRType, wire: String) throws {
    let octets = hexOctets(wire)
    let isWellFormed = RDataSchema.isWellFormed(octets.span, type: type)
    #expect(!isWellFormed)
    for style in [RDataTextStyle.master, .dnsdb, .circl] {
      let text = RDataText.string(octets, type: type, style: style)
      #expect(text.hasPrefix("\\# \(octets.count)"))
      #expect(try RDataParser.octets(text, type: type) == octets)
    }
  }

  @Test func lowersTheNamesOfRFC4034Only() {
    let name = "0358595a00"
    let lowered = "0378797a00"
    let cases: [(RRType, String)] = [
      (.ns, "@"), (.md, "@"), (.mf, "@"), (.cname, "@"), (.mb, "@"), (.mg, "@"), (.mr, "@"),
      (.ptr, "@"), (.dname, "@"), (.minfo, "@@"), (.rp, "@@"), (.mx, "0001@"), (.afsdb, "0001@"),
      (.rt, "0001@"), (.kx, "0001@"), (.px, "0001@@"), (.srv, "000100010001@"),
      (.soa, "@@0000000100000002000000030000000400000005"), (.nxt, "@42"),
      (.naptr, "00010001014101420143@"), (.a6, "80@"), (.a6, "7f01@"),
      (.sig, "000105020000012c65920080000000003039@4142"),
      (.rrsig, "000105020000012c65920080000000003039@4142"),
    ]
    for (type, pattern) in cases {
      let sent = hexOctets(pattern.replacing("@", with: name))
      #expect(canonical(sent, type) == hexOctets(pattern.replacing("@", with: lowered)), "\(type)")
    }
    let kept: [(RRType, String)] = [
      (.nsec, "@"), (.svcb, "0001@"), (.https, "0001@"), (.hinfo, "01410142"), (.lp, "0001@"),
      (.ipseckey, "0a0302@41"), (.hip, "010200014142@"), (.txt, "0141"), (.amtrelay, "0a03@"),
      (.dsync, "003b0114eb@"), (RRType(rawValue: 65280), "@"), (.mx, "0001@00"),
    ]
    for (type, pattern) in kept {
      let sent = hexOctets(pattern.replacing("@", with: name))
      #expect(canonical(sent, type) == sent, "\(type)")
    }
  }

  @Test func appendsAfterWhatIsThere() {
    var out: [UInt8] = Array("rdata=".utf8)
    let malformed: [UInt8] = [0, 1]
    RDataText.append(malformed.span, type: .mx, style: .master, to: &out)
    #expect(String(decoding: out, as: UTF8.self) == "rdata=\\# 2 0001")
  }
}
