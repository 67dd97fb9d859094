#!/usr/bin/env python3
"""Prints what a community of sensors sees, as COF ndjson: input for `tidemark share simulate`.

    sensors.py [--sensors 12] [--days 7] [--lookups 60000] [--seed 1] > community.ndjson

Sensor i of n has 1/i as many people behind it as the first. Nine in ten look-ups ask for names
that everybody asks for (zipf over 30,000 domains), one in ten for names that are of interest only
to the organisation of the sensor (zipf over 500 domains of its own, one in ten of them shared with
the next sensor). Each domain has one to four hosts. Days have a quiet night. A line is what a
sensor saw of a record in an hour.
"""
import argparse
import bisect
import collections
import itertools
import json
import random

START = 1_750_032_000  # 2025-06-16 00:00 UTC
COMMON_DOMAINS, OWN_DOMAINS = 30_000, 500


def zipf(size):
    """Sums of 1/rank, to be searched."""
    return list(itertools.accumulate(1 / rank for rank in range(1, size + 1)))


def draw(rng, sums):
    return bisect.bisect(sums, rng.random() * sums[-1])


def name(rng, sensor, sensors, common, own):
    if rng.random() < 0.9:
        domain, of = draw(rng, common), 0
    else:
        domain, of = draw(rng, own), sensor
        if domain % 10 == 0:
            of = min(sensor, sensor % sensors + 1)
    host = rng.choice(("www", "mail", "api", "cdn")[:1 + domain % 4])
    return f"{host}.d{domain}-{of}.example"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sensors", type=int, default=12)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--lookups", type=int, default=60_000, help="a day, of the first sensor")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    common, own = zipf(COMMON_DOMAINS), zipf(OWN_DOMAINS)
    hours = [1 if hour < 6 else 4 for hour in range(24)]
    for day, hour, sensor in itertools.product(
            range(options.days), range(24), range(1, options.sensors + 1)):
        lookups = options.lookups * hours[hour] // sum(hours) // sensor
        seen = collections.Counter(name(rng, sensor, options.sensors, common, own)
                                   for _ in range(lookups))
        begin = START + day * 86_400 + hour * 3_600
        for rrname, count in seen.items():
            first = begin + rng.randrange(3_600)
            last = rng.randrange(first, begin + 3_600) if count > 1 else first
            octets = random.Random(rrname).randrange(1 << 16)
            print(json.dumps({"rrname": rrname, "rrtype": "A", "time_first": first,
                              "rdata": f"198.18.{octets >> 8}.{octets & 255}", "time_last": last,
                              "count": count, "sensor_id": f"sensor{sensor}"}))


if __name__ == "__main__":
    main()
