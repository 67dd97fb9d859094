#!/usr/bin/env python3
"""A real redis-server as d4-core and the D4 analyzer fill it: its queue as a source, and its
database imported.

    d4_redis.py [SEED]

The collector is killed (kill -9) again and again while lines are pushed: its store must be that of
an import of the same lines, to the octet. The database of the analyzer is laid out from its
documented keys; what is imported is compared with what a few lines of Python read out of it.
"""
import collections
import json
import os
import random
import signal
import subprocess
import sys
import time

import harness
from harness import PROGRAM, export, export_digest, folder, import_json
from redis_lab import Redis, RedisServer, is_installed
from watched import Program

LINES = int(os.environ.get("LINES", "120000"))
RECORDS = int(os.environ.get("RECORDS", "60000"))
KILLS = 15
BASE = 1_600_000_000
LIST = "analyzer:8:6072e072-bfaa-4395-9bb1-cdb3b470d715"
EXTENDED = "analyzer:extended:6072e072-bfaa-4395-9bb1-cdb3b470d715"
TYPES = {1: "A", 2: "NS", 5: "CNAME", 15: "MX", 16: "TXT", 28: "AAAA", 48: "DNSKEY", 65: "HTTPS"}


def line(number):
    if number % 37 == 5:
        return f"{BASE}.000000||not||a||record of {number}"
    kind = ("A", f"198.51.100.{number % 250}")
    if number % 7 == 3:
        kind = ("MX", f"mail{number % 9}.example.net.")
    return (f"{BASE + number}.000000||192.0.2.7||192.0.2.53||IN||h{number % 20_000}.example.com."
            f"||{kind[0]}||{kind[1]}||300||{1 + number % 3}")


def row(number):
    return json.dumps({"rrname": f"x{number % 9_000}.example.org", "rrtype": "A",
                       "rdata": f"203.0.113.{number % 250}", "time_first": BASE + number,
                       "time_last": BASE + number + 60, "count": 1 + number % 4})


def sources(server):
    return ("sources:\n"
            f"  - name: lines\n    format: passivedns\n    sensor: d4\n"
            f"    queue: {server.url(2)}\n    list: '{LIST}'\n"
            f"  - name: rows\n    format: cof\n    sensor: d4\n"
            f"    queue: {server.url(2)}\n    list: '{EXTENDED}'\n")


def queue_checks(checks, work, dice):
    """kill -9 of the collector while d4-core pushes."""
    lines = [line(number) for number in range(LINES)]
    rows = [row(number) for number in range(LINES // 4)]
    with RedisServer(work) as server:
        settings = f"store: {work / 'store'}\nfilter:\n  standard: false\n"
        redis = Redis(server.port, 2)
        with Program(work, settings, sources(server)) as program:
            program.start()
            steps = 2 * KILLS
            for turn in range(steps):
                for key, all_of_it in ((LIST, lines), (EXTENDED, rows)):
                    size = len(all_of_it) // steps + 1
                    piece = all_of_it[turn * size:(turn + 1) * size]
                    list(redis.many([("LPUSH", key, text) for text in piece]))
                if turn % 2:
                    # On a busy machine a process may need longer than it has: some get the time.
                    if turn % 6 == 1:
                        program.wait("something is stored", program.has_stored)
                    time.sleep(dice.uniform(0.1, 1.8))
                    program.kill()
                    program.start(waits=False)

            def is_done():
                return (redis.call("LLEN", LIST) == redis.call("LLEN", EXTENDED) == 0
                        and not redis.call("KEYS", "tidemark:taken:*"))
            checks.that("queue: everything is taken and acknowledged",
                        program.wait("the queues are empty", is_done, 120))
            # The last start may be a moment ago: who does not listen yet does not end well.
            program.wait("it serves metrics", lambda: program.watch.last)
            checks.equal("queue: collect ends with 0", program.end()[0], 0)
            program.check_pages(checks, "queue")
            checks.that(f"queue: {program.committed} of {program.lives} processes stored something",
                        program.committed >= KILLS // 3)
            known = sum(path.read_text().count("a batch was stored before the last end")
                        for path in work.glob("collect-*.log"))
            print(f"  {known} batches were stored and not acknowledged when the end came")
        (work / "lines").write_text("".join(text + "\n" for text in lines))
        (work / "rows").write_text("".join(text + "\n" for text in rows))
        base = work / "baseline"
        import_json(base, "--format", "passivedns", "--sensor", "d4", work / "lines")
        import_json(base, "--format", "cof", "--sensor", "d4", work / "rows")
        wanted = export_digest(base)
        checks.equal(f"queue: the store of {wanted[1]} rows equals an import, to the octet",
                     export_digest(work / "store"), wanted)


def order_checks(checks, work, dice):
    """A queue of another consumer, a password, a server that goes away."""
    with RedisServer(work) as server:
        redis = Redis(server.port, 2)
        held = f"tidemark:taken:somebody:{LIST}"
        redis.call("SADD", f"tidemark:consumers:{LIST}", "somebody")
        redis.call("RPUSH", held, line(1), line(2))
        redis.call("CONFIG", "SET", "requirepass", "a secret")
        (work / "password").write_text("a secret\n")
        settings = f"store: {work / 'store'}\nfilter:\n  standard: false\n"
        source = (f"sources:\n  - name: lines\n    format: passivedns\n    queue: {server.url(2)}\n"
                  f"    list: '{LIST}'\n    password_file: {work / 'password'}\n")
        with Program(work, settings, source) as program:
            program.start()
            program.wait("the other's batch is told of",
                         lambda: "2 entries in " + held in program.log.read_text())
            redis.call("LPUSH", LIST, line(3))
            program.wait("the line is stored", lambda: program.knows("h3.example.com"))
            checks.that("order: what another store took is left to it",
                        not program.knows("h1.example.com") and redis.call("LLEN", held) == 2)
            redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            redis.call("LPUSH", LIST, line(4))
            program.wait("the line behind the break is stored",
                         lambda: program.knows("h4.example.com"))
            checks.that("order: a connection that breaks is made again",
                        program.knows("h4.example.com"))
            checks.equal("order: collect ends with 0", program.end()[0], 0)
            logs = "".join(path.read_text() for path in work.glob("collect-*.log"))
            checks.that("order: the password is in no log", "a secret" not in logs)


# --- the analyzer's database


def records():
    """(rrname, type number, rdata as the analyzer keeps it, first, last, count)"""
    for number in range(RECORDS):
        name, first = f"h{number % (RECORDS // 3)}.example.com", BASE + number
        kind = number % 11
        if kind < 5:
            record = (1, f"198.51.100.{number % 250}")
        elif kind < 7:
            record = (28, f"2001:db8::{number % 60_000 + 1:x}")
        elif kind == 7:
            record = (5, f"alias{number % 50}.example.net")
        elif kind == 8:
            record = (15, f"mail{number % 50}.example.net")
        elif kind == 9:
            record = (16, f'v=spf1 a:m{number % 90} -all"')
        else:
            record = (2, f"ns{number % 50}.example.net")
        yield name, *record, first, first + 1_000 + number % 9, 1 + number % 5
    yield "gone.example.com", 1, "nxdomain", BASE, BASE, 3
    yield "key.example.com", 48, "257 3 13 mdsswuyr3dpw132mohi8v9xessz8jtczzkxhmuvlgcrlfxn1jh==", \
        BASE, BASE, 1
    yield "name:with:colons.example.com", 28, "2001:db8::9", BASE, BASE + 5, 2
    for number in range(3_000):
        yield "many.example.com", 1, f"192.0.{number // 250}.{number % 250}", BASE, BASE, 1


def lay_out(redis):
    """The keys as the analyzer writes them."""
    sums = {}
    for name, kind, rdata, first, last, count in records():
        old = sums.setdefault((name, kind, rdata), [first, last, 0])
        old[0], old[1], old[2] = min(old[0], first), max(old[1], last), old[2] + count
    commands = []
    for (name, kind, rdata), (first, last, count) in sums.items():
        end = f"{name}:{rdata}:{kind}"
        commands += [("SADD", f"r:{name}:{kind}", rdata), ("SADD", f"v:{rdata}:{kind}", name),
                     ("SET", f"s:{end}", first), ("SET", f"l:{end}", last),
                     ("SET", f"o:{end}", count), ("HINCRBY", "dist:type", kind, 1)]
    # Two texts expired: of one the last time is left, as the analyzer never lets it go.
    commands += [("SADD", "r:old.example.com:16", 'left"'),
                 ("SET", 'l:old.example.com:left":16', BASE),
                 ("SADD", "r:older.example.com:16", 'nothing"'),
                 ("SET", "stats:processed", 99),
                 ("SET", "r:odd.example.com:1", "not a set"), ("SADD", "r:bad.example.com:x", "1")]
    list(redis.many(commands))


def expected(redis):
    """What is in the database, read in the plainest way: (rows, account)."""
    rows, account = [], collections.Counter()
    for key in redis.call("KEYS", "r:*"):
        name, kind = key.decode()[2:].rsplit(":", 1)
        if redis.call("TYPE", key) != b"set":
            account["missing-field"] += 1
            continue
        members = [member.decode() for member in redis.call("SMEMBERS", key)]
        values = list(redis.many(
            [("MGET", *(f"{letter}:{name}:{rdata}:{kind}" for letter in "slo"))
             for rdata in members]))
        for rdata, (first, last, count) in zip(members, values):
            if not kind.isdigit():
                account["bad-type"] += 1
            elif (kind, rdata) == ("1", "nxdomain"):
                account["negative"] += 1
            elif first is None and last is None:
                account["expired"] += 1
            else:
                first, last = int(first or last), int(last or first)
                text = f'"{rdata}' if kind == "16" else rdata
                rows.append((name, TYPES[int(kind)], text, first, last, int(count or 1)))
                account["kept"] += 1
    return rows, account


def known_rows(store):
    return harness.rows(export(store))


def migration_checks(checks, work, dice):
    """Everything once, whatever happens to the import."""
    with RedisServer(work) as server:
        redis = Redis(server.port, 3)
        lay_out(redis)
        wanted, account = expected(redis)
        calm = import_json(work / "calm", "--format", "d4-redis", "--sensor", "d4", server.url(3))
        checks.equal("migration: the account balances", calm["balanced"], True)
        checks.equal("migration: records offered", calm["offered"], sum(account.values()))
        refused = {**calm["filtered_reasons"], **calm["malformed_reasons"],
                   **calm["dropped_reasons"]}
        del account["kept"]
        checks.equal("migration: what gives no record, by reason", refused, dict(account))
        got = collections.Counter(known_rows(work / "calm"))
        wanted = collections.Counter(wanted)
        checks.that(f"migration: {len(wanted)} rows are those of the database", got == wanted,
                    harness.short((list(wanted - got)[:3], list(got - wanted)[:3])))
        lossy = {row["rrtype"] for row in map(json.loads, export(work / "calm").splitlines())
                 if row["vantage"] == "text"}
        checks.equal("migration: types whose text lost something are lossy", lossy,
                     {"MX", "TXT", "DNSKEY"})
        before = export_digest(work / "calm")
        again = import_json(work / "calm", "--sensor", "d4", server.url(3))
        checks.equal("migration: the same again is skipped",
                     (again["offered"], again["skipped"], export_digest(work / "calm")),
                     (0, calm["read"], before))
        died = killed_import(work / "killed", server, dice)
        last = import_json(work / "killed", "--sensor", "d4", server.url(3))
        checks.equal(f"migration: after {died} kills the store is the same, to the octet",
                     export_digest(work / "killed"), before)
        print(f"  the last of them skipped {last['skipped']} records")
        left = [path.name for path in (work / "killed").glob("*.d4-redis")]
        checks.equal("migration: the file of what was read is gone", left, [])
        redis.call("INCR", "o:many.example.com:192.0.0.1:1")
        refusal = harness.run("import", "--store", work / "calm", "--sensor", "d4", server.url(3))
        checks.that("migration: a database that went on is refused",
                    refusal.returncode == 1 and "has changed since" in refusal.stderr,
                    refusal.stderr)
        checks.equal("migration: and nothing of it is stored", export_digest(work / "calm"), before)


def killed_import(store, server, dice):
    """Imports that are killed at random moments; returns how many were."""
    killed = 0
    for _ in range(12):
        process = subprocess.Popen(
            [PROGRAM, "import", "--store", str(store), "--sensor", "d4", server.url(3)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=dice.uniform(0.05, 1.2))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
    return killed


PARTS = (queue_checks, order_checks, migration_checks)


def suite(checks):
    if not is_installed(checks):
        return
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
