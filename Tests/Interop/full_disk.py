#!/usr/bin/env python3
"""Output that cannot be written: every command that prints something says so in one line and ends
with status 1. A reader that went away is no failure, and is not told of.
"""
import os
import pathlib
import resource
import signal
import subprocess

import harness
from harness import EXAMPLES, PROGRAM, Server, folder, must, run, sample_store

NAME, ADDRESS = "www.example.com", "192.0.2.10"
FULL = "tidemark: standard output: No space left on device\n"
FORMATS = ["text", "cof", "cof-array", "csv", "names", "dnsdbq", "zone", "dot", "graphml", "stix",
           "misp"]
# A file may have so many octets where the disk fills up midway.
ROOM = 20_000


def told(stdout, *arguments, data=None, **options):
    """Runs the program with its output somewhere; its status and what it says about it."""
    done = subprocess.run(
        [PROGRAM, *map(str, arguments)], input=data, stdout=stdout, stderr=subprocess.PIPE,
        text=True, timeout=harness.COMMAND_SECONDS_MAX,
        stdin=None if data is not None else subprocess.DEVNULL, **options)
    return done.returncode, done.stderr


def check(checks, what, *arguments, data=None):
    """What prints something where there is room ends with status 1 where there is none, and says
    so besides what it says anyway, or alone."""
    printed = run(*arguments, data=data)
    checks.that(f"{what}: prints", printed.returncode in (0, 3) and printed.stdout,
                (printed.returncode, printed.stdout[:200], printed.stderr[:400]))
    with open("/dev/full", "w") as full:
        status, said = told(full, *arguments, data=data)
    rest = said.replace(FULL, "", 1)
    checks.that(f"{what}, no space: status 1 and one line more",
                status == 1 and said.count(FULL) == 1 and rest in (printed.stderr, ""),
                (status, said))


def lookup_checks(checks, store, work):
    lookup = ["lookup", "--store", store]
    for output in FORMATS:
        check(checks, f"lookup --output {output}", *lookup, "--output", output, NAME)
    for more in (["--color", "always", "--output", "text"], ["--count"], ["--summarize"],
                 ["--sort", "-count"], ["--limit", "1"]):
        check(checks, f"lookup {' '.join(more)}", *lookup, *more, NAME)
    for output in ("names", "csv", "cof"):
        check(checks, f"lookup --regex --output {output}", *lookup, "--regex", "example",
              "--output", output)
    keys = f"{NAME}\n{ADDRESS}\n"
    check(checks, "lookup --bulk", *lookup, "--status", "none", "--bulk", "-", data=keys)
    # What was not written is not noted as done: the next run has every row.
    resumed = [*lookup, "--status", "none", "--bulk", "-", "--resume", work / "bulk.state"]
    with open("/dev/full", "w") as full:
        status, _ = told(full, *resumed, data=keys)
    wanted = run(*lookup, "--status", "none", "--bulk", "-", data=keys).stdout
    checks.equal("lookup --bulk --resume, no space: nothing is lost",
                 (status, run(*resumed, data=keys).stdout), (1, wanted))


def server_checks(checks, store, work):
    token = work / "token"
    token.write_text(must("token", "create", "--store", store, "desk").stdout)
    with Server(store, work / "serve.log", "--require-tokens") as server:
        there = ["--server", server.url, "--token-file", token]
        check(checks, "lookup --server", "lookup", *there, NAME)
        check(checks, "lookup --server --bulk", "lookup", *there, "--status", "none", "--bulk", "-",
              data=f"{NAME}\n{ADDRESS}\n")
        check(checks, "whoami", "whoami", *there)
    check(checks, "token list", "token", "list", "--store", store)
    with open("/dev/full", "w") as full:
        status, _ = told(full, "token", "create", "--store", store, "unseen")
    state = must("token", "list", "--store", store, "--all").stdout
    checks.that("token create, no space: status 1, the token is revoked", status == 1 and any(
        "unseen" in line and "revoked" in line for line in state.splitlines()), (status, state))


def enrichment_checks(checks, store):
    place = ["--store", store]
    must("indicator", "add", *place, NAME, ADDRESS)
    for what in (["op", "list"], ["op", "show", "circl"],
                 ["indicator", "list"], ["indicator", "show", NAME],
                 ["enrich", "--op", "tidemark", "--action", "passive-dns", NAME]):
        for json in ([], ["--json"]):
            check(checks, " ".join([*what[:2], *json]), *what, *place, *json)
    for form in ("csv", "ndjson", "stix", "misp"):
        check(checks, f"indicator export --format {form}", "indicator", "export", *place,
              "--format", form)
    check(checks, "op run", "op", "run", *place, "tidemark.passive-dns", NAME)
    check(checks, "enrich --file", "enrich", *place, "--op", "tidemark", "--action", "passive-dns",
          "--file", "-", "--json", data=f"{NAME}\n")


def other_checks(checks, store, work):
    check(checks, "export", "export", "--store", store)
    check(checks, "inspect", "inspect", "--store", store)
    check(checks, "risk show", "risk", "show", "--store", store, NAME)
    check(checks, "--help", "--help")
    check(checks, "--version", "--version")
    check(checks, "completions", "--generate-completion-script", "bash")
    again = ["import", "--store", work / "again.store", EXAMPLES / "sample.pcap"]
    with open("/dev/full", "w") as full:
        checks.equal("import, no space for its account: status and lines", told(full, *again),
                     (1, FULL))


def midway_checks(checks, store, work):
    """A disk that fills up while rows are written to it."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))

    whole = harness.export(store)
    with open(work / "cut.ndjson", "w") as file:
        status, said = told(file, "export", "--store", store, preexec_fn=limit)
    written = (work / "cut.ndjson").read_text()
    checks.that(f"export, space for {ROOM} of {len(whole)} octets",
                len(whole) > ROOM and written == whole[:ROOM], len(written))
    checks.equal("export, no space midway: status and lines", (status, said),
                 (1, "tidemark: standard output: File too large\n"))


def reader_checks(checks, store):
    """Readers that have seen enough close the pipe."""
    for what in (["export"], ["lookup", NAME], ["lookup", "--count", NAME]):
        for quietly in (False, True):
            reader, writer = os.pipe()
            os.close(reader)
            # Python ignores SIGPIPE, and its children do when they are not told otherwise.
            status, said = told(writer, *what, "--store", store, restore_signals=not quietly)
            os.close(writer)
            checks.equal(f"{' '.join(what)}, nobody reads{', SIGPIPE ignored' * quietly}",
                         (status, said), (0 if quietly else -signal.SIGPIPE, ""))


def suite(checks):
    with folder() as work:
        work = pathlib.Path(work)
        store = sample_store(work)
        lookup_checks(checks, store, work)
        server_checks(checks, store, work)
        enrichment_checks(checks, store)
        other_checks(checks, store, work)
        midway_checks(checks, store, work)
        reader_checks(checks, store)


if __name__ == "__main__":
    harness.main(suite)
