#!/usr/bin/env python3
"""The command line on a server: every output of `lookup` as from the store, lists, tokens, TLS,
proxies, servers that misbehave, and `import --server`."""
import contextlib
import http.server
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import threading

import harness
import truth
from harness import EXAMPLES, Server, folder, must, rows, run, sample_store

KIT, WWW = "kit.example.net", "www.example.com"
BELOW = "*.example.net"
OUTPUTS = ["text", "cof", "csv", "names", "dnsdbq", "zone", "dot", "graphml"]
SECRET = "tdm_secret-of-the-test"
# One more than a bulk answer has of one key.
MANY = 10_001


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
    for more in (["--summarize"], ["--count"]):
        checks.equal(f"--server {more[0]}: as from the store",
                     must("lookup", "--server", server.url, *more, BELOW).stdout,
                     must("lookup", "--store", store, *more, BELOW).stdout)
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
    bulk = None

    def do_POST(self):
        Fake.seen.append((self.path, dict(self.headers)))
        self.rfile.read(int(self.headers["Content-Length"]))
        code, body = Fake.bulk
        self.answer(body, code)

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


def bulk_checks(checks, work):
    """Lists go to the server together; what is printed is what the store gives key by key."""
    store, feed, keys = work / "bulk.store", work / "bulk.ndjson", work / "keys.txt"
    with open(feed, "w", encoding="utf-8") as file:
        for number in range(MANY):
            file.write(json.dumps({
                "rrname": f"h{number}.example.com", "rrtype": "A",
                "rdata": f"192.0.2.{1 if number else 2}", "time_first": 1_700_000_000,
                "time_last": 1_700_000_000 + number, "count": 1}) + "\n")
    must("import", "--store", store, feed)
    listed = [f"h{number}.example.com" for number in range(0, 3_000, 7)]
    listed[5:5] = ["bad..name", '{"a":1} x', "192.0.2.1", "", "# note", "*.example.com", "+.x y"]
    keys.write_text("\n".join(listed) + "\n")
    copy = work / "bulk-served.store"
    shutil.copytree(store, copy)
    with Server(copy, work / "bulk.log") as server:
        for what, more in (("", []), (" --limit 2", ["--limit", "2"]),
                           (f" --limit {MANY}", ["--limit", str(MANY)]),
                           (" --limit 9999", ["--limit", "9999"]),
                           (" --rrtype AAAA", ["--rrtype", "AAAA"])):
            ask = ["--bulk", keys, "--status", "json", "--output", "cof", *more]
            before = posts(server)
            ours = run("lookup", "--server", server.url, *ask)
            count = posts(server) - before
            theirs = run("lookup", "--store", store, *ask)
            checks.equal(f"--server --bulk{what}: rows, statuses and exit status as from the store",
                         (ours.stdout, ours.stderr, ours.returncode),
                         (theirs.stdout, theirs.stderr, theirs.returncode))
            checks.that(f"--server --bulk{what}: {count} requests for {len(listed)} keys",
                        1 <= count <= 6)
        checkpoint = work / "bulk.state"
        half, ask = work / "half.txt", ["--status", "none", "--output", "cof", "--resume",
                                        checkpoint, "--bulk"]
        half.write_text("\n".join(listed[:200]) + "\n")
        one = run("lookup", "--server", server.url, *ask, half)
        two = run("lookup", "--server", server.url, *ask, keys)
        whole = run("lookup", "--store", store, "--status", "none", "--output", "cof", "--bulk",
                    keys)
        checks.equal("--server --bulk --resume: every row once", one.stdout + two.stdout,
                     whole.stdout)


def posts(server):
    """Requests to native routes that were answered."""
    text = server.get("/metrics")[2].decode()
    return sum(float(line.split()[1]) for line in text.splitlines()
               if line.startswith('tidemark_http_requests_total{family="native",status="2xx"}'))


def broken_bulk_checks(checks, work):
    """Servers without bulk look-ups, and answers that break off."""
    clean = {k: v for k, v in os.environ.items() if k != "TIDEMARK_TOKEN"}
    names = [f"h{number}.example.com" for number in range(5)]
    row = Fake.ROW.decode()

    def status(index, **more):
        return json.dumps({"index": index, "key": "k", "status": "complete", "rows": 1, **more},
                          separators=(",", ":")) + "\n"

    whole = "".join(row + status(index) for index in range(len(names)))
    ends = '{"end":"complete","keys":5,"rows":5}\n'
    cases = {
        "whole": (200, whole + ends, 0, 5, 0, ""),
        "no such route": (404, '{"error":"nothing is served"}\n', 0, 5, 5, "key by key"),
        "another method": (405, '{"error":"only GET"}\n', 0, 5, 5, "key by key"),
        "refused": (403, '{"error":"no"}\n', 4, 0, 0, ""),
        # The key under way is asked for by itself, the others together again.
        "cut off behind two": (200, row + status(0) + row + status(1) + row, 0, 5, 1, ""),
        "nonsense": (200, "<html>\n", 0, 5, 5, ""),
        "limited by the server": (200, row + status(0) + row + '{"end":"limited","reason":"time"}'
                                  '\n', 0, 5, 2, ""),
        "a key that failed": (200, row + status(0) + status(1, status="failed", error="disk")
                              + "".join(row + status(i) for i in (2, 3, 4)) + ends, 4, 4, 0, ""),
        "a key with more": (200, row + status(0, status="limited", cursor="c9")
                            + "".join(row + status(i) for i in (1, 2, 3, 4)) + ends, 0, 10, 5, ""),
    }
    with fake_server() as port:
        for what, (code, body, exits, count, gets, says) in cases.items():
            Fake.mode, Fake.bulk = "complete", (code, body.encode())
            Fake.seen.clear()
            done = run("lookup", "--server", f"http://127.0.0.1:{port}", "--bulk", "-", "--output",
                       "cof", env=clean, data="".join(name + "\n" for name in names))
            asked = sum(path.startswith("/api/v1/records") for path, _ in Fake.seen)
            checks.equal(f"--bulk, {what}: exit status, rows, keys asked by themselves",
                         (done.returncode, done.stdout.count("\n"), asked), (exits, count, gets))
            told = [line.split(":")[0] for line in done.stderr.splitlines()
                    if not line.startswith("tidemark:")]
            checks.equal(f"--bulk, {what}: a line for each key, in order", told, names)
            notes = [line for line in done.stderr.splitlines() if line.startswith("tidemark:")]
            checks.that(f"--bulk, {what}: never silently", len(notes) == bool(says)
                        and all(says in note for note in notes), notes)


def suite(checks):
    with folder() as work:
        work = pathlib.Path(work)
        store = sample_store(work)
        protocol_checks(checks, work)
        broken_bulk_checks(checks, work)
        import_checks(checks, work)
        # The store must not change below the comparisons: the server only reads it.
        copy = work / "served.store"
        shutil.copytree(store, copy)
        with Server(copy, work / "serve.log") as server:
            remote_checks(checks, store, server)
        bulk_checks(checks, work)


if __name__ == "__main__":
    harness.main(suite)
