#!/usr/bin/env python3
"""dnstap, NMSG, passivedns and zones of the shared data folder against independent readings.

    open_data.py [WORD]...     only files whose path contains one of these

Needs the shared data folder, skipped without it. feed_referee.py says what streams, containers and
logs must give, the recorded oracle what zone files hold. What is left between these and the import
is in known_feed_differences.tsv, each with number and reason: any other number is a failure,
either way. Suricata and Zeek: oracle_logs.py; captures: oracle_captures.py.
"""
import collections
import json
import pathlib
import re
import sys
import time

import dns.name

import feed_referee
import harness
import producers
import referee
from harness import SHARED, export, folder, run

KNOWN = pathlib.Path(__file__).with_name("known_feed_differences.tsv")
ALL_MESSAGES = ("resolver", "authoritative", "forwarder", "client", "stub", "tool")
ZONE_TIME = 1_700_000_000


def is_wanted(path):
    return len(sys.argv) < 2 or any(word in str(path) for word in sys.argv[1:])


def known_differences():
    """file -> {kind: number}; see the head of the file."""
    table = collections.defaultdict(dict)
    for line in KNOWN.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, kind, number, _ = line.split("\t")
            table[name][kind] = int(number)
    return table


class Importer:
    """Imports files and checks what holds for every import."""

    def __init__(self, checks, work):
        self.checks, self.work, self.known = checks, work, known_differences()
        self.total = collections.Counter()

    def rows(self, name, path, *options):
        """Rows of a file, and its account; neither if it is refused as a whole."""
        store = self.work / "one.store"
        done = run("import", "--store", store, "--json", *options, path)
        checks = self.checks
        account = json.loads(done.stdout) if done.stdout.strip() else None
        checks.that(f"{name}: ends with 0 or 1, and says why",
                    done.returncode == 0 or done.returncode == 1 and done.stderr.strip(),
                    (done.returncode, done.stderr[-500:]))
        checks.that(f"{name}: the account balances", account is not None and account["balanced"],
                    (account, done.stderr[-300:]))
        found = [json.loads(line) for line in export(store).splitlines()] if store.exists() else []
        harness.shutil.rmtree(store, ignore_errors=True)
        return found, account, done.returncode

    def compare(self, name, got, wanted, status=0):
        """Counts what differs between rows and explains it by the table."""
        found = collections.Counter()
        for key in sorted(wanted.keys() | got.keys(), key=repr):
            if key not in got:
                kind = "missing"
            elif key not in wanted:
                kind = "extra"
            elif got[key] != wanted[key]:
                kind = "count or time"
            else:
                continue
            found[kind] += 1
            if found[kind] <= 8 and kind not in self.known[name]:
                print(f"        {name}\t{kind}\t{harness.short(key, 160)}\t"
                      f"{got.get(key)} for {wanted.get(key)}")
        if status:
            found["status"] = status
        self.checks.equal(f"{name}: {len(wanted)} records to report, {len(got)} reported, "
                          "differences", dict(found), self.known[name])
        self.total["records"] += len(got)


def needs(checks, path):
    if path.is_dir():
        return True
    checks.skip(path.name, f"{path} is absent")
    return False


def feed_checks(importer, name, path, judge, *options):
    """Also that the format is told by the octets; what holds no record at all may be unknown."""
    rows, _, status = importer.rows(name, path, *options)
    at = options.index("--format")
    store = importer.work / "told.store"
    run("import", "--store", store, *options[:at], *options[at + 2:], path)
    told = [json.loads(line) for line in export(store).splitlines()] if store.exists() else []
    harness.shutil.rmtree(store, ignore_errors=True)
    importer.checks.equal(f"{name}: the same without --format", told, rows)
    got, doubled = feed_referee.reported(rows)
    importer.checks.equal(f"{name}: every row once", doubled, 0)
    importer.compare(name, got, judge.rows, status)


def dnstap_checks(importer, oracle):
    """Each stream with everything taken, and with what is taken unless told otherwise."""
    for place in (SHARED / "data/open/dnstap", SHARED / "data/fixtures/dnstap"):
        if not needs(importer.checks, place):
            continue
        for path in filter(is_wanted, sorted(place.glob("*.fstrm"))):
            for messages in (ALL_MESSAGES, ("resolver",)):
                judge = feed_referee.FeedReferee(oracle, messages)
                judge.read_dnstap(path)
                name = path.name if messages == ALL_MESSAGES else f"{path.name}, resolver"
                feed_checks(importer, name, path, judge, "--format", "dnstap", "--messages",
                            ",".join(messages))


def fixture_checks(importer):
    """The answers of the made stream, as they were written down when it was made."""
    place = SHARED / "data/fixtures/dnstap"
    if not needs(importer.checks, place):
        return
    wanted = set()
    for line in (place / "expected_resolver_response.ndjson").read_text().splitlines():
        row = json.loads(line)
        wanted.add((*referee.row_key(row), row["bailiwick"], row["count"]))
    path = place / "unbound_1.17_client_and_resolver.fstrm"
    rows, _, _ = importer.rows(f"{path.name}, as expected", path)
    got = {(*referee.row_key(row), row.get("bailiwick"), row["count"]) for row in rows}
    importer.checks.equal(f"{path.name}: the rows written down are there",
                          sorted(wanted - got, key=repr), [])


def nmsg_checks(importer, oracle):
    place = SHARED / "data/open/nmsg"
    if not needs(importer.checks, place):
        return
    for path in filter(is_wanted, sorted(place.glob("*.nmsg"))):
        judge = feed_referee.FeedReferee(oracle)
        judge.read_nmsg(path)
        feed_checks(importer, path.name, path, judge, "--format", "nmsg", "--vantage", "client")


def passivedns_checks(importer, oracle):
    for place in (SHARED / "data/open/logs/passivedns", SHARED / "data/fixtures/passivedns"):
        if not needs(importer.checks, place):
            continue
        for path in filter(is_wanted, sorted(place.iterdir())):
            judge = feed_referee.FeedReferee(oracle)
            feed_referee.read_passivedns(path, judge)
            feed_checks(importer, path.name, path, judge, "--format", "passivedns")


# Collected


def feed_files():
    """(source name, format, path, settings that both ways of reading are given)."""
    opened, fixtures = SHARED / "data/open", SHARED / "data/fixtures"
    for form, places in (("dnstap", [opened / "dnstap", fixtures / "dnstap"]),
                         ("nmsg", [opened / "nmsg"]), ("eve", [opened / "logs/suricata"]),
                         ("zeek", [opened / "logs/zeek"]),
                         ("passivedns", [opened / "logs/passivedns", fixtures / "passivedns"])):
        paths = [path for place in places for path in sorted(place.glob("*"))]
        for number, path in enumerate(paths):
            # The cut stream is the beginning of another, which an import notices.
            if path.name != "truncated_no_stop.fstrm" and (
                    path.suffix != ".ndjson" or form == "eve"):
                yield f"{form}-{number}", form, path


def settle(collector):
    """Waits until no source offers anything more."""
    limit, last = time.monotonic() + 120, -1
    while time.monotonic() < limit:
        offered = sum(value for key, value in collector.metrics().items()
                      if key[0] == "tidemark_records_offered_total")
        if offered == last and offered > 0:
            return
        last = offered
        time.sleep(3)


def collect_checks(importer):
    """What a collector makes of all these files at once is what imports make of them one by one."""
    checks, work = importer.checks, importer.work / "collected"
    files = [file for file in feed_files() if is_wanted(file[2])]
    if not needs(checks, SHARED / "data/open") or not files:
        return
    work.mkdir()
    (work / "root.hints").write_text(". NS a.root.example.\na.root.example. A 192.0.2.1\n")
    sources, store = "filter:\n  standard: false\nsources:\n", work / "imported.store"
    for name, form, path in files:
        sources += f"  - name: {name}\n    format: {form}\n    follow: {path}\n"
        messages = ["--messages", ",".join(ALL_MESSAGES)] if form == "dnstap" else []
        if messages:
            sources += f"    messages: [{messages[1]}]\n"
        run("import", "--store", store, "--format", form, *messages, path)
    with producers.Collector(work, sources) as collector:
        settle(collector)
        wrong = {name: account for name, account in (
            (name, collector.account(name)) for name, _, _ in files)
            if account[0] != sum(account[1].values())}
        checks.equal(f"collect: accounts of {len(files)} files balance", wrong, {})
        checks.equal("collect ends with 0", collector.stop(), 0)
    imported, collected = export(store).splitlines(), export(collector.store).splitlines()
    checks.equal(f"collect: {len(imported)} records, those that are not as import has them",
                 [sorted(set(imported) - set(collected))[:3],
                  sorted(set(collected) - set(imported))[:3]], [[], []])


# Zones


def zone_manifest():
    """{path below zones/: (origin, did the oracle read it, records that BIND read or None)}"""
    found = {}
    for line in (SHARED / "data/open/MANIFEST.tsv").read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        counts = re.match(r"origin (\S+); oracle (\d+|no).*; BIND (\d+|refused)$", fields[7])
        if fields[0].startswith("zones/") and counts:
            found[fields[0][len("zones/"):]] = (counts[1], counts[2] != "no",
                                                None if counts[3] == "refused" else int(counts[3]))
    return found


def oracle_keys(path):
    """Records of a zone by the recorded oracle."""
    keys = set()
    for line in path.read_text(encoding="ascii").splitlines():
        name, rrtype, rdata, _ = line.split("\t")
        keys.add(feed_referee.row_key({"rrname": name, "rrtype": rrtype, "rdata": rdata}))
    return keys


def zone_checks(importer):
    place, oracles = SHARED / "data/open/zones", SHARED / "data/open/oracle/zones"
    if not needs(importer.checks, place):
        return
    manifest = zone_manifest()
    for path in filter(is_wanted, sorted(place.rglob("*"))):
        if not path.is_file():
            continue
        name = str(path.relative_to(place))
        origin, is_read, by_bind = manifest.get(name, ("example.", False, None))
        rows, _, status = importer.rows(name, path, "--format", "zone", "--zone", origin,
                                        "--zone-time", ZONE_TIME, "--zone-dnssec",
                                        "--generate-max", 1_000)
        got = {feed_referee.row_key(row): None for row in rows}
        wrong = [row for row in rows if row["vantage"] != "zone" or row["count"] != 1 or {
            row["zone_time_first"], row["zone_time_last"]} != {ZONE_TIME}]
        importer.checks.equal(f"{name}: rows without vantage zone and its time", wrong, [])
        if is_read:
            wanted = dict.fromkeys(oracle_keys(oracles / f"{name.replace('/', '__')}.tsv"))
            importer.compare(name, got, wanted, status)
        elif by_bind is not None:
            fewer = {"fewer than BIND": by_bind - len(got)} if by_bind != len(got) else {}
            importer.checks.equal(f"{name}: {len(got)} records, differences from BIND's reading",
                                  fewer, importer.known[name])
        if rows and name in manifest:
            apex = {dns.name.from_text(row.get("bailiwick", "?")) for row in rows}
            importer.checks.equal(f"{name}: one apex", len(apex), 1)


def suite(checks):
    if not SHARED.is_dir():
        checks.skip("all", f"{SHARED} is absent")
        return checks.that("there is nothing to check", True)
    oracle = referee.load_oracle()
    with folder() as work:
        importer = Importer(checks, work)
        dnstap_checks(importer, oracle)
        fixture_checks(importer)
        nmsg_checks(importer, oracle)
        passivedns_checks(importer, oracle)
        collect_checks(importer)
        zone_checks(importer)
        print(f"  {importer.total['records']} records compared")
    return None


if __name__ == "__main__":
    harness.main(suite)
