#!/usr/bin/env python3
"""`tidemark relay` to a `tidemark serve`: whatever happens between them, the server's export is
that of a direct import, to the octet.

    relay.py [SEED]

The relay is killed (kill -9) at twenty random moments while the server is restarted, unreachable,
slow, behind a proxy that loses answers; then ended by SIGTERM; then its spool is too small; then it
speaks HTTPS with a token.
"""
import base64
import json
import os
import random
import shutil
import sys
import threading
import time

import crash_import
import gate
import growing
import harness
from harness import PROGRAM, Server, export, export_digest, folder
from watched import Page, Program, rounds

KILLS = 20
TERMS = 5
BIG_RESPONSES = int(os.environ.get("RESPONSES", "30000"))
SPOOL_OCTETS = 64 << 20
# Rows that do not compress, so that the spool is full after some two thirds of them.
BULK_ROWS = int(os.environ.get("BULK_ROWS", "600000"))
BULK_PIECES = 12


def relay(work, sources, url, more=""):
    settings = f"relay:\n  to: {url}\n  spool: {work / 'spool'}\n{more}"
    return Program(work, settings, sources, command="relay", name="relay")


class Far:
    """The server at the other end, behind a gate: restarted and killed while others go on."""

    def __init__(self, work, door):
        self.work, self.door = work, door
        self.store = work / "server.store"
        self.starts = 0
        self.start()

    def start(self):
        self.starts += 1
        self.server = Server(self.store, self.work / f"serve-{self.starts}.log").__enter__()
        self.door.target = self.server.port

    def restart(self, kills):
        if kills:
            self.server.process.kill()
        self.server.stop()
        self.start()

    def knows(self, name):
        status, _, body = self.server.get(f"/pdns/query/{name}")
        return status == 200 and f'"{name}"'.encode() in body

    def faults(self):
        return Page(self.server.get("/metrics")[2].decode()).faults()

    def wait_for(self, program, names):
        missing = list(names)

        def is_done():
            missing[:] = [name for name in missing if not self.knows(name)]
            return not missing
        program.wait("everything is at the server", is_done)
        return missing

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop()
        self.door.close()


class Trouble(threading.Thread):
    """Bad times between relay and server, until told to stop."""

    def __init__(self, far, seed):
        super().__init__()
        self.far, self.dice = far, random.Random(seed)
        self.isStopped = threading.Event()
        self.restarts = self.closings = 0
        self.faults, self.failure = [], None

    def run(self):
        try:
            while not self.isStopped.wait(self.dice.uniform(1, 3)):
                self.far.door.behaviour = gate.BAD_TIMES
                self.faults += self.far.faults()
                if self.restarts < 2:
                    self.far.restart(kills=self.restarts == 0)
                    self.restarts += 1
                else:
                    self.far.door.close()
                    self.closings += 1
                    self.isStopped.wait(self.dice.uniform(0.5, 2.5))
                    self.far.door.open()
        except BaseException as failure:  # told by stop(): a SystemExit would end the thread alone
            self.failure = failure

    def stop(self):
        self.isStopped.set()
        self.join()
        if self.failure:
            raise self.failure
        self.far.door.behaviour = {"pass": 1}


def compare(checks, what, far, sources):
    """The server's export against the same content imported in one piece."""
    far.server.stop()
    baseline = far.store.with_name("baseline.store")
    sources.import_all(baseline)
    got, wanted = export_digest(far.store), export_digest(baseline)
    detail = ""
    if got != wanted:
        one, two = (set(export(store).splitlines()) for store in (far.store, baseline))
        detail = f"\n        {len(one)} and {len(two)} lines; only at the server " \
                 f"{harness.short(sorted(one - two)[:3])}\n        only in the import " \
                 f"{harness.short(sorted(two - one)[:3])}"
    checks.that(f"{what}: the server's export of {wanted[1]} rows equals an import, to the octet",
                got == wanted, detail)
    lines = [json.loads(line) for line in export(far.store).splitlines()]
    for field in ("sensors", "days", "bailiwick", "dataset"):
        checks.that(f"{what}: some rows have {field}", any(field in line for line in lines))
    checks.that(f"{what}: some rows are lossy", any(
        line["vantage"] == "text" for line in lines))


def check_drained(checks, what, program, door):
    """The spool is empty, and what it says was delivered is what the server said it took."""
    page = program.wait("the spool is empty", lambda: program.page().spool("waiting") == 0
                        and program.page())
    if not checks.that(f"{what}: the spool is empty in the end", page):
        return
    lost = {name: page.spool(name) for name in ("refused", "dropped", "damaged", "left_out")}
    checks.equal(f"{what}: nothing was refused, dropped, damaged or left out",
                 lost, dict.fromkeys(lost, 0))
    checks.equal(f"{what}: rows delivered are the rows of all batches that the server took, once",
                 page.spool("delivered"), sum(door.taken.values()))


def kill_checks(checks, work, dice):
    """kill -9 at random moments, in bad times."""
    sources = growing.Sources(work)
    sources.grow(1_500)
    crash_import.write_capture(sources.captures.folder / "big.pcap", BIG_RESPONSES)
    names = [f"h{BIG_RESPONSES - 1:07d}.example.org"]
    door = gate.Gate(dice.random()).open()
    with Far(work, door) as far, relay(
            work, sources.yaml(), f"http://127.0.0.1:{door.port}") as program:
        program.start()
        program.wait("something is spooled", lambda: program.watch.last.offered("eve"))
        writer, trouble = growing.Writer(sources, dice.random()), Trouble(far, dice.random())
        writer.start()
        trouble.start()

        def is_enough():
            again = any(len(tries) > 1 for tries in door.sent().values())
            return (program.committed >= KILLS // 4 and again and door.known
                    and trouble.restarts == 2 and trouble.closings)
        for _ in rounds(KILLS, is_enough):
            time.sleep(dice.uniform(0.02, 2))
            program.kill()
            program.start(waits=False)
        writer.stop()
        trouble.stop()
        checks.equal("kill -9: the end of every file is at the server",
                     far.wait_for(program, sources.lasts() + names), [])
        check_drained(checks, "kill -9", program, door)
        checks.equal("kill -9: relay ends with 0", program.end()[0], 0)
        program.check_pages(checks, "kill -9")
        checks.equal("kill -9: the server's pages balance", trouble.faults + far.faults(), [])
        checks.that(f"kill -9: {program.committed} of {program.lives} processes spooled something",
                    program.committed >= KILLS // 4)
        again = sum(len(tries) > 1 for tries in door.sent().values())
        checks.that(f"kill -9: {len(door.sent())} batches, {again} sent more than once, "
                    f"{door.known} of them known to the server already", again and door.known)
        checks.that(f"kill -9: server restarted {trouble.restarts} times, unreachable "
                    f"{trouble.closings} times", trouble.restarts == 2 and trouble.closings)
        compare(checks, "kill -9", far, sources)


def term_checks(checks, work, dice):
    """SIGTERM at random moments: what was offered is delivered or waits, row by row."""
    sources = growing.Sources(work)
    sources.grow(500)
    door = gate.Gate(dice.random()).open()
    with Far(work, door) as far, relay(
            work, sources.yaml(), f"http://127.0.0.1:{door.port}") as program:
        door.behaviour = {"pass": 3, "slow": 2}
        writer = growing.Writer(sources, dice.random())
        program.start()
        program.wait("something is spooled", lambda: program.watch.last.offered("eve"))
        writer.start()
        rows, statuses, spooled = 0, [], []
        for _ in range(TERMS):
            time.sleep(dice.uniform(0, 2))
            statuses.append(program.end()[0])
            rows += sum(totals["stored"] for totals in program.totals().values())
            program.start()
            page = program.page()
            spooled.append((page.spool("delivered") + page.spool("waiting"), rows))
        writer.stop()
        checks.equal("SIGTERM: all end with 0", statuses, [0] * TERMS)
        # The page is newer than the account by what was spooled since the start.
        checks.that("SIGTERM: rows delivered and waiting are the rows of all processes",
                    all(0 <= got - wanted <= 5_000 for got, wanted in spooled), spooled)
        checks.equal("SIGTERM: the end of every file is at the server",
                     far.wait_for(program, sources.lasts()), [])
        check_drained(checks, "SIGTERM", program, door)
        delivered = program.page().spool("delivered")
        checks.equal("SIGTERM: relay ends with 0", program.end()[0], 0)
        rows += sum(totals["stored"] for totals in program.totals().values())
        checks.equal("SIGTERM: rows in are rows delivered", rows, delivered)
        program.check_pages(checks, "SIGTERM")
        compare(checks, "SIGTERM", far, sources)


def bulk_lines(dice, start, count):
    """Lines whose names hold as much chance as names can."""
    lines = []
    for number in range(start, start + count):
        text = base64.b32encode(dice.randbytes(145)).decode().lower()
        name = ".".join(text[at:at + 58] for at in range(0, 232, 58))
        lines.append(f"{growing.BASE + number // 20}.000000||192.0.2.7||192.0.2.53||IN||{name}"
                     f".example.com.||A||203.0.113.{number % 251 + 1}||300||1\n")
    return lines


def bound_checks(checks, work, dice):
    """The server is down for too long: the oldest rows are dropped and counted, each."""
    log = work / "bulk.log"
    log.touch()
    door = gate.Gate(dice.random())
    sources = f"sources:\n  - name: bulk\n    format: passivedns\n    follow: {log}\n"
    limit = f"  spool_max_octets: {SPOOL_OCTETS >> 20}M\n"
    with relay(work, sources, f"http://127.0.0.1:{door.port}", limit) as program:
        program.start()
        largest = 0
        for piece in range(BULK_PIECES):
            with open(log, "a") as file:
                share = BULK_ROWS // BULK_PIECES
                file.writelines(bulk_lines(dice, piece * share, share))
            done = (piece + 1) * share
            page = program.wait("the rows are spooled",
                                lambda: program.page().offered("bulk") == done and program.page())
            largest = max(largest, page.number("tidemark_spool_octets"), on_disk(work / "spool"))
        checks.that(f"bound: the spool had at most {largest} octets", largest <= SPOOL_OCTETS)
        waiting, dropped = page.spool("waiting"), page.spool("dropped")
        checks.equal("bound: rows in are rows waiting and dropped",
                     (page.outcome("bulk", "stored"), waiting + dropped, page.spool("delivered")),
                     (BULK_ROWS, BULK_ROWS, 0))
        checks.that(f"bound: {dropped} were dropped", 0 < dropped < BULK_ROWS)
        program.kill()
        page = program.start().page()
        checks.equal("bound: a process killed then knows the same",
                     (page.spool("waiting"), page.spool("dropped")), (waiting, dropped))
        with Far(work, door.open()) as far:
            program.wait("the spool is empty", lambda: program.page().spool("waiting") == 0)
            page = program.page()
            checks.equal("bound: what waited is delivered",
                         (page.spool("delivered"), page.spool("dropped")), (waiting, dropped))
            checks.equal("bound: relay ends with 0", program.end()[0], 0)
            program.check_pages(checks, "bound")
            far.server.stop()
            with open(log) as file, open(work / "newest.log", "w") as newest:
                newest.writelines(file.readlines()[dropped:])
            harness.must("import", "--store", work / "newest.store", "--format", "passivedns",
                         "--vantage", "client", work / "newest.log")
            checks.equal("bound: exactly the newest rows are at the server",
                         export_digest(far.store), export_digest(work / "newest.store"))


def on_disk(spool):
    """Octets of a spool's batches, the one that is being written left out."""
    return sum(path.stat().st_size for path in spool.rglob("*")
               if path.is_file() and not path.name.endswith((".tmp", "state", "lock")))


def https_checks(checks, work, dice):
    """HTTPS by a private authority, and a token: nothing is sent to strangers or without it."""
    if shutil.which("openssl") is None:
        checks.that("openssl is installed", False)
        return
    sources = growing.Sources(work)
    sources.grow(1_600, captures=2)
    ours, other = (gate.make_authority(work, name) for name in ("ours", "other"))
    door = gate.Gate(dice.random(), gate.server_context(work, ours)).open()
    door.token = "".join(dice.choices("0123456789abcdef", k=64))
    (work / "token").write_text("an-old-token\n")
    more = f"  token_file: {work / 'token'}\n  ca_file: "
    with Far(work, door) as far, relay(work, sources.yaml(), f"https://localhost:{door.port}",
                                       f"{more}{other}\n") as program:
        program.start()
        failed = program.wait("sending fails", lambda: "sending failed" in program.log.read_text())
        checks.that("https: an authority that is not ours is not trusted",
                    failed and not door.requests)
        checks.equal("https: relay ends with 0", program.end()[0], 0)
        program.settings = program.settings.replace(str(other), str(ours))
        program.configure(sources.yaml())
        program.start()
        program.wait("the server was asked", lambda: door.tokens["Bearer an-old-token"] > 1)
        page = program.page()
        checks.that("https: with a wrong token everything waits",
                    page.spool("waiting") and not page.spool("delivered")
                    and not page.spool("refused"))
        (work / "token").write_text(door.token + "\n")
        checks.equal("https: a new token file is used without a restart",
                     far.wait_for(program, sources.lasts()), [])
        checks.equal("https: requests have a token, the old or the new one",
                     set(door.tokens), {"Bearer an-old-token", f"Bearer {door.token}"})
        check_drained(checks, "https", program, door)
        status, metrics = program.get("/metrics")
        checks.equal("https: relay ends with 0", program.end()[0], 0)
        told = [path.name for path in [*work.glob("relay-*.log"), *(work / "spool").rglob("*")]
                if path.is_file() and door.token.encode() in path.read_bytes()]
        checks.equal("https: the token is in no log, spool or metric",
                     (told, status, door.token in metrics), ([], 200, False))
        program.check_pages(checks, "https")
        compare(checks, "https", far, sources)


PARTS = (kill_checks, term_checks, bound_checks, https_checks)


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
