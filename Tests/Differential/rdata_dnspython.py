#!/usr/bin/env python3
"""Compares tidemark-rdata with dnspython on random rdata of every type.

    rdata_dnspython.py --tool .build/release/tidemark-rdata [--count 1000000] [--seed 1]

For each valid rdata it checks that
  wire     reading our master text back gives the canonical octets that dnspython computes;
  master   dnspython reads our master text as the same octets;
  dnsdb    dnspython reads our DNSDB text as the same octets;
  text     we read dnspython's text as the same octets, also respelled and in RFC 3597 form;
  redns    we read our own DNSDB text as the same octets.
For each rdata damaged at random it checks that
  damaged  it survives being written and read octet by octet, but for lowered names;
  loose    what we write in a type's own form, dnspython reads as the same octets;
  strict   what we write in RFC 3597 form, dnspython refuses.

Every difference must have its reason in `explain`; the exit status is 1 if one has none.
"""

import argparse
import collections
import random
import re
import struct
import subprocess
import sys

import dns.rdata
import dns.rdataclass
import dns.rdatatype

IN = dns.rdataclass.IN
# Octets that zone files give a meaning and that names show as they are, like DNSDB's library.
ZONE_FILE_OCTETS = b'"();@$'


class Generator:
    """Random valid rdata, field by field."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def octets(self, low, high):
        return self.random.randbytes(self.random.randint(low, high))

    def name(self):
        r = self.random
        wire = b""
        for _ in range(r.choice((0, 1, 2, 2, 3, 3, 3, 4, 8))):
            kind = r.random()
            if kind < 0.9:
                label = "".join(r.choices("abcXYZ019-_", k=r.randint(1, 12))).encode()
            elif kind < 0.99:
                label = bytes(c for c in self.octets(1, 20) if c not in ZONE_FILE_OCTETS) or b"x"
            else:
                label = self.octets(1, 63)
            if len(wire) + len(label) + 2 <= 255:
                wire += bytes([len(label)]) + label
        return wire + b"\0"

    def string(self, low=0, high=60):
        r = self.random
        if r.random() < 0.01:
            high = 255
        if r.random() < 0.7:
            value = "".join(r.choices("abc XYZ=;,\\\"'()", k=r.randint(low, high))).encode()
        else:
            value = self.octets(low, high)
        return bytes([len(value)]) + value

    def bitmap(self, low=0):
        r = self.random
        types = {r.randint(0, 70) for _ in range(r.randint(low, 8))}
        types |= {r.randint(1, 65535) for _ in range(r.choice((0, 0, 0, 1, 3)))}
        wire = b""
        for window in sorted({t >> 8 for t in types}):
            octets = bytearray(32)
            for t in types:
                if t >> 8 == window:
                    octets[(t & 255) // 8] |= 0x80 >> (t & 7)
            octets = bytes(octets).rstrip(b"\0")
            wire += bytes([window, len(octets)]) + octets
        return wire

    def parameters(self):
        r = self.random
        chosen = {}
        if r.random() < 0.6:
            ids = [r.choice((b"h2", b"h3", b"http/1.1", b"a,b", b"c\\d", b'e"f', self.octets(1, 9)))
                   for _ in range(r.randint(1, 3))]
            chosen[1] = b"".join(bytes([len(i)]) + i for i in ids)
            if r.random() < 0.2:
                chosen[2] = b""
        if r.random() < 0.4:
            chosen[3] = self.octets(2, 2)
        if r.random() < 0.4:
            chosen[4] = b"".join(self.octets(4, 4) for _ in range(r.randint(1, 3)))
        if r.random() < 0.2:
            config = self.octets(4, 40)
            chosen[5] = struct.pack("!H", len(config)) + config
        if r.random() < 0.3:
            chosen[6] = b"".join(self.ipv6() for _ in range(r.randint(1, 3)))
        if r.random() < 0.2:
            chosen[7] = b"/dns-query{?dns}"
        if r.random() < 0.1:
            chosen[8] = b""
            chosen[10] = r.choice((b"", b"\x03dns", b"\x03dns\x03a,b"))
        for _ in range(r.choice((0, 0, 1, 2))):
            chosen[r.randint(11, 65534)] = self.octets(0, 20)
        if chosen and r.random() < 0.2:
            listed = sorted(r.sample(sorted(chosen), r.randint(1, len(chosen))))
            chosen[0] = b"".join(struct.pack("!H", key) for key in listed)
        return b"".join(struct.pack("!HH", k, len(v)) + v for k, v in sorted(chosen.items()))

    def ipv6(self):
        r = self.random
        if r.random() < 0.1:
            return bytes(10) + r.choice((b"\xff\xff", b"\0\0")) + self.octets(4, 4)
        return b"".join(r.choice((b"\0\0", b"\0\1", self.octets(2, 2))) for _ in range(8))

    def location(self):
        r = self.random
        size = [r.choice((0, r.randint(1, 9) << 4 | r.randint(0, 9))) for _ in range(3)]
        return bytes([0] + size) + struct.pack(
            "!III", 2**31 + r.randint(-324000000, 324000000),
            2**31 + r.randint(-648000000, 648000000), r.randint(0, 2**32 - 1))

    def endpoint(self, kind):
        return (b"", self.octets(4, 4), self.ipv6(), self.name())[kind]

    def gateway(self):
        kind = self.random.randint(0, 3)
        return bytes([kind]) + self.octets(1, 1) + self.endpoint(kind)

    def relay(self):
        kind = self.random.randint(0, 3)
        return bytes([kind | self.random.choice((0, 128))]) + self.endpoint(kind)

    def host_identity(self):
        tag, key = self.octets(1, 32), self.octets(1, 64)
        servers = b"".join(self.name() for _ in range(self.random.randint(0, 3)))
        return struct.pack("!BBH", len(tag), self.random.randint(0, 255), len(key)) + tag + key \
            + servers

    def prefixes(self):
        r, wire = self.random, b""
        for _ in range(r.randint(1, 4)):
            family = r.randint(1, 2)
            width = (4, 16)[family - 1]
            octets = self.octets(0, width).rstrip(b"\0")
            wire += struct.pack("!HBB", family, r.randint(0, width * 8),
                                len(octets) | r.choice((0, 128))) + octets
        return wire

    def digest(self, lengths):
        kind, length = self.random.choice(lengths)
        return bytes([kind]) + self.octets(length, length)

    def rdata(self, kind):
        return b"".join(FIELDS[f](self) for f in SCHEMA[kind].split())


FIELDS = {
    "1": lambda g: g.octets(1, 1), "2": lambda g: g.octets(2, 2), "4": lambda g: g.octets(4, 4),
    "6": lambda g: g.octets(6, 6), "8": lambda g: g.octets(8, 8), "16": Generator.ipv6,
    "n": Generator.name, "s": Generator.string,
    "s*": lambda g: b"".join(g.string() for _ in range(g.random.randint(1, 4))),
    "s?": lambda g: g.random.choice((b"", g.string())),
    "tag": lambda g: (lambda t: bytes([len(t)]) + t)(
        "".join(g.random.choices("abcXYZ019", k=g.random.randint(1, 15))).encode()),
    "rest": lambda g: g.octets(1, 80), "text": lambda g: g.string()[1:],
    "text+": lambda g: g.string(1)[1:], "salt": lambda g: (lambda s: bytes([len(s)]) + s)(
        g.octets(0, 16)),
    "hash": lambda g: (lambda s: bytes([len(s)]) + s)(g.octets(1, 32)),
    "types": Generator.bitmap, "types+": lambda g: g.bitmap(1), "params": Generator.parameters,
    "loc": Generator.location, "gateway": Generator.gateway, "relay": Generator.relay,
    "hip": Generator.host_identity, "apl": Generator.prefixes,
    "ds": lambda g: g.digest([(1, 20), (2, 32), (3, 32), (4, 48), (77, 9)]),
    "zonemd": lambda g: b"\1" + g.digest([(1, 48), (2, 64), (240, 12), (241, 33)]),
    "fp": lambda g: g.digest([(1, 20), (2, 32), (77, 9)]), "proto": lambda g: b"\3",
    "service": lambda g: g.random.choice((
        b"\0\0" + g.name(), struct.pack("!H", g.random.randint(1, 65535)) + g.name()
        + g.parameters(), b"\0\1\0" + g.parameters())),
}

SCHEMA = {
    "A": "4", "NS": "n", "MD": "n", "MF": "n", "CNAME": "n", "SOA": "n n 4 4 4 4 4", "MB": "n",
    "MG": "n", "MR": "n", "PTR": "n", "HINFO": "s s", "MINFO": "n n", "MX": "2 n", "TXT": "s*",
    "RP": "n n", "AFSDB": "2 n", "X25": "s", "ISDN": "s s?", "RT": "2 n",
    "SIG": "2 1 1 4 4 4 2 n rest", "KEY": "2 1 1 rest", "PX": "2 n n", "AAAA": "16", "LOC": "loc",
    "SRV": "2 2 2 n", "NAPTR": "2 2 s s s n", "KX": "2 n", "CERT": "2 2 1 rest", "DNAME": "n",
    "APL": "apl", "DS": "2 1 ds", "SSHFP": "1 fp", "IPSECKEY": "1 gateway rest",
    "RRSIG": "2 1 1 4 4 4 2 n rest", "NSEC": "n types+", "DNSKEY": "2 1 1 rest", "DHCID": "rest",
    "NSEC3": "1 1 2 salt hash types", "NSEC3PARAM": "1 1 2 salt", "TLSA": "1 1 1 rest",
    "SMIMEA": "1 1 1 rest", "HIP": "hip", "NINFO": "s*", "CDS": "2 1 ds", "CDNSKEY": "2 1 1 rest",
    "OPENPGPKEY": "rest", "CSYNC": "4 2 types", "ZONEMD": "4 zonemd", "SVCB": "service",
    "HTTPS": "service", "SPF": "s*", "NID": "2 8", "L32": "2 4", "L64": "2 8", "LP": "2 n",
    "EUI48": "6", "EUI64": "8", "URI": "2 2 text+", "CAA": "1 tag text", "AVC": "s*",
    "AMTRELAY": "1 relay", "RESINFO": "s*", "WALLET": "s*", "DLV": "2 1 ds", "TYPE65280": "rest",
}


# Types that dnspython does not know, and types with the same fields that it does.
TWINS = {"MD": "NS", "MF": "NS", "MB": "NS", "MG": "NS", "MR": "NS", "MINFO": "RP"}


def from_wire(kind, wire):
    try:
        return dns.rdata.from_wire(IN, TWINS.get(kind, kind), wire, 0, len(wire))
    except Exception:  # any refusal counts, dnspython raises many kinds
        return None


def digestable(kind, text):
    try:
        rdata = dns.rdata.from_text(IN, TWINS.get(kind, kind), text, relativize=False)
        return rdata.to_digestable()
    except Exception as error:
        return repr(error)


def respell(generator, kind, text):
    """The same rdata as other programs might write it."""
    r = generator.random
    if kind in ("DS", "CDS", "DLV", "TLSA", "SMIMEA", "SSHFP", "ZONEMD"):
        words = text.split()
        head, tail = (words[:2], words[2:]) if kind == "SSHFP" else (words[:3], words[3:])
        digits = "".join(tail)
        digits = digits.upper() if r.random() < 0.5 else digits
        cut = r.randint(0, len(digits))
        return "\t".join(head) + "  " + digits[:cut] + " " + digits[cut:]
    if kind in ("NS", "CNAME", "MX", "SRV", "SOA", "PTR", "RP") and text.endswith(".") \
            and not text.endswith("\\.") and len(text) > 1 and not text.endswith(" ."):
        return text[:-1]
    return " " + text + "\t"


def ask(tool, lines):
    """The program's answers, one a line."""
    data = ("\n".join(lines) + "\n").encode("latin-1")
    answer = subprocess.run([tool], input=data, stdout=subprocess.PIPE, check=True).stdout
    answers = answer.decode("latin-1").split("\n")[:-1]
    assert len(answers) == len(lines), "the program lost lines"
    return answers


# Mnemonics of the IANA registry that dnspython 2.9 does not know.
NEW_MNEMONICS = set("EID NIMLOC ATMA SINK RKEY TALINK UINFO UID GID DOA CLA IPN".split())
DIGESTS = {"DS", "CDS", "DLV", "SSHFP", "ZONEMD", "TLSA", "SMIMEA"}
OPAQUE_REST = DIGESTS | set("KEY SIG RRSIG DNSKEY CDNSKEY CERT OPENPGPKEY DHCID".split())


def explain(check, kind, wire, ours, theirs):
    """The reason for a known difference, or None."""
    if kind == "ISDN" and wire.endswith(b"\0") and ours.startswith(wire.hex()):
        return "dnspython drops an empty subaddress"
    if check == "wire" and ours == "generated" and kind in ("TLSA", "SMIMEA"):
        return "the generator ignores digest lengths that dnspython enforces"
    if check in ("master", "dnsdb", "loose"):
        return explain_reading(kind, wire, ours, theirs)
    if check == "strict":
        return explain_strictness(kind, wire, theirs)
    return None


def explain_reading(kind, wire, text, theirs):
    """Why dnspython does not read text of ours."""
    words = text.split()
    if kind == "LOC" and isinstance(theirs, bytes) and theirs[:12] == wire[:12]:
        if abs(int.from_bytes(wire[12:], "big") - int.from_bytes(theirs[12:], "big")) == 1:
            return "dnspython computes altitudes with floating point and is off by one"
    if kind == "ISDN" and wire.endswith(b"\0") and theirs == wire[:-1]:
        return "dnspython drops an empty subaddress"
    theirs = str(theirs)
    if kind == "IPSECKEY" and len(words) == 4 and "expecting another" in theirs:
        return "dnspython reads no empty key, which RFC 4025 section 2.4 knows and it writes"
    if kind == "KEY" and wire[0] & 0xC0 == 0xC0:
        return "dnspython takes no key material when the flags say that there is none"
    if "digest length" in theirs or "length inconsistent" in theirs or "at least 12" in theirs:
        return "dnspython enforces lengths of digests, which may come wrong off the wire"
    if "is reserved" in theirs:
        return "dnspython refuses reserved numbers, which may come off the wire"
    if "type is unknown" in theirs and NEW_MNEMONICS & set(words):
        return "dnspython does not know the newest and oldest mnemonics"
    if "bit 0" in theirs and "TYPE0" in words:
        return "dnspython refuses type 0 in a bit map"
    if "AliasMode" in theirs and kind in ("SVCB", "HTTPS") and wire[:2] == b"\0\0":
        return "dnspython refuses parameters in AliasMode, RFC 9460 section 2.4.2 ignores them"
    if " ech=" in text and "ECHConfigList" in theirs:
        return "dnspython looks into ECHConfigList"
    if " key10=" in text and "malformed" in theirs:
        return "dnspython looks into docpath, whose octets may come wrong off the wire"
    if " key8=" in text and "malformed" in theirs:
        return "dnspython refuses a value of ohttp, which may come off the wire"
    if any(chr(octet) in word for octet in ZONE_FILE_OCTETS for word in unquoted(text)):
        return "names show octets that zone files give a meaning as they are, like DNSDB"
    return None


def unquoted(text):
    """The words of `text` outside quoted strings, which names are."""
    return re.sub(r'(?<![^ =])"(?:[^"\\]|\\.)*"(?= |$)', " ", text).split()


def explain_strictness(kind, wire, theirs):
    """Why we do not write in a form of its own what dnspython takes."""
    if kind in OPAQUE_REST and (theirs == "" or theirs.endswith(" ")):
        return "we ask for at least one octet of hexadecimal or base64"
    if kind == "APL":
        return "we know address families 1 and 2 only, without trailing zeros"
    if kind in ("NSEC", "NSEC3", "CSYNC"):
        return "we ask for bit maps that read back as the same octets"
    if kind == "LOC":
        return "we ask for sizes that read back as the same octets"
    if kind == "NSEC3" or kind == "HIP":
        return "we ask for a hash, host identity tag and key"
    return None


class Comparison:
    def __init__(self, tool, seed):
        self.tool = tool
        self.generator = Generator(seed)
        self.done = collections.Counter()
        self.known = collections.Counter()
        self.unknown = collections.Counter()

    def check(self, check, kind, wire, ours, theirs):
        self.done[check] += 1
        if ours == theirs:
            return
        reason = explain(check, kind, wire, ours, theirs)
        if reason:
            self.known[f"{check}: {reason}"] += 1
            return
        self.unknown[f"{check} {kind}"] += 1
        if self.unknown[f"{check} {kind}"] <= 3:
            print(f"DIFFERENCE {check} {kind} {wire.hex()}\n  ours   {ours}\n  theirs {theirs}")

    def valid(self, count):
        kinds = list(SCHEMA)
        batch = []
        while len(batch) < count:
            kind = self.generator.random.choice(kinds)
            wire = self.generator.rdata(kind)
            rdata = from_wire(kind, wire)
            if rdata is None:
                self.check("wire", kind, wire, "generated", "refused")
                continue
            batch.append((kind, wire, rdata))
        answers = ask(self.tool, [f"{kind} {wire.hex()}" for kind, wire, _ in batch])
        texts, expected = [], []
        for (kind, wire, rdata), answer in zip(batch, answers):
            master, dnsdb, hexwire = answer.split("\t")
            canonical = rdata.to_digestable()
            self.check("wire", kind, wire, hexwire, canonical.hex())
            self.check("master", kind, wire, master, same(kind, master, canonical))
            self.check("dnsdb", kind, wire, dnsdb, same(kind, dnsdb, canonical))
            text = rdata.to_text()
            for check, spelling in (
                ("redns", dnsdb), ("text", text), ("text", respell(self.generator, kind, text)),
                ("text", rdata.to_generic().to_text()),
            ):
                texts.append(f"{kind} ={spelling}")
                expected.append((check, kind, wire, canonical))
        for (check, kind, wire, canonical), line, answer in zip(
                expected, texts, ask(self.tool, texts)):
            if answer != canonical.hex():
                self.check(check, kind, wire, f"{answer} {line}", canonical.hex())
            else:
                self.done[check] += 1

    def damaged(self, count):
        r = self.generator.random
        batch = []
        for _ in range(count):
            kind = r.choice(list(SCHEMA))
            wire = bytearray(self.generator.rdata(kind))
            how = r.random()
            if how < 0.3 and wire:
                wire[r.randrange(len(wire))] = r.randint(0, 255)
            elif how < 0.5:
                del wire[r.randint(0, len(wire)):]
            elif how < 0.7:
                wire += r.randbytes(r.randint(1, 9))
            else:
                wire = bytearray(r.randbytes(r.randint(0, 40)))
            batch.append((kind, bytes(wire)))
        answers = ask(self.tool, [f"{kind} {wire.hex()}" for kind, wire in batch])
        for (kind, wire), answer in zip(batch, answers):
            master, _, hexwire = answer.split("\t")
            rdata = from_wire(kind, wire)
            canonical = wire if rdata is None else rdata.to_digestable()
            if hexwire != wire.hex():
                self.check("damaged", kind, wire, hexwire, canonical.hex())
            else:
                self.done["damaged"] += 1
            if not master.startswith("\\#"):
                octets = bytes.fromhex(hexwire)
                self.check("loose", kind, wire, master, same(kind, master, octets))
            elif kind in dns.rdatatype.RdataType.__members__:
                self.check("strict", kind, wire, master,
                           master if rdata is None else rdata.to_text())


def same(kind, text, canonical):
    """The text itself if dnspython reads it as `canonical`, otherwise what it read."""
    octets = digestable(kind, text)
    return text if octets == canonical else octets


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tool", required=True)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randint(0, 2**32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}, {arguments.count} rdata")
    comparison = Comparison(arguments.tool, arguments.seed)
    left = arguments.count
    while left > 0:
        size = min(left, 20_000)
        comparison.valid(size - size // 4)
        comparison.damaged(size // 4)
        left -= size
    for name, counter in (("checked", comparison.done), ("known difference", comparison.known),
                          ("UNKNOWN DIFFERENCE", comparison.unknown)):
        for what, number in sorted(counter.items()):
            print(f"{name}: {what}: {number}")
    sys.exit(1 if comparison.unknown else 0)


if __name__ == "__main__":
    main()
