#!/usr/bin/env python3
"""A link that can be killed: a TCP relay in a process of its own, which keeps what passes.

    sharing_link.py PORT TARGET_PORT FILE

Everything that comes from the target is appended to FILE before it is passed on.
"""
import contextlib
import socket
import subprocess
import sys
import threading
import time


def pump(source, sink, copy=None):
    with contextlib.suppress(OSError):
        while block := source.recv(65_536):
            if copy:
                copy.write(block)
            sink.sendall(block)
    # One side at its end is the end of both: nothing of ours closes halves.
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def serve(port, target, path):
    with open(path, "ab", buffering=0) as copy, socket.create_server(
            ("127.0.0.1", port)) as listener:
        while True:
            client, _ = listener.accept()
            try:
                server = socket.create_connection(("127.0.0.1", target))
            except OSError:
                client.close()
                continue
            for ends in ((client, server), (server, client, copy)):
                threading.Thread(target=pump, args=ends, daemon=True).start()


class Link:
    """The process; `kill` ends all connections in the middle of everything."""

    def __init__(self, work, name, target):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.target, self.copy = target, work / f"{name}.octets"
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-B", __file__, str(self.port), str(self.target), str(self.copy)],
            stdin=subprocess.DEVNULL)
        limit = time.monotonic() + 10
        while time.monotonic() < limit:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            time.sleep(0.02)
        raise SystemExit("the link does not listen")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def size(self):
        """Octets that passed so far."""
        return self.copy.stat().st_size

    def seen(self, start=0):
        with open(self.copy, "rb") as copy:
            copy.seek(start)
            return copy.read()


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
