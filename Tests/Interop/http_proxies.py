#!/usr/bin/env python3
"""Request smuggling through real proxies: nginx and HAProxy share one connection to the server.

Each attack goes through a proxy on a connection of its own; a marker request behind it, on another
connection through the same proxy, must get its own answer and none that an attack asked for.
"""
import collections
import contextlib
import http.client
import itertools
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import time

import harness
import make_sample
from harness import Server, folder, must
from watched import free_port

ATTACKS = 1_000
SEED = int(os.environ.get("SMUGGLING_SEED", "20240601"))
VICTIM = "victim.example.com"
QUIET_SECONDS = 0.03
ASKS_MAX = 3
# What server and proxies may say to an attack. The server's own are in docs/reference/http.md.
STATUSES = {200, 400, 403, 404, 405, 408, 411, 413, 414, 415, 417, 422, 431, 501, 505}

NGINX = """
daemon off; master_process off; worker_processes 1;
pid {work}/nginx.pid; error_log {work}/nginx.log;
events {{ worker_connections 512; }}
http {{
  access_log off; ignore_invalid_headers off; underscores_in_headers on;
  client_body_temp_path {work}/body; proxy_temp_path {work}/proxy;
  fastcgi_temp_path {work}/fastcgi; uwsgi_temp_path {work}/uwsgi; scgi_temp_path {work}/scgi;
  upstream tidemark {{ server {server}; keepalive 1; }}
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
  server {{
    listen 127.0.0.1:{nginx};
    location / {{ proxy_pass http://tidemark; proxy_request_buffering off; }}
  }}
  server {{ listen 127.0.0.1:{nginx_buffered}; location / {{ proxy_pass http://tidemark; }} }}
}}
"""

HAPROXY = """
global
  maxconn 500
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
  http-reuse always
frontend strict
  bind 127.0.0.1:{haproxy}
  default_backend tidemark
frontend lenient
  bind 127.0.0.1:{haproxy_lenient}
  option accept-invalid-http-request
  default_backend tidemark
backend tidemark
  server tidemark {server} maxconn 1
"""

LENGTHS = ["Content-Length: {n}", "Content-Length: +{n}", "Content-Length: 0{n}",
           "Content-Length: {n}, {n}", "Content-Length: {n}\r\nContent-Length: 0",
           "Content-Length: 0\r\nContent-Length: {n}", "Content-Length : {n}",
           "Content-Length:{n}\t", "Content_Length: {n}", "Content-Length: {n};a",
           "Content-Length: -1", "Content-Length: 0x{n}", "X: y\r\n Content-Length: {n}",
           "Content-Length: 18446744073709551616", "Content-Length:\r\n {n}",
           "Content-Length: {n}\r\nContent-Length: {n}", "X: y\nContent-Length: {n}"]
CODINGS = ["Transfer-Encoding: chunked", "Transfer-Encoding : chunked",
           "Transfer-Encoding:\tchunked", "Transfer-Encoding: \x0bchunked",
           "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity",
           "Transfer-Encoding: identity, chunked", "Transfer-Encoding: gzip, chunked",
           "transfer-encoding: CHUNKED", "X: y\r\n Transfer-Encoding: chunked",
           "Transfer-Encoding:\r\n chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
           "Transfer-Encoding: x\r\nTransfer-Encoding: chunked", 'Transfer-Encoding: "chunked"',
           "Transfer_Encoding: chunked", "X: y\nTransfer-Encoding: chunked",
           "X: y\rTransfer-Encoding: chunked", "Transfer-Encoding: chunked\0",
           "Transfer-Encoding\0: chunked", "Transfer-Encoding: ,chunked",
           "Transfer-Encoding: chunked ,", "Transfer-Encoding:", "Foo: bar\r\n\tx: y\r\n"
           "Transfer-Encoding: chunked"]
SIZES = ["{n:x}\r\n", "{n:x}\n", "0x{n:x}\r\n", " {n:x}\r\n", "{n:x} \r\n", "+{n:x}\r\n",
         "{n:x};a=b\r\n", '{n:x};a="\r\n"\r\n', "{n:x};\n", "0000000000000000000000{n:x}\r\n",
         "1000000000000000{n:x}\r\n", "-{n:x}\r\n", "{n:x}\r", "{n:X}\r\n", "{n:x}\0\r\n", "\r\n",
         "{n:x}_\r\n", "g\r\n"]
ENDS = ["0\r\n\r\n", "0\n\n", "0\r\n\n", "00\r\n\r\n", "0;x\r\n\r\n", "0\r\nX: y\r\n\r\n",
        "0\r\nContent-Length: 50\r\n\r\n", "0\r\nTransfer-Encoding: chunked\r\n\r\n", "0\r\n", "",
        "0\r\n\r\n0\r\n\r\n", "-0\r\n\r\n", "0\r\n \r\n"]
TARGETS = ["POST /submit", "POST /api/v1/bulk", "POST /api/v1/observations",
           "GET /pdns/query/none.example.com", "PUT /pdns/query/none.example.com",
           "POST /nowhere", "HEAD /api/v1/records?below=example.com", "OPTIONS *", "GET /health"]
LINES = ["{m} {t} HTTP/1.1", "{m} {t} HTTP/1.1", "{m} {t} HTTP/1.1", "{m} {t} HTTP/1.0",
         "{m}  {t} HTTP/1.1", "{m} {t} HTTP/1.1 x", "{m} {t} HTTP/2.0",
         "{m} http://other{t} HTTP/1.1", "{m} {t}", "\r\n{m} {t} HTTP/1.1", "{m}\t{t} HTTP/1.1",
         "{m} {t} HTTP/1.1\n"]
EXTRAS = ["", "", "", "Expect: 100-continue\r\n", "Connection: Content-Length\r\n",
          "Connection: Transfer-Encoding\r\n", "Connection: close, Content-Length\r\n",
          "Upgrade: h2c\r\nConnection: Upgrade\r\n", "Host: other\r\n",
          "Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n", "X-HTTP-Method-Override: GET\r\n"]


def smuggled(dice):
    """A request that would ask for the victim, or swallow the request behind it."""
    return dice.choice([
        f"GET /pdns/query/{VICTIM} HTTP/1.1\r\nHost: x\r\n\r\n",
        f"GET /pdns/query/{VICTIM} HTTP/1.1\r\nHost: x\r\nX: ",
        f"GET /pdns/query/{VICTIM} HTTP/1.1\r\nHost: x\r\nContent-Length: 15\r\n\r\nx=",
        "POST /submit HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\n",
        "POST /nowhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n",
        f"HEAD /pdns/query/{VICTIM} HTTP/1.1\r\nHost: x\r\n\r\n"])


def attack(dice):
    """One request that two readers may end at different places, and what would follow then."""
    prey, kind = smuggled(dice), dice.choice(["CL.TE", "TE.CL", "TE.TE", "CL.0", "chunks", "CL.CL"])
    coding, length = dice.choice(CODINGS), LENGTHS[0]
    if kind == "CL.TE":
        body = dice.choice(ENDS[:8]) + prey
        fields = [length.format(n=len(body)), coding]
    elif kind == "TE.CL":
        size = dice.choice(SIZES[:11]).format(n=len(prey))
        body = size + prey + "\r\n" + dice.choice(ENDS)
        fields = [coding, length.format(n=len(size))]
    elif kind == "TE.TE":
        body = dice.choice(ENDS) + prey
        fields = [coding, dice.choice(CODINGS)]
    elif kind == "CL.0":
        body, fields = prey, [length.format(n=len(prey))]
    elif kind == "CL.CL":
        body = "0\r\n\r\n" + prey
        fields = [dice.choice(LENGTHS[1:]).format(n=5),
                  dice.choice(LENGTHS).format(n=len(body))][:dice.randint(1, 2)]
    else:
        data = prey if dice.random() < 0.5 else "x" * dice.randint(0, 40)
        body = (dice.choice(SIZES).format(n=len(data)) + data + dice.choice(["\r\n", "\n", "", "z"])
                + dice.choice(ENDS) + prey)
        fields = [CODINGS[0]]
    dice.shuffle(fields)
    method, target = dice.choice(TARGETS).split(" ")
    line = dice.choice(LINES).format(m=method, t=target)
    head = line + "\r\nHost: x\r\n" + dice.choice(EXTRAS) + "\r\n".join(fields) + "\r\n\r\n"
    if dice.random() < 0.1:
        head = head.replace("\r\n", "\n")
    return kind, (head + body).encode("latin-1")


def exchange(port, octets):
    """The statuses that come to some octets until nothing more comes."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(octets)
            connection.settimeout(QUIET_SECONDS * 3)
            while block := connection.recv(1 << 16):
                got += block
                connection.settimeout(QUIET_SECONDS)
    return [int(code) for code in re.findall(rb"HTTP/1\.[01] (\d{3}) ", got)], got


def ask(port, name):
    """What one look-up gets: status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", f"/pdns/query/{name}", headers={"Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode("latin-1")
    except (OSError, http.client.HTTPException) as error:
        return None, repr(error)
    finally:
        connection.close()


def ask_marker(port, name):
    """What a marker's look-up gets, and how often the proxy itself refused it before.

    A proxy that shares connections may pick one that the server is just closing, and says 502 or
    503 of its own then; the client asks again, as it would in life. The server's own answers of
    that class would be seen by "no request failed inside the server".
    """
    for refused in range(ASKS_MAX):
        status, body = ask(port, name)
        if status not in (502, 503):
            break
    return refused, status, body


def is_own(number, status, body):
    """Whether an answer is that of marker `number`, whole and alone."""
    return (status == 200 and body.count("\n") == 1
            and f'"rrname":"m{number}.example.com"' in body
            and f'"rdata":"2001:db8::{number + 1:x}"' in body)


def seen(server):
    """Requests, readable or not, and connections that the server has taken."""
    found = collections.Counter()
    for name, value in re.findall(r"^tidemark_http_(requests|unreadable_requests|connections)_total"
                                  r"(?:\{.*\})? (\S+)$", server.get("/metrics")[2].decode(), re.M):
        found["connections" if name == "connections" else "requests"] += float(value)
    return found


def run_attacks(checks, what, server, port, dice, numbers):
    """Attacks through one proxy, and a marker behind each."""
    statuses, kinds, wrong = collections.Counter(), collections.Counter(), []
    kept_waiting = 0
    begin, before = time.monotonic(), seen(server)
    for number in itertools.islice(numbers, ATTACKS):
        kind, octets = attack(dice)
        kinds[kind] += 1
        codes, _ = exchange(port, octets)
        statuses.update(codes or ["none"])
        refused, status, body = ask_marker(port, f"m{number}.example.com")
        kept_waiting += refused
        if not is_own(number, status, body):
            wrong.append((kind, octets, status, body))
    checks.equal(f"{what}: every marker behind {sum(kinds.values())} attacks gets its own answer "
                 f"({time.monotonic() - begin:.0f} s)", wrong[:1], [])
    checks.that(f"{what}: the proxy itself refused {kept_waiting} markers (at most 1 %)",
                kept_waiting <= ATTACKS / 100)
    unknown = set(statuses) - STATUSES - {"none", 100}
    checks.that(f"{what}: documented statuses: {dict(statuses.most_common())}", not unknown,
                unknown)
    found = seen(server) - before
    checks.that(f"{what}: {found['requests'] - ATTACKS:.0f} requests of {len(kinds)} kinds of "
                "attacks reached the server", found["requests"] > ATTACKS * 1.1 and len(kinds) == 6)
    if port != server.port:
        checks.that(f"{what}: they share connections: {found['connections']:.0f} in all",
                    found["connections"] < found["requests"] * 0.8)


def make_store(work, count):
    feed, store = work / "feed.ndjson", work / "proxies.store"
    with open(feed, "w", encoding="ascii") as file:
        for number in range(-1, count):
            name = f"m{number}.example.com" if number >= 0 else VICTIM
            file.write(make_sample.cof({
                "rrname": name, "rrtype": "AAAA", "rdata": f"2001:db8::{number + 1:x}",
                "time_first": 1_700_000_000, "time_last": 1_700_000_000}) + "\n")
    must("import", "--store", store, feed)
    return store


@contextlib.contextmanager
def proxy(command, port, log):
    with open(log, "w", encoding="utf-8") as file:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file,
                                   stderr=subprocess.STDOUT)
        try:
            limit = time.monotonic() + harness.START_SECONDS_MAX
            while ask(port, "m0.example.com")[0] != 200:
                if process.poll() is not None or time.monotonic() > limit:
                    raise SystemExit(f"{command[0]} does not serve:\n{log.read_text()[-2000:]}")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)


def control(checks, server):
    """The check itself sees an answer that belongs to another request."""
    prey = f"GET /pdns/query/{VICTIM} HTTP/1.1\r\nHost: x\r\n\r\n"
    own = "GET /pdns/query/m0.example.com HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    codes, got = exchange(server.port, (prey + own).encode())
    first = got.decode().split("\r\n\r\n")[1].split("HTTP/1.1")[0]
    checks.that("an answer to a smuggled request would be noticed",
                codes == [200, 200] and VICTIM in first and not is_own(0, 200, first), got)
    checks.that("a marker alone is its own answer", is_own(0, *ask(server.port, "m0.example.com")))


def suite(checks):
    programs = {name: shutil.which(name) or shutil.which(f"/usr/sbin/{name}")
                for name in ("nginx", "haproxy")}
    for name, program in programs.items():
        if not checks.that(f"{name} is installed (make interop does it)", program):
            return
    dice, numbers = random.Random(SEED), itertools.count()
    print(f"  seed {SEED} (SMUGGLING_SEED)")
    with folder() as work:
        work = pathlib.Path(work)
        store = make_store(work, 5 * ATTACKS)
        with Server(store, work / "serve.log") as server:
            control(checks, server)
            ports = {name: free_port() for name in (
                "nginx", "nginx_buffered", "haproxy", "haproxy_lenient")}
            for name, text in (("nginx", NGINX), ("haproxy", HAPROXY)):
                (work / f"{name}.conf").write_text(text.format(
                    work=work, server=server.address, **ports))
            run_attacks(checks, "no proxy", server, server.port, dice, numbers)
            with proxy([programs["nginx"], "-c", str(work / "nginx.conf"), "-p", str(work)],
                       ports["nginx"], work / "nginx.out"):
                for name in ("nginx", "nginx_buffered"):
                    run_attacks(checks, name, server, ports[name], dice, numbers)
            with proxy([programs["haproxy"], "-db", "-f", str(work / "haproxy.conf")],
                       ports["haproxy"], work / "haproxy.out"):
                for name in ("haproxy", "haproxy_lenient"):
                    run_attacks(checks, name, server, ports[name], dice, numbers)
            checks.equal("the server keeps serving", server.get("/health")[0], 200)
            metrics = server.get("/metrics")[2].decode()
            failed = [line for line in metrics.splitlines()
                      if line.startswith("tidemark_http_requests_total") and '"5xx"' in line]
            checks.equal("no request failed inside the server", failed, [])
            checks.equal("no attack wrote anything", harness.export(store).count("\n"),
                         5 * ATTACKS + 1)


if __name__ == "__main__":
    harness.main(suite)
