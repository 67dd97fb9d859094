#!/usr/bin/env python3
"""Writes the sample of this repository, byte for byte the same on every machine.

    make_sample.py            write sample.pcap and partner-feed.ndjson beside this script
    make_sample.py --check    compare them with what is there; exit 1 if they differ
    make_sample.py --truth    print what a correct importer knows afterwards, as COF

Python 3.9 or newer, standard library only. The story (two years, 2024 and 2025) is invented;
names and addresses are those reserved for documentation (RFC 2606, RFC 5737, RFC 3849).

  * A bank, example.com, is quiet for two years: www, mail, SPF, HTTPS, CAA.
  * In March 2025 its name servers change for three days, and www points elsewhere.
  * login.bank.example.net is fast flux: 120 addresses in ten days, in the same weeks.
  * 203.0.113.80 is shared hosting: forty shops of example.org and one phishing kit.
  * kit.example.net is seen in January 2024 and again in November 2025, never in between.

The capture also holds what must not become a record: a query nobody answered, an answer nobody
asked for, a truncated answer (asked again over TCP), a damaged answer and a negative answer.
"""
import calendar
import hashlib
import ipaddress
import json
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
DAY = 86_400
CLIENT, RESOLVER = "192.0.2.200", "192.0.2.53"
TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28,
         "SRV": 33, "HTTPS": 65, "CAA": 257}


def at(year, month, day, second=0):
    """Seconds since the epoch, UTC."""
    return calendar.timegm((year, month, day, 0, 0, 0)) + second


def dice(*parts):
    """A number that depends on nothing but its arguments."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big")


# ------------------------------------------------------------------ the story

def visits(name, start, end, every_days):
    """Times at which somebody looks `name` up: about every `every_days` days."""
    time = start
    while time < end:
        yield time + dice(name, time) % DAY
        time += every_days * DAY


def bank():
    """The name servers and addresses of example.com, and the three days of the hijack."""
    begin, end = at(2024, 1, 1), at(2025, 12, 31)
    hijack, restored = at(2025, 3, 11), at(2025, 3, 14)

    def bad(time):
        return hijack <= time < restored

    plan = list(visits("www", begin, end, 10)) + [hijack + h * 3_600 for h in range(0, 72, 9)]
    for time in sorted(plan):
        address = "203.0.113.66" if bad(time) else "192.0.2.10"
        yield time, "www.example.com", "A", [("www.example.com", "A", 300, address)]
        if not bad(time):
            yield time + 1, "www.example.com", "AAAA", [
                ("www.example.com", "AAAA", 300, "2001:db8:10::10")]
    plan = list(visits("ns", begin, end, 30)) + [hijack + h * 3_600 for h in range(1, 72, 12)]
    for time in sorted(plan):
        zone = "ns.flux.example.net" if bad(time) else "dns.example.org"
        yield time, "example.com", "NS", [
            ("example.com", "NS", 86_400, f"{host}.{zone}") for host in ("a", "b")]
    for time in visits("soa", begin, end, 91):
        serial = 2024010100 if time < restored else 2025031400
        yield time, "example.com", "SOA", [
            ("example.com", "SOA", 3_600,
             f"a.dns.example.org hostmaster.example.com {serial} 7200 3600 1209600 300")]
    for time in visits("mx", begin, end, 60):
        old = time < at(2024, 9, 1)
        yield time, "example.com", "MX", [
            ("example.com", "MX", 3_600, "10 mail.example.com" if old else "10 mx1.example.org"),
            ("example.com", "MX", 3_600, "20 mx2.example.org")]
    for time in visits("https", begin, end, 45):
        yield time, "www.example.com", "HTTPS", [
            ("www.example.com", "HTTPS", 300, '1 . alpn="h2,h3" ipv4hint=192.0.2.10')]
    for time in visits("caa", begin, end, 120):
        yield time, "example.com", "CAA", [
            ("example.com", "CAA", 3_600, '0 issue "ca.example.org"')]
    for time in visits("ptr", begin, end, 150):
        yield time, "10.2.0.192.in-addr.arpa", "PTR", [
            ("10.2.0.192.in-addr.arpa", "PTR", 3_600, "www.example.com")]
    for time in visits("srv", begin, end, 180):
        yield time, "_imaps._tcp.example.com", "SRV", [
            ("_imaps._tcp.example.com", "SRV", 3_600, "0 1 993 mail.example.com")]


def fast_flux():
    """login.bank.example.net changes its address every two hours for ten days."""
    begin = at(2025, 3, 8)
    for step in range(120):
        time = begin + step * 7_200 + dice("flux", step) % 600
        host = 1 + (step * 97) % 251
        chain = [("login.bank.example.net", "A", 60, f"198.51.100.{host}")]
        name = "login.bank.example.net"
        if step % 10 == 0:
            name = "example-com.example.net"
            chain.insert(0, (name, "CNAME", 300, "login.bank.example.net"))
        yield time, name, "A", chain
        if step % 15 == 0:
            yield time + 5, "login.bank.example.net", "AAAA", [
                ("login.bank.example.net", "AAAA", 60, f"2001:db8:66::{step + 1:x}")]


def shared_hosting():
    """Forty honest shops and one phishing kit behind 203.0.113.80."""
    for shop in range(1, 41):
        name = f"shop{shop:02d}.example.org"
        for time in (at(2024, 2 + shop % 10, 5), at(2025, 1 + shop % 12, 17)):
            time += dice(name, time) % DAY
            yield time, name, "A", [(name, "A", 3_600, "203.0.113.80")]
    for first in (at(2024, 1, 9), at(2025, 11, 20)):
        for day in range(4):
            time = first + day * DAY + dice("kit", first, day) % DAY
            yield time, "kit.example.net", "A", [("kit.example.net", "A", 300, "203.0.113.80")]


LONG_TXT = ('"v=spf1 mx ip4:192.0.2.0/24 ip4:198.51.100.0/24 include:_spf.example.org -all" '
            '"note=asked again over TCP, because the first answer was cut"')


def transactions():
    """All lookups of the story in time order: (time, qname, qtype, answers)."""
    return sorted([*bank(), *fast_flux(), *shared_hosting()], key=lambda t: (t[0], t[1], t[2]))


def feed():
    """What a partner shares: rows already summed, in the forms that real feeds use."""
    rows = []
    for shop in range(1, 21):
        name, first = f"shop{shop:02d}.example.org", at(2024, 1, shop)
        rows.append({"rrname": name, "rrtype": "A", "rdata": "203.0.113.80", "count": 5 + shop,
                     "time_first": first, "time_last": first + 400 * DAY,
                     "sensor_id": "partner-1"})
    rows.append({"rrname": "example.com.", "rrtype": "NS", "count": 40, "sensor_id": "partner-1",
                 "rdata": ["a.dns.example.org.", "b.dns.example.org."],
                 "time_first": at(2023, 12, 24), "time_last": at(2025, 3, 10)})
    rows.append({"rrname": "KIT.example.net", "rrtype": "a", "rdata": "198.51.100.23",
                 "time_first": at(2025, 11, 19), "time_last": at(2025, 11, 19, 60),
                 "count": "2", "sensor_id": "partner-2"})
    rows.append({"rrname": "kit.example.net", "rrtype": "TXT", "rdata": '"token=c2FtcGxl"',
                 "time_first": at(2025, 11, 21), "time_last": at(2025, 11, 21),
                 "sensor_id": "partner-2"})
    rows.append({"rrname": "drop.example.net", "rrtype": "AAAA", "rdata": "2001:db8:66::99",
                 "time_first": at(2025, 11, 22) + 0.75, "time_last": at(2025, 11, 23) + 0.25,
                 "count": 3, "sensor_id": "partner-2", "origin": "https://partner.example.org/"})
    return rows


def truth(parts=("pcap", "feed")):
    """What must be known after importing `parts`: {(rrname, rrtype, rdata): [first, last, n]}."""
    known = {}

    def seen(key, first, last, count):
        old = known.get(key, [first, last, 0])
        known[key] = [min(old[0], first), max(old[1], last), old[2] + count]

    if "pcap" in parts:
        for time, _, _, answers in transactions():
            for owner, rrtype, _, rdata in answers:
                seen((owner, rrtype, rdata), time, time, 1)
        time = SPECIAL["tcp"]
        seen(("example.com", "TXT", LONG_TXT), time, time, 1)
    if "feed" in parts:
        for row in feed():
            values = row["rdata"] if isinstance(row["rdata"], list) else [row["rdata"]]
            for value in values:
                key = (row["rrname"].lower().rstrip("."), row["rrtype"].upper(),
                       value.rstrip("."))
                seen(key, int(row["time_first"]), int(row["time_last"]),
                     int(row.get("count", 1)))
    return known


# ------------------------------------------------------- messages and packets

class Message:
    """One DNS message; names are compressed against everything written before."""

    def __init__(self, ident, flags, counts):
        self.octets = bytearray(struct.pack(">6H", ident, flags, *counts))
        self.offsets = {}

    def name(self, text, compress=True):
        labels = [] if text == "." else text.split(".")
        while labels:
            rest = ".".join(labels).lower()
            if compress and rest in self.offsets:
                self.octets += struct.pack(">H", 0xC000 | self.offsets[rest])
                return
            if len(self.octets) < 0x4000:
                self.offsets.setdefault(rest, len(self.octets))
            label = labels.pop(0).encode()
            self.octets += bytes([len(label)]) + label
        self.octets.append(0)

    def question(self, name, rrtype):
        self.name(name)
        self.octets += struct.pack(">HH", TYPES[rrtype], 1)

    def record(self, owner, rrtype, ttl, rdata):
        self.name(owner)
        self.octets += struct.pack(">HHIH", TYPES[rrtype], 1, ttl, 0)
        start = len(self.octets)
        self.rdata(rrtype, rdata)
        struct.pack_into(">H", self.octets, start - 2, len(self.octets) - start)

    def rdata(self, rrtype, text):
        if rrtype in ("A", "AAAA"):
            self.octets += ipaddress.ip_address(text).packed
        elif rrtype in ("NS", "CNAME", "PTR"):
            self.name(text)
        elif rrtype == "MX":
            preference, exchange = text.split()
            self.octets += struct.pack(">H", int(preference))
            self.name(exchange)
        elif rrtype == "SOA":
            mname, rname, *numbers = text.split()
            self.name(mname)
            self.name(rname)
            self.octets += struct.pack(">5I", *map(int, numbers))
        elif rrtype == "SRV":
            *numbers, target = text.split()
            self.octets += struct.pack(">3H", *map(int, numbers))
            self.name(target, compress=False)
        elif rrtype == "TXT":
            for part in text[1:-1].split('" "'):
                self.octets += bytes([len(part)]) + part.encode()
        elif rrtype == "CAA":
            flags, tag, value = text.split(" ", 2)
            self.octets += bytes([int(flags), len(tag)]) + tag.encode()
            self.octets += value.strip('"').encode()
        elif rrtype == "HTTPS":
            self.https(text)
        else:
            raise ValueError(rrtype)

    def https(self, text):
        priority, target, *parameters = text.split()
        self.octets += struct.pack(">H", int(priority))
        self.name(target, compress=False)
        for parameter in parameters:
            key, value = parameter.split("=")
            if key == "alpn":
                ids = [i.encode() for i in value.strip('"').split(",")]
                number, data = 1, b"".join(bytes([len(i)]) + i for i in ids)
            else:
                hints = [ipaddress.ip_address(i).packed for i in value.split(",")]
                number, data = 4, b"".join(hints)
            self.octets += struct.pack(">HH", number, len(data)) + data


def query(ident, name, rrtype):
    message = Message(ident, 0x0100, (1, 0, 0, 0))
    message.question(name, rrtype)
    return bytes(message.octets)


def response(ident, name, rrtype, answers, flags=0x8180):
    message = Message(ident, flags, (1, len(answers), 0, 0))
    message.question(name, rrtype)
    for answer in answers:
        message.record(*answer)
    return bytes(message.octets)


def checksum(octets):
    if len(octets) % 2:
        octets += b"\0"
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def packet(source, target, protocol, segment):
    """Ethernet and IPv4 around a UDP or TCP segment whose checksum field is still zero."""
    source, target = (ipaddress.ip_address(a).packed for a in (source, target))
    pseudo = source + target + struct.pack(">BBH", 0, protocol, len(segment))
    where = 6 if protocol == 17 else 16
    segment = bytearray(segment)
    struct.pack_into(">H", segment, where, checksum(pseudo + bytes(segment)) or 0xFFFF)
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 1, 0x4000, 64, protocol, 0)
    head = head + source + target
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return bytes.fromhex("020000000002 020000000001 0800") + head + bytes(segment)


def udp(up, port, payload):
    """A datagram from the client (`up`) or from the resolver."""
    ends, ports = ((CLIENT, RESOLVER), (port, 53)) if up else ((RESOLVER, CLIENT), (53, port))
    return packet(*ends, 17, struct.pack(">4H", *ports, 8 + len(payload), 0) + payload)


def tcp(up, port, flags, sequence, acknowledged, payload=b""):
    ends, ports = ((CLIENT, RESOLVER), (port, 53)) if up else ((RESOLVER, CLIENT), (53, port))
    head = struct.pack(">HHIIBBHHH", *ports, sequence, acknowledged, 0x50, flags, 65_535, 0, 0)
    return packet(*ends, 6, head + payload)


SPECIAL = {"lost": at(2024, 6, 1), "unasked": at(2024, 6, 2), "cut": at(2024, 6, 3),
           "tcp": at(2024, 6, 3) + 1, "damaged": at(2024, 6, 4), "nothing": at(2024, 6, 5)}


def special_packets():
    """Traffic that teaches the accounting: (time, microseconds, frame)."""
    ident, port, name = 0x5150, 40_999, "example.com"
    fake = [("www.example.com", "A", 300, "198.51.100.250")]
    lost = query(ident, "lost.example.org", "A")
    yield SPECIAL["lost"], 0, udp(True, port, lost)
    yield SPECIAL["unasked"], 0, udp(False, port, response(ident, "www.example.com", "A", fake))
    asked = query(ident, name, "TXT")
    yield SPECIAL["cut"], 0, udp(True, port, asked)
    yield SPECIAL["cut"], 9_000, udp(False, port, response(ident, name, "TXT", [], 0x8380))
    full = response(ident, name, "TXT", [(name, "TXT", 3_600, LONG_TXT)])
    up, down = (struct.pack(">H", len(m)) + m for m in (asked, full))
    time = SPECIAL["tcp"]
    frames = [tcp(True, port, 0x02, 1_000, 0), tcp(False, port, 0x12, 9_000, 1_001),
              tcp(True, port, 0x10, 1_001, 9_001), tcp(True, port, 0x18, 1_001, 9_001, up),
              tcp(False, port, 0x10, 9_001, 1_001 + len(up), down[:100]),
              tcp(False, port, 0x18, 9_101, 1_001 + len(up), down[100:]),
              tcp(True, port, 0x11, 1_001 + len(up), 9_001 + len(down))]
    for step, frame in enumerate(frames):
        yield time, 1_000 * step, frame
    asked = query(ident, "www.example.com", "A")
    answer = response(ident, "www.example.com", "A", fake)
    yield SPECIAL["damaged"], 0, udp(True, port, asked)
    yield SPECIAL["damaged"], 9_000, udp(False, port, answer[:-3])
    asked = query(ident, "nobody.example.org", "A")
    yield SPECIAL["nothing"], 0, udp(True, port, asked)
    yield SPECIAL["nothing"], 9_000, udp(
        False, port, response(ident, "nobody.example.org", "A", [], 0x8183))


def capture():
    """The pcap file: microseconds, little endian, Ethernet."""
    frames = list(special_packets())
    for number, (time, name, rrtype, answers) in enumerate(transactions()):
        ident, port = dice("id", number) & 0xFFFF, 1_024 + dice("port", number) % 60_000
        frames.append((time, 0, udp(True, port, query(ident, name, rrtype))))
        frames.append((time, 20_000, udp(False, port, response(ident, name, rrtype, answers))))
    frames.sort(key=lambda frame: frame[:2])
    file = bytearray(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1))
    for time, fraction, frame in frames:
        file += struct.pack("<IIII", time, fraction, len(frame), len(frame)) + frame
    return bytes(file)


def cof(row):
    return json.dumps(row, separators=(",", ":"), ensure_ascii=True)


def files():
    lines = "".join(cof(row) + "\n" for row in feed())
    return {"sample.pcap": capture(), "partner-feed.ndjson": lines.encode()}


def main(arguments):
    if arguments == ["--truth"]:
        for (name, rrtype, rdata), (first, last, count) in sorted(truth().items()):
            print(cof({"rrname": name, "rrtype": rrtype, "rdata": rdata, "count": count,
                       "time_first": first, "time_last": last}))
        return 0
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    different = 0
    for name, octets in files().items():
        path = HERE / name
        if not arguments:
            path.write_bytes(octets)
            print(f"{name}: {len(octets)} octets")
        elif not path.exists() or path.read_bytes() != octets:
            print(f"{name} differs from what make_sample.py writes", file=sys.stderr)
            different += 1
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
