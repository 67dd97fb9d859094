#!/usr/bin/env python3
"""Clients of CIRCL passive DNS over a feed of 20,500 rows: dnsdbq, PyPDNS, and ThreatQ's request.

What they find has to be what reference.py finds in the same feed.
"""
import base64
import contextlib
import json
import os
import pathlib
import shutil
import subprocess

import harness
import reference
from harness import SHARED, Server, folder, must, row_tuple
from reference import BIG, BIG_ROWS, CDN, WWW, ZONE, same
from watched import Program

SAMPLE = SHARED / "data/fixtures/threatq-guide-sample.ndjson"
OBSERVED = SHARED / "contracts/observed/observed-requests.txt"
THREATQ_ADDRESS = "104.196.175.197"
SET_ROWS = 1_000
SLASHED = "7.0/25.2.0.192.in-addr.arpa"
# What dnsdbq and PyPDNS were seen to ask for, and what else the contract has.
VALUES = [WWW, ZONE, CDN, SLASHED, "ns1.example.com", "pair.example.com", "192.0.2.1",
          "192.0.2.0/24", "192.0.2.0,24", "2001:db8::1", "2001:db8::/48", "no.example.net",
          "10 mail.example.com", r"a\032b.example.com", "xn--bcher-kva.example",
          "*.b.example.net", "*.example.com", "ok.test"]


def capped(truth, value):
    """Rows of each type and side, and the sets of them that are larger than a reply shows."""
    rows = truth.circl(value)
    owned = {row for row in rows if reference.fits(row[0], value)}
    sets = {}
    for row in rows:
        sets.setdefault((row in owned, row[1]), []).append(row)
    return rows, {key: found for key, found in sets.items() if len(found) > SET_ROWS}


def same_capped(checks, what, found, truth, value):
    """Rows of small sets are there, large sets have 1,000 of theirs."""
    rows, large = capped(truth, value)
    cut = {row for found_rows in large.values() for row in found_rows}
    same(checks, what, [row for row in found if row not in cut],
         [row for row in rows if row not in cut])
    for (_, rrtype), members in large.items():
        count = len(set(found) & set(members))
        checks.equal(f"{what}: {rrtype} rows of {len(members)}", count, SET_ROWS)
    checks.equal(f"{what}: no row twice", len(found), len(set(found)))


def dnsdbq_checks(checks, server, truth, work):
    if not checks.that("dnsdbq is installed (make interop does it)", shutil.which("dnsdbq")):
        return
    config = work / "dnsdbq.conf"
    for prefix in ("/pdns/query", "/pdns/query/"):
        config.write_text(f'CIRCL_AUTH="user:secret"\nCIRCL_SERVER="{server.url}{prefix}"\n')
        for flag, value in (
                ("-r", WWW), ("-r", ZONE), ("-n", "ns1.example.com"), ("-n", CDN),
                ("-i", "192.0.2.1"), ("-i", "192.0.2.0/24"), ("-i", "2001:db8::1"),
                ("-r", "*.example.com"), ("-r", "*.b.example.net"), ("-r", "ok.test"),
                ("-r", BIG), ("-r", r"a\032b.example.com"), ("-r", "no.example.net")):
            done = subprocess.run(
                ["dnsdbq", "-u", "circl", "-j", "-l", "0", flag, value], capture_output=True,
                env={**os.environ, "DNSDBQ_CONFIG_FILE": str(config)}, text=True, timeout=60,
                stdin=subprocess.DEVNULL)
            what = f"dnsdbq -u circl {flag} {value} at {prefix}"
            checks.equal(f"{what}: exit status and messages", (done.returncode, done.stderr),
                         (0, ""))
            same_capped(checks, what, [row_tuple(plain(json.loads(line)))
                                       for line in done.stdout.splitlines()], truth, value)


def plain(row):
    """dnsdbq prints rdata as a list of one."""
    if isinstance(row["rdata"], list):
        row["rdata"], = row["rdata"]
    return row


def records(found):
    return [(r.rrname, r.rrtype, r.rdata, r.time_first, r.time_last, r.count) for r in found]


def named(rows):
    """PyPDNS gets a number for a type that it has no name for; it names it itself then."""
    return [(row[0], str(row[1]), *row[2:]) for row in rows]


def pypdns_checks(checks, server, truth):
    from pypdns import PyPDNS

    client = PyPDNS(url=server.url + "/pdns/query", basic_auth=("user", "secret"))
    for value in VALUES:
        found, errors = client.rfc_query(value, with_errors=True)
        same_capped(checks, f"PyPDNS.rfc_query {value}", named(records(found)), truth, value)
        large = capped(truth, value)[1]
        checks.equal(f"PyPDNS.rfc_query {value}: what is missing is told",
                     sorted((e["error"], e["rrtype"], e["total_value"]) for e in errors),
                     sorted(("maxset", rrtype, len(rows)) for (_, rrtype), rows in large.items()))
        found = named(records(client.iter_query(value)))
        same(checks, f"PyPDNS.iter_query {value}: nothing is missing", found, truth.circl(value))
    found = client.query(WWW)
    same(checks, "PyPDNS.query", [
        (r["rrname"], r["rrtype"], r["rdata"], int(r["time_first"].timestamp()),
         int(r["time_last"].timestamp()), r["count"]) for r in found
        if r["rrtype"] != 65280], [row for row in truth.circl(WWW) if row[1] != "TYPE65280"])
    for value, rrtype in ((WWW, "A"), (WWW, "txt"), (ZONE, "NS"), ("192.0.2.0/24", "AAAA"),
                          (CDN, "CNAME")):
        wanted = truth.circl(value, rrtype.upper())
        found = records(client.rfc_query(value, filter_rrtype=rrtype))
        checks.equal(f"PyPDNS.rfc_query {value} {rrtype}: subset and size",
                     (set(found) - set(wanted), len(found)),
                     (set(), min(SET_ROWS, len(wanted))))
        same(checks, f"PyPDNS.iter_query {value} {rrtype}",
             records(client.iter_query(value, filter_rrtype=rrtype)), wanted)
    checks.equal("PyPDNS: a type that is none", client.rfc_query(WWW, filter_rrtype="NOSUCH"), [])
    wanted = truth.circl(BIG)
    checks.equal("the reference's large set", len(wanted), BIG_ROWS)
    same(checks, "PyPDNS.iter_query of 5,000 rows", records(
        client.iter_query(BIG, break_on_errors=True)), wanted)


@contextlib.contextmanager
def cached(url, work, **options):
    """A client with a cache, which patches every session of the process while it lives, and has
    its own pages in a file of the working directory, whatever the name given."""
    import requests_cache
    from pypdns import PyPDNS

    try:
        with contextlib.chdir(work):
            yield PyPDNS(url=url, enable_cache=True, cache_file=str(work / "pdns.cache"), **options)
    finally:
        requests_cache.uninstall_cache()


def cache_checks(checks, server, truth, work):
    """The cache keeps pages and filters apart, which needs our Vary."""
    with cached(server.url + "/pdns/query", work) as client:
        for attempt in ("filled", "used"):
            same(checks, f"PyPDNS with its cache {attempt}: 5,000 rows",
                 records(client.iter_query(BIG)), truth.circl(BIG))
            for rrtype in ("A", "TXT", None):
                wanted = truth.circl(WWW, rrtype)
                same(checks, f"PyPDNS with its cache {attempt}: {WWW} {rrtype}",
                     named(records(client.rfc_query(WWW, filter_rrtype=rrtype))), wanted)
        served = requests_served(server)
        list(client.iter_query(BIG))
        checks.equal("the cache answers by itself", requests_served(server) - served, 1)


def requests_served(server):
    """Requests answered, of which asking is one."""
    text = server.get("/metrics")[2].decode()
    lines = [line for line in text.splitlines() if line.startswith("tidemark_http_requests_total")]
    return sum(float(line.split()[-1]) for line in lines)


def token(store, name, *options):
    return must("token", "create", "--store", store, name, *options).stdout.strip()


def refusal_checks(checks, store, truth, work):
    """401, 403 and 429 are the errors that PyPDNS has for them."""
    from pypdns import PyPDNS, errors

    desk, day = token(store, "desk"), token(store, "day", "--per-day", 3)
    feeder = token(store, "feeder", "--scope", "ingest")
    wanted = truth.circl("pair.example.com")
    with Server(store, work / "tokens.log", "--require-tokens", "--auth-header",
                "X-API-AUTH") as server:
        def client(**options):
            return PyPDNS(url=server.url + "/pdns/query", **options)

        def says(kind, **options):
            try:
                return client(**options).rfc_query(WWW)
            except kind as error:
                return str(error)

        for what, options in (
                ("Basic", {"basic_auth": ("someone", desk)}),
                ("Basic, as user", {"basic_auth": (desk, "x")}),
                ("a bare token", {"auth_token": desk}),
                ("a field of its own", {"auth_header": ("X-API-AUTH", desk)})):
            same(checks, f"PyPDNS by {what}",
                 records(client(**options).rfc_query("pair.example.com")), wanted)
        for what, options in (("a wrong token", {"auth_token": "tdm_wrong"}), ("no token", {}),
                              ("wrong Basic", {"basic_auth": ("user", "secret")})):
            checks.that(f"PyPDNS by {what}", "Not authenticated" in says(
                errors.UnauthorizedError, **options))
        checks.that("PyPDNS without the scope", "Not authorized" in says(
            errors.ForbiddenError, auth_token=feeder))
        replies = [says(errors.RateLimitError, auth_token=day) for _ in range(4)]
        checks.equal("PyPDNS: a quota of three", [isinstance(reply, list) for reply in replies],
                     [True, True, True, False])
        checks.equal("PyPDNS: the quota's end", replies[-1], "Quota exhausted")


def replay_checks(checks, server, truth):
    """Sends the request lines that were observed of all CIRCL clients again."""
    if not OBSERVED.exists():
        return checks.skip("observed requests", f"{OBSERVED} is absent")
    for line in OBSERVED.read_text().splitlines():
        if not line.startswith("GET /pdns/"):
            continue
        request, _, fields = line.partition(" | ")
        path = request.split(" ")[1]
        headers = dict(field.split(": ", 1) for field in fields.split("; ") if ": " in field)
        headers.pop("Accept-Encoding", None)
        is_stale = "dribble-paginate-cursor" in headers
        status, reply, body = server.get(path, headers=headers)
        label = f"{path} {fields[:70]}"
        checks.equal(f"{label}: status", status, 400 if is_stale else 200)
        value = harness.urllib.parse.unquote(path.removeprefix("/pdns/query/"))
        if is_stale or "a b" in value:
            continue
        found = [row_tuple(json.loads(row)) for row in body.splitlines()]
        found = [(row[0], "TYPE65280" if row[1] == 65280 else row[1], *row[2:]) for row in found]
        wanted = truth.circl(value, headers.get("dribble-filter-rrtype"))
        size = int(headers.get("dribble-paginate-count", 1 << 20))
        if len(wanted) > size:
            checks.equal(f"{label}: a page", (len(found), set(found) - set(wanted)),
                         (size, set()))
            checks.that(f"{label}: its cursor", 0 < int(reply["x-dribble-cursor"]) < 1 << 63)
        else:
            same_capped(checks, label, found, truth, value) if size == 1 << 20 and not headers.get(
                "dribble-filter-rrtype") else same(checks, label, found, wanted)


def threatq_checks(checks, work):
    """The guide's request and its seven rows."""
    if not SAMPLE.exists():
        return checks.skip("the ThreatQ guide's sample", f"{SAMPLE} is absent")
    rows = [json.loads(line) for line in SAMPLE.read_text().splitlines()]
    store = work / "threatq.store"
    must("import", "--store", store, "--format", "cof", SAMPLE)
    secret = token(store, "threatq")
    wanted = [row_tuple(row) for row in rows]
    with Server(store, work / "threatq.log", "--require-tokens", "--circl-ip-expand",
                "--circl-rrdata", "--origin", "https://www.circl.lu/pdns/") as server:
        for what, text in (("user", f"{secret}:"), ("user and password", f"{secret}:{secret}"),
                           ("password", f":{secret}")):
            credentials = base64.b64encode(text.encode()).decode()
            status, _, body = server.get(f"/pdns/query/{THREATQ_ADDRESS}",
                                         headers={"Authorization": f"Basic {credentials}"})
            found = [json.loads(line) for line in body.splitlines()]
            checks.equal(f"ThreatQ, token as {what}: status", status, 200)
            same(checks, f"ThreatQ, token as {what}: the guide's rows", map(row_tuple, found),
                 wanted)
            checks.that("ThreatQ: rrdata, and the guide's keys", all(
                row.get("rrdata") == row["rdata"] and set(rows[0]) <= set(row)
                and row["origin"] == rows[0]["origin"] for row in found), found[:1])
        checks.equal("ThreatQ: a wrong token", server.get(
            f"/pdns/query/{THREATQ_ADDRESS}", headers={"Authorization": "Basic eDp4"})[0], 401)


def blank_checks(checks, server):
    """A blank in a name, as clients encode it."""
    wanted = server.get("/pdns/query/a%5C032b.example.com")[2]
    checks.equal("a name with a blank is found", wanted.count(b"\n"), 1)
    for path in ("a%20b.example.com", "A%20b.Example.COM.", "a%2520b.example.com"):
        checks.equal(f"/pdns/query/{path}", server.get(f"/pdns/query/{path}")[2], wanted)


def collect_checks(checks, store, truth, work):
    """`collect` answers as its configuration says."""
    settings = (f"  origin: https://collect.example.com/\n  circl: {{orientation: swapped, "
                f"ip_expand: true, rrdata: true}}\nstore: {store}\n")
    program = Program(work, settings, "", name="circl")
    try:
        program.start()
        status, body = program.get("/pdns/query/192.0.2.1")
        found = [json.loads(line) for line in body.splitlines()]
        checks.equal("collect: status", status, 200)
        same(checks, "collect, swapped and expanded",
             [(row["rdata"], row["rrtype"], row["rrname"], *row_tuple(row)[3:]) for row in found],
             truth.expanded("192.0.2.1"))
        checks.that("collect: rrdata and origin", all(
            row["rrdata"] == row["rdata"] and row["origin"] == "https://collect.example.com/"
            for row in found), found[:1])
    finally:
        checks.equal("collect: exit status", program.end()[0], 0)


def suite(checks):
    with folder() as work:
        work = pathlib.Path(work)
        store, truth = reference.import_feed(work)
        with Server(store, work / "serve.log") as server:
            dnsdbq_checks(checks, server, truth, work)
            pypdns_checks(checks, server, truth)
            cache_checks(checks, server, truth, work)
            replay_checks(checks, server, truth)
            blank_checks(checks, server)
        with Server(store, work / "expand.log", "--circl-ip-expand") as server:
            found = [row_tuple(json.loads(line)) for line in server.get(
                "/pdns/query/192.0.2.1")[2].splitlines()]
            same(checks, "--circl-ip-expand", found, truth.expanded("192.0.2.1"))
        collect_checks(checks, store, truth, work)
        refusal_checks(checks, store, truth, work)
        threatq_checks(checks, work)


if __name__ == "__main__":
    harness.main(suite)
