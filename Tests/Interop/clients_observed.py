#!/usr/bin/env python3
"""DNSDB clients over a feed of 20,500 rows: every row of the tables of observed requests.

dnsdbq in both versions and dnsdb2 of Python ask; the answers have to be those of reference.py. Then
the request lines that were observed of these and other clients are sent again, as they were.
"""
import datetime
import json
import re
import shutil
import time
import urllib.parse

import harness
import reference
from clients_dnsdb import Dnsdbq
from harness import SHARED, Server, folder
from reference import BIG, CDN, DNSSEC, WWW, ZONE, dnsdb_row, same, summary, wire

NEW_YEARS = (1_577_836_800, 1_609_459_200)
NOW = int(time.time())
OBSERVED = SHARED / "contracts/observed/observed-requests.txt"
RAW_MX = "000a" + wire("mail.example.com")
SLASHED = "7.0/25.2.0.192.in-addr.arpa"


def lookups(truth):
    """(arguments of dnsdbq, rows) for both versions."""
    def is_mx(row):
        return (row.rrtype, row.rdata) == ("MX", "10 mail.example.com")

    yield ["-r", WWW], truth.rrsets(WWW)
    yield ["-r", f"{WWW}/A/{ZONE}"], truth.rrsets(WWW, {"A"}, ZONE)
    yield ["-r", f"{WWW}/A/com"], truth.rrsets(WWW, {"A"}, "com")
    yield ["-r", WWW, "-b", ZONE], truth.rrsets(WWW, None, ZONE)
    yield ["-t", "A,AAAA", "-r", WWW], truth.rrsets(WWW, {"A", "AAAA"})
    yield ["-r", f"{WWW}/type65280"], truth.rrsets(WWW, {"TYPE65280"})
    yield ["-r", f"{WWW}/TXT"], truth.rrsets(WWW, {"TXT"})
    for name in (WWW, ZONE):
        yield ["-r", f"{name}/any-dnssec"], truth.rrsets(name, DNSSEC)
    yield ["-r", ZONE.upper() + "."], truth.rrsets(ZONE)
    yield ["-r", "pair.example.com"], truth.rrsets("pair.example.com")
    yield ["-r", BIG], truth.rrsets(BIG)
    for pattern in ("*.shop.example.org", "*.example.com", "+.example.com", "+.b.example.net",
                    "www.example.*", "*.www.example.com"):
        yield ["-r", pattern], truth.rrsets(pattern)
    yield ["-r", r"\*.wild.example.com"], truth.rrsets("+.wild.example.com")
    yield ["-n", "ns1.example.com/NS"], truth.pointing("ns1.example.com", {"NS"})
    for name in ("ns1.example.com", WWW, CDN, "hostmaster.example.com"):
        yield ["-n", name], truth.pointing(name)
    for pattern in ("*.example.com", "+.a.example.net", "ns1.*"):
        yield ["-n", pattern], truth.pointing(pattern)
    for text in ("192.0.2.1", "192.0.2.0/24", "192.0.2.0,24", "198.51.100.77/27",
                 "192.0.2.1-192.0.2.9", "2001:db8::/32", "2001:db8::1",
                 "2001:db8:b16:3::-2001:db8:b16:4::ffff"):
        yield ["-i", text], truth.addresses(text)
    yield ["-N", RAW_MX, "-t", "MX"], truth.rdata(is_mx)
    yield ["-N", f"{RAW_MX.upper()}/MX"], truth.rdata(is_mx)
    yield ["-R", f"{wire(WWW)}/A"], truth.rrsets(WWW, {"A"})
    yield ["-R", wire(BIG)], truth.rrsets(BIG)


def lookup_checks(checks, server, truth, version):
    client = Dnsdbq(checks, server, version)
    for arguments, wanted in lookups(truth):
        checks.that(f"the reference has rows for {' '.join(arguments)}", wanted)
        found = [dnsdb_row(row) for row in client.rows(*arguments)]
        same(checks, f"dnsdbq -u {version} {' '.join(arguments)}", found, wanted)
    done = client.run("-j", "-r", "a/b.example.com")
    checks.that(f"{version}: a name split at its slash is refused", not done.stdout
                and "no record type" in done.stderr, done)
    done = client.run("-j", "-8", "-r", "bücher.example")
    checks.that(f"{version}: -8: octets of UTF-8 are looked up as they are", not done.stdout
                and "no results found" in done.stderr, done)
    done = client.run("-I")
    checks.that(f"{version}: -I", done.returncode == 0 and "unlimited" in done.stdout, done)
    lines = [f"rrset/name/{SLASHED.replace('/', '%2F')}/PTR", f"rrset/raw/{wire(WWW)}/A/com"]
    wanted = truth.rrsets(SLASHED, {"PTR"}) + truth.rrsets(WWW, {"A"})
    found = [dnsdb_row(row) for row in client.rows("-f", data="\n".join(lines) + "\n")]
    same(checks, f"{version}: -f encodes twice, and drops a raw name's bailiwick", found,
                     wanted)


def parameter_checks(checks, server, truth):
    """Fences, offset and limit, summaries: version 2."""
    client = Dnsdbq(checks, server, "dnsdb2")
    old, new = NEW_YEARS
    sets = truth.rrsets
    for subject in (WWW, "*.b.example.net"):
        for options, fences in (
                (["-A", str(old), "-B", str(new)], {"last_after": old, "first_before": new}),
                (["-c", "-A", str(old), "-B", str(new)],
                 {"first_after": old, "last_before": new}),
                (["-A", str(new)], {"last_after": new}), (["-B", str(old)], {"first_before": old}),
                (["-c", "-A", str(old)], {"first_after": old}),
                (["-c", "-B", str(new)], {"last_before": new}),
                (["-A", "1h"], {"last_after": NOW})):
            wanted = sets(subject, **fences)
            found = client.rows(*options, "-r", subject,
                                says="" if wanted else "no results found for query")
            same(checks, f"dnsdbq {' '.join(options)} -r {subject}", map(dnsdb_row, found), wanted)
    whole = client.rows("-l", "0", "-r", BIG)
    same(checks, "-l 0", [dnsdb_row(row) for row in whole], sets(BIG))
    checks.equal("-g -O 5 -l 7", client.rows("-g", "-O", "5", "-l", "7", "-r", BIG), whole[5:12])
    for subject, wanted in (("-r", sets(WWW)), ("-i", truth.addresses("192.0.2.0/24"))):
        value = {"-r": WWW, "-i": "192.0.2.0/24"}[subject]
        checks.equal(f"summarize {subject} {value}",
                     client.rows("-V", "summarize", subject, value), [summary(wanted)])
    found = client.rows("-V", "summarize", "-M", "100", "-r", BIG, says="limit")[0]
    checks.that("summarize -M 100 stops with the row that reaches it",
                found["count"] >= 100 and found["num_results"] < 100, found)


def library_checks(checks, server, truth):
    """dnsdb2 1.2.0: what it asks, and the errors that it knows."""
    import dnsdb2

    client = dnsdb2.Client("testkey", server=server.url)
    old, new = NEW_YEARS
    every = {"limit": 0}
    for what, found, wanted in (
            ("lookup_rrset", client.lookup_rrset(WWW, "A", ZONE), truth.rrsets(WWW, {"A"}, ZONE)),
            ("a bailiwick alone", client.lookup_rrset(WWW, bailiwick=ZONE),
             truth.rrsets(WWW, None, ZONE)),
            ("a wildcard", client.lookup_rrset("*.example.com"), truth.rrsets("*.example.com")),
            ("an IDN", client.lookup_rrset("bücher.example"),
             truth.rrsets("xn--bcher-kva.example")),
            ("lookup_rdata_name", client.lookup_rdata_name("ns1.example.com", "NS"),
             truth.pointing("ns1.example.com", {"NS"})),
            ("a network", client.lookup_rdata_ip("192.0.2.0/24"), truth.addresses("192.0.2.0/24")),
            ("a range", client.lookup_rdata_ip("192.0.2.1-192.0.2.5"),
             truth.addresses("192.0.2.1-192.0.2.5")),
            ("an address of IPv6", client.lookup_rdata_ip("2001:db8::1", rrtype="A"),
             truth.addresses("2001:db8::1")),
            ("lookup_rdata_raw", client.lookup_rdata_raw(RAW_MX.upper(), "MX"),
             truth.rdata(lambda row: (row.rrtype, row.rdata) == ("MX", "10 mail.example.com"))),
            ("fences", client.lookup_rrset("*.a.example.net", time_first_after=old,
                                           time_last_before=new, **every),
             truth.rrsets("*.a.example.net", first_after=old, last_before=new)),
            ("a fence before now", client.lookup_rrset(WWW, aggr=False, time_last_after=-86400,
                                                       id="app:1"), []),
            ("another", client.lookup_rrset(WWW, time_last_before=-86400), truth.rrsets(WWW))):
        same(checks, f"dnsdb2: {what}", map(dnsdb_row, found), wanted)
    checks.equal("dnsdb2: summarize", list(client.summarize_rrset(BIG)),
                 [summary(truth.rrsets(BIG))])
    whole = list(client.lookup_rrset(BIG))
    paged = []
    for offset in range(0, len(whole) + 1, 1_000):
        page = []
        try:
            for row in client.lookup_rrset(BIG, limit=1_000, offset=offset):
                page.append(row)
            is_limited = False
        except dnsdb2.QueryLimited:
            is_limited = True
        checks.equal(f"dnsdb2: the page at {offset} is limited", is_limited,
                     offset + 1_000 < len(whole))
        paged += page
    checks.equal("dnsdb2: pages by offset join to the whole", paged, whole)
    pattern_checks(checks, client, truth)


def pattern_checks(checks, client, truth):
    def names(found):
        return {(row["rrname"], row["rrtype"]) for row in found}

    expression = r"^h\d+7\.(deep\.)?b\.example\.net\.$"
    checks.equal("dnsdb2: flex_rrnames_regex", names(client.flex_rrnames_regex(expression)),
                 truth.names_like(expression))
    checks.equal("dnsdb2: exclude", names(client.flex_rrnames_regex(
        expression, exclude="DEEP", verbose=False)), truth.names_like(expression, exclude="deep"))
    checks.equal("dnsdb2: flex_rrnames_glob of two types",
                 names(client.flex_rrnames_glob("c*[13].shop.example.org.", "A,CNAME")),
                 truth.names_like(r"^c.*[13]\.shop\.example\.org\.$", {"A", "CNAME"}))
    for what, found, wanted in (
            ("flex_rdata_regex", client.flex_rdata_regex(r"mx3\.b\.", "MX"),
             truth.rdata_like(r"mx3\.b\.", {"MX"})),
            ("flex_rdata_regex of text", client.flex_rdata_regex("^\"token=7;"),
             truth.rdata_like('^"token=7;')),
            ("flex_rdata_glob", client.flex_rdata_glob("*.ex[a-c]mple.com.", "MX"),
             truth.rdata_like(r"\.ex[a-c]mple\.com\.$", {"MX"}))):
        checks.equal(f"dnsdb2: {what}", {(row["rdata"], row["rrtype"]) for row in found}, wanted)


def refusal_checks(checks, store, work):
    """What dnsdb2 makes of 403, 416 and 429."""
    import dnsdb2

    secrets = {name: harness.must("token", "create", "--store", store, name,
                                  *options).stdout.strip()
               for name, options in (("desk", ()), ("day", ("--per-day", 2)))}
    with Server(store, work / "tokens.log", "--require-tokens") as server:
        def says(key, ask):
            try:
                return list(ask(dnsdb2.Client(key, server=server.url)))
            except dnsdb2.DnsdbException as error:
                return type(error).__name__, str(error)

        def look(client):
            return client.lookup_rrset("pair.example.com")

        checks.equal("dnsdb2: a good key", len(says(secrets["desk"], look)), 1)
        checks.that("dnsdb2: a wrong key", says("tdm_wrong", look)[0] == "AccessDenied")
        checks.equal("dnsdb2: ping with a wrong key",
                     dnsdb2.Client("tdm_wrong", server=server.url).ping(), True)
        checks.that("dnsdb2: an offset too far", says(secrets["desk"], lambda client: (
            client.lookup_rrset(BIG, offset=3_000_001)))[0] == "OffsetError")
        rate = dnsdb2.Client(secrets["day"], server=server.url).rate_limit()["rate"]
        checks.that("dnsdb2: rate_limit of a quota", rate["limit"] == 2, rate)
        used = [says(secrets["day"], look) for _ in range(3)]
        checks.that("dnsdb2: a quota's end", used[-1][0] == "QuotaExceeded"
                    and "Rate limit exceeded" in used[-1][1], used)


def observed_paths():
    """Request lines below DNSDB's paths, of every client that was listened to."""
    lines = OBSERVED.read_text().splitlines()
    paths = [line.split(" ")[1] for line in lines if line.startswith("GET /")]
    return list(dict.fromkeys(path for path in paths if not path.startswith("/pdns/")))


def flexible(truth, kind, side, pattern, types, options):
    if kind == "glob":
        pattern = "^" + pattern.replace(".", r"\.").replace("*", ".*") + "$"
    if side == "rdata":
        return truth.rdata_like(pattern, types)
    fences = {name[5:]: int(value) for name, value in options.items() if name[:5] == "time_"}
    return truth.names_like(pattern, types, options.get("exclude"), **fences)


def answer(truth, path):
    """What a path asks for, as the reference has it: rows, or a set of pairs for patterns."""
    parts = urllib.parse.urlsplit("/" + path.lstrip("/"))
    options = dict(urllib.parse.parse_qsl(parts.query))
    segments = [urllib.parse.unquote(urllib.parse.unquote(segment)) for segment in
                parts.path.removeprefix("/dnsdb/v2").split("/")[1:]]
    verb, side, shape, value, types = (segments + ["ANY", "ANY"])[:5]
    if verb in ("regex", "glob"):
        return flexible(truth, verb, side, shape, None if value == "ANY" else set(
            value.split(",")), options)
    types = {"ANY": None, "ANY-DNSSEC": DNSSEC}.get(types.upper(), {types})
    fences = {name[5:]: int(text) for name, text in options.items() if name[:5] == "time_"}
    fences = {name: value if value > 0 else NOW + value for name, value in fences.items()}
    if (side, shape) == ("rdata", "ip"):
        return truth.addresses(value, **fences)
    if shape == "raw":
        # The one that was observed is an MX without the end of its name: nothing has that.
        return []
    if side == "rdata":
        return truth.pointing(value, types, **fences)
    return truth.rrsets(value, types, segments[5] if len(segments) > 5 else None, **fences)


def replay_checks(checks, server, truth):
    """Sends the observed request lines again."""
    if not OBSERVED.exists():
        return checks.skip("observed requests", f"{OBSERVED} is absent")
    for path in observed_paths():
        status, _, body = server.get(path, headers={"X-Api-Key": "testkey"})
        if re.search("rate_limit|ping", path):
            checks.equal(f"GET {path}", status, 200)
        elif re.search("/a/b.example.com|/raw/03777777/", path):
            # A name split at its slash; a name in wire form without its end.
            checks.that(f"GET {path}", status == 400 and body.startswith(b"Error: "), body)
        else:
            replay(checks, path, status, body, answer(truth, path))


def replay(checks, path, status, body, wanted):
    is_new = "/dnsdb/v2/" in path
    lines = [json.loads(line) for line in body.splitlines()] if status == 200 else []
    if is_new:
        if not checks.equal(f"GET {path}: framed", (status, lines[:1]),
                            (200, [{"cond": "begin"}])):
            return
        lines = [line["obj"] for line in lines[1:-1]]
    else:
        checks.equal(f"GET {path}: status", status, 200 if wanted else 404)
    options = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(path).query))
    if "/summarize/" in path:
        if "max_count" not in options:
            checks.equal(f"GET {path}", lines, [summary(wanted)] if wanted else [])
        return
    if isinstance(wanted, set):
        found = [(row.get("rrname", row.get("rdata")), row["rrtype"]) for row in lines]
    else:
        if options.get("humantime"):
            lines = [{**row, **epochs(row)} for row in lines]
        found = [dnsdb_row(row) for row in lines]
    limit = int(options.get("limit", 0)) or 10_000
    offset = int(options.get("offset", 0))
    checks.equal(f"GET {path}: rows", len(found), max(0, min(limit, len(wanted) - offset)))
    checks.equal(f"GET {path}: rows that nobody knows, or twice",
                 (set(found) - set(wanted), len(found) - len(set(found))), (set(), 0))


def epochs(row):
    """Times of `humantime` as numbers."""
    return {name: int(datetime.datetime.fromisoformat(row[name]).timestamp())
            for name in row if "time_" in name}


def suite(checks):
    with folder() as work:
        store, truth = reference.import_feed(work)
        with Server(store, work / "serve.log") as server:
            if checks.that("dnsdbq is installed (make interop does it)", shutil.which("dnsdbq")):
                for version in ("dnsdb2", "dnsdb1"):
                    lookup_checks(checks, server, truth, version)
                parameter_checks(checks, server, truth)
            library_checks(checks, server, truth)
            replay_checks(checks, server, truth)
        refusal_checks(checks, store, work)


if __name__ == "__main__":
    harness.main(suite)
