#!/usr/bin/env python3
"""Bad input is refused in one clear line and never ends in a trap; stored data survives it."""
import os
import random
import resource
import signal
import subprocess

import harness
import make_sample
import truth
from harness import EXAMPLES, export, folder, must, rows, run

SEED = 53


def refusal(checks, what, done, *words):
    """Nonzero, not a signal, and a last line of standard error that says what and where."""
    checks.that(f"{what}: refused without a trap", 0 < done.returncode < 128,
                (done.returncode, done.stderr[-500:]))
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    text = lines[-1] if lines else ""
    checks.that(f"{what}: one line that names {', '.join(words)}",
                all(word in text for word in words) and len(lines) <= 2, done.stderr[-500:])


def whole_file_checks(checks, work, store):
    """Inputs that give nothing at all."""
    garbage = work / "garbage.bin"
    garbage.write_bytes(random.Random(SEED).randbytes(65_536))
    refusal(checks, "64 KiB of garbage", run("import", "--store", store, garbage), garbage.name)
    refusal(checks, "garbage as pcap",
            run("import", "--store", store, "--format", "pcap", garbage), garbage.name)
    refusal(checks, "a feed as pcap", run("import", "--store", store, "--format", "pcap",
                                          EXAMPLES / "partner-feed.ndjson"),
            "partner-feed.ndjson")
    refusal(checks, "a capture as COF", run("import", "--store", store, "--format", "cof",
                                            EXAMPLES / "sample.pcap"), "sample.pcap")
    refusal(checks, "a file that does not exist",
            run("import", "--store", store, work / "absent.pcap"), "absent.pcap")
    refusal(checks, "a folder", run("import", "--store", store, work), work.name)
    for name in ("gz", "zst", "xz"):
        magic = {"gz": b"\x1f\x8b\x08\0", "zst": b"\x28\xb5\x2f\xfd", "xz": b"\xfd7zXZ\0"}[name]
        path = work / f"broken.{name}"
        path.write_bytes(magic + b"\0\xff" * 40)
        refusal(checks, f"broken {name}", run("import", "--store", store, path), path.name)
    checks.equal("an unknown option: exit status", run("import", "--no-such").returncode, 2)
    checks.equal("an unknown format: exit status",
                 run("import", "--store", store, "--format", "pdf", garbage).returncode, 2)


def damaged_capture_checks(checks, work):
    """A capture cut inside a record keeps what came before, and says where it ends."""
    octets = (EXAMPLES / "sample.pcap").read_bytes()
    cut = work / "cut.pcap"
    cut.write_bytes(octets[:50_001])
    store = work / "cut.store"
    done = run("import", "--store", store, "--vantage", "client", cut)
    checks.that("cut capture: nonzero, no trap", 0 < done.returncode < 128,
                (done.returncode, done.stderr))
    checks.that("cut capture: names file and offset",
                "cut.pcap" in done.stderr and any(c.isdigit() for c in done.stderr), done.stderr)
    kept = rows(export(store))
    wanted = {row[:3] for row in truth.all_rows(("pcap",))}
    checks.that("cut capture: what came before is kept, nothing is invented",
                20 < len(kept) < len(wanted) and {row[:3] for row in kept} <= wanted, len(kept))
    whole = work / "whole.pcap"
    whole.write_bytes(octets)
    must("import", "--store", store, "--vantage", "client", whole)
    checks.same_rows("the whole capture after the cut one is counted once",
                     rows(export(store)), truth.all_rows(("pcap",)))


def mutation_checks(checks, work):
    """Random damage: every import ends by itself, and every export stays readable."""
    print(f"  seed {SEED}")
    dice = random.Random(SEED)
    original = (EXAMPLES / "sample.pcap").read_bytes()[:20_000]
    feed = (EXAMPLES / "partner-feed.ndjson").read_bytes()
    traps = []
    for number in range(30):
        source, suffix = (original, "pcap") if number % 2 else (feed, "ndjson")
        octets = bytearray(source)
        for _ in range(1 + dice.randrange(60)):
            octets[dice.randrange(len(octets))] = dice.randrange(256)
        path, store = work / f"mutant{number}.{suffix}", work / f"mutant{number}.store"
        path.write_bytes(octets)
        kind = "pcap" if number % 2 else "cof"
        done = run("import", "--store", store, "--format", kind, path)
        if not 0 <= done.returncode < 128:
            traps.append((path.name, done.returncode, done.stderr[-200:]))
        elif store.exists():
            rows(export(store))
    checks.equal("30 damaged files: traps", traps, [])


def store_checks(checks, work, store):
    """A store that cannot be opened, written or trusted."""
    plain = work / "file.store"
    plain.write_text("not a store\n")
    refusal(checks, "a file as store", run("lookup", "--store", plain, "x.example.com"),
            plain.name)
    refusal(checks, "a store that does not exist",
            run("lookup", "--store", work / "absent.store", "x.example.com"), "absent.store")
    checks.that("looking for it did not create it", not (work / "absent.store").exists())
    if os.geteuid() != 0:
        sealed = work / "sealed.store"
        sealed.mkdir(mode=0o000)
        refusal(checks, "an unreadable store", run("export", "--store", sealed), sealed.name)
        sealed.chmod(0o700)
    else:
        checks.skip("an unreadable store", "root may read everything")
    done = run("inspect", "--store", plain)
    checks.that("inspect of a file: no trap", 0 < done.returncode < 128, done.returncode)


def full_disk_checks(checks, work):
    """Files that cannot grow stand for a full disk; the store survives and takes the rest."""
    feed, store = work / "big.ndjson", work / "full.store"
    with open(feed, "w", encoding="ascii") as file:
        for number in range(400_000):
            file.write(make_sample.cof({
                "rrname": f"h{number}.example.org", "rrtype": "A",
                "rdata": f"198.51.100.{number % 250}", "time_first": 1_700_000_000,
                "time_last": 1_700_000_000 + number}) + "\n")
    must("import", "--store", store, "--vantage", "client", EXAMPLES / "sample.pcap")
    before = export(store)

    def limit():
        # Ignored, the signal turns into an error of write(), as on a full disk.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))

    done = subprocess.run([harness.PROGRAM, "import", "--store", store, feed],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=harness.COMMAND_SECONDS_MAX, preexec_fn=limit)
    refusal(checks, "a full disk", done, store.name)
    after = {row[:3] for row in rows(export(store))}
    checks.that("a full disk loses nothing that was stored",
                {row[:3] for row in rows(before)} <= after)
    must("import", "--store", store, feed)
    left = rows(export(store))
    checks.equal("the same import with room: every row once",
                 (len(left), sum(row[5] for row in left)),
                 (len(rows(before)) + 400_000, sum(row[5] for row in rows(before)) + 400_000))


def suite(checks):
    with folder() as work:
        store = work / "good.store"
        must("import", "--store", store, "--vantage", "client", EXAMPLES / "sample.pcap")
        before = export(store)
        whole_file_checks(checks, work, store)
        checks.that("refused inputs change nothing", export(store) == before)
        damaged_capture_checks(checks, work)
        mutation_checks(checks, work)
        store_checks(checks, work, store)
        full_disk_checks(checks, work)


if __name__ == "__main__":
    harness.main(suite)
