"""A server in front of a Tidemark that behaves as networks and proxies do: slow, busy, gone, or
losing answers after the request was carried out. With a certificate it speaks HTTPS.
"""
import collections
import http.client
import http.server
import json
import random
import socket
import ssl
import subprocess
import threading
import time

from watched import free_port

# What may become of a request, and how often in bad times.
BAD_TIMES = {"pass": 5, "slow": 2, "lose": 3, "busy": 1, "page": 1, "cut": 1}


class Gate:
    """Passes requests on to the server whose port is `target`."""

    def __init__(self, seed, context=None):
        self.port = free_port()
        self.target = None
        self.token = None
        self.behaviour = {"pass": 1}
        self.dice = random.Random(seed)
        self.context = context
        self.lock = threading.Lock()
        # (batch id, what became of it), in order.
        self.requests = []
        self.tokens = collections.Counter()
        # Rows by batch id, as the server said it; and how often it had one already.
        self.taken = {}
        self.known = 0
        self.server = None

    def open(self):
        gate = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                gate.handle(self)

            def log_message(self, *_):
                pass

        self.server = QuietServer(("127.0.0.1", self.port), Handler)
        if self.context:
            # The handshake belongs to the thread of the connection: a client that refuses our
            # certificate must not keep others waiting.
            self.server.socket = self.context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def close(self):
        """Connections are refused from here on, and those that are open are cut."""
        server, self.server = self.server, None
        if server:
            server.shutdown()
            server.server_close()
            server.cut_all()

    def handle(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        with self.lock:
            kinds = list(self.behaviour)
            kind = self.dice.choices(kinds, [self.behaviour[kind] for kind in kinds])[0]
            self.tokens[request.headers.get("Authorization", "")] += 1
            if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
                kind = "token"
            self.requests.append((request.headers.get("X-Batch-ID"), kind))
        if kind == "slow":
            time.sleep(self.dice.uniform(0.2, 1.2))
        if kind == "busy":
            return reply(request, 503, b'{"error":"busy"}\n')
        if kind == "token":
            return reply(request, 401, b'{"error":"who are you?"}\n')
        if kind == "page":
            return reply(request, 200, b"<html>Welcome to the airport</html>\n")
        if kind == "cut":
            return hang_up(request)
        try:
            status, answer = self.forward(request, body)
        except OSError:
            return reply(request, 502, b'{"error":"no server"}\n')
        if kind == "lose":
            return hang_up(request)
        return reply(request, status, answer)

    def forward(self, request, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.target, timeout=60)
        try:
            names = ("Content-Type", "Content-Encoding", "X-Batch-ID")
            headers = {name: request.headers[name] for name in names if name in request.headers}
            connection.request("POST", request.path, body, headers)
            answer = connection.getresponse()
            status, text = answer.status, answer.read()
            if status == 200:
                self.note(request.headers.get("X-Batch-ID"), json.loads(text))
            return status, text
        except http.client.HTTPException as error:
            raise OSError from error
        finally:
            connection.close()

    def note(self, batch, account):
        with self.lock:
            self.taken[batch] = account["observations"]
            self.known += account["duplicate"]

    def sent(self):
        """{batch id: [what became of each try]}"""
        found = collections.defaultdict(list)
        for batch, kind in list(self.requests):
            found[batch].append(kind)
        return found


class QuietServer(http.server.ThreadingHTTPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 32

    def __init__(self, *arguments):
        self.connections = set()
        super().__init__(*arguments)

    def get_request(self):
        connection, address = super().get_request()
        self.connections.add(connection)
        return connection, address

    def shutdown_request(self, request):
        self.connections.discard(request)
        super().shutdown_request(request)

    def cut_all(self):
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def handle_error(self, *_):
        """Peers that were killed are ordinary."""


def reply(request, status, body):
    try:
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
    except OSError:
        request.close_connection = True


def hang_up(request):
    request.close_connection = True
    try:
        request.connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def make_authority(folder, name):
    """A certificate authority of two days."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
         "basicConstraints=critical,CA:TRUE", "-keyout", folder / f"{name}.key", "-out",
         folder / f"{name}.pem"], check=True, capture_output=True)
    return folder / f"{name}.pem"


def server_context(folder, authority):
    """TLS for a server on this machine, with a certificate of an authority."""
    key, wish, certificate = (folder / f"server.{end}" for end in ("key", "csr", "pem"))
    (folder / "server.ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    subprocess.run(
        ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-subj", "/CN=localhost", "-keyout", key, "-out", wish], check=True, capture_output=True)
    subprocess.run(
        ["openssl", "x509", "-req", "-days", "2", "-in", wish, "-CA", authority, "-CAkey",
         authority.with_suffix(".key"), "-CAcreateserial", "-extfile", folder / "server.ext",
         "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
