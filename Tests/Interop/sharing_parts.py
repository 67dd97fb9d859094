"""The programs of the sharing suite: A mixes, B takes the stream in, C has it pushed to it."""
import contextlib
import hashlib
import hmac
import json
import socket
import ssl
import struct
import subprocess
import time
import urllib.request
import uuid

import sharing_truth
from harness import must
from watched import Program, free_port

PAYLOAD_OCTETS = 30_000
SETTLE_SECONDS_MAX = 180
STREAM = sharing_truth.STREAM


def packets(sensor, octets):
    """D4 packets of type 8, cut anywhere."""
    for start in range(0, len(octets), PAYLOAD_OCTETS):
        payload = octets[start:start + PAYLOAD_OCTETS]
        head = struct.pack("<BB16sQ", 1, 8, uuid.UUID(sensor.uuid).bytes, int(time.time()))
        size = struct.pack("<I", len(payload))
        code = hmac.new(sensor.key.encode(), head + bytes(32) + size + payload, hashlib.sha256)
        yield head + code.digest() + size + payload


def send(port, sensor, octets, authority):
    """Sends lines by TLS, and waits until the other side has taken them off its socket."""
    context = ssl.create_default_context(cafile=authority)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as plain, context.wrap_socket(
            plain, server_hostname="localhost") as link:
        for packet in packets(sensor, octets):
            link.sendall(packet)
        with contextlib.suppress(OSError):
            link.unwrap()


class Sender(Program):
    """A: sensors' packets in, a mixed stream out."""

    def __init__(self, work, certificate, sensors):
        self.d4_port = free_port()
        self.certificate, self.sent = certificate, 0
        excluded = ", ".join(sensor.name for sensor in sensors if sensor.is_excluded)
        self.store = work / "a.store"
        settings = f"""\
store: {self.store}
filter:
  standard: false
share:
  streams:
    - name: {STREAM}
      sensors_min: {sum(sensor.is_mixed for sensor in sensors)}
      k: {sharing_truth.K}
      n: {sharing_truth.N}
      window: 2s
      coarsen: 1h
      tlp_max: green
      exclude_sensors: [{excluded}]
"""
        self.sources = f"""\
sources:
  - name: sensors
    format: d4
    listen: tls:127.0.0.1:{self.d4_port}
    tls:
      certificate: {certificate[0]}
      key: {certificate[1]}
"""
        super().__init__(work, settings, self.sources, name="a")

    def begin(self):
        self.sent = 0
        return self.start()

    def feed(self, sensor, octets):
        """Sends lines and returns once they are stored."""
        send(self.d4_port, sensor, octets, self.certificate[0])
        self.sent += octets.count(b"\n")
        if not self.wait("all lines are stored",
                         lambda: self.page().offered("sensors") >= self.sent, SETTLE_SECONDS_MAX):
            raise SystemExit(f"{self.page().offered('sensors')} of {self.sent} lines are stored\n"
                             + self.log.read_text()[-2000:])

    def crash(self):
        self.kill()
        self.begin()

    def read(self, token, after="oldest"):
        """All that is shared from a position on: lines of rows, and the last line."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/share/{STREAM}?after={after}",
            headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=120) as reply:
            origins = reply.headers["Tidemark-Origins"]
            lines = reply.read().decode().splitlines()
        rows = [line for line in lines if '"rrname"' in line]
        return rows, json.loads(lines[-1]), origins


class Receiver(Program):
    """B: takes the stream in twice, into a dataset each."""

    def __init__(self, work, links, tokens):
        self.store = work / "b.store"
        sources = "sources:\n"
        for kind, scheme, path in (("http", "http", ""), ("ws", "ws", "/ws")):
            sources += f"""\
  - name: {kind}
    format: cof
    fetch: {scheme}://127.0.0.1:{links[kind].port}/api/v1/share/{STREAM}{path}
    token_file: {tokens[kind]}
    dataset: {kind}
"""
        super().__init__(work, f"store: {self.store}\n", sources, name="b")


class Pushed(Program):
    """C: A pushes the stream to it by D4, as COF and as lines of passivedns, a dataset each."""

    TYPES = {"cof": 254, "lines": 8}

    def __init__(self, work, files):
        self.d4_port = free_port()
        self.store, self.files = work / "c.store", files
        super().__init__(work, f"store: {self.store}\n", f"""\
sources:
  - name: sensors
    format: d4
    listen: tls:127.0.0.1:{self.d4_port}
    tls: {{certificate: {files[0]}, key: {files[1]}}}
""", name="c")

    def invite(self, work, a):
        """Makes A a sensor of ours, and us partners of A, once for each type."""
        for number, (name, kind) in enumerate(Pushed.TYPES.items()):
            key, ident = work / f"push-{name}.key", str(uuid.uuid4())
            key.write_text(uuid.uuid4().hex)
            must("sensor", "add", "--store", self.store, ident, "--name", f"from-a-{name}",
                 "--dataset", name, "--key-file", key)
            knows_sensors(self, number + 1)
            add_partner(a.store, work, f"c-{name}", "--push", f"d4://localhost:{self.d4_port}",
                        "--push-key", key, "--push-uuid", ident, "--push-type", kind, "--push-ca",
                        self.files[0])


def knows_sensors(program, count):
    """Waits until a collector knows of what another process told the control database."""
    if not program.wait(f"{count} sensors are known", lambda: program.page().number(
            "tidemark_sensors", state="approved") == count):
        raise SystemExit(f"{program.name} does not know of {count} approved sensors")


def add_sensors(a, world, work):
    """Half of the sensors are added, half are pending and get approved."""
    store = a.store
    for number, sensor in enumerate(world.sensors):
        key = work / "sensor.key"
        key.write_text(sensor.key)
        pending = ["--pending"] if number % 2 else []
        must("sensor", "add", "--store", store, sensor.uuid, "--name", sensor.name, "--tlp",
             sensor.tlp, "--key-file", key, *pending)
        key.unlink()
    must("sensor", "approve", "--store", store,
         *(sensor.uuid for sensor in world.sensors[1::2]))
    knows_sensors(a, len(world.sensors))


def add_partner(store, work, name, *options):
    """Returns a file with the partner's token."""
    made = must("partner", "add", "--store", store, name, "--stream", STREAM, "--tlp", "green",
                "--exclude", sharing_truth.EXCLUDED_ZONE, *options)
    path = work / f"{name}.token"
    path.write_text(made.stdout.split()[0] + "\n")
    path.chmod(0o600)
    return path


def certificate(work):
    files = work / "tls.pem", work / "tls.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days",
         "30", "-keyout", files[1], "-out", files[0]], check=True, capture_output=True)
    return files
