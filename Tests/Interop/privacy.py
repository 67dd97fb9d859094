#!/usr/bin/env python3
"""Who asked never leaves the decoder: 10,000 marked clients through every input.

Addresses, ports, Ethernet addresses, client subnets and cookies of privacy_marks.py are in every
message, line and object that is read here, in those that are damaged as well. Afterwards nothing
that the program wrote holds one of them, in any spelling: files of the store and its log of writes,
every key and value, spool, log, /metrics, exports and look-ups. That the scan would have found them
is shown first, with records whose data are marked addresses.
"""
import collections
import contextlib
import http.client
import json
import random
import socket
import subprocess

import harness
import lab
import privacy_logs
import privacy_marks
import privacy_packets
from harness import export, folder, must, run
from live_capture import cable
from privacy_parts import parts_of_spool, parts_of_store
from producers import Collector

CLIENTS = 2 * privacy_marks.CLIENTS_PER_FAMILY
RECORDS = privacy_packets.HOSTS
# Where connections come from: a mark, too.
PEER = "198.18.255.255"


class Input:
    """One way in. `settings` are lines of its source in the configuration; `listen` is what kind of
    socket it comes by, or "interface" for frames on a cable; files are followed otherwise."""

    def __init__(self, name, form, make, settings=(), listen=None, options=(),
                 observations=CLIENTS):
        self.name, self.form, self.make, self.settings = name, form, make, settings
        self.listen, self.options, self.observations = listen, options, observations
        self.path = self.octets = None

    def write(self, place, clients):
        self.octets = self.make(clients, self.name)
        self.path = place / f"{self.name}.data"
        self.path.write_bytes(self.octets)


def inputs():
    packets, logs = privacy_packets, privacy_logs
    layout = logs.CSV_LAYOUT
    return [
        Input("pcap", "pcap", packets.pcap, ["vantage: client"]),
        Input("pcap-authority", "pcap", lambda clients, label: packets.pcap(
            clients, label, is_recursive=False), ["vantage: authority"],
            options=["--vantage", "authority"]),
        Input("dnstap", "dnstap", lambda clients, label: packets.dnstap(
            clients, label, packets.RESOLVER), listen="unix"),
        Input("dnstap-client", "dnstap", lambda clients, label: packets.dnstap(
            clients, label, packets.CLIENT), ["messages: [client]"], listen="unix",
            options=["--messages", "client"]),
        Input("nmsg", "nmsg", packets.nmsg),
        Input("powerdns", "powerdns", packets.powerdns, ["messages: [client]"], listen="tcp",
              options=["--messages", "client"]),
        Input("passivedns", "passivedns", logs.passivedns),
        Input("passivedns-json", "passivedns", logs.passivedns_json),
        Input("eve1", "eve", logs.eve1), Input("eve2", "eve", logs.eve2),
        Input("eve3", "eve", logs.eve3, listen="unix"),
        Input("zeek", "zeek", logs.zeek), Input("zeek-json", "zeek", logs.zeek_json),
        Input("packetbeat", "packetbeat", logs.packetbeat),
        Input("fever", "fever", logs.fever), Input("gopassivedns", "gopassivedns",
                                                   logs.gopassivedns, listen="tcp"),
        Input("nmsg-text", "nmsg-text", logs.nmsg_text), Input("cof", "cof", logs.cof),
        Input("csv", "csv", logs.csv, [f"layout: {layout}"], options=["--layout", layout]),
        Input("zone", "zone", logs.zone, options=["--zone", "zone.example.net"],
              observations=RECORDS + 1),
    ]


class Judge:
    """Checks that parts hold no mark, or that they hold those that a control put there."""

    def __init__(self, checks, scan):
        self.checks, self.scan = checks, scan

    def clean(self, what, parts, has_ports=False):
        octets, wrong = 0, []
        for name, part, is_packed in parts:
            octets += len(part)
            hits = self.scan.find(part, has_ports)
            if is_packed:
                # Four octets of an address also come about by chance in packed data.
                allowed = 6 + 4 * len(part) * privacy_marks.NOISE4
                chance = hits.pop("v4 octets", 0) + hits.pop("v4 octets reversed", 0)
                if chance > allowed:
                    hits["v4 octets, packed"] = chance
            if hits:
                wrong.append((name, dict(hits),
                              [place for *_, place in self.scan.places(part, has_ports)][:3]))
        self.checks.that(f"{what}: no mark in {octets:,} octets", octets > 0 and not wrong, wrong)

    def hits(self, parts):
        found = collections.Counter()
        for _, part, _ in parts:
            found.update(self.scan.find(part))
        return found

    def finds(self, what, parts, wanted):
        found = self.hits(parts)
        self.checks.that(f"control, {what}: found are {', '.join(sorted(wanted))}",
                         all(found[name] for name in wanted), dict(found))


# Controls


def scan_checks(checks, judge, clients):
    missed = [(client.text, spelling) for client in clients[:200]
              for spelling in privacy_marks.spellings(client)
              if not judge.scan.find(spelling if isinstance(spelling, bytes)
                                     else b" " + spelling.encode() + b" ")]
    checks.equal("every spelling of 200 clients is found", missed[:5], [])
    clean = (b"192.0.2.53 2001:db8:b::53 203.0.113.198 18.0.0.1 1198.18.0.1 00:00:5e:00:53:01 "
             b"61440x h198.example.net benchmark 3322937 \xc6\x12 c612 2001:db8:a::1\n")
    checks.equal("and nothing in what is like them", dict(judge.scan.find(clean, True)), {})


def input_checks(checks, judge, everything):
    for one in everything:
        found = judge.scan.find(one.octets)
        v4 = max(found[name] for name in ("v4 octets", "v4 dotted"))
        v6 = max(found[name] for name in ("v6 octets", "v6 text or hex"))
        checks.that(f"{one.name}: marks of {CLIENTS} clients are in the input",
                    v4 >= CLIENTS / 2 and v6 >= CLIENTS / 2, dict(found))


def control_rows(clients):
    """Rows whose data are marks."""
    for client in clients[:40]:
        reverse = ".".join(reversed(client.text.split("."))) + ".in-addr.arpa"
        for name, rrtype, rdata in [
                ("control.example.net", "A" if client.is4 else "AAAA", client.text),
                ("control.example.net", "TXT", f'"{client.text} {client.cookie.hex()}"')]:
            yield privacy_logs.compact({"rrname": name, "rrtype": rrtype, "rdata": rdata,
                                        "time_first": 1_760_000_000, "time_last": 1_760_000_000})
        if client.is4:
            yield privacy_logs.compact({"rrname": reverse, "rrtype": "PTR",
                                        "rdata": "control.example.net", "time_first": 1_760_000_000,
                                        "time_last": 1_760_000_000})


def control_checks(judge, work, clients):
    """The same scan of the same parts finds marks that were meant to be stored."""
    rows, store = work / "control.ndjson", work / "control.store"
    rows.write_text("\n".join(control_rows(clients)) + "\n")
    must("import", "--store", store, "--format", "cof", rows)
    parts = list(parts_of_store(store, work))
    for family, wanted in (("records", ["v4 octets", "v6 octets", "v4 in a label", "cookie hex"]),
                           ("inverse", ["v4 octets", "v6 octets", "v4 dotted"])):
        judge.finds(f"family {family}",
                    [part for part in parts if part[0].startswith(f"family {family},")], wanted)
    judge.finds("log of writes", [part for part in parts if part[0].startswith("log of writes")],
                ["v4 octets", "v6 octets"])
    judge.finds("export", [("export", export(store).encode(), False)],
                ["v4 dotted", "v6 text or hex", "v4 reversed", "cookie hex"])
    named = work / "named.store"
    must("import", "--store", named, "--format", "cof", "--sensor", clients[0].text, rows)
    judge.finds("family state, a sensor with such a name", [
        part for part in parts_of_store(named, work) if part[0].startswith("family state,")],
        ["v4 dotted"])
    place = work / "control"
    place.mkdir()
    source = f"  - name: control\n    format: cof\n    follow: {rows}\n"
    with relay(place, source) as collector:
        collector.settle("control", 100)
        collector.stop()
    judge.finds("spool", parts_of_spool(place / "spool"), ["v4 dotted", "v6 text or hex"])


# Inputs


def counts(text):
    """{input: observations} of an export."""
    found = collections.Counter()
    for line in text.splitlines():
        row = json.loads(line)
        labels = row["rrname"].split(".")
        found[labels[-3]] += row["count"]
    return found


def account_of(done):
    return json.loads(done.stdout)


def import_checks(checks, judge, work, everything):
    store, said = work / "import.store", []
    for one in everything:
        done = run("import", "--store", store, "--json", "--format", one.form, *one.options,
                   one.path)
        said.append((f"import of {one.name}", (done.stdout + done.stderr).encode(), False))
        if not checks.that(f"import of {one.name} ends with 0 or 1", done.returncode in (0, 1),
                           (done.returncode, done.stderr[-500:])):
            continue
        account = account_of(done)
        checks.that(f"import of {one.name} is balanced", account["balanced"], account)
        checks.that(f"import of {one.name} met what is damaged", one.form == "zone"
                    or account["malformed"] > 0, account)
    found = counts(export(store))
    for one in everything:
        checks.equal(f"import of {one.name}: answers stored", found[one.name], one.observations)
    judge.clean("what import says", said, has_ports=True)
    store_checks(judge, "imported", store, work)


def store_checks(judge, what, store, work):
    judge.clean(f"{what}: store", parts_of_store(store, work))
    said = [("export", export(store).encode(), False)]
    for command in (["inspect"], ["lookup", "*.example.net"],
                    ["lookup", "--output", "csv", "*.example.net"],
                    ["lookup", "--output", "text", "203.0.113.0/24"]):
        done = run(command[0], "--store", store, *command[1:])
        said.append((" ".join(command), done.stdout.encode() + done.stderr.encode(), False))
    judge.clean(f"{what}: export, look-ups and inspection", said, has_ports=True)
    for network in ("198.18.0.0/15", "2001:db8:6d61:726b::/64"):
        judge.checks.equal(f"{what}: look-up of {network}",
                           run("lookup", "--store", store, network).stdout, "")


# Collector and relay


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def source_text(one, work, ports):
    """The source of an input in the configuration; sockets get a place in `ports`."""
    if one.listen == "unix":
        ports[one.name] = str(work / f"{one.name}.sock")
        way = f"listen: unix:{ports[one.name]}"
    elif one.listen == "interface":
        way = "interface: rx0"
    elif one.listen == "tcp":
        ports[one.name] = ("127.0.0.1", free_port())
        way = f"listen: tcp:127.0.0.1:{ports[one.name][1]}"
    else:
        way = f"follow: {work}/in/{one.name}/*.log"
    return "".join(f"{'    ' if number else '  - '}{line}\n" for number, line in enumerate(
        [f"name: {one.name}", f"format: {one.form}", way, *one.settings]))


def send(place, octets):
    """Writes to a socket and waits until the other side has read all and closed, or is quiet."""
    family = socket.AF_UNIX if isinstance(place, str) else socket.AF_INET
    with socket.socket(family) as sock:
        if family == socket.AF_INET:
            sock.bind((PEER, 0))
        sock.connect(place)
        sock.settimeout(10)
        with contextlib.suppress(OSError):
            sock.sendall(octets)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65_536):
                pass


def write_hints(work):
    (work / "root.hints").write_text(". 3600000 NS a.root.example.net.\n"
                                     "a.root.example.net. 3600000 A 192.0.2.1\n")


def send_frames(capture):
    """Puts the frames of a capture on the cable."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind(("tx0", 0))
        at = 24
        while at < len(capture):
            size = int.from_bytes(capture[at + 8:at + 12], "little")
            sock.send(capture[at + 16:at + 16 + size])
            at += 16 + size


@contextlib.contextmanager
def relay(work, sources):
    """A relay whose server is not there, so that its spool keeps everything."""
    write_hints(work)
    head = f"relay:\n  to: http://127.0.0.1:{free_port()}\n  spool: {work}/spool\n"
    with Collector(work, head + "sources:\n" + sources, command="relay") as collector:
        yield collector


def feed(collector, work, everything, ports):
    """Puts all inputs in, and what is no input at all."""
    for one in everything:
        if one.listen == "interface":
            send_frames(one.octets)
        elif one.listen:
            send(ports[one.name], one.octets)
            send(ports[one.name], one.octets[2_000:].split(b"\n", 1)[0])
    for one in everything:
        collector.settle(one.name, one.observations)


def collected_sources(everything, work):
    """Folders with the files to follow, and the configuration's sources."""
    ports = {}
    work.mkdir()
    write_hints(work)
    sources = "".join(source_text(one, work, ports) for one in everything)
    for one in everything:
        if one.listen:
            continue
        # Two files, so that a folder is followed and not one file.
        half = len(one.octets) if one.form in ("pcap", "nmsg", "zeek") else \
            one.octets.index(b"\n", len(one.octets) // 2) + 1
        place = work / "in" / one.name
        place.mkdir(parents=True)
        (place / "1.log").write_bytes(one.octets[:half])
        if half < len(one.octets):
            (place / "2.log").write_bytes(one.octets[half:])
    return sources, ports


def post_checks(checks, collector, everything):
    """Posts rows and aggregates; returns what was answered."""
    posts = Posts(collector.port)
    by_name = {one.name: one for one in everything}
    rows = by_name["cof"].octets.replace(b".cof.example.net", b".post.example.net")
    good = b"".join(line + b"\n" for line in rows.splitlines() if line.endswith(b"}"))
    checks.equal("POST /api/v1/observations", posts.post(
        "/api/v1/observations", good, {"X-Batch-ID": "privacy-1"}), 200)
    posts.post("/api/v1/observations", rows[:1_000], {"X-Batch-ID": "privacy-2"})
    posts.post("/api/v1/observations?vantage=nowhere", rows, {"X-Batch-ID": "privacy-3"})
    windows = by_name["fever"].octets.replace(b".fever.example.net", b".submit.example.net")
    checks.equal("POST /submit", posts.post("/submit", windows, {"X-Sensor-ID": "balboa"}), 200)
    return posts.said


class Posts:
    """Requests from a marked address, which the headers that proxies set name as well."""

    def __init__(self, port):
        self.port, self.said = port, []

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60,
                                                source_address=(PEER, 0))
        with contextlib.closing(connection):
            connection.request(method, path, body, {
                **(headers or {}), "X-Forwarded-For": PEER, "Forwarded": f"for={PEER}",
                "X-Real-IP": PEER, "User-Agent": PEER})
            reply = connection.getresponse()
            self.said.append((f"{method} {path}", reply.read(), False))
            return reply.status

    def post(self, path, body, headers):
        return self.ask("POST", path, body, headers)

    def get(self, path):
        return self.ask("GET", path)


def collect_checks(checks, judge, work, everything):
    sources, ports = collected_sources(everything, work)
    with Collector(work, "sources:\n" + sources) as collector:
        feed(collector, work, everything, ports)
        said = post_checks(checks, collector, everything)
        gets = Posts(collector.port)
        for path in ("/metrics", "/health", "/pdns/query/h1.pcap.example.net",
                     "/api/v1/records?below=example.net&activity=true"):
            checks.equal(f"GET {path}", gets.get(path), 200)
        collector.daemon.process.send_signal(lab.signal.SIGHUP)
        account_checks(checks, "collect", collector, everything)
        checks.equal("collect ends with 0", collector.stop(), 0)
    found = counts(export(collector.store))
    for name, wanted in [*((one.name, one.observations) for one in everything),
                         ("post", CLIENTS), ("submit", CLIENTS)]:
        checks.equal(f"collect, {name}: answers stored", found[name], wanted)
    judge.clean("collect: answers over HTTP", said + gets.said, has_ports=True)
    judge.clean("collect: log", [("log", collector.daemon.log.read_bytes(), False)], True)
    store_checks(judge, "collected", collector.store, work)


def account_checks(checks, what, collector, everything):
    for one in everything:
        offered, outcomes = collector.account(one.name)
        checks.that(f"{what}, {one.name}: the account balances, with damaged input in it",
                    offered == sum(outcomes.values()) and outcomes["malformed"] > 0,
                    (offered, outcomes))


def relay_checks(checks, judge, work, everything):
    sources, ports = collected_sources(everything, work)
    with relay(work, sources) as collector:
        feed(collector, work, everything, ports)
        gets = Posts(collector.port)
        gets.get("/metrics")
        account_checks(checks, "relay", collector, everything)
        checks.equal("relay ends with 0", collector.stop(), 0)
    parts = list(parts_of_spool(work / "spool"))
    found = counts(b"".join(octets for name, octets, _ in parts if name.endswith("rows")).decode())
    for one in everything:
        checks.equal(f"relay, {one.name}: answers in the spool", found[one.name], one.observations)
    judge.clean("relay: spool", parts)
    judge.clean("relay: metrics", gets.said, has_ports=True)
    judge.clean("relay: log", [("log", collector.daemon.log.read_bytes(), False)], True)


def suite(checks):
    missing = lab.needs("ldb", "zstd", "ip", "unshare")
    if missing:
        raise SystemExit(f"{missing} is not installed; run Scripts/install-deps.sh interop")
    print(f"  seed {privacy_marks.SEED}")
    clients = privacy_marks.clients(random.Random(privacy_marks.SEED))
    judge = Judge(checks, privacy_marks.Scan(clients))
    scan_checks(checks, judge, clients)
    with folder() as work:
        everything = inputs()
        for one in everything:
            one.write(work, clients)
        input_checks(checks, judge, everything)
        control_checks(judge, work, clients)
        import_checks(checks, judge, work, everything)
        live = Input("live", "pcap", privacy_packets.pcap, ["vantage: client"], listen="interface")
        live.write(work, clients)
        subprocess.run(["ip", "address", "add", PEER, "dev", "lo"], check=True)
        cable()
        collected = [live] + [one for one in everything if one.form != "zone"]
        collect_checks(checks, judge, work / "collect", collected)
        relay_checks(checks, judge, work / "relay", collected)


if __name__ == "__main__":
    lab.isolate()
    harness.main(suite)
