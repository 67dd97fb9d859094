"""Rows of bench.py's table in which D4 sensors send, and what else takes their lines."""
import concurrent.futures
import contextlib
import itertools
import json
import re
import shutil
import socket
import subprocess
import sys
import time

from tools import (ROOT, Row, TIDEMARK, command, free_port, median, note, running, served,
                   wait_until, wrk)

sys.path.insert(0, str(ROOT / "Tests/Interop"))
import d4_packets as d4  # noqa: E402

SENSORS = 50
LINES = 2_000_000
# A server that makes ten round trips for a line takes its time.
REDIS_LINES = 20_000
REDIS_PDNS = ROOT / "Benchmarks/baselines/redis-pdns.py"


def accepts(port):
    """Whether somebody listens on a port of loopback."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def send(file, port, context):
    """Sends a file as a sensor does, and waits until the server has read all of it."""
    octets = file.read_bytes()
    with socket.create_connection(("127.0.0.1", port)) as plain, \
            context.wrap_socket(plain, server_hostname="localhost") as link:
        for at in range(0, len(octets), 1 << 16):
            link.sendall(octets[at:at + (1 << 16)])
        # The server answers the end with its own, behind what it has taken.
        with contextlib.suppress(OSError):
            link.unwrap()


@contextlib.contextmanager
def redis(work):
    """An empty redis-server that writes nothing down; yields its port."""
    port = free_port()
    with subprocess.Popen(
            ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", work], stdout=subprocess.DEVNULL) as server:
        try:
            wait_until("redis-server listens", lambda: accepts(port))
            yield port
        finally:
            server.terminate()


class Fleet:
    """Part of Bench: sensors of a D4 network."""

    # Lines a second of the row d4, if it was measured in this run.
    sensors_rate = None

    def d4(self):
        """Fifty sensors over TLS into a synced store; senders and encryption are in the time."""
        prefix = self.data("m1")
        if not prefix:
            return
        files = self.sensor_files(prefix)
        certificate, key = d4.certificate(self.work)
        secret = self.work / "d4.secret"
        secret.write_bytes(d4.KEY)
        rates = []
        for _ in self.rounds:
            store, config = self.work / "d4.store", self.work / "d4.yaml"
            shutil.rmtree(store, ignore_errors=True)
            for file in self.work.glob("d4.store.control*"):
                file.unlink()
            listen = free_port()
            config.write_text(
                f"store: {store}\nfilter:\n  standard: false\nsources:\n  - name: tap\n"
                f"    format: d4\n    listen: tls:127.0.0.1:{listen}\n"
                f"    tls: {{certificate: {certificate}, key: {key}}}\n"
                f"    d4: {{mode: shared-secret, key_file: {secret}}}\n")
            with subprocess.Popen([TIDEMARK, "collect", "--config", config],
                                  stderr=subprocess.PIPE, text=True) as collector:
                wait_until("the collector listens", lambda: accepts(listen))
                context = d4.tls_context(certificate)
                start = time.perf_counter()
                with concurrent.futures.ThreadPoolExecutor(SENSORS) as pool:
                    for _ in pool.map(lambda file: send(file, listen, context), files):
                        pass
                # Told to stop, it writes what it holds, synced.
                collector.terminate()
                report = collector.communicate(timeout=60)[1]
                seconds = time.perf_counter() - start
            offered = max(map(int, re.findall(r" offered=(\d+)", report)), default=0)
            if offered != LINES:
                raise SystemExit(f"bench: {offered} of {LINES} lines are in the store")
            rates.append(LINES / seconds)
            note(f"d4: {rates[-1]:.0f} lines/s")
        rate = self.sensors_rate = median(rates)
        self.rows.append(Row(f"D4 type 8, {SENSORS} sensors at once over TLS into the synced "
                             "store, senders included", f"{rate / 1e3:.0f} k lines/s, none lost",
                             "400 k lines/s", rate >= 4e5))

    def redis(self):
        """The same lines and look-ups with the keys that the D4 analyzer has in Redis."""
        prefix = self.data("m1")
        if not prefix:
            return
        log, store = self.work / "redis.log", self.work / "redis.store"
        with open(f"{prefix}.pdns.log", "rb") as file:
            lines = [line for line in itertools.islice(file, 2 * REDIS_LINES) if b"||" in line]
        log.write_bytes(b"".join(lines[:REDIS_LINES]))
        shutil.rmtree(store, ignore_errors=True)
        command(TIDEMARK, "import", "--store", store, "--no-filter", log)
        script = self.work / "redis.lua"
        names = [name for name, rows in self.names(store).items() if rows <= 10]
        script.write_text(
            "local paths = {" + ",\n".join(json.dumps(f"/query/{name}") for name in names) +
            "}\nlocal i = 0\n"
            "request = function() i = i % #paths + 1 return wrk.format('GET', paths[i]) end\n")
        with redis(self.work) as port:
            text = command(REDIS_PDNS, "ingest", port, log, REDIS_LINES)[2]
            slow = float(text.split()[1])
            listen = free_port()
            with running(REDIS_PDNS, "serve", port, listen):
                wait_until("the server of Redis listens", lambda: accepts(listen))
                theirs = median([wrk(f"127.0.0.1:{listen}", script) for _ in self.rounds])
        with served(TIDEMARK, "serve", "--store", store) as address:
            ours = median([wrk(address, script) for _ in self.rounds])
        ratio = self.sensors_rate / slow if self.sensors_rate else None
        self.rows.append(Row(
            f"D4 sensors against the D4 analyzer's way into Redis ({slow:.0f} lines/s, nothing "
            "synced)", f"{ratio:.0f}×" if ratio else "row d4 not measured", "100×",
            ratio is not None and ratio >= 100))
        self.rows.append(Row(
            f"HTTP `/query/NAME` against a server on these keys in Redis ({theirs:.0f}/s), "
            f"{REDIS_LINES} lines stored, 32 connections",
            f"{ours / 1e3:.1f} k/s; {ours / theirs:.0f}×", "2×", ours / theirs >= 2))

    def sensor_files(self, prefix):
        """What each sensor sends: its share of a log, in packets of 4,096 octets."""
        lines = [line for line in open(f"{prefix}.pdns.log", "rb") if b"||" in line]
        share = LINES // SENSORS
        files = []
        for number in range(SENSORS):
            start = number * share % len(lines)
            text = b"".join((lines[start:] + lines)[:share])
            files.append(self.work / f"sensor{number}.d4")
            files[-1].write_bytes(d4.stream(text, d4.sensor(number)))
        return files
