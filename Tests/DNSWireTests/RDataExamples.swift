import DNSWire
import Testing

/// One rdata as each program family shows it.
struct RDataExample: Sendable, CustomTestStringConvertible {
  let type: RRType
  /// Wire form in hexadecimal, as sent.
  let wire: String
  let master: String
  let dnsdb: String

  init(_ type: RRType, _ wire: String, _ master: String, dnsdb: String? = nil) {
    self.type = type
    self.wire = wire.filter { $0 != " " }
    self.master = master
    self.dnsdb = dnsdb ?? master
  }

  var testDescription: String { "\(type) \(master)" }

  var octets: [UInt8] { hexOctets(wire) }

  static let all: [RDataExample] = plain + security + addresses

  private static let plain: [RDataExample] = [
    .init(.a, "c0000201", "192.0.2.1"),
    .init(.ns, "036e7331076578616d706c6503636f6d00", "ns1.example.com."),
    .init(.cname, "037777770665584d706c6503636f6d00", "www.eXMple.com."),
    .init(.ptr, "00", "."),
    .init(.dname, "036e6577076578616d706c6500", "new.example."),
    .init(.mb, "016d016500", "m.e."),
    .init(
      .soa,
      "036e7331016500 0b686f73742e6d6173746572016500 78a3f2c5 00001c20 00000e10 00127500 0000012c",
      "ns1.e. host\\.master.e. 2024010437 7200 3600 1209600 300"),
    .init(.hinfo, "025043 094c696e757820783836", "\"PC\" \"Linux x86\""),
    .init(.mx, "000a 046d61696c076578616d706c6503636f6d00", "10 mail.example.com."),
    .init(.mx, "0000 00", "0 ."),
    .init(
      .txt, "0b763d73706631202d616c6c 0374776f", "\"v=spf1 -all\" \"two\""),
    .init(.txt, "00", "\"\""),
    .init(.txt, "07 41225c3b0aff20", "\"A\\\"\\\\;\\010\\255 \""),
    .init(.spf, "0161", "\"a\""),
    .init(.rp, "046d626f78016500 03747874016500", "mbox.e. txt.e."),
    .init(.minfo, "0161016500 0162016500", "a.e. b.e."),
    .init(.afsdb, "0001 03616673016500", "1 afs.e."),
    .init(.rt, "000a 0172016500", "10 r.e."),
    .init(.px, "000a 0161016500 0162016500", "10 a.e. b.e."),
    .init(.x25, "0c333131303631373030393536", "\"311061700956\""),
    .init(.isdn, "0131", "\"1\""),
    .init(.isdn, "0131 0132", "\"1\" \"2\""),
    .init(.srv, "0005 000a 13c4 03736970016500", "5 10 5060 sip.e."),
    .init(
      .naptr, "0064 000a 0155 074532552b736970 10215e2e2a24217369703a6140622e6321 00",
      "100 10 \"U\" \"E2U+sip\" \"!^.*$!sip:a@b.c!\" ."),
    .init(.kx, "000a 026b78016500", "10 kx.e."),
    .init(
      .uri, "000a 0001 68747470733a2f2f6578616d706c652e636f6d2f3f2271",
      "10 1 \"https://example.com/?\\\"q\""),
    .init(.caa, "00 05 6973737565 63612e65", "0 issue \"ca.e\"", dnsdb: "0 \"issue\" \"ca.e\""),
    .init(.caa, "80 05 6973737565", "128 issue \"\"", dnsdb: "128 \"issue\" \"\""),
    .init(
      .https,
      """
      0001 0353766301650000 0100060268320268330003000220fb0004 0008c0000201c0000202 ff350003657831
      """.filter { $0 != "\n" },
      "1 Svc.e. alpn=\"h2,h3\" port=8443 ipv4hint=192.0.2.1,192.0.2.2 key65333=\"ex1\""),
    .init(.svcb, "0000 0674617267657400", "0 target."),
    .init(
      .svcb,
      """
      0001 00 0000 0004 00010003 0001 000a 05665c6f6f2c 03626172 0002 0000 0003 0002 0035
      0005 0003 616263 0006 0010 20010db8000000000000000000000001 029b 0000
      """.filter { $0 != "\n" },
      "1 . mandatory=alpn,port alpn=\"f\\\\\\\\oo\\\\,,bar\" no-default-alpn port=53 ech=YWJj "
        + "ipv6hint=2001:db8::1 key667",
      dnsdb:
        "1 . mandatory=alpn,port alpn=\"f\\\\\\\\oo\\\\,,bar\" no-default-alpn port=53 ech=YWJj "
        + "ipv6hint=2001:db8::1 key667=\"\""),
  ]

  /// Thirty-one octets before the last of a full bit map window.
  private static let zeros = String(repeating: "0", count: 62)

  private static let security: [RDataExample] = [
    .init(.ds, "3039 0d 02 49fdac", "12345 13 2 49FDAC"),
    .init(.cds, "0000 00 00 00", "0 0 0 00"),
    .init(.dlv, "3039 0d 02 49fdac", "12345 13 2 49FDAC", dnsdb: "\\# 7 30 39 0d 02 49 fd ac "),
    .init(.dnskey, "0101 03 0d 99db2cc1", "257 3 13 mdsswQ=="),
    .init(.cdnskey, "0000 03 00 00", "0 3 0 AA=="),
    .init(.key, "0100 03 05 616263", "256 3 5 YWJj"),
    .init(
      .rrsig,
      "0001 0d 02 0000012c 65920080 65692200 3039 0665584d504c4503436f4d00 616263",
      "A 13 2 300 20240101000000 20231201000000 12345 eXMPLE.CoM. YWJj",
      dnsdb: "A 13 2 300 1704067200 1701388800 12345 eXMPLE.CoM. YWJj"),
    .init(
      .sig, "0000 05 00 00000000 65920080 00000000 3039 00 616263",
      "TYPE0 5 0 0 20240101000000 19700101000000 12345 . YWJj",
      dnsdb: "TYPE0 5 0 0 1704067200 0 12345 . YWJj"),
    .init(
      .nsec,
      "044e657874076578616d706c6500 0007 62000008000380 ff20 \(zeros)02",
      "Next.example. A NS SOA AAAA RRSIG NSEC DNSKEY TYPE65534"),
    .init(.nsec, "00", "."),
    .init(
      .nsec3, "01 01 000c 04 aabbccdd 05 0123456789 0006 400000000002",
      "1 1 12 aabbccdd 04HKAPS9 A RRSIG"),
    .init(.nsec3, "01 00 0000 00 05 0123456789", "1 0 0 - 04HKAPS9"),
    .init(.nsec3param, "01 00 0000 00", "1 0 0 -"),
    .init(.csync, "00000042 0003 0004 60000008", "66 3 A NS AAAA"),
    .init(.tlsa, "03 01 01 0b9f", "3 1 1 0B9F"),
    .init(.smimea, "03 01 01 0b9f", "3 1 1 0B9F"),
    .init(.openpgpkey, "9903", "mQM="),
    .init(.sshfp, "04 02 123456", "4 2 123456", dnsdb: "\\# 5 04 02 12 34 56 "),
    .init(.zonemd, "00000001 01 01 ab", "1 1 1 AB", dnsdb: "\\# 7 00 00 00 01 01 01 ab "),
    .init(
      .cert, "0001 0001 08 616263", "PKIX 1 RSASHA256 YWJj", dnsdb: "\\# 8 00 01 00 01 08 61 62 63 "
    ),
    .init(.cert, "0009 0001 07 616263", "9 1 7 YWJj", dnsdb: "\\# 8 00 09 00 01 07 61 62 63 "),
    .init(.dhcid, "616263", "YWJj", dnsdb: "\\# 3 61 62 63 "),
    .init(
      .hip, "02 02 0003 2001 616263 03727673016500", "2 2001 YWJj rvs.e.",
      dnsdb: "\\# 16 02 02 00 03 20 01 61 62 63 03 72 76 73 01 65 00 "),
    .init(
      .ipseckey, "0a 01 02 c0000226 616263", "10 1 2 192.0.2.38 YWJj",
      dnsdb: "\\# 10 0a 01 02 c0 00 02 26 61 62 63 "),
    .init(.ipseckey, "0a 00 00", "10 0 0 .", dnsdb: "\\# 3 0a 00 00 "),
    .init(
      .ipseckey, "0a 03 02 01470165 00 61", "10 3 2 G.e. YQ==",
      dnsdb: "\\# 9 0a 03 02 01 47 01 65 00 61 "),
  ]

  private static let addresses: [RDataExample] = [
    .init(.aaaa, "20010db8000000000000000000000001", "2001:db8::1"),
    .init(.aaaa, "00000000000000000000ffffc0000201", "::ffff:192.0.2.1"),
    .init(
      .loc, "00 00 00 00 8b0d2c8c 7ff8fca4 00989680",
      "51 30 12.748 N 0 7 39.612 W 0.00m 0.00m 0.00m 0.00m",
      dnsdb: "\\# 16 00 00 00 00 8b 0d 2c 8c 7f f8 fc a4 00 98 96 80 "),
    .init(.eui48, "00005e00532a", "00-00-5e-00-53-2a"),
    .init(.eui64, "00005eef1000002a", "00-00-5e-ef-10-00-00-2a"),
    .init(
      .nid, "000a 00144fffff20ee64", "10 0014:4fff:ff20:ee64",
      dnsdb: "\\# 10 00 0a 00 14 4f ff ff 20 ee 64 "),
    .init(.l32, "000a c0000201", "10 192.0.2.1", dnsdb: "\\# 6 00 0a c0 00 02 01 "),
    .init(
      .l64, "000a 20010db811401000", "10 2001:0db8:1140:1000",
      dnsdb: "\\# 10 00 0a 20 01 0d b8 11 40 10 00 "),
    .init(.lp, "000a 014c016500", "10 L.e.", dnsdb: "\\# 7 00 0a 01 4c 01 65 00 "),
    .init(
      .apl, "0001 15 03 c0a820 0001 1c 84 c0a82601", "1:192.168.32.0/21 !1:192.168.38.1/28",
      dnsdb: "\\# 15 00 01 15 03 c0 a8 20 00 01 1c 84 c0 a8 26 01 "),
    .init(.amtrelay, "0a 81 c0000201", "10 1 1 192.0.2.1", dnsdb: "\\# 6 0a 81 c0 00 02 01 "),
    .init(
      .dsync, "003b 01 14eb 0153016500", "CDS 1 5355 S.e.",
      dnsdb: "\\# 10 00 3b 01 14 eb 01 53 01 65 00 "),
    .init(
      .a6, "00 20010db8000000000000000000000001",
      "\\# 17 0020010db8000000000000000000000001",
      dnsdb: "\\# 17 00 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 "),
    .init(RRType(rawValue: 65280), "0a000001", "\\# 4 0a000001", dnsdb: "\\# 4 0a 00 00 01 "),
    .init(RRType(rawValue: 65280), "", "\\# 0", dnsdb: "\\# 0 "),
  ]
}

/// Octets of hexadecimal digits with blanks anywhere.
func hexOctets(_ text: String) -> [UInt8] {
  let digits = text.compactMap { $0.hexDigitValue }
  return stride(from: 0, to: digits.count - 1, by: 2).map {
    UInt8(digits[$0] << 4 | digits[$0 + 1])
  }
}
