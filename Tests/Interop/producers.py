#!/usr/bin/env python3
"""Real producers on loopback: what they send ends in the store as the zone has it.

Each producer is configured by the guide's own snippet, resolves (or serves) a test zone, and is
restarted twice under load; the stream goes on and the numbers add up.
"""
import json
import re
import socket
import subprocess
import sys
import time
import urllib.request

import harness
import lab
from harness import PROGRAM, export, folder

HOSTS = 400
SOCKET = "/run/tidemark/dnstap.sock"
SETTLE_SECONDS_MAX = 30
# Types that every producer's default carries; the rest of the zone is asked for too.
QUESTIONS = [("@", "SOA"), ("@", "NS"), ("@", "MX"), ("@", "TXT"), ("@", "CAA"), ("mail", "A"),
             ("mail", "AAAA"), ("www", "A"), ("_sip._tcp", "SRV"), ("svc", "HTTPS")]


def questions(start, count):
    names = [(f"h{n}.{lab.ZONE}", "A") for n in range(start, start + count)]
    return names + [(lab.ZONE if name == "@" else f"{name}.{lab.ZONE}", kind)
                    for name, kind in QUESTIONS]


class Collector:
    """`tidemark collect` with a configuration, and its metrics."""

    def __init__(self, work, sources, command="collect"):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.store, self.work = work / "store", work
        self.config = work / "collect.yaml"
        self.config.write_text(
            f"store: {self.store}\nflush_seconds: 1\nroot_hints: {work}/root.hints\n"
            f"http:\n  listen: 127.0.0.1:{self.port}\n{sources}")
        self.daemon = lab.Daemon("collect", [PROGRAM, command, "--config", self.config], work)

    def __enter__(self):
        self.daemon.start()
        limit = time.monotonic() + harness.START_SECONDS_MAX
        while time.monotonic() < limit:
            if self.daemon.process.poll() is not None:
                break
            try:
                self.metrics()
                return self
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"collect does not start:\n{self.daemon.log.read_text()[-3000:]}")

    def __exit__(self, *_):
        self.daemon.stop()

    def metrics(self):
        """{(name, labels...): value}"""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as reply:
            text = reply.read().decode()
        found = {}
        for line in text.splitlines():
            match = re.fullmatch(r"(\w+)(?:\{(.*)\})? ([0-9.e+]+)", line)
            if match and not line.startswith("#"):
                labels = dict(re.findall(r'(\w+)="([^"]*)"', match[2] or ""))
                found[(match[1], *sorted(labels.items()))] = float(match[3])
        return found

    def account(self, source):
        """The account of a source out of the metrics."""
        metrics = self.metrics()
        label = ("source", source)
        outcomes = {name: metrics.get(("tidemark_records_total", ("outcome", name), label), 0)
                    for name in ("stored", "merged", "filtered", "malformed", "dropped")}
        return metrics.get(("tidemark_records_offered_total", label), 0), outcomes

    def event(self, source, name):
        """How often something happened to a source."""
        return self.metrics().get(
            ("tidemark_source_events_total", ("event", name), ("source", source)), 0)

    def settle(self, source, wanted):
        """Waits until a source offered as many records as wanted, and no more come."""
        limit, last, equal = time.monotonic() + SETTLE_SECONDS_MAX, -1, 0
        while time.monotonic() < limit:
            offered, _ = self.account(source)
            equal = equal + 1 if offered == last else 0
            # Producers send after a second of their own, on a busy machine later.
            if offered >= wanted and equal == 2:
                return offered
            last = offered
            time.sleep(1.2)
        return last

    def stop(self):
        self.daemon.stop()
        return self.daemon.process.returncode


def stored_rows(store, vantage=None):
    """{(rrname, rrtype, rdata): row} of one vantage."""
    found = {}
    for line in export(store).splitlines():
        row = json.loads(line)
        if vantage is None or row.get("vantage") == vantage:
            found[(row["rrname"], row["rrtype"], row["rdata"])] = row
    return found


def check_account(checks, what, collector, source):
    offered, outcomes = collector.account(source)
    checks.that(f"{what}: offered {offered:.0f} = stored + merged + filtered + malformed + dropped",
                offered == sum(outcomes.values()) and offered > 0, (offered, outcomes))
    reasons = {dict(key[1:])["reason"]: count for key, count in collector.metrics().items()
               if key[0] == "tidemark_records_refused_total" and ("source", source) in key
               and ("outcome", "malformed") in key}
    checks.equal(f"{what}: nothing malformed", reasons, {})


def resolver_wants(zone):
    """What a resolver's traffic carries: everything that was asked for."""
    return lab.zone_rows(zone) - {row for row in lab.zone_rows(zone) if row[0].startswith("ns1.")}


def hosts_only(zone):
    return {row for row in lab.zone_rows(zone) if row[1] == "A" and row[0].startswith("h")}


class Producer:
    """How one program is set up, and what its stream must hold."""

    def __init__(self, name, programs, source, address, vantage, make, wants=resolver_wants,
                 stops_quickly=False):
        self.name, self.programs, self.source = name, programs, source
        self.address, self.vantage, self.make = address, vantage, make
        self.wants, self.stops_quickly = wants, stops_quickly


def daemon(name, command):
    return lambda work: lab.Daemon(name, command(work), work)


def write(work, name, text):
    path = work / name
    path.write_text(text)
    return path


def tap(work):
    return {SOCKET: work / "tap.sock"}


def unbound(work):
    return ["unbound", "-d", "-c", write(work, "unbound.conf", f"""\
server:
    interface: 127.0.2.1
    do-not-query-localhost: no
    root-hints: "{work}/root.hints"
    module-config: "iterator"
    qname-minimisation: yes
    username: ""
    chroot: ""
    directory: "{work}"
    pidfile: "{work}/unbound.pid"
    use-syslog: no
    access-control: 127.0.0.0/8 allow
remote-control:
    control-enable: no
""" + lab.snippet("unbound", replace=tap(work)))]


def bind(work):
    options = f"""directory "{work}"; listen-on {{ 127.0.2.2; }}; listen-on-v6 {{ none; }};
    recursion yes; dnssec-validation no; pid-file "{work}/named.pid";
    session-keyfile "{work}/session.key"; empty-zones-enable no;"""
    text = lab.snippet("bind", replace={**tap(work), "// your other options": options})
    text += f'zone "." {{ type hint; file "{work}/root.hints"; }};\ncontrols {{ }};\n'
    return ["named", "-g", "-c", write(work, "named.conf", text)]


def recursor_config(work, address, lua):
    place = work / "recursor"
    place.mkdir(exist_ok=True)
    script = write(place, "recursor.lua", lua)
    write(place, "recursor.conf", f"""\
local-address={address}
local-port=53
hint-file={work}/root.hints
socket-dir={place}
lua-config-file={script}
dnssec=off
dont-query=
allow-from=127.0.0.0/8
disable-packetcache=yes
security-poll-suffix=
setuid=
setgid=
daemon=no
webserver=no
threads=2
""")
    return ["pdns_recursor", f"--config-dir={place}"]


def recursor(work):
    return recursor_config(work, "127.0.2.3", lab.snippet("recursor", replace=tap(work)))


def recursor_protobuf(work):
    return recursor_config(work, "127.0.2.3", lab.snippet("recursor-protobuf"))


def dnsdist(work):
    text = f'setLocal("127.0.2.4:53")\nnewServer("{lab.ZONE_SERVER}")\nsetSecurityPollSuffix("")\n'
    text += lab.snippet("dnsdist", replace=tap(work))
    return ["dnsdist", "--supervised", "--disable-syslog", "-C", write(work, "dnsdist.conf", text)]


def knot(work):
    place = work / "knot"
    place.mkdir(exist_ok=True)
    write(place, "zone", (work / "nsd-zone/zone").read_text())
    return ["knotd", "-c", write(work, "knot.conf", f"""\
server:
    rundir: "{place}"
    listen: 127.0.2.5@53
database:
    storage: "{place}"
""" + lab.snippet("knot", replace=tap(work)) + f"""\
zone:
  - domain: "{lab.ZONE}"
    file: "{place}/zone"
    zonefile-sync: -1
    journal-content: none
""")]


def nsd(work):
    place = work / "nsd-tap"
    place.mkdir(exist_ok=True)
    write(place, "zone", (work / "nsd-zone/zone").read_text())
    return ["nsd", "-d", "-c", write(place, "nsd.conf", f"""\
server:
    ip-address: 127.0.2.6
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
    name: "{lab.ZONE}"
    zonefile: "zone"
""" + lab.snippet("nsd", replace=tap(work)))]


def sources(name, snippet):
    """A `sources` section of the guide, with the test's name and socket."""
    def make(work):
        text = lab.snippet(snippet)
        text = re.sub(r"name: \w+", f"name: {name}", text)
        return text.replace(SOCKET, str(work / "tap.sock"))
    return make


def plain(name):
    return lambda work: (f"sources:\n  - name: {name}\n    format: dnstap\n"
                         f"    listen: unix:{work}/tap.sock\n    mode: 0666\n")


PRODUCERS = [
    Producer("unbound", ["unbound"], plain("unbound"), "127.0.2.1", "authority",
             daemon("unbound", unbound), stops_quickly=True),
    Producer("bind", ["named"], plain("bind"), "127.0.2.2", "authority", daemon("bind", bind)),
    Producer("recursor", ["pdns_recursor"], plain("recursor"), "127.0.2.3", "authority",
             daemon("recursor", recursor)),
    Producer("recursor-protobuf", ["pdns_recursor"],
             sources("recursor-protobuf", "collect-powerdns"), "127.0.2.3", "authority",
             daemon("recursor", recursor_protobuf), wants=hosts_only),
    Producer("dnsdist", ["dnsdist"], sources("dnsdist", "collect-dnsdist"), "127.0.2.4", "client",
             daemon("dnsdist", dnsdist)),
    Producer("knot", ["knotd"], sources("knot", "collect-auth"), "127.0.2.5", "authority",
             daemon("knot", knot)),
    Producer("nsd", ["nsd"], sources("nsd", "collect-auth"), "127.0.2.6", "authority",
             daemon("nsd", nsd)),
]


def wait_attached(collector, source, since):
    """Waits until a producer that was started has a connection to the collector."""
    limit = time.monotonic() + SETTLE_SECONDS_MAX
    while time.monotonic() < limit:
        if collector.event(source, "connections") > since:
            return True
        time.sleep(0.1)
    return False


def producer_checks(checks, base, zone, producer):
    """Starts a producer, asks, restarts it twice under load, and compares what was stored."""
    name = producer.name
    work = base / name
    work.mkdir()
    for shared in ("root.hints", "nsd-zone"):
        (work / shared).symlink_to(base / shared)
    with Collector(work, producer.source(work)) as collector:
        running = None
        for number, first in enumerate((0, 140, 280)):
            since = collector.event(name, "connections")
            running = producer.make(work).start(producer.address)
            checks.that(f"{name}, start {number + 1}: attaches", wait_attached(
                collector, name, since))
            asked = questions(first, HOSTS - first if number == 2 else 140)
            checks.equal(f"{name}, start {number + 1}: questions answered",
                         lab.ask(producer.address, asked), len(asked))
            # The last answers are still on their way inside the producer; it sends them when it
            # ends, or within its own flush time.
            collector.settle(name, 1)
            if number < 2:
                background = subprocess.Popen(
                    [sys.executable, "-B", __file__, "--load", producer.address])
                time.sleep(0.3)
                seconds = running.stop()
                background.terminate()
                background.wait()
                if producer.stops_quickly:
                    checks.that(f"{name}: stops within a second while we are attached "
                                f"({seconds:.2f} s)", seconds < 1.0)
        running.stop()
        collector.settle(name, 1)
        check_account(checks, name, collector, name)
        checks.equal(f"{name}: collect ends with 0", collector.stop(), 0)
    found = stored_rows(collector.store, producer.vantage)
    checks.equal(f"{name}: every record of the zone is there",
                 sorted(row for row in producer.wants(zone) if row not in found), [])
    checks.equal(f"{name}: nothing that the zone does not have", sorted(
        row for row in found
        if f".{row[0]}.".endswith(f".{lab.ZONE}") and row not in lab.zone_rows(zone)), [])
    return found


def bailiwick_checks(checks, name, found):
    """The zone that a resolver asked comes with its answers."""
    for row, wanted in ((("h1.lab.example", "A", "198.51.0.2"), "lab.example"),
                        (("lab.example", "NS", "ns1.lab.example"), None)):
        got = found.get(row, {}).get("bailiwick")
        if wanted:
            checks.equal(f"{name}: bailiwick of {row[0]} {row[1]}", got, wanted)
        else:
            checks.that(f"{name}: {row[0]} {row[1]} has a bailiwick at or above it: {got}",
                        got in ("lab.example", "example"))


def main(checks):
    missing = lab.needs("nsd", "unshare", "ip")
    if missing:
        raise SystemExit(f"{missing} is not installed; run Scripts/install-deps.sh interop")
    with folder() as base:
        daemons, zone = lab.authorities(base, HOSTS)
        try:
            for producer in PRODUCERS:
                if sys.argv[1:] and producer.name not in sys.argv[1:]:
                    continue
                missing = lab.needs(*producer.programs)
                if missing:
                    checks.that(f"{missing} is installed", False)
                    continue
                found = producer_checks(checks, base, zone, producer)
                if producer.name in ("unbound", "bind", "recursor"):
                    bailiwick_checks(checks, producer.name, found)
        finally:
            for server in daemons:
                server.stop()


def load(address):
    """Asks and asks, until somebody ends it: names of the zone, and new ones that it lacks."""
    number = 0
    while True:
        lab.ask(address, [(f"h{(number + n) % HOSTS}.{lab.ZONE}", "A") for n in range(100)])
        number += 100


if __name__ == "__main__":
    if sys.argv[1:2] == ["--load"]:
        load(sys.argv[2])
    lab.isolate()
    harness.main(main)
