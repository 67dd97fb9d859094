#!/usr/bin/env python3
"""The interface of DomainTools: its own client (domaintools_api of PyPI, unmodified) against a
server with records and with snapshots of registrations. The 23 checks of `dt_check.py` of the
shared folder run by themselves; what they leave out is here: recorded answers as models of ours,
signatures by hand.
"""
import datetime
import hashlib
import hmac
import json
import os
import re
import socket
import subprocess
import sys
import urllib.parse

from harness import SHARED, Server, folder, main, must, run

DOMAIN, ADDRESS, NAME_SERVER = "example.com", "192.0.2.20", "ns1.hosting.example"
CHECKS = 23
NOW = int(datetime.datetime.now(datetime.timezone.utc).timestamp())
DAY = 86_400


def feed():
    """COF: a domain that moved, its neighbours, and a name server with two zones."""
    soa = f"{NAME_SERVER}. hostmaster.{DOMAIN}. 1 7200 900 1209600 86400"
    rows = [(DOMAIN, "A", "192.0.2.10", 900, 400), (DOMAIN, "A", ADDRESS, 399, 1),
            ("www.example.org", "A", ADDRESS, 300, 2), ("shop.example.net", "A", ADDRESS, 300, 2),
            (DOMAIN, "NS", NAME_SERVER, 900, 1), ("example.org", "NS", NAME_SERVER, 900, 1),
            (DOMAIN, "SOA", soa, 900, 1), (DOMAIN, "MX", "10 mx.mail.example", 900, 1),
            ("single.example", "A", "192.0.2.99", 30, 1)]
    return "".join(
        json.dumps({"rrname": name, "rrtype": rrtype, "rdata": rdata, "count": 5,
                    "time_first": NOW - first * DAY, "time_last": NOW - last * DAY}) + "\n"
        for name, rrtype, rdata, first, last in rows)


def whois(registrar, number, expires):
    return (f"Domain Name: EXAMPLE.COM\nRegistrar: {registrar}\nRegistrar IANA ID: {number}\n"
            "Registrar WHOIS Server: whois.registrar.example\n"
            "Creation Date: 1995-08-14T04:00:00Z\n"
            f"Registry Expiry Date: {expires}T04:00:00Z\n"
            "Updated Date: 2024-01-02T03:04:05Z\nDomain Status: clientTransferProhibited\n"
            "Registrant Organization: Example Organization\n"
            "Name Server: NS1.HOSTING.EXAMPLE\nName Server: NS2.HOSTING.EXAMPLE\n"
            "DNSSEC: unsigned\n")


def history():
    """An answer of `whois/history`, as the client stores it."""
    entries = []
    for days, registrar, number, expires in [(10, "Second Names", 22, "2031-08-13"),
                                             (200, "Second Names", 22, "2030-08-13"),
                                             (700, "First Names", 11, "2030-08-13")]:
        date = datetime.datetime.fromtimestamp(NOW - days * DAY, datetime.timezone.utc)
        entries.append({"date": date.strftime("%Y-%m-%d"), "is_private": 0, "whois": {
            "registrant": "Example Organization",
            "registration": {"created": "1995-08-14", "expires": expires,
                             "updated": "2024-01-02", "registrar": registrar,
                             "statuses": ["clientTransferProhibited"]},
            "name_servers": ["NS1.HOSTING.EXAMPLE", "NS2.HOSTING.EXAMPLE"],
            "server": "whois.registrar.example", "record": whois(registrar, number, expires)}})
    return json.dumps({"response": {"record_count": len(entries), "history": entries}})


def client_checks(checks, server, key):
    """The validator; every line of it is a check here."""
    done = subprocess.run(
        [sys.executable, "-B", str(SHARED / "tools/validators/dt_check.py"), "http://127.0.0.1",
         str(server.port), "desk", key, DOMAIN, ADDRESS, NAME_SERVER],
        env={**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
        capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
    lines = [line for line in done.stdout.splitlines() if line.startswith(("ok", "FAIL"))]
    for line in lines:
        # Without the time that it took, which is never the same.
        checks.that("dt_check: " + line[14:], line.startswith("ok"), done.stderr[-2000:])
    checks.equal("dt_check: checks made, exit status", (len(lines), done.returncode), (CHECKS, 0))


def signed(key, path, digest, when=None, user="desk"):
    """A target that is signed by hand."""
    moment = when or datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = (user + moment + urllib.parse.unquote(path)).encode()
    signature = hmac.new(key.encode(), text, digest).hexdigest()
    return path + "?" + urllib.parse.urlencode(
        {"api_username": user, "timestamp": moment, "signature": signature})


def signature_checks(checks, server, key):
    path = f"/v1/{DOMAIN}/whois"
    for digest in (hashlib.sha256, hashlib.sha1, hashlib.md5):
        status, headers, _ = server.get(signed(key, path, digest))
        checks.equal(f"signed by hand, {digest().name}", (status, headers["content-type"]),
                     (200, "application/json;charset=utf-8"))
    west = datetime.timezone(datetime.timedelta(hours=-8))
    offset = datetime.datetime.now(west).strftime("%Y-%m-%dT%H:%M:%S%z")
    checks.equal("a time with an offset",
                 server.get(signed(key, path, hashlib.sha256, offset))[0], 200)
    old = datetime.datetime.fromtimestamp(NOW - 1_000, datetime.timezone.utc)
    stale = signed(key, path, hashlib.sha256, old.strftime("%Y-%m-%dT%H:%M:%SZ"))
    checks.equal("a signature of 17 minutes ago", server.get(stale)[0], 403)
    checks.equal("a signature for another user",
                 server.get(signed(key, path, hashlib.sha256, user="other"))[0], 403)
    checks.equal("no credentials", server.get(path)[0], 403)
    both = signed(key, path + "/", hashlib.sha256)
    checks.equal("a slash at the end, signed with it", server.get(both)[0], 200)
    checks.equal("xml", server.get(signed(key, path, hashlib.sha256) + "&format=xml")[0], 406)
    status, _, body = server.get(signed(key, "/v1/reverse-whois", hashlib.sha256))
    checks.equal("a product that is not here",
                 (status, json.loads(body)["error"]["code"]), (404, 404))


def members(value, path=""):
    """Names of members with their place, lists seen through their first element."""
    if isinstance(value, dict):
        return {found for name, inner in value.items()
                for found in {f"{path}.{name}"} | members(inner, f"{path}.{name}")}
    if isinstance(value, list) and value:
        return members(value[0], path + "[]")
    return set()


def recorded(name):
    """The newest recorded answer of a product that succeeded."""
    import yaml

    path = SHARED / f"data/open/api/domaintools/{name}.yaml"
    if not path.exists():
        return None
    newest = None
    for entry in yaml.safe_load(path.read_text())["interactions"]:
        answer = entry["response"]
        text = answer.get("content") or answer["body"]["string"]
        try:
            found = json.loads(text)
        except (ValueError, UnicodeDecodeError):
            continue
        if "/account" not in entry["request"]["uri"] and "response" in found:
            newest = found["response"]
    return newest


def model_checks(checks, server, key):
    """Every member of a recorded answer is in ours, where ours has such a place at all."""
    targets = {"whois": f"/v1/{DOMAIN}/whois", "parsed_whois": f"/v1/{DOMAIN}/whois/parsed",
               "domain_profile": f"/v1/{DOMAIN}", "hosting_history": f"/v1/{DOMAIN}/hosting-history",
               "reverse_ip": f"/v1/{DOMAIN}/reverse-ip"}
    for name, path in targets.items():
        model = recorded(name)
        if model is None:
            checks.skip(f"recorded {name}", "no recordings here")
            continue
        status, _, body = server.get(signed(key, path, hashlib.sha256))
        ours = members(json.loads(body)["response"])
        # What a server adds of its own, and lists that are empty in the recording.
        missing = {place for place in members(model) if place not in ours
                   and ".other_properties." not in place}
        checks.equal(f"recorded {name}: members that ours lacks", (status, missing), (200, set()))


def shape_checks(checks, server, key):
    def ask(path):
        return json.loads(server.get(signed(key, path, hashlib.sha256))[2])["response"]

    one = ask("/v1/single.example/reverse-ip")["ip_addresses"]
    checks.equal("one address is an object", one["ip_address"], "192.0.2.99")
    names = ask(f"/v1/{ADDRESS}/host-domains")["ip_addresses"]["domain_names"]
    checks.equal("registered domains, sorted", names, ["example.com", "example.net", "example.org"])
    zones = ask(f"/v1/{NAME_SERVER}/name-server-domains")
    checks.equal("primary and secondary zones",
                 (zones["primary_domains"], zones["secondary_domains"]),
                 (["example.com"], ["example.org"]))
    registrars = [row["registrar"] for row in ask(f"/v1/{DOMAIN}/hosting-history")[
        "registrar_history"]]
    checks.equal("registrars of the snapshots", registrars, ["First Names", "Second Names"])


def whois_checks(checks, work):
    """The WHOIS port, over the same snapshots."""
    said = re.search(r"answering WHOIS on (\S+):(\d+)", (work / "open.log").read_text())

    def ask(question):
        with socket.create_connection((said[1], int(said[2])), timeout=10) as line:
            line.sendall(question.encode() + b"\r\n")
            return b"".join(iter(lambda: line.recv(65536), b"")).decode()

    for question in (DOMAIN, f"www.{DOMAIN.upper()}"):
        checks.that(f"whois {question}", "\r\nRegistrar: Second Names\r\n" in ask(question))
    checks.that("whois of what nobody knows", "No match" in ask("nobody.example"))


def suite(checks):
    with folder() as work:
        store = work / "dt.store"
        (work / "feed.ndjson").write_text(feed())
        (work / "history.json").write_text(history())
        must("import", "--store", store, "--format", "cof", work / "feed.ndjson")
        must("indicator", "import", work / "history.json", "--store", store,
             "--format", "whois-history", "--of", DOMAIN)
        done = must("token", "create", "desk", "--store", store, "--signing")
        key = done.stdout.strip()
        checks.that("the user name is said", "user name desk" in done.stderr, done.stderr)
        with Server(store, work / "serve.log", "--require-tokens") as server:
            client_checks(checks, server, key)
            signature_checks(checks, server, key)
            model_checks(checks, server, key)
            shape_checks(checks, server, key)
        checks.that("the key is in no listing",
                    key not in run("token", "list", "--store", store, "--json").stdout)
        with Server(store, work / "open.log", "--whois-port", "127.0.0.1:0") as server:
            whois_checks(checks, work)
            path = f"/v1/{DOMAIN}/whois"
            checks.equal("without tokens anybody is served", server.get(path)[0], 200)


if __name__ == "__main__":
    main(suite)
