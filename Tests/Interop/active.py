#!/usr/bin/env python3
"""The active resolver of CIRCL version 2, against a small Internet in a network namespace.

Unbound forwards for the server and logs every question, so that what was not asked is seen as well.
In the end the server resolves by itself, from the addresses of the real root servers on, which are
those of the namespace's own root then.
"""
import collections
import contextlib
import json
import pathlib
import re
import subprocess
import time
from unittest import mock

import harness
import lab
from harness import Server, folder, must

RESOLVER, PORT, NOBODY = "127.0.2.1", 5353, "127.0.2.8"
TYPES = ["A", "AAAA", "MX", "NS", "SOA", "TXT"]
MAIL, WEB, WWW, APEX = "mail.lab.example", "web.lab.example", "www.lab.example", "lab.example"
# Names that must not leave a network, names of one label, addresses without public names.
PRIVATE = ["printer.local", "nas.home.arpa", "db.corp.internal", "hidden.onion", "host.localhost",
           "a.invalid", "pc.lan", "mail.corp", "intranet", "10.1.2.3", "192.168.7.1", "fd00::1",
           "127.0.0.1", "3.2.1.10.in-addr.arpa", "*.lab.example", "192.0.2.0/24"]
# Resolvers of the world, with which recursion begins.
HINTS = pathlib.Path("/usr/share/dns/root.hints")
# Where the namespace's zones are when the server resolves by itself: not on loopback addresses.
TOP_SERVER, ZONE_SERVER = "198.51.100.53", "198.51.100.54"


def unbound(work):
    config = work / "unbound.conf"
    config.write_text(f"""\
server:
    interface: {RESOLVER}
    interface: {RESOLVER}@{PORT}
    do-not-query-localhost: no
    root-hints: "{work}/root.hints"
    module-config: "iterator"
    log-queries: yes
    username: ""
    chroot: ""
    directory: "{work}"
    pidfile: "{work}/unbound.pid"
    use-syslog: no
    access-control: 127.0.0.0/8 allow
    local-zone: "in-addr.arpa." transparent
remote-control:
    control-enable: no
""")
    return lab.Daemon("unbound", ["unbound", "-d", "-c", config], work)


def asked(resolver):
    """(name, type) of every question that the resolver was asked, in order."""
    found = re.findall(r"info: \S+ (\S+)\. ([A-Z0-9]+) IN", resolver.log.read_text())
    return [(name.lower(), kind) for name, kind in found]


def metrics(server, secret):
    """{(name without prefix, outcome): value}"""
    text = server.get("/metrics", headers=bearer(secret))[2].decode()
    pattern = r'tidemark_active_(\w+)_total\{outcome="([\w-]+)"\} ([0-9.e+]+)'
    found = ((match.group(1, 2), float(match[3])) for match in re.finditer(pattern, text))
    return collections.defaultdict(float, found)


def questions(server, secrets):
    """Questions that the server counted, answered or not."""
    return sum(value for (name, _), value in metrics(server, secrets["admin"]).items()
               if name == "questions")


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def client(server, secret, **options):
    from pypdns import PyPDNS

    return PyPDNS(url=server.url + "/pdns/query", auth_token=secret, **options)


def names(records):
    return {(record.rrname, record.rrtype, record.rdata) for record in records}


def stored(server, secret, owner):
    """{(rrtype, rdata): vantages} of a name."""
    body = server.get(f"/api/v1/records?owner={owner}", headers=bearer(secret))[2].decode()
    found = {}
    for row in map(json.loads, body.splitlines()):
        if "end" not in row:
            found.setdefault((row["rrtype"], row["rdata"]), []).append(row["vantage"])
    return found


def owned(zone, name):
    """The zone's records of a name, of the types that are asked for."""
    return {row for row in lab.zone_rows(zone) if row[0] == name and row[1] in [*TYPES, "CNAME"]}


def refused_checks(checks, server, secrets, resolver):
    """Who may not ask, who does not want to, and what is never asked for."""
    before = asked(resolver)
    for what, user in (("without the scope", client(server, secrets["plain"])),
                       ("that wants none", client(server, secrets["active"],
                                                  disable_active_query=True))):
        for name in (MAIL, WWW):
            found = names(user.rfc_query(name))
            checks.equal(f"a caller {what} sees what is stored of {name}", found,
                         {(WWW, "A", "192.0.2.99")} if name == WWW else set())
    checks.equal("they have nobody asked", questions(server, secrets), 0)
    for value in PRIVATE:
        skipped = metrics(server, secrets["admin"])["skipped", "not-asked"]
        status = server.get(f"/pdns/query/{value}", headers=bearer(secrets["active"]))[0]
        checks.equal(f"{value}: status, and that it was not asked for",
                     (status, metrics(server, secrets["admin"])["skipped", "not-asked"]),
                     (200, skipped + 1))
    status, _, body = server.get(f"/dnsdb/v2/lookup/rrset/name/{MAIL}",
                                 headers=bearer(secrets["active"]))
    checks.equal("DNSDB's look-ups ask nobody", (status, body.count(b"obj")), (200, 0))
    checks.equal("the resolver was asked for nothing", asked(resolver), before)


def answer_checks(checks, server, secrets, resolver, zone):
    """The first look-up has the zone's records, the second asks nobody."""
    user = client(server, secrets["active"])
    begin = questions(server, secrets)
    for name in (MAIL, APEX):
        before = len(asked(resolver))
        found = names(user.rfc_query(name))
        checks.equal(f"{name}: the zone's records in the first reply",
                     {row for row in found if row[0] == name}, owned(zone, name))
        checks.equal(f"{name}: the questions", sorted(asked(resolver)[before:]),
                     [(name, kind) for kind in TYPES])
        checks.equal(f"{name}: all were seen by asking",
                     {tuple(seen) for seen in stored(server, secrets["plain"], name).values()},
                     {("active",)})
    count = len(asked(resolver))
    for spelling in (MAIL, MAIL.upper() + "."):
        found = names(user.rfc_query(spelling))
        checks.equal(f"{spelling} again: the same", {row for row in found if row[0] == MAIL},
                     owned(zone, MAIL))
    checks.equal("asked again within 300 s: no question, and it is counted",
                 (len(asked(resolver)), metrics(server, secrets["admin"])["skipped", "recent"]),
                 (count, 2))
    checks.equal("others see the answers", {row for row in names(client(
        server, secrets["plain"]).rfc_query(MAIL)) if row[0] == MAIL}, owned(zone, MAIL))
    found = names(user.rfc_query(WWW))
    checks.equal("an alias, besides what was observed", {row for row in found if row[0] == WWW},
                 owned(zone, WWW) | {(WWW, "A", "192.0.2.99")})
    checks.equal("what was observed stays apart", stored(server, secrets["plain"], WWW),
                 {("A", "192.0.2.99"): ["client"], ("CNAME", WEB): ["active"]})
    checks.equal("the alias's target came along",
                 stored(server, secrets["plain"], WEB), {("A", "192.0.2.80"): ["active"]})
    count = len(asked(resolver))
    checks.equal("a name that there is not", user.rfc_query("none.lab.example"), [])
    checks.equal("and its questions", len(asked(resolver)) - count, len(TYPES))
    user.rfc_query(root_addresses()[0])
    reverse = ".".join(reversed(root_addresses()[0].split("."))) + ".in-addr.arpa"
    checks.equal("an address: its pointer", asked(resolver)[count + len(TYPES):],
                 [(reverse, "PTR")])
    checks.equal("the questions about four names and an address are counted",
                 questions(server, secrets) - begin, 4 * len(TYPES) + 1)


def bound_checks(checks, store, secrets, resolver, work, zone):
    """How long is waited, and how much is asked."""
    count = len(asked(resolver))
    options = ["--require-tokens", "--active-resolver", RESOLVER, "--active-per-minute", "13"]
    with Server(store, work / "bounds.log", *options, "--active-wait", "0") as server:
        user = client(server, secrets["active"])
        user.rfc_query("h1.lab.example")
        limit = time.monotonic() + 10
        while not stored(server, secrets["plain"], "h1.lab.example"):
            if time.monotonic() > limit:
                break
            time.sleep(0.05)
        checks.equal("answers after the wait are there for the next look-up",
                     names(user.rfc_query("h1.lab.example")), owned(zone, "h1.lab.example"))
        for name in ("h2.lab.example", "h3.lab.example"):
            user.rfc_query(name)
        checks.equal("thirteen questions a minute are two names",
                     metrics(server, secrets["admin"])["skipped", "spent"], 1)
    found = {name for name, _ in asked(resolver)[count:]}
    checks.equal("the third was not asked for", found, {"h1.lab.example", "h2.lab.example"})
    options = ["--require-tokens", "--active-resolver", NOBODY, "--active-wait", "1"]
    with Server(store, work / "nobody.log", *options) as server:
        begin = time.monotonic()
        found = names(client(server, secrets["active"]).rfc_query(MAIL))
        seconds = time.monotonic() - begin
        checks.that("a resolver that is not there costs the wait at most",
                    found and seconds < 3, (found, seconds))


def root_addresses():
    """Addresses of the real root servers, as Debian's package has them."""
    return re.findall(r"^\S+\s+\d+\s+(?:A|AAAA)\s+(\S+)$", HINTS.read_text(), re.MULTILINE)


def add_address(address):
    """Gives the namespace an address; false where there is no IPv6."""
    is_ipv6 = ":" in address
    options = ["nodad"] if is_ipv6 else []
    done = subprocess.run(["ip", "address", "add", f"{address}/{128 if is_ipv6 else 32}", "dev",
                           "lo", *options], capture_output=True, text=True)
    if done.returncode != 0 and not is_ipv6:
        raise SystemExit(f"ip address add {address}: {done.stderr}")
    return done.returncode == 0


def other_roots(work, addresses):
    """One more NSD, for the root at all addresses but the first: any may be asked."""
    config = (work / "nsd-root/nsd.conf").read_text()
    first, *others = addresses
    text = config.replace(f"  ip-address: {first}\n", "".join(
        f"  ip-address: {address}\n" for address in others))
    for name in ("nsd.pid", "xfrd.state", "zone.list"):
        text = text.replace(name, f"others-{name}")
    path = work / "nsd-root/others.conf"
    path.write_text(text)
    return lab.Daemon("nsd-others", ["nsd", "-d", "-c", path], work).start(others[0])


def recursion_checks(checks, base, secrets):
    """From the root down, which no option of the server can replace: so it is built here."""
    roots = [address for address in (*root_addresses(), TOP_SERVER, ZONE_SERVER)
             if add_address(address)][:-2]
    work = base / "recursion"
    work.mkdir()

    def moved(text):
        for old, new in ((lab.ROOT_SERVER, roots[0]), (lab.TOP_SERVER, TOP_SERVER),
                         (lab.ZONE_SERVER, ZONE_SERVER)):
            text = text.replace(old, new)
        return text

    changes = {"ROOT_ZONE": moved(lab.ROOT_ZONE), "TOP_ZONE": moved(lab.TOP_ZONE),
               "ROOT_SERVER": roots[0], "TOP_SERVER": TOP_SERVER, "ZONE_SERVER": ZONE_SERVER}
    with mock.patch.multiple(lab, **changes), contextlib.ExitStack() as stack:
        daemons, zone = lab.authorities(work, 30)
        daemons.append(other_roots(work, roots))
        for daemon in daemons:
            stack.callback(daemon.stop)
        store = base / "store"
        options = ["--require-tokens", "--active-resolver", "recurse", "--active-wait", "10"]
        server = stack.enter_context(Server(store, work / "serve.log", *options))
        for name in ("h25.lab.example", "h0.lab.example"):
            found = names(client(server, secrets["active"]).rfc_query(name))
            checks.equal(f"recursion finds {name}", found, owned(zone, name))
        checks.equal("recursion's answers are active", stored(
            server, secrets["plain"], "h0.lab.example"), {("A", "198.51.0.1"): ["active"]})


def suite(checks):
    missing = lab.needs("nsd", "unbound", "unshare", "ip")
    if missing:
        raise SystemExit(f"{missing} is not installed; run Scripts/install-deps.sh interop")
    with folder() as work, contextlib.ExitStack() as stack:
        daemons, zone = lab.authorities(work, 20)
        for daemon in daemons:
            stack.callback(daemon.stop)
        resolver = unbound(work).start(RESOLVER)
        stack.callback(resolver.stop)
        store = work / "store"
        old = {"rrname": WWW, "rrtype": "A", "rdata": "192.0.2.99", "count": 1,
               "time_first": 1_600_000_000, "time_last": 1_600_000_001}
        must("import", "--store", store, "--format", "cof", "-", data=json.dumps(old) + "\n")
        secrets = {name: must("token", "create", "--store", store, name, "--scope",
                              scope).stdout.strip()
                   for name, scope in (("plain", "query"), ("active", "query,active"),
                                       ("admin", "query,admin"))}
        options = ["--require-tokens", "--active-resolver", f"{RESOLVER}@{PORT}"]
        with Server(store, work / "serve.log", *options, "--active-wait", "2") as server:
            refused_checks(checks, server, secrets, resolver)
            answer_checks(checks, server, secrets, resolver, zone)
        bound_checks(checks, store, secrets, resolver, work, zone)
        for daemon in daemons:
            daemon.stop()
        recursion_checks(checks, work, secrets)


if __name__ == "__main__":
    lab.isolate()
    harness.main(suite)
