#!/usr/bin/env python3
"""Importing twice adds nothing; order, cutting and packing of inputs change nothing."""
import gzip
import json
import random
import shutil
import subprocess

import harness
import make_sample
import truth
from harness import EXAMPLES, export, folder, import_json, must, rows

SEED = 20_250_311


def total(account, name):
    """A number of the accounting, whether it is given as a sum or by reason."""
    value = account.get(name, 0)
    return sum(value.values()) if isinstance(value, dict) else value


def accounting_checks(checks, what, account):
    parts = ("stored", "merged", "filtered", "malformed", "dropped")
    checks.that(f"{what}: offered = stored + merged + filtered + malformed + dropped",
                total(account, "offered") == sum(total(account, p) for p in parts), account)


def repeat_checks(checks, work):
    """The sample, then the sample again."""
    store = work / "twice.store"
    capture, feed = EXAMPLES / "sample.pcap", EXAMPLES / "partner-feed.ndjson"
    first = import_json(store, "--vantage", "client", capture)
    accounting_checks(checks, "capture", first)
    checks.same_rows("export after the capture alone", rows(export(store)),
                     truth.all_rows(("pcap",)))
    answers = [answer for _, _, _, found in make_sample.transactions() for answer in found]
    checks.equal("capture: observations", total(first, "stored") + total(first, "merged"),
                 len(answers) + 1)
    checks.equal("capture: new records", total(first, "stored"), len(truth.all_rows(("pcap",))))
    accounting_checks(checks, "feed", import_json(store, "--vantage", "client", feed))
    once = export(store)
    checks.same_rows("export after capture and feed", rows(once), truth.all_rows())
    for path in (capture, feed):
        again = import_json(store, "--vantage", "client", path)
        checks.equal(f"{path.name} again: stored and merged",
                     (total(again, "stored"), total(again, "merged")), (0, 0))
    checks.that("export is the same octets after importing again", export(store) == once)
    return once


def growth_checks(checks, work):
    """A feed that was imported and then grew: only what is new is added."""
    lines = (EXAMPLES / "partner-feed.ndjson").read_text().splitlines(keepends=True)
    feed, store = work / "growing.ndjson", work / "growing.store"
    feed.write_text("".join(lines[:10]))
    import_json(store, feed)
    feed.write_text("".join(lines))
    import_json(store, feed)
    checks.same_rows("a feed that grew is counted once", rows(export(store)),
                     truth.all_rows(("feed",)))


def rows_for_shuffling(count):
    """Observations with many collisions, so that every kind of merge happens."""
    dice = random.Random(SEED)
    for _ in range(count):
        first = 1_700_000_000 + dice.randrange(40_000_000)
        yield make_sample.cof({
            "rrname": f"host{dice.randrange(300)}.example.org", "rrtype": "A",
            "rdata": f"198.51.100.{dice.randrange(8)}", "count": 1 + dice.randrange(9),
            "time_first": first, "time_last": first + dice.randrange(3) * 86_400,
            "sensor_id": f"sensor-{dice.randrange(5)}"}) + "\n"


def order_checks(checks, work):
    lines = list(rows_for_shuffling(20_000))
    expected = {}
    for row in map(json.loads, lines):
        key = (row["rrname"], row["rrtype"], row["rdata"])
        old = expected.get(key, (row["time_first"], row["time_last"], 0))
        expected[key] = (min(old[0], row["time_first"]), max(old[1], row["time_last"]),
                         old[2] + row["count"])
    whole = work / "whole.ndjson"
    whole.write_text("".join(lines))
    import_json(work / "whole.store", whole)
    wanted = export(work / "whole.store")
    checks.equal("sums of 20,000 rows with collisions", sorted(rows(wanted)),
                 sorted(key + value for key, value in expected.items()))
    print(f"  seed {SEED}")
    dice = random.Random(SEED + 1)
    for attempt in range(3):
        dice.shuffle(lines)
        store = work / f"shuffled{attempt}.store"
        cuts = [0] + sorted(dice.sample(range(len(lines)), 5)) + [len(lines)]
        parts = []
        for number, (start, end) in enumerate(zip(cuts, cuts[1:])):
            parts.append(work / f"part{attempt}-{number}.ndjson")
            parts[-1].write_text("".join(lines[start:end]))
        import_json(store, *parts[:3])
        import_json(store, *parts[3:])
        checks.that(f"shuffle {attempt} in six files: equal octets", export(store) == wanted)


def packing_checks(checks, work, wanted):
    """gzip, zstd and xz by magic, and standard input, give the same store as plain files."""
    feed = EXAMPLES / "partner-feed.ndjson"
    for name, pack in (("gz", ["gzip", "-c"]), ("zst", ["zstd", "-q", "-c"]),
                       ("xz", ["xz", "-c"])):
        if not shutil.which(pack[0]):
            checks.that(f"{pack[0]} is installed", False)
            continue
        store, capture = work / f"{name}.store", work / f"packed-capture-{name}"
        for source, target in ((EXAMPLES / "sample.pcap", capture), (feed, work / f"f.{name}")):
            with open(target, "wb") as file:
                subprocess.run([*pack, source], stdout=file, check=True)
        import_json(store, "--vantage", "client", capture, work / f"f.{name}")
        checks.that(f"{name}: equal octets", export(store) == wanted)
    store = work / "stdin.store"
    for path in (EXAMPLES / "sample.pcap", feed):
        with open(path, "rb") as file:
            done = subprocess.run(
                [harness.PROGRAM, "import", "--store", store, "--vantage", "client", "-"],
                stdin=file, capture_output=True, timeout=harness.COMMAND_SECONDS_MAX)
        checks.equal(f"standard input, {path.name}: exit status", done.returncode, 0)
    checks.that("standard input: equal octets", export(store) == wanted)
    # Two members, one after the other, are one file (RFC 1952 section 2.2).
    octets = feed.read_bytes()
    half = octets.index(b"\n", len(octets) // 2) + 1
    double = work / "members.gz"
    double.write_bytes(gzip.compress(octets[:half]) + gzip.compress(octets[half:]))
    must("import", "--store", work / "members.store", double)
    checks.same_rows("gzip of two members", rows(export(work / "members.store")),
                     truth.all_rows(("feed",)))


def suite(checks):
    with folder() as work:
        wanted = repeat_checks(checks, work)
        growth_checks(checks, work)
        order_checks(checks, work)
        packing_checks(checks, work, wanted)


if __name__ == "__main__":
    harness.main(suite)
