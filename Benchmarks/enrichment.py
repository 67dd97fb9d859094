"""Rows of bench.py's table about actions of the `tidemark` operation on many names and on a crowded
address."""
import json
import shutil
import subprocess
import time

from tools import Row, TIDEMARK, command, median, note

HOSTED = 500_000
INDICATORS = 1_000
ADDRESSES = 5
DAY = 86_400
CROWDED = "198.51.100.7"
TRUNCATED = 3
# What a name is asked about, one action a run; the last row is all of them together.
ACTIONS = ("passive-dns", "reverse-ip", "hosting-history", "reverse-name-server", "risk")


def rows():
    """An address with HOSTED names; INDICATORS names of five addresses and a name server each, of
    which many names share each."""
    for number in range(HOSTED):
        yield f"www.site{number}.com", "A", CROWDED, 0, 1_000
    for number in range(INDICATORS):
        for turn in range(ADDRESSES):
            yield (f"ind{number}.org", "A", f"203.0.113.{(number + turn) % 250}",
                   turn * 40, turn * 40 + 20)
        yield f"ind{number}.org", "NS", f"ns{number % 20}.host{number % 20}.net", 0, 1_000


class Enrichment:
    """Part of Bench: operations on own data."""

    def enrich(self):
        """From the command line, start of the process included; results are kept in a library."""
        feed, store = self.work / "enrich.ndjson", self.work / "enrich.store"
        names = self.work / "enrich.names"
        with open(feed, "w", encoding="ascii") as file:
            for name, rrtype, rdata, first, last in rows():
                file.write(json.dumps({
                    "rrname": name, "rrtype": rrtype, "rdata": rdata, "count": 9,
                    "time_first": 1_600_000_000 + first * DAY,
                    "time_last": 1_600_000_000 + last * DAY}) + "\n")
        shutil.rmtree(store, ignore_errors=True)
        command(TIDEMARK, "import", "--store", store, feed)
        names.write_text("".join(f"ind{number}.org\n" for number in range(INDICATORS)))
        self.crowded_address(store)
        walk = median([command(TIDEMARK, "lookup", "--store", store, "--bulk", names)[0]
                       for _ in self.rounds])
        slowest, what = max((self.bulk(store, names, action), action) for action in ACTIONS)
        self.rows.append(Row(f"{INDICATORS:,} indicators through one action on own data, results "
                             "kept", f"{slowest:.1f} s for the slowest of {len(ACTIONS)}, {what}; "
                             f"{slowest / walk:.0f}× the time of `lookup --bulk`", "10 s",
                             slowest <= 10))
        together = self.bulk(store, names)
        self.rows.append(Row(f"{INDICATORS:,} indicators through all actions for names",
                             f"{together:.1f} s; {together / walk:.0f}× the time of "
                             "`lookup --bulk`", "10 s", together <= 10))

    def crowded_address(self, store):
        """The first table of an address that half a million names point to."""
        taken = []
        for _ in self.rounds:
            begin = time.monotonic()
            run = subprocess.run(
                [TIDEMARK, "op", "run", "tidemark.reverse-ip", CROWDED, "--store", store, "--json"],
                capture_output=True, text=True, check=False)
            taken.append(time.monotonic() - begin)
            result = json.loads(run.stdout.splitlines()[0])
            if run.returncode != TRUNCATED or not result["truncated"]:
                raise SystemExit(f"bench: {run.returncode}, truncated is {result['truncated']}")
            note(f"reverse-ip: {taken[-1]:.2f} s, {result['took_ms']} ms of it for the action")
        self.rows.append(Row(f"reverse IP of an address with {HOSTED:,} names, first table, said "
                             "to be truncated", f"{median(taken):.2f} s", "1 s",
                             median(taken) <= 1))

    def bulk(self, store, names, action=None):
        """Median seconds of a bulk enrichment; every one begins with an empty library."""
        taken = []
        for _ in self.rounds:
            for path in self.work.glob("enrich.store.library.sqlite*"):
                path.unlink()
            chosen = ["--action", action] if action else []
            taken.append(command(TIDEMARK, "enrich", "--store", store, "--file", names, "--op",
                                 "tidemark", *chosen)[0])
            note(f"enrich {action or 'all'}: {taken[-1]:.2f} s")
        return median(taken)
