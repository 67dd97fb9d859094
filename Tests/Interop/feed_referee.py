"""What dnstap streams, NMSG containers and passivedns logs must give, read a second time.

Written from the rules of passive DNS and of the formats, not from the Swift code; the decoder of
messages is `tools/oracle.py` of the shared folder (dnspython inside). Keys of records are
(owner, type number, rdata, vantage, bailiwick), rdata being canonical octets, or text for what a
log gives in part.
"""
import collections
import re
import struct
import zlib

import dns.exception
import dns.name
import dns.rdata
import dns.rdatatype

import referee
from referee import YEAR_1990, canonical, chain, message_rule, name_key

CLIENT_KINDS = {6: "client", 10: "stub", 12: "tool"}
AUTH, RESOLVER, FORWARDER = 2, 4, 8
DNSSEC = {46, 47, 50}
# MX SRV SVCB HTTPS NS: names that the additional section is asked about.
TARGETS = {2: "target", 15: "exchange", 33: "target", 64: "target", 65: "target"}


class FeedReferee:
    """Collects the expected rows of one file. `skipped` counts responses by the rule that refused
    them; `records` counts single records of accepted responses that were left out."""

    def __init__(self, oracle, messages=("resolver",)):
        self.oracle, self.messages = oracle, set(messages)
        self.rows, self.skipped, self.records = {}, {}, {}

    def skip(self, rule, counts=None):
        counts = self.skipped if counts is None else counts
        counts[rule] = counts.get(rule, 0) + 1

    def add(self, key, first, last, count):
        if key in self.rows:
            old = self.rows[key]
            first, last, count = min(first, old[0]), max(last, old[1]), count + old[2]
        self.rows[key] = (first, last, count)

    # Messages

    def message(self, wire, seconds, vantage, zone=None):
        """A response that was matched with its query, or is from inside a server."""
        message = self.oracle.Message(wire)
        if message.header is None or not message.response:
            return self.skip("damaged")
        if rule := message_rule(message, seconds):
            return self.skip(rule)
        taken = self.client_records(message) if zone is None else self.zone_records(message, zone)
        for record, bailiwick in dict.fromkeys(taken):
            self.add((*record, vantage, bailiwick), seconds, seconds, 1)

    def key(self, record):
        return name_key(record.name), int(record.rdtype), canonical(record.rdata)

    def client_records(self, message):
        """What the question leads to in the answer section; nobody says for which zone."""
        reached = chain(message)
        for record in message.records:
            rule = referee.record_rule(message, record, reached)
            if record.rdtype in referee.NEVER_STORED or rule:
                self.skip(rule or "never-stored", self.records)
            else:
                yield self.key(record), None

    def zone_records(self, message, zone):
        """What a server of `zone` may say (passive-dns-correctness sections 2 and 4)."""
        qname, qtype, _ = message.questions[0]
        reached = chain(message)
        sections = {name: [] for name in self.oracle.SECTIONS}
        for record in message.records:
            sections[record.section].append(record)
        is_referral = (not sections["answer"] and message.rcode == 0
                       and not message.header[1] & 0x0400
                       and any(r.rdtype == 2 for r in sections["authority"])
                       and not any(r.rdtype == 6 for r in sections["authority"]))
        answered = any(r.rdtype == qtype or qtype == 255 for r in sections["answer"]
                       if r.name.canonicalize() in reached)
        targets = []

        def take(record, below=False):
            inside = record.name.is_subdomain(zone) and not (below and record.name == zone)
            if not inside:
                return self.skip("out-of-zone", self.records)
            if record.rdtype in TARGETS:
                targets.append(getattr(record.rdata, TARGETS[record.rdtype]))
            return self.key(record), name_key(zone)

        for record in sections["answer"]:
            if record.rdtype in referee.NEVER_STORED or record.rdclass != 1:
                self.skip("never-stored", self.records)
            elif record.rdtype in DNSSEC and record.rdtype != qtype:
                self.skip("dnssec-not-asked-for", self.records)
            elif record.name.canonicalize() not in reached:
                self.skip("unconnected", self.records)
            elif found := take(record, below=record.rdtype == 43):
                yield found
        for record in sections["authority"]:
            on_the_way = any(name.is_subdomain(record.name) for name in reached)
            if record.rdclass != 1 or record.rdtype in DNSSEC and record.rdtype != qtype:
                self.skip("dnssec-not-asked-for", self.records)
                continue
            if record.rdtype in DNSSEC:
                wanted = True
            elif record.rdtype == 2:
                wanted = on_the_way and (is_referral or record.name == zone)
            elif record.rdtype == 43:
                wanted = is_referral and on_the_way
            else:
                wanted = (record.rdtype == 6 and not is_referral and on_the_way
                          and (message.rcode == 3 or not answered))
            if not wanted:
                self.skip("authority-not-taken", self.records)
            elif found := take(record, below=is_referral or record.rdtype == 43):
                yield found
        for record in sections["additional"]:
            if record.rdtype in (1, 28) and record.rdclass == 1 and record.name in targets:
                if found := take(record):
                    yield found
            elif record.rdtype != 41:
                self.skip("additional-not-a-target", self.records)

    # dnstap

    def dnstap(self, payload):
        """One payload. Kinds that are not asked for are left out, as the program does."""
        fields = dict(self.oracle.protobuf(payload))
        message = dict(self.oracle.protobuf(fields[14])) if 14 in fields else {}
        kind, wire = message.get(1, 0), message.get(14)
        if kind not in (AUTH, RESOLVER, FORWARDER, *CLIENT_KINDS) or fields.get(15, 1) != 1:
            return
        if not wire:
            return self.skip("no message")
        seconds = message.get(12, 0) or message.get(8, 0)
        flags = struct.unpack(">H", wire[2:4])[0] if len(wire) > 3 else 0
        name = CLIENT_KINDS.get(kind) or {AUTH: "authoritative", RESOLVER: "resolver",
                                          FORWARDER: "forwarder"}[kind]
        if kind == RESOLVER and flags & 0x0100:
            name = "forwarder"
        if name not in self.messages:
            return self.skip(f"{name} not taken")
        if name not in ("resolver", "authoritative"):
            return self.message(wire, seconds, "client")
        self.server_message(wire, seconds, name, message.get(11))

    def server_message(self, wire, seconds, name, query_zone):
        message = self.oracle.Message(wire)
        is_authoritative = len(wire) > 3 and wire[2] & 4
        if name == "authoritative" and not is_authoritative and message.header is not None:
            return self.skip(message_rule(message, seconds) or "not-authoritative")
        zone = None
        if query_zone:
            zone = dns.name.from_wire(query_zone, 0)[0].canonicalize()
        elif name == "authoritative" and message.questions:
            zone = next((record.name for record in message.records
                         if record.section == "authority" and record.rdtype in (2, 6)
                         and message.questions[0][0].is_subdomain(record.name)), None)
        if zone is None and not is_authoritative:
            return self.skip("not-authoritative")
        self.message(wire, seconds, "authority", zone and zone.canonicalize())

    def read_dnstap(self, path):
        with open(path, "rb") as file:
            try:
                for frame in self.oracle.read_framestream(file, collections.Counter()):
                    self.dnstap(frame)
            except self.oracle.Truncated:
                self.skip("cut frame")

    # NMSG

    def read_nmsg(self, path):
        octets, at, fragments = path.read_bytes(), 0, {}
        while at + 10 <= len(octets) and octets[at:at + 4] == b"NMSG":
            flags, version, size = struct.unpack_from(">BBI", octets, at + 4)
            data, at = octets[at + 10:at + 10 + size], at + 10 + size
            if version != 2 or len(data) < size:
                self.skip("container")
            elif flags & 2:
                piece = dict(self.oracle.protobuf(data))
                parts = fragments.setdefault(piece[1], {})
                parts[piece[2]] = piece[4]
                if len(parts) == piece[3] + 1:
                    self.container(flags, b"".join(parts[n] for n in sorted(parts)))
            else:
                self.container(flags, data)

    def container(self, flags, data):
        if flags & 1:
            data = zlib.decompress(data[4:])
        payloads = [value for number, value in self.oracle.protobuf(data) if number == 1]
        sums = [value for number, value in self.oracle.protobuf(data) if number == 2]
        for number, octets in enumerate(payloads):
            fields = dict(self.oracle.protobuf(octets))
            payload = fields.get(5, b"")
            # A checksum that is wrong makes the payload worthless; none at all is allowed.
            if number < len(sums) and isinstance(sums[number], int) \
                    and sums[number] != crc32c(payload):
                self.skip("checksum")
                continue
            reader = {(2, 1): self.dedupe, (1, 9): self.query_response, (1, 13): self.dnstap,
                      (1, 14): self.observation}.get((fields.get(1), fields.get(2)))
            if reader:
                reader(payload)
            else:
                self.skip(f"payload {fields.get(1)}/{fields.get(2)}")

    def dedupe(self, payload):
        fields = dict(self.oracle.protobuf(payload))
        rdata = [value for number, value in self.oracle.protobuf(payload) if number == 5]
        kind = fields.get(13, 0)
        if kind in (0, 2):
            return self.skip("insertion" if kind == 0 else "chaff")
        is_zone = kind in (3, 5)
        first, last = ((fields.get(17), fields.get(18)) if is_zone
                       else (fields.get(11), fields.get(12)))
        zone = fields.get(16)
        owner = dns.name.from_wire(fields[1], 0)[0]
        bailiwick = dns.name.from_wire(zone, 0)[0] if zone else None
        if bailiwick is not None and not owner.is_subdomain(bailiwick):
            return self.skip("out-of-bailiwick")
        for octets in rdata:
            data = dns.rdata.from_wire(1, fields[2], octets, 0, len(octets))
            self.add((name_key(owner), fields[2], canonical(data),
                      "zone" if is_zone else "authority",
                      None if bailiwick is None else name_key(bailiwick)),
                     first, last, fields.get(10, 1))

    def query_response(self, payload):
        """IPv4 or IPv6 packets of a response; fragments of IPv4 in their order."""
        fields = dict(self.oracle.protobuf(payload))
        if fields.get(1) != 1:
            return self.skip(f"dnsqr kind {fields.get(1)}")
        packets = [value for number, value in self.oracle.protobuf(payload) if number == 15]
        times = [value for number, value in self.oracle.protobuf(payload) if number == 16]
        if fields.get(21) == 2:
            return self.skip("sensor found a wrong checksum")
        datagram = b"".join(packet[(packet[0] & 15) * 4:] if packet[0] >> 4 == 4 else packet[40:]
                            for packet in packets)
        self.message(datagram[8:], times[-1], "client")

    def observation(self, payload):
        fields = dict(self.oracle.protobuf(payload))
        if 7 not in fields:
            return self.skip("dnsobs without response")
        self.server_message(fields[7], fields.get(1, 0), "resolver", fields.get(8))


def crc32c(octets):
    """Castagnoli's, as RFC 3720 appendix B.4 has it, in the octet order of NMSG."""
    crc = 0xFFFFFFFF
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return int.from_bytes((crc ^ 0xFFFFFFFF).to_bytes(4, "little"), "big")


# Logs of passivedns

NEGATIVE = {"FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMPL", "REFUSED", "YXDOMAIN", "YXRRSET",
            "NXRRSET", "NOTAUTH", "NOTZONE"}
IN_PART = {"MX", "SRV", "SOA", "TXT", "SPF", "RP"}
LINE = re.compile(
    r"(?P<time>\d+)\.\d{6}\|\|(?P<client>[^|]+)\|\|(?P<server>[^|]+)\|\|IN\|\|(?P<query>.*?)\|\|"
    r"(?P<type>[A-Z][A-Z0-9]*|1)\|\|(?P<answer>.*)\|\|(?P<ttl>\d+)\|\|(?P<count>\d+)$")


def text_name(text):
    return dns.name.from_text(text, dns.name.root).canonicalize().to_text(omit_final_dot=True)


def read_passivedns(path, referee_):
    """Text lines of the default layout. The first type that stands between delimiters is the one:
    names of the samples hold delimiters, and none of them a type."""
    for line in path.read_text(encoding="utf-8").splitlines():
        match = LINE.match(line)
        if not match:
            referee_.skip("no-record")
            continue
        if match["ttl"] == "0" and match["count"] == "1" and (
                match["answer"] in NEGATIVE or match["answer"].startswith("UNKNOWN-ERROR-")):
            referee_.skip("negative")
            continue
        seconds = int(match["time"])
        if seconds < YEAR_1990:
            referee_.skip("time-out-of-range")
            continue
        rrtype = dns.rdatatype.from_text(match["type"])
        if match["type"] in IN_PART:
            answer = match["answer"]
            rdata = answer if match["type"] in ("TXT", "SPF") else text_name(answer)
            vantage = "text"
        else:
            rdata, vantage = answer_octets(rrtype, match["answer"]), "client"
        referee_.add((name_key(match["query"]), int(rrtype), rdata, vantage, None),
                     seconds, seconds, int(match["count"]))


def answer_octets(rrtype, text):
    if rrtype in referee.ONE_NAME:
        return referee.name_octets(text)
    return canonical(dns.rdata.from_text("IN", rrtype, text, origin=dns.name.root,
                                         relativize=False))


# Types of RFC 1035 that dnspython has no text for: MD MF MB MG MR, and MINFO.
NAMES_ONLY = {3, 4, 7, 8, 9, 14}


def row_key(row):
    """As referee.row_key, for all types that are exported as text."""
    try:
        rrtype = int(dns.rdatatype.from_text(row["rrtype"]))
        if rrtype not in NAMES_ONLY:
            return referee.row_key(row)
    except dns.exception.DNSException as error:
        # dnspython is stricter with some types, or does not know them.
        return name_key(row["rrname"]), row["rrtype"], f"{row['rdata']} ({error})"
    octets = b"".join(map(referee.name_octets, row["rdata"].split(" ")))
    return name_key(row["rrname"]), rrtype, octets


def reported(lines):
    """Exported rows under the same keys; also says whether each came once."""
    found, doubled = {}, 0
    for row in lines:
        vantage = row["vantage"]
        if vantage == "text":
            name, rrtype = name_key(row["rrname"]), int(dns.rdatatype.from_text(row["rrtype"]))
            octets = row["rdata"]
        else:
            name, rrtype, octets = row_key(row)
        zone = row.get("bailiwick")
        key = (name, rrtype, octets, vantage, zone if zone is None else name_key(zone))
        first = row.get("time_first", row.get("zone_time_first"))
        last = row.get("time_last", row.get("zone_time_last"))
        doubled += key in found
        found[key] = (first, last, row["count"])
    return found, doubled

