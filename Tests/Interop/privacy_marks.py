"""Clients that can be recognised, and a scan that recognises them in whatever spelling.

10,000 clients: 5,000 in 198.18.0.0/15 and 5,000 below 2001:db8:6d61:726b::/64, each with a port, an
Ethernet address, an EDNS client subnet and a DNS cookie. Nothing else in the tests is in these
ranges, so that any hit in what the program wrote is a leak.
"""
import base64
import collections
import ipaddress
import re
import struct

SEED = 20_251_121
CLIENTS_PER_FAMILY = 5_000
NET4 = 0xC612_0000                               # 198.18.0.0/15
NET6 = bytes.fromhex("20010db86d61726b")         # "mark" in the middle
MAC = bytes.fromhex("026d6163")                  # locally administered, "mac"
COOKIE = bytes.fromhex("f7c00c1e5e")             # five octets of eight
PORTS = range(61_440, 61_456)
# The chance of four octets in noise to be one of the addresses, in either order of octets.
NOISE4 = 2 * CLIENTS_PER_FAMILY / 2**32


class Client:
    """Who asked; `octets` has 4 or 16 of them."""

    def __init__(self, number, octets):
        self.number, self.octets = number, octets
        self.text = str(ipaddress.ip_address(octets))
        self.is4 = len(octets) == 4
        self.port = PORTS[number % len(PORTS)]
        self.mac = MAC + struct.pack(">H", number)
        self.mac_text = self.mac.hex(":")
        self.cookie = COOKIE + struct.pack(">I", number)[1:]
        # Whole addresses and the usual /24 and /64 by turns (RFC 7871 section 6).
        bits = (32 if number % 2 else 24) if self.is4 else (128 if number % 2 else 64)
        self.subnet_bits = bits
        self.subnet = octets[:bits // 8]
        self.subnet_text = f"{ipaddress.ip_network((octets, bits), strict=False)}"

    def edns(self, is_response):
        """An OPT record with client subnet and cookie (RFC 6891, 7871, 7873)."""
        subnet = struct.pack(">HBB", 1 if self.is4 else 2, self.subnet_bits,
                             24 if is_response else 0) + self.subnet
        cookie = self.cookie + (self.cookie[::-1] + self.cookie if is_response else b"")
        options = struct.pack(">HH", 8, len(subnet)) + subnet
        options += struct.pack(">HH", 10, len(cookie)) + cookie
        return b"\0" + struct.pack(">HHIH", 41, 1232, 0, len(options)) + options


def clients(dice):
    """The same clients for the same seed, both families by turns."""
    hosts4 = dice.sample(range(1, 0x1_FFFF), CLIENTS_PER_FAMILY)
    found = []
    for number, host in enumerate(hosts4):
        found.append(Client(2 * number, struct.pack(">I", NET4 + host)))
        found.append(Client(2 * number + 1, NET6 + dice.randbytes(8)))
    return found


def base64_forms(octets):
    """What stays the same in the base64 of octets, wherever they begin in it."""
    forms = []
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + octets)
        first = (shift * 8 + 5) // 6
        forms.append(text[first:(shift + len(octets)) * 8 // 6])
    return forms


class Scan:
    """Finds marks in octets."""

    # Spellings that are not a matter of chance: anything in these ranges is a mark.
    PATTERNS = {
        "v4 dotted": rb"(?<!\d)198\.1[89]\.\d{1,3}\.\d{1,3}",
        "v4 in a label": rb"(?<!\d)198[-_\x00]1[89][-_\x00]\d",
        "v4 reversed": rb"\d[.\x00-]\d{1,3}[.\x00-]1[89][.\x00-]198(?!\d)|1[89]\x03198",
        "v6 text or hex": rb"(?i)0?db8[:.-]?6d61[:.-]?726b",
        "v6 nibbles": rb"(?i)b.6.2.7.1.6.d.6|d.b.8.6.d.6.1.7.2.6.b".replace(b".", rb"[^\w]"),
        "v6 octets": re.escape(NET6[2:]),
        "v6 base64": b"|".join(map(re.escape, base64_forms(NET6))),
        "mac text": rb"(?i)02[:-]?6d[:-]?61[:-]?63|026d[.:]6163",
        "mac octets": re.escape(MAC),
        "cookie hex": rb"(?i)" + COOKIE.hex().encode(),
        "cookie octets": re.escape(COOKIE),
        "cookie base64": b"|".join(map(re.escape, base64_forms(COOKIE))),
    }
    # Candidates, which count when they are one of the addresses.
    CHOSEN = {
        "v4 hex": rb"(?i)(?=(c61[23][0-9a-f]{4}))",
        "v4 hex in v6": rb"(?i)(?=(c61[23]:[0-9a-f]{1,4}(?![0-9a-f])))",
        "v4 decimal": rb"(?<!\d)(332[23]\d{6})(?!\d)",
        "v4 octets": rb"(?=(\xc6[\x12\x13]..))",
        "v4 octets reversed": rb"(?=(..[\x12\x13]\xc6))",
    }

    def __init__(self, all_clients):
        self.addresses = {client.octets for client in all_clients if client.is4}
        self.patterns = {name: re.compile(text, re.DOTALL) for name, text in self.PATTERNS.items()}
        self.chosen = {name: re.compile(text, re.DOTALL) for name, text in self.CHOSEN.items()}
        ports = "|".join(map(str, PORTS)).encode()
        self.port = re.compile(rb"(?<![\w.])(" + ports + rb")(?![\w.])")

    def octets_of(self, name, text):
        """The four octets that a candidate spells."""
        if name == "v4 octets":
            return text
        if name == "v4 octets reversed":
            return text[::-1]
        if name == "v4 decimal":
            return struct.pack(">I", int(text))
        high, _, low = text.partition(b":") if b":" in text else (text[:4], b"", text[4:])
        return struct.pack(">HH", int(high, 16), int(low, 16))

    def find(self, octets, has_ports=False):
        """{spelling: hits}; only in texts of ours do ports mean anything."""
        found = collections.Counter()
        for name, pattern in self.patterns.items():
            found[name] = sum(1 for _ in pattern.finditer(octets))
        for name, pattern in self.chosen.items():
            found[name] = sum(self.octets_of(name, match[1]) in self.addresses
                              for match in pattern.finditer(octets))
        if has_ports:
            found["port"] = len(self.port.findall(octets))
        return +found

    def places(self, octets, has_ports=False, width=24):
        """The first hit of each spelling with what stands around it, for a failure's message."""
        patterns = {**self.patterns, **self.chosen, **({"port": self.port} if has_ports else {})}
        hits = self.find(octets, has_ports)
        for name in hits:
            for match in patterns[name].finditer(octets):
                at = match.start()
                if name not in self.chosen or self.octets_of(name, match[1]) in self.addresses:
                    yield name, hits[name], octets[max(0, at - width):at + 2 * width]
                    break


def spellings(client):
    """One client in every spelling, for the proof that the scan finds them."""
    octets = client.octets
    if client.is4:
        dashed = client.text.replace(".", "-")
        reverse = ".".join(reversed(client.text.split("."))) + ".in-addr.arpa"
        yield from (client.text, f"host-{dashed}.example.net", reverse, octets.hex(),
                    octets.hex().upper(), f"::ffff:{octets.hex()[:4]}:{octets.hex()[4:]}",
                    str(int.from_bytes(octets, "big")))
        yield octets
        yield octets[::-1]
        yield b"".join(bytes([len(p)]) + p.encode() for p in reverse.split(".")) + b"\0"
        yield b"arpa\0in-addr\0" + client.text.replace(".", "\0").encode() + b"\0\0"
    else:
        address = ipaddress.IPv6Address(octets)
        yield from (client.text, address.exploded, address.exploded.upper(), octets.hex(),
                    address.reverse_pointer, f"{address.exploded.replace(':', '-')}.example.net")
        yield octets
        yield octets[:8]
        yield b"".join(bytes([len(p)]) + p.encode() for p in address.reverse_pointer.split("."))
        yield b"arpa\0ip6\0" + "\0".join(octets.hex()).encode() + b"\0\0"
        for shift in range(3):
            yield base64.b64encode(b"x" * shift + octets)
    for text in (client.cookie, client.mac):
        yield text
        yield text.hex()
        yield text.hex().upper()
    yield client.mac_text
    yield client.mac.hex("-")
    yield client.mac.hex(".", 2)
    for shift in range(3):
        yield base64.b64encode(b"x" * shift + client.cookie)
