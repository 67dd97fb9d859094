#!/usr/bin/env python3
"""Logs of Suricata and Zeek against an independent reading of them.

    oracle_logs.py

Needs the shared data folder, skipped without it. The reading here goes line by line through the
standard library's JSON and knows only the formats' rules; every record must come out of the program
with the same text, times and count, and no other.
"""
import collections
import datetime
import gzip
import ipaddress
import json

import harness
from harness import SHARED, export, folder, import_json, rows

NAME_TYPES = {"NS", "CNAME", "PTR", "DNAME"}
ZEEK_TYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA",
              33: "SRV", 255: "ANY"}


def lines(path):
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else open(path, encoding="utf-8")
    with opened as file:
        yield from file


def objects(path):
    for line in lines(path):
        try:
            yield json.loads(line)
        except ValueError:
            continue


def name(text):
    return text.lower().rstrip(".") or "."


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def seconds(text):
    """Seconds of an ISO time, cut down."""
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() // 1)


# Suricata

def eve_rdata(record):
    """Text of one record's data, or None when the log does not give it."""
    rrtype, data = record["rrtype"], record.get("rdata")
    if data is not None:
        if rrtype in ("A", "AAAA"):
            return str(ipaddress.ip_address(data))
        return quoted(data) if rrtype == "TXT" else name(data)
    if rrtype == "SRV" and "srv" in record:
        srv = record["srv"]
        return f"{srv['priority']} {srv['weight']} {srv['port']} {name(srv['name'])}"
    if rrtype == "SOA" and "soa" in record:
        soa = record["soa"]
        numbers = " ".join(str(soa[key]) for key in
                           ("serial", "refresh", "retry", "expire", "minimum"))
        return f"{name(soa['mname'])} {name(soa['rname'])} {numbers}"
    return None


def eve_records(path):
    for event in objects(path):
        dns = event.get("dns", {})
        if event.get("event_type") != "dns" or dns.get("type") not in ("answer", "response"):
            continue
        if dns.get("rcode") not in ("NOERROR", "NXDOMAIN") or dns.get("tc"):
            continue
        if "timestamp" not in event or 53 not in (event["src_port"], event["dest_port"]):
            continue
        records = dns.get("answers")
        if records is None:
            # None of the logs at hand has answers in groups only.
            assert "grouped" not in dns, path
            records = [dns]
        time = seconds(event["timestamp"][:-2] + ":" + event["timestamp"][-2:])
        for row in {(name(record["rrname"]), record["rrtype"], eve_rdata(record))
                    for record in records}:
            if row[2] is not None:
                yield *row, time


# Zeek

def zeek_rows(path):
    """Rows as dictionaries, whichever way they are written; sets as lists."""
    columns = []
    for line in lines(path):
        if line.startswith("{"):
            yield json.loads(line)
        elif line.startswith("#fields"):
            columns = line.rstrip("\n").split("\t")[1:]
        elif not line.startswith("#"):
            row = dict(zip(columns, line.rstrip("\n").split("\t"), strict=True))
            row = {key: value for key, value in row.items() if value != "-"}
            for key in ("answers", "TTLs"):
                if key in row:
                    row[key] = row[key].split(",")
            for key in ("id.resp_p", "qclass", "qtype", "rcode"):
                if key in row:
                    row[key] = int(row[key])
            yield dict(row, TC=row["TC"] == "T")


def zeek_time(row):
    start, taken = row["ts"], float(row.get("rtt", 0))
    if isinstance(start, str) and "T" in start:
        whole, _, fraction = start.rstrip("Z").partition(".")
        start = f"{seconds(whole + '+00:00')}.{fraction or 0}"
    # Microseconds as whole numbers: a double of seconds would round some of them up.
    whole, _, fraction = str(start).partition(".")
    micros = int((fraction + "000000")[:6]) + int(taken * 10**6 + 1e-6)
    return int(whole) + micros // 10**6


def address_type(text):
    try:
        return "A" if ipaddress.ip_address(text).version == 4 else "AAAA"
    except ValueError:
        return None


def zeek_answers(row):
    """(owner, type, data) of each answer that can be told."""
    owner, asked = name(row["query"]), ZEEK_TYPES.get(row["qtype"])
    answers = [text for text in row["answers"] if not text[:1].isupper() or text[:4] == "TXT "]
    answers = [text for text in answers if not text.startswith("<")]
    if asked in ("A", "AAAA"):
        types = [address_type(text) for text in answers]
        assert types == sorted(types, key=lambda kind: kind is not None), row
        for text, kind in zip(answers, types):
            if kind:
                assert kind == asked, row
                yield owner, kind, str(ipaddress.ip_address(text))
            else:
                yield owner, "CNAME", name(text)
                owner = name(text)
    elif asked == "ANY":
        for text in answers:
            assert address_type(text), row
            yield owner, address_type(text), str(ipaddress.ip_address(text))
    elif asked == "TXT":
        for text in answers:
            _, length, rest = text.split(" ", 2)
            assert len(rest) == int(length), row
            yield owner, asked, quoted(rest)
    elif asked is None:
        assert not answers, row
    elif len(set(row["TTLs"])) == 1:
        for text in answers:
            yield owner, asked, name(text)
    elif asked == "PTR" and answers[0].endswith(".in-addr.arpa"):
        for text in answers:
            is_alias = text.endswith(".in-addr.arpa")
            yield owner, "CNAME" if is_alias else "PTR", name(text)
            owner = name(text) if is_alias else owner


def zeek_records(path):
    for row in zeek_rows(path):
        if not row.get("answers") or row["id.resp_p"] != 53 or row["TC"]:
            continue
        # A reply whose question was not seen has neither class nor type.
        if row.get("qclass") != 1 or row["rcode"] != 0:
            continue
        for record in set(zeek_answers(row)):
            yield *record, zeek_time(row)


def expected(records):
    """Merges sightings to rows as the program exports them."""
    merged = collections.defaultdict(list)
    for rrname, rrtype, rdata, time in records:
        merged[rrname, rrtype, rdata].append(time)
    return [(*key, min(times), max(times), len(times)) for key, times in merged.items()]


LOGS = [("eve", "suricata", eve_records), ("zeek", "zeek", zeek_records)]


def suite(checks):
    with folder() as work:
        for form, name_of_folder, read in LOGS:
            logs = SHARED / "data/open/logs" / name_of_folder
            if not logs.is_dir():
                checks.skip(form, f"{logs} is absent")
                continue
            for path in sorted(logs.iterdir()):
                store = work / f"{path.name}.store"
                wanted = expected(read(path))
                account = import_json(store, "--format", form, path)
                checks.that(f"{path.name}: accounts for everything", account["balanced"], account)
                checks.same_rows(path.name, rows(export(store)) if wanted else [], wanted)


if __name__ == "__main__":
    harness.main(suite)
