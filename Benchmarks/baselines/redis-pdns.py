#!/usr/bin/python3
"""Passive DNS kept in Redis: the keys, the round trips and the HTTP server that the D4 project's
analyzer is documented to use, and nothing else of it. A baseline of bench.py.

    redis-pdns.py ingest PORT LOG LINES     takes lines of passivedns from a list, as it is done
                                            behind a D4 server; prints `lines_per_second N`
    redis-pdns.py serve PORT LISTEN         GET /query/NAME on 127.0.0.1:LISTEN, until it is killed

PORT is that of a redis-server on loopback. Sets r:NAME:TYPE and v:RDATA:TYPE lead from names to
rdata and back, strings s:, l: and o:NAME:RDATA:TYPE are first seen, last seen and the count.
Needs Debian's python3-redis and python3-tornado.
"""
import itertools
import json
import sys
import time

import redis

TYPES = {"A": "1", "NS": "2", "CNAME": "5", "SOA": "6", "PTR": "12", "MX": "15", "TXT": "16",
         "AAAA": "28", "SRV": "33", "RRSIG": "46"}
SERVED = {TYPES[name]: name for name in ("A", "NS", "CNAME", "MX", "TXT", "AAAA", "SRV", "RRSIG")}
QUEUE = "queue"


def take(database, line):
    """One line, with a round trip for each command."""
    fields = line.split("||")
    kind = TYPES.get(fields[5])
    if kind is None:
        return
    name, rdata = fields[4].lower().strip("."), fields[6].lower().strip(".")
    when = fields[0].split(".")[0]
    database.hincrby("dist:type", kind, 1)
    database.hincrby("dist:class", fields[3], 1)
    database.hincrby("dist:ttl", fields[7], 1)
    database.sadd(f"r:{name}:{kind}", rdata)
    database.sadd(f"v:{rdata}:{kind}", name)
    key = f"{name}:{rdata}:{kind}"
    if not database.exists(f"s:{key}"):
        database.set(f"s:{key}", when)
    last = database.get(f"l:{key}")
    if last is None or int(last) < int(when):
        database.set(f"l:{key}", when)
    database.incrby(f"o:{key}", 1)
    database.incrby("stats:processed", 1)


def ingest(database, log, count):
    with open(log, encoding="ascii", errors="replace") as file:
        lines = [line for line in itertools.islice(file, 2 * count) if "||" in line][:count]
    for at in range(0, len(lines), 1_000):
        database.lpush(QUEUE, *lines[at:at + 1_000])
    start = time.perf_counter()
    while line := database.rpop(QUEUE):
        take(database, line)
    print(f"lines_per_second {len(lines) / (time.perf_counter() - start):.0f}")


def rows(database, name):
    """COF rows of a name, one line each."""
    for kind, mnemonic in SERVED.items():
        for rdata in database.smembers(f"r:{name}:{kind}"):
            key = f"{name}:{rdata}:{kind}"
            yield json.dumps({
                "time_first": int(database.get(f"s:{key}")),
                "time_last": int(database.get(f"l:{key}")),
                "count": int(database.get(f"o:{key}")),
                "rrtype": mnemonic, "rrname": name, "rdata": rdata}) + "\n"


def serve(database, port):
    import tornado.ioloop
    import tornado.web

    class Query(tornado.web.RequestHandler):
        def get(self, name):
            self.write("".join(rows(database, name.lower().strip("."))))

    tornado.web.Application([(r"/query/(.*)", Query)]).listen(port, "127.0.0.1")
    tornado.ioloop.IOLoop.current().start()


def main():
    command, port, *rest = sys.argv[1:]
    database = redis.Redis(port=int(port), decode_responses=True)
    if command == "ingest":
        ingest(database, rest[0], int(rest[1]))
    else:
        serve(database, int(rest[0]))


if __name__ == "__main__":
    main()
