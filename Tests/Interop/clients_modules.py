#!/usr/bin/env python3
"""misp-modules 3.1.0: its two passive DNS modules, called as MISP calls them.

`farsight_passivedns` has a setting for the server. `circl_passivedns` always asks CIRCL: PyPDNS's
default address is replaced, nothing of the module is.
"""
import datetime
import json
import pathlib
from unittest import mock

import harness
import reference
from harness import Server, folder, must
from reference import CDN, WWW, ZONE, same

UUID = "5b1f8f4c-0000-4000-8000-000000000001"
LIMIT = 100_000


def attribute(kind, value):
    return {"type": kind, "value": value, "uuid": UUID, "category": "Network activity"}


def seconds(text):
    if not isinstance(text, str):
        return int(text.timestamp())
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def objects(reply):
    """Attributes of every passive DNS object: {relation: [values]}."""
    found = []
    for item in reply.get("results", {}).get("Object", ()):
        fields = {}
        for part in item["Attribute"]:
            fields.setdefault(part["object_relation"], []).append(part["value"])
        found.append(fields)
    return found


def farsight_row(fields):
    zone = "zone_" if "zone_time_first" in fields else ""
    return (fields["rrname"][0], fields["rrtype"][0], fields.get("bailiwick", [""])[0],
            tuple(sorted(fields["rdata"])), bool(zone), seconds(fields[f"{zone}time_first"][0]),
            seconds(fields[f"{zone}time_last"][0]), int(fields["count"][0]))


def misp_names(row):
    """PyMISP takes the final dot off a domain, like the bailiwick, and blanks off texts."""
    rdata = tuple(text.strip() for text in row[3])
    return (*row[:2], row[2].rstrip("."), rdata, *row[4:])


def farsight_checks(checks, server, truth, key):
    from misp_modules.modules.expansion import farsight_passivedns

    def ask(kind, value, **config):
        config = {"apikey": key, "server": server.url, "limit": LIMIT, **config}
        return farsight_passivedns.handler(json.dumps(
            {"config": config, "attribute": attribute(kind, value)}))

    for kind, value in (("hostname", WWW), ("domain", ZONE), ("hostname", CDN),
                        ("domain", "ns3.a.example.net"), ("hostname", "pair.example.com")):
        wanted = truth.rrsets(value) + truth.pointing(value)
        same(checks, f"farsight_passivedns {kind} {value}",
             [misp_names(farsight_row(fields)) for fields in objects(ask(kind, value))],
             map(misp_names, wanted))
    for value in ("192.0.2.1", "2001:db8::1"):
        for kind in ("ip-src", "ip-dst"):
            same(checks, f"farsight_passivedns {kind} {value}",
                 [farsight_row(fields) for fields in objects(ask(kind, value))],
                 truth.addresses(value))
    found = objects(ask("hostname", WWW, limit=2))
    checks.equal("farsight_passivedns: its limit, for each side", len(found),
                 2 + min(2, len(truth.pointing(WWW))))
    text = "token=7; .*b.example.net"
    checks.equal("farsight_passivedns text: patterns over rdata and names", {
        (fields["rdata"][0], fields["rrtype"][0]) for fields in objects(ask("text", text))},
        truth.rdata_like(text))
    checks.that("farsight_passivedns: nothing found",
                "Empty results" in ask("hostname", "no.example.net").get("error", ""))
    checks.that("farsight_passivedns: a wrong key is its error",
                "Bad API key" in ask("hostname", WWW, apikey="tdm_wrong").get("error", ""))


def circl_row(fields):
    return tuple(fields[name][0] for name in ("rrname", "rrtype", "rdata")) + (
        seconds(fields["time_first"][0]), seconds(fields["time_last"][0]),
        int(fields["count"][0]))


def circl_checks(checks, server, truth, key):
    import pymisp
    import pypdns
    from misp_modules.modules.expansion import circl_passivedns

    def ask(kind, value, password=key):
        request = {"config": {"username": "misp", "password": password},
                   "attribute": attribute(kind, value)}
        reply = circl_passivedns.dict_handler(request)
        return json.loads(json.dumps(reply, default=pymisp.pymisp_json_default))

    here = pypdns.PyPDNS.__init__.__defaults__
    with mock.patch.object(pypdns.PyPDNS.__init__, "__defaults__",
                           (server.url + "/pdns/query", *here[1:])):
        for kind, value in (("hostname", "pair.example.com"), ("domain", ZONE),
                            ("hostname", "ns1.example.com"), ("ip-src", "192.0.2.1"),
                            ("ip-dst", "2001:db8::1"), ("hostname", WWW)):
            found = objects(ask(kind, value))
            found = [{**fields, "rrtype": ["TYPE65280"]} if fields["rrtype"][0] == "65280"
                     else fields for fields in found]
            same(checks, f"circl_passivedns {kind} {value}", map(circl_row, found),
                 truth.circl(value))
            checks.that(f"circl_passivedns {kind} {value}: origin", all(
                fields["origin"] == [server.url + "/"] for fields in found), found[:1])
        same(checks, "circl_passivedns ip-dst|port", [
            circl_row(fields) for fields in objects(ask("ip-dst|port", "192.0.2.9|443"))],
            truth.circl("192.0.2.9"))
        checks.equal("circl_passivedns: nothing found", ask("hostname", "no.example.net"),
                     {"error": "Not found"})
        checks.that("circl_passivedns: a wrong key is its error",
                    "authentication error" in ask("hostname", WWW, "tdm_wrong").get("error", ""))


def suite(checks):
    with folder() as work:
        store, truth = reference.import_feed(pathlib.Path(work))
        key = must("token", "create", "--store", store, "misp").stdout.strip()
        with Server(store, work / "serve.log", "--require-tokens") as server:
            farsight_checks(checks, server, truth, key)
            circl_checks(checks, server, truth, key)


if __name__ == "__main__":
    harness.main(suite)
