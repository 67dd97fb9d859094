#!/usr/bin/env python3
"""Writes the seeds of the fuzzers: make_seeds.py FOLDER

Everything is made here or by Examples/make_sample.py; no captured data, standard library only.
"""
import hashlib
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Examples"))
import make_sample  # noqa: E402

# Type number and one rdata in the master file form; for FuzzRData as text, for FuzzCOF as rows.
TEXTS = [
    (1, "A", "192.0.2.1"), (2, "NS", "ns1.example.com."), (13, "HINFO", '"PC" "Linux x86"'),
    (6, "SOA", "ns1.example.com. host\\.master.example.com. 2024010101 7200 3600 1209600 300"),
    (15, "MX", "10 mail.example.com."), (16, "TXT", '"v=spf1 -all" "two \\"q\\" \\255"'),
    (17, "RP", "mbox.example.com. txt.example.com."), (28, "AAAA", "2001:db8::1"),
    (29, "LOC", "51 30 12.748 N 0 7 39.612 W 0.00m 0.00m 0.00m 0.00m"),
    (33, "SRV", "5 10 5060 sip.example.com."),
    (35, "NAPTR", '100 10 "U" "E2U+sip" "!^.*$!sip:a@example.com!" .'),
    (37, "CERT", "PKIX 1 RSASHA256 YWJj"), (39, "DNAME", "new.example.com."),
    (43, "DS", "12345 13 2 " + "49FDAC" * 10 + "49FD"), (44, "SSHFP", "4 2 " + "12" * 32),
    (45, "IPSECKEY", "10 1 2 192.0.2.38 AQNRU3mG"), (42, "APL", "1:192.0.2.0/24 !2:2001:db8::/32"),
    (46, "RRSIG", "A 13 2 300 1704067200 1701388800 12345 example.com. YWJjZA=="),
    (47, "NSEC", "next.example.com. A NS TXT TYPE65534"), (48, "DNSKEY", "257 3 13 mdsswUyr3DPW"),
    (50, "NSEC3", "1 1 12 aabbccdd 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A RRSIG"),
    (51, "NSEC3PARAM", "1 0 0 -"), (52, "TLSA", "3 1 1 " + "0B9F" * 16),
    (62, "CSYNC", "66 3 A NS AAAA"), (63, "ZONEMD", "2024010101 1 1 " + "ab" * 48),
    (64, "SVCB", '1 svc.example.com. alpn="h2,h3" port=8443 ipv4hint=192.0.2.1 key65333="x"'),
    (65, "HTTPS", "0 target.example.com."), (99, "SPF", '"v=spf1 -all"'),
    (108, "EUI48", "00-00-5e-00-53-2a"), (256, "URI", '10 1 "https://example.com/"'),
    (257, "CAA", '0 issue "ca.example.com"'), (65280, "TYPE65280", "\\# 4 0a000001"),
]
NAMES = ["www.example.com", ".", "a\\.b.example.com.", "\\000\\255.example.com", "*.example.com",
         "_imaps._tcp.example.com", "xn--bcher-kva.example", "a" * 63 + ".example.com",
         ".".join(["a"] * 127), "a..b", "\\", "\\25", "\\256.example.com"]


def wire(text):
    return b"".join(bytes([len(p)]) + p.encode() for p in text.rstrip(".").split(".")) + b"\0"


def messages():
    for number, (_, name, rrtype, answers) in enumerate(make_sample.transactions()):
        if number % 15 == 0:
            yield make_sample.response(number, name, rrtype, answers)
    question = struct.pack(">6H", 1, 0x8180, 1, 1, 0, 1) + wire("www.example.com") + b"\0\1\0\1"
    loop = b"\xc0\x21"  # points at itself
    yield question + loop + struct.pack(">HHIH", 1, 1, 60, 4) + b"\xc0\0\2\1"
    edns = b"\0" + struct.pack(">HHIH", 41, 1232, 0x01008000, 12) + b"\0\3\0\x08nsid" * 1 + b"1234"
    yield question + b"\xc0\x0c" + struct.pack(">HHIH", 5, 1, 60, 2) + b"\xc0\x10" + edns
    for number, _, _ in TEXTS:
        rdata = wire("ns.example.com") + bytes(range(24))
        yield question + b"\xc0\x0c" + struct.pack(">HHIH", number, 1, 60, len(rdata)) + rdata


def captures():
    frames = [frame for _, _, frame in make_sample.special_packets()]
    for magic, order in ((0xA1B2C3D4, "<"), (0xA1B23C4D, "<"), (0xA1B2C3D4, ">")):
        file = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65_535, 1)
        for frame in frames:
            file += struct.pack(order + "IIII", 1_700_000_000, 5, len(frame), len(frame)) + frame
        yield file
    section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    options = struct.pack("<HHB3xHH", 9, 1, 9, 0, 0)
    interface = struct.pack("<IIHHI", 1, 20 + len(options), 1, 0, 0) + options
    interface += struct.pack("<I", 20 + len(options))
    file = section + interface
    for frame in frames:
        padded = frame + b"\0" * (-len(frame) % 4)
        size = 32 + len(padded)
        file += struct.pack("<IIIIIII", 6, size, 0, 0x17979CFE, 0x362A0000, len(frame), len(frame))
        file += padded + struct.pack("<I", size)
    yield file
    for link, strip in ((101, 14), (228, 14)):
        file = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, link)
        for frame in frames:
            rest = frame[strip:]
            file += struct.pack("<IIII", 1_700_000_000, 5, len(rest), len(rest)) + rest
        yield file


def feeds():
    rows = [make_sample.cof(row) for row in make_sample.feed()[-5:]]
    for _, rrtype, rdata in TEXTS:
        rows.append(make_sample.cof({"rrname": "www.example.com", "rrtype": rrtype,
                                     "rdata": rdata, "time_first": 1_700_000_000,
                                     "time_last": "1700000001", "count": 2}))
    rows += ['{"cond":"begin"}', '{"obj":%s}' % rows[0], '{"cond":"succeeded"}',
             '{"rrname":"192.0.2.1","rrtype":"A","rdata":"www.example.com","time_first":1.7e9,'
             '"time_last":1700000000.9}', rows[1] + rows[2], rows[3].replace(",", ",\n ")]
    return [row.encode() + b"\n" for row in rows] + ["\r\n".join(rows).encode()]


def logs():
    line = "1322849924.408856||192.0.2.9||192.0.2.53||IN||www.example.com.||%s||%s||300||5\n"
    for _, rrtype, rdata in TEXTS:
        yield (line % (rrtype, rdata)).encode()
    yield (line % ("A", "NXDOMAIN")).encode().replace(b"||300||5", b"||0||1")
    yield b"1322849924||192.0.2.9||192.0.2.53||IN||a||b.example.com.||A||192.0.2.20||300\n"


def seeds():
    return {
        "FuzzMessage": list(messages()),
        "FuzzName": [name.encode() for name in NAMES] + [wire("www.example.com")],
        "FuzzRData": [struct.pack(">H", number) + text.encode() for number, _, text in TEXTS]
        + [struct.pack(">H", number) + wire("ns.example.com") + bytes(24)
           for number, _, _ in TEXTS],
        "FuzzCapture": list(captures()),
        "FuzzCOF": feeds(),
        "FuzzPassiveDNS": list(logs()),
    }


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    for target, inputs in seeds().items():
        folder = pathlib.Path(sys.argv[1]) / target
        folder.mkdir(parents=True, exist_ok=True)
        for octets in inputs:
            (folder / hashlib.sha256(octets).hexdigest()[:16]).write_bytes(octets)
    return 0


if __name__ == "__main__":
    sys.exit(main())
