#!/usr/bin/env python3
"""A D4 server as the protocol's description has it, written without looking at tidemark's: it
checks every packet and keeps what it believes, a file for each session.

    d4_receiver.py PORT CERTIFICATE KEY SECRET-FILE FOLDER [PAUSE-SECONDS]

FOLDER/<number>.jsonl gets a line for every packet that is in order, with its payload; a packet that
is not ends the session and is told there too.
"""
import base64
import hashlib
import hmac
import itertools
import json
import os
import pathlib
import socketserver
import ssl
import struct
import sys
import threading
import time
import uuid

HEADER = struct.Struct("<BB16sQ32sI")
PAYLOAD_MAX = 1_000_000
TYPES = (1, 2, 3, 4, 6, 8, 254)


def main(port, certificate, key, secret, folder, pause):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    numbers = itertools.count(len(list(folder.glob("*.jsonl"))))
    lock = threading.Lock()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            try:
                connection = context.wrap_socket(self.request, server_side=True)
            except OSError:
                return
            with lock:
                number = next(numbers)
            descriptor = os.open(folder / f"{number:06d}.jsonl",
                                 os.O_WRONLY | os.O_CREAT | os.O_APPEND)

            def keep(entry):
                os.write(descriptor, (json.dumps(entry) + "\n").encode())
            try:
                Session(connection, secret, keep, pause).run()
            except OSError as error:
                keep({"end": type(error).__name__})
            finally:
                os.close(descriptor)
                connection.close()

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True
        request_queue_size = 32

    with Server(("127.0.0.1", port), Handler) as server:
        server.serve_forever(0.05)


class Session:
    def __init__(self, connection, secret, keep, pause):
        self.connection, self.secret, self.keep, self.pause = connection, secret, keep, pause
        self.kind = self.sensor = None

    def run(self):
        while (header := self.exactly(HEADER.size)) is not None:
            version, kind, sensor, seconds, mac, size = HEADER.unpack(header)
            fault = self.fault(version, kind, sensor, size)
            if fault:
                return self.keep({"fault": fault})
            payload = self.exactly(size)
            if payload is None:
                return self.keep({"end": "inside a packet"})
            signed = header[:26] + bytes(32) + header[58:] + payload
            if not hmac.compare_digest(hmac.new(self.secret, signed, hashlib.sha256).digest(), mac):
                return self.keep({"fault": "hmac"})
            self.kind, self.sensor = kind, sensor
            self.keep({"type": kind, "uuid": str(uuid.UUID(bytes=sensor)), "time": seconds,
                       "payload": base64.b64encode(payload).decode()})
            if self.pause:
                time.sleep(self.pause)
        return self.keep({"end": "closed"})

    def fault(self, version, kind, sensor, size):
        if version != 1:
            return "version"
        if uuid.UUID(bytes=sensor).version != 4:
            return "uuid"
        if kind not in TYPES:
            return "type"
        if size > PAYLOAD_MAX:
            return "size"
        if self.sensor not in (None, sensor):
            return "uuid changed"
        if self.kind not in (None, kind) and (self.kind, kind) != (2, 254):
            return "type changed"
        if self.kind is None and kind == 254:
            return "no meta header"
        return None

    def exactly(self, count):
        octets = bytearray()
        while len(octets) < count:
            piece = self.connection.recv(min(count - len(octets), 65_536))
            if not piece:
                return None
            octets += piece
        return bytes(octets)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3],
         pathlib.Path(sys.argv[4]).read_bytes().rstrip(b"\r\n"), pathlib.Path(sys.argv[5]),
         float(sys.argv[6]) if len(sys.argv) > 6 else 0)
