#!/usr/bin/env python3
"""The server among clients that are slow, many or greedy."""
import collections
import contextlib
import json
import os
import re
import resource
import signal
import socket
import subprocess
import threading
import time

import harness
import make_sample
from harness import folder, must

MEMORY_MAX = 512 << 20
SLOW_SECONDS_MAX = 18
IDLE_CONNECTIONS = 10_000
ROWS = 60_000
GOOD = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
LARGE = b"GET /api/v1/records?network=192.0.2.1 HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Server(harness.Server):
    """With more to say on the command line than the others need."""

    def __init__(self, store, log, *options):
        self.options = [str(option) for option in options]
        super().__init__(store, log)
        if self.options:
            self.process.kill()
            self.process.wait()
            self.process = subprocess.Popen(
                [harness.PROGRAM, "serve", "--store", str(store), "--listen", self.address,
                 *self.options], stdin=subprocess.DEVNULL, stdout=self.log,
                stderr=subprocess.STDOUT)

    def __enter__(self):
        if not self.options:
            return super().__enter__()
        limit = time.monotonic() + harness.START_SECONDS_MAX
        while time.monotonic() < limit and self.process.poll() is None:
            with contextlib.suppress(OSError), self.connect(5):
                return self
            time.sleep(0.05)
        self.stop()
        raise SystemExit(f"tidemark serve does not listen:\n{self.text()}")

    def connect(self, seconds=30):
        return socket.create_connection(("127.0.0.1", self.port), timeout=seconds)

    def text(self):
        self.log.flush()
        with open(self.log.name, encoding="utf-8") as file:
            return file.read()

    def memory(self, field="VmRSS"):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(rf"^{field}:\s+(\d+) kB", file.read(), re.M)[1]) << 10

    def metric(self, line):
        _, _, body = self.get("/metrics")
        found = re.search(rf"^{re.escape(line)} (\S+)$", body.decode(), re.M)
        return float(found[1]) if found else 0


def receive(connection):
    """All that comes until the other side closes; what came so far after 5 s of silence."""
    connection.settimeout(5)
    got = b""
    with contextlib.suppress(OSError):
        while block := connection.recv(1 << 16):
            got += block
    return got


def status(octets):
    found = re.match(rb"HTTP/1\.\d (\d+) ", octets)
    return int(found[1]) if found else None


def make_store(work):
    """A store with an address that many names have."""
    feed, store = work / "feed.ndjson", work / "abuse.store"
    with open(feed, "w", encoding="ascii") as file:
        for number in range(ROWS):
            file.write(make_sample.cof({
                "rrname": f"h{number}.example.com", "rrtype": "A", "rdata": "192.0.2.1",
                "time_first": 1_700_000_000, "time_last": 1_700_000_000 + number}) + "\n")
    must("import", "--store", store, feed)
    return store


def bombs(checks, server):
    """Heads of any size get their status at once and leave nothing behind."""
    before = server.memory()
    wanted = {
        "a target of 100 MB": (b"GET /" + b"a" * 100_000_000, 414),
        "a header field of 1 GB": (b"GET / HTTP/1.1\r\nHost: a\r\nX: ", 431),
        "500,000 header fields": (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 500_000, 431)}
    for what, (octets, code) in wanted.items():
        with server.connect() as connection:
            begin = time.monotonic()
            answers = []

            def listen(source=connection, start=begin, answers=answers):
                with contextlib.suppress(OSError):
                    answers.append((source.recv(4096), time.monotonic() - start))

            reader = threading.Thread(target=listen)
            reader.start()
            with contextlib.suppress(OSError):
                connection.sendall(octets)
                for _ in range(1_000 if "1 GB" in what else 0):
                    connection.sendall(b"b" * 1_000_000)
            reader.join()
            answer, seconds = answers[0] if answers else (b"", 99)
        checks.equal(f"{what}: status", status(answer), code)
        checks.that(f"{what}: answered in {seconds * 1e3:.0f} ms (at most 500)", seconds < 0.5)
    grown = server.memory() - before
    checks.that(f"memory grew by {grown >> 20} MiB (at most 16)", grown < 16 << 20)
    checks.equal("the server keeps serving", server.get("/health")[0], 200)


def latencies(server, seconds):
    """Of small requests, one after the other, each on a connection of its own."""
    taken, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.monotonic()
        code, _, _ = server.get("/pdns/query/h1.example.com")
        if code != 200:
            raise SystemExit(f"a small look-up got {code}")
        taken.append(time.monotonic() - begin)
        time.sleep(0.01)
    return sorted(taken)


def slow_clients(checks, server):
    """Heads, bodies and readers that do not get on are closed in time, while others are served."""
    post = b"POST /api/v1/observations HTTP/1.1\r\nHost: a\r\nX-Batch-ID: slow\r\n"
    begins = {
        "nothing at all": b"", "half a line": b"GET /hea", "half a head": GOOD[:-2],
        "no body": post + b"Content-Length: 100000\r\n\r\n",
        "half a chunk": post + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{",
        "no reading": LARGE * 40}
    drips = {"a head": b"GET / HTTP/1.1\r\nHost: a\r\n", "a body": begins["no body"]}
    open_ones = []
    for what, octets in begins.items():
        open_ones += [(what, server.connect(), None) for _ in range(20)]
        for _, connection, _ in open_ones[-20:]:
            connection.sendall(octets)
    for what, octets in drips.items():
        connection = server.connect()
        connection.sendall(octets)
        open_ones.append((f"{what} at one octet a second", connection, b"X" if "head" in what
                          else b"{"))
    begin, closed = time.monotonic(), collections.defaultdict(list)
    while open_ones and time.monotonic() < begin + 40:
        latencies(server, 0.8)
        for entry in list(open_ones):
            what, connection, drip = entry
            if is_closed(connection, drip, reads=what != "no reading"):
                closed[what].append(time.monotonic() - begin)
                connection.close()
                open_ones.remove(entry)
    for what in {entry[0] for entry in open_ones} | set(closed):
        left = sum(entry[0] == what for entry in open_ones)
        last = max(closed[what], default=99)
        checks.that(f"{what}: closed after {last:.0f} s (at most {SLOW_SECONDS_MAX})",
                    not left and last < SLOW_SECONDS_MAX, f"{left} are open")
    for _, connection, _ in open_ones:
        connection.close()


def is_closed(connection, drip, reads):
    """Whether the server closed; without taking anything of its answer unless `reads`."""
    connection.settimeout(0.001)
    try:
        if drip:
            connection.sendall(drip)
        if reads:
            return connection.recv(1 << 16) == b""
        state = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
        return state != 1
    except TimeoutError:
        return False
    except OSError:
        return True


def idle_crowd(checks, server):
    """Ten thousand connections that ask once and then keep silent."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(IDLE_CONNECTIONS, hard - 1_000)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    alone = latencies(server, 3)
    before, crowd, begin = server.memory(), [], time.monotonic()
    for _ in range(count):
        connection = server.connect()
        connection.sendall(GOOD.replace(b"Connection: close\r\n", b""))
        if status(connection.recv(4096)) != 200:
            raise SystemExit("a connection of the crowd is not served")
        crowd.append(connection)
    took, grown = time.monotonic() - begin, server.memory() - before
    among = latencies(server, 3)
    median = [values[len(values) // 2] for values in (alone, among)]
    checks.that(f"{count:,} idle connections, opened in {took:.1f} s: {grown // count:,} octets "
                f"each, {server.memory() >> 20} MiB in all (at most {MEMORY_MAX >> 20})",
                server.memory() < MEMORY_MAX)
    checks.that(f"small look-ups take {median[1] * 1e3:.2f} ms among them, {median[0] * 1e3:.2f} "
                "alone", median[1] < 3 * median[0] + 0.001)
    for connection in crowd:
        connection.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    checks.equal("and they are served on after the crowd is gone", server.get("/health")[0], 200)


def leaving(checks, server):
    """A client that leaves in the middle of its answer ends it."""
    cancelled = 'tidemark_http_answers_total{end="cancelled"}'
    for what, reads in (("while it reads", True), ("without reading", False)):
        before, connection = server.metric(cancelled), server.connect()
        connection.sendall(LARGE if reads else LARGE * 40)
        connection.recv(1_000)
        # Answers that the kernel's buffers hold are complete before anybody can leave.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
        limit = time.monotonic() + 5
        while server.metric(cancelled) == before and time.monotonic() < limit:
            time.sleep(0.01)
        checks.that(f"a client that leaves {what} ends its answer",
                    server.metric(cancelled) > before)


def stopping(checks, store, work):
    """SIGTERM ends the server in bounded time, whatever clients do."""
    with Server(store, work / "stop.log") as server:
        idle, stuck = server.connect(), server.connect()
        stuck.sendall(LARGE * 40)
        stuck.recv(1)
        begin = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        code = server.process.wait(timeout=30)
        seconds = time.monotonic() - begin
        checks.that(f"SIGTERM with a client that does not read: ends after {seconds:.1f} s "
                    "(at most 12)", seconds < 12)
        checks.equal("SIGTERM: exit status", code, 0)
        idle.close()
        stuck.close()


def suite(checks):
    with folder() as work:
        store = make_store(work)
        with Server(store, work / "serve.log") as server:
            bombs(checks, server)
            leaving(checks, server)
            slow_clients(checks, server)
            idle_crowd(checks, server)
            peak = server.memory("VmHWM")
            checks.that(f"peak memory of it all: {peak >> 20} MiB (at most {MEMORY_MAX >> 20})",
                        peak < MEMORY_MAX)
        stopping(checks, store, work)


if __name__ == "__main__":
    harness.main(suite)
