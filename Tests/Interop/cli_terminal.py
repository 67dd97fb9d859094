#!/usr/bin/env python3
"""The command line on a terminal: tables, colours, notices, and what never reaches it raw."""
import contextlib
import json
import os
import pathlib
import pty

import harness
from harness import PROGRAM, folder, must, run, sample_store

KIT = "kit.example.net"
OUTPUTS = ["text", "cof", "csv", "names", "dnsdbq", "zone", "dot", "graphml"]


def on_terminal(*arguments, environment=None):
    """What the program writes when standard output is a terminal, and its status."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update({"TERM": "xterm", **(environment or {})})
        os.execv(PROGRAM, [PROGRAM, *map(str, arguments)])
    output = b""
    with contextlib.suppress(OSError):
        while block := os.read(terminal, 65_536):
            output += block
    os.close(terminal)
    return output.decode("utf-8", "replace"), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def terminal_checks(checks, store):
    """Tables and colours for people only."""
    ask = ["lookup", "--store", store, KIT]
    plain = must(*ask, "--output", "text").stdout
    checks.that("in a pipe: no colours, no heads", "\x1b" not in plain and "NAME" not in plain)
    checks.that("in a pipe: COF", must(*ask).stdout.startswith("{"))
    colored, code = on_terminal(*ask)
    checks.that("on a terminal: a table in colour", code == 0 and "\x1b[" in colored
                and "NAME" in colored.splitlines()[0])
    for what, arguments, environment in (
            ("NO_COLOR", [], {"NO_COLOR": "1"}), ("--color never", ["--color", "never"], {}),
            ("a dumb terminal", [], {"TERM": "dumb"})):
        text, _ = on_terminal(*ask, *arguments, environment=environment)
        checks.that(f"on a terminal, {what}: a table without colours",
                    "\x1b" not in text and "NAME" in text)
        lines = [line for line in text.splitlines() if " A " in line]
        checks.equal(f"on a terminal, {what}: columns stand below each other",
                     len({line.index(" A ") for line in lines}), 1)
    checks.that("--color always in a pipe: colours",
                "\x1b[" in must(*ask, "--output", "text", "--color", "always").stdout)


def notice_checks(checks, work):
    """Many rows are announced, in time."""
    feed = work / "many.ndjson"
    with open(feed, "w", encoding="utf-8") as file:
        for number in range(12_000):
            file.write(json.dumps({
                "rrname": f"h{number}.many.example.com", "rrtype": "A", "rdata": "192.0.2.1",
                "time_first": 1_700_000_000, "time_last": 1_700_000_000, "count": 1}) + "\n")
    store = work / "many.store"
    must("import", "--store", store, feed)
    text, code = on_terminal("lookup", "--store", store, "192.0.2.1")
    checks.that("12,000 rows on a terminal: a notice first",
                code == 0 and "more than 10000 rows" in text.splitlines()[0])
    checks.equal("12,000 rows on a terminal: all of them", text.count("many.example.com"), 12_000)
    text, code = on_terminal("lookup", "--store", store, "--limit", "5", "192.0.2.1")
    checks.that("with --limit: no notice", code == 3 and "more than" not in text)
    return store


def hostile_checks(checks, work):
    """Octets of strangers never reach a terminal as they are, from whatever field."""
    feed = work / "hostile.ndjson"
    with open(feed, "w", encoding="utf-8") as file:
        for octet in range(256):
            common = {"time_first": 1_700_000_000, "time_last": 1_700_000_000, "count": 1}
            file.write(json.dumps({
                "rrname": f"a\\{octet:03}b.hostile.example", "rrtype": "TXT",
                "rdata": f'"x\\{octet:03}y"', **common}) + "\n")
            file.write(json.dumps({
                "rrname": "c.hostile.example", "rrtype": "CNAME",
                "rdata": f"x\\{octet:03}y.example", **common}) + "\n")
            file.write(json.dumps({
                "rrname": "d.hostile.example", "rrtype": "SOA",
                "rdata": f"half {chr(octet)} text", **common}) + "\n")
    store = work / "hostile.store"
    must("import", "--store", store, "--json", feed)
    allowed = {"csv": "\r\n", "zone": "\t\n"}
    for output in OUTPUTS:
        text = must("lookup", "--store", store, "--output", output, "*.hostile.example").stdout
        bad = {c for c in text if (ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0
                                   or 0xD800 <= ord(c) < 0xE000) and c not in
               allowed.get(output, "\n")}
        checks.that(f"256 octets in each field, --output {output}: none raw",
                    text.count("example") > 200 and not bad, bad)
    done = run("lookup", "--store", store, "a..\x1b[2Jb")
    checks.that("a hostile value is escaped in the refusal", done.returncode == 2
                and "\x1b" not in done.stderr and "\\027" in done.stderr, done.stderr)


def suite(checks):
    with folder() as work:
        work = pathlib.Path(work)
        store = sample_store(work)
        terminal_checks(checks, store)
        notice_checks(checks, work)
        hostile_checks(checks, work)


if __name__ == "__main__":
    harness.main(suite)
