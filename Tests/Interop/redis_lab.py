"""A real redis-server for a suite, and a client of a few lines, independent of tidemark's."""
import contextlib
import shutil
import socket
import subprocess
import time

import harness
from watched import free_port


class RedisServer:
    """redis-server on a free loopback port, nothing on disk."""

    def __init__(self, work):
        self.port = free_port()
        self.log = open(work / "redis.log", "wb")
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no"], stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        limit = time.monotonic() + harness.START_SECONDS_MAX
        while time.monotonic() < limit:
            with contextlib.suppress(OSError):
                Redis(self.port).call("PING")
                return self
            time.sleep(0.05)
        raise SystemExit("redis-server does not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def url(self, database):
        return f"redis://127.0.0.1:{self.port}/{database}"


class Redis:
    """Commands to one database."""

    def __init__(self, port, database=0):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.file = self.socket.makefile("rb")
        if database:
            self.call("SELECT", database)

    def call(self, *words):
        return self.pipeline([words])[0]

    def pipeline(self, commands):
        octets = bytearray()
        for words in commands:
            parts = [w if isinstance(w, bytes) else str(w).encode() for w in words]
            octets += b"*%d\r\n" % len(parts)
            for part in parts:
                octets += b"$%d\r\n%s\r\n" % (len(part), part)
        self.socket.sendall(octets)
        return [self.reply() for _ in commands]

    def many(self, commands, at_once=2_000):
        for start in range(0, len(commands), at_once):
            yield from self.pipeline(commands[start:start + at_once])

    def reply(self):
        line = self.file.readline()
        if not line:
            raise OSError("the server closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if kind == b"-":
            raise ValueError(rest.decode())
        count = int(rest)
        if count < 0:
            return None
        if kind == b"$":
            return self.file.read(count + 2)[:-2]
        return [self.reply() for _ in range(count)]


def is_installed(checks):
    return checks.that("redis-server is installed", shutil.which("redis-server") is not None)
