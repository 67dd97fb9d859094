"""What bench.py and its parts share: rows of the table, programs that are run, servers."""
import contextlib
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
TIDEMARK = ROOT / ".build/release/tidemark"
BENCH = ROOT / ".build/release/tidemark-bench"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(*arguments):
    """A program for the time of a block, whatever becomes of the block."""
    with subprocess.Popen([str(a) for a in arguments], stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_until(what, condition, seconds=120):
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            raise SystemExit(f"bench: waited {seconds} s in vain until {what}")
        time.sleep(0.02)


class Row:
    """One line of the table."""

    def __init__(self, what, measured, target, is_met):
        self.what, self.measured, self.target, self.is_met = what, measured, target, is_met

    def line(self):
        met = "yes" if self.is_met else "**no**"
        return f"| {self.what} | {self.measured} | {self.target} | {met} |"


def note(text):
    print(text, file=sys.stderr, flush=True)


def command(*arguments, **options):
    """Runs to the end; returns (seconds, peak memory in octets, standard output)."""
    begin = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen([str(a) for a in arguments], stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=subprocess.PIPE, **options)
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - begin
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if process.returncode != 0:
        raise SystemExit(f"{arguments[0]} exits {process.returncode}: {errors[-800:]!r}")
    return seconds, usage.ru_maxrss * 1024, text


def figures(*arguments):
    """The `key value` lines of tidemark-bench."""
    text = command(BENCH, *arguments)[2]
    return {key: float(value) for key, value in re.findall(r"^(\w+) ([\d.]+)$", text, re.M)}


def median(values):
    return statistics.median(values)


def article(word):
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def fetch(url):
    with urllib.request.urlopen(url, timeout=30) as reply:
        return reply.read()


def metric(port, name, label=""):
    """A number of a collector with one source; 0 while it is not there."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as reply:
            text = reply.read().decode()
    except OSError:
        return 0
    found = re.search(rf'^{name}{{[^}}]*source="tap"[^}}]*}} (\S+)$' if not label else
                      rf'^{name}{{[^}}]*source="tap"[^}}]*{label}[^}}]*}} (\S+)$', text, re.M)
    return float(found[1]) if found else 0


class Address(str):
    """HOST:PORT of a server, and the number of its process."""

    process = 0


@contextlib.contextmanager
def served(program, *arguments):
    """A server on a free loopback port; yields its Address once it accepts connections."""
    address = Address(f"127.0.0.1:{free_port()}")
    process = subprocess.Popen([str(program), *map(str, arguments), "--listen", address],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    address.process = process.pid
    try:
        host, port = address.split(":")
        limit = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 1):
                break
            if process.poll() is not None or time.monotonic() > limit:
                raise SystemExit(f"{program} {arguments[0]} does not listen on {address}")
            time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def wrk(address, script):
    """Requests per second over ten seconds; an answer that is not 200 ends the run."""
    text = command("wrk", "-t2", "-c32", "-d10s", "-s", script, f"http://{address}/")[2]
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(text)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
