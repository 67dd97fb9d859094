#!/usr/bin/env python3
"""Measures Tidemark and its baselines in one run and writes the table of docs/performance.md.

    bench.py [--rounds N] [--work DIR] [--sizes m1,m10] [--only ROW,...] [--no-write]

ROW: decode, worst, logs, dnstap, capture, cof, size, lookup, page, http, crowd,
stream, zone, networks, patterns, d4, redis, mix. Figures are medians of N rounds (default 3).
The workload generator is `../shared/tools/gen/dnsgen.c`; without it the rows that need it are
left out, loudly. PASSIVEDNS may name a gamelinux passivedns binary (not packaged in Debian).

In-process rows and the fixed-reply server come from `.build/release/tidemark-bench`, which prints
`key value` lines:

    tidemark-bench decode --count N --dump FILE        messages_per_second
    tidemark-bench worst                               worst_message_us, ratio_to_tenth
    tidemark-bench logs --count N --dump PREFIX        {eve,zeek,zeek_json}_lines_per_second
    tidemark-bench lookup --store DIR --names FILE     lookups_per_second, p99_microseconds, rows
    tidemark-bench first-page --store DIR              first_page_{name,address}_{large,small}_…,
                                                       large_{name,address}_rows_per_second
    tidemark-bench names --store DIR                   plain_names_per_second, worst_ratio, …
    tidemark-bench mix --store PREFIX                  {plain,mix}_observations_per_second, …
    tidemark-bench fixed-reply --listen HOST:PORT --octets N
"""
import argparse
import collections
import json
import os
import pathlib
import platform
import re
import shutil
import socket
import subprocess
import tempfile
import time

import crowd
from enrichment import Enrichment
from fleet import Fleet
from searches import SEARCHED, Searches
from tools import (BENCH, ROOT, Row, TIDEMARK, article, command, fetch, figures, free_port, median,
                   metric, note, running, served, wait_until, wrk)

SHARED = pathlib.Path(os.environ.get("TIDEMARK_SHARED", ROOT.parent / "shared"))
BASELINES = ROOT / "Benchmarks/.build"
OBSERVATIONS = {"m1": 1_000_000, "m10": 10_000_000, "m50": 50_000_000, "tap": 4_000_000}
FORMATS = {"m50": "cof", "tap": "tap"}
LARGE_ROWS = 500_000


def python_lines(path):
    """Lines a second that Python takes apart, understanding nothing of them."""
    with open(path, "rb") as file:
        lines = [line for line in file if not line.startswith(b"#")]
    take_apart = json.loads if lines[0].startswith(b"{") else lambda line: line.split(b"\t")
    start = time.perf_counter()
    for line in lines:
        take_apart(line)
    return len(lines) / (time.perf_counter() - start)


def send_stream(path, stream):
    """Sends a Frame Streams file as a bidirectional writer does, and waits for the FINISH."""
    content = b"protobuf:dnstap.Dnstap"
    field = (1).to_bytes(4, "big") + len(content).to_bytes(4, "big") + content

    def control(kind, fields=b""):
        body = kind.to_bytes(4, "big") + fields
        return bytes(4) + len(body).to_bytes(4, "big") + body

    with socket.socket(socket.AF_UNIX) as sock:
        # The file is there, with its final permissions, a moment before anybody listens.
        wait_until("somebody listens", lambda: sock.connect_ex(str(path)) == 0)
        sock.sendall(control(4, field))
        sock.recv(4096)
        with open(stream, "rb") as file:
            sock.sendfile(file)
        # Files of the generator end with STOP; a FINISH answers it.
        sock.settimeout(120)
        sock.recv(4096)


class Bench(Searches, Fleet, Enrichment):
    def __init__(self, options, work):
        self.options, self.work = options, work
        self.rows, self.remarks, self.stores = [], [], {}
        self.rounds = range(options.rounds)

    def remark(self, text):
        note(text)
        self.remarks.append(text)

    def data(self, size):
        """Generates a workload once; None without the generator."""
        source = SHARED / "tools/gen/dnsgen.c"
        prefix = self.work / size
        if pathlib.Path(f"{prefix}.manifest").exists():
            return prefix
        if not source.exists():
            self.remark(f"{size} left out: {source.name} of the shared data folder is absent")
            return None
        program = BASELINES / "dnsgen"
        BASELINES.mkdir(exist_ok=True)
        subprocess.run(["cc", "-O2", "-w", "-o", program, source, "-lm"], check=True)
        note(f"generating {size}")
        command(program, "--seed", "1", "--obs", OBSERVATIONS[size], "--formats",
                FORMATS.get(size, "pcap,pdns,cof"), "--words", "/usr/share/dict/words", "--psl",
                "/usr/share/publicsuffix/public_suffix_list.dat", "--out", prefix)
        return prefix

    def manifest(self, prefix):
        lines = pathlib.Path(f"{prefix}.manifest").read_text().splitlines()
        return dict(line.split(None, 1) for line in lines)

    # ------------------------------------------------------------------ rows

    def decode(self):
        dump = self.work / "messages.bin"
        ours = median([figures("decode", "--count", 1_000_000, "--dump", dump)
                       ["messages_per_second"] for _ in self.rounds])
        text = command(BASELINES / "ldns-decode", dump, self.options.rounds)[2]
        messages, seconds = map(float, text.split())
        ratio = ours / (messages / seconds)
        self.rows.append(Row("decode and canonical keys, one core",
                             f"{ours / 1e6:.2f} M messages/s; {ratio:.1f}× ldns",
                             "4 M/s; 3× ldns", ours >= 4e6 and ratio >= 3))

    def worst(self):
        texts = [command(BENCH, "worst")[2] for _ in self.rounds]
        most = median([float(re.search(r"^worst_message_us (\S+)", text, re.M)[1])
                       for text in texts])
        growth = max(float(ratio) for text in texts
                     for ratio in re.findall(r"ratio_to_tenth (\S+)", text))
        self.rows.append(Row("dearest message of 64 KiB, decode and extract",
                             f"{most:.0f} µs; ten times the input costs at most {growth:.1f}× "
                             "the time", "200 µs; 12×", most <= 200 and growth <= 12))

    def dnstap(self):
        """One writer on a unix socket, into a synced store; the writer's time is in it."""
        prefix = self.data("tap")
        if not prefix:
            return
        messages = int(self.manifest(prefix)["responses"])
        stream = pathlib.Path(f"{prefix}.tap")
        rates = []
        for _ in self.rounds:
            store, tap = self.work / "tap.store", self.work / "tap.sock"
            shutil.rmtree(store, ignore_errors=True)
            config = self.work / "tap.yaml"
            port = free_port()
            config.write_text(
                f"store: {store}\nflush_seconds: 1\nhttp:\n  listen: 127.0.0.1:{port}\n"
                f"filter:\n  standard: false\nsources:\n  - name: tap\n    format: dnstap\n"
                f"    messages: [resolver, client]\n    listen: unix:{tap}\n")
            with running(TIDEMARK, "collect", "--config", config):
                wait_until("the collector listens", tap.exists)
                start = time.perf_counter()
                send_stream(tap, stream)
                wait_until("all messages are in the store", lambda: metric(
                    port, "tidemark_responses_total") >= messages)
                rates.append(messages / (time.perf_counter() - start))
                dropped = metric(port, "tidemark_records_total", 'outcome="dropped"')
            note(f"dnstap: {rates[-1]:.0f} messages/s, {dropped:.0f} records dropped")
        received, floor = self.work / "tap.received", []
        for _ in self.rounds:
            tap = self.work / "capture.sock"
            tap.unlink(missing_ok=True)
            with running("fstrm_capture", "-t", "protobuf:dnstap.Dnstap", "-u", tap, "-w",
                         received):
                wait_until("fstrm_capture listens", tap.exists)
                start = time.perf_counter()
                send_stream(tap, stream)
                floor.append(messages / (time.perf_counter() - start))
        rate = median(rates)
        self.rows.append(Row("dnstap over a unix socket into the synced store, writer included",
                             f"{rate / 1e3:.0f} k messages/s, none lost; fstrm_capture, which only "
                             f"copies to a file, takes {median(floor) / 1e3:.0f} k/s",
                             "400 k messages/s", rate >= 4e5))

    def logs(self):
        prefix = self.work / "logs"
        runs = [figures("logs", "--dump", prefix) for _ in self.rounds]
        for form, what in (("eve", "Suricata EVE"), ("zeek", "Zeek columns"),
                           ("zeek_json", "Zeek JSON")):
            ours = median([run[f"{form}_lines_per_second"] for run in runs])
            floor = median([python_lines(f"{prefix}.{form}") for _ in self.rounds])
            self.rows.append(Row(f"{what} into batches, one core",
                                 f"{ours / 1e3:.0f} k lines/s; {ours / floor:.1f}× Python's "
                                 f"{'split' if form == 'zeek' else 'json.loads'} alone",
                                 "250 k lines/s", ours >= 250e3))

    def capture(self):
        for size in self.options.sizes:
            prefix = self.data(size)
            if not prefix:
                continue
            seconds, memory = self.imports(f"{prefix}.pcap", size)
            rate = OBSERVATIONS[size] / seconds
            floor = float(command(BASELINES / "pcap-loop", f"{prefix}.pcap")[2].split()[2])
            sqlite = self.sqlite(prefix)
            text = (f"{rate / 1e6:.2f} M observations/s; {seconds / floor:.1f}× the time of a "
                    f"libpcap loop; {sqlite / seconds:.0f}× sqlite upsert")
            sensor = self.passivedns(prefix)
            wanted = {"m1": 4, "m10": 20}[size]
            is_met = rate >= 1e6
            if sensor:
                text += f"; {sensor / seconds:.0f}× passivedns"
                is_met = is_met and sensor / seconds >= wanted
            self.rows.append(Row(f"import of the {size} capture, synced, all families", text,
                                 f"1 M/s; {wanted}× passivedns", is_met))
            self.rows.append(Row("peak memory of that import", f"{memory / 1e6:.0f} MB",
                                 "700 MB", memory <= 700e6))

    def imports(self, path, label, *options):
        """Median seconds and largest memory of imports into new stores; keeps the last one."""
        seconds, memory = [], 0
        for _ in self.rounds:
            store = self.work / f"{label}.store"
            shutil.rmtree(store, ignore_errors=True)
            took, peak, _ = command(TIDEMARK, "import", "--store", store, *options, path)
            note(f"import {label}: {took:.2f} s, {peak / 1e6:.0f} MB")
            seconds.append(took)
            memory = max(memory, peak)
        self.stores[label] = store
        return median(seconds), memory

    def sqlite(self, prefix):
        database = self.work / "sqlite.db"
        for path in self.work.glob("sqlite.db*"):
            path.unlink()
        text = command(BASELINES / "sqlite-upsert", f"{prefix}.pdns.log", database)[2]
        return float(text.split()[2])

    def passivedns(self, prefix):
        program = os.environ.get("PASSIVEDNS")
        if not program:
            self.remark("passivedns was not measured: PASSIVEDNS names no binary")
            return None
        log = self.work / "passivedns.log"
        return command(program, "-X", "46CDNPRSOFTMn", "-r", f"{prefix}.pcap", "-l", log,
                       "-L", log)[0]

    def cof(self):
        for size in self.options.sizes:
            prefix = self.data(size)
            if not prefix:
                continue
            path = pathlib.Path(f"{prefix}.cof.json")
            seconds, memory = self.imports(path, f"{size}-cof", "--format", "cof")
            rate = OBSERVATIONS[size] / seconds
            self.rows.append(Row(f"import of the {size} observations as COF",
                                 f"{rate / 1e3:.0f} k lines/s; {memory / 1e6:.0f} MB",
                                 "400 k lines/s; 700 MB", rate >= 4e5 and memory <= 700e6))

    def store(self, size):
        prefix = self.data(size)
        if prefix and size not in self.stores:
            if size == SEARCHED:
                self.import_searched(prefix)
            else:
                self.imports(f"{prefix}.pcap", size)
        return prefix, self.stores.get(size)

    def import_searched(self, prefix):
        """The largest store is made once: how fast is shown by others."""
        store = self.work / f"{SEARCHED}.store"
        if not store.exists():
            command(TIDEMARK, "import", "--store", store, "--format", "cof", f"{prefix}.cof.json")
            command(TIDEMARK, "compact", "--store", store)
        self.stores[SEARCHED] = store

    def size(self):
        for size in self.options.sizes:
            prefix, store = self.store(size)
            if not prefix:
                continue
            records = int(self.manifest(prefix)["unique_triples"])
            command(TIDEMARK, "compact", "--store", store)
            octets = sum(path.stat().st_size for path in store.rglob("*.sst"))
            inspected = json.loads(command(TIDEMARK, "inspect", "--store", store, "--json")[2])
            note(f"inspect {size}: {json.dumps(inspected)[:600]}")
            each = octets / records
            self.rows.append(Row(f"store, {records:,} records, compacted",
                                 f"{each:.1f} octets per record", "48",
                                 size != "m10" or each <= 48))

    def names(self, store):
        """Names by number of rows, out of an export."""
        counts = collections.Counter()
        with subprocess.Popen([TIDEMARK, "export", "--store", store],
                              stdout=subprocess.PIPE) as process:
            for line in process.stdout:
                counts[json.loads(line)["rrname"]] += 1
        return counts

    def lookup(self):
        _, store = self.store(self.options.sizes[-1])
        if not store:
            return
        # The engine that it is compared with knows no table that is not merged.
        command(TIDEMARK, "compact", "--store", store)
        small = [name for name, rows in self.names(store).items() if rows <= 10]
        path = self.work / "names.txt"
        path.write_text("\n".join(small[::max(1, len(small) // 200_000)]) + "\n")
        dump, count = self.work / "lookup", 200_000
        runs, engine = [], []
        for _ in self.rounds:
            runs.append(figures("lookup", "--store", store, "--names", path, "--dump", dump,
                                "--count", count))
            _, rows, seconds = command(BASELINES / "mtbl-lookup", dump, count)[2].split()
            if int(rows) != runs[-1]["rows"]:
                raise SystemExit(f"mtbl finds {rows} rows, tidemark {runs[-1]['rows']:.0f}")
            engine.append(count / float(seconds))
        for part in self.work.glob("lookup.*"):
            part.unlink()
        rate, slow = (median([run[key] for run in runs]) for key in (
            "lookups_per_second", "p99_microseconds"))
        self.rows.append(Row("look-ups of names with at most 10 records, one thread, warm",
                             f"{rate / 1e3:.0f} k/s; p99 {slow:.0f} µs", "150 k/s; p99 120 µs",
                             rate >= 150e3 and slow <= 120))
        ratio = rate / median(engine)
        self.rows.append(Row("these look-ups against mtbl, the engine of dnstable "
                             f"({median(engine) / 1e3:.0f} k/s, nothing decoded)",
                             f"{ratio:.1f}×", "2×", ratio >= 2))

    def page(self):
        runs = []
        for _ in self.rounds:
            store = self.work / "large.store"
            shutil.rmtree(store, ignore_errors=True)
            runs.append(figures("first-page", "--store", store, "--rows", LARGE_ROWS))
        middle = {key: median([run[key] for run in runs]) for key in runs[0]}
        for what, wanted in (("name", 5e6), ("address", 0)):
            rate = middle[f"large_{what}_rows_per_second"]
            self.rows.append(Row(f"all rows of {article(what)} with 500,000, one thread",
                                 f"{rate / 1e6:.2f} M rows/s",
                                 "5 M rows/s" if wanted else "", rate >= wanted))
        for what in ("name", "address"):
            ratio = middle[f"first_page_{what}_ratio"]
            small = middle[f"first_page_{what}_small_microseconds"]
            self.rows.append(Row(f"first 10 rows of {article(what)} with 500,000, "
                                 "against one with 10",
                                 f"{ratio:.2f}× (small: {small:.0f} µs)", "1.5×", ratio <= 1.5))
            ratio = middle[f"last_page_{what}_ratio"]
            self.rows.append(Row(f"last of 50,000 pages of {article(what)} with 500,000, against "
                                 "the first", f"{ratio:.2f}×", "1.5×", ratio <= 1.5))

    def http(self):
        _, store = self.store(self.options.sizes[0])
        if not store:
            return
        names = [name for name, rows in self.names(store).items() if 4 <= rows <= 6][:20_000]
        script = self.work / "names.lua"
        paths = ",\n".join(json.dumps(f"/pdns/query/{name}") for name in names)
        script.write_text(
            "local paths = {" + paths + "}\nlocal i = 0\n"
            "request = function() i = i % #paths + 1 return wrk.format('GET', paths[i]) end\n")
        with served(TIDEMARK, "serve", "--store", store) as address:
            bodies = [len(fetch(f"http://{address}/pdns/query/{name}")) for name in names[:200]]
            ours = median([wrk(address, script) for _ in self.rounds])
        octets = int(median(bodies))
        with served(BENCH, "fixed-reply", "--octets", octets) as address:
            fixed = median([wrk(address, script) for _ in self.rounds])
        self.rows.append(Row(f"HTTP `/pdns/query`, about 5 rows ({octets} octets), "
                             "32 connections",
                             f"{ours / 1e3:.1f} k/s; {ours / fixed:.2f}× a fixed reply",
                             "0.5×", ours / fixed >= 0.5))

    def crowd(self):
        """Small look-ups alone and beside callers that stream, in turns."""
        _, store = self.store(SEARCHED)
        if not store:
            return
        names = [name for name, rows in self.names(store).items() if 4 <= rows <= 6][:20_000]
        with served(TIDEMARK, "serve", "--store", store) as address:
            taken, rate = crowd.compare(address, [f"/pdns/query/{name}" for name in names],
                                        "/api/v1/records?below=com", 20, self.options.rounds)
        alone, among = (crowd.percentile(taken[who], 0.99) * 1e6 for who in ("alone", "crowd"))
        middle = [crowd.percentile(taken[who], 0.5) * 1e6 for who in ("alone", "crowd")]
        self.rows.append(Row("small look-ups while 20 callers stream `*.com`, p99",
                             f"{among:.0f} µs, alone {alone:.0f} µs: {among / alone:.1f}× (p50 "
                             f"{middle[1]:.0f} and {middle[0]:.0f} µs); the crowd gets "
                             f"{rate / 1e6:.0f} MB/s", "2×", among <= 2 * alone))

    def mix(self):
        """Observations of 50 sensors into the store, mixed and read by three partners."""
        runs = []
        for number in self.rounds:
            stores = self.work / f"mix{number}"
            runs.append(figures("mix", "--store", stores))
            for kind in ("mix", "plain"):
                shutil.rmtree(f"{stores}.{kind}")
        rate = median([run["mix_observations_per_second"] for run in runs])
        plain = median([run["plain_observations_per_second"] for run in runs])
        self.rows.append(Row("observations of 50 sensors into the synced store, mixed, three "
                             "readers", f"{rate / 1e3:.0f} k/s; unmixed {plain / 1e3:.0f} k/s",
                             "300 k/s", rate >= 3e5))


def machine():
    cpu = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)",
                           pathlib.Path("/proc/meminfo").read_text())[1]) >> 20
    rocksdb = subprocess.run(["dpkg-query", "-W", "-f=${Version}", "librocksdb-dev"],
                             capture_output=True, text=True).stdout or "unknown"
    return (f"{cpu[1].strip() if cpu else platform.machine()}, {os.cpu_count()} cores, "
            f"{memory} GiB, Linux {platform.release().split('-')[0]}, RocksDB {rocksdb}")


def table(bench):
    lines = ["| what | measured | at least (memory, size, time: at most) | met |",
             "| --- | --- | --- | --- |", *(row.line() for row in bench.rows), "",
             f"Machine: {machine()}. Medians of {bench.options.rounds} rounds, "
             f"{time.strftime('%Y-%m-%d')}."]
    return "\n".join(lines + [f"Note: {remark}." for remark in dict.fromkeys(bench.remarks)])


def write(text):
    path = ROOT / "docs/performance.md"
    document = path.read_text(encoding="utf-8")
    begin, end = "<!-- bench:begin -->\n", "\n<!-- bench:end -->"
    head, tail = document.index(begin) + len(begin), document.index(end)
    path.write_text(document[:head] + text + document[tail:], encoding="utf-8")


def main():
    rows = ("decode", "worst", "logs", "dnstap", "capture", "cof", "size", "lookup", "page", "http",
            "crowd", "stream", "zone", "networks", "patterns", "d4", "redis", "mix", "enrich")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=pathlib.Path)
    parser.add_argument("--sizes", default="m1,m10", type=lambda text: text.split(","))
    parser.add_argument("--only", default=",".join(rows), type=lambda text: text.split(","))
    parser.add_argument("--no-write", action="store_true")
    options = parser.parse_args()
    if unknown := set(options.only) - set(rows):
        parser.error(f"unknown row: {', '.join(unknown)}")
    subprocess.run(["make", "-s", "-C", ROOT / "Benchmarks/baselines"], check=True)
    with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as folder:
        bench = Bench(options, options.work or pathlib.Path(folder))
        bench.work.mkdir(parents=True, exist_ok=True)
        for row in options.only:
            note(f"--- {row}")
            getattr(bench, row)()
        text = table(bench)
    print(text)
    if not options.no_write:
        write(text)


if __name__ == "__main__":
    main()
