"""`tidemark collect` and `relay` under test: started, killed, told to end or to read their
configuration again, and watched: every page of /metrics that is ever seen must balance.
"""
import collections
import contextlib
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

import harness
from harness import PROGRAM

STOP_SECONDS_MAX = 30
SETTLE_SECONDS_MAX = 60
PARTS = ("stored", "merged", "filtered", "malformed", "dropped")


def rounds(least, is_enough):
    """Numbers of rounds with random moments: `least`, and more until what the check is about has
    happened, ten times as many at most. How much happens between two moments is up to the machine.
    """
    for number in range(10 * least):
        if number >= least and is_enough():
            return
        yield number


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Page:
    """One page of /metrics: {(name, (label, value)...): value}."""

    LINE = re.compile(r"(\w+)(?:\{(.*)\})? ([0-9.e+-]+)")

    def __init__(self, text):
        self.values = {}
        for line in text.splitlines():
            match = Page.LINE.fullmatch(line)
            if match:
                labels = sorted(re.findall(r'(\w+)="([^"]*)"', match[2] or ""))
                self.values[(match[1], *labels)] = float(match[3])

    def sources(self):
        return [dict(key[1:])["source"] for key in self.values
                if key[0] == "tidemark_records_offered_total"]

    def number(self, name, **labels):
        return int(self.values.get((name, *sorted(labels.items())), 0))

    def offered(self, source):
        return self.number("tidemark_records_offered_total", source=source)

    def outcome(self, source, outcome):
        return self.number("tidemark_records_total", outcome=outcome, source=source)

    def event(self, source, event):
        return self.number("tidemark_source_events_total", event=event, source=source)

    def spool(self, outcome):
        """Rows of a relay's spool: waiting, or what became of them."""
        if outcome == "waiting":
            return self.number("tidemark_spool_rows")
        return self.number("tidemark_spool_rows_total", outcome=outcome)

    def faults(self):
        """What does not add up, in words."""
        found = []
        for source in self.sources():
            parts = {part: self.outcome(source, part) for part in PARTS}
            if self.offered(source) != sum(parts.values()):
                found.append(f"{source}: offered {self.offered(source)} is not {parts}")
            for part in PARTS[2:]:
                reasons = sum(int(value) for key, value in self.values.items()
                              if key[0] == "tidemark_records_refused_total"
                              and ("source", source) in key and ("outcome", part) in key)
                if reasons != parts[part]:
                    found.append(f"{source}: reasons of {part} are {reasons}, not {parts[part]}")
        return found


class Watch(threading.Thread):
    """Reads /metrics over and over as long as a program lives."""

    def __init__(self, program, pause=0.03):
        super().__init__(daemon=True)
        self.program, self.pause = program, pause
        self.pages, self.faults, self.last = 0, [], None
        self.isStopped = threading.Event()

    def run(self):
        offered = collections.Counter()
        while not self.isStopped.wait(self.pause):
            try:
                page = self.program.page()
            except OSError:
                continue
            self.pages += 1
            self.faults += page.faults()
            for source in page.sources():
                if page.offered(source) < offered[source]:
                    self.faults.append(f"{source}: offered went back to {page.offered(source)}")
                offered[source] = page.offered(source)
            self.last = page

    def stop(self):
        self.isStopped.set()
        self.join()


class Program:
    """One configuration and the processes that run it, one after another."""

    def __init__(self, work, settings, sources, command="collect", name="collect"):
        self.work, self.command, self.name = work, command, name
        self.port = free_port()
        self.settings = settings
        self.config = work / f"{name}.yaml"
        self.configure(sources)
        self.lives = self.pages = self.committed = 0
        self.faults = []
        self.process = self.watch = None

    def configure(self, sources):
        self.config.write_text(
            f"flush_seconds: 1\nroot_hints: '-'\nhttp:\n  listen: 127.0.0.1:{self.port}\n"
            f"{self.settings}{sources}")

    @property
    def log(self):
        return self.work / f"{self.name}-{self.lives}.log"

    def start(self, waits=True):
        """Starts a process; with `waits` returns when it serves metrics."""
        self.lives += 1
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, self.command, "--config", str(self.config)], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)
        self.watch = Watch(self)
        self.watch.start()
        if waits:
            self.wait("it serves metrics", lambda: self.watch.last, harness.START_SECONDS_MAX)
        return self

    def wait(self, what, condition, seconds=SETTLE_SECONDS_MAX):
        """Waits until something is true; ends the suite when the program ends before."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if self.process.poll() is not None:
                raise SystemExit(f"{self.name} ended with {self.process.returncode} before "
                                 f"{what}:\n{self.log.read_text()[-3000:]}")
            with contextlib.suppress(OSError):
                if result := condition():
                    return result
            time.sleep(0.05)
        return None

    def get(self, path):
        """Status and body of a request."""
        try:
            with urllib.request.urlopen(
                    f"http://127.0.0.1:{self.port}{path}", timeout=10) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def page(self):
        return Page(self.get("/metrics")[1])

    def knows(self, name):
        """True when a look-up finds records of a name."""
        status, body = self.get(f"/pdns/query/{name}")
        return status == 200 and f'"{name}"' in body

    def wait_for(self, names, seconds=SETTLE_SECONDS_MAX):
        """Waits until all names are found; returns those that never were."""
        missing = list(names)

        def is_done():
            missing[:] = [name for name in missing if not self.knows(name)]
            return not missing
        self.wait("everything is stored", is_done, seconds)
        return missing

    def reload(self, sources):
        """SIGHUP with new sources; returns when the log says what came of it."""
        self.configure(sources)
        before = self.told()
        self.process.send_signal(signal.SIGHUP)
        return self.wait("SIGHUP is answered", lambda: self.told() > before)

    def told(self):
        text = self.log.read_text()
        return text.count("collecting from") + text.count("the configuration stays")

    def kill(self):
        self.process.kill()
        self.closed()

    def end(self):
        """SIGTERM; returns the exit status and the seconds it took."""
        begin = time.monotonic()
        self.process.terminate()
        try:
            self.process.wait(timeout=STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.closed()
        return self.process.returncode, time.monotonic() - begin

    def closed(self):
        """Takes over what was seen of the process that has ended."""
        self.process.wait()
        self.watch.stop()
        self.pages += self.watch.pages
        self.faults += self.watch.faults
        self.committed += self.has_stored()

    def has_stored(self):
        """True when the current process, or the last one, was seen to have stored something."""
        last = self.watch.last
        return bool(last and sum(map(last.offered, last.sources())))

    def totals(self):
        """The last words of the current process: {source: {offered, stored, …}}."""
        found = {}
        for line in self.log.read_text().splitlines():
            match = re.search(r"source=(\S+) read=\d+ responses=\d+ (.*)", line)
            if match:
                found[match[1]] = {name: int(value) for name, value in
                                   re.findall(r"(?:^| )(\w+)=(\d+)", match[2])}
        return found

    def check_pages(self, checks, what):
        checks.that(f"{what}: every one of {self.pages} pages of metrics balances",
                    self.pages > 0 and not self.faults, self.faults[:3])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.kill()
