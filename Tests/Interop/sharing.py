"""Sharing between two Tidemarks: sensors send to A by D4, A mixes, a partner takes the stream into
B over HTTP and over a WebSocket, and into C by D4.

    sharing.py [SEED]          OBSERVATIONS and MARKED choose how much; a million and 10,000

What B must hold is worked out beside tidemark (sharing_truth.py). A, B and the links between them
are killed (kill -9) at random: nothing may count twice, nothing may be missing, and nothing that is
marked may be in what B has or in what passed the links.
"""
import contextlib
import json
import os
import random
import re
import sys
import time

import harness
import sharing_truth
from harness import folder, must
from sharing_link import Link
from sharing_parts import (
    SETTLE_SECONDS_MAX, STREAM, Pushed, Receiver, Sender, add_partner, add_sensors, certificate)

OBSERVATIONS = int(os.environ.get("OBSERVATIONS", "1000000"))
MARKED = int(os.environ.get("MARKED", "10000"))
KILLS = int(os.environ.get("KILLS", "16"))


def held(lines, checks, what, sensor=STREAM):
    """{record: (first, last, count)} of COF lines; each record must be there once, and come from
    nobody but the stream."""
    found, sensors = {}, set()
    for line in lines:
        row = json.loads(line)
        key = (row["rrname"].rstrip("."), row["rrtype"], row["rdata"].rstrip("."))
        if key in found:
            checks.that(f"{what}: {key} is there once", False)
        found[key] = (row["time_first"], row["time_last"], row["count"])
        sensors.update(row.get("sensors") or [row.get("sensor_id")])
    if sensor:
        checks.equal(f"{what}: the only sensor is the stream", sensors, {sensor})
    return found


def compare(checks, what, got, wanted):
    different = [(key, got.get(key), wanted.get(key)) for key in {**got, **wanted}
                 if got.get(key) != wanted.get(key)]
    counted = sum(count for _, _, count in got.values())
    checks.that(f"{what}: {len(wanted)} records with {counted} sightings are those of the oracle",
                wanted and not different,
                f"{len(different)} differ: {harness.short(different[:5])}")


def exported(store):
    """Lines of an export by dataset."""
    found = {}
    for line in harness.export(store).splitlines():
        found.setdefault(json.loads(line).get("dataset", "main"), []).append(line)
    return found


def no_secrets(checks, what, octets, world):
    lower = octets.lower()
    found = [secret for secret in world.secrets if secret.lower() in lower]
    checks.that(f"{what}: nothing marked in {len(octets)} octets", octets and not found, found[:3])


def pool(checks, a, world):
    """Sensors send; A dies after every second one, with all their lines in the pool."""
    for number, sensor in enumerate(world.sensors[:-1]):
        half = len(sensor.lines) // 2
        a.feed(sensor, sensor.text(0, half))
        if number % 2:
            a.crash()
        a.feed(sensor, sensor.text(half))
    checks.that("A was killed while it pooled", a.lives > 3)


def release(checks, a, world, token, wanted):
    """The last sensor speaks; A dies around the moment at which it lets the window out."""
    calm, _, _ = a.read(token)
    checks.equal("nothing leaves before enough sensors spoke", len(calm), 0)
    a.feed(world.closer, world.closer.text())
    for _ in range(3):
        time.sleep(world.random.random())
        a.crash()

    def is_out():
        rows, end, _ = a.read(token)
        return (rows, end) if len(rows) >= len(wanted) else None
    found = a.wait("the window is let out", is_out, SETTLE_SECONDS_MAX)
    if not found:
        rows, end, _ = a.read(token)
        raise SystemExit(f"{len(rows)} of {len(wanted)} rows were released; {end}")
    rows, end = found
    compare(checks, "A shares", held(rows, checks, "A shares"), wanted)
    no_secrets(checks, "what A shares", "\n".join(rows).encode(), world)
    checks.that("in another order than the pool's", rows != sorted(rows))
    return int(end["position"])


def pushed(checks, a, c, world, wanted):
    """What C was sent, while nothing was killed. A line has one time: what was seen at two times
    comes in two."""
    lines = sum(1 + (first < last) for first, last, _ in wanted.values())
    c.wait("everything is pushed",
           lambda: c.page().offered("sensors") >= len(wanted) + lines, SETTLE_SECONDS_MAX)
    c.end()
    datasets = exported(c.store)
    compare(checks, "C by D4 as COF", held(datasets.get("cof", []), checks, "C as COF", None),
            wanted)
    compare(checks, "C by D4 as lines", held(datasets.get("lines", []), checks, "C as lines", None),
            wanted)
    no_secrets(checks, "C's export", harness.export(c.store).encode(), world)
    for name in Pushed.TYPES:
        must("partner", "revoke", "--store", a.store, f"c-{name}")


def chaos(checks, a, b, links, last, chance):
    """Kills one of them after the other until the streams are through, and then no more."""
    victims = [("A", "B", "http", "ws")[number % 4] for number in range(KILLS)]
    chance.shuffle(victims)
    for victim in victims:
        time.sleep(chance.uniform(0.1, 1.2))
        if victim == "A":
            a.crash()
        elif victim == "B":
            b.kill()
            b.start()
        else:
            links[victim].kill()
            links[victim].start()
    print(f"        killed: {' '.join(victims)}")
    # From here on each stream has to say twice that it is at its end. The first time may be behind
    # the last rows, which B has not taken yet; the second one is said when all was quiet for long.
    begin = {kind: link.size() for kind, link in links.items()}
    mark = f'{{"position":"{last}"}}'.encode()
    for kind, link in links.items():
        is_through = b.wait(f"{kind} is through", lambda: link.seen(begin[kind]).count(mark) > 1,
                            SETTLE_SECONDS_MAX)
        checks.that(f"{kind}: reaches position {last}", is_through)


def received(checks, b, links, world, wanted):
    b.end()
    datasets = exported(b.store)
    for kind, link in links.items():
        compare(checks, f"B over {kind}", held(datasets.get(kind, []), checks, f"B over {kind}"),
                wanted)
        no_secrets(checks, f"the octets of {kind}", link.seen(), world)
    no_secrets(checks, "B's export", harness.export(b.store).encode(), world)
    log = b.log.read_text() + b.config.read_text()
    checks.that("B's log and configuration have no token",
                not re.search(r"tdm_[A-Za-z0-9_-]{20}", log))
    b.check_pages(checks, "B")


def circle(checks, work, a, token):
    """A does not take in what it shares itself."""
    path = work / "circle.token"
    path.write_text(token + "\n")
    a.end()
    a.configure(a.sources + f"""\
  - name: circle
    format: cof
    fetch: http://127.0.0.1:{a.port}/api/v1/share/{STREAM}
    token_file: {path}
    sensor: circle
""")
    a.start()
    checks.that("A refuses a stream of its own", a.wait(
        "the circle is noticed", lambda: a.page().event("circle", "loops_refused") > 0))
    checks.equal("and takes nothing of it", a.page().offered("circle"), 0)


def suite(checks):
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 32)
    print(f"        seed {seed}, {OBSERVATIONS} observations, {MARKED} marked")
    world = sharing_truth.World(seed, OBSERVATIONS, MARKED)
    print(f"        {dict(world.check_itself())}")
    wanted = world.released()
    with folder() as work, contextlib.ExitStack() as stack:
        files = certificate(work)
        a = stack.enter_context(Sender(work, files, world.sensors))
        a.begin()
        add_sensors(a, world, work)
        # Slow enough that what is killed has something to lose.
        rate = str(max(500, len(wanted) // 12))
        tokens = {kind: add_partner(a.store, work, f"b-{kind}", "--rate", rate)
                  for kind in ("http", "ws")}
        watcher = add_partner(a.store, work, "watcher").read_text().strip()
        pool(checks, a, world)
        last = release(checks, a, world, watcher, wanted)
        c = stack.enter_context(Pushed(work, files))
        c.start()
        c.invite(work, a)
        pushed(checks, a, c, world, wanted)
        links = {kind: Link(work, kind, a.port).start() for kind in ("http", "ws")}
        for link in links.values():
            stack.callback(link.kill)
        b = stack.enter_context(Receiver(work, links, tokens))
        b.start()
        chaos(checks, a, b, links, last, world.random)
        received(checks, b, links, world, wanted)
        a.check_pages(checks, "A")
        circle(checks, work, a, watcher)


if __name__ == "__main__":
    harness.main(suite)
