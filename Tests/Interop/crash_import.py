#!/usr/bin/env python3
"""kill -9 during an import, then the same import again: the export is as if nothing happened.

    crash_import.py [SEED]

Twenty stores are killed at random moments, every other one twice. RESPONSES in the environment
sets the size of the capture (default 280,000 responses, 1.68 million observations: three full
batches and a rest, each committed on its own). In a quarter of the rounds or more, the last import
must find something committed and something missing.
"""
import json
import os
import random
import struct
import subprocess
import sys
import time

import harness
import make_sample
from harness import PROGRAM, export_digest, folder, names_digest
from watched import rounds

ROUNDS = int(os.environ.get("CRASHES", "20"))
RESPONSES = int(os.environ.get("RESPONSES", "280000"))
ANSWERS = 6


def write_capture(path, responses):
    """Queries and responses with ANSWERS addresses each; every observation is a new record."""
    name = "h0000000.example.org"
    answers = [(name, "A", 300, "198.51.100.1")] * ANSWERS
    query = make_sample.udp(True, 40_000, make_sample.query(0, name, "A"))
    reply = make_sample.udp(False, 40_000, make_sample.response(0, name, "A", answers))
    heads = [struct.pack("<II", len(frame), len(frame)) for frame in (query, reply)]
    label, records = 42 + 12 + 1, len(reply) - 16 * ANSWERS
    with open(path, "wb", buffering=1 << 22) as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1))
        for number in range(responses):
            seconds = 1_700_000_000 + number // 50
            stem = b"h%07d" % number
            for base, head, fraction in ((query, heads[0], 0), (reply, heads[1], 9_000)):
                frame = bytearray(base)
                frame[40:42] = b"\0\0"  # a checksum of zero is none (RFC 768)
                frame[label:label + 8] = stem
                if base is reply:
                    for answer in range(ANSWERS):
                        end = records + 16 * (answer + 1)
                        frame[end - 4:end] = struct.pack(
                            ">I", 0xC6336400 + ((number * 7 + answer * 41) & 0xFF))
                file.write(struct.pack("<II", seconds, fraction) + head + frame)


def start(store, capture):
    return subprocess.Popen(
        [PROGRAM, "import", "--store", str(store), "--vantage", "client", "--json", str(capture)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def complete(store, capture):
    """Runs the import to its end; returns seconds and accounting."""
    begin = time.monotonic()
    process = start(store, capture)
    output = process.communicate()[0]
    if process.returncode != 0:
        raise SystemExit(f"import exits {process.returncode}: {output[-500:]!r}")
    return time.monotonic() - begin, json.loads(output)


def killed(store, capture, after):
    """Kills an import `after` seconds; returns whether it was still running."""
    process = start(store, capture)
    try:
        process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()
    return process.returncode == -9


def suite(checks):
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 32)
    print(f"  seed {seed}")
    dice = random.Random(seed)
    with folder() as work:
        capture = work / "crash.pcap"
        write_capture(capture, RESPONSES)
        seconds, account = complete(work / "calm.store", capture)
        wanted = export_digest(work / "calm.store")
        checks.equal("undisturbed: one record per observation", wanted[1], RESPONSES * ANSWERS)
        names = names_digest(work / "calm.store")
        checks.equal("undisturbed: one name per response", names[1], RESPONSES)
        print(f"  undisturbed: {seconds:.2f} s, {wanted[1]} rows")
        hits = resumed = 0
        for number in rounds(ROUNDS, lambda: hits >= ROUNDS // 2 and resumed >= ROUNDS // 4):
            store = work / f"crash{number}.store"
            moments = [dice.uniform(0.02, 0.98) * seconds for _ in range(1 + number % 2)]
            hits += sum(killed(store, capture, moment) for moment in moments)
            _, account = complete(store, capture)
            resumed += 0 < account["stored"] < wanted[1]
            got = export_digest(store)
            label = ", ".join(f"{moment:.2f} s" for moment in moments)
            checks.equal(f"killed after {label}: export equals the undisturbed one", got, wanted)
            checks.equal("  and its names", names_digest(store), names)
            _, account = complete(store, capture)
            checks.equal("  and importing once more stores nothing",
                         (account["stored"], account["merged"]), (0, 0))
            subprocess.run(["rm", "-rf", str(store)], check=True)
        checks.that(f"imports were alive when killed: {hits}", hits >= ROUNDS // 2, hits)
        checks.that(f"imports went on after a commit: {resumed}", resumed >= ROUNDS // 4, resumed)


if __name__ == "__main__":
    harness.main(suite)
