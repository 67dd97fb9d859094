"""What the interop suites share: running the program, a server on a free port, and checks.

The program under test is TIDEMARK, or .build/release/tidemark below the repository's root.
"""
import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("TIDEMARK", str(ROOT / ".build/release/tidemark"))
SHARED = pathlib.Path(os.environ.get("TIDEMARK_SHARED", ROOT.parent / "shared"))
EXAMPLES = ROOT / "Examples"
sys.path.insert(0, str(EXAMPLES))

COMMAND_SECONDS_MAX = 600
START_SECONDS_MAX = 30


class Checks:
    """Counts checks; each prints what it compares."""

    def __init__(self, suite):
        self.suite = suite
        self.passed = self.failed = 0

    def that(self, what, is_true, detail=""):
        if is_true:
            self.passed += 1
            print(f"  ok    {self.suite}: {what}")
        else:
            self.failed += 1
            print(f"  FAIL  {self.suite}: {what} {detail}".rstrip())
        sys.stdout.flush()
        return is_true

    def equal(self, what, got, wanted):
        return self.that(what, got == wanted, f"\n        got    {short(got)}"
                                              f"\n        wanted {short(wanted)}")

    def same_rows(self, what, got, wanted):
        """Compares rows as multisets and names the ones that differ."""
        got, wanted = sorted(got), sorted(wanted)
        missing = [row for row in wanted if row not in got]
        extra = [row for row in got if row not in wanted]
        doubled = len(got) - len(set(got))
        return self.that(f"{what} ({len(wanted)} rows)", got == wanted,
                         f"\n        missing {short(missing)}\n        extra   {short(extra)}"
                         f"\n        doubled {doubled}")

    def skip(self, what, why):
        print(f"  SKIP  {self.suite}: {what}: {why}")

    def finish(self):
        """Prints the closing line; to be used as the process's exit status."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0


def short(value, limit=600):
    text = repr(value)
    return text if len(text) <= limit else text[:limit] + f"… ({len(text)} characters)"


@contextlib.contextmanager
def folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-interop-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def run(*arguments, data=None, **options):
    """Runs the program; returns the completed process with its output as text."""
    return subprocess.run(
        [PROGRAM, *map(str, arguments)], input=data, capture_output=True, text=True,
        encoding="utf-8", errors="surrogateescape", timeout=COMMAND_SECONDS_MAX,
        stdin=None if data is not None else subprocess.DEVNULL, **options)


def must(*arguments, **options):
    """Runs the program; anything but exit status 0 ends the suite."""
    done = run(*arguments, **options)
    if done.returncode != 0:
        raise SystemExit(f"tidemark {' '.join(map(str, arguments))} exits "
                         f"{done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done


def import_json(store, *arguments):
    """Imports and returns the accounting object."""
    return json.loads(must("import", "--store", store, "--json", *arguments).stdout)


def sample_store(work):
    """A new store in a folder, with the samples of the repository."""
    store = work / "sample.store"
    must("import", "--store", store, EXAMPLES / "sample.pcap", EXAMPLES / "partner-feed.ndjson")
    return store


def export(store):
    return must("export", "--store", store).stdout


def export_digest(store):
    """SHA-256 and line count of an export, without holding it."""
    digest, lines = hashlib.sha256(), 0
    with subprocess.Popen([PROGRAM, "export", "--store", str(store)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE) as process:
        while block := process.stdout.read(1 << 20):
            digest.update(block)
            lines += block.count(b"\n")
    if process.returncode != 0:
        raise SystemExit(f"tidemark export exits {process.returncode}")
    return digest.hexdigest(), lines


def names_digest(store):
    """Digest of all names as a pattern finds them, and how many: they are stored apart."""
    names = must("lookup", "--store", store, "--regex", ".", "--output", "names").stdout
    return hashlib.sha256(names.encode()).hexdigest(), names.count("\n")


def rows(text):
    """COF lines as comparable tuples."""
    return [row_tuple(json.loads(line)) for line in text.splitlines()]


def row_tuple(row):
    return (row["rrname"], row["rrtype"], row["rdata"], row["time_first"], row["time_last"],
            row["count"])


class Server:
    """`tidemark serve` on a free loopback port, with further options."""

    def __init__(self, store, log, *options):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.address}"
        self.log = open(log, "w+")
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--store", str(store), "--listen", self.address, *options],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)

    def __enter__(self):
        limit = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < limit and self.process.poll() is None:
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(self.url + "/health", timeout=5) as reply:
                    if reply.status == 200:
                        return self
            time.sleep(0.05)
        self.stop()
        self.log.seek(0)
        raise SystemExit(f"tidemark serve does not answer /health:\n{self.log.read()[-2000:]}")

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def get(self, path, method="GET", headers=None, body=None):
        """Returns (status, headers, body); also for errors."""
        request = urllib.request.Request(
            self.url + path, data=body, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status, reply.headers, reply.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()


def need_program():
    if not os.access(PROGRAM, os.X_OK):
        raise SystemExit(f"{PROGRAM} does not exist; run `make build` first")


def main(suite):
    """Runs one suite as a program."""
    need_program()
    checks = Checks(pathlib.Path(sys.argv[0]).stem)
    suite(checks)
    sys.exit(checks.finish())
