#!/usr/bin/env python3
"""The command line on a store: every output of `lookup`, lists, patterns, exit statuses, manual pages
and completions. cli_server.py asks servers, cli_terminal.py plays a terminal."""
import csv
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import time
import xml.etree.ElementTree

import harness
import truth
from harness import PROGRAM, ROOT, folder, must, rows, run, sample_store

FLUX, WWW, KIT = "login.bank.example.net", "www.example.com", "kit.example.net"
BELOW = "*.example.net"
HELP_SECONDS_MAX = 0.05


def status(*arguments, **options):
    return run(*arguments, **options).returncode


def output_checks(checks, store):
    """Each format says the same, and the same as the truth."""
    wanted = truth.owned_below("example.net") + truth.pointing_below("example.net")

    def ask(output, *more):
        return must("lookup", "--store", store, "--output", output, BELOW, *more).stdout

    cof = rows(ask("cof"))
    checks.same_rows(f"--output cof {BELOW}", cof, sorted(set(wanted)))
    table = list(csv.DictReader(io.StringIO(ask("csv", "--time", "epoch"), newline="")))
    checks.same_rows("--output csv", [
        (r["rrname"], r["rrtype"], r["rdata"], int(r["time_first"]), int(r["time_last"]),
         int(r["count"])) for r in table], cof)
    lines = [line.split(None, 5) for line in ask("text", "--time", "epoch").splitlines()]
    checks.same_rows("--output text", [(w[3], w[4], w[5], int(w[0]), int(w[1]), int(w[2]))
                                       for w in lines], cof)
    checks.equal("--output names: each owner once, in order", ask("names").split(),
                 list(dict.fromkeys(row[0] for row in cof)))
    graph = ask("dot")
    checks.that("--output dot draws every address and name server",
                all(f'label="{row[2]}"' in graph for row in cof if row[1] in ("A", "AAAA", "NS")))
    tree = xml.etree.ElementTree.fromstring(ask("graphml"))
    space = "{http://graphml.graphdrawing.org/xmlns}"
    labels = {node.get("id"): node.find(f"{space}data[@key='label']").text
              for node in tree.iter(space + "node")}
    edges = {(labels[e.get("source")], e.find(f"{space}data[@key='rrtype']").text,
              labels[e.get("target")]) for e in tree.iter(space + "edge")}
    checks.equal("--output graphml: an edge for each record with a target", edges,
                 {row[:3] for row in cof if row[1] in ("A", "AAAA", "NS", "CNAME", "PTR")}
                 | {(r[0], r[1], r[2].split()[-1]) for r in cof if r[1] in ("MX", "SRV")})
    if shutil.which("dot"):
        done = subprocess.run(["dot", "-Tsvg"], input=graph, capture_output=True, text=True)
        checks.equal("Graphviz reads --output dot", (done.returncode, done.stderr), (0, ""))


def zone_checks(checks, store, work):
    """Master file lines load again as the same records; of several SOA a zone keeps one."""
    zone = work / "back.zone"
    zone.write_text(must("lookup", "--store", store, "--output", "zone", "*.com").stdout)
    back = work / "back.store"
    must("import", "--store", back, "--format", "zone", "--zone", "com", zone)
    before = {row[:3] for row in rows(must("lookup", "--store", store, "--output", "cof",
                                           "*.com").stdout)
              if row[0].endswith(".com") and row[1] != "SOA"}
    after = {row[:3] for row in rows(harness.export(back)) if row[1] != "SOA"}
    checks.equal("--output zone: what loads again", after, before)


def dnsdbq_checks(checks, store):
    """Our text of dnsdbq against its own, made of the same rows."""
    if not shutil.which("dnsdbq"):
        return checks.that("dnsdbq is installed (make interop does it)", False)
    for value in (BELOW, WWW, "203.0.113.64/27", "*.example.com"):
        ours = must("lookup", "--store", store, "--output", "dnsdbq", value).stdout
        sets, order = {}, []
        for row in rows(must("lookup", "--store", store, "--output", "cof", value).stdout):
            # Blocks of one owner and type stand together, in the order of their first rows.
            owner = (row[0], row[1])
            if not order or order[-1] != owner:
                order.append(owner)
            sets.setdefault((len(order), owner, row[3:]), []).append(row[2])
        objects = "".join(json.dumps({
            "count": key[2], "time_first": key[0], "time_last": key[1], "rrname": owner[0] + ".",
            "rrtype": owner[1], "rdata": [dotted(owner[1], text) for text in rdata]}) + "\n"
            for (_, owner, key), rdata in sets.items())
        theirs = subprocess.run(
            ["dnsdbq", "-p", "dns", "-J", "-"], input=objects, capture_output=True, text=True,
            env={**os.environ, "DNSDB_API_KEY": "x"})
        # The bailiwick is ours: COF rows of merged records do not show it.
        ours = re.sub(r"^(;; count: \d+); bailiwick: .*$", r"\1", ours, flags=re.MULTILINE)
        checks.equal(f"--output dnsdbq {value}: as dnsdbq -p dns prints it", ours, theirs.stdout)


def dotted(rrtype, text):
    """Rdata as DNSDB writes it: names end in a dot, the tag of CAA is quoted."""
    words = text.split(" ")
    if rrtype == "CAA":
        words[1] = f'"{words[1]}"'
    for index in {"NS": [0], "CNAME": [0], "PTR": [0], "MX": [1], "SRV": [3], "SOA": [0, 1],
                  "HTTPS": [1], "SVCB": [1]}.get(rrtype, []):
        words[index] += "" if words[index].endswith(".") else "."
    return " ".join(words)


def filter_checks(checks, store):
    """Sorting, sums, counts, vantages, times and defanged values."""
    def ask(*arguments):
        return must("lookup", "--store", store, "--output", "cof", BELOW, *arguments).stdout

    cof = rows(ask())
    for keys, rank in (("count", lambda r: r[5]), ("-count", lambda r: -r[5]),
                       ("first", lambda r: r[3]), ("-last", lambda r: -r[4]),
                       ("duration", lambda r: r[4] - r[3]),
                       ("name", lambda r: r[0].split(".")[::-1]),
                       ("-count,name", lambda r: (-r[5], r[0].split(".")[::-1]))):
        checks.equal(f"--sort {keys}", rows(ask("--sort", keys)), sorted(cof, key=rank))
    limited = run("lookup", "--store", store, "--output", "cof", "--sort", "-count", "--limit",
                  "3", BELOW)
    checks.equal("--sort --limit: the first of all, status 3",
                 (limited.returncode, rows(limited.stdout)),
                 (3, sorted(cof, key=lambda r: -r[5])[:3]))
    sums = json.loads(ask("--summarize"))
    checks.equal("--summarize: rows, count, first, last",
                 (sums["rows"], sums["count"], sums["time_first"], sums["time_last"]),
                 (len(cof), sum(r[5] for r in cof), min(r[3] for r in cof),
                  max(r[4] for r in cof)))
    checks.equal("--summarize: by type", {t["rrtype"]: t["rows"] for t in sums["rrtypes"]},
                 {kind: sum(1 for r in cof if r[1] == kind) for kind in {r[1] for r in cof}})
    checks.equal("--count", must("lookup", "--store", store, "--count", BELOW).stdout,
                 f"{len(cof)}\n")
    whole = rows(ask("--no-merge"))
    checks.that("--no-merge: not fewer rows, the same tuples", len(whole) >= len(cof)
                and {r[:3] for r in whole} == {r[:3] for r in cof})
    checks.equal("--vantage: each row has one",
                 len(rows(ask("--no-merge", "--vantage", "client")))
                 + len(rows(ask("--no-merge", "--vantage", "authority,zone,active,text"))),
                 len(whole))
    cut = int(time.time()) - 86_400 * 365 * 100
    checks.equal("--last-after 100y: all rows", len(rows(ask("--last-after", "100y"))), len(cof))
    checks.equal("--last-before -100y: none", rows(ask("--last-before", "-100y")), [])
    checks.that("the clock of this machine is right", cut < min(r[3] for r in cof))
    for text in (f"hxxps://{FLUX.replace('.', '[.]')}/login?x", f"someone[at]{FLUX}",
                 f"<{FLUX}>,"):
        done = run("lookup", "--store", store, "--output", "cof", text)
        checks.equal(f"lookup {text}", rows(done.stdout), rows(must(
            "lookup", "--store", store, "--output", "cof", FLUX).stdout))
        checks.that(f"lookup {text}: says what it looks up", FLUX in done.stderr, done.stderr)


def status_checks(checks, store, work):
    """Statuses and refusals, one line each, and nothing on standard output."""
    for what, arguments in {
            "no value": [], "value and list": ["--bulk", "-", WWW],
            "an unknown type": ["--rrtype", "NOSUCH", WWW], "a bad name": ["a..b"],
            "an unknown vantage": ["--vantage", "moon", WWW], "a bad time": [
                "--first-after", "yesterday", WWW], "a bad sort key": ["--sort", "size", WWW],
            "--resume without --bulk": ["--resume", "x", WWW],
            "a bad regex": ["--regex", "(", ], "a glob for a zone": [
                "--glob", "*.", "--output", "zone"],
            "--ca without --server": ["--ca", "x.pem", WWW], "a server that is none": [
                "--server", "gopher://x", WWW], "--sort with --count": [
                "--sort", "count", "--count", WWW]}.items():
        done = run("lookup", "--store", store, *arguments, data="")
        checks.equal(f"usage, {what}: status and rows", (done.returncode, done.stdout), (2, ""))
    done = run("lookup", "--store", store, "--limit", "2", "--output", "names", FLUX)
    checks.equal("limited: status", done.returncode, 3)
    done = run("lookup", "--store", store, "no.example.net")
    checks.equal("an unknown name: status and rows", (done.returncode, done.stdout), (0, ""))
    done = run("lookup", "--store", work / "absent", WWW)
    checks.equal("no store: status, lines", (done.returncode, done.stderr.count("\n")), (1, 1))


def partner_checks(checks, work):
    """Lists of a policy that would let through more than they say make no partner."""
    empty, marked = work / "none.txt", work / "marked.txt"
    empty.write_text("# nothing yet\n\n")
    marked.write_text("\ufeffa.example # ours\r\nb.example\r\n")
    place = ["--control", work / "partners.db"]
    options = [*place, "--stream", "community"]
    for what, arguments in {
            "a file without zones": ["--include", f"@{empty}"], "an empty list": ["--datasets", ""],
            "commas alone": ["--types", " , "], "a name with a blank": ["--exclude", "a b.example"],
            "a name in another script": ["--exclude", "m\u00fcller.example"]}.items():
        done = run("partner", "add", "cert", *options, *arguments, data="")
        checks.equal(f"partner, {what}: status and token", (done.returncode, done.stdout), (2, ""))
    done = run("partner", "add", "cert", *options, "--exclude", f"@{marked}", "--exclude",
               "c.example, d.example", data="")
    checks.equal("partner, lists as people write them: status", done.returncode, 0)
    shown = json.loads(run("partner", "show", "cert", *place, "--json").stdout)
    checks.equal("partner, lists as people write them: entries", shown["policy"]["exclude"],
                 ["a.example", "b.example", "c.example", "d.example"])


def bulk_checks(checks, store, work):
    """Lists: order, statuses, resuming."""
    keys = [FLUX, "# note", "", f"hxxp://{KIT.replace('.', '[.]')}/a", "bad..name",
            "203.0.113.64/27", "no.example.net"]
    text = "".join(key + "\n" for key in keys)
    names = [FLUX, KIT, "203.0.113.64/27"]
    wanted = "".join(must("lookup", "--store", store, "--output", "cof", n).stdout for n in names)
    done = run("lookup", "--store", store, "--bulk", "-", "--status", "json", "--output", "cof",
               data=text)
    checks.equal("--bulk: status", done.returncode, 4)
    checks.equal("--bulk: rows in the order of the keys", done.stdout, wanted)
    told = [json.loads(line) for line in done.stderr.splitlines()]
    checks.equal("--bulk --status json", [(t["key"], t["status"]) for t in told], [
        (FLUX, "complete"), (keys[3], "complete"), ("bad..name", "invalid"),
        ("203.0.113.64/27", "complete"), ("no.example.net", "complete")])
    checks.equal("--bulk: rows add up", sum(t["rows"] for t in told), wanted.count("\n"))
    done = run("lookup", "--store", store, "--bulk", "-", "--limit", "1", "--status", "none",
               data=f"{FLUX}\n{KIT}\n")
    checks.equal("--bulk --limit 1: status, messages, rows",
                 (done.returncode, done.stderr, done.stdout.count("\n")), (3, "", 2))
    done = run("lookup", "--store", store, "--bulk", work / "absent.txt")
    checks.equal("--bulk of no file: status and lines",
                 (done.returncode, done.stderr.count("\n")), (1, 1))
    # A run that ended after two keys goes on behind them.
    checkpoint, first, second = work / "bulk.state", work / "two.txt", work / "all.txt"
    first.write_text(f"{FLUX}\n{KIT}\n")
    second.write_text(f"{FLUX}\n{KIT}\n{WWW}\n")
    common = ["lookup", "--store", store, "--output", "cof", "--status", "none", "--resume",
              checkpoint, "--bulk"]
    one, two = must(*common, first).stdout, must(*common, second).stdout
    three = must(*common, second).stdout
    checks.equal("--resume: every row once", (one + two, three), ("".join(
        must("lookup", "--store", store, "--output", "cof", n).stdout
        for n in (FLUX, KIT, WWW)), ""))
    first.write_text(f"{WWW}\n{KIT}\n{FLUX}\n")
    done = run(*common, first)
    checks.equal("--resume with another list: status and rows", (done.returncode, done.stdout),
                 (1, ""))
    checkpoint.write_text("nonsense\n")
    checks.equal("--resume with another file: status", status(*common, second), 1)


def pattern_checks(checks, store):
    """Names by regular expression and by glob."""
    owners = {row[0] for row in truth.all_rows()}

    def ask(*arguments):
        return must("lookup", "--store", store, *arguments).stdout

    for pattern, test in ((r"^shop[0-9]+\.", r"^shop[0-9]+\."), (r"\.net\.$", r"\.net\.$"),
                          ("BANK", "(?i)bank")):
        checks.equal(f"--regex {pattern}", set(ask("--regex", pattern).split()),
                     {name for name in owners if re.search(test, name + ".")})
    checks.equal("--glob *.example.net.", set(ask("--glob", "*.example.net.").split()),
                 {name for name in owners if name.endswith(".example.net")})
    found = [json.loads(line) for line in
             ask("--glob", "*.example.net.", "--output", "cof").splitlines()]
    by_name = {}
    for row in truth.all_rows():
        by_name.setdefault(row[0], []).append(row)
    checks.equal("--glob --output cof: first, last and count of each name",
                 {(f["rrname"], f["time_first"], f["time_last"], f["count"]) for f in found},
                 {(name, min(r[3] for r in of), max(r[4] for r in of), sum(r[5] for r in of))
                  for name, of in by_name.items() if name.endswith(".example.net")})
    checks.equal("--glob --count", ask("--glob", "*.example.net.", "--count"),
                 f"{len(found)}\n")
    checks.equal("--regex --limit 1: status", status(
        "lookup", "--store", store, "--regex", "example", "--limit", "1"), 3)


def cpu_seconds(command):
    """Processor time of a program: other programs on the machine make no difference."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        _, code, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(code)
    if process.returncode != 0:
        raise SystemExit(f"{command} exits {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def help_checks(checks, work):
    """Help in time, manual pages and completions that their readers take."""
    subcommands = [sub["commandName"] for sub in json.loads(
        must("--experimental-dump-help").stdout)["command"]["subcommands"]]
    for command in [[], *[[name] for name in subcommands if name != "help"]]:
        best = min(cpu_seconds([PROGRAM, *command, "--help"]) for _ in range(10))
        checks.that(f"tidemark {' '.join(command)} --help: {best * 1000:.0f} ms of processor",
                    best <= HELP_SECONDS_MAX)
    text = must("serve", "--help").stdout
    for route in ("/pdns/query/", "/fquery/", "/info", "/dnsdb/", "/lookup/", "/summarize/",
                  "/api/v1/", "/submit", "/health", "/metrics"):
        line = next((line for line in text.splitlines() if route in line), "")
        named = re.search(r"docs/\S+\.md$", line)
        checks.that(f"serve --help: {route} and what describes it",
                    named and (ROOT / named[0]).exists(), line)
    options = {argument["names"][0]["name"]: argument for command in json.loads(
        must("--experimental-dump-help").stdout)["command"]["subcommands"]
        if command["commandName"] == "serve" for argument in command["arguments"]
        if argument.get("names")}
    for option in ("tls-certificate", "tls-key", "control"):
        checks.that(f"serve --{option} is completed by files",
                    "file" in options[option].get("completionKind", {}), options[option])
    subprocess.run([ROOT / "Scripts/make-man.py", work / "man"], check=True, capture_output=True,
                   env={**os.environ, "TIDEMARK": PROGRAM})
    pages = sorted((work / "man").glob("*.1"))
    checks.that(f"{len(pages)} manual pages", len(pages) > len(subcommands) - 1)
    lint = ([["mandoc", "-Tlint", "-Wwarning"]] if shutil.which("mandoc") else []) + (
        [["groff", "-man", "-ww", "-Tutf8", "-z"]] if shutil.which("groff") else [])
    if not lint:
        checks.skip("manual pages are well formed", "neither mandoc nor groff is installed")
    for command in lint:
        for page in pages:
            done = subprocess.run([*command, page], capture_output=True, text=True)
            checks.equal(f"{command[0]} {page.name}", done.stdout + done.stderr, "")
    for shell, check in (("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]),
                         ("fish", ["fish", "--no-execute"])):
        script = work / f"tidemark.{shell}"
        script.write_text(must("--generate-completion-script", shell).stdout)
        checks.that(f"completions of {shell} know --summarize and graphml",
                    all(word in script.read_text() for word in ("summarize", "graphml")))
        if not shutil.which(shell):
            checks.skip(f"completions of {shell} parse", f"{shell} is not installed")
            continue
        done = subprocess.run([*check, script], capture_output=True, text=True)
        checks.equal(f"completions of {shell} parse", (done.returncode, done.stderr), (0, ""))


def suite(checks):
    with folder() as work:
        work = pathlib.Path(work)
        store = sample_store(work)
        output_checks(checks, store)
        zone_checks(checks, store, work)
        dnsdbq_checks(checks, store)
        filter_checks(checks, store)
        status_checks(checks, store, work)
        partner_checks(checks, work)
        bulk_checks(checks, store, work)
        pattern_checks(checks, store)
        help_checks(checks, work)


if __name__ == "__main__":
    harness.main(suite)
