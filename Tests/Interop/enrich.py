#!/usr/bin/env python3
"""Operations end to end, by the command line and over HTTP: every action with its tables and
buttons, from our own data and from a second Tidemark that plays CIRCL, DNSDB and DomainTools; wrong
keys, quotas, bad answers, certificates, proxies; lists of indicators, also killed; what is never
shown.
"""
import json
import os
import re
import sqlite3
import time

import enrich_killed
import enrich_parts
import enrich_settings
import gate
import harness
from enrich_parts import ADDRESS, BULK, NAME, WALK, BadDays, LoggingProxy, TLSServer, shape
from harness import Server, folder, must, run

SECRET = "hunter2-never-shown"
BULK_SECONDS_MAX = float(os.environ.get("BULK_SECONDS_MAX", "60"))
TEXTS = []


def ask(store, *arguments, **options):
    """Runs a command; what it says is looked through for secrets at the end."""
    done = run(*arguments, "--store", store, **options)
    TEXTS.append(done.stdout + done.stderr)
    return done


def configure(store, operation, *settings, secret=None):
    arguments = ["op", "configure", operation, *settings]
    if secret:
        arguments += ["--secret-file", f"{secret[0]}=-"]
    done = ask(store, *arguments, data=secret[1] + "\n" if secret else None)
    if done.returncode:
        raise SystemExit(done.stderr)
    ask(store, "op", "enable", operation)


def library(store):
    """Everything in the library but results, so that two states can be compared."""
    return must("indicator", "export", "--store", store, "--format", "ndjson").stdout


def walk(checks, store, server, operation):
    """Every action of an operation: same tables by both ways, and only what is ticked is added."""
    for (action, value), wanted in WALK[operation].items():
        what = f"{operation}.{action} {value}"
        before = library(store)
        done = ask(store, "op", "run", f"{operation}.{action}", value, "--json")
        checks.that(f"{what}: runs", done.returncode == 0, done.stdout[-300:] + done.stderr)
        if done.returncode:
            continue
        shown = json.loads(done.stdout)
        lacks = [table for table in wanted if table not in shape(shown)]
        checks.that(f"{what}: {len(wanted)} tables with their columns and buttons", not lacks,
                    f"lacks {lacks} in {shape(shown)}")
        kind = "ipv4" if value == ADDRESS else "fqdn"
        status, _, body = server.get(
            f"/api/v1/operations/{operation}/actions/{action}", "POST",
            {"Content-Type": "application/json"},
            json.dumps({"type": kind, "value": value}).encode())
        answer = json.loads(body)
        TEXTS.append(body.decode())
        checks.equal(f"{what}: the same over HTTP", (status, rows(answer)), (200, rows(shown)))
        checks.equal(f"{what}: running adds nothing", library(store), before)
        add_all(checks, store, server, what, shown, answer)


def rows(result):
    """Cells by table."""
    return [(table["id"], [row["cells"] for row in table["rows"]])
            for table in result.get("tables", [])]


def add_all(checks, store, server, what, shown, answer):
    """Adds everything by the command line, then again over HTTP."""
    selectable = [table for table in shown["tables"] if table["buttons"]]
    done = ask(store, "op", "result", shown["id"], "--add-all", "--json")
    outcome = json.loads(done.stdout).get("outcome", {})
    count = sum(len(table["rows"]) for table in selectable)
    settled = (outcome.get("added", 0) + outcome.get("already_there", 0)
               + len(outcome.get("refused", [])))
    checks.that(f"{what}: {count} rows are added, were there, or are refused",
                settled == count and outcome["added"] + outcome["already_there"] > 0, outcome)
    after = library(store)
    body = {"tables": [{"table": table["id"], "rows": "all"} for table in selectable]}
    status, _, text = server.get(f"/api/v1/results/{answer['id']}/selections", "POST",
                                 {"Content-Type": "application/json"}, json.dumps(body).encode())
    again = json.loads(text)
    checks.equal(f"{what}: adding the same over HTTP adds nothing",
                 (status, again.get("added")), (200, 0))
    stripped = [re.sub(r'"(first|last)_seen":"[^"]*"', "", text)
                for text in (library(store), after)]
    checks.equal(f"{what}: and the library stays", *stripped)


def wrong_keys(checks, store):
    """Credentials that are none are refusals with the server's code."""
    before = library(store)
    for operation, key, value in (("circl", "token", f"desk:{SECRET}"),
                                  ("dnsdb", "api_key", SECRET), ("domaintools", "api_key", SECRET)):
        configure(store, operation, secret=(key, value))
        action = {"domaintools": "domaintools.risk"}.get(operation, f"{operation}.passive-dns")
        done = ask(store, "op", "run", action, "kit.example.net", "--json")
        failure = json.loads(done.stdout).get("failure") or {}
        checks.that(f"{operation}: a wrong key is refused by the service, status 1",
                    done.returncode == 1 and failure.get("kind") == "refused"
                    and failure.get("code") in (401, 403), failure)
    checks.equal("the library stays", library(store), before)


def quotas(checks, store, poor):
    """A token with one question a day: the next one is over the limit."""
    configure(store, "circl", secret=("token", f"poor:{poor}"))
    configure(store, "domaintools", "api_username=poor", secret=("api_key", poor))
    first = ask(store, "op", "run", "circl.passive-dns", NAME)
    checks.equal("a quota of one: the first question is answered", first.returncode, 0)
    for action in ("circl.passive-dns", "domaintools.reverse-ip"):
        done = ask(store, "op", "run", action, NAME, "--json")
        failure = json.loads(done.stdout).get("failure") or {}
        checks.that(f"{action}: over the quota is unavailable, status 1",
                    done.returncode == 1 and failure.get("kind") == "unavailable"
                    and failure.get("code") in (429, 503), failure)


def bad_days(checks, store):
    """Answers of services in trouble: each is one of the kinds, and nothing reaches a terminal."""
    pretty = (harness.SHARED / "data/fixtures/threatq-guide-sample.ndjson")
    with BadDays() as days:
        configure(store, "circl", "host=127.0.0.1", f"port={days.port}", "use_http=true",
                  "timeout_s=10", secret=("token", f"desk:{SECRET}"))
        before = library(store)
        page = b"<html><h1>Welcome to the airport</h1></html>"
        for what, answer, kind, code in (
                ("over quota", (429, "text/plain", b"limit exceeded"), "unavailable", 429),
                ("busy", (503, "text/plain", b"later"), "unavailable", 503),
                ("no such name", (404, "text/plain", b"unknown"), "not-found", 404),
                ("not let in", (403, "text/plain", SECRET.encode()), "refused", 403),
                ("a web page", (200, "text/html", page), "unavailable", None),
                ("a redirect", (302, "text/plain", b""), None, 302)):
            days.answer = answer
            done = ask(store, "op", "run", "circl.passive-dns", NAME, "--json")
            failure = json.loads(done.stdout).get("failure") or {}
            checks.that(f"circl, {what}: {failure.get('kind')} {failure.get('code')}, status "
                        f"{done.returncode}",
                        failure and (kind is None or failure["kind"] == kind)
                        and (code is None or failure["code"] == code)
                        and done.returncode == (0 if kind == "not-found" else 1), failure)
        if pretty.exists():
            objects = [json.loads(line) for line in pretty.read_text().splitlines()]
            days.answer = (200, "application/json",
                           "".join(json.dumps(item, indent=2) for item in objects).encode())
            done = ask(store, "op", "run", "circl.passive-dns", "104.196.175.197", "--json")
            checks.equal("the guide's sample, pretty and joined as }{, gives its rows",
                         len(json.loads(done.stdout)["tables"][0]["rows"]), len(objects))
        days.answer = (200, "application/json", json.dumps(
            {"rrname": NAME, "rrtype": "TXT", "rrdata": "\x1b[31mred\x07", "count": "3",
             "time_first": "1700000000", "time_last": 1700000001}).encode())
        done = ask(store, "op", "run", "circl.passive-dns", NAME)
        checks.that("control characters are escaped, rrdata is understood",
                    "\x1b" not in done.stdout and "\\027[31mred\\007" in done.stdout, done.stdout)
        checks.that("the token is sent as Basic credentials",
                    days.heads and all(head[1].get("Authorization", "").startswith("Basic ")
                                       for head in days.heads))
        checks.equal("the library stays", library(store), before)


def passive(store, environment):
    """Status and failure of a question to CIRCL's operation."""
    done = ask(store, "op", "run", "circl.passive-dns", NAME, "--json", env=environment)
    return done.returncode, json.loads(done.stdout).get("failure") or {}


def tls_and_proxies(checks, work, store, other, token):
    """An unknown certificate; a proxy that is used, and one that is bypassed."""
    authority = gate.make_authority(work, "authority")
    gate.server_context(work, authority)
    plain = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    # Whoever says where requests go gives the secret that goes there.
    secret = ("token", f"desk:{token}")
    with LoggingProxy() as proxy:
        proxied = {**plain, "HTTP_PROXY": proxy.url, "HTTPS_PROXY": proxy.url}
        with TLSServer(other, work / "tls.log", work) as server:
            configure(store, "circl", "host=127.0.0.1", f"port={server.port}", "use_http=false",
                      "verify_tls=true", secret=secret)
            status, failure = passive(store, plain)
            checks.that("TLS: a certificate that nobody knows is refused",
                        status == 1 and failure.get("kind") == "unavailable", failure)
            configure(store, "circl", "verify_tls=false", secret=secret)
            checks.equal("TLS: and taken with verify_tls=false", passive(store, plain), (0, {}))
            checks.equal("https goes through the proxy",
                         (passive(store, proxied), proxy.asked),
                         ((0, {}), [f"CONNECT 127.0.0.1:{server.port}"]))
        with Server(other, work / "plain.log") as server:
            configure(store, "circl", "use_http=true", f"port={server.port}", secret=secret)
            proxy.asked.clear()
            checks.that("http goes through the proxy", passive(store, proxied) == (0, {})
                        and len(proxy.asked) == 1 and server.address in proxy.asked[0],
                        proxy.asked)
            proxy.asked.clear()
            configure(store, "circl", "bypass_proxy=true", secret=secret)
            checks.equal("bypass_proxy=true leaves it out",
                         (passive(store, proxied), proxy.asked), ((0, {}), []))
            configure(store, "circl", "bypass_proxy=false", secret=secret)
            checks.equal("NO_PROXY does too",
                         (passive(store, {**proxied, "NO_PROXY": "127.0.0.1"}), proxy.asked),
                         ((0, {}), []))


def lists(checks, work, store):
    """A list of 1,000 indicators from own data; stopped, and gone on with."""
    path = work / "indicators.txt"
    path.write_text("# names\n" + "".join(f"h{n}.example[.]org\n" for n in range(BULK)))
    before, start = library(store), time.monotonic()
    done = ask(store, "enrich", "--op", "tidemark", "--file", path, "--json", "--resume",
               work / "state")
    seconds = time.monotonic() - start
    runs = [json.loads(line) for line in done.stdout.splitlines()]
    checks.that(f"{BULK} indicators, {len(runs)} runs of own data in {seconds:.1f} s",
                done.returncode == 0 and len({run["indicator"]["value"] for run in runs}) == BULK
                and seconds <= BULK_SECONDS_MAX, done.stderr[-400:])
    checks.equal("the library stays", library(store), before)
    done = ask(store, "enrich", "--op", "tidemark", "--file", path, "--json", "--resume",
               work / "state")
    checks.equal("a list that is done is not run again", (done.returncode, done.stdout), (0, ""))
    few = work / "few.txt"
    few.write_text(f"{NAME}\n{ADDRESS}\nno indicator!\n")
    start = time.monotonic()
    done = ask(store, "enrich", "--op", "tidemark", "--action", "passive-dns", "--file", few,
               "--rate", "tidemark=60", "--add-all", "--json")
    checks.that("a rate of 60 in a minute keeps two runs a second apart",
                time.monotonic() - start >= 1, done.stderr)
    checks.that("a line that is no indicator is told, status 4",
                done.returncode == 4 and "no indicator" in done.stderr, done.stderr)


def command_checks(checks, store):
    """Exit statuses and refusals of the command line."""
    for what, arguments, status in (
            ("a name for an action of addresses", ["op", "run", "tidemark.ip-whois", NAME], 2),
            ("no such operation", ["op", "run", "nobody.risk", NAME], 2),
            ("no such action", ["op", "run", "tidemark.nothing", NAME], 2),
            ("a secret on the command line", ["op", "configure", "circl", f"token={SECRET}"], 2),
            ("a bad setting", ["op", "configure", "circl", "port=99999"], 2),
            ("no such table",
             ["op", "run", "tidemark.passive-dns", NAME, "--add", "nosuch:all"], 1),
            ("an indicator that is none", ["indicator", "add", "not a name"], 1)):
        done = ask(store, *arguments)
        checks.that(f"{what}: status {status}, in words", done.returncode == status
                    and done.stderr, f"{done.returncode} {done.stderr}")
    ask(store, "op", "disable", "circl")
    done = ask(store, "op", "run", "circl.passive-dns", NAME)
    checks.that("a disabled operation fails as not configured",
                done.returncode == 1 and "not configured" in done.stderr, done.stderr)
    ask(store, "indicator", "add", NAME)
    done = ask(store, "indicator", "show", NAME, "--json")
    checks.that("and is not offered", "circl" not in json.dumps(json.loads(done.stdout)["actions"]))


def no_secrets(checks, work, store, secrets):
    """Nothing that was printed, logged or kept as a result has a secret in it."""
    with sqlite3.connect(f"{store}.library.sqlite") as database:
        for table in ("results", "raw_answers", "attributes", "relations", "selections"):
            TEXTS.extend(str(row) for row in database.execute(f"SELECT * FROM {table}"))
    TEXTS.extend(path.read_text(errors="replace") for path in work.glob("*.log"))
    found = [text[:200] for text in TEXTS for secret in secrets if secret in text]
    checks.that(f"no secret in {sum(map(len, TEXTS))} characters of output, results and logs",
                not found, found[:3])


def main(checks):
    with folder() as work:
        store, other = (enrich_parts.make_world(work, name) for name in ("desk", "other"))
        token, poor = (must("token", "create", name, "--signing", *quota, "--store",
                            other).stdout.strip()
                       for name, quota in (("desk", []), ("poor", ["--per-day", "1"])))
        with Server(other, work / "other.log", "--require-tokens") as service, \
                Server(store, work / "desk.log") as server:
            configure(store, "circl", "host=127.0.0.1", f"port={service.port}", "use_http=true",
                      secret=("token", f"desk:{token}"))
            configure(store, "dnsdb", "host=127.0.0.1", f"port={service.port}", "use_http=true",
                      secret=("api_key", token))
            configure(store, "domaintools", f"api_url={service.url}", "api_username=desk",
                      secret=("api_key", token))
            for operation in WALK:
                walk(checks, store, server, operation)
            quotas(checks, store, poor)
            wrong_keys(checks, store)
        bad_days(checks, store)
        tls_and_proxies(checks, work, store, other, token)
        lists(checks, work, store)
        enrich_killed.suite(checks, work, store)
        command_checks(checks, store)
        enrich_settings.suite(checks, work, store)
        no_secrets(checks, work, store, [token, poor, SECRET, enrich_settings.SECRET])


harness.main(main)
