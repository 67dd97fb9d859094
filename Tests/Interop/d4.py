#!/usr/bin/env python3
"""D4 sensors over TLS: what honest ones send is in the store; hostile ones are refused, counted,
and disturb nobody.

D4_CLIENT may name the C client of the D4 project, and D4_GOCLIENT the Go client; without them the
parts that run them are left out, loudly.
"""
import contextlib
import json
import os
import shutil
import socket
import subprocess
import threading
import time

import d4_packets as d4
import harness
from harness import export, folder, short
from producers import Collector

WAIT_SECONDS_MAX = 60
CROWD = 1_000
FLEET, FLEET_LINES = 50, 2_000_000
TCP_REPAIR = 19
# Types of which dnscap prints the data.
PRINTED = {"A", "AAAA", "NS", "CNAME", "PTR", "MX", "SOA"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server(Collector):
    """A collector with one D4 source behind TLS."""

    def __init__(self, work, settings="", mode="shared-secret", connections=256):
        self.d4_port = free_port()
        self.certificate, key = d4.certificate(work)
        (work / "sensors.key").write_bytes(d4.KEY + b"\n")
        (work / "root.hints").write_text(". NS a.root.example.\na.root.example. A 192.0.2.1\n")
        super().__init__(work, f"""\
filter: {{standard: false}}
sources:
  - name: sensors
    format: d4
    listen: tls:127.0.0.1:{self.d4_port}
    tls: {{certificate: {self.certificate}, key: {key}}}
    connections: {connections}
    d4: {{mode: {mode}, key_file: {work}/sensors.key{settings and ", " + settings}}}
""")
        self.context = d4.tls_context(self.certificate)

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.d4_port), timeout=WAIT_SECONDS_MAX)
        return self.context.wrap_socket(plain, server_hostname="localhost")

    def count(self, name):
        return int(self.event("sensors", name))

    def offered(self):
        return int(self.account("sensors")[0])

    def wait(self, what, condition):
        limit = time.monotonic() + WAIT_SECONDS_MAX
        while time.monotonic() < limit:
            if condition():
                return True
            time.sleep(0.05)
        raise SystemExit(f"d4: waited in vain until {what}:\n"
                         f"{self.daemon.log.read_text()[-3000:]}\n{self.metrics()}")

    def counts(self):
        """Counts of all records of the store; the collector must have ended."""
        return [json.loads(text)["count"] for text in export(self.store).splitlines()]

    def rows(self):
        """{(name, sensors): count} of the store; the collector must have ended."""
        found = {}
        for text in export(self.store).splitlines():
            row = json.loads(text)
            found[(row["rrname"], tuple(row.get("sensors") or [row.get("sensor_id")]))] = \
                row["count"]
        return found


def is_closed(connection):
    """Whether the server closes the connection, and that it never sends an octet."""
    try:
        octets = connection.recv(1)
    except (ConnectionError, TimeoutError) as error:
        return not isinstance(error, TimeoutError)
    if octets:
        raise SystemExit("d4: the server sent something")
    return True


def honest(checks):
    """Types, cuts and several packets at once; the sensor is the UUID."""
    with folder() as work, Server(work) as server:
        lines = b"".join(d4.line(f"h{n}.example") for n in range(1_000))
        with server.connect() as connection:
            connection.sendall(d4.stream(lines, d4.sensor(1)))
        with server.connect() as connection:
            for octet in d4.stream(d4.line("slow.example"), d4.sensor(2)):
                connection.sendall(bytes([octet]))
        cof = {"rrname": "c.example", "rrtype": "A", "rdata": "192.0.2.1", "count": 3,
               "time_first": 1_600_000_000, "time_last": 1_600_000_009, "sensor_id": "forged"}
        meta = b'{"type": "passivedns-cof",\n"encoding": "utf-8"}'
        with server.connect() as connection:
            who = d4.sensor(3)
            connection.sendall(d4.packet(meta[:9], who, 2) + d4.packet(meta[9:], who, 2)
                               + d4.packet(json.dumps(cof).encode() + b"\n", who, 254))
        server.wait("all records are in", lambda: server.offered() >= 1_002)
        checks.equal("sessions", server.count("sessions"), 3)
        checks.equal("nothing is refused", {name: server.count(name) for name in (
            "refused_hmac", "refused_type", "refused_size", "streams_damaged", "sessions_cut")
            if server.count(name)}, {})
        server.stop()
        wanted = {(f"h{n}.example", (str(d4.sensor(1)),)): 1 for n in range(1_000)}
        wanted[("slow.example", (str(d4.sensor(2)),))] = 1
        wanted[("c.example", (str(d4.sensor(3)),))] = 3
        checks.equal("records and their sensors", server.rows(), wanted)
        with open(server.config, encoding="utf-8") as file:
            text = file.read()
        stores = b"".join(path.read_bytes() for path in server.store.rglob("*.log"))
        checks.that("the client's address is nowhere", b"198.51.100.7" not in stores, text)


def hostile_sessions():
    """(name, octets, count of the server) of sessions that are refused for one reason each."""
    who, good = d4.sensor(100), d4.packet(d4.line("bad.example"), d4.sensor(100))
    damaged = bytearray(good)
    damaged[-1] ^= 1
    yield "a wrong key", d4.packet(d4.line("bad.example"), who, key=b"x"), "refused_hmac"
    yield "a damaged packet", bytes(damaged), "refused_hmac"
    yield "a packet beyond the limit", good[:58] + (1_000_001).to_bytes(4, "little"), "refused_size"
    yield "a type that is not taken", d4.packet(b"x", who, 3), "refused_type"
    yield "another version", d4.packet(b"x", who, version=7), "refused_version"
    yield "HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "refused_version"
    yield "a UUID of version 1", good[:8] + b"\x1c" + good[9:], "refused_uuid"
    yield "a UUID of zeros", good[:2] + bytes(16) + good[18:], "refused_uuid"
    yield "junk", b"\1\10" + os.urandom(6) + b"\x40\0\x80" + os.urandom(4_096), "refused_"
    yield "type 254 first", d4.packet(b"x", who, 254), "refused_no_meta_header"
    yield "a meta header that is none", d4.packet(b"[1]", who, 2), "refused_bad_meta_header"
    yield "an extended type that is not taken", d4.packet(b'{"type":"ja3-jl"}', who, 2), \
        "refused_meta_type"
    # Nobody is taken down by these two before their fault: the first packet is in order.
    start = d4.packet(b"\n", d4.sensor(101))
    yield "another type in a session", start + d4.packet(b"x", d4.sensor(101), 1), \
        "refused_type_change"
    yield "another sensor in a session", d4.packet(b"\n", d4.sensor(102)) + good, \
        "refused_uuid_change"


class Honest(threading.Thread):
    """A sensor that sends while others do their worst."""

    def __init__(self, server, who):
        super().__init__(daemon=True)
        self.server, self.who, self.sent, self.stop = server, who, 0, threading.Event()
        self.failure = None

    def run(self):
        try:
            with self.server.connect() as connection:
                while not self.stop.is_set():
                    text = b"".join(d4.line(f"honest{n}.example")
                                    for n in range(self.sent, self.sent + 50))
                    connection.sendall(d4.stream(text, self.who, snaplen=1_000))
                    self.sent += 50
                    self.stop.wait(0.01)
        except OSError as error:
            self.failure = error


def hostile(checks):
    """Every kind of bad session, beside an honest sensor."""
    with folder() as work, Server(work, connections=CROWD // 4) as server:
        sensor = Honest(server, d4.sensor(1))
        sensor.start()
        server.wait("the honest sensor is known", lambda: server.count("sessions") == 1)
        for name, octets, counted in hostile_sessions():
            before = refusals(server, counted)
            with server.connect() as connection:
                connection.sendall(octets)
                closed = is_closed(connection)
            server.wait(f"{name} is counted", lambda: refusals(server, counted) == before + 1)
            checks.that(f"{name}: closed without an octet, counted as {counted}", closed)
        before = server.count("refused_duplicate")
        with server.connect() as connection:
            connection.sendall(d4.stream(d4.line("replayed.example"), d4.sensor(1)))
            checks.that("a recorded session of a living sensor is closed", is_closed(connection))
        server.wait("it is counted", lambda: server.count("refused_duplicate") == before + 1)
        half = d4.packet(d4.line("half.example"), d4.sensor(103))
        with server.connect() as connection:
            connection.sendall(half + half[:-1])
        server.wait("half a packet is counted", lambda: server.count("sessions_cut") == 1)
        crowd(checks, server, sensor)
        sensor.stop.set()
        sensor.join(WAIT_SECONDS_MAX)
        checks.equal("the honest sensor was not disturbed", (sensor.failure, sensor.is_alive()),
                     (None, False))
        server.wait("all is in", lambda: server.offered() >= sensor.sent + 2)
        offered, outcomes = server.account("sensors")
        checks.equal("the account balances", offered, sum(outcomes.values()))
        server.stop()
        names = {name for name, _ in server.rows()}
        checks.equal(f"all {sensor.sent} names of the honest sensor, and none of the others", names,
                     {f"honest{n}.example" for n in range(sensor.sent)} | {"half.example"})


def refusals(server, counted):
    """A count, or the sum of all that start so."""
    if counted != "refused_":
        return server.count(counted)
    return sum(count for key, count in server.metrics().items()
               if dict(key[1:]).get("event", "").startswith(counted))


def crowd(checks, server, sensor):
    """Many connections that never show a packet: they make room, the sensor does not."""
    before, sent = server.count("connections_evicted"), sensor.sent
    crowd = []
    try:
        for number in range(CROWD):
            crowd.append(socket.create_connection(("127.0.0.1", server.d4_port), timeout=30))
            if number % 3 == 0:
                crowd[-1].sendall(b"\x16\x03\x01")
        limit = CROWD - CROWD // 4
        server.wait("connections make room",
                    lambda: server.count("connections_evicted") - before >= limit)
        sessions = server.count("sessions")
        with server.connect() as connection:
            connection.sendall(d4.stream(d4.line("half.example"), d4.sensor(104)))
        server.wait("a sensor comes through the crowd",
                    lambda: server.count("sessions") == sessions + 1)
    finally:
        for connection in crowd:
            connection.close()
    checks.that(f"{CROWD} connections: strangers make room for strangers and for a sensor",
                server.count("connections_refused") == 0, server.count("connections_refused"))
    server.wait("the honest sensor goes on", lambda: sensor.sent > sent + 50 or sensor.failure)


def dead_peer(checks):
    """A sensor whose machine is gone without a word may come back soon."""
    with folder() as work, Server(work, "dead_peer_seconds: 3") as server:
        octets = d4.stream(d4.line("back.example"), d4.sensor(1))
        first = server.connect()
        first.sendall(octets)
        server.wait("the sensor is known", lambda: server.count("sessions") == 1)
        plain = socket.socket(fileno=os.dup(first.fileno()))
        try:
            plain.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        except OSError as error:
            checks.skip("a peer that is gone", f"sockets cannot be dropped silently: {error}")
            plain.close()
            first.close()
            return
        os.close(first.detach())
        plain.close()
        with server.connect() as connection:
            connection.sendall(octets)
            checks.that("while nobody knows that it is gone, it is refused", is_closed(connection))
        start = time.monotonic()

        def is_back():
            with server.connect() as connection:
                connection.sendall(octets)
                with contextlib.suppress(TimeoutError):
                    connection.settimeout(0.2)
                    return not is_closed(connection)
                return True
        server.wait("the sensor is back", is_back)
        took = time.monotonic() - start
        checks.that(f"after {took:.1f} s its place is free", took < 8)


def fleet(checks):
    """Fifty sensors at once, two million lines, none lost; prints the rate."""
    with folder() as work, Server(work, connections=FLEET) as server:
        share = FLEET_LINES // FLEET
        names = [f"n{n % 20_011}.z{n % 977}.example" for n in range(share)]
        text = b"".join(d4.line(name, f"192.0.2.{n % 250}") for n, name in enumerate(names))
        files = []
        for number in range(FLEET):
            files.append(work / f"sensor{number}")
            files[-1].write_bytes(d4.stream(text, d4.sensor(number)))
        start = time.monotonic()
        senders = [subprocess.Popen(
            ["openssl", "s_client", "-quiet", "-no_ign_eof", "-connect",
             f"127.0.0.1:{server.d4_port}"], stdin=open(file, "rb"), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL) for file in files]
        for sender in senders:
            sender.wait(WAIT_SECONDS_MAX)
        server.wait("all lines are committed", lambda: server.offered() >= FLEET_LINES)
        seconds = time.monotonic() - start
        offered, outcomes = server.account("sensors")
        checks.equal("every line is in, none twice, none refused",
                     (offered, outcomes["stored"] + outcomes["merged"]), (FLEET_LINES,) * 2)
        print(f"  d4: {FLEET_LINES / seconds / 1e3:.0f} k lines/s from {FLEET} sensors over TLS")
        server.stop()
        checks.equal("the counts of the store add up", sum(server.counts()), FLEET_LINES)


def clients(checks):
    """The clients of the D4 project themselves."""
    for variable, name, command in (
            ("D4_CLIENT", "the C client", c_client), ("D4_GOCLIENT", "the Go client", go_client)):
        program = os.environ.get(variable)
        if not program:
            checks.skip(name, f"{variable} does not name it")
            continue
        with folder() as work, Server(work) as server:
            lines = b"".join(d4.line(f"c{n}.example") for n in range(2_000))
            settings = work / "conf"
            settings.mkdir()
            for setting, value in (
                    ("uuid", str(d4.sensor(7))), ("snaplen", "4096"), ("key", d4.KEY.decode()),
                    ("version", "1"), ("source", "stdin"), ("type", "8"),
                    ("destination", "stdout" if variable == "D4_CLIENT"
                     else f"127.0.0.1:{server.d4_port}")):
                # The C client takes a line end for a part of the UUID and of the key.
                (settings / setting).write_text(value)
            command(program, settings, lines, server)
            server.wait(f"{name}'s lines are in", lambda: server.offered() >= 2_000)
            server.stop()
            checks.equal(f"{name}: all lines", len(server.rows()), 2_000)


def c_client(program, settings, lines, server):
    with subprocess.Popen([program, "-c", settings], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as client:
        packets = client.communicate(lines, timeout=WAIT_SECONDS_MAX)[0]
    with server.connect() as connection:
        connection.sendall(packets)


def go_client(program, settings, lines, server):
    with subprocess.Popen([program, "-c", settings], stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL) as client:
        client.stdin.write(lines)
        client.stdin.close()
        # It asks its standard input again and again, and never ends by itself.
        server.wait("the Go client's lines are in", lambda: server.offered() >= 2_000)
        client.kill()


def dnscap(checks):
    """The text of the real dnscap over a capture."""
    if not shutil.which("dnscap"):
        checks.skip("dnscap's text", "dnscap is not installed")
        return
    captures = sorted((harness.SHARED / "data/fixtures/pcap").glob("*.pcap"))
    if not captures:
        checks.skip("dnscap's text", "no captures beside the checkout")
        return
    with folder() as work, Server(work) as server:
        text = b""
        for capture in captures:
            text += subprocess.run(["dnscap", "-g", "-r", capture], capture_output=True,
                                   timeout=60).stderr
        with server.connect() as connection:
            connection.sendall(d4.stream(text, d4.sensor(1), 4))
        server.wait("all messages are in", lambda: server.count("sessions") == 1)
        server.stop()
        found = tuples(server.store)
        harness.must("import", "--store", work / "other", "--unmatched", "accept", "--no-filter",
                     *captures)
        wanted = {row for row in tuples(work / "other") if row[1] in PRINTED}
        checks.equal("every record that dnscap prints is one of the capture", found - wanted, set())
        # It knows fewer link types, and puts no TCP streams together.
        checks.that(f"{len(found)} records of dnscap's text, {len(wanted)} of the captures",
                    len(found) > 10, short(wanted - found))


def tuples(store):
    rows = map(json.loads, export(store).splitlines())
    return {(row["rrname"], row["rrtype"], str(row["rdata"])) for row in rows}


def suite(checks):
    for part in (honest, hostile, dead_peer, clients, dnscap, fleet):
        part(checks)


if __name__ == "__main__":
    harness.main(suite)
