"""Lists of indicators whose enrichment does not come to its end: killed, and with an output that
takes nothing. What is gone on with later is as if nothing had happened."""
import json
import re
import signal
import sqlite3
import subprocess
import time

import harness
from harness import must, run

KILLED = 300
KILLS = 3
# So slow that a kill comes in the middle, with a rate and without one.
RATE = 12_000
# Indicators that may be under way at once.
AT_ONCE = 4


def arguments(place, path, *options):
    return ["enrich", "--store", place[0], "--library", place[1], "--op", "tidemark", "--action",
            "passive-dns", "--file", path, "--add-all", "--json", *options]


def done_count(state):
    """Indicators that are done, by the checkpoint."""
    return max(state.read_bytes().count(b"\n") - 1, 0) if state.exists() else 0


def kill_at(command, state, out, wanted):
    """Starts an enrichment and kills it when so many indicators are done."""
    with open(out, "ab") as output:
        process = subprocess.Popen([harness.PROGRAM, *map(str, command)], stdout=output,
                                   stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        limit = time.monotonic() + harness.COMMAND_SECONDS_MAX
        while done_count(state) < wanted and process.poll() is None:
            if time.monotonic() > limit:
                raise SystemExit("the enrichment makes no progress")
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        status = process.wait()
        # Lines behind one that was cut off stand by themselves.
        output.write(b"\n")
        return status


def shown_in(path):
    """Indicators with a result in an output; what a kill cut off is none."""
    found = set()
    for line in path.read_text().splitlines():
        try:
            found.add(json.loads(line)["indicator"]["value"])
        except ValueError:
            pass
    return found


def kept(library):
    """Results by indicator in a library."""
    with sqlite3.connect(library) as database:
        return dict(database.execute("SELECT value, count(*) FROM results GROUP BY value"))


def statements(library, store):
    """What was added, without the times of the additions."""
    text = must("indicator", "export", "--store", store, "--library", library).stdout
    return sorted(re.sub(r'"(first|last)_seen":"[^"]*"', "", line) for line in text.splitlines())


def killed(checks, work, store, path, wanted, options):
    """Kills an enrichment again and again, and lets it end."""
    what = "killed" + (" at a rate" if options else "")
    name = what.replace(" ", "-")
    library, state, out = (work / f"{name}.{end}" for end in ("sqlite", "state", "ndjson"))
    command = [*arguments((store, library), path, "--resume", state), *options]
    status = {kill_at(command, state, out, KILLED * (kill + 1) // (KILLS + 2))
              for kill in range(KILLS)}
    came = done_count(state)
    checks.that(f"{what}: {KILLS} times by signal 9, with {came} of {KILLED} done",
                status == {-signal.SIGKILL} and 0 < came < KILLED, (status, came))
    # What a kill in the middle of a write leaves.
    with open(state, "ab") as file:
        file.write(b"29")
    done = run(*command)
    with open(out, "a") as file:
        file.write(done.stdout)
    checks.that(f"{what}: each indicator counts once in the end", done.returncode == 0
                and f"{KILLED} of {KILLED} indicators done; {KILLED} runs: {KILLED} with rows"
                in done.stderr and f"{came} of {KILLED} indicators were done" in done.stderr,
                done.stderr[-400:])
    places = [line.split()[0] for line in state.read_text().splitlines()[1:]]
    checks.equal(f"{what}: the checkpoint has each place once", sorted(map(int, places)),
                 list(range(KILLED)))
    results, shown = kept(library), shown_in(out)
    # An indicator that was under way is run again.
    again = sum(results.values()) - KILLED
    checks.that(f"{what}: each has its result; {again} were under way and are run again",
                len(results) == KILLED and again <= KILLS * AT_ONCE and max(results.values()) <= 4,
                again)
    missing = KILLED - len(shown)
    checks.that(f"{what}: no result is missing in the output", missing == 0, missing)
    checks.equal(f"{what}: what was added is as if nothing had happened",
                 statements(library, store), wanted)


def unread(checks, work, store, path, wanted):
    """An output that takes nothing: what could not be shown is not done."""
    library, state = work / "unread.sqlite", work / "unread.state"
    command = arguments((store, library), path, "--resume", state)
    with open("/dev/full", "wb") as full:
        subprocess.run([harness.PROGRAM, *map(str, command)], stdout=full, check=False,
                       stdin=subprocess.DEVNULL, timeout=harness.COMMAND_SECONDS_MAX)
    checks.equal("an output that takes nothing ends it, and nothing is done", done_count(state), 0)
    done = run(*command)
    checks.equal("all of it comes later", (done.returncode, len(done.stdout.splitlines()),
                                           statements(library, store)), (0, KILLED, wanted))


def suite(checks, work, store):
    path = work / "killed.txt"
    path.write_text("".join(f"h{n}.example.org\n" for n in range(KILLED)))
    whole = work / "whole.sqlite"
    done = run(*arguments((store, whole), path))
    checks.equal("a list that nobody kills", (done.returncode, set(kept(whole).values())), (0, {1}))
    wanted = statements(whole, store)
    killed(checks, work, store, path, wanted, ["--rate", f"tidemark={RATE}"])
    killed(checks, work, store, path, wanted, [])
    unread(checks, work, store, path, wanted)
