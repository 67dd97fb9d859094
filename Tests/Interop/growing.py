"""Sources that grow while a collector reads them: logs that rotate as logrotate does it, and a
folder that gets captures. Everything written is also kept in one piece, and what a correct reader
knows afterwards is worked out here, never by tidemark.
"""
import gzip
import json
import os
import random
import struct
import threading
import time

import harness  # noqa: F401  (puts Examples on the path)
import make_sample

BASE = 1_700_000_000
NAMES = ("passivedns", "eve", "partner", "taps")
OUTCOMES = ("offered", "filtered", "malformed", "dropped")


class Truth:
    """Records and their account: every answer of a line or a packet is one offered record."""

    def __init__(self):
        self.rows = {}
        self.account = dict.fromkeys(OUTCOMES, 0)

    def see(self, name, rrtype, rdata, first, count=1, last=None):
        last = last or first
        old = self.rows.get((name, rrtype, rdata), (first, last, 0))
        self.rows[(name, rrtype, rdata)] = (
            min(old[0], first), max(old[1], last), old[2] + count)
        self.account["offered"] += 1

    def refuse(self, outcome):
        self.account["offered"] += 1
        self.account[outcome] += 1

    @property
    def observations(self):
        refused = sum(self.account[outcome] for outcome in OUTCOMES[1:])
        return self.account["offered"] - refused


class Log:
    """A log file; `whole` gets the same octets and is never rotated."""

    def __init__(self, path, whole):
        self.path, self.whole = path, whole
        self.truth = Truth()
        self.number = self.rotations = 0
        self.last = None
        # A name out of the end of each file that was rotated away.
        self.ends = []
        self.file = open(path, "ab", buffering=0)
        self.copy = open(whole, "ab")

    def line(self, number):
        """Octets of a line, whose records are told to the truth; sets `last` to a new name."""
        raise NotImplementedError

    def append(self, count, cut=None):
        """Writes lines; with a dice, in two pieces that are cut anywhere."""
        octets = b"".join(self.line(self.number + n) for n in range(count))
        self.number += count
        self.copy.write(octets)
        if cut:
            at = cut.randrange(len(octets))
            self.file.write(octets[:at])
            time.sleep(cut.uniform(0, 0.03))
            octets = octets[at:]
        self.file.write(octets)

    def rotated(self, number, packed):
        return self.path.with_name(f"{self.path.name}.{number}" + (".gz" if packed else ""))

    def rotate(self):
        """Rename and create, older ones moved up."""
        for number in range(self.rotations, 0, -1):
            for packed in (True, False):
                if self.rotated(number, packed).exists():
                    self.rotated(number, packed).rename(self.rotated(number + 1, packed))
        self.path.rename(self.rotated(1, False))
        self.file.close()
        self.file = open(self.path, "ab", buffering=0)
        self.rotations += 1
        self.ends.append(self.last)

    def compress(self, dice):
        """Packs the rotated file as gzip does: beside it, with its times, then it is removed."""
        plain, packed = self.rotated(1, False), self.rotated(1, True)
        if not plain.exists():
            return
        times = plain.stat()
        with open(plain, "rb") as source, gzip.open(packed, "wb", compresslevel=1) as target:
            while piece := source.read(1 << 18):
                target.write(piece)
                time.sleep(dice.uniform(0, 0.01))
        os.utime(packed, ns=(times.st_atime_ns, times.st_mtime_ns))
        plain.unlink()

    def close(self):
        self.file.close()
        self.copy.close()


class PassiveDNSLog(Log):
    """Lines of passivedns: whole and lossy records, repeats, special-use names, damage."""

    def line(self, number):
        seconds, kind = BASE + number * 40, number % 16
        name, rrtype, rdata, count = f"p{number}.example.com", "A", address(number), 1
        if kind == 1:
            name, rrtype, rdata = f"m{number % 200}.example.com", "MX", "mail.example.org"
        elif kind in (2, 3):
            name, count = f"again{number % 300}.example.com", 1 + number % 7
            rdata = f"192.0.2.{number % 50}"
        elif kind == 4:
            rrtype, rdata = "AAAA", f"2001:db8::{number % 65_535 + 1:x}"
        elif kind == 5:
            rrtype, rdata = "CNAME", f"alias{number % 100}.example.net"
        elif kind == 6:
            name = f"printer{number}.local"
        if number % 101 == 13:
            self.truth.refuse("malformed")
            return b"neither a line nor a record %d\n" % number
        if kind == 6:
            self.truth.refuse("filtered")
        else:
            self.truth.see(name, rrtype, rdata, seconds, count)
        if kind > 6:
            self.last = name
        end = "." if rrtype in ("MX", "CNAME") else ""
        return (f"{seconds}.000000||192.0.2.7||192.0.2.53||IN||{name}.||{rrtype}||{rdata}{end}"
                f"||300||{count}\n").encode()


class EVELog(Log):
    """Events of Suricata from three sensors, and events of other kinds between them."""

    def line(self, number):
        seconds, kind = BASE + number * 30, number % 12
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + ".500000+0000"
        event = {"timestamp": stamp, "event_type": "dns", "src_ip": "192.0.2.53", "src_port": 53,
                 "dest_ip": "192.0.2.7", "dest_port": 40_000, "proto": "UDP",
                 "host": f"sensor-{number % 3}"}
        if kind == 0:
            event["event_type"] = "flow"
            return (json.dumps(event) + "\n").encode()
        name = f"e{number}.example.org"
        answers = [(name, "CNAME", f"edge{number % 40}.example.net"),
                   (f"edge{number % 40}.example.net", "A", address(number % 500))]
        if kind == 1:
            answers = [(f"v{number % 90}.example.org", "MX", "mx.example.net")]
        elif kind == 2:
            name = f"scanner{number}.internal"
            answers = [(name, "A", "198.51.100.9")]
        elif kind > 4:
            answers = [(name, "A", address(number + n)) for n in range(1 + number % 3)]
        if number % 97 == 11:
            self.truth.refuse("malformed")
            return b'{"timestamp": "%s", "event_type": "dns", "dns": {"type"\n' % stamp.encode()
        for owner, rrtype, rdata in answers:
            if kind == 2:
                self.truth.refuse("filtered")
            else:
                self.truth.see(owner, rrtype, rdata, seconds)
        if kind > 2:
            self.last = name
        event["dns"] = {
            "version": 2, "type": "answer", "id": number & 0xFFFF, "rrname": answers[0][0],
            "rrtype": answers[0][1], "rcode": "NOERROR", "answers": [
                {"rrname": owner, "rrtype": rrtype, "ttl": 300, "rdata": rdata}
                for owner, rrtype, rdata in answers]}
        return (json.dumps(event, separators=(",", ":")) + "\n").encode()


class COFLog(Log):
    """Rows of a partner: with bailiwicks, sensors, counts and times of their own."""

    def append(self, count, cut=None):
        # An object without an end, at the end of the log, is one that is still being written.
        super().append(count + ((self.number + count - 1) % 89 == 3), cut)

    def line(self, number):
        first, kind = BASE + number * 50, number % 8
        name = f"f{number}.example.net" if kind else f"daily{number % 160}.example.net"
        row = {"rrname": name, "rrtype": "A", "rdata": address(number % 160),
               "count": 1 + number % 5, "time_first": first,
               "time_last": first + number % 3 * 90_000, "bailiwick": "example.net",
               "sensor_id": f"partner-{number % 4}"}
        if kind == 7:
            row.update(rrtype="NS", rdata=f"ns{number % 9}.example.org")
        if number % 89 == 3:
            self.truth.refuse("malformed")
            return b'{"rrname": "broken%d.example.net", "rrtype": "A"\n' % number
        self.truth.see(name, row["rrtype"], row["rdata"], first, row["count"], row["time_last"])
        self.last = name if kind else self.last
        # Some over several lines, which may come one by one.
        text = json.dumps(row, indent=1 if number % 11 == 5 else None)
        return (text + "\n").encode()


def address(number):
    return f"{'198.51.100' if number % 2 else '203.0.113'}.{number % 251 + 1}"


class Captures:
    """A folder of captures, each dropped once: moved in with an old time, or written in place."""

    def __init__(self, folder, responses=400):
        self.folder, self.responses = folder, responses
        folder.mkdir()
        self.truth = Truth()
        self.names = []
        self.number = 0

    def drop(self, dice=None):
        octets = self.octets(self.number)
        path = self.folder / f"tap-{self.number:04d}.pcap"
        self.number += 1
        if dice and dice.random() < 0.5:
            with open(path, "wb", buffering=0) as file:
                at = dice.randrange(len(octets))
                file.write(octets[:at])
                time.sleep(dice.uniform(0, 0.3))
                file.write(octets[at:])
            return
        hidden = self.folder / ".upload"
        hidden.write_bytes(octets)
        os.utime(hidden, (BASE, BASE))
        hidden.rename(path)

    def octets(self, capture):
        file = bytearray(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1))
        for number in range(self.responses):
            name, seconds = f"c{capture}-{number}.example.net", BASE + capture * 100_000 + number
            rdata = address(number)
            ident, port = number & 0xFFFF, 20_000 + number % 40_000
            if number % 25 == 7:
                # Nobody asked.
                self.truth.refuse("dropped")
            else:
                self.truth.see(name, "A", rdata, seconds)
                write_packet(file, seconds, 0, make_sample.udp(
                    True, port, make_sample.query(ident, name, "A")))
            write_packet(file, seconds, 9_000, make_sample.udp(False, port, make_sample.response(
                ident, name, "A", [(name, "A", 300, rdata)])))
        self.names.append(f"c{capture}-{self.responses - 1}.example.net")
        return bytes(file)


def write_packet(file, seconds, micros, frame):
    file += struct.pack("<IIII", seconds, micros, len(frame), len(frame)) + frame


class Sources:
    """The sources of the crash suites, and how they are written in a configuration."""

    def __init__(self, work):
        self.work, self.whole = work, work / "whole"
        self.whole.mkdir(parents=True)
        self.logs = {
            "passivedns": PassiveDNSLog(work / "passivedns.log", self.whole / "passivedns.log"),
            "eve": EVELog(work / "eve.json", self.whole / "eve.json"),
            "partner": COFLog(work / "partner.ndjson", self.whole / "partner.ndjson")}
        self.captures = Captures(work / "captures")

    @property
    def truths(self):
        logs = {name: log.truth for name, log in self.logs.items()}
        return {**logs, "taps": self.captures.truth}

    def grow(self, lines, captures=1, dice=None):
        for log in self.logs.values():
            log.append(lines, dice)
        for _ in range(captures):
            self.captures.drop(dice)

    def lasts(self):
        """A name out of the end of every file: when all are stored, everything is."""
        ends = [name for log in self.logs.values() for name in (*log.ends, log.last) if name]
        return ends + self.captures.names

    def yaml(self, names=NAMES, whole=False):
        folder = self.whole if whole else self.work
        texts = {
            "passivedns": f"  - name: passivedns\n    format: passivedns\n    sensor: tap-1\n"
                          f"    dataset: lab\n    follow: {folder}/passivedns.log\n",
            "eve": f"  - name: eve\n    format: eve\n    follow: {folder}/eve.json\n",
            "partner": f"  - name: partner\n    format: cof\n"
                       f"    follow: {folder}/partner.ndjson\n",
            "taps": f"  - name: taps\n    format: pcap\n"
                    f"    follow: {self.captures.folder}/*.pcap\n"}
        return "sources:\n" + "".join(texts[name] for name in names)

    def import_all(self, store):
        """The same content by `import`, each file once and uninterrupted."""
        self.close()
        common = ("import", "--store", store, "--filter", "--vantage", "client", "--json")
        harness.must(*common, "--format", "passivedns", "--sensor", "tap-1", "--dataset", "lab",
                     self.whole / "passivedns.log")
        harness.must(*common, "--format", "eve", self.whole / "eve.json")
        harness.must(*common, "--format", "cof", self.whole / "partner.ndjson")
        captures = sorted(self.captures.folder.glob("*.pcap"))
        if captures:
            harness.must(*common, "--format", "pcap", *captures)

    def close(self):
        for log in self.logs.values():
            log.close()


class Writer(threading.Thread):
    """Lets sources grow: appends in random pieces, rotates, packs what was rotated, drops
    captures, until told to stop. What it writes depends on the seed alone, but for how much."""

    def __init__(self, sources, seed, lines=60, rotates=True):
        super().__init__()
        self.sources, self.lines, self.rotates = sources, lines, rotates
        self.dice = random.Random(seed)
        self.isStopped = threading.Event()
        self.failure = None

    def run(self):
        try:
            while not self.isStopped.is_set():
                self.step()
                time.sleep(self.dice.uniform(0, 0.03))
        except Exception as failure:  # told by stop(): a writer that died would test nothing
            self.failure = failure

    def step(self):
        chance = self.dice.random()
        log = self.sources.logs[self.dice.choice(NAMES[:3])]
        if chance < 0.02 and self.rotates:
            log.rotate()
            # As logrotate does it: packed at once, or by the next rotation's time.
            if self.dice.random() < 0.7:
                log.compress(self.dice)
        elif chance < 0.03 and self.rotates:
            log.compress(self.dice)
        elif chance < 0.06:
            self.sources.captures.drop(self.dice)
        else:
            log.append(self.dice.randrange(1, 2 * self.lines),
                       self.dice if chance > 0.7 else None)

    def stop(self):
        self.isStopped.set()
        self.join()
        if self.failure:
            raise self.failure
