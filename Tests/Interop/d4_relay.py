#!/usr/bin/env python3
"""`tidemark relay` as a D4 client, to a receiver that knows the protocol only.

    d4_relay.py [SEED]

It is configured by the folder of the Go client, as it is. Lines go from standard input, from files,
from a queue of d4-core and from the sources of a collector through TLS; the receiver checks every
packet and puts the lines together. Either side is killed (kill -9) again and again: no line may be
missing then, and those that came twice are counted.
"""
import base64
import collections
import json
import os
import random
import signal
import subprocess
import sys
import time

import gate
import harness
from harness import PROGRAM, folder
from redis_lab import Redis, RedisServer, is_installed
from watched import Program, free_port

LINES = int(os.environ.get("LINES", "60000"))
KILLS = 10
SECRET = "the secret of one sensor"
UUID = "3f0c2f9e-5a1b-4c7d-9e21-7b8a6d5c4e3f"
BASE = 1_700_000_000
LIST = "analyzer:8:6072e072-bfaa-4395-9bb1-cdb3b470d715"
WAIT_SECONDS_MAX = 120


def line(number):
    return (f"{BASE + number % 5_000}.408856||192.0.2.7||192.0.2.53||IN||h{number}.example.com.||A"
            f"||203.0.113.{number % 250}||300||{1 + number % 5}")


class Receiver:
    """The process that receives, killed and started again."""

    def __init__(self, work, pause=0):
        self.work, self.pause = work, pause
        self.port = free_port()
        self.folder = work / "received"
        self.folder.mkdir(exist_ok=True)
        self.authority = gate.make_authority(work, "ours")
        gate.server_context(work, self.authority)
        (work / "secret").write_text(SECRET)
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-B", str(harness.ROOT / "Tests/Interop/d4_receiver.py"),
             str(self.port), self.work / "server.pem", self.work / "server.key",
             self.work / "secret", self.folder, str(self.pause)], stdin=subprocess.DEVNULL)
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()

    def sessions(self):
        """Entries of each session that sent something; a torn last line is left out."""
        found = []
        for path in sorted(self.folder.glob("*.jsonl")):
            entries = [json.loads(text) for text in path.read_bytes().split(b"\n")
                       if text.endswith(b"}")]
            for entry in entries:
                if "payload" in entry:
                    entry["payload"] = base64.b64decode(entry["payload"])
            found.append(entries)
        return found

    def packets(self, kind):
        return [[entry for entry in session if entry.get("type") == kind]
                for session in self.sessions()]

    def lines(self, kind=8):
        """Whole lines, put together within each session."""
        found = []
        for packets in self.packets(kind):
            stream = b"".join(packet["payload"] for packet in packets)
            found += stream.decode().split("\n")[:-1]
        return found

    def faults(self):
        return [entry["fault"] for session in self.sessions() for entry in session
                if "fault" in entry]


def go_folder(work, port, source="stdin", kind="8", **more):
    """A configuration folder as the Go client wants it."""
    path = work / "d4.conf"
    path.mkdir(exist_ok=True)
    values = {"key": SECRET, "type": kind, "uuid": UUID, "source": source, "version": "1",
              "snaplen": "4096", "destination": f"localhost:{port}", **more}
    for name, value in values.items():
        (path / name).write_text(value + "\n")
    return path


def trust(path, receiver):
    """The authority where the Go client looks for it: the folder's name with that behind it."""
    path.with_name(path.name + "rootCA.crt").write_bytes(receiver.authority.read_bytes())


class Client:
    """`tidemark relay --d4-config`, one process after another over the same spool."""

    def __init__(self, work, path, *options):
        self.work, self.path, self.options = work, path, options
        self.lives = 0
        self.process = None

    @property
    def log(self):
        return self.work / f"client-{self.lives}.log"

    def start(self, data=None):
        """Starts it; `data` becomes its standard input."""
        self.lives += 1
        entry = subprocess.DEVNULL
        if data is not None:
            (self.work / "input").write_bytes(data)
            entry = open(self.work / "input", "rb")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "relay", "--d4-config", self.path, *self.options], stdin=entry,
                stdout=log, stderr=log)
        return self

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(timeout=WAIT_SECONDS_MAX)

    def wait(self):
        return self.process.wait(timeout=WAIT_SECONDS_MAX)

    def text(self):
        return self.log.read_text()


def wait_for(what, condition, seconds=WAIT_SECONDS_MAX):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if result := condition():
            return result
        time.sleep(0.05)
    raise SystemExit(f"waited in vain for {what}")


def check_nothing_missing(checks, what, receiver, wanted, doubled_max):
    lines = receiver.lines()
    counts = collections.Counter(lines)
    missing = [text for text in wanted if text not in counts]
    strange = set(counts) - set(wanted)
    doubled = len(lines) - len(counts)
    checks.that(f"{what}: all of {len(wanted)} lines arrived whole", not missing and wanted,
                harness.short(missing[:3]))
    checks.that(f"{what}: nothing else arrived", not strange, harness.short(sorted(strange)[:3]))
    checks.that(f"{what}: {doubled} lines came twice or more", doubled <= doubled_max, doubled_max)
    checks.equal(f"{what}: every packet is in order", receiver.faults(), [])


def calm_checks(checks, work, dice):
    """Standard input, exactly once and in order."""
    texts = [line(number) for number in range(LINES)]
    texts[7] = "x" * 9_000 + "||a line longer than a packet"
    with Receiver(work) as receiver:
        path = go_folder(work, receiver.port)
        trust(path, receiver)
        client = Client(work, path).start("".join(text + "\n" for text in texts).encode())
        checks.equal("calm: the client ends with 0", client.wait(), 0)
        checks.equal("calm: lines arrive once, in order", receiver.lines() == texts, True)
        packets = [packet for session in receiver.packets(8) for packet in session]
        checks.that(f"calm: {len(packets)} packets end at line ends",
                    all(packet["payload"].endswith(b"\n") for packet in packets))
        long = [len(packet["payload"]) for packet in packets if len(packet["payload"]) > 4_096]
        checks.equal("calm: the one packet beyond snaplen is the long line's", long,
                     [len(texts[7]) + 1])
        checks.that("calm: packets are well filled",
                    len(packets) < 2 * sum(map(len, texts)) / 4_096)
        checks.equal("calm: the sensor is the folder's", {packet["uuid"] for packet in packets},
                     {UUID})
        octets = sum(len(text) + 1 for text in texts)
        checks.that("calm: the account says what was delivered",
                    f"read={octets} delivered={octets} waiting=0" in client.text(),
                    client.text()[-600:])
        checks.that("calm: the secret is in no log", SECRET not in client.text())
    other = gate.make_authority(work, "other")
    path.with_name(path.name + "rootCA.crt").write_bytes(other.read_bytes())
    before = len(receiver.sessions())
    with receiver:
        client = Client(work, path).start(b"for nobody\n")
        wait_for("a refusal", lambda: "no connection" in client.text())
        checks.equal("calm: a server of another authority gets nothing", client.end(), 0)
        checks.equal("calm: and no session", len(receiver.sessions()), before)
    (path / "key").write_text("private key to change\n")
    refused = harness.run("relay", "--d4-config", path)
    checks.that("calm: the key of the examples is refused",
                refused.returncode == 2 and "choose another" in refused.stderr, refused.stderr)


def spool_checks(checks, work, dice):
    """Nobody listens, the client ends, and another one delivers; a UUID is made."""
    texts = [line(number) for number in range(2_000)]
    receiver = Receiver(work)
    path = go_folder(work, receiver.port, uuid="")
    trust(path, receiver)
    client = Client(work, path, "--spool", work / "spool")
    client.start("".join(text + "\n" for text in texts[:-1]).encode() + texts[-1].encode())
    octets = sum(len(text) + 1 for text in texts)
    wait_for("everything is spooled", lambda: sum(
        file.stat().st_size for file in (work / "spool").glob("*.octets")) == octets)
    checks.equal("spool: without a server the client ends by SIGTERM", client.end(), 0)
    checks.that("spool: and says what waits", f"waiting={octets}" in client.text(),
                client.text()[-600:])
    with receiver:
        client.start(b"")
        checks.equal("spool: the next one ends by itself", client.wait(), 0)
        checks.equal("spool: it delivers what the first one read", receiver.lines() == texts, True)
        made = (path / "uuid").read_text().strip()
        sent = {packet["uuid"] for session in receiver.packets(8) for packet in session}
        checks.that("spool: under the UUID that was made and kept",
                    sent == {made} and made[14] == "4")


def extended_checks(checks, work, dice):
    """Types 2 and 254, and a folder of files."""
    header = '{"type":"ja3-jl",\n"encoding":"utf-8","tags":["tlp:white"]}'
    files = work / "files"
    files.mkdir()
    rows = [json.dumps({"number": number}) for number in range(3_000)]
    (files / "0001.json").write_text("\n".join(rows[:1_000]) + "\n")
    (files / "0002.json").write_text("\n".join(rows[1_000:2_000]))
    receiver = Receiver(work)
    path = go_folder(work, receiver.port, "folder", "254", folder=str(files))
    (path / "metaheader.json").write_text(header)
    trust(path, receiver)
    client = Client(work, path, "--d4-raw-files")
    with receiver:
        client.start()
        wait_for("two files arrive", lambda: len(receiver.lines(254)) == 2_000)
        receiver.kill()
        (files / "0003.json").write_text("\n".join(rows[2_000:]) + "\n")
        receiver.start()
        wait_for("the third file arrives", lambda: rows[-1] in receiver.lines(254))
        checks.equal("extended: the client ends by SIGTERM", client.end(), 0)
        # What the first server had not had for a second came again.
        checks.equal("extended: every row of every file, and nothing else",
                     sorted(set(receiver.lines(254))), sorted(rows))
        sessions = [session for session in receiver.sessions()
                    if any("payload" in entry for entry in session)]
        starts = [b"".join(entry["payload"] for entry in session if entry.get("type") == 2)
                  for session in sessions]
        checks.equal("extended: each session begins with the header as it is",
                     starts, [header.encode()] * len(sessions))
        checks.equal("extended: no fault", receiver.faults(), [])
        before = len(receiver.lines(254))
        client.start()
        wait_for("a connection", lambda: "connected" in client.text())
        checks.equal("extended: files that were sent are not sent again",
                     (client.end(), len(receiver.lines(254))), (0, before))


def kill_checks(checks, work, dice):
    """kill -9 of either side while a queue of d4-core is sent."""
    if not is_installed(checks):
        return
    wanted = [line(number) for number in range(LINES)]
    with RedisServer(work) as server:
        receiver = Receiver(work)
        path = go_folder(work, receiver.port, "d4server", redis_queue=LIST,
                         redis_d4=f"127.0.0.1:{server.port}/2")
        trust(path, receiver)
        client = Client(work, path, "--spool", work / "spool")
        queue = Redis(server.port, 2)
        with receiver:
            client.start()
            piece = LINES // (2 * KILLS)
            for turn in range(2 * KILLS):
                list(queue.many([("LPUSH", LIST, text)
                                 for text in wanted[turn * piece:(turn + 1) * piece]]))
                time.sleep(dice.uniform(0.05, 0.8))
                if turn % 2:
                    receiver.kill()
                    time.sleep(dice.uniform(0, 0.3))
                    receiver.start()
                else:
                    client.end(signal.SIGKILL)
                    client.start()
            list(queue.many([("LPUSH", LIST, text) for text in wanted[2 * KILLS * piece:]]))
            wait_for("the last lines arrive", lambda: set(wanted[-50:]) <= set(receiver.lines()))
            wait_for("the queue is empty", lambda: queue.call("LLEN", LIST) == 0
                     and not queue.call("KEYS", "tidemark:taken:*"))
            checks.equal("kill -9: the client ends by SIGTERM", client.end(), 0)
            # What did not rest for a second is sent again, and most kills come sooner than that:
            # less than everything that there was, each time.
            check_nothing_missing(checks, "kill -9", receiver, wanted, KILLS * LINES)
            checks.that(f"kill -9: {len(receiver.sessions())} sessions, "
                        f"{client.lives} clients", client.lives > KILLS)


def sums(rows):
    """{(rrname, rrtype, rdata): [first, last, count]}"""
    found = {}
    for name, kind, rdata, first, last, count in rows:
        old = found.setdefault((name, kind, rdata), [first, last, 0])
        old[0], old[1], old[2] = min(old[0], first), max(old[1], last), old[2] + count
    return found


def type8_row(text):
    fields = text.split("||")
    seconds = int(float(fields[0]))
    return (fields[4].rstrip("."), fields[5], fields[6].rstrip("."), seconds, seconds,
            int(fields[8]))


def relay_checks(checks, work, dice):
    """The sources of a collector to a D4 server: as type 8, then as COF under type 254."""
    texts = [f"{BASE + number}{line(number % 4_000)[10:]}" for number in range(9_000)]
    wanted = sums(type8_row(text) for text in texts)
    for kind in ("8", "254"):
        part = work / kind
        part.mkdir()
        (part / "passivedns.log").write_text("".join(text + "\n" for text in texts))
        receiver = Receiver(part)
        path = go_folder(part, receiver.port, kind="8")
        trust(path, receiver)
        settings = (f"relay:\n  to: d4://localhost:{receiver.port}\n  spool: {part / 'spool'}\n"
                    f"  d4_config: {path}\n  d4_type: {kind}\n")
        sources = ("filter:\n  standard: false\nsources:\n  - name: log\n    format: passivedns\n"
                   f"    follow: {part}/passivedns.log\n")
        with Program(part, settings, sources, command="relay", name="relay") as program, receiver:
            program.start()
            program.wait("all rows are offered",
                         lambda: program.watch.last.offered("log") == len(texts))
            program.wait("the spool is empty", lambda: program.page().spool("waiting") == 0)
            checks.equal(f"relay {kind}: ends with 0", program.end()[0], 0)
        if kind == "8":
            got = sums(map(type8_row, receiver.lines(8)))
        else:
            rows = map(json.loads, receiver.lines(254))
            got = sums((row["rrname"], row["rrtype"], row["rdata"], row["time_first"],
                        row["time_last"], row["count"]) for row in rows)
            headers = {b"".join(packet["payload"] for packet in packets)
                       for packets in receiver.packets(2)}
            checks.equal("relay 254: the meta header names the type",
                         {json.loads(header)["type"] for header in headers}, {"passivedns-cof"})
        checks.equal(f"relay {kind}: the receiver's sums are those of the log", got == wanted, True)
        checks.equal(f"relay {kind}: no fault", receiver.faults(), [])


PARTS = (calm_checks, spool_checks, extended_checks, kill_checks, relay_checks)


def suite(checks):
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 32)
    print(f"  seed {seed}; program {PROGRAM}")
    only = os.environ.get("PARTS", "").split()
    for part in PARTS:
        if only and part.__name__ not in only:
            continue
        begin = time.monotonic()
        with folder() as work:
            part(checks, work, random.Random(f"{seed} {part.__name__}"))
        print(f"  {part.__name__}: {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    harness.main(suite)
