"""Rows of bench.py's table that search: streams, a zone, networks, patterns."""
import http.client
import ipaddress
import json
import os
import pathlib
import random
import shutil
import time

import crowd
from tools import Row, TIDEMARK, command, figures, median, served

# About ten million records.
SEARCHED = "m50"
ZONE_ROWS = 37_560
NETWORKS = 300
# How often each is asked for once it is warm.
ASKED = 5
PIECE = 1 << 20


def processor_seconds(process):
    """What a process has used of the processor, in user and in system mode."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask(address, path):
    """One answer: (seconds to its first octet, seconds in all, line ends, last line)."""
    host, port = address.split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=600)
    connection.connect()
    begin = time.perf_counter()
    connection.request("GET", path)
    reply = connection.getresponse()
    piece = reply.read1(PIECE)
    first = time.perf_counter() - begin
    lines, last = 0, b""
    while piece:
        lines += piece.count(b"\n")
        last = (last + piece)[-4096:]
        piece = reply.read1(PIECE)
    took = time.perf_counter() - begin
    connection.close()
    if reply.status != 200:
        raise SystemExit(f"bench: {path}: {reply.status} {last!r}")
    return first, took, lines, last.rstrip(b"\n").rsplit(b"\n", 1)[-1]


class Searches:
    """Part of Bench: what a server answers to large and to unusual questions."""

    def stream(self):
        """All names below com; the processor time of the server is that of one core."""
        _, store = self.store(SEARCHED)
        if not store:
            return
        rates, walls = [], []
        with served(TIDEMARK, "serve", "--store", store) as address:
            for _ in self.rounds:
                before = processor_seconds(address.process)
                _, took, lines, last = ask(address, "/api/v1/records?below=com")
                rows = json.loads(last)["rows"]
                if rows != lines - 1:
                    raise SystemExit(f"bench: {rows} rows are said to be in {lines} lines")
                rates.append(rows / (processor_seconds(address.process) - before))
                walls.append(rows / took)
        self.rows.append(Row("rows streamed as ndjson over HTTP, per second of processor time",
                             f"{median(rates) / 1e3:.0f} k rows/s ({median(walls) / 1e3:.0f} k/s "
                             "by the clock, read by Python)", "500 k rows/s",
                             median(rates) >= 5e5))

    def zone(self):
        """A whole zone, natively and as DNSDB."""
        feed, store = self.work / "zone.ndjson", self.work / "zone.store"
        with open(feed, "w", encoding="ascii") as file:
            for number in range(ZONE_ROWS):
                row = {"rrname": f"h{number}.zone.example", "rrtype": "A",
                       "rdata": f"198.18.{number >> 8 & 255}.{number & 255}",
                       "time_first": 1_600_000_000, "time_last": 1_700_000_000, "count": 3}
                file.write(json.dumps(row) + "\n")
        shutil.rmtree(store, ignore_errors=True)
        command(TIDEMARK, "import", "--store", store, "--format", "cof", feed)
        taken = []
        with served(TIDEMARK, "serve", "--store", store) as address:
            for path in ("/api/v1/records?below=zone.example",
                         "/dnsdb/v2/lookup/rrset/name/*.zone.example?limit=0"):
                runs = [ask(address, path) for _ in range(max(5, len(self.rounds)))]
                if any(run[2] < ZONE_ROWS for run in runs):
                    raise SystemExit(f"bench: {path} has {runs[0][2]} lines")
                taken.append(median([run[1] for run in runs]) * 1e3)
        self.rows.append(Row(f"`*.zone` of {ZONE_ROWS:,} rows over HTTP",
                             f"{taken[0]:.0f} ms native, {taken[1]:.0f} ms as DNSDB", "100 ms",
                             max(taken) <= 100))

    def networks(self):
        """Time to the first row of networks around addresses of the store."""
        _, store = self.store(SEARCHED)
        if not store:
            return
        found = {"A": set(), "AAAA": set()}
        for line in command(TIDEMARK, "export", "--store", store)[2].splitlines():
            row = json.loads(line)
            if row["rrtype"] in found:
                found[row["rrtype"]].add(row["rdata"])
        with served(TIDEMARK, "serve", "--store", store) as address:
            for kind, length in (("A", 24), ("AAAA", 32)):
                nets = sorted({str(ipaddress.ip_network(f"{text}/{length}", strict=False))
                               for text in found[kind]})
                picked = random.Random(1).sample(nets, min(NETWORKS, len(nets)))
                every, typical, idle = first_rows(address, picked)
                self.rows.append(Row(
                    f"`/{length}` over HTTP, warm, first row, p99 of {len(picked)} networks",
                    f"{every:.2f} ms ({typical:.2f} ms of the medians of {ASKED} requests for each "
                    f"network; `/health` between them {idle:.2f} ms)", "5 ms", every <= 5))

    def patterns(self):
        """Regular expressions over every name of a store."""
        store = self.work / "names.store"
        shutil.rmtree(store, ignore_errors=True)
        found = figures("names", "--store", store, "--rounds", len(self.rounds))
        plain = found["plain_names_per_second"]
        slowest, rare, worst = (found[f"{kind}_names_per_second"] for kind in (
            "ordinary_slowest", "ordinary_fastest", "evil_slowest"))
        memory = found["memory_megabytes_peak"] - found["memory_megabytes_before"]
        self.rows.append(Row("names searched by regular expressions, one core",
                             f"{rare / 1e6:.1f} M names/s where few match, {slowest / 1e6:.1f} M/s "
                             f"where a third does, {worst / 1e6:.1f} M/s for the worst of "
                             f"{found['patterns']:.0f}; a walk that matches nothing: "
                             f"{plain / 1e6:.1f} M/s", "5 M names/s", rare >= 5e6))
        self.rows.append(Row("memory that all these searches add to an open store",
                             f"{memory:.0f} MB", "64 MB", memory <= 64))


def first_rows(address, nets):
    """Times to the first row, milliseconds: 99th percentiles.

    Of all requests; over networks, of the median of one network's requests; and of an answer that
    reads no rows, which is about what this machine and client cost by themselves.
    """
    every, typical, idle = [], [], []
    for net in nets:
        path = f"/api/v1/records?network={net}&limit=1000"
        ask(address, path)
        taken = []
        for _ in range(ASKED):
            taken.append(ask(address, path)[0])
            idle.append(ask(address, "/health")[0])
        every += taken
        typical.append(median(taken))
    return [crowd.percentile(times, 0.99) * 1e3 for times in (every, typical, idle)]
