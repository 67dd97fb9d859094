import DNSWire
import Testing

struct RDataParserTests {
  /// How BIND, ldns, dnspython, wdns and people write the same rdata.
  @Test(arguments: [
    (RRType.a, " 192.0.2.1\t", "c0000201"), (.a, "\\# 4 c0000201", "c0000201"),
    (.a, "\\# 4 C0 00 02 01 ", "c0000201"), (.a, "\\#\t4 c000 0201\r\n", "c0000201"),
    (.aaaa, "2001:DB8:0:0::1", "20010db8000000000000000000000001"),
    (.ns, "NS1.Example", "036e7331076578616d706c6500"),
    (.ns, "ns1.example.", "036e7331076578616d706c6500"),
    (.ns, "\\# 5 0358595A00", "0378797a00"), (.ns, "a\\.b.e", "03612e62016500"),
    (.ns, "a\\032\\;b.e.", "0461203b62016500"), (.ns, "a\\ b.e.", "03612062016500"),
    (.ns, "a\"b.e.", "03612262016500"), (.ns, "\"b.e.", "022262016500"), (.ns, "\\#.", "012300"),
    (.mx, "10\t Mail.E", "000a046d61696c016500"),
    (
      .soa, "NS.e. h.e. 1 1h 1H30m 1w2D 0",
      "026e7301650001680165000000000100000e1000001518000bdd8000000000"
    ),
    (.txt, "v=spf1 -all", "06763d73706631042d616c6c"), (.txt, "\"a\"\"b\"", "01610162"),
    (.txt, "\"a;b\" \"\"", "03613b6200"), (.txt, "a\\;\\065\\\"", "04613b4122"),
    (.hinfo, "PC Linux", "025043054c696e7578"), (.spf, "\"\\\\ \"", "025c20"),
    (.caa, "0 \"issue\" \"ca.e\"", "0005697373756563612e65"),
    (.caa, "0 issue ca.e", "0005697373756563612e65"),
    (.ds, "12345 ECDSAP256SHA256 2 49fd AC", "30390d0249fdac"),
    (.ds, "12345\t13  2 49FDAC ;comment", "30390d0249fdac"),
    (.dnskey, "257 3 13 mds swQ==", "0101030d99db2cc1"),
    (.dnskey, "257 3 13 mdsswQ== ;{id = 2371 (ksk), size = 256b}", "0101030d99db2cc1"),
    (.dnskey, "257 3 13 mdsswQ", "0101030d99db2cc1"),
    (
      .rrsig, "TYPE1 13 2 300 20240101000000 1701388800 12345 E. YW Jj",
      "00010d020000012c6592008065692200303901650061 6263"
    ),
    (
      .nsec, "Next.E. NS A aaaa TYPE65534",
      "044e657874014500 0004 60000008 ff20 \(String(repeating: "0", count: 62))02"
    ),
    (.nsec3, "1 1 12 AABBCCDD  04hkaps9  A", "0101000c04aabbccdd050123456789 0001 40"),
    (.nsec3, "1 0 0 - 04hkaps9", "0100000000050123456789"),
    (.tlsa, "3 1 1 0b9 F", "0301010b9f"), (.cert, "1 1 8 YWJj", "0001000108616263"),
    (.cert, "pkix 1 rsasha256 YWJj", "0001000108616263"),
    (.cert, "IPGP 0 NSEC3RSASHA1 YWJj", "0006000007616263"),
    (.loc, "51 30 12.748 N 00 07 39.612 W 0m 0.00m 0m 0m", "00000000 8b0d2c8c 7ff8fca4 00989680"),
    (.loc, "0 N 0 E 1", "00121613 80000000 80000000 009896e4"),
    (.loc, "1 2 s 3 w -1.5m 2000m", "00251613 7fc73cc0 7f5b3480 009895ea"),
    (.svcb, "1 S port=53 alpn=h2,h3", "0001015300 00010006026832026833 000300020035"),
    (.svcb, "1 S alpn=\"h2,h3\" key3=\\000\\053", "0001015300 00010006026832026833 000300020035"),
    (.svcb, "1 . PORT=\"53\" mandatory=\"port\"", "000100 000000020003 000300020035"),
    (.svcb, "1 . dohpath=/q{?dns}", "000100 00070008 2f717b3f646e737d"),
    (.svcb, "1 . docpath=dns,q", "000100 000a0006 03646e730171"),
    (.svcb, "1 . docpath", "000100 000a0000"), (.svcb, "1 . ohttp", "000100 00080000"),
    (.svcb, "1 . tls-supported-groups=29,23", "000100 00090004 001d0017"),
    (.svcb, "1 . echconfig=YWJj", "000100 00050003616263"),
    (.svcb, "1 . alpn=\"f\\\\\\\\oo\\\\,bar,h2\"", "000100 0001000c 08665c6f6f2c626172 026832"),
    (.svcb, "1 . no-default-alpn alpn=h2", "000100 00010003026832 00020000"),
    (.l64, "10 2001:DB8:0:1", "000a 20010db800000001"),
    (.eui48, "00-00-5E-00-53-2A", "00005e00532a"),
    (.dsync, "CDS NOTIFY 5300 s.", "003b0114b4017300"), (.amtrelay, "0 0 0 .", "0000"),
    (.csync, "66 3", "000000420003"), (RRType(rawValue: 65280), "\\# 0", ""),
    // Malformed rdata of a known type is kept in RFC 3597 form only.
    (.a, "\\# 1 00", "00"), (.mx, "\\# 3 000A58", "000a58"),
  ])
  func reads(type: RRType, text: String, wire: String) throws {
    let octets = try RDataParser.octets(text, type: type)
    #expect(octets == hexOctets(wire))
    // What was read is canonical, so it reads back the same from RFC 3597 form.
    let digits = octets.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
    let generic = "\\# \(octets.count) \(digits.joined())"
    #expect(try RDataParser.octets(generic, type: type) == octets)
  }

  @Test(arguments: [
    (RRType.a, "", RDataTextError.missingField), (.a, "192.0.2", .badAddress),
    (.a, "192.0.2.1 x", .extraField), (.a, "\\#", .missingField), (.a, "\\# x", .badNumber),
    (.a, "\\# 4 c00002", .wrongLength), (.a, "\\# 3 c0000201", .wrongLength),
    (.a, "\\# 1 c", .badHex), (.a, "\\# 1 zz", .badHex), (.a, "\\# 65536 00", .badNumber),
    (.aaaa, "192.0.2.1", .badAddress),
    (.ns, "", .missingField),
    (.ns, "a..b", .badName(.emptyLabel)),
    (.ns, "a b", .extraField), (.ns, "a\\256", .badName(.badEscape)), (.ns, "a\\", .badEscape),
    (.ns, String(repeating: "a", count: 64), .badName(.labelTooLong)),
    (.ns, String(repeating: "a.", count: 128), .badName(.nameTooLong)),
    (.mx, "10", .missingField), (.mx, "65536 a", .badNumber), (.mx, "-1 a", .badNumber),
    (.mx, "1x a", .badNumber), (.soa, "a. b. 1 2 3 4", .missingField),
    (.soa, "a. b. 4294967296 2 3 4 5", .badNumber), (.soa, "a. b. 1 9999w 3 4 5", .badNumber),
    (.soa, "a. b. 1 2x 3 4 5", .badNumber), (.soa, "a. b. 1 h 3 4 5", .badNumber),
    (.txt, "", .missingField), (.txt, "\"a", .unterminatedQuote), (.txt, "\"\\300\"", .badEscape),
    (.txt, "\"\\1x\"", .badEscape), (.txt, String(repeating: "x", count: 256), .stringTooLong),
    (.hinfo, "\"a\"", .missingField),
    (.hinfo, "a b c", .extraField),
    (.caa, "0 is-sue \"x\"", .malformed),
    (.uri, "1 1 \"\"", .malformed), (.ds, "1 8 2", .malformed), (.ds, "1 8 2 abc", .badHex),
    (.ds, "1 NONE 2 ab", .badNumber),
    (.dnskey, "1 3 8 a", .badBase64),
    (.dnskey, "1 3 8 YWJj====", .badBase64),
    (.dnskey, "1 3 8 YQ=a", .badBase64), (.rrsig, "A 8 2 3 20241301000000 1 1 . YQ==", .badTime),
    (.rrsig, "A 8 2 3 20230229000000 1 1 . YQ==", .badTime),
    (.rrsig, "A 8 2 3 20240101240000 1 1 . YQ==", .badTime),
    (.rrsig, "A 8 2 3 21070101000000 1 1 . YQ==", .badTime),
    (.rrsig, "A 8 2 3 4294967296 1 1 . YQ==", .badTime),
    (.rrsig, "QQ 8 2 3 1 1 1 . YQ==", .badType), (.nsec, ". A QQ", .badType),
    (.nsec3, "1 0 0 - 0w", .badBase32),
    (.nsec3, "1 0 0 - 000", .badBase32),
    (.nsec3, "1 0 0 abc 04", .badHex),
    (.svcb, "1 . port", .badServiceParameter), (.svcb, "1 . port=x", .badServiceParameter),
    (.svcb, "1 . port=1 port=1", .badServiceParameter), (.svcb, "1 . foo=1", .badServiceParameter),
    (.svcb, "1 . key65535=a", .badServiceParameter), (.svcb, "1 . key01=a", .badServiceParameter),
    (.svcb, "1 . alpn=h2,,h3", .badServiceParameter), (.svcb, "1 . ipv4hint=::1", .badAddress),
    (.svcb, "1 . ech=?", .badBase64), (.svcb, "1 . mandatory=alpn", .malformed),
    (.svcb, "1 . no-default-alpn", .malformed),
    (.svcb, "1 . no-default-alpn=x alpn=h2", .badServiceParameter),
    (.svcb, "1 . alpn=\"h2", .unterminatedQuote), (.loc, "91 N 0 E 0m", .badLocation),
    (.loc, "0 N 181 E 0m", .badLocation), (.loc, "0 60 N 0 E 0m", .badLocation),
    (.loc, "0 0 0.0001 N 0 E 0m", .badLocation), (.loc, "0 E 0 N 0m", .badLocation),
    (.loc, "99999999999999 N 0 E 0m", .badLocation), (.loc, "0 N 0 E", .missingField),
    (.loc, "0 N 0 E 99999999m", .badLocation), (.eui48, "00-00-5e-00-53", .badAddress),
    (.eui48, "0-00-5e-00-53-2a", .badAddress),
    (.l64, "1 1:2:3", .badAddress),
    (.l64, "1 1:2:3:4:5", .badAddress),
    (.ipseckey, "1 4 1 . YQ==", .badNumber), (.ipseckey, "1 0 1 x YQ==", .badAddress),
    (.apl, "3:1.2.3.4/8", .badAddress),
    (.apl, "1:1.2.3.4", .badAddress),
    (.apl, "1:1.2.3.4/33", .badNumber),
    (.a6, "0 2001:db8::1", .noTextForm), (RRType(rawValue: 65280), "0a", .noTextForm),
  ])
  func refuses(type: RRType, text: String, error: RDataTextError) {
    var out: [UInt8] = [7]
    let octets = Array(text.utf8)
    #expect(throws: error) { try RDataParser.parse(octets.span, type: type, into: &out) }
    #expect(out == [7])
  }

  @Test func refusesMoreThanRDataCanHold() {
    let string = "\"\(String(repeating: "x", count: 255))\" "
    let long = Array(String(repeating: string, count: 257).utf8)
    var out: [UInt8] = []
    #expect(throws: RDataTextError.tooLong) {
      try RDataParser.parse(long.span, type: .txt, into: &out)
    }
  }
}
