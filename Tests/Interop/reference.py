"""What a passive DNS has to answer, worked out by plain Python over the rows of a feed.

The feed is made up from a seed, written as a Common Output Format file, and imported by the program
under test; the answers expected here come from the same rows and share no code with it.
"""
import calendar
import collections
import functools
import ipaddress
import json
import random
import re
import time
import typing

import harness

SEED = 20240229
DNSSEC = {"DS", "RRSIG", "NSEC", "DNSKEY", "NSEC3", "NSEC3PARAM", "DLV", "CDS", "CDNSKEY", "TA"}
FLEXIBLE = {"CNAME", "HINFO", "MX", "NAPTR", "NS", "PTR", "RP", "SOA", "SPF", "SRV", "TXT"}
# Where rdata has names: words counted from the first.
NAMES = {"NS": [0], "CNAME": [0], "PTR": [0], "DNAME": [0], "MX": [1], "SRV": [3], "SOA": [0, 1],
         "HTTPS": [1], "RRSIG": [7], "NSEC": [0]}
BIG, WWW, ZONE, CDN = "big.example.com", "www.example.com", "example.com", "cdn.example.org"
BIG_ROWS = 5_000


class Row(typing.NamedTuple):
    """One record; names without their final dots, as the Common Output Format has them."""
    rrname: str
    rrtype: str
    rdata: str
    first: int
    last: int
    count: int
    bailiwick: str = ""
    is_zone: bool = False

    def cof(self):
        zone = "zone_" if self.is_zone else ""
        fields = {"rrname": self.rrname, "rrtype": self.rrtype, "rdata": self.rdata,
                  f"{zone}time_first": self.first, f"{zone}time_last": self.last,
                  "count": self.count}
        if self.bailiwick:
            fields["bailiwick"] = self.bailiwick
        return json.dumps(fields)


def fixed_records():
    """The records of which every kind of question has one to find: (rrname, rrtype, rdata)."""
    yield from (
        (WWW, "A", "192.0.2.1"), (WWW, "A", "192.0.2.9"), (WWW, "A", "198.51.100.7"),
        (WWW, "AAAA", "2001:db8::1"), (WWW, "HTTPS", '1 . alpn="h2" port=8443'),
        (WWW, "TXT", '"v=spf1 -all" "say \\"hi\\"; \\\\ done"'), (WWW, "TYPE65280", "\\# 3 010203"),
        (WWW, "RRSIG", "A 13 3 300 20300101000000 20240101000000 4711 example.com AAECAw=="),
        (ZONE, "NS", "ns1.example.com"), (ZONE, "NS", "ns2.example.com"),
        (ZONE, "SOA", "ns1.example.com HostMaster.example.COM 7 1800 900 604800 300"),
        (ZONE, "MX", "10 mail.example.com"), (ZONE, "MX", "20 mail.example.net"),
        (ZONE, "DS", "4711 13 2 " + "0A" * 32), (ZONE, "CAA", '0 issue "ca.example.net"'),
        ("www.example.net", "CNAME", WWW), ("www.example.org", "CNAME", CDN),
        ("www.example", "A", "192.0.2.77"), ("www.example.shop.example.org", "A", "192.0.2.78"),
        ("*.wild.example.com", "A", "203.0.113.99"), ("_sip._tcp.example.com", "SRV",
                                                      "5 10 5060 sip.example.com"),
        ("7.0/25.2.0.192.in-addr.arpa", "PTR", "host7.example.com"),
        ("a\\032b.example.com", "A", "192.0.2.200"), ("xn--bcher-kva.example", "A", "192.0.2.201"),
        ("old.example.com", "DNAME", "new.example.net"), ("ok.test", "A", "192.0.2.1"))


def fields_of(chance):
    """Times and count of a record: some equal, so that records come together in RRsets."""
    first = chance.choice((1_577_836_800, 1_609_459_200, chance.randrange(1.4e9, 1.7e9)))
    return first, first + chance.randrange(40_000_000), chance.randrange(1, 10_000)


def feed(seed=SEED):
    """At least 20,000 rows, the same ones for the same seed."""
    chance = random.Random(seed)
    rows = {}

    def add(rrname, rrtype, rdata, *values, bailiwick="", is_zone=False):
        row = Row(rrname, rrtype, rdata, *(values or fields_of(chance)), bailiwick, is_zone)
        rows.setdefault(row[:3] + row[6:], row)

    for record in fixed_records():
        add(*record, bailiwick=ZONE if record[0].endswith(ZONE) else "")
    pair = fields_of(chance)
    for rdata in ("203.0.113.10", "203.0.113.11"):
        add("pair.example.com", "A", rdata, *pair, bailiwick=ZONE)
    add(WWW, "A", "192.0.2.1", bailiwick="com")
    add(WWW, "A", "192.0.2.1", is_zone=True)
    add(ZONE, "NS", "ns1.example.com", bailiwick="com", is_zone=True)
    for number in range(BIG_ROWS):
        address = ipaddress.ip_address(f"2001:db8:b16:{number // 250:x}::{number % 250 + 1:x}")
        add(BIG, "AAAA", str(address))
    for number in range(1_500):
        add(f"c{number}.shop.example.org", "CNAME", CDN, bailiwick="example.org")
    while len(rows) < 20_500:
        random_record(chance, add)
    return list(rows.values())


def random_record(chance, add):
    zone = chance.choice(("a.example.net", "b.example.net", "deep.b.example.net", "example.org"))
    name = f"h{chance.randrange(4_000)}.{zone}"
    kind = chance.choice(("A", "A", "A", "AAAA", "MX", "TXT", "NS", "CNAME"))
    network = chance.choice(("192.0.2", "198.51.100", "203.0.113"))
    number = chance.randrange(256)
    rdata = {"A": f"{network}.{number}", "AAAA": f"2001:db8:{number + 1:x}::{number + 1:x}",
             "MX": f"{number} mx{number % 7}.{zone}", "TXT": f'"token={number}; \\"{name}\\""',
             "NS": f"ns{number % 9}.{zone}", "CNAME": f"h{number}.{zone}"}[kind]
    add(name, kind, rdata, bailiwick=chance.choice(("", zone)),
        is_zone=chance.random() < 0.05)


def canonical(row):
    """Letters of names in rdata are lowered (RFC 4034 section 6.2)."""
    words = row.rdata.split(" ")
    for place in NAMES.get(row.rrtype, ()):
        words[place] = words[place].lower()
    return row._replace(rdata=" ".join(words))


def import_feed(work, name="feed.store"):
    """Writes the feed, imports it, and returns the store and the reference."""
    rows = feed()
    path, store = work / "feed.ndjson", work / name
    path.write_text("".join(row.cof() + "\n" for row in rows))
    account = harness.import_json(store, "--format", "cof", "--no-filter", path)
    if account["stored"] != len(rows):
        raise SystemExit(f"of {len(rows)} rows of seed {SEED}, {account} were stored")
    print(f"  feed of {len(rows)} rows, seed {SEED}")
    return store, Reference(rows)


def names_in(row):
    words = row.rdata.split()
    return [words[place].lower() for place in NAMES.get(row.rrtype, ()) if words[place] != "."]


def dotted(row):
    """Rdata as DNSDB writes it: names end in a dot, and some types have a form of their own."""
    words = row.rdata.split(" ")
    for place in NAMES.get(row.rrtype, ()):
        words[place] = words[place].rstrip(".") + "."
    if row.rrtype == "CAA":
        words[1] = f'"{words[1]}"'
    if row.rrtype == "RRSIG":
        for place in (4, 5):
            words[place] = str(calendar.timegm(time.strptime(words[place], "%Y%m%d%H%M%S")))
    if row.rrtype.startswith("TYPE"):
        words[2] = re.sub("..", r"\g<0> ", words[2])
    return " ".join(words)


def fits(name, pattern):
    """DNSDB's wildcards: `*.x` and `x.*` any number of labels, `+.x` exactly one."""
    pattern = pattern.lower().rstrip(".")
    if pattern.startswith("*."):
        return name == pattern[2:] or name.endswith(pattern[1:])
    if pattern.startswith("+."):
        return name.endswith(pattern[1:]) and "." not in name[:-len(pattern) + 1]
    if pattern.endswith(".*"):
        return name == pattern[:-2] or name.startswith(pattern[:-1])
    return name == pattern


def bounds(text):
    """First and last address of an address, a network in either spelling, or a range."""
    if "-" in text:
        return tuple(ipaddress.ip_address(part) for part in text.split("-"))
    network = ipaddress.ip_network(text.replace(",", "/"), strict=False)
    return network[0], network[-1]


@functools.cache
def address_of(text):
    return ipaddress.ip_address(text)


def in_range(row, first, last):
    if row.rrtype not in ("A", "AAAA"):
        return False
    address = address_of(row.rdata)
    return address.version == first.version and first <= address <= last


class Reference:
    """Answers over rows, found by looking at every one."""

    def __init__(self, rows):
        self.rows = [canonical(row) for row in rows]

    def select(self, keep, rrtypes=None):
        """Rows of some types; without any, of all that `ANY` of DNSDB means."""
        return [row for row in self.rows if keep(row)
                and (row.rrtype in rrtypes if rrtypes else row.rrtype not in DNSSEC)]

    def circl(self, value, rrtype=None, limit=None):
        """(rrname, rrtype, rdata, first, last, count) of either side, one of each triple."""
        try:
            first, last = bounds(value)
            found = [row for row in self.rows if in_range(row, first, last)]
        except ValueError:
            found = [row for row in self.rows if fits(row.rrname, value) or any(
                fits(name, value) for name in names_in(row)) or row.rdata == value]
        merged = merge(((row.rrname, row.rrtype, row.rdata), row) for row in found
                       if rrtype in (None, row.rrtype))
        return [key + values for key, values in merged.items()][:limit]

    def expanded(self, address):
        """All rows of every owner that had an address, as version 1 of CIRCL has it."""
        owners = {row.rrname for row in self.rows if row.rdata == address}
        merged = merge(((row.rrname, row.rrtype, row.rdata), row) for row in self.rows
                       if row.rrname in owners)
        return [key + values for key, values in merged.items()]

    def rrsets(self, pattern, rrtypes=None, bailiwick=None, **fences):
        """RRsets of owners: (rrname, rrtype, bailiwick, rdata, zone?, first, last, count)."""
        found = self.select(lambda row: fits(row.rrname, pattern)
                            and bailiwick in (None, row.bailiwick), rrtypes)
        return fenced(grouped(found), **fences)

    def rdata(self, keep, rrtypes=None, **fences):
        """The same for rdata: each rdata by itself, bailiwicks merged."""
        merged = merge(((row.rrname + ".", row.rrtype, "", (dotted(row),), row.is_zone), row)
                       for row in self.select(keep, rrtypes))
        return fenced([key + values for key, values in merged.items()], **fences)

    def pointing(self, pattern, rrtypes=None, **fences):
        return self.rdata(lambda row: any(fits(name, pattern) for name in names_in(row)),
                          rrtypes, **fences)

    def addresses(self, text, **fences):
        first, last = bounds(text)
        return self.rdata(lambda row: in_range(row, first, last), **fences)

    def names_like(self, expression, rrtypes=None, exclude=None, **fences):
        """(rrname, rrtype) of owners that a regular expression finds, and another does not."""
        found = merge(((row.rrname + ".", row.rrtype, "", (), False), row)
                      for row in self.select(lambda row: re.search(
                          expression, row.rrname + ".", re.I) and not (exclude and re.search(
                              exclude, row.rrname + ".", re.I)), rrtypes))
        return {row[:2] for row in fenced([key + values for key, values in found.items()],
                                          **fences)}

    def rdata_like(self, expression, rrtypes=None):
        found = self.select(lambda row: re.search(expression, dotted(row), re.I),
                            rrtypes or FLEXIBLE)
        return {(dotted(row), row.rrtype) for row in found}


def merge(pairs):
    """{key: (first, last, count)} over rows of the same key."""
    found = {}
    for key, row in pairs:
        first, last, count = found.get(key, (row.first, row.last, 0))
        found[key] = (min(first, row.first), max(last, row.last), count + row.count)
    return found


def grouped(rows):
    """Records of one owner, type, bailiwick and kind with equal times and counts are an RRset."""
    sets = {}
    for row in rows:
        key = (row.rrname + ".", row.rrtype, row.bailiwick and row.bailiwick + ".", row.is_zone,
               row.first, row.last, row.count)
        sets.setdefault(key, []).append(dotted(row))
    return [key[:3] + (tuple(sorted(rdata)),) + key[3:] for key, rdata in sets.items()]


def fenced(found, first_after=0, first_before=1 << 40, last_after=0, last_before=1 << 40):
    """DNSDB's fences; each second named is inside."""
    return [row for row in found if first_after <= row[5] <= first_before
            and last_after <= row[6] <= last_before]


def summary(found):
    """The row of a summary."""
    fields = {"count": sum(row[7] for row in found), "num_results": len(found)}
    for zone in (False, True):
        times = [row[5:7] for row in found if row[4] == zone]
        if times:
            prefix = "zone_" if zone else ""
            fields[f"{prefix}time_first"] = min(first for first, _ in times)
            fields[f"{prefix}time_last"] = max(last for _, last in times)
    return fields


def dnsdb_row(fields):
    """A row of a DNSDB reply, as `rrsets` and `rdata` have it."""
    zone = "zone_" if "zone_time_first" in fields else ""
    rdata = fields["rdata"] if isinstance(fields["rdata"], list) else [fields["rdata"]]
    return (fields["rrname"], fields["rrtype"], fields.get("bailiwick", ""),
            tuple(sorted(rdata)), bool(zone), fields[f"{zone}time_first"],
            fields[f"{zone}time_last"], fields["count"])


def same(checks, what, found, wanted):
    """Compares rows as multisets; for thousands of them."""
    found, wanted = collections.Counter(found), collections.Counter(wanted)
    return checks.that(f"{what} ({wanted.total()} rows)", found == wanted,
                       f"\n        missing {harness.short(list((wanted - found).elements()))}"
                       f"\n        extra   {harness.short(list((found - wanted).elements()))}")


def wire(name):
    """A name's octets in hexadecimal."""
    labels = name.rstrip(".").split(".")
    return "".join(f"{len(label):02x}{label.encode().hex()}" for label in labels) + "00"
