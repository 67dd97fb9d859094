#!/usr/bin/env python3
"""Live capture of a virtual cable: what is sent is decoded, or counted as dropped by the kernel.

    live_capture.py [RESPONSES]

A pair of virtual interfaces in a network namespace of its own; tcpreplay sends into one end,
`tidemark collect` captures the other. RESPONSES (default 450,000) sets how many are sent at the
rated speed of 150,000 responses a second, each after its query.
"""
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import time

import crash_import
import harness
import lab
from harness import PROGRAM, folder

RESPONSES = int(sys.argv[1]) if len(sys.argv) > 1 else 450_000
PACKETS_PER_SECOND = 300_000
START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 30
# Longest time between the arrival of a packet and its end in the counters, with reserve.
SETTLE_SECONDS = 1.5


def cable(near="tx0", far="rx0"):
    """Makes the cable. Its ends say nothing of their own: no addresses, no neighbours."""
    subprocess.run(["ip", "link", "add", near, "type", "veth", "peer", "name", far], check=True)
    for end in (near, far):
        pathlib.Path(f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6").write_text("1")
        subprocess.run(["ip", "link", "set", end, "mtu", "9000", "up"], check=True)


def replay(capture, rate=None, loops=1, interface="tx0"):
    """Sends a capture file; returns (packets sent, packets a second)."""
    speed = [f"--pps={rate}"] if rate else ["--topspeed"]
    done = subprocess.run(
        ["tcpreplay", "--quiet", "--preload-pcap", *speed, f"--loop={loops}", "-i", interface,
         str(capture)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=600)
    sent = re.search(r"Actual: (\d+) packets", done.stdout)
    rated = re.search(r"([\d.]+) pps", done.stdout)
    failed = re.search(r"Failed packets:\s+(\d+)", done.stdout)
    if done.returncode != 0 or not sent or not rated or (failed and int(failed[1])):
        raise SystemExit(f"tcpreplay: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return int(sent[1]), float(rated[1])


class Collector:
    """`tidemark collect` on interfaces, with a store of its own."""

    def __init__(self, work, name, interfaces=("rx0",), options=""):
        self.config, self.log = work / f"{name}.yaml", work / f"{name}.log"
        listed = ", ".join(interfaces)
        self.config.write_text(
            f"store: {work / name}.store\nflush_seconds: 1\nfilter:\n  standard: false\nsources:\n"
            f"  - name: tap\n    format: pcap\n    interface: [{listed}]\n    vantage: client\n"
            + options)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "collect", "--config", str(self.config)], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)
        limit = time.monotonic() + START_SECONDS_MAX
        while "collecting from 1 source" not in self.text():
            if self.process.poll() is not None or time.monotonic() > limit:
                raise SystemExit(f"tidemark collect does not start:\n{self.text()[-2000:]}")
            time.sleep(0.05)

    def text(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self):
        """Ends it; returns its exit status and the totals it says last, by name."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        lines = [line for line in self.text().splitlines() if "source=tap " in line]
        if not lines:
            raise SystemExit(f"no account:\n{self.text()[-2000:]}")
        totals = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", lines[-1])}
        totals.update({reason: int(value) for reason, value
                       in re.findall(r"[(,]([a-z-]+)=(\d+)", lines[-1])})
        return status, totals


def account_checks(checks, what, status, totals, sent):
    """The law of loss, and the identity of the account."""
    dropped = totals.get("kernel_dropped", 0)
    checks.equal(f"{what}: exit status", status, 0)
    checks.equal(f"{what}: sent = decoded + dropped by the kernel",
                 totals["packets_decoded"] + dropped, sent)
    checks.equal(f"{what}: the kernel says the same", totals["kernel_received"], sent)
    parts = sum(totals.get(part, 0) for part in
                ("stored", "merged", "filtered", "malformed", "dropped"))
    checks.equal(f"{what}: offered = stored + merged + filtered + malformed + dropped",
                 totals["offered"], parts)
    return dropped


def frames(path):
    """Packet records of a capture file: (header, frame)."""
    octets = path.read_bytes()
    at = 24
    while at < len(octets):
        size = struct.unpack_from("<I", octets, at + 8)[0]
        yield octets[at:at + 8], octets[at + 16:at + 16 + size]
        at += 16 + size


def rewrite(source, target, change):
    """Copies a capture file; `change` gives the frames that each frame becomes."""
    with open(target, "wb", buffering=1 << 22) as file:
        file.write(source.read_bytes()[:24])
        for stamp, frame in frames(source):
            for changed in change(frame):
                file.write(stamp + struct.pack("<II", len(changed), len(changed)) + changed)
    return target


def speed_checks(checks, work, capture, responses):
    """Nothing is lost at the rated speed."""
    collector = Collector(work, "speed")
    loops = max(1, RESPONSES // responses)
    sent, rate = replay(capture, rate=PACKETS_PER_SECOND, loops=loops)
    time.sleep(SETTLE_SECONDS)
    status, totals = collector.stop()
    dropped = account_checks(checks, "rated speed", status, totals, sent)
    checks.equal("rated speed: responses", totals["responses"] + dropped, responses * loops)
    checks.equal(f"rated speed: lost at {rate / 2:,.0f} responses/s", dropped, 0)
    if rate < 0.98 * PACKETS_PER_SECOND:
        checks.skip(f"{PACKETS_PER_SECOND // 2:,} responses/s",
                    f"tcpreplay reaches {rate / 2:,.0f} here while the collector runs")


def overload_checks(checks, work, capture):
    """A collector that stands still loses packets, and counts each."""
    collector = Collector(work, "overload", options="    buffer_octets: 1048576\n")
    collector.process.send_signal(signal.SIGSTOP)
    sent, _ = replay(capture)
    collector.process.send_signal(signal.SIGCONT)
    time.sleep(SETTLE_SECONDS)
    status, totals = collector.stop()
    dropped = account_checks(checks, "overload", status, totals, sent)
    checks.that("overload: something was lost, something was not", 0 < dropped < sent, totals)
    checks.equal("overload: the account has what the kernel dropped", totals.get("kernel"), dropped)


def shape_checks(checks, work, capture, responses):
    """Copies of a mirror port and tagged frames: the same observations, each once."""
    def tag(frame, *tags):
        return frame[:12] + b"".join(struct.pack(">HH", kind, number) for kind, number in tags) \
            + frame[12:]
    shapes = {
        "plain": lambda frame: [frame],
        "every packet twice": lambda frame: [frame, frame],
        "one tag": lambda frame: [tag(frame, (0x8100, 42))],
        "two tags": lambda frame: [tag(frame, (0x88A8, 7), (0x8100, 42))],
    }
    for number, (what, change) in enumerate(shapes.items()):
        file = rewrite(capture, work / f"shape{number}.pcap", change)
        collector = Collector(work, f"shape{number}")
        sent, _ = replay(file, rate=50_000)
        time.sleep(SETTLE_SECONDS)
        status, totals = collector.stop()
        account_checks(checks, what, status, totals, sent)
        checks.equal(f"{what}: observations", totals["stored"] + totals["merged"], responses)


def direction_checks(checks, work, capture, responses):
    """A tap with an interface for each direction: answers still find their questions."""
    def is_query(frame):
        return frame[36:38] == b"\0\x35"
    queries = rewrite(capture, work / "up.pcap", lambda frame: [frame] if is_query(frame) else [])
    replies = rewrite(capture, work / "down.pcap",
                      lambda frame: [] if is_query(frame) else [frame])
    cable("tx1", "rx1")
    collector = Collector(work, "directions", interfaces=("rx1", "rx0"))
    first = subprocess.Popen(
        ["tcpreplay", "-q", "-K", "--pps=10000", "-i", "tx0", str(queries)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.2)
    replay(replies, rate=8_000, interface="tx1")
    first.wait()
    time.sleep(SETTLE_SECONDS)
    status, totals = collector.stop()
    account_checks(checks, "two interfaces", status, totals, 2 * responses)
    checks.equal("two interfaces: observations", totals["stored"] + totals["merged"], responses)


def interface_checks(checks, work, capture, responses):
    """An interface that goes down comes back; one that vanishes is reported."""
    collector = Collector(work, "down")
    half, _ = replay(capture, rate=50_000)
    time.sleep(SETTLE_SECONDS)
    for state in ("down", "up"):
        subprocess.run(["ip", "link", "set", "rx0", state], check=True)
        time.sleep(0.3)
    sent, _ = replay(capture, rate=50_000)
    time.sleep(SETTLE_SECONDS)
    status, totals = collector.stop()
    account_checks(checks, "down and up", status, totals, half + sent)
    checks.equal("down and up: responses", totals["responses"], 2 * responses)

    collector = Collector(work, "gone")
    sent, _ = replay(capture, rate=50_000)
    time.sleep(SETTLE_SECONDS)
    subprocess.run(["ip", "link", "del", "rx0"], check=True)
    limit = time.monotonic() + 5
    while "rx0" not in collector.text() and time.monotonic() < limit:
        time.sleep(0.05)
    checks.that("a vanished interface is reported", "rx0" in collector.text(), collector.text())
    status, totals = collector.stop()
    checks.equal("a vanished interface: exit status", status, 0)
    checks.equal("a vanished interface: what came before", totals["responses"], responses)


def suite(checks):
    for program in ("ip", "tcpreplay"):
        if not shutil.which(program):
            checks.that(f"{program} is installed", False)
            return
    cable()
    with folder() as work:
        crash_import.ANSWERS = 1
        small, large = work / "small.pcap", work / "large.pcap"
        crash_import.write_capture(small, 20_000)
        crash_import.write_capture(large, 150_000)
        speed_checks(checks, work, large, 150_000)
        overload_checks(checks, work, large)
        shape_checks(checks, work, small, 20_000)
        direction_checks(checks, work, small, 20_000)
        interface_checks(checks, work, small, 20_000)


if __name__ == "__main__":
    harness.need_program()
    lab.isolate()
    harness.main(suite)
