#!/usr/bin/env python3
"""The command line: every output of `lookup`, from a store and from a server, lists, patterns,
terminals, exit statuses, TLS and tokens, manual pages and completions."""
import contextlib
import csv
import http.server
import io
import json
import os
import pathlib
import pty
import re
import shutil
import ssl
import subprocess
import threading
import time
import xml.etree.ElementTree

import harness
import truth
from harness import EXAMPLES, PROGRAM, ROOT, Server, folder, must, rows, run

FLUX, WWW, KIT = "login.bank.example.net", "www.example.com", "kit.example.net"
BELOW = "*.example.net"
OUTPUTS = ["text", "cof", "csv", "names", "dnsdbq", "zone", "dot", "graphml"]
HELP_SECONDS_MAX = 0.05
SECRET = "tdm_secret-of-the-test"


def status(*arguments, **options):
    return run(*arguments, **options).returncode


def output_checks(checks, store):
    """Each format says the same, and the same as the truth."""
    wanted = truth.owned_below("example.net") + truth.pointing_below("example.net")

    def ask(output, *more):
        return must("lookup", "--store", store, "--output", output, BELOW, *more).stdout

    cof = rows(ask("cof"))
    checks.same_rows(f"--output cof {BELOW}", cof, sorted(set(wanted)))
    table = list(csv.DictReader(io.StringIO(ask("csv", "--time", "epoch"), newline="")))
    checks.same_rows("--output csv", [
        (r["rrname"], r["rrtype"], r["rdata"], int(r["time_first"]), int(r["time_last"]),
         int(r["count"])) for r in table], cof)
    lines = [line.split(None, 5) for line in ask("text", "--time", "epoch").splitlines()]
    checks.same_rows("--output text", [(w[3], w[4], w[5], int(w[0]), int(w[1]), int(w[2]))
                                       for w in lines], cof)
    checks.equal("--output names: each owner once, in order", ask("names").split(),
                 list(dict.fromkeys(row[0] for row in cof)))
    graph = ask("dot")
    checks.that("--output dot draws every address and name server",
                all(f'label="{row[2]}"' in graph for row in cof if row[1] in ("A", "AAAA", "NS")))
    tree = xml.etree.ElementTree.fromstring(ask("graphml"))
    space = "{http://graphml.graphdrawing.org/xmlns}"
    labels = {node.get("id"): node.find(f"{space}data[@key='label']").text
              for node in tree.iter(space + "node")}
    edges = {(labels[e.get("source")], e.find(f"{space}data[@key='rrtype']").text,
              labels[e.get("target")]) for e in tree.iter(space + "edge")}
    checks.equal("--output graphml: an edge for each record with a target", edges,
                 {row[:3] for row in cof if row[1] in ("A", "AAAA", "NS", "CNAME", "PTR")}
                 | {(r[0], r[1], r[2].split()[-1]) for r in cof if r[1] in ("MX", "SRV")})
    if shutil.which("dot"):
        done = subprocess.run(["dot", "-Tsvg"], input=graph, capture_output=True, text=True)
        checks.equal("Graphviz reads --output dot", (done.returncode, done.stderr), (0, ""))


def zone_checks(checks, store, work):
    """Master file lines load again as the same records; of several SOA a zone keeps one."""
    zone = work / "back.zone"
    zone.write_text(must("lookup", "--store", store, "--output", "zone", "*.com").stdout)
    back = work / "back.store"
    must("import", "--store", back, "--format", "zone", "--zone", "com", zone)
    before = {row[:3] for row in rows(must("lookup", "--store", store, "--output", "cof",
                                           "*.com").stdout)
              if row[0].endswith(".com") and row[1] != "SOA"}
    after = {row[:3] for row in rows(harness.export(back)) if row[1] != "SOA"}
    checks.equal("--output zone: what loads again", after, before)


def dnsdbq_checks(checks, store):
    """Our text of dnsdbq against its own, made of the same rows."""
    if not shutil.which("dnsdbq"):
        return checks.that("dnsdbq is installed (make interop does it)", False)
    for value in (BELOW, WWW, "203.0.113.64/27", "*.example.com"):
        ours = must("lookup", "--store", store, "--output", "dnsdbq", value).stdout
        sets, order = {}, []
        for row in rows(must("lookup", "--store", store, "--output", "cof", value).stdout):
            # Blocks of one owner and type stand together, in the order of their first rows.
            owner = (row[0], row[1])
            if not order or order[-1] != owner:
                order.append(owner)
            sets.setdefault((len(order), owner, row[3:]), []).append(row[2])
        objects = "".join(json.dumps({
            "count": key[2], "time_first": key[0], "time_last": key[1], "rrname": owner[0] + ".",
            "rrtype": owner[1], "rdata": [dotted(owner[1], text) for text in rdata]}) + "\n"
            for (_, owner, key), rdata in sets.items())
        theirs = subprocess.run(
            ["dnsdbq", "-p", "dns", "-J", "-"], input=objects, capture_output=True, text=True,
            env={**os.environ, "DNSDB_API_KEY": "x"})
        # The bailiwick is ours: COF rows of merged records do not show it.
        ours = re.sub(r"^(;; count: \d+); bailiwick: .*$", r"\1", ours, flags=re.MULTILINE)
        checks.equal(f"--output dnsdbq {value}: as dnsdbq -p dns prints it", ours, theirs.stdout)


def dotted(rrtype, text):
    """Rdata as DNSDB writes it: names end in a dot, the tag of CAA is quoted."""
    words = text.split(" ")
    if rrtype == "CAA":
        words[1] = f'"{words[1]}"'
    for index in {"NS": [0], "CNAME": [0], "PTR": [0], "MX": [1], "SRV": [3], "SOA": [0, 1],
                  "HTTPS": [1], "SVCB": [1]}.get(rrtype, []):
        words[index] += "" if words[index].endswith(".") else "."
    return " ".join(words)


def filter_checks(checks, store):
    """Sorting, sums, counts, vantages, times and defanged values."""
    def ask(*arguments):
        return must("lookup", "--store", store, "--output", "cof", BELOW, *arguments).stdout

    cof = rows(ask())
    for keys, rank in (("count", lambda r: r[5]), ("-count", lambda r: -r[5]),
                       ("first", lambda r: r[3]), ("-last", lambda r: -r[4]),
                       ("duration", lambda r: r[4] - r[3]),
                       ("name", lambda r: r[0].split(".")[::-1]),
                       ("-count,name", lambda r: (-r[5], r[0].split(".")[::-1]))):
        checks.equal(f"--sort {keys}", rows(ask("--sort", keys)), sorted(cof, key=rank))
    limited = run("lookup", "--store", store, "--output", "cof", "--sort", "-count", "--limit",
                  "3", BELOW)
    checks.equal("--sort --limit: the first of all, status 3",
                 (limited.returncode, rows(limited.stdout)),
                 (3, sorted(cof, key=lambda r: -r[5])[:3]))
    sums = json.loads(ask("--summarize"))
    checks.equal("--summarize: rows, count, first, last",
                 (sums["rows"], sums["count"], sums["time_first"], sums["time_last"]),
                 (len(cof), sum(r[5] for r in cof), min(r[3] for r in cof),
                  max(r[4] for r in cof)))
    checks.equal("--summarize: by type", {t["rrtype"]: t["rows"] for t in sums["rrtypes"]},
                 {kind: sum(1 for r in cof if r[1] == kind) for kind in {r[1] for r in cof}})
    checks.equal("--count", must("lookup", "--store", store, "--count", BELOW).stdout,
                 f"{len(cof)}\n")
    whole = rows(ask("--no-merge"))
    checks.that("--no-merge: not fewer rows, the same tuples", len(whole) >= len(cof)
                and {r[:3] for r in whole} == {r[:3] for r in cof})
    checks.equal("--vantage: each row has one",
                 len(rows(ask("--no-merge", "--vantage", "client")))
                 + len(rows(ask("--no-merge", "--vantage", "authority,zone,active,text"))),
                 len(whole))
    cut = int(time.time()) - 86_400 * 365 * 100
    checks.equal("--last-after 100y: all rows", len(rows(ask("--last-after", "100y"))), len(cof))
    checks.equal("--last-before -100y: none", rows(ask("--last-before", "-100y")), [])
    checks.that("the clock of this machine is right", cut < min(r[3] for r in cof))
    for text in (f"hxxps://{FLUX.replace('.', '[.]')}/login?x", f"someone[at]{FLUX}",
                 f"<{FLUX}>,"):
        done = run("lookup", "--store", store, "--output", "cof", text)
        checks.equal(f"lookup {text}", rows(done.stdout), rows(must(
            "lookup", "--store", store, "--output", "cof", FLUX).stdout))
        checks.that(f"lookup {text}: says what it looks up", FLUX in done.stderr, done.stderr)


def status_checks(checks, store, work):
    """Statuses and refusals, one line each, and nothing on standard output."""
    for what, arguments in {
            "no value": [], "value and list": ["--bulk", "-", WWW],
            "an unknown type": ["--rrtype", "NOSUCH", WWW], "a bad name": ["a..b"],
            "an unknown vantage": ["--vantage", "moon", WWW], "a bad time": [
                "--first-after", "yesterday", WWW], "a bad sort key": ["--sort", "size", WWW],
            "--resume without --bulk": ["--resume", "x", WWW],
            "a bad regex": ["--regex", "(", ], "a glob for a zone": [
                "--glob", "*.", "--output", "zone"],
            "--ca without --server": ["--ca", "x.pem", WWW], "a server that is none": [
                "--server", "gopher://x", WWW], "--sort with --count": [
                "--sort", "count", "--count", WWW]}.items():
        done = run("lookup", "--store", store, *arguments, data="")
        checks.equal(f"usage, {what}: status and rows", (done.returncode, done.stdout), (2, ""))
    done = run("lookup", "--store", store, "--limit", "2", "--output", "names", FLUX)
    checks.equal("limited: status", done.returncode, 3)
    done = run("lookup", "--store", store, "no.example.net")
    checks.equal("an unknown name: status and rows", (done.returncode, done.stdout), (0, ""))
    done = run("lookup", "--store", work / "absent", WWW)
    checks.equal("no store: status, lines", (done.returncode, done.stderr.count("\n")), (1, 1))


def bulk_checks(checks, store, work):
    """Lists: order, statuses, resuming."""
    keys = [FLUX, "# note", "", f"hxxp://{KIT.replace('.', '[.]')}/a", "bad..name",
            "203.0.113.64/27", "no.example.net"]
    text = "".join(key + "\n" for key in keys)
    names = [FLUX, KIT, "203.0.113.64/27"]
    wanted = "".join(must("lookup", "--store", store, "--output", "cof", n).stdout for n in names)
    done = run("lookup", "--store", store, "--bulk", "-", "--status", "json", "--output", "cof",
               data=text)
    checks.equal("--bulk: status", done.returncode, 4)
    checks.equal("--bulk: rows in the order of the keys", done.stdout, wanted)
    told = [json.loads(line) for line in done.stderr.splitlines()]
    checks.equal("--bulk --status json", [(t["key"], t["status"]) for t in told], [
        (FLUX, "complete"), (keys[3], "complete"), ("bad..name", "invalid"),
        ("203.0.113.64/27", "complete"), ("no.example.net", "complete")])
    checks.equal("--bulk: rows add up", sum(t["rows"] for t in told), wanted.count("\n"))
    done = run("lookup", "--store", store, "--bulk", "-", "--limit", "1", "--status", "none",
               data=f"{FLUX}\n{KIT}\n")
    checks.equal("--bulk --limit 1: status, messages, rows",
                 (done.returncode, done.stderr, done.stdout.count("\n")), (3, "", 2))
    done = run("lookup", "--store", store, "--bulk", work / "absent.txt")
    checks.equal("--bulk of no file: status and lines",
                 (done.returncode, done.stderr.count("\n")), (1, 1))
    # A run that ended after two keys goes on behind them.
    checkpoint, first, second = work / "bulk.state", work / "two.txt", work / "all.txt"
    first.write_text(f"{FLUX}\n{KIT}\n")
    second.write_text(f"{FLUX}\n{KIT}\n{WWW}\n")
    common = ["lookup", "--store", store, "--output", "cof", "--status", "none", "--resume",
              checkpoint, "--bulk"]
    one, two = must(*common, first).stdout, must(*common, second).stdout
    three = must(*common, second).stdout
    checks.equal("--resume: every row once", (one + two, three), ("".join(
        must("lookup", "--store", store, "--output", "cof", n).stdout
        for n in (FLUX, KIT, WWW)), ""))
    first.write_text(f"{WWW}\n{KIT}\n{FLUX}\n")
    done = run(*common, first)
    checks.equal("--resume with another list: status and rows", (done.returncode, done.stdout),
                 (1, ""))
    checkpoint.write_text("nonsense\n")
    checks.equal("--resume with another file: status", status(*common, second), 1)


def pattern_checks(checks, store):
    """Names by regular expression and by glob."""
    owners = {row[0] for row in truth.all_rows()}

    def ask(*arguments):
        return must("lookup", "--store", store, *arguments).stdout

    for pattern, test in ((r"^shop[0-9]+\.", r"^shop[0-9]+\."), (r"\.net\.$", r"\.net\.$"),
                          ("BANK", "(?i)bank")):
        checks.equal(f"--regex {pattern}", set(ask("--regex", pattern).split()),
                     {name for name in owners if re.search(test, name + ".")})
    checks.equal("--glob *.example.net.", set(ask("--glob", "*.example.net.").split()),
                 {name for name in owners if name.endswith(".example.net")})
    found = [json.loads(line) for line in
             ask("--glob", "*.example.net.", "--output", "cof").splitlines()]
    by_name = {}
    for row in truth.all_rows():
        by_name.setdefault(row[0], []).append(row)
    checks.equal("--glob --output cof: first, last and count of each name",
                 {(f["rrname"], f["time_first"], f["time_last"], f["count"]) for f in found},
                 {(name, min(r[3] for r in of), max(r[4] for r in of), sum(r[5] for r in of))
                  for name, of in by_name.items() if name.endswith(".example.net")})
    checks.equal("--glob --count", ask("--glob", "*.example.net.", "--count"),
                 f"{len(found)}\n")
    checks.equal("--regex --limit 1: status", status(
        "lookup", "--store", store, "--regex", "example", "--limit", "1"), 3)


def on_terminal(*arguments, environment=None):
    """What the program writes when standard output is a terminal, and its status."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update({"TERM": "xterm", **(environment or {})})
        os.execv(PROGRAM, [PROGRAM, *map(str, arguments)])
    output = b""
    with contextlib.suppress(OSError):
        while block := os.read(terminal, 65_536):
            output += block
    os.close(terminal)
    return output.decode("utf-8", "replace"), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def terminal_checks(checks, store):
    """Tables and colours for people only."""
    ask = ["lookup", "--store", store, KIT]
    plain = must(*ask, "--output", "text").stdout
    checks.that("in a pipe: no colours, no heads", "\x1b" not in plain and "NAME" not in plain)
    checks.that("in a pipe: COF", must(*ask).stdout.startswith("{"))
    colored, code = on_terminal(*ask)
    checks.that("on a terminal: a table in colour", code == 0 and "\x1b[" in colored
                and "NAME" in colored.splitlines()[0])
    for what, arguments, environment in (
            ("NO_COLOR", [], {"NO_COLOR": "1"}), ("--color never", ["--color", "never"], {}),
            ("a dumb terminal", [], {"TERM": "dumb"})):
        text, _ = on_terminal(*ask, *arguments, environment=environment)
        checks.that(f"on a terminal, {what}: a table without colours",
                    "\x1b" not in text and "NAME" in text)
        lines = [line for line in text.splitlines() if " A " in line]
        checks.equal(f"on a terminal, {what}: columns stand below each other",
                     len({line.index(" A ") for line in lines}), 1)
    checks.that("--color always in a pipe: colours",
                "\x1b[" in must(*ask, "--output", "text", "--color", "always").stdout)


def notice_checks(checks, work):
    """Many rows are announced, in time."""
    feed = work / "many.ndjson"
    with open(feed, "w", encoding="utf-8") as file:
        for number in range(12_000):
            file.write(json.dumps({
                "rrname": f"h{number}.many.example.com", "rrtype": "A", "rdata": "192.0.2.1",
                "time_first": 1_700_000_000, "time_last": 1_700_000_000, "count": 1}) + "\n")
    store = work / "many.store"
    must("import", "--store", store, feed)
    text, code = on_terminal("lookup", "--store", store, "192.0.2.1")
    checks.that("12,000 rows on a terminal: a notice first",
                code == 0 and "more than 10000 rows" in text.splitlines()[0])
    checks.equal("12,000 rows on a terminal: all of them", text.count("many.example.com"), 12_000)
    text, code = on_terminal("lookup", "--store", store, "--limit", "5", "192.0.2.1")
    checks.that("with --limit: no notice", code == 3 and "more than" not in text)
    return store


def hostile_checks(checks, work):
    """Octets of strangers never reach a terminal as they are, from whatever field."""
    feed = work / "hostile.ndjson"
    with open(feed, "w", encoding="utf-8") as file:
        for octet in range(256):
            common = {"time_first": 1_700_000_000, "time_last": 1_700_000_000, "count": 1}
            file.write(json.dumps({
                "rrname": f"a\\{octet:03}b.hostile.example", "rrtype": "TXT",
                "rdata": f'"x\\{octet:03}y"', **common}) + "\n")
            file.write(json.dumps({
                "rrname": "c.hostile.example", "rrtype": "CNAME",
                "rdata": f"x\\{octet:03}y.example", **common}) + "\n")
            file.write(json.dumps({
                "rrname": "d.hostile.example", "rrtype": "SOA",
                "rdata": f"half {chr(octet)} text", **common}) + "\n")
    store = work / "hostile.store"
    must("import", "--store", store, "--json", feed)
    allowed = {"csv": "\r\n", "zone": "\t\n"}
    for output in OUTPUTS:
        text = must("lookup", "--store", store, "--output", output, "*.hostile.example").stdout
        bad = {c for c in text if (ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0
                                   or 0xD800 <= ord(c) < 0xE000) and c not in
               allowed.get(output, "\n")}
        checks.that(f"256 octets in each field, --output {output}: none raw",
                    text.count("example") > 200 and not bad, bad)
    done = run("lookup", "--store", store, "a..\x1b[2Jb")
    checks.that("a hostile value is escaped in the refusal", done.returncode == 2
                and "\x1b" not in done.stderr and "\\027" in done.stderr, done.stderr)


def remote_checks(checks, store, server):
    """Every output from a server as from the store."""
    for value in (BELOW, WWW, "203.0.113.64/27"):
        for output in OUTPUTS:
            ask = ["--output", output, value]
            checks.equal(f"--server --output {output} {value}: as from the store",
                         must("lookup", "--server", server.url, *ask).stdout,
                         must("lookup", "--store", store, *ask).stdout)
    for more in (["--sort", "-count,name"], ["--no-merge", "--vantage", "client"],
                 ["--last-after", "100y", "--rrtype", "A,NS"]):
        checks.equal(f"--server {' '.join(more)}: as from the store",
                     must("lookup", "--server", server.url, "--output", "cof", *more, BELOW).stdout,
                     must("lookup", "--store", store, "--output", "cof", *more, BELOW).stdout)
    done = run("lookup", "--server", server.url, "--bulk", "-", "--status", "none", "--output",
               "names", data=f"{KIT}\nbad..name\n{WWW}\n")
    checks.equal("--server --bulk: status and owners", (done.returncode, done.stdout), (
        4, "".join(must("lookup", "--store", store, "--output", "names", n).stdout
                   for n in (KIT, WWW))))
    if server.get("/api/v1/summary?value=x.example")[0] == 404:
        return checks.skip("--server --summarize", "the server has no /api/v1/summary")
    for more in (["--summarize"], ["--count"]):
        checks.equal(f"--server {more[0]}: as from the store",
                     must("lookup", "--server", server.url, *more, BELOW).stdout,
                     must("lookup", "--store", store, *more, BELOW).stdout)
    if server.get("/api/v1/names?glob=*.")[0] == 404:
        return checks.skip("--server --glob", "the server has no /api/v1/names")
    for more in (["--output", "names"], ["--output", "cof"], ["--count"]):
        checks.equal(f"--server --glob {' '.join(more)}: as from the store",
                     set(must("lookup", "--server", server.url, "--glob", "*.example.net.",
                              *more).stdout.split("\n")),
                     set(must("lookup", "--store", store, "--glob", "*.example.net.",
                              *more).stdout.split("\n")))


class Fake(http.server.BaseHTTPRequestHandler):
    """A server that keeps what it was sent, and answers or breaks off as the path says."""
    seen = []
    ROW = (b'{"rrname":"www.example.com","rrtype":"A","rdata":"192.0.2.1","time_first":1700000000,'
           b'"time_last":1700000000,"count":1}\n')
    answers = {
        "complete": ROW + b'{"end":"complete","rows":1}\n',
        "limited": ROW + b'{"end":"limited","rows":1}\n',
        "failed": ROW + b'{"end":"failed","rows":1,"error":"disk"}\n',
        "cut": ROW, "garbage": b'nonsense\n' + ROW + b'{"end":"complete","rows":1}\n'}
    mode = "complete"

    def do_CONNECT(self):
        Fake.seen.append((self.path, dict(self.headers)))
        self.send_response(200)
        self.end_headers()
        self.close_connection = False

    def do_GET(self):
        Fake.seen.append((self.path, dict(self.headers)))
        if self.path.startswith("/api/v1/whoami"):
            return self.answer(b'{"name":"me\\u001b","scopes":["query"]}\n')
        if Fake.mode == "refused":
            return self.answer(b"no such\x1b[2J token\n", 401)
        return self.answer(Fake.answers[Fake.mode])

    def answer(self, body, code=200):
        self.send_response(code)
        if Fake.mode == "cut":
            self.send_header("Content-Length", str(len(body) + 10))
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def fake_server(context=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Fake)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def certificates(work):
    """A certificate authority and a certificate of it for localhost."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=work)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test CA",
            "-days", "2")
    openssl("req", *key, "-keyout", "host.key", "-out", "host.csr", "-subj", "/CN=localhost")
    (work / "names").write_text("subjectAltName=DNS:localhost\n")
    openssl("x509", "-req", "-in", "host.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", "host.pem", "-days", "2", "-extfile", "names")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(work / "host.pem", work / "host.key")
    return context


def protocol_checks(checks, work):
    """Statuses, tokens, TLS and proxies against a server that misbehaves."""
    clean = {k: v for k, v in os.environ.items() if k != "TIDEMARK_TOKEN"}
    with fake_server() as port:
        url = f"http://127.0.0.1:{port}"

        def ask(mode, *more, **variables):
            Fake.mode = mode
            Fake.seen.clear()
            return run("lookup", "--server", url, *more, WWW, env={**clean, **variables})

        for mode, code, count in (("complete", 0, 1), ("limited", 3, 1), ("failed", 4, 1),
                                  ("cut", 4, 1), ("garbage", 4, 1), ("refused", 1, 0)):
            done = ask(mode)
            checks.equal(f"--server, {mode}: status and rows",
                         (done.returncode, done.stdout.count("\n")), (code, count))
            checks.that(f"--server, {mode}: at most one line of complaint, no control octets",
                        done.stderr.count("\n") == (code in (1, 4)) and "\x1b" not in done.stderr,
                        done.stderr)
        ask("complete")
        checks.that("no token, none is sent", "Authorization" not in Fake.seen[0][1])
        done = ask("refused", TIDEMARK_TOKEN=SECRET)
        checks.that("TIDEMARK_TOKEN is sent, and never shown",
                    Fake.seen[0][1].get("Authorization") == f"Bearer {SECRET}"
                    and SECRET not in done.stderr + done.stdout, done.stderr)
        token = work / "token"
        token.write_text(SECRET + "2\n")
        ask("complete", "--token-file", token, TIDEMARK_TOKEN=SECRET)
        checks.equal("--token-file goes before the variable",
                     Fake.seen[0][1].get("Authorization"), f"Bearer {SECRET}2")
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            done = ask("complete", **{name: "http://127.0.0.1:9/"})
            checks.equal(f"{name} is not looked at", done.returncode, 0)
        done = run("lookup", "--server", "http://pdns.example.com", "--proxy", url, WWW, env=clean)
        checks.that("--proxy is used", done.returncode == 0 and "pdns.example.com:80" in [
            path for path, _ in Fake.seen], done.stderr)
        done = run("whoami", "--server", url, env={**clean, "TIDEMARK_TOKEN": SECRET})
        checks.equal("whoami", (done.returncode, json.loads(done.stdout)["scopes"]),
                     (0, ["query"]))
    done = run("lookup", "--server", url, WWW, env=clean)
    checks.equal("nobody listens: status and lines",
                 (done.returncode, done.stderr.count("\n")), (1, 1))
    done = run("lookup", "--server", "http://pdns.example.com", WWW,
               env={**clean, "TIDEMARK_TOKEN": SECRET})
    checks.that("a token does not travel in the clear", done.returncode == 2
                and SECRET not in done.stderr, done.stderr)
    tls_checks(checks, work, clean)


def tls_checks(checks, work, clean):
    Fake.mode = "complete"
    with fake_server(certificates(work)) as port:
        url = f"https://localhost:{port}"
        done = run("lookup", "--server", url, "--ca", work / "ca.pem", WWW, env=clean)
        checks.equal("https with --ca", (done.returncode, done.stdout.count("\n"), done.stderr),
                     (0, 1, ""))
        for what, arguments in (("an unknown authority", ["--server", url]),
                                ("another host", ["--server", f"https://127.0.0.1:{port}", "--ca",
                                                  work / "ca.pem"])):
            done = run("lookup", *arguments, WWW, env=clean)
            checks.that(f"https, {what}: refused in one line", done.returncode == 1
                        and done.stdout == "" and done.stderr.count("\n") == 1, done.stderr)
    done = run("lookup", "--server", url, "--ca", work / "names", WWW, env=clean)
    checks.that("--ca without certificates: one line", done.returncode == 1
                and done.stderr.count("\n") == 1, done.stderr)


def import_checks(checks, work):
    """`import --server` gives what an import into a store gives."""
    samples = [EXAMPLES / "sample.pcap", EXAMPLES / "partner-feed.ndjson"]
    with Server(work / "sent.store", work / "sent.log") as server:
        must("import", "--server", server.url, *samples)
        must("import", "--server", server.url, *samples)
    checks.same_rows("import --server, twice: the rows of the sample",
                     rows(harness.export(work / "sent.store")), truth.all_rows())


def cpu_seconds(command):
    """Processor time of a program: other programs on the machine make no difference."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        _, code, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(code)
    if process.returncode != 0:
        raise SystemExit(f"{command} exits {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def help_checks(checks, work):
    """Help in time, manual pages and completions that their readers take."""
    subcommands = [sub["commandName"] for sub in json.loads(
        must("--experimental-dump-help").stdout)["command"]["subcommands"]]
    for command in [[], *[[name] for name in subcommands if name != "help"]]:
        best = min(cpu_seconds([PROGRAM, *command, "--help"]) for _ in range(10))
        checks.that(f"tidemark {' '.join(command)} --help: {best * 1000:.0f} ms of processor",
                    best <= HELP_SECONDS_MAX)
    subprocess.run([ROOT / "Scripts/make-man.py", work / "man"], check=True, capture_output=True,
                   env={**os.environ, "TIDEMARK": PROGRAM})
    pages = sorted((work / "man").glob("*.1"))
    checks.that(f"{len(pages)} manual pages", len(pages) > len(subcommands) - 1)
    lint = ([["mandoc", "-Tlint", "-Wwarning"]] if shutil.which("mandoc") else []) + (
        [["groff", "-man", "-ww", "-Tutf8", "-z"]] if shutil.which("groff") else [])
    if not lint:
        checks.skip("manual pages are well formed", "neither mandoc nor groff is installed")
    for command in lint:
        for page in pages:
            done = subprocess.run([*command, page], capture_output=True, text=True)
            checks.equal(f"{command[0]} {page.name}", done.stdout + done.stderr, "")
    for shell, check in (("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]),
                         ("fish", ["fish", "--no-execute"])):
        script = work / f"tidemark.{shell}"
        script.write_text(must("--generate-completion-script", shell).stdout)
        checks.that(f"completions of {shell} know --summarize and graphml",
                    all(word in script.read_text() for word in ("summarize", "graphml")))
        if not shutil.which(shell):
            checks.skip(f"completions of {shell} parse", f"{shell} is not installed")
            continue
        done = subprocess.run([*check, script], capture_output=True, text=True)
        checks.equal(f"completions of {shell} parse", (done.returncode, done.stderr), (0, ""))


def suite(checks):
    with folder() as work:
        work = pathlib.Path(work)
        store = work / "sample.store"
        must("import", "--store", store, EXAMPLES / "sample.pcap",
             EXAMPLES / "partner-feed.ndjson")
        output_checks(checks, store)
        zone_checks(checks, store, work)
        dnsdbq_checks(checks, store)
        filter_checks(checks, store)
        status_checks(checks, store, work)
        bulk_checks(checks, store, work)
        pattern_checks(checks, store)
        terminal_checks(checks, store)
        notice_checks(checks, work)
        hostile_checks(checks, work)
        protocol_checks(checks, work)
        import_checks(checks, work)
        help_checks(checks, work)
        # The store must not change below the comparisons: the server only reads it.
        copy = work / "served.store"
        shutil.copytree(store, copy)
        with Server(copy, work / "serve.log") as server:
            remote_checks(checks, store, server)


if __name__ == "__main__":
    harness.main(suite)
