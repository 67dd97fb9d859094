#!/usr/bin/env python3
"""Zone files and zone transfers: what named-compilezone reads, and what BIND, NSD and Knot send.

A suite's server is skipped when its program is not installed (Debian: bind9, bind9-utils, nsd,
knot). Everything listens on free loopback ports and lives in a folder of the suite.
"""
import base64
import contextlib
import gzip
import json
import os
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import threading
import time

import harness
from harness import PROGRAM, export, folder, import_json, run

ZONE = """\
$TTL 3600
@ IN SOA ns1 hostmaster ( %(serial)d 7200 900 1209600 300 )
  NS ns1
  NS ns.example.net.
ns1 A 192.0.2.1
    AAAA 2001:db8::1
child NS ns.child
ns.child A 192.0.2.53
child DS 12345 13 2 49FDAC49FDAC49FDAC49FDAC49FDAC49FDAC49FDAC49FDAC49FDAC49FDAC49FD
www 5m A 198.51.100.7
*.wild CNAME www
txt TXT "a;b (c)" "\\"" d\\;e
mx MX 10 mail.example.org.
srv SRV 1 2 443 www
svc HTTPS 1 . alpn="h2,h3" ipv4hint=192.0.2.9
caa CAA 0 issue "ca.example.net"
unknown TYPE65280 \\# 3 010203
"""
DNSSEC = {"RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY"}
SECRET = base64.b64encode(bytes(range(32))).decode()
ALGORITHMS = ["hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512"]


def program(*names):
    for name in names:
        found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        if found:
            return found
    return None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def keys(text):
    return [(row["rrname"], row["rrtype"], row["rdata"], row["count"], row["bailiwick"])
            for row in map(json.loads, text.splitlines())]


def big_zone(serial, names):
    """Names enough for a transfer of many messages and, with the crash test, many batches."""
    lines = [ZONE % {"serial": serial}]
    lines += [f"h{n} A 203.0.113.{n % 250}\nh{n} TXT \"host {n}\"" for n in range(names)]
    return "\n".join(lines) + "\n"


# Servers


@contextlib.contextmanager
def serving(command, port, log):
    with open(log, "w") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT)
        try:
            limit = time.monotonic() + harness.START_SECONDS_MAX
            while True:
                with contextlib.suppress(OSError), socket.create_connection(
                        ("127.0.0.1", port), timeout=1):
                    break
                if process.poll() is not None or time.monotonic() > limit:
                    text = pathlib.Path(log).read_text()[-2000:]
                    raise SystemExit(f"{command[0]} does not listen:\n{text}")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)


def bind(work, port, zone_file):
    key_text = "".join(f'key "k{n}." {{ algorithm {name}; secret "{SECRET}"; }};\n'
                       for n, name in enumerate(ALGORITHMS))
    allowed = " ".join(f'key "k{n}.";' for n in range(len(ALGORITHMS)))
    (work / "named.conf").write_text(f"""
{key_text}
options {{ directory "{work}"; pid-file "{work}/named.pid"; session-keyfile "{work}/session.key";
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no;
  transfer-message-size 2048; notify no; dnssec-validation no; }};
controls {{ }};
zone "example.com" {{ type primary; file "{zone_file}"; allow-transfer {{ {allowed} }}; }};
zone "open.example" {{ type primary; file "{zone_file}"; allow-transfer {{ 127.0.0.1; }}; }};
""")
    return [program("named"), "-g", "-c", str(work / "named.conf"), "-n", "1"]


def nsd(work, port, zone_file):
    sections = "".join(f"key:\n  name: k{n}\n  algorithm: {name}\n  secret: \"{SECRET}\"\n"
                       for n, name in enumerate(ALGORITHMS))
    provide = "".join(f"  provide-xfr: 127.0.0.1 k{n}\n" for n in range(len(ALGORITHMS)))
    (work / "nsd.conf").write_text(f"""
server:
  ip-address: 127.0.0.1@{port}
  username: ""
  chroot: ""
  zonesdir: "{work}"
  pidfile: "{work}/nsd.pid"
  database: ""
  zonelistfile: "{work}/zone.list"
  xfrdfile: "{work}/xfrd.state"
  xfrdir: "{work}"
  server-count: 1
remote-control:
  control-enable: no
{sections}
zone:
  name: example.com
  zonefile: "{zone_file}"
{provide}
zone:
  name: open.example
  zonefile: "{zone_file}"
  provide-xfr: 127.0.0.1 NOKEY
""")
    return [program("nsd"), "-d", "-c", str(work / "nsd.conf")]


def knot(work, port, zone_file):
    sections = "".join(f"  - id: k{n}.\n    algorithm: {name}\n    secret: {SECRET}\n"
                       for n, name in enumerate(ALGORITHMS))
    names = ", ".join(f"k{n}." for n in range(len(ALGORITHMS)))
    (work / "knot.conf").write_text(f"""
server:
    rundir: "{work}"
    listen: 127.0.0.1@{port}
database:
    storage: "{work}"
key:
{sections}
acl:
  - id: signed
    key: [{names}]
    action: transfer
  - id: all
    address: 127.0.0.1
    action: transfer
zone:
  - domain: example.com
    file: "{zone_file}"
    acl: signed
  - domain: open.example
    file: "{zone_file}"
    acl: all
""")
    return [program("knotd"), "-c", str(work / "knot.conf")]


# What goes wrong on the way


class Meddler(threading.Thread):
    """A relay in front of a server that changes one octet of the answer, or cuts it."""

    def __init__(self, port, change):
        super().__init__(daemon=True)
        self.upstream, self.change = port, change
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self):
        with contextlib.suppress(OSError):
            client, _ = self.listener.accept()
            with client, socket.create_connection(("127.0.0.1", self.upstream)) as server:
                server.sendall(client.recv(65_535))
                server.settimeout(2)
                answer = b""
                with contextlib.suppress(TimeoutError):
                    while block := server.recv(1 << 16):
                        answer += block
                client.sendall(self.change(answer))

    @staticmethod
    def messages(answer):
        at = 0
        while at + 2 <= len(answer):
            length = struct.unpack_from(">H", answer, at)[0]
            yield answer[at:at + 2 + length]
            at += 2 + length


def flip(position):
    """Changes one octet of an address in the message at `position` of the answer."""
    def change(answer):
        messages = list(Meddler.messages(answer))
        changed = bytearray(messages[position])
        at = changed.index(bytes([203, 0, 113]))
        changed[at] ^= 1
        messages[position] = bytes(changed)
        return b"".join(messages)
    return change


def cut(answer):
    return b"".join(list(Meddler.messages(answer))[:-1])


# Suites


def transfer(store, port, zone="example.com", key=None, *more, environment=None):
    arguments = ["import", "--store", store, "--json", *more]
    if key is not None:
        arguments += ["--tsig-key-file", key]
    options = {"env": {**os.environ, **environment}} if environment else {}
    return run(*arguments, f"axfr://127.0.0.1:{port}/{zone}", **options)


def check_server(checks, name, make, work):
    zone_file = work / "example.zone"
    zone_file.write_text(big_zone(7, 3000))
    os.chmod(work, 0o777)
    port = free_port()
    harness.must("import", "--store", work / "file.store", "--zone", "example.com",
                 "--zone-time", "1700000000", zone_file)
    wanted = keys(export(work / "file.store"))
    key_files = []
    for number, algorithm in enumerate(ALGORITHMS):
        key = work / f"k{number}.key"
        key.write_text(f'key "k{number}." {{\n\talgorithm {algorithm};\n'
                       f'\tsecret "{SECRET}";\n}};\n')
        key_files.append(key)
    with serving(make(work, port, zone_file), port, work / "server.log"):
        for number, key in enumerate(key_files):
            store = work / f"{number}.store"
            done = transfer(store, port, "example.com", key)
            checks.equal(f"{name}: transfer with {ALGORITHMS[number]}", done.returncode, 0)
            checks.same_rows("  gives what the zone file gives", keys(export(store)), wanted)
        done = transfer(store, port, "example.com", key)
        checks.equal(f"{name}: the same serial again offers nothing",
                     json.loads(done.stdout)["offered"], 0)
        check_failures(checks, name, work, port, key_files[1])


def check_failures(checks, name, work, port, key):
    store = work / "bad.store"

    def refused(what, done, words):
        line = done.stderr.strip().splitlines()[-1:] or [""]
        checks.that(f"{name}: {what}", done.returncode == 1 and words in line[0],
                    (done.returncode, line))

    refused("without a key it is refused", transfer(store, port), "refuse")
    wrong = work / "wrong.key"
    wrong.write_text(f"k1 hmac-sha256 {base64.b64encode(bytes(32)).decode()}\n")
    refused("a wrong secret is named", transfer(store, port, "example.com", wrong), "TSIG")
    unknown = work / "unknown.key"
    unknown.write_text(f"nobody hmac-sha256 {SECRET}\n")
    refused("an unknown key is named", transfer(store, port, "example.com", unknown), "TSIG")
    refused("an unsigned answer is refused", transfer(store, port, "open.example", unknown), "TSIG")
    for what, change in [("a changed first message", flip(0)), ("a changed late message", flip(-2)),
                         ("a cut transfer", cut)]:
        meddler = Meddler(port, change)
        meddler.start()
        done = transfer(store, meddler.port, "example.com", key)
        refused(f"{what} is refused", done, "closed" if change is cut else "wrong signature")
        meddler.join()
    checks.equal(f"{name}: nothing of all this is stored", export(store), "")
    done = transfer(store, port, "open.example")
    checks.equal(f"{name}: a zone that is open needs no key", done.returncode, 0)
    done = transfer(store, port, "example.com", None, environment={
        "TIDEMARK_TSIG_KEY": f"k1 hmac-sha256 {SECRET}"})
    checks.equal(f"{name}: the key may come from the environment", done.returncode, 0)
    refused("no such zone", transfer(store, port, "example.org"), "refuse")


def check_compiled(checks, work):
    """Our reading against named-compilezone's, for a zone in many spellings."""
    zone_file = work / "plain.zone"
    zone_file.write_text(ZONE % {"serial": 3})
    compiled = work / "compiled.zone"
    done = subprocess.run([program("named-compilezone"), "-k", "ignore", "-i", "none", "-o",
                           str(compiled), "example.com", str(zone_file)],
                          capture_output=True, text=True)
    if not checks.equal("named-compilezone reads the zone", done.returncode, 0):
        return
    for name, arguments in [("a", ["--zone", "example.com", zone_file]), ("b", [compiled])]:
        harness.must("import", "--store", work / f"{name}.store", "--zone-time", "1700000000",
                     *arguments)
    checks.equal("the zone and what BIND makes of it give the same",
                 export(work / "a.store"), export(work / "b.store"))


def check_snapshots(checks, work):
    """One serial counts once, in whatever form; the next one counts again."""
    store, zone_file = work / "s.store", work / "s.zone"
    zone_file.write_text(ZONE % {"serial": 1})
    packed = work / "s.zone.gz"
    packed.write_bytes(gzip.compress(zone_file.read_bytes()))
    other = work / "other.zone"
    other.write_text("www.example.com. 5m A 198.51.100.7\n" + (ZONE % {"serial": 1}).replace(
        "www 5m A 198.51.100.7\n", ""))
    first = import_json(store, "--zone", "example.com", zone_file)
    checks.equal("a snapshot is stored", (first["stored"], first["merged"]), (16, 0))
    forms = [("the same file", zone_file), ("packed", packed), ("in another order", other)]
    for what, file in forms:
        os.utime(file, (1_600_000_000, 1_600_000_000))
        again = import_json(store, "--zone", "example.com", file)
        checks.equal(f"{what}: nothing is offered", (again["offered"], again["skipped"]), (0, 16))
    zone_file.write_text(ZONE % {"serial": 2})
    second = import_json(store, "--zone", "example.com", zone_file)
    checks.equal("the next serial is new by its SOA record",
                 (second["stored"], second["merged"]), (1, 15))
    again = import_json(store, "--zone", "example.com", "--zone-again", "--zone-time",
                        "2024-01-01", zone_file)
    checks.equal("--zone-again counts a later look at a serial", again["merged"], 16)
    again = import_json(store, "--zone", "example.com", "--zone-again", "--zone-time",
                        "2024-01-01", zone_file)
    checks.equal("  once", again["offered"], 0)


def check_bad_entries(checks, work):
    zone_file = work / "bad.zone"
    zone_file.write_text((ZONE % {"serial": 5}) + "x A 300.1.1.1\ny CH TXT z\nout.example.org. A "
                         "192.0.2.1\nns1 A 192.0.2.1\n$GENERATE 1-9 a$ A 192.0.2.$\n"
                         "k DNSKEY 257 3 13 mdsswUyr3DPW\n@ SOA a b 6 1 1 1 1\n")
    account = import_json(work / "bad.store", "--zone", "example.com", zone_file)
    checks.that("the account balances", account["balanced"], account)
    checks.equal("each bad entry has its reason",
                 (account["malformed_reasons"], account["filtered_reasons"],
                  account["dropped_reasons"]),
                 ({"bad-rdata": 1},
                  {"second-soa": 1, "dnssec-not-taken": 1, "repeated-in-snapshot": 1,
                   "class-not-in": 1}, {"out-of-zone": 1, "generate-refused": 1}))


def check_includes(checks, work):
    root = work / "included"
    root.mkdir()
    (root / "hosts.inc").write_text("a A 192.0.2.1\nb A 192.0.2.2\n")
    (work / "secret.inc").write_text("c A 192.0.2.3\n")
    os.symlink(work / "secret.inc", root / "link.inc")
    zone_file = work / "inc.zone"
    start = ZONE % {"serial": 9}
    zone_file.write_text(f"{start}$INCLUDE hosts.inc sub\nlast A 192.0.2.4\n")
    store = work / "inc.store"
    done = run("import", "--store", store, "--json", "--zone", "example.com", zone_file)
    checks.that("$INCLUDE is refused by default", done.returncode == 1
                and "$INCLUDE" in done.stderr, done.stderr)
    account = import_json(store, "--zone", "example.com", "--include-root", root, zone_file)
    checks.equal("allowed afterwards, the import goes on where it stopped",
                 (account["skipped"], account["stored"]), (16, 3))
    for name in ("../secret.inc", "link.inc", str(work / "secret.inc")):
        zone_file.write_text(f"{start.replace(' 9 ', ' 10 ')}$INCLUDE {name}\n")
        done = run("import", "--store", work / f"{abs(hash(name))}.store", "--zone", "example.com",
                   "--include-root", root, zone_file)
        checks.that(f"{pathlib.Path(name).name} outside the folder is refused",
                    done.returncode == 1 and "is not below" in done.stderr, done.stderr)


def check_crash(checks, work):
    """kill -9 in the middle of a zone of several batches, then the same zone again."""
    zone_file = work / "big.zone"
    zone_file.write_text(big_zone(11, 500_000))
    arguments = ["import", "--json", "--zone", "example.com", "--zone-time", "1700000000"]
    begin = time.monotonic()
    harness.must(*arguments, "--store", work / "calm.store", zone_file)
    seconds = time.monotonic() - begin
    wanted = harness.export_digest(work / "calm.store")
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"  seed {seed}")
    dice, resumed = random.Random(seed), 0
    for number in range(6):
        store = work / f"crash{number}.store"
        process = subprocess.Popen([PROGRAM, *map(str, arguments), "--store", str(store),
                                    str(zone_file)], stdout=subprocess.DEVNULL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=dice.uniform(0.4, 0.95) * seconds)
        process.kill()
        process.wait()
        account = import_json(store, "--zone", "example.com", "--zone-time", "1600000000",
                              zone_file)
        resumed += 0 < account["skipped"] and account["stored"] > 0
        if account["skipped"]:
            # An import that went on has the time of the one that began.
            checks.equal("killed: the export equals the undisturbed one",
                         harness.export_digest(store), wanted)
        shutil.rmtree(store)
    checks.that(f"imports went on after a commit: {resumed}", resumed >= 1, resumed)


def check_shared(checks, work):
    """Real zones: ours against named-compilezone's reading, through the store."""
    source = harness.SHARED / "data/open/zones/root-dnsjava.zone"
    if not source.exists():
        return checks.skip("root zone", f"no {source}")
    compiled = work / "root.compiled"
    subprocess.run([program("named-compilezone"), "-k", "ignore", "-i", "none", "-o",
                    str(compiled), ".", str(source)], capture_output=True, check=True)
    for name, file in [("ours", source), ("binds", compiled)]:
        harness.must("import", "--store", work / f"{name}.store", "--zone-time", "1700000000",
                     "--zone-dnssec", file)
    ours, binds = export(work / "ours.store"), export(work / "binds.store")
    checks.equal(f"root zone, {ours.count(chr(10))} records: as BIND reads it", ours, binds)


def suite(checks):
    for step in (check_snapshots, check_bad_entries, check_includes, check_crash):
        with folder() as work:
            step(checks, work)
    for step in (check_compiled, check_shared):
        if program("named-compilezone"):
            with folder() as work:
                step(checks, work)
        else:
            checks.skip(step.__name__, "no named-compilezone")
    for name, make, command in [("BIND", bind, "named"), ("NSD", nsd, "nsd"),
                                ("Knot", knot, "knotd")]:
        if program(command):
            with folder() as work:
                check_server(checks, name, make, work)
        else:
            checks.skip(name, f"no {command}")


if __name__ == "__main__":
    harness.main(suite)
