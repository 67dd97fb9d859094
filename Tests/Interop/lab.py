"""A small Internet on loopback for the producer suites: a root zone, a top-level zone and a zone
below it, each on an address of its own, and resolvers that start at that root.

Everything runs in a network namespace of its own, so that port 53 is free and nothing leaves the
machine; `isolate()` enters it. Needs root, or user namespaces.
"""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

import dns.message
import dns.query
import dns.rdatatype
import dns.zone

ROOT_SERVER, TOP_SERVER, ZONE_SERVER = "127.0.1.1", "127.0.1.2", "127.0.1.3"
TOP, ZONE = "example.", "lab.example."
START_SECONDS_MAX = 30
GUIDE = pathlib.Path(__file__).resolve().parents[2] / "docs/guides/collect.md"

ROOT_ZONE = f"""\
. 86400 IN SOA a.root-lab.example. root.example. 1 1800 900 604800 86400
. 86400 IN NS a.root-lab.example.
a.root-lab.example. 86400 IN A {ROOT_SERVER}
{TOP} 86400 IN NS ns.nic.{TOP}
ns.nic.{TOP} 86400 IN A {TOP_SERVER}
"""
TOP_ZONE = f"""\
{TOP} 3600 IN SOA ns.nic.{TOP} hostmaster.{TOP} 1 1800 900 604800 300
{TOP} 3600 IN NS ns.nic.{TOP}
ns.nic.{TOP} 3600 IN A {TOP_SERVER}
a.root-lab.{TOP} 3600 IN A {ROOT_SERVER}
{ZONE} 3600 IN NS ns1.{ZONE}
ns1.{ZONE} 3600 IN A {ZONE_SERVER}
"""


def lab_zone(hosts):
    """The zone that is resolved: every common type, and as many hosts as asked for."""
    lines = [
        f"{ZONE} 300 IN SOA ns1.{ZONE} hostmaster.{ZONE} 2024010101 1800 900 604800 300",
        f"{ZONE} 300 IN NS ns1.{ZONE}", f"ns1.{ZONE} 300 IN A {ZONE_SERVER}",
        f"{ZONE} 300 IN MX 10 mail.{ZONE}", f'{ZONE} 300 IN TXT "v=spf1 -all" "Two Strings"',
        f"mail.{ZONE} 300 IN A 192.0.2.25", f"mail.{ZONE} 300 IN AAAA 2001:db8::25",
        f"www.{ZONE} 300 IN CNAME web.{ZONE}", f"web.{ZONE} 300 IN A 192.0.2.80",
        f"_sip._tcp.{ZONE} 300 IN SRV 5 10 5060 mail.{ZONE}",
        f'{ZONE} 300 IN CAA 0 issue "ca.example"',
        f"svc.{ZONE} 300 IN HTTPS 1 . alpn=h2 port=8443",
    ]
    lines += [f"h{n}.{ZONE} 300 IN A 198.51.{n // 250}.{n % 250 + 1}" for n in range(hosts)]
    return "\n".join(lines) + "\n"


def zone_rows(text):
    """(rrname, rrtype, rdata) of a zone, names without final dot, as the program prints them."""
    zone = dns.zone.from_text(text, origin=ZONE, relativize=False, check_origin=False)
    rows = set()
    for name, _, rdata in zone.iterate_rdatas():
        kind = dns.rdatatype.to_text(rdata.rdtype)
        text = rdata.to_text()
        if kind == "HTTPS":
            text = re.sub(r'port="(\d+)"', r"port=\1", text)
        elif kind not in ("TXT", "CAA", "A", "AAAA"):
            text = re.sub(r"\.( |$)", r"\1", text)
        rows.add((str(name).rstrip(".").lower(), kind, text))
    return rows


def isolate():
    """Runs this program again in a network namespace of its own, with loopback up."""
    if os.environ.get("TIDEMARK_LAB") != "yes":
        command = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-r", "-n"]
        environment = {**os.environ, "TIDEMARK_LAB": "yes"}
        os.execvpe("unshare", command + [sys.executable, "-B", *sys.argv], environment)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # Programs that look which addresses there are, like BIND, have to find those of the suites.
    for last in range(1, 10):
        subprocess.run(["ip", "address", "add", f"127.0.2.{last}/32", "dev", "lo"], check=True)


def snippet(name, **changes):
    """A fenced block of the guide that has `<!-- snippet: name -->` before it, with some texts
    replaced: the guide's paths by the test's. A text that is not there ends the suite."""
    text = GUIDE.read_text(encoding="utf-8")
    found = re.search(rf"<!-- snippet: {re.escape(name)} -->\n+```\w*\n(.*?)^```$", text,
                      re.DOTALL | re.MULTILINE)
    if not found:
        raise SystemExit(f"{GUIDE} has no snippet {name}")
    body = found[1]
    for old, new in changes.get("replace", {}).items():
        if old not in body:
            raise SystemExit(f"snippet {name} has no {old!r}")
        body = body.replace(old, str(new))
    return body


class Daemon:
    """A server program in the foreground, its output in a file."""

    def __init__(self, name, command, work):
        self.name, self.command = name, [str(part) for part in command]
        self.log = work / f"{name}.log"
        self.process = None

    def start(self, address=None):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        if address:
            self.wait_for(address)
        return self

    def wait_for(self, address):
        """Waits until a DNS server answers at an address."""
        query = dns.message.make_query(".", "SOA")
        limit = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < limit:
            if self.process.poll() is not None:
                raise SystemExit(f"{self.name} ended:\n{self.log.read_text()[-3000:]}")
            with contextlib.suppress(Exception):
                dns.query.udp(query, address, timeout=0.3)
                return
        raise SystemExit(f"{self.name} does not answer at {address}:\n"
                         f"{self.log.read_text()[-3000:]}")

    def stop(self, seconds=20):
        """Ends the program; returns the seconds that took."""
        begin = time.monotonic()
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        return time.monotonic() - begin


def authorities(work, hosts):
    """Writes the zones and starts one NSD for each server address; returns the daemons and the
    zone's text."""
    zone = lab_zone(hosts)
    daemons = []
    for name, address, origin, text in (("root", ROOT_SERVER, ".", ROOT_ZONE),
                                        ("top", TOP_SERVER, TOP, TOP_ZONE),
                                        ("zone", ZONE_SERVER, ZONE, zone)):
        place = work / f"nsd-{name}"
        place.mkdir()
        (place / "zone").write_text(text)
        (place / "nsd.conf").write_text(f"""\
server:
  ip-address: {address}
  username: ""
  zonesdir: "{place}"
  database: ""
  pidfile: "{place}/nsd.pid"
  xfrdfile: "{place}/xfrd.state"
  zonelistfile: "{place}/zone.list"
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: "{origin}"
  zonefile: "zone"
""")
        daemons.append(Daemon(f"nsd-{name}", ["nsd", "-d", "-c", place / "nsd.conf"], work)
                       .start(address))
    (work / "root.hints").write_text(
        f". 3600000 NS a.root-lab.example.\na.root-lab.example. 3600000 A {ROOT_SERVER}\n")
    return daemons, zone


def ask(address, questions, window=64, timeout=5.0):
    """Sends A questions and such, many at a time, and asks again what was not answered. Returns
    the number of answers."""
    waiting = {}
    todo = list(enumerate(questions))
    answered = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((address, 53))
        sock.settimeout(0.2)
        limit = time.monotonic() + timeout + len(todo) / 200
        while (todo or waiting) and time.monotonic() < limit:
            while todo and len(waiting) < window:
                number, (name, kind) = todo.pop(0)
                waiting[number & 0xFFFF] = (number, (name, kind), time.monotonic())
                query = dns.message.make_query(name, kind)
                query.id = number & 0xFFFF
                with contextlib.suppress(OSError):
                    sock.send(query.to_wire())
            with contextlib.suppress(OSError):
                reply = sock.recv(65535)
                if waiting.pop(struct.unpack(">H", reply[:2])[0], None):
                    answered += 1
                continue
            for key, (number, question, sent) in list(waiting.items()):
                if time.monotonic() - sent > 1.0:
                    del waiting[key]
                    todo.append((number, question))
    return answered


def needs(*programs):
    """The first of some programs that is not installed, or None."""
    return next((program for program in programs if not shutil.which(program, path=os.environ.get(
        "PATH", "") + ":/usr/sbin:/sbin")), None)
