#!/usr/bin/env python3
"""Cortex: jobs as Cortex writes them, an analyzer on cortexutils, and the DNSDB 1 paths that its
stock analyzers for DNSDB ask. The analyzers themselves are no packages; `cortex_analyzer` makes
their requests and reads the rows as they do.
"""
import datetime
import json
import pathlib
import subprocess
import sys

import harness
import reference
from harness import Server, folder, must
from reference import WWW, ZONE

ANALYZER = pathlib.Path(__file__).resolve().parent / "cortex_analyzer.py"
JOB_SECONDS_MAX = 60


def job(work, server, service, kind, value, key=""):
    """Runs a job; returns its exit status and what it wrote."""
    place = work / "job"
    (place / "input").mkdir(parents=True, exist_ok=True)
    (place / "output").mkdir(exist_ok=True)
    (place / "output/output.json").unlink(missing_ok=True)
    (place / "input/input.json").write_text(json.dumps({
        "dataType": kind, "data": value, "tlp": 2, "pap": 2, "parameters": {},
        "config": {"server": server.url, "key": key, "service": service, "check_tlp": True,
                   "max_tlp": 2, "check_pap": True, "max_pap": 2, "auto_extract": True,
                   "proxy": {}}}))
    done = subprocess.run([sys.executable, str(ANALYZER), str(place)], capture_output=True,
                          text=True, timeout=JOB_SECONDS_MAX, stdin=subprocess.DEVNULL)
    output = place / "output/output.json"
    return done.returncode, json.loads(output.read_text()) if output.exists() else done.stderr


def seconds(text):
    return int(datetime.datetime.fromisoformat(text).timestamp())


def rows_of(report):
    found = []
    for record in report["full"]["records"]:
        data = record["rdata"]
        zone = "zone_" if "zone_time_first" in record else ""
        found.append((record["rrname"].rstrip("."), record["rrtype"],
                      tuple(sorted(data if isinstance(data, list) else [data])),
                      seconds(record[f"{zone}time_first"]), record["count"]))
    return sorted(found)


def wanted_rows(rows):
    return sorted((row[0].rstrip("."), row[1],
                   tuple(sorted(row[3] if isinstance(row[3], (list, tuple)) else [row[3]])),
                   row[5], row[7]) for row in rows)


def suite(checks):
    with folder() as work:
        work = pathlib.Path(work)
        store, truth = reference.import_feed(work)
        key = must("token", "create", "--store", store, "cortex").stdout.strip()
        with Server(store, work / "serve.log", "--require-tokens") as server:
            for service, kind, value, rows in (
                    ("domain_name", "domain", WWW, truth.rrsets(WWW)),
                    ("domain_name", "fqdn", ZONE, truth.rrsets(ZONE)),
                    ("name_history", "domain", WWW, truth.pointing(WWW)),
                    ("ip_history", "ip", "192.0.2.1", truth.addresses("192.0.2.1")),
                    ("ip_history", "ip", "2001:db8::1", truth.addresses("2001:db8::1"))):
                status, report = job(work, server, service, kind, value, key)
                is_good = status == 0 and isinstance(report, dict) and report["success"]
                if not checks.that(f"{service} {value}: the job succeeds", is_good, report):
                    continue
                checks.equal(f"{service} {value}: rows", rows_of(report), wanted_rows(rows))
                checks.equal(f"{service} {value}: taxonomy",
                             report["summary"]["taxonomies"][0]["value"], f"{len(rows)} records")
            status, report = job(work, server, "domain_name", "domain", "no.example.net", key)
            # DNSDB 1 says 404, which other clients look for; analyzers make an error of it.
            checks.that("nothing found is said in the job's error",
                        status == 1 and "no results found" in report["errorMessage"], report)
            status, report = job(work, server, "domain_name", "domain", WWW, "tdm_wrong")
            checks.that("a wrong key is the job's error, and is not shown",
                        status == 1 and not report["success"]
                        and "Bad API key" in report["errorMessage"]
                        and "tdm_wrong" not in json.dumps(report), report)


if __name__ == "__main__":
    harness.main(suite)
