#!/usr/bin/env python3
"""Real clients against a served sample: PyPDNS, dnsdbq, curl, and our own command line."""
import json
import os
import shutil
import subprocess
import urllib.parse
from unittest import mock

import harness
import truth
from harness import EXAMPLES, Server, folder, must, row_tuple, rows, run

FLUX, BANK, WWW, KIT = ("login.bank.example.net", "example.com", "www.example.com",
                        "kit.example.net")
MIRROR = "a.dns.example.org"
VALUES = [FLUX, BANK, WWW, KIT, MIRROR, "mail.example.com", "shop07.example.org",
          "_imaps._tcp.example.com", "10.2.0.192.in-addr.arpa"]
ADDRESSES = ["203.0.113.80", "192.0.2.10", "203.0.113.66", "2001:db8:10::10"]
NETWORKS = ["198.51.100.0/24", "198.51.100.0/28", "203.0.113.64/27", "2001:db8:66::/48"]


def pypdns_checks(checks, server):
    """PyPDNS 2.3.2: three methods, of which two check the type of every field."""
    from pypdns import PyPDNS

    client = PyPDNS(url=server.url + "/pdns/query")
    wanted = {value: truth.about_name(value) for value in VALUES}
    wanted |= {value: truth.about_network(value) for value in ADDRESSES + NETWORKS[:1]}
    for value, expected in wanted.items():
        got = [(r.rrname, r.rrtype, r.rdata, r.time_first, r.time_last, r.count)
               for r in client.rfc_query(value)]
        checks.same_rows(f"PyPDNS.rfc_query {value}", got, expected)
    got = client.query(FLUX)
    checks.equal("PyPDNS.query row count", len(got), len(truth.about_name(FLUX)))
    checks.equal("PyPDNS.query sorts by time_last",
                 [int(r["time_last"].timestamp()) for r in got],
                 sorted(int(r["time_last"].timestamp()) for r in got))
    got = []
    for record in client.iter_query(WWW):
        got.append((record.rrname, record.rrtype, record.rdata, record.time_first,
                    record.time_last, record.count))
        if len(got) > 1_000:
            break
    checks.same_rows("PyPDNS.iter_query ends and yields every row once", got,
                     truth.about_name(WWW))
    checks.equal("PyPDNS.rfc_query of an unknown name", client.rfc_query("no.example.net"), [])
    checks.equal("PyPDNS.query of an unknown name", client.query("no.example.net"), [])


def dnsdbq_checks(checks, server, work):
    """dnsdbq -u circl: drops an unfinished last line, aborts on a blank one."""
    if not shutil.which("dnsdbq"):
        return checks.that("dnsdbq is installed (make interop does it)", False)
    config = work / "dnsdbq.conf"
    config.write_text(f'CIRCL_AUTH="user:pass"\nCIRCL_SERVER="{server.url}/pdns/query"\n')
    environment = {**os.environ, "DNSDBQ_CONFIG_FILE": str(config)}

    def ask(*arguments):
        done = subprocess.run(["dnsdbq", "-u", "circl", "-j", *arguments], env=environment,
                              capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL)
        checks.equal(f"dnsdbq {' '.join(arguments)}: exit status and messages",
                     (done.returncode, done.stderr), (0, ""))
        return [row_tuple(plain(json.loads(line))) for line in done.stdout.splitlines()]

    checks.same_rows(f"dnsdbq -r {FLUX}", ask("-r", FLUX), truth.about_name(FLUX))
    checks.same_rows(f"dnsdbq -r {BANK}", ask("-r", BANK), truth.about_name(BANK))
    checks.same_rows(f"dnsdbq -n {MIRROR}", ask("-n", MIRROR), truth.about_name(MIRROR))
    for address in ADDRESSES:
        checks.same_rows(f"dnsdbq -i {address}", ask("-i", address),
                         truth.about_network(address))
    for network in NETWORKS:
        checks.same_rows(f"dnsdbq -i {network}", ask("-i", network),
                         truth.about_network(network))
    checks.equal("dnsdbq -r of an unknown name", ask("-r", "no.example.net"), [])
    got = ask("-r", "*.bank.example.net")
    owned, pointing = truth.owned_below("bank.example.net"), truth.pointing_below(
        "bank.example.net")
    checks.that("dnsdbq -r *.bank.example.net: all names below, nothing else",
                set(owned) <= set(got) <= set(owned) | set(pointing), harness.short(got))


def plain(row):
    """dnsdbq prints rdata as it came; an array of one is the same thing."""
    if isinstance(row["rdata"], list) and len(row["rdata"]) == 1:
        row["rdata"] = row["rdata"][0]
    return row


def curl(*arguments):
    """Returns (status, headers as a dictionary with lower-case names, body)."""
    done = subprocess.run(["curl", "-s", "-S", "-i", "--path-as-is", "--http1.1", *arguments],
                          capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split()[1]) if lines[0].startswith("HTTP/") else 0
    pairs = (line.partition(":") for line in lines[1:])
    return status, {name.lower(): value.strip() for name, _, value in pairs}, body


def framing_checks(checks, server):
    """Rules R1 to R11, R16 and R17 of the CIRCL contract, to the octet."""
    base = server.url + "/pdns/query/"
    status, headers, body = curl(base + WWW)
    checks.equal("status", status, 200)
    checks.equal("content type", headers.get("content-type"), "application/x-ndjson")
    checks.that("every line ends with LF, none is blank, no CR",
                body.endswith(b"\n") and b"\n\n" not in body and b"\r" not in body)
    checks.that("body is ASCII", body.isascii())
    lines = body.decode().splitlines()
    objects = [json.loads(line) for line in lines]
    checks.same_rows("curl: exact rows", [row_tuple(o) for o in objects],
                     truth.about_name(WWW))
    checks.that("compact: no blank after comma or colon",
                all(json.dumps(o, separators=(",", ":"), ensure_ascii=True) == line
                    for o, line in zip(objects, lines)), lines[:2])
    checks.that("origin is a URI in every row",
                all(isinstance(o.get("origin"), str) and ":" in o["origin"] for o in objects))
    checks.that("integers are integers", all(
        type(o[k]) is int for o in objects for k in ("count", "time_first", "time_last")))
    vary = {part.strip().lower() for part in headers.get("vary", "").split(",")}
    needed = {"authorization", "accept-encoding", "dribble-disable-active-query",
              "dribble-filter-rrtype", "dribble-paginate-count", "dribble-paginate-cursor"}
    checks.that("Vary names the headers that change the answer", needed <= vary, vary)
    checks.that("no compression unless asked", "content-encoding" not in headers)
    status, headers, body = curl(base + "no.example.net")
    checks.equal("no result: 200, empty, same type",
                 (status, body, headers.get("content-type")),
                 (200, b"", "application/x-ndjson"))
    status, headers, _ = curl("-I", base + WWW)
    checks.equal("HEAD: 200 and type", (status, headers.get("content-type")),
                 (200, "application/x-ndjson"))
    status, headers, body = curl("-X", "POST", "-d", "", base + WWW)
    one_line(checks, "POST", 405, status, headers, body)
    status, headers, body = curl(server.url + "/no/such/route")
    checks.equal("unknown route: status and type", (status, headers.get("content-type")),
                 (404, "application/json"))
    checks.equal("unknown route: an object with one member", list(json.loads(body)), ["error"])
    too_long = "a" * 64 + ".example.com"
    status, headers, body = curl(base + too_long)
    checks.that("a label of 64 octets: 4xx or an empty 200",
                400 <= status < 500 or (status, body) == (200, b""), (status, body))
    if status != 200:
        one_line(checks, "a label of 64 octets", status, status, headers, body)


def one_line(checks, what, wanted, status, headers, body):
    kind = headers.get("content-type", "").split(";")[0]
    checks.equal(f"{what}: status and type", (status, kind), (wanted, "text/plain"))
    checks.that(f"{what}: one line of text, not JSON",
                body.count(b"\n") <= 1 and body.strip() and not body.startswith(b"{"), body)


def spelling_checks(checks, server):
    """Rule R14: one value, many spellings, one answer."""
    base = server.url + "/pdns/query"
    plain_body = curl(f"{base}/{WWW}")[2]
    for path in (f"/{WWW}.", f"/{WWW.upper()}", f"//{WWW}", f"/{WWW.replace('.', '%2E')}",
                 f"/{WWW.replace('w', '%77')}"):
        checks.equal(f"GET {path} answers like /{WWW}", curl(base + path)[2], plain_body)
    for value, *spellings in (
            ("2001:db8:10::10", "2001%3Adb8%3A10%3A%3A10", "2001:DB8:10::10",
             "2001:db8:10:0:0:0:0:10"),
            ("198.51.100.0/28", "198.51.100.0,28", "198.51.100.0%2F28", "198.51.100.0%2C28"),
            ("2001:db8:66::/48", "2001%3adb8%3a66%3a%3a,48"),
            ("*.bank.example.net", "%2A.bank.example.net")):
        body = curl(f"{base}/{value}")[2]
        checks.that(f"GET /{value} has rows", body)
        for spelling in spellings:
            checks.equal(f"GET /{spelling} answers like /{value}",
                         curl(f"{base}/{spelling}")[2], body)
    for headers in (["-H", "User-Agent:"], ["-H", "Accept:"], ["-H", "Accept: text/html"],
                    ["-u", "user:secret"], ["-H", "Authorization: bare-token"]):
        checks.equal(f"curl {' '.join(headers)}: same answer",
                     curl(*headers, f"{base}/{WWW}")[2], plain_body)
    status, headers, _ = curl("-H", "Accept-Encoding: gzip", f"{base}/{WWW}")
    checks.that("Accept-Encoding: gzip is answered in gzip or plainly",
                status == 200 and headers.get("content-encoding", "gzip") == "gzip", headers)


def command_line_checks(checks, server, store, work):
    """Our own commands on a store that the server has open."""
    for where in (["--store", store], ["--server", server.url]):
        label = where[0]
        done = run("lookup", *where, "--output", "cof", WWW)
        checks.equal(f"lookup {label}: exit status", done.returncode, 0)
        checks.same_rows(f"lookup {label} on a running store", rows(done.stdout),
                         truth.about_name(WWW))
        done = run("lookup", *where, "--limit", "3", "--output", "cof", FLUX)
        checks.equal(f"lookup {label} --limit 3: exit status and lines",
                     (done.returncode, done.stdout.count("\n")), (3, 3))
        done = run("lookup", *where, "--rrtype", "AAAA,CNAME", "--output", "cof", FLUX)
        checks.same_rows(f"lookup {label} --rrtype", rows(done.stdout),
                         [r for r in truth.about_name(FLUX) if r[1] in ("AAAA", "CNAME")])
    checks.equal("lookup without a value: exit status", run("lookup").returncode, 2)
    checks.equal("lookup of an unknown type: exit status",
                 run("lookup", "--store", store, "--rrtype", "NOSUCH", WWW).returncode, 2)
    checks.same_rows("export of a running store", rows(must("export", "--store", store).stdout),
                     truth.all_rows())
    done = run("inspect", "--store", store)
    checks.equal("inspect of a running store: exit status", done.returncode, 0)
    done = run("import", "--store", store, EXAMPLES / "sample.pcap")
    checks.that("import into a served store is refused", done.returncode not in (0, 2),
                done.returncode)
    checks.that("the refusal names the holder and --server",
                str(server.process.pid) in done.stderr and "--server" in done.stderr,
                done.stderr)
    observe_checks(checks, server, work)


def observe_checks(checks, server, work):
    """`import --server`, and the same batch sent again."""
    feed = work / "late.ndjson"
    feed.write_text('{"rrname":"late.example.net","rrtype":"A","rdata":"198.51.100.77",'
                    '"time_first":1700000000,"time_last":1700000100,"count":4}\n')
    wanted = [("late.example.net", "A", "198.51.100.77", 1700000000, 1700000100, 4)]
    for attempt in ("first", "repeated"):
        done = run("import", "--server", server.url, feed)
        checks.equal(f"import --server, {attempt}: exit status", done.returncode, 0)
        got = rows(server.get("/pdns/query/late.example.net")[2].decode())
        checks.same_rows(f"import --server, {attempt}: counted once", got, wanted)
    status, _, body = server.get("/health")
    checks.that("health", status == 200 and body, (status, body))


def native_checks(checks, server):
    """`/api/v1/records`: every subject against the story, paging, and slips that are refused."""
    def ask(query):
        status, headers, body = server.get(f"/api/v1/records?{query}")
        lines = [json.loads(line) for line in body.splitlines()]
        checks.equal(f"records?{query}: status, type and last line",
                     (status, headers.get("content-type"), "end" in lines[-1]),
                     (200, "application/x-ndjson", True))
        checks.equal(f"records?{query}: the marker counts the rows", lines[-1]["rows"],
                     len(lines) - 1)
        return lines[:-1], lines[-1]

    def is_owner(row):
        return row[0] == BANK

    def is_at_or_below(row):
        return row[0] == BANK or truth.is_below(row[0], BANK)

    every = truth.all_rows()
    wanted = {
        f"value={WWW}": truth.about_name(WWW),
        f"value={NETWORKS[0]}": truth.about_network(NETWORKS[0]),
        f"owner={BANK}": [row for row in every if is_owner(row)],
        f"below={BANK}": [row for row in every if is_at_or_below(row)],
        f"below={BANK}&rrtype=A": [r for r in every if is_at_or_below(r) and r[1] == "A"],
        f"network={ADDRESSES[0]}": truth.about_network(ADDRESSES[0]),
        f"rdata_name={MIRROR}": [r for r in every if MIRROR in truth.names_in(r[1], r[2])],
    }
    for query, expected in wanted.items():
        found, marker = ask(query + "&merge=true")
        checks.same_rows(f"records?{query}", list(map(row_tuple, found)), expected)
        checks.equal(f"records?{query}: end", marker["end"], "complete")
    whole, _ = ask(f"owner={FLUX}")
    paged, cursor = [], ""
    for _ in range(len(whole) + 1):
        found, marker = ask(f"owner={FLUX}&limit=7{cursor}")
        paged += found
        if marker["end"] != "limited":
            break
        cursor = f"&cursor={urllib.parse.quote(marker['cursor'])}"
    checks.equal("records: pages of 7 rows join to the whole", paged, whole)
    for query in ("name=x.example", "", f"owner={WWW}&below={WWW}", f"owner={WWW}&rrtype=NOSUCH",
                  f"owner={WWW}&cursor=slip"):
        status, _, body = server.get(f"/api/v1/records?{query}")
        checks.equal(f"records?{query}: refused as JSON", (status, list(json.loads(body))),
                     (400, ["error"]))


def suite(checks):
    with folder() as work:
        store = work / "sample.store"
        must("import", "--store", store, "--format", "pcap", "--vantage", "client",
             EXAMPLES / "sample.pcap")
        must("import", "--store", store, "--format", "cof", "--vantage", "client",
             EXAMPLES / "partner-feed.ndjson")
        with Server(store, work / "serve.log") as server, mock.patch.dict(
                os.environ, {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}):
            pypdns_checks(checks, server)
            dnsdbq_checks(checks, server, work)
            framing_checks(checks, server)
            spelling_checks(checks, server)
            native_checks(checks, server)
            command_line_checks(checks, server, store, work)
            server.stop()
            checks.equal("serve ends cleanly on SIGTERM", server.process.returncode, 0)


if __name__ == "__main__":
    harness.main(suite)
