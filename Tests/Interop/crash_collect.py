#!/usr/bin/env python3
"""`tidemark collect` killed, ended, reloaded and out of disk: nothing is lost, nothing twice.

    crash_collect.py [SEED]

Three logs grow and rotate, captures are dropped into a folder. The collector is killed (kill -9) at
twenty random moments, then ended by SIGTERM, then reloaded, then its disk is full for a while. Each
time the export must be that of an uninterrupted run over the same content, to the octet, and its
rows those that were written.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import time

import crash_import
import growing
import harness
from harness import PROGRAM, export, export_digest, folder
from small_disk import fill, small_disk
from watched import Program, rounds

KILLS = int(os.environ.get("CRASHES", "20"))
TERMS = 6
BIG_RESPONSES = int(os.environ.get("RESPONSES", "60000"))
BIG_LAST = f"h{BIG_RESPONSES - 1:07d}.example.org"
DISK_OCTETS = 96 << 20


def collector(work, sources, names=growing.NAMES, whole=False, name="collect",
              store=None):
    return Program(work, f"store: {store or work / 'store'}\n", sources.yaml(names, whole),
                   name=name)


def written_rows(text):
    """{(rrname, rrtype, rdata): (first, last, count)} of an export."""
    found = {}
    for line in text.splitlines():
        row = json.loads(line)
        key = (row["rrname"], row["rrtype"], row["rdata"])
        old = found.get(key)
        found[key] = (row["time_first"], row["time_last"], row["count"])
        if old:
            raise SystemExit(f"{key} is there twice, with different vantage or dataset")
    return found


def truth(sources):
    """The rows of all sources; no two sources have names in common but for targets of aliases."""
    rows = {}
    for part in sources.truths.values():
        rows.update(part.rows)
    return rows


def compare(checks, what, store, sources, wanted=None):
    """The export against the truth and against the same content imported in one piece."""
    baseline = store.with_name("baseline.store")
    sources.import_all(baseline)
    got, calm = export_digest(store), export_digest(baseline)
    checks.that(f"{what}: export of {calm[1]} rows equals that of an import, to the octet",
                got == calm, first_difference(store, baseline))
    rows = {key: value for key, value in written_rows(export(store)).items()
            if not is_big(key[0])}
    true = wanted or truth(sources)
    different = [(key, rows.get(key), true.get(key)) for key in {**rows, **true}
                 if rows.get(key) != true.get(key)]
    checks.that(f"{what}: {len(true)} rows are those that were written",
                not different and true, harness.short(different))
    shutil.rmtree(baseline)


def is_big(name):
    return name.startswith("h0") and name.endswith(".example.org")


def first_difference(store, other):
    one, two = export(store).splitlines(), export(other).splitlines()
    only = [sorted(set(one) - set(two))[:2], sorted(set(two) - set(one))[:2]]
    return f"\n        {len(one)} and {len(two)} lines; only here {harness.short(only[0])}" \
           f"\n        only there {harness.short(only[1])}"


def kill_checks(checks, work, dice):
    """kill -9 at random moments while everything grows."""
    sources = growing.Sources(work)
    sources.grow(3_000)
    crash_import.write_capture(sources.captures.folder / "big.pcap", BIG_RESPONSES)
    with collector(work, sources) as program:
        program.start()
        # Before the first commit nobody knows the collector; what is rotated then is not its own.
        program.wait("something is stored", lambda: program.watch.last.offered("eve"))
        writer = growing.Writer(sources, dice.random())
        writer.start()
        logs, moments = sources.logs.values(), []
        for _ in rounds(KILLS, lambda: program.committed >= KILLS // 4
                        and min(log.rotations for log in logs) > 0):
            moments.append(dice.uniform(0.02, 2.2))
            time.sleep(moments[-1])
            program.kill()
            time.sleep(dice.uniform(0, 0.3))
            program.start(waits=False)
        writer.stop()
        checks.equal("kill -9: the end of every file is stored",
                     program.wait_for(sources.lasts() + [BIG_LAST]), [])
        checks.equal("kill -9: collect ends with 0", program.end()[0], 0)
        program.check_pages(checks, "kill -9")
        checks.that(f"kill -9: {program.committed} of {program.lives} processes stored something",
                    program.committed >= KILLS // 4)
        rotations = [log.rotations for log in logs]
        checks.that(f"kill -9: logs were rotated {rotations} times, "
                    f"{len(sources.captures.names)} captures dropped", min(rotations) > 0)
        print(f"  killed after {', '.join(f'{moment:.2f}' for moment in moments)} s")
        compare(checks, "kill -9", work / "store", sources)
    with collector(work, sources, whole=True, name="calm", store=work / "calm") as calm:
        calm.start()
        checks.equal("uninterrupted: the end of every file is stored",
                     calm.wait_for(sources.lasts() + [BIG_LAST]), [])
        checks.equal("uninterrupted: collect ends with 0", calm.end()[0], 0)
    checks.equal("kill -9: export equals that of an uninterrupted collect",
                 export_digest(work / "store"), export_digest(work / "calm"))


def check_totals(checks, what, lives, sources, names=growing.NAMES):
    """Accounts of several processes against what was written."""
    for name in names:
        part = sources.truths[name]
        sums = {}
        for totals in lives:
            for key, value in totals.get(name, {}).items():
                sums[key] = sums.get(key, 0) + value
        wanted = {**part.account, "observations": part.observations, "stored": len(part.rows)}
        got = {key: sums.get(key, 0) for key in wanted}
        got["observations"] = sums.get("stored", 0) + sums.get("merged", 0)
        checks.equal(f"{what}: account of {name} over {len(lives)} processes", got, wanted)


def term_checks(checks, work, dice):
    """SIGTERM at random moments: each process ends with 0, and their accounts add up."""
    sources = growing.Sources(work)
    sources.grow(500)
    with collector(work, sources) as program:
        program.start()
        program.wait("something is stored", lambda: program.watch.last.offered("eve"))
        writer = growing.Writer(sources, dice.random())
        writer.start()
        lives, statuses, seconds = [], [], 0
        for number in range(TERMS):
            time.sleep(dice.uniform(0, 2))
            if number == TERMS - 1:
                writer.stop()
                missing = program.wait_for(sources.lasts())
            status, took = program.end()
            statuses.append(status)
            seconds = max(seconds, took)
            lives.append(program.totals())
            if number < TERMS - 1:
                program.start()
        checks.equal("SIGTERM: all end with 0", statuses, [0] * TERMS)
        checks.that(f"SIGTERM: within {seconds:.1f} s", seconds < 5)
        checks.equal("SIGTERM: the end of every file is stored", missing, [])
        check_totals(checks, "SIGTERM", lives, sources)
        program.check_pages(checks, "SIGTERM")
        compare(checks, "SIGTERM", work / "store", sources)


def reload_checks(checks, work, dice):
    """SIGHUP: a source more, one less, one that goes on; and configurations that are broken."""
    sources = growing.Sources(work)
    sources.grow(400, captures=2)
    everything = {**sources.truths}
    with collector(work, sources, ("eve", "passivedns")) as program:
        program.start()
        logs = [sources.logs["eve"].last, sources.logs["passivedns"].last]
        checks.equal("SIGHUP: two sources are read", program.wait_for(logs), [])
        before = program.page()
        checks.that("SIGHUP: is answered", program.reload(sources.yaml(("eve", "taps"))))
        removed_at = sources.logs["passivedns"].number
        sources.grow(300)
        wanted = [sources.logs["eve"].last] + sources.captures.names
        checks.equal("SIGHUP: a source that was added is read, one that stayed goes on",
                     program.wait_for(wanted), [])
        page = program.page()
        checks.equal("SIGHUP: the one that stayed has read nothing twice",
                     page.offered("eve"), everything["eve"].account["offered"])
        checks.equal("SIGHUP: the one that was removed reads no more and keeps its account",
                     page.offered("passivedns"), before.offered("passivedns"))
        checks.that("SIGHUP: nothing is found of what it missed",
                    not program.knows(sources.logs["passivedns"].last), removed_at)
        for what, text in (("no YAML", "sources: [\n"), ("an unknown setting", "nonsense: 1\n"),
                           ("an unknown format", sources.yaml(("eve",)).replace(
                               "format: eve", "format: runes"))):
            told = program.reload(text)
            sources.logs["eve"].append(50)
            checks.that(f"SIGHUP, {what}: is answered, and the old one goes on", told and
                        not program.wait_for([sources.logs["eve"].last]))
        checks.equal("SIGHUP, broken: nothing was read twice", program.page().offered("eve"),
                     everything["eve"].account["offered"])
        program.reload(sources.yaml())
        checks.equal("SIGHUP: a source that comes back goes on where it was",
                     program.wait_for(sources.lasts()), [])
        checks.equal("SIGHUP: collect ends with 0", program.end()[0], 0)
        check_totals(checks, "SIGHUP", [program.totals()], sources)
        program.check_pages(checks, "SIGHUP")
        compare(checks, "SIGHUP", work / "store", sources)


def full_disk_checks(checks, work, dice):
    """The disk is full for a while: collect waits, answers, and goes on."""
    with small_disk(work / "disk", DISK_OCTETS) as disk:
        if disk is None:
            checks.skip("full disk", "needs root to mount a tmpfs")
            return
        sources = growing.Sources(work)
        sources.grow(2_000, captures=2)
        known = sources.logs["eve"].last
        with collector(work, sources, store=disk / "store") as program:
            program.start()
            checks.equal("full disk: all is stored while there is room",
                         program.wait_for(sources.lasts()), [])
            ballast = disk / "ballast"
            fill(ballast, 256 << 10)
            writer = growing.Writer(sources, dice.random(), lines=400)
            writer.start()
            checks.that("full disk: the log says that it cannot write", program.wait(
                "the log says so", lambda: "cannot write" in program.log.read_text(), 40))
            # Not an octet is left, for longer than anybody keeps lines of a log in memory.
            fill(disk / "rest", 0)
            answers = []
            for _ in range(75):
                answers.append(program.knows(known) and not program.page().faults())
                time.sleep(0.2)
            checks.equal("full disk: look-ups and metrics are answered", answers, [True] * 75)
            stuck = program.page()
            ballast.unlink()
            (disk / "rest").unlink()
            writer.stop()
            checks.equal("full disk: goes on by itself when there is room, all is stored",
                         program.wait_for(sources.lasts()), [])
            checks.that("full disk: the sources waited", any(
                program.page().offered(name) > stuck.offered(name) for name in stuck.sources()))
            checks.equal("full disk: collect ends with 0", program.end()[0], 0)
            check_totals(checks, "full disk", [program.totals()], sources)
            program.check_pages(checks, "full disk")
            shutil.copytree(disk / "store", work / "store")
            compare(checks, "full disk", work / "store", sources)


PARTS = (kill_checks, term_checks, reload_checks, full_disk_checks)


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
