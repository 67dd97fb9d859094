#!/usr/bin/env python3
"""Writes the seeds of the fuzzers: make_seeds.py FOLDER

Everything is made here or by Examples/make_sample.py, standard library only. Where the data folder
`../shared` lies beside the checkout, the hostile packets in it are seeds too.
"""
import base64
import hashlib
import hmac
import json
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
PACKETS = HERE.parent.parent / "shared/data/open/packets"
PACKET_OCTETS_MAX = 65_000
sys.path.insert(0, str(HERE.parent / "Examples"))
import make_sample  # noqa: E402

# Language (0 regular expression, 1 glob over names, 2 over rdata), pattern; for FuzzPattern.
PATTERNS = [
    (0, rb"(a|b)*\.com\.$"), (0, rb"^[^.]{2,5}[[:digit:]]+\b"), (0, rb"[]a-]x?|\\032"),
    (0, rb"((a{1,9}){2}|\w+\.)*$"), (1, b"*.ex[!a-c]mple.?om."), (2, b'"v=spf1*"'), (0, b"\\1"),
]
PATTERN_TEXTS = b"www.example.com.\n\na1.example.com.\n\\032x.\n\"v=spf1 -all\""

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


def servers():
    """A referral from the root, one below it, an answer that came too early, and a foreign one."""
    def message(flags, name, *sections):
        head = struct.pack(">6H", 1, flags, 1, *(len(section) for section in sections))
        body = wire(name) + b"\0\1\0\1"
        for section in sections:
            for owner, number, rdata in section:
                body += wire(owner) + struct.pack(">HHIH", number, 1, 300, len(rdata)) + rdata
        return head + body

    def referral(zone, server, last):
        return message(0x8000, "www.example.com", [], [(zone, 2, wire(server))],
                       [(server, 1, bytes([198, 51, 100, last]))])

    answer = message(0x8400, "www.example.com", [
        ("www.example.com", 5, wire("web.example.com")), ("web.example.com", 1, b"\xc0\0\2\1")],
        [("example.com", 2, wire("ns1.example.com"))], [])
    negative = message(0x8403, "gone.example.com", [], [
        ("example.com", 6, wire("ns1.example.com") * 2 + bytes(20))], [])
    talk = [(3, answer), (0, referral("com", "a.gtld.example", 2)),
            (2, referral("example.com", "ns1.example.com", 3)), (3, answer), (3, negative),
            (0x57, answer)]
    for count in range(1, len(talk) + 1):
        yield b"".join(
            bytes([server]) + struct.pack(">H", len(octets)) + octets
            for server, octets in talk[:count])


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


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def field(number, value):
    """A protocol buffers field: octets, or a number."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value)


def dnstap(kind, message, extra=b""):
    body = field(1, kind) + field(2, 1) + field(3, 1) + field(4, b"\xc0\0\2\5")
    body += field(5, b"\xc0\0\2\x35") + field(6, 40_000) + field(7, 53)
    body += field(8, 1_700_000_000) + struct.pack("<BI", 9 << 3 | 5, 7)
    body += field(11, wire("example.com")) + field(12, 1_700_000_000)
    body += struct.pack("<BI", 13 << 3 | 5, 9) + field(14, message) + extra
    return field(1, b"ns1") + field(2, b"server 1") + field(14, body) + field(15, 1)


def streams():
    def control(kind, name=b"protobuf:dnstap.Dnstap"):
        body = struct.pack(">I", kind)
        body += struct.pack(">II", 1, len(name)) + name if name else b""
        return struct.pack(">II", 0, len(body)) + body
    policy = field(15, field(1, b"RPZ") + field(3, 6) + field(4, 1))
    payloads = [dnstap(kind, message) for kind in (2, 4, 6, 8) for message in list(messages())[:4]]
    payloads.append(dnstap(4, next(messages()), policy))
    frames = [struct.pack(">I", len(payload)) + payload for payload in payloads]
    start, stop, unknown = control(2), control(3, b""), control(9)
    yield start + b"".join(frames) + stop
    yield control(4) + start + frames[0] + unknown + frames[5] + stop
    yield control(4, b"") + control(2, b"") + frames[1]
    yield start + frames[2] + stop + start + frames[3][:-5]
    yield start + struct.pack(">I", (1 << 20) + 1) + frames[4]
    yield control(4, b"protobuf:other") + start
    yield from payloads[::5]


def fixed32(number, value):
    return varint(number << 3 | 5) + struct.pack("<I", value)


def containers():
    def container(data, flags=0):
        return b"NMSG" + struct.pack(">BBI", flags, 2, len(data)) + data

    def contents(vendor, kind, payloads, tail=b""):
        return b"".join(field(1, field(1, vendor) + field(2, kind) + field(3, 1_700_000_000)
                              + fixed32(4, 7) + field(5, payload) + field(7, 0xA1BA02CF))
                        for payload in payloads) + tail

    def dedupe(kind, rrtype, rdata, zone="example.com"):
        set_ = field(1, wire("www.example.com")) + field(2, rrtype) + field(3, 1) + field(4, 300)
        set_ += b"".join(field(5, octets) for octets in rdata) + field(10, 3)
        set_ += field(11, 1_600_000_000) + field(12, 1_600_000_100) + field(13, kind)
        return set_ + field(16, wire(zone)) + field(17, 1_500_000_000) + field(18, 1_500_000_001)

    def query_response(message, size, kind=1, zeroed=0):
        udp = struct.pack(">HHHH", 53, 40_000, 8 + len(message), 0) + message
        packets = []
        for start in range(0, len(udp), size):
            piece = udp[start:start + size]
            offset = start // 8 | (0x2000 if start + size < len(udp) else 0)
            packets.append(struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(piece), 9, offset, 64, 17, 0)
                           + b"\xcb\0\x71\x35\xc6\x33\x64\7" + piece)
        out = field(1, kind) + b"".join(field(15, packet) for packet in packets)
        out += b"".join(field(16, 1_600_000_000) + fixed32(17, 5) for _ in packets)
        return out + field(21, 3) + field(22, zeroed)

    sets = [dedupe(kind, 1, [b"\xc0\0\2\1", b"\xc0\0\2\2"]) for kind in range(8)]
    sets += [dedupe(1, rrtype, [wire("NS1.example.com")]) for rrtype in (2, 5, 6, 15, 46, 64)]
    replies = list(messages())[:6]
    yield container(contents(2, 1, sets))
    yield container(contents(2, 1, sets[:2], field(2, 1) + field(2, 2)))
    yield container(contents(1, 9, [query_response(reply, 1_400) for reply in replies]))
    yield container(contents(1, 9, [query_response(replies[0], 24, kind, kind & 1)
                                    for kind in range(9)]))
    yield container(contents(1, 13, [dnstap(4, reply) for reply in replies]))
    yield container(contents(1, 14, [field(1, 1_600_000_000) + field(7, reply)
                                     + field(8, wire("example.com")) for reply in replies]))
    yield container(contents(1, 4, [b"text"])) + container(contents(2, 1, sets[1:2]))
    whole = contents(2, 1, sets[1:4])
    packed = struct.pack(">I", len(whole)) + whole
    yield container(packed, 1)
    for data, flags in ((whole, 2), (packed, 3)):
        yield b"".join(container(field(1, 7) + field(2, number) + field(3, 2)
                                 + field(4, data[number * 100:][:100 if number < 2 else None]),
                                 flags) for number in (0, 2, 1))


def exports():
    """PowerDNS messages."""
    def record(name, rrtype, rdata):
        return field(2, field(1, name) + field(2, rrtype) + field(3, 1) + field(4, 300)
                     + field(5, rdata) + field(6, 0))

    def message(kind, body, rcode=0, tail=b""):
        return (field(1, kind) + field(3, b"rec1") + field(6, b"\xc6\x33\x64\7")
                + field(9, 1_600_000_000) + field(10, 5)
                + field(13, field(1, rcode) + body + tail) + field(20, 40_000))

    texts = b"".join(record(b"www.example.com.", number, text.encode())
                     for number, _, text in TEXTS if number not in (1, 28))
    addresses = record(b"WWW.example.com.", 1, b"\xc0\0\2\1")
    addresses += record(b"a\\.b.example.com.", 28, bytes(16))
    lossy = record(b"example.com.", 15, b"mail.example.com.") + record(b"x.", 33, b"sip.example.")
    for size in (">H", ">I"):
        for kind in range(1, 6):
            octets = message(kind, addresses)
            yield struct.pack(size, len(octets)) + octets
        parts = [message(4, texts), message(2, lossy), message(4, addresses, 3),
                 message(4, addresses, 0, field(3, b"rpz")), b""]
        yield b"".join(struct.pack(size, len(octets)) + octets for octets in parts)


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


def eve():
    def event(dns, **extra):
        row = {"timestamp": "2023-11-14T23:13:20.047429+0100", "event_type": "dns",
               "src_ip": "192.0.2.53", "src_port": 53, "dest_port": 51323, "proto": "UDP",
               "dns": {"version": 2, "type": "answer", "rcode": "NOERROR",
                       "rrname": "www.example.com", "rrtype": "A", **dns}, **extra}
        return json.dumps(row, separators=(",", ":")).encode() + b"\n"

    def record(rrtype, name="www.example.com", **data):
        return {"rrname": name, "rrtype": rrtype, "ttl": 60, **data}
    soa = {"mname": "ns.example.com", "rname": "h.example.com", "serial": 1, "refresh": 2,
           "retry": 3, "expire": 4, "minimum": 5}
    srv = {"priority": 1, "weight": 2, "port": 3, "name": "t.example.com"}
    sshfp = {"fingerprint": "01:02:ff", "algo": 4, "type": 1}
    for _, rrtype, rdata in TEXTS:
        yield event({"answers": [record(rrtype, rdata=rdata)], "authorities": [record("NS")]})
        yield event({"grouped": {rrtype: [rdata, rdata], "CNAME": ["c.example.net"]}})
    yield event({"answers": [record("SOA", soa=soa), record("SRV", srv=srv),
                             record("SSHFP", sshfp=sshfp), record("65"),
                             record("A", rdata="192.0.2.1", rrname_truncated=True)]})
    yield event({"grouped": {"A": ["192.0.2.1"], "CNAME": ["a.example", "b.example"],
                             "SRV": [srv], "SOA": [soa]}}, host="probe-1")
    yield event({"version": 3, "type": "response", "queries": [record("TXT")],
                 "grouped": {"TXT": ["a \\xff", 'b "q"']}})
    yield event({"tc": True, "rdata": "192.0.2.1"}) + event({"rdata": "192.0.2.1"}, src_port=5353)
    yield event({"type": "query"}) + b'{"event_type":"flow","flow":{}}\r\n\nbroken\n'


def zeek():
    header = (b"#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
              b"#path\tdns\n#fields\tts\tid.resp_h\tid.resp_p\trtt\tquery\tqclass\tqtype\trcode"
              b"\tAA\tTC\tanswers\tTTLs\n")
    answers = [(1, ["a.example.net", "RRSIG 5 example.com", "192.0.2.1", "192.0.2.2"]),
               (1, ["192.0.2.1", "b.example.net", "2001:db8::1"]), (28, ["2001:db8::1"]),
               (2, ["ns1.example.com", "ns2.example.com"]), (15, ["mail.example.com"]),
               (12, ["1.0-25.2.0.192.in-addr.arpa", "host.example.com"]), (255, ["192.0.2.1"]),
               (16, ["TXT 5 hello TXT 3 a\\x2cb"]), (16, ["TXT 9 a\\\\b"]), (99, ["SPF 1 a"]),
               (65, ["c.example.net", "<unknown type=65>"]), (48, ["DNSKEY 8"]), (6, ["(empty)"])]
    lines = []
    for number, texts in answers:
        lines.append("\t".join(["1700000000.054238", "192.0.2.53", "53", "0.000870",
                                "www.example.com", "1", str(number), "0", "T", "F",
                                ",".join(texts), ",".join("60.0" for _ in texts)]).encode())
        yield header + lines[-1] + b"\n"
        row = {"ts": 1700000000.054238, "id.resp_h": "192.0.2.53", "id.resp_p": 53, "rtt": 8.7e-05,
               "query": "www.example.com", "qclass": 1, "qtype": number, "rcode": 0, "AA": True,
               "answers": texts, "TTLs": [60.0] * len(texts)}
        yield json.dumps(row).encode() + b"\n"
    yield json.dumps(dict(row, ts="2023-11-14T22:13:20.5Z", _path="dns")).encode()
    yield header + b"\r\n".join(lines) + b"\n#close\n" + header.replace(b"\t", b"|") + lines[0]


def json_feeds():
    """The first octet is the format: packetbeat, FEVER, gopassivedns, NMSG as JSON."""
    extra = {"MX": {"preference": 10}, "SRV": {"priority": 1, "weight": "2", "port": 3},
             "SOA": {"rname": "r.example.", "serial": 1, "refresh": 2, "retry": 3, "expire": 4,
                     "minimum": 5},
             "DS": {"key_tag": "1", "algorithm": "RSASHA256", "digest_type": "SHA256"},
             "NSEC3": {"hash": "SHA1", "flags": "1", "iterations": "2", "salt": "-",
                       "type_bits": "A NS"}}
    for _, rrtype, rdata in TEXTS:
        answer = {"name": "www.example.com.", "type": rrtype, "data": rdata, "class": "IN"}
        answer.update(extra.get(rrtype, {}))
        event = {"@timestamp": "2018-10-26T21:03:20.222Z", "type": "dns", "responsetime": 12,
                 "dns": {"answers": [answer, dict(answer, data="192.0.2.1", type="A")],
                         "response_code": "NOERROR", "flags": {"truncated_response": False}}}
        names = {"www.example.com": {"rdata": [
            {"answering_host": "192.0.2.53", "rrtype": rrtype, "rdata": rdata, "count": 2}]},
            "a": {"rdata": [{"rrtype": "A", "rdata": "192.0.2.1", "rcode": "NOERROR"}]}}
        window = {"timestamp_start": "2018-10-26T21:02:20+00:00",
                  "timestamp_end": "2018-10-26T21:03:20.5Z", "dns": names, "sensor_id": "s"}
        entry = {"query_id": 1, "rcode": 0, "q": "www.example.com", "a": rdata, "atype": rrtype,
                 "tstamp": "2018-10-26 19:32:36.141184 +0000 UTC", "truncated": False}
        message = {"vname": "SIE", "mname": "dnsdedupe", "message": {
            "type": "EXPIRATION", "count": 3, "time_first": "2018-02-22 10:54:43",
            "time_last": 1519296893, "bailiwick": "example.com.", "rrname": "www.example.com.",
            "rrclass": "IN", "rrtype": rrtype, "rdata": [rdata, rdata]}}
        for number, item in enumerate((event, window, entry, message)):
            yield bytes([number]) + json.dumps(item).encode() + b"\n"
    yield b"\1" + json.dumps(window, indent=2).encode() * 2
    yield b"\3" + json.dumps(message).encode().replace(b"EXPIRATION", b"INSERTION") + b"\n{\"a\n"


def delimited():
    columns = b"columns=rrname,rrtype,rdata,time_first,time_last,count,sensor"
    for _, rrtype, rdata in TEXTS:
        cell = '"%s"' % rdata.replace('"', '""')
        yield columns + ("\nwww.example.com,%s,%s,1700000000,,2,s\r\n" % (rrtype, cell)).encode()
    yield (columns + b";delimiter=tab;time=%d/%m/%Y %H:%M:%S.%f %z\n"
           b"a.example\tA\t192.0.2.1\t26/10/2018 1:2:3.4 +0100\t\n")
    yield b"header=yes;time=iso\nrdata,rrtype,rrname,time_first\n192.0.2.1,A,a.example,2018-10-26\n"
    yield (b"header=yes;rrname=n;rrtype=2;rdata=3;time_last=4;time=guess\n"
           b"n,t\na,A,192.0.2.1,1\n\"x\ny")


def zones():
    """The first octet is a chunk size."""
    head = "$TTL 1h\n$ORIGIN example.com.\n@ IN SOA ns host ( 7 1h30m ; c\n 900 1w 300 )\n NS ns\n"
    yield head.encode()
    for _, rrtype, rdata in TEXTS:
        yield f"!{head}www 300 IN {rrtype} {rdata}\n\tCLASS1 {rrtype} ( {rdata} )\n".encode()
    yield b"\x03example. 86400 in ns ns1.example.net.\r\nexample.\t86400\tin\tds\t1 8 2 ab cd\r\n"
    yield b"\x07$GENERATE 1-9/2 a${0,3,x} A 192.0.2.$\n$INCLUDE \"f.zone\" sub\n"
    yield b"\x02@ TXT \"a;\\\"b\" ; c\n"
    yield b"\x01a..b A 1\n A 192.0.2.1\n) (\nx TXT \"open\n$ORIGIN\n$TTL x\ny CH TXT z\n"


def packets():
    """Messages that were made to break other servers."""
    files = sorted(path for path in PACKETS.rglob("*") if path.is_file())
    if not files:
        print(f"make_seeds: SKIPPED: no packets at {PACKETS}")
    found = (path.read_bytes() for path in files)
    return [octets for octets in found if 12 <= len(octets) <= PACKET_OCTETS_MAX]


def sessions():
    """D4: the kind, the cut, and then a stream, packets, a meta header or dnscap's text."""
    def packet(kind, payload, key=b"fuzz"):
        head = bytes([1, kind]) + bytes([*range(1, 7), 0x40, 8, 0x80, *range(10, 17)]) + bytes(8)
        size = struct.pack("<I", len(payload))
        return head + hmac.digest(key, head + bytes(32) + size + payload, "sha256") + size + payload

    origin = b"3f0c2f9e-5a1b-4c7d-9e21-7b8a6d5c4e3f"
    meta = b'{"type":"passivedns-cof","origins":["%s"],"a":[1.5e3]}' % origin
    line = b"1322849924.4||192.0.2.9||192.0.2.53||IN||example.com.||A||192.0.2.1||300||5\n"
    yield b"\0\x40" + packet(8, line) * 2 + packet(8, b"")
    yield (b"\0\x80" + packet(2, meta[:9]) + packet(2, meta[9:]) + packet(254, b"{}\n")
           + packet(8, b""))
    yield b"\0\x10" + packet(8, line, b"other") + b"\1" * 62
    yield b"\1\x90" + bytes([2, 20]) + line[:20] + bytes([2, 0]) + bytes([0x82, 3]) + b"abc"
    yield b"\1\x20" + bytes([0, len(meta)]) + meta + bytes([1, 3]) + b"{}\n" + bytes([0, 1]) + b" "
    yield b"\2\0" + meta
    yield b'\2\0{ "type" : "\\ud83d\\ude00\\n", "x": [true, null, {"y": -0.1}] }'
    head = b"[208] 2023-11-14 22:13:20.123456 [#1 eth0 4095] \\\n"
    text = (head + b"\t[192.0.2.53].53 [198.51.100.7].5  \\\n"
            b"\tdns QUERY,NOERROR,59311,qr|rd|ra \\\n\t1 a.example.,IN,A \\\n"
            b"\t2 a.example.,IN,CNAME,60,b.example. \\\n\tb.example.,IN,A,60,192.0.2.1 0 0\n")
    for kind, data in ((b"MX", b"10,m.example."), (b"SOA", b"n.example.,h.example.,1,2,3,4,5")):
        text += head + b"\tdns QUERY,NOERROR,5,qr \\\n\t1 a.example.,IN,"
        text += kind + b" \\\n\t1 a.example.,IN," + kind + b",60," + data + b" 0 0\n"
    yield b"\3\x50" + text
    yield b"\3\x70" + text.replace(b"\\", b"", 3)


def targets():
    """Request targets of the HTTP interface: escapes, ages, a cursor, the absolute form."""
    cursor = base64.urlsafe_b64encode(b"\2" + bytes(4) + b"\0com\0example\0\0" + bytes(16))
    yield b"/api/v1/records?below=example.com&limit=10&cursor=" + cursor.rstrip(b"=")
    yield b"/api/v1/new?since=1w2d3h4m5s&kind=hosts"
    yield b"/api/v1/summary?value=%22v%3Dspf1+-all%22&last_after=2023-11-14T22:13:20%2B01:00"
    yield b"http://example.com/pdns/query/192.0.2.0%2F24?a=%C3%A9&b=-3600#part"


def circl_requests():
    """Value, type filter, count and cursor, a line each; for FuzzCircl."""
    for value in (b"//WWW.Example.COM.", b"192.0.2.0%2F24", b"192.0.2.0%252F24", b"192.0.2.1.",
                  b"2001:db8::%2f32", b"%252A.example.com/", b"10%20mail.example.com",
                  b"a%20b.example.com", b"%22v%3Dspf1%20-all%22", b"www.example.*",
                  b"192.0.2.1-192.0.2.9", b"%zz", b"a%00b", b"%c3%a9.example", b"a\\046b.example"):
        yield value + b"\nTYPE65280\n1000\n9223372036854775807"
    yield b"example.com\nA\n0\n"
    yield b"example.com\n\n99999999999999999999\n1"
    yield b"example.com\nnope\n\n5"


def rdap():
    """The first octet: 0 to 4 one of IANA's files, else an answer."""
    contact = {"objectClassName": "entity", "handle": "AB1-EX",
               "roles": ["registrant", "technical"],
               "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "A B"],
                                        ["org", {"type": "work"}, "text", ["Example", "Unit"]],
                                        ["adr", {"cc": "DE", "label": "L1\nL2"}, "text",
                                         ["", "", ["Main St 1", "2"], "City", "ST", "12345", ""]],
                                        ["tel", {"type": ["voice", "fax"]}, "uri", "tel:+1.555"],
                                        ["email", {}, "text", "a@example.com"]]],
               "remarks": [{"type": "object redacted due to authorization", "description": ["x"]}]}
    registrar = {"objectClassName": "entity", "handle": "9999", "roles": ["registrar", "sponsor"],
                 "publicIds": [{"type": "IANA Registrar ID", "identifier": "9999"}],
                 "vcardArray": ["vcard", [["fn", {}, "text", "Example Registrar"]]],
                 "entities": [dict(contact, roles=["abuse"])],
                 "links": [{"rel": "about", "href": "https://registrar.example/"}]}
    events = [{"eventAction": action, "eventDate": "2020-01-02T03:04:05.6Z"} for action in
              ("registration", "expiration", "last changed", "transfer", "locked")]
    common = {"handle": "H-1", "status": ["active", "client hold"], "events": events,
              "entities": [registrar, contact], "port43": "whois.example.net",
              "links": [{"rel": "related", "href": "https://rdap.example/domain/x",
                         "type": "application/rdap+json"}],
              "notices": [{"title": "Terms", "description": ["a", "b"]}],
              "rdapConformance": ["rdap_level_0"]}
    objects = [
        dict(common, objectClassName="domain", ldhName="EXAMPLE.COM.", unicodeName="example.com",
             nameservers=[{"ldhName": "NS1.EXAMPLE.NET",
                           "ipAddresses": {"v4": ["192.0.2.1"], "v6": ["2001:db8::1"]}}],
             secureDNS={"delegationSigned": True, "dsData": [
                 {"keyTag": 1, "algorithm": 8, "digestType": 2, "digest": "AB CD"}]},
             redacted=[{"name": {"description": "Registrant Name"}, "method": "removal",
                        "reason": {"description": "policy"}}]),
        dict(common, objectClassName="ip network", startAddress="192.0.2.0",
             endAddress="192.0.2.255", name="EX", type="ASSIGNED", country="ZZ", parentHandle="P",
             cidr0_cidrs=[{"v4prefix": "192.0.2.0", "length": 24}],
             arin_originas0_originautnums=[64496], remarks=[{"description": ["x"]}]),
        dict(common, objectClassName="autnum", startAutnum=64496, endAutnum=64511, name="AS-EX"),
        dict(common, objectClassName="nameserver", ldhName="ns1.example.net"),
        dict(contact, objectClassName="entity"),
        {"errorCode": 404, "title": "Not Found", "description": ["no such object"]},
        {"rdapConformance": ["rdap_level_0"], "notices": common["notices"]},
    ]
    for number, item in enumerate(objects):
        yield b"\x20" + json.dumps(item, indent=number % 2 or None).encode()
    base = ["https://rdap.example/", "http://rdap.example"]
    files = [["com", "co.uk", ""], ["192.0.2.0/24", "0.0.0.0/0"], ["2001:db8::/32"],
             ["64496-64511", "65536"], ["RIPE", "EX"]]
    for number, keys in enumerate(files):
        contacts = [["a@example.com"]] if number == 4 else []
        item = {"version": "1.0", "publication": "2024-01-01T00:00:00Z",
                "services": [[*contacts, keys, base], [*contacts, [1], []], []]}
        yield bytes([number]) + json.dumps(item).encode()
    for path in recorded("rdap"):
        name = path.name.rsplit("bootstrap", 1)[-1]
        kind = next((at for at, key in enumerate(("dns", "ipv4", "ipv6", "asn", "object-tags"))
                     if "bootstrap" in path.name and key in name), 0x20)
        yield bytes([kind]) + path.read_bytes()


def whois():
    """The first octet is a server; then its answer."""
    keys = (b"   Domain Name: EXAMPLE.COM\r\n   Registry Domain ID: 1_EX\r\n"
            b"   Registrar WHOIS Server: whois.registrar.net\r\n   Registrar: Example Registrar\r\n"
            b"   Creation Date: 1997-09-15T04:00:00Z\r\n   Domain Status: ok https://x.org/#ok\r\n"
            b"   Name Server: NS1.EXAMPLE.NET\r\n   DNSSEC: unsigned\r\n>>> Last update <<<\r\n\n")
    contacts = (b"Domain Name: example.com\nRegistrant Name: REDACTED FOR PRIVACY\n"
                b"Registrant Street: Main St 1\nAdmin Email: a@example.com\nTech Fax: +1.555\n")
    yield b"\0" + keys
    yield b"\0" + keys + contacts
    yield (b"\0domain: example.ua\ntech-c: AB1\nnserver: ns1.example.net\n192.0.2.1\nchanged: X "
           b"20080902125247\n\nnic-handle: AB1\norganization: E\naddress: Main St 1\naddress: "
           b"03110 KYIV\naddress: UA\n")
    yield b"\1Domain: example.de\nNserver: ns1.example.net\nStatus: connect\nChanged: 2020-01-02\n"
    yield b"\2domain: example.hr\ndescr: Example\ndescr: Street 2\ndescr: 10 000 Zagreb\n"
    yield b"\3Domain name:\n   EXAMPLE.TK\n\nOrganisation:\n   Example\n\n   E-mail: a@b.c\n"
    yield b"\4domain: example.in.ua\nstatus: OK-UNTIL 20131218000000\nadmin-c: X1\n"
    yield (b"\5NetRange: 192.0.2.0 - 192.0.2.255\nCIDR: 192.0.2.0/25, 192.0.2.128/25\nNetName: E\n"
           b"OriginAS: AS64496\n\nOrgName: Example\nCountry: US\nOrgAbuseEmail: a@example.com\n"
           b"ReferralServer: rwhois://rwhois.registrar.net:4321\n")
    yield (b"\0inetnum: 192.0.2.0 - 192.0.2.255\nnetname: EX\norg: O1\n\norganisation: O1\n"
           b"org-name: Example\n\nroute: 192.0.2.0/24\norigin: AS64496\n")
    yield b"\0inetnum: 203.0.112/23\nowner: Example\n\naut-num: AS64496\n"
    yield "\0[Domain Name] EXAMPLE.JP\na. [Name] caf\u00e9\n[Status] Active (2030/01/31)\n".encode()
    yield b"\0domain:Created:20060102\ndomain:Owner-Contact;I:221.example\n"
    yield b"\0No match for EXAMPLE.COM\n"
    yield b"\0Please go away for 13 minutes\n\xff\xfe"
    for path in recorded("whois"):
        if path.suffix == ".expected" or path.parent.name == "expected":
            continue
        yield b"\0" + path.read_bytes()


def recorded(folder):
    """Answers that others recorded, where the data folder is."""
    return sorted(path for path in (PACKETS.parent / folder).rglob("*") if path.is_file())


def seeds():
    hostile = packets()
    return {
        "FuzzMessage": list(messages()) + hostile,
        "FuzzAuthority": list(servers())
        + [b"\1" + struct.pack(">H", len(octets)) + octets for octets in [*messages(), *hostile]],
        "FuzzD4": list(sessions()),
        "FuzzPattern": [b"%c%s\n%s" % (kind, pattern, PATTERN_TEXTS)
                        for kind, pattern in PATTERNS],
        "FuzzName": [name.encode() for name in NAMES] + [wire("www.example.com")],
        "FuzzRData": [struct.pack(">H", number) + text.encode() for number, _, text in TEXTS]
        + [struct.pack(">H", number) + wire("ns.example.com") + bytes(24)
           for number, _, _ in TEXTS],
        "FuzzCapture": list(captures()),
        "FuzzDnstap": list(streams()),
        "FuzzNMSG": list(containers()),
        "FuzzPowerDNS": list(exports()),
        "FuzzCOF": feeds(),
        "FuzzWebSocket": list(sockets()),
        "FuzzPassiveDNS": list(logs()),
        "FuzzZone": list(zones()),
        "FuzzEVE": list(eve()),
        "FuzzZeek": list(zeek()),
        "FuzzFeeds": list(json_feeds()),
        "FuzzCSV": list(delimited()),
        "FuzzQuery": list(targets()),
        "FuzzCircl": list(circl_requests()),
        "FuzzNameRun": list(name_runs()),
        "FuzzRDAP": list(rdap()),
        "FuzzWHOIS": list(whois()),
    }


def sockets():
    """A flag and frames; a frame has its first octet as on the wire, a length and a payload."""
    def frame(first, text):
        return bytes([first, len(text)]) + text if len(text) < 64 else b"".join(
            frame((first & 0x0F if at == 0 else 0) | (first & 0x80 if at + 60 >= len(text) else 0),
                  text[at:at + 60]) for at in range(0, len(text), 60))
    row = (b'{"rrname":"www.example.com","rrtype":"A","rdata":"192.0.2.1","count":2,'
           b'"time_first":1700000000,"time_last":1700000100,"sensor_id":"partner"}')
    for flag in (b"\0", b"\1", b"\x80", b"\x81"):
        rows = frame(0x81, row) + frame(0x82, row + b"\n" + row)
        place = [frame(0x81, b'{"position":"%d"}' % number) for number in (17, 18)]
        yield flag + rows + place[0] + rows + place[1]
        yield flag + rows + place[0] + frame(0x81, b'{"end":"complete","position":"17","rows":3}')
        yield flag + frame(0x89, b"ping") + rows + frame(0x8A, b"") + frame(0x88, b"\x03\xe8bye")
        yield flag + frame(0x81, b"<html>") + frame(0x81, b'{"rrname":') + frame(0x81, b"{}{}{}")


def name_runs():
    """Names keys of a store: each without what it shares with the one before."""
    ends = ["com", "net", ".".join(["b" * 63] * 3)]
    keys = sorted(b"\0\1" + wire(f"{host}.example.{end}")[1:]
                  for host in ("a", "mail", "www", "a" * 63) for end in ends)
    run, before = b"", b""
    for key in keys:
        shared = 0
        while before and shared < 255 and key[:shared + 1] == before[:shared + 1]:
            shared += 1
        rest = key[shared:]
        length = bytes([len(rest)]) if len(rest) < 255 else b"\xff" + struct.pack(">H", len(rest))
        run, before = run + bytes([shared]) + length + rest, key
    yield run
    yield run[:-1]
    yield run + b"\xff\0"
    yield b"\0\xff\4\0" + bytes(1024) + b"\xff\xff\1\0" + bytes(256)


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
