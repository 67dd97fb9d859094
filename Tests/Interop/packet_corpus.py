#!/usr/bin/env python3
"""Hostile DNS messages out of other projects' fuzzers, in a capture and in dnstap streams.

Needs the shared data folder, skipped without it. Whatever they hold, the import ends by itself, its
account balances, and those records are stored that feed_referee.py accepts; differences are in
known_feed_differences.tsv. When one import of all goes wrong, each message is imported alone, to
name the culprit.
"""
import json

import feed_referee
import harness
import open_data
import privacy_packets as packets
import referee
from harness import SHARED, export, folder, run

START = 1_760_000_000


class Asker:
    """Who got the message; not marked, every message has another port and address."""

    def __init__(self, number):
        self.number, self.is4 = number & 0xFFFF, True
        self.octets = bytes([198, 51, 100, number % 250 + 1])
        self.port, self.mac, self.text = 20_000 + number, packets.SERVER_MAC, "asker"


def capture(messages):
    frames = [packets.udp(Asker(number), octets, False) for number, octets in enumerate(messages)]
    return packets.struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1) + b"".join(
        packets.struct.pack("<IIII", START + number, 0, len(frame), len(frame)) + frame
        for number, frame in enumerate(frames))


def stream(messages, kind, zone=None):
    body = b""
    for number, octets in enumerate(messages):
        message = packets.field(1, kind) + packets.field(12, START + number)
        message += packets.field(14, octets)
        if zone is not None:
            message += packets.field(11, zone)
        payload = packets.field(14, message) + packets.field(15, 1)
        body += packets.struct.pack(">I", len(payload)) + payload
    return packets.control(2) + body + packets.control(3, b"")


def ways(oracle):
    """(name, how octets are wrapped, how the referee takes a message, options)."""
    def as_client(judge, octets, seconds):
        judge.message(octets, seconds, "client")

    def as_dnstap(kind, zone=None):
        def take(judge, octets, seconds):
            fields = packets.field(1, kind) + packets.field(12, seconds) + packets.field(14, octets)
            if zone is not None:
                fields += packets.field(11, zone)
            judge.dnstap(packets.field(14, fields) + packets.field(15, 1))
        return take

    everything = ["--messages", "resolver,authoritative,forwarder,client,stub,tool"]
    return [
        ("capture", capture, as_client, ["--format", "pcap", "--unmatched", "accept"]),
        ("dnstap of clients", lambda messages: stream(messages, packets.CLIENT),
         as_dnstap(packets.CLIENT), ["--format", "dnstap", *everything]),
        ("dnstap of a resolver at the root", lambda messages: stream(
            messages, packets.RESOLVER, b"\0"), as_dnstap(packets.RESOLVER, b"\0"),
         ["--format", "dnstap", *everything]),
        ("dnstap of a server", lambda messages: stream(messages, 2), as_dnstap(2),
         ["--format", "dnstap", *everything]),
    ]


def import_one(work, octets, options):
    """The account, and the rows; no account if the program did not end as it should."""
    path, store = work / "in.data", work / "in.store"
    path.write_bytes(octets)
    harness.shutil.rmtree(store, ignore_errors=True)
    done = run("import", "--store", store, "--json", *options, path)
    account = json.loads(done.stdout) if done.returncode in (0, 1) and done.stdout else None
    rows = [json.loads(line) for line in export(store).splitlines()] if store.exists() else []
    return account, feed_referee.reported(rows)[0], done


def culprits(work, wrap, options, corpus):
    for path, octets in corpus:
        account, _, done = import_one(work, wrap([octets]), options)
        if account is None or not account["balanced"]:
            yield path.name, done.returncode, done.stderr[-200:]


def corpus_checks(importer, oracle, name, corpus):
    checks, work = importer.checks, importer.work
    messages = [octets for _, octets in corpus]
    for way, wrap, take, options in ways(oracle):
        what = f"{name}, {way}"
        account, got, done = import_one(work, wrap(messages), options)
        if account is None or not account["balanced"]:
            checks.that(f"{what}: ends by itself, and balances", False,
                        (done.returncode, account, list(culprits(work, wrap, options, corpus))))
            continue
        judge = feed_referee.FeedReferee(oracle, ("resolver", "authoritative", "forwarder",
                                                  "client", "stub", "tool"))
        for number, octets in enumerate(messages):
            take(judge, octets, START + number)
        checks.that(f"{what}: {len(corpus)} messages, {account['offered']} records offered, "
                    f"{len(got)} stored", account["offered"] > 0)
        importer.compare(what, got, judge.rows)


def suite(checks):
    place = SHARED / "data/open/packets"
    if not place.is_dir():
        checks.skip("corpora", f"{place} is absent")
        return checks.that("there is nothing to check", True)
    oracle = referee.load_oracle()
    with folder() as work:
        for group in sorted(path for path in place.iterdir() if path.is_dir()):
            corpus = [(path, path.read_bytes()) for path in sorted(group.rglob("*"))
                      if path.is_file()]
            # UDP over IPv4 holds no more.
            corpus = [(path, octets) for path, octets in corpus if len(octets) <= 65_507]
            corpus_checks(open_data.Importer(checks, work), oracle, group.name, corpus)
    return None


if __name__ == "__main__":
    harness.main(suite)
