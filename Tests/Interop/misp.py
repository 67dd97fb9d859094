#!/usr/bin/env python3
"""Tidemark as a module server of MISP: what MISP sends, and what MISP's own library takes.

`misp_check.py` of the shared validators plays MISP and holds every answer against the tables of
PyMISP. Stock misp-modules against Tidemark's DNSDB are in `clients_modules`.
"""
import json
import pathlib
import subprocess
import sys
import time

import harness
import reference
from harness import Server, folder, must
from reference import WWW, ZONE

VALIDATOR = harness.SHARED / "tools/validators/misp_check.py"
UUID = "5b1f8f4c-0000-4000-8000-000000000001"
# MISP waits for the list of modules as long as that when it shows a page.
MODULES_SECONDS_MAX = 1


def question(module, kind, value, token=None):
    attribute = {"type": kind, "value": value, "uuid": UUID, "category": "Network activity",
                 "to_ids": False, "distribution": "5", "event_id": "3", "object_relation": None}
    return json.dumps({"module": module, "attribute": attribute, "event_id": "3",
                       "config": {"token": token}}).encode()


def ask(server, *arguments, headers=None, **options):
    status, _, body = server.get(
        "/query", "POST", {"Content-Type": "application/json", **(headers or {})},
        question(*arguments, **options))
    return status, json.loads(body)


def referee_checks(checks, server):
    if not VALIDATOR.exists():
        checks.skip("misp_check.py", f"{VALIDATOR.name} is not there")
        return
    done = subprocess.run(
        [sys.executable, str(VALIDATOR), server.url, "tidemark_pdns", "hostname", WWW,
         "domain", ZONE, "ip-dst", "192.0.2.1", "ip-src", "2001:db8::1",
         "domain|ip", f"{WWW}|192.0.2.1", "ip-dst|port", "192.0.2.1|443",
         "hostname", "no.example.net"],
        capture_output=True, text=True, timeout=120)
    checks.that("misp_check.py: tidemark_pdns", done.returncode == 0
                and "all checks passed" in done.stdout, done.stdout[-3000:] + done.stderr[-500:])


def content_checks(checks, server, truth):
    import pymisp

    for kind, value in (("hostname", WWW), ("ip-dst", "192.0.2.1")):
        status, reply = ask(server, "tidemark_pdns", kind, value)
        found = set()
        for item in reply["results"]["Object"]:
            fields = {part["object_relation"]: part["value"] for part in item["Attribute"]}
            found.add((fields["rrname"], fields["rrtype"], fields["rdata"],
                       int(fields["count"])))
        rows = truth.circl(value)
        wanted = {(row[0], row[1], row[2], row[-1]) for row in rows}
        checks.that(f"records of {value} are those of the store", status == 200 and found == wanted,
                    f"missing {sorted(wanted - found)[:5]} extra {sorted(found - wanted)[:5]}")
        event = pymisp.MISPEvent()
        event.from_dict(info="x", **reply["results"])
        checks.equal(f"PyMISP takes the objects of {value}", len(event.objects),
                     len(reply["results"]["Object"]))
    # Without lists a score may still be known.
    for module in ("tidemark_whois", "tidemark_risk"):
        status, reply = ask(server, module, "domain", ZONE)
        checks.that(f"{module}: no object, in a 200",
                    status == 200 and reply["results"]["Object"] == []
                    and reply["results"]["Attribute"][0]["uuid"] == UUID
                    and (module == "tidemark_risk" or reply["error"]), reply)


def module_server_checks(checks, server):
    started = time.monotonic()
    status, _, body = server.get("/modules")
    took = time.monotonic() - started
    checks.that("the list of modules comes at once", status == 200 and took < MODULES_SECONDS_MAX,
                took)
    checks.equal("its modules", [module["name"] for module in json.loads(body)],
                 ["tidemark_pdns", "tidemark_whois", "tidemark_risk"])
    for path, name in (("/healthcheck", "status"), ("/version", "version")):
        status, _, body = server.get(path)
        checks.that(f"{path} answers", status == 200 and json.loads(body)[name], body)


def token_checks(checks, store, work):
    key = must("token", "create", "--store", store, "misp").stdout.strip()
    with Server(store, work / "tokens.log", "--misp-modules", "--require-tokens") as server:
        for what, options, is_served in (
                ("without a token", {}, False), ("with a wrong one", {"token": "tdm_wrong"}, False),
                ("with the module's setting", {"token": key}, True),
                ("with an authkey", {"headers": {"Authorization": f"Bearer {key}"}}, True)):
            status, reply = ask(server, "tidemark_pdns", "hostname", WWW, **options)
            checks.that(f"{what}: {'served' if is_served else 'refused in a 200'}",
                        status == 200 and ("results" in reply) == is_served, reply)


def suite(checks):
    with folder() as work:
        store, truth = reference.import_feed(pathlib.Path(work))
        with Server(store, work / "serve.log", "--misp-modules") as server:
            module_server_checks(checks, server)
            referee_checks(checks, server)
            content_checks(checks, server, truth)
        with Server(store, work / "plain.log") as server:
            checks.equal("without --misp-modules there are none", server.get("/modules")[0], 404)
        token_checks(checks, store, work)


if __name__ == "__main__":
    harness.main(suite)
