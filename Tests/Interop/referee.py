"""Applies the acceptance rules of passive DNS to what an independent decoder sees in a capture.

The decoder is `tools/oracle.py` of the shared folder (dnspython inside); the rules are written
here a second time, from the contract and not from the Swift code, so that each record which the
program leaves out can be explained by a rule, or not.
"""
import importlib.util
import re
import struct

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.OPT  # noqa: F401  (loads the class that carries extended rcodes)

import harness

ONE_NAME = {2, 5, 12, 39}           # NS CNAME PTR DNAME: the rdata is one name
SEVERAL_WORDS = {6, 15, 17, 18, 33, 36}  # SOA MX RP AFSDB SRV KX: names and numbers, no strings
NEVER_STORED = {0, 41, 249, 250, *range(251, 256)}
YEAR_1990 = 631_152_000
CHAIN_MAX = 32


def load_oracle():
    path = harness.SHARED / "tools/oracle.py"
    spec = importlib.util.spec_from_file_location("oracle", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    class Decoder(module.Decoder):
        """Marks what the oracle does not look at."""

        def udp(self, ns, src, dst, d, flow):
            if is_checksum_wrong(src, dst, d):
                flow = flow.but(mark="udp-checksum")
            super().udp(ns, src, dst, d, flow)

    module.Decoder = Decoder
    return module


def name_key(text_or_name):
    name = text_or_name
    if isinstance(name, str):
        name = dns.name.from_text(name, dns.name.root)
    return name.canonicalize().to_text()


def name_octets(text):
    return dns.name.from_text(text, dns.name.root).canonicalize().to_wire()


def canonical(rdata):
    try:
        return rdata.to_digestable(dns.name.root)
    except Exception:
        return rdata.to_wire(origin=dns.name.root)


def row_key(row):
    """The key of an exported row: text goes through dnspython, never compared as text."""
    rrtype = dns.rdatatype.from_text(row["rrtype"])
    text = row["rdata"]
    if text.startswith("\\#"):
        octets = bytes.fromhex("".join(text.split()[2:]))
        try:
            rdata = dns.rdata.from_wire(1, rrtype, octets, 0, len(octets))
        except Exception:
            return name_key(row["rrname"]), int(rrtype), octets
    elif rrtype in ONE_NAME:
        # A zone file reader gives meaning to quotes and brackets, which names may contain.
        return name_key(row["rrname"]), int(rrtype), name_octets(text)
    else:
        if rrtype in SEVERAL_WORDS:
            text = re.sub(r'(?<!\\)(["();@$])', r"\\\1", text)
        rdata = dns.rdata.from_text("IN", rrtype, text, origin=dns.name.root, relativize=False)
    return name_key(row["rrname"]), int(rrtype), canonical(rdata)


class Sightings:
    """Counts and times of keys; a key counts once per message."""

    def __init__(self):
        self.rows = {}

    def add(self, key, seconds):
        first, last, count = self.rows.get(key, (seconds, seconds, 0))
        self.rows[key] = (min(first, seconds), max(last, seconds), count + 1)


def make(oracle):
    """Returns a referee: feed it a capture with `read(path)`."""

    class Referee(oracle.Oracle):
        def __init__(self):
            super().__init__()
            self.accepted = Sightings()
            self.allowed = Sightings()  # may be reported: the transport is odd
            self.oddities = {}          # key of an allowed record -> what is odd
            self.refused = {}           # key -> rules under which it was refused
            self.certain = {}           # key of the oracle's own list -> the same, if any

        def message(self, ns, wire, flow, transport):
            super().message(ns, wire, flow, transport)
            message = oracle.Message(wire)
            if message.header is None or not message.response:
                return
            seconds = ns // 10**9
            is_plain = not flow.reasons and message.opcode == 0 and not message.errors
            rule = "udp-checksum" if "udp-checksum" in flow.marks else message_rule(
                message, seconds)
            reached = chain(message)
            seen = set()
            for record in message.records:
                if record.rdtype in NEVER_STORED:
                    continue
                key = (name_key(record.name), int(record.rdtype), canonical(record.rdata))
                why = rule or record_rule(message, record, reached)
                if not why and key in seen:
                    why = "repeated"
                if is_plain and record.section == "answer" and record.rdclass == 1:
                    self.certain.setdefault(key, set()).update([why] if why else [])
                if why:
                    self.refused.setdefault(key, set()).add(why)
                else:
                    seen.add(key)
                    (self.allowed if flow.reasons else self.accepted).add(key, seconds)
                    if flow.reasons:
                        self.oddities.setdefault(key, set()).update(flow.reasons)

    return Referee()


def is_checksum_wrong(source, target, datagram):
    """The checksum of UDP over IPv4 or IPv6; what is cut short is not judged.

    Right is also none at all, what a host says to itself, and the sum of the pseudo-header alone,
    which a host leaves for its network card to complete (ingest 4.3).
    """
    size, field = struct.unpack(">HH", datagram[4:8])
    if not 8 <= size <= len(datagram) or field == 0 or source == target:
        return False
    pseudo = source + target + struct.pack(">HH", 17, size)
    return field != ones_sum(pseudo) and ones_sum(pseudo + datagram[:size]) != 0xFFFF


def ones_sum(octets):
    """RFC 1071."""
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def message_rule(message, seconds):
    """Why a readable response gives no records (passive-dns-correctness section 2); or None."""
    rcode = message.rcode
    for record in message.records:
        if record.rdtype == 41:
            rcode |= record.ttl >> 24 << 4
    if message.opcode != 0:
        return "opcode"
    if any(error != "trailing" for error in message.errors):
        return "damaged"
    if len(message.questions) != 1:
        return "question-count"
    _, qtype, qclass = message.questions[0]
    if qclass != 1:
        return "question-class"
    if message.tc:
        return "truncated-tc"
    if rcode not in (0, 3):
        return "rcode"
    if qtype in (251, 252):
        return "zone-transfer"
    if seconds < YEAR_1990:
        return "time-out-of-range"
    return None


def chain(message):
    """Names that the question leads to, by CNAME and DNAME in any order."""
    if len(message.questions) != 1:
        return set()
    answers = [r for r in message.records if r.section == "answer" and r.rdclass == 1]
    reached, queue = set(), [message.questions[0][0].canonicalize()]
    while queue and len(reached) < CHAIN_MAX:
        name = queue.pop(0)
        if name in reached:
            continue
        reached.add(name)
        for record in answers:
            owner = record.name.canonicalize()
            if record.error:
                continue
            if record.rdtype == 5 and owner == name:
                queue.append(record.rdata.target.canonicalize())
            elif record.rdtype == 39 and name != owner and name.is_subdomain(owner):
                reached.add(owner)
                try:
                    prefix = name.relativize(owner)
                    queue.append((prefix + record.rdata.target).canonicalize())
                except dns.name.NameTooLong:
                    pass
    return reached


def record_rule(message, record, reached):
    """Why a record of an accepted response is left out (sections 2 and 12); or None."""
    if record.section != "answer":
        return "section"
    if record.rdclass != 1:
        return "class"
    if record.name.canonicalize() not in reached:
        return "unconnected"
    if record.rdtype == 13 and message.questions[0][1] == 255:
        return "any-hinfo"
    if record.rdtype == 24 and record.name == dns.name.root:
        return "never-stored"
    return None
