#!/usr/bin/env python3
"""`tidemark compact`: the store becomes smaller and holds what it held, also when the disk is full,
when it is killed midway, and when somebody else has the store.
"""
import json
import pathlib
import random
import subprocess

import harness
from harness import PROGRAM, Server, export_digest, folder, must, names_digest, run
from small_disk import fill, small_disk

IMPORTS, LINES = 4, 30_000
DISK_OCTETS = 160 << 20
# After so many seconds it is killed.
MOMENTS = [0.05, 0.1, 0.2, 0.4]


def fill_store(store, work):
    """Imports that leave several files; half of the names come in each of them."""
    dice = random.Random(1)
    for part in range(IMPORTS):
        names = [f"h{dice.randrange(LINES)}.p{dice.choice(['', part])}.example"
                 for _ in range(LINES)]
        lines = [json.dumps({"rrname": name, "rrtype": "A", "rdata": f"192.0.2.{number % 256}",
                             "time_first": 1_700_000_000 + part, "time_last": 1_700_000_100 + part,
                             "count": 1 + number % 7}) for number, name in enumerate(names)]
        (work / "part.ndjson").write_text("\n".join(lines) + "\n")
        must("import", "--store", store, "--format", "cof", work / "part.ndjson")


def content(store):
    """What the store holds: every record, and the names that a search walks."""
    return export_digest(store), names_digest(store)


def levels(store):
    """Levels with files, for each family."""
    families = json.loads(must("inspect", "--store", store, "--json").stdout)["families"]
    return [len(family["levels"]) for family in families]


def octets(store):
    return sum(path.stat().st_size for path in pathlib.Path(store).glob("*.sst"))


def one_line(done):
    """Status 1 and one line that says why."""
    return (done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1
            and done.stderr.startswith("tidemark: "))


def full_disk_checks(checks, work):
    with small_disk(work / "disk", DISK_OCTETS) as disk:
        if disk is None:
            checks.skip("full disk", "needs root to mount a tmpfs")
            return
        store = disk / "store"
        fill_store(store, work)
        held, size = content(store), octets(store)
        for left in (size // 8, size // 5):
            fill(disk / "ballast", left)
            done = run("compact", "--store", store)
            checks.that(f"full disk, {left} octets left: status 1 and one line", one_line(done),
                        (done.returncode, done.stdout, done.stderr))
            (disk / "ballast").unlink()
            checks.that("full disk: nothing is lost", content(store) == held)
        checks.that("room again: works", run("compact", "--store", store).returncode == 0)
        checks.that("room again: nothing is lost", content(store) == held)
        checks.equal("room again: one level for each family", levels(store), [1, 1, 1, 1])


def kill_checks(checks, work):
    store = work / "killed.store"
    fill_store(store, work)
    held = content(store)
    killed = 0
    for moment in MOMENTS:
        with subprocess.Popen([PROGRAM, "compact", "--store", store], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(timeout=moment)
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
        checks.that(f"killed after {moment} s: nothing is lost", content(store) == held)
    checks.that("it was killed at least once", killed > 0, killed)


def plain_checks(checks, work):
    store = work / "plain.store"
    fill_store(store, work)
    held, size = content(store), octets(store)
    checks.that("before: several levels or files", sum(levels(store)) > 4 or len(
        list(store.glob("*.sst"))) > 4, levels(store))
    with Server(store, work / "serve.log"):
        done = run("compact", "--store", store)
        checks.that("a running server: status 1 and one line with its number",
                    one_line(done) and "process" in done.stderr, (done.returncode, done.stderr))
    done = run("compact", "--store", store)
    checks.equal("compact: status", (done.returncode, done.stderr), (0, ""))
    checks.that("compact: says both sizes", done.stdout.startswith("octets on disk: "), done.stdout)
    checks.that("compact: the store holds what it held", content(store) == held)
    checks.equal("compact: one level for each family", levels(store), [1, 1, 1, 1])
    checks.that("compact: the store is smaller", octets(store) < size, (size, octets(store)))
    for what in (work / "nowhere", work):
        done = run("compact", "--store", what)
        checks.that("no store: status 1 and one line", one_line(done),
                    (done.returncode, done.stderr))
    checks.that("no store: none was made", not (work / "nowhere").exists())


def suite(checks):
    with folder() as work:
        plain_checks(checks, work)
        full_disk_checks(checks, work)
        kill_checks(checks, work)


if __name__ == "__main__":
    harness.main(suite)
