#!/usr/bin/env python3
"""Captures against independent readers; needs the shared data folder, skipped without it.

    oracle_captures.py [NAME]...     only captures whose name contains one of these

1. Fixtures: each capture gives exactly its expected records.
2. Real captures with `--unmatched accept`: what referee.py accepts is reported, with counts and
   times, and nothing else. What the oracle lists and we leave out, and what remains different, is
   in known_differences.tsv with number and rule: any other number is a failure, either way.
"""
import collections
import json
import pathlib
import sys

import harness
from harness import SHARED, export, folder, rows, run

# Kinds whose rule the referee finds by itself; the rule of the others is our explanation.
RULED = ("left-out", "fewer", "odd-taken", "odd-left")
KNOWN = pathlib.Path(__file__).with_name("known_differences.tsv")


def wanted_names(path):
    return len(sys.argv) < 2 or any(word in path.name for word in sys.argv[1:])


def import_capture(store, path, *options):
    """Imports; a capture that is cut may give status 1, never a trap."""
    done = run("import", "--store", store, "--format", "pcap", "--json", *options, path)
    text = export(store) if store.exists() else ""
    return done, text


def fixture_checks(checks, work):
    captures = SHARED / "data/fixtures/pcap"
    if not captures.is_dir():
        return checks.skip("fixtures", f"{captures} is absent")
    expected = collections.defaultdict(list)
    for line in (captures / "expected.ndjson").read_text().splitlines():
        row = json.loads(line)
        expected[row["file"]].append(harness.row_tuple(row))
    for path in sorted(captures.glob("*.pcap*")):
        if not wanted_names(path):
            continue
        done, text = import_capture(work / f"{path.name}.store", path)
        checks.that(f"{path.name}: ends by itself", 0 <= done.returncode < 128,
                    (done.returncode, done.stderr[-300:]))
        checks.same_rows(f"{path.name}", rows(text), expected[path.name])


def known_differences():
    """capture -> {(kind, rule): number}; see the head of the file."""
    table = collections.defaultdict(dict)
    for line in KNOWN.read_text().splitlines():
        if line and not line.startswith("#"):
            capture, kind, number, rule = line.split("\t")
            table[capture][kind, rule if kind in RULED else ""] = int(number)
    return table


def differences(reported, referee):
    """Yields (kind, key, detail) of everything that is not as the referee says."""
    for key, wanted in sorted(referee.accepted.rows.items()):
        got = reported.get(key)
        extra = referee.allowed.rows.get(key)
        if got is None:
            yield "missing", key, "accepted by every rule"
        elif extra is None and got[2] != wanted[2]:
            yield "count", key, f"{got[2]} instead of {wanted[2]}"
        elif extra and not wanted[2] <= got[2] <= wanted[2] + extra[2]:
            yield "count", key, f"{got[2]}, not between {wanted[2]} and {wanted[2] + extra[2]}"
        elif extra is None and got[:2] != wanted[:2]:
            yield "time", key, f"{got[:2]} instead of {wanted[:2]}"
    for key in sorted(reported):
        if key in referee.accepted.rows or key in referee.allowed.rows:
            continue
        if key in referee.refused:
            yield "despite-rule", key, "+".join(sorted(referee.refused[key]))
        else:
            yield "invented", key, "seen by no other reader"


def explained(referee, reported):
    """Yields (kind, rule) of each record of the oracle's lists that is a matter of policy."""
    for key, rules in referee.certain.items():
        if rules and key in referee.accepted.rows:
            yield "fewer", "+".join(sorted(rules))
        elif rules and key not in referee.allowed.rows and key not in reported:
            yield "left-out", "+".join(sorted(rules))
    for key in referee.allowed.rows.keys() - referee.accepted.rows.keys():
        kind = "odd-taken" if key in reported else "odd-left"
        yield kind, "+".join(sorted(referee.oddities[key]))


def must_keys(path, referee_module):
    """Keys of the recorded oracle, to prove that the referee saw the same."""
    table = []
    for line in path.read_text(encoding="ascii").splitlines():
        name, rrtype, rdata = line.split("\t")[:3]
        try:
            table.append(referee_module.row_key(
                {"rrname": name, "rrtype": rrtype, "rdata": rdata}))
        except Exception as error:
            table.append(("unreadable", str(error), line))
    return set(table)


def open_checks(checks, work):
    import referee

    captures, recorded = SHARED / "data/open/pcap", SHARED / "data/open/oracle/pcap"
    if not captures.is_dir():
        return checks.skip("real captures", f"{captures} is absent")
    oracle, known = referee.load_oracle(), known_differences()
    total = collections.Counter()
    for path in sorted(captures.iterdir()):
        if not wanted_names(path):
            continue
        judge = referee.make(oracle)
        judge.read(str(path))
        if (recorded / f"{path.name}.tsv").exists():
            unseen = must_keys(recorded / f"{path.name}.tsv", referee) - judge.certain.keys()
            checks.that(f"{path.name}: referee and recorded oracle agree",
                        all(key[0] == "unreadable" for key in unseen), harness.short(unseen))
        done, text = import_capture(work / f"{path.name}.store", path, "--unmatched", "accept")
        checks.that(f"{path.name}: ends by itself", 0 <= done.returncode < 128,
                    (done.returncode, done.stderr[-300:]))
        reported = {referee.row_key(row): (row["time_first"], row["time_last"], row["count"])
                    for row in map(json.loads, text.splitlines())}
        checks.equal(f"{path.name}: every row once", len(reported), text.count("\n"))
        found = collections.Counter(explained(judge, reported))
        for kind, key, detail in differences(reported, judge):
            found[kind, ""] += 1
            print(f"        {path.name}\t{kind}\t{key[0]}\tTYPE{key[1]}\t{key[2].hex()[:80]}"
                  f"\t{detail}")
        checks.equal(f"{path.name}: {len(judge.accepted.rows)} records to report, "
                     f"{len(reported)} reported, differences", dict(found), known[path.name])
        total.update(found)
        matched_checks(checks, work, path, reported, referee)
    for (kind, rule), number in total.most_common():
        print(f"  all captures: {number:6} {kind} {rule}")


def matched_checks(checks, work, path, accepted, referee):
    """Refusing responses without their query only ever leaves records out, or counts less."""
    done, text = import_capture(work / f"{path.name}.matched.store", path)
    checks.that(f"{path.name}, matched: ends by itself", 0 <= done.returncode < 128,
                (done.returncode, done.stderr[-300:]))
    wrong = []
    for row in map(json.loads, text.splitlines()):
        first, last, count = accepted.get(referee.row_key(row), (1 << 40, 0, 0))
        if not (first <= row["time_first"] <= row["time_last"] <= last
                and row["count"] <= count):
            wrong.append(row)
    checks.equal(f"{path.name}, matched: rows beyond those of all responses", wrong, [])


def suite(checks):
    with folder() as work:
        fixture_checks(checks, work)
        open_checks(checks, work)
    if not checks.passed and not SHARED.is_dir():
        checks.that(f"skipped: {SHARED} is absent", True)


if __name__ == "__main__":
    harness.main(suite)
