#!/usr/bin/env python3
"""Stand-ins for services that Tidemark asks: a CIRCL-style and a DomainTools-style server on
loopback, that let in who has the right key, count a quota, speak TLS when given a context, and
write down what they were asked. The DomainTools one checks signatures by its own code.

Suites import them; run as a program, this one has the command line ask both:

    services.py
"""
import base64
import calendar
import contextlib
import hashlib
import hmac
import http.server
import json
import os
import threading
import time
import urllib.parse

import gate
import harness
from enrich_parts import LoggingProxy
from harness import folder, must, run
from service_answers import ADDRESS, HISTORY, circl_rows, lookup

USER, KEY = "desk", "k3y-of-the-desk"
# How far the time in a request may be off, seconds.
FRESH_SECONDS = 15 * 60
HASHES = {64: hashlib.sha256, 40: hashlib.sha1, 32: hashlib.md5}


class Service:
    """A server on a free port. `asked` has (path, parameters, headers) of every request; `quota`
    is how many answers are left, None for any number."""

    def __init__(self, context=None, quota=None):
        self.context, self.quota = context, quota
        self.asked = []

    def __enter__(self):
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                target = urllib.parse.urlsplit(self.path)
                parameters = dict(urllib.parse.parse_qsl(target.query, keep_blank_values=True))
                service.asked.append((target.path, parameters, dict(self.headers)))
                status, kind, body = service.answer(target.path, parameters, self.headers)
                octets = body.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        # A client that does not like the certificate goes away in the middle.
        self.server.handle_error = lambda *_: None
        if self.context:
            self.server.socket = self.context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.url = f"http{'s' if self.context else ''}://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def is_over_quota(self):
        if self.quota is None:
            return False
        self.quota -= 1
        return self.quota < 0


class CirclService(Service):
    """`/pdns/query/<value>` with Basic credentials; objects pretty printed and joined as `}{`, as
    in the guide to CIRCL's operation."""

    def answer(self, path, _, headers):
        wanted = "Basic " + base64.b64encode(f"{USER}:{KEY}".encode()).decode()
        if not hmac.compare_digest(headers.get("Authorization", ""), wanted):
            return 401, "text/plain", "Authentication is required\n"
        if self.is_over_quota():
            return 429, "text/plain", "Too many queries today\n"
        value = urllib.parse.unquote(path.removeprefix("/pdns/query/"))
        rows = [row for row in circl_rows() if value in (row["rrname"], row["rdata"])]
        return 200, "application/x-ndjson", "".join(json.dumps(row, indent=2) for row in rows)


class DomainToolsService(Service):
    """The lookups of the seven actions, with all three ways of authentication."""

    def answer(self, path, parameters, headers):
        if not self.lets_in(path, parameters, headers):
            return self.error(403, "The credentials you entered do not match an active account.")
        if self.is_over_quota():
            return self.error(503, "You have exceeded your monthly limit.")
        parts = [urllib.parse.unquote(part) for part in path.strip("/").split("/")]
        response = lookup(parts, parameters)
        if response is None:
            return self.error(404, "We could not find anything about it.")
        return 200, "application/json;charset=utf-8", json.dumps({"response": response})

    @staticmethod
    def error(code, message):
        return code, "application/json;charset=utf-8", json.dumps(
            {"error": {"code": code, "message": message},
             "resources": {"support": "https://support.example/"}})

    @staticmethod
    def lets_in(path, parameters, headers):
        """The signed form over the path as it stands on the wire, or decoded; the open key; the
        header."""
        if headers.get("X-Api-Key"):
            return hmac.compare_digest(headers["X-Api-Key"], KEY)
        if parameters.get("api_username") != USER:
            return False
        if "api_key" in parameters:
            return hmac.compare_digest(parameters["api_key"], KEY)
        signature, stamp = parameters.get("signature", ""), parameters.get("timestamp", "")
        kind = HASHES.get(len(signature))
        with contextlib.suppress(ValueError):
            asked = calendar.timegm(time.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ"))
            if kind and abs(time.time() - asked) <= FRESH_SECONDS:
                return any(
                    hmac.compare_digest(
                        hmac.new(KEY.encode(), (USER + stamp + text).encode(), kind).hexdigest(),
                        signature)
                    for text in (path, urllib.parse.unquote(path)))
        return False


# Every action: what it is asked about, and the rows of its tables by their ids.
ACTIONS = {
    "fqdn-whois": ("example.com", {"attributes": 7, "name-servers": 1, "emails": 2}),
    "ip-whois": (ADDRESS, {"attributes": 6, "contacts": 1}),
    "reverse-ip": (ADDRESS, {"domains": 2}),
    "whois-history": ("example.com", {"servers": 1, "records": HISTORY}),
    "reverse-name-server": ("example.com", {"primary": 2, "secondary": 1}),
    "hosting-history": ("example.com", {"addresses": 2, "name-servers": 1, "registrars": 1}),
    "risk": ("example.com", {"score": 1, "components": 2})}


def configure(store, operation, *settings, secret=()):
    more = ["--secret-file", f"{secret[0]}=-"] if secret else []
    must("op", "configure", operation, *settings, *more, "--store", store,
         data=secret[1] + "\n" if secret else None)
    must("op", "enable", operation, "--store", store)


def ask(store, action, value, **options):
    """Returns exit status, result, and everything that was printed."""
    done = run("op", "run", action, value, "--json", "--store", store, **options)
    return done.returncode, json.loads(done.stdout), done.stdout + done.stderr


def domaintools(checks, store):
    with DomainToolsService() as service:
        configure(store, "domaintools", f"api_url={service.url}", f"api_username={USER}",
                  secret=("api_key", KEY))
        for action, (value, rows) in ACTIONS.items():
            status, result, text = ask(store, f"domaintools.{action}", value)
            got = {table["id"]: len(table["rows"]) for table in result["tables"]}
            checks.equal(f"domaintools.{action}: tables and rows", (status, got), (0, rows))
            checks.that("and the key is nowhere", KEY not in text)
        checks.that(
            f"all {len(service.asked)} requests are signed, no key among them",
            all("signature" in parameters and KEY not in json.dumps([path, parameters, headers])
                for path, parameters, headers in service.asked))
        status, result, _ = ask(store, "domaintools.fqdn-whois", "nobody.example")
        checks.equal("unknown: not found, with the service's code",
                     (result["failure"]["kind"], result["failure"]["code"]), ("not-found", 404))
        service.quota = 0
        status, result, _ = ask(store, "domaintools.risk", "example.com")
        checks.equal("over quota: unavailable, in the service's words",
                     (status, result["failure"]["kind"], result["failure"]["message"]),
                     (1, "unavailable", "You have exceeded your monthly limit."))
        configure(store, "domaintools", secret=("api_key", "another-key"))
        status, result, text = ask(store, "domaintools.risk", "example.com")
        checks.equal("a wrong key: refused", (status, result["failure"]["kind"],
                                              result["failure"]["code"]), (1, "refused", 403))
        checks.that("and the wrong key is nowhere", "another-key" not in text)


def circl(checks, store):
    with CirclService() as service:
        configure(store, "circl", "host=127.0.0.1", f"port={service.port}", "use_http=true",
                  secret=("token", f"{USER}:{KEY}"))
        status, result, text = ask(store, "circl.passive-dns", ADDRESS)
        checks.equal("circl.passive-dns: rows of an answer joined as }{",
                     (status, [len(table["rows"]) for table in result["tables"]]), (0, [2]))
        service.quota = 0
        status, result, more = ask(store, "circl.passive-dns", ADDRESS)
        checks.equal("over quota: unavailable, in the service's words",
                     (status, result["failure"]["kind"], result["failure"]["message"]),
                     (1, "unavailable", "Too many queries today"))
        checks.that("the token is nowhere", KEY not in text + more)


def certificates(checks, work, store):
    """A certificate of an unknown authority, by way of a proxy and without one."""
    context = gate.server_context(work, gate.make_authority(work, "authority"))
    with DomainToolsService(context) as service, LoggingProxy() as proxy:
        configure(store, "domaintools", f"api_url={service.url}", secret=("api_key", KEY))
        status, result, _ = ask(store, "domaintools.risk", "example.com")
        checks.that("an unknown certificate is refused and nothing is asked",
                    status == 1 and result["failure"]["kind"] == "unavailable"
                    and not service.asked, result)
        configure(store, "domaintools", "verify_tls=false", secret=("api_key", KEY))
        status, result, _ = ask(store, "domaintools.risk", "example.com",
                                env={**os.environ, "HTTPS_PROXY": proxy.url})
        checks.equal("and taken with verify_tls=false, by way of the proxy",
                     (status, len(service.asked), proxy.asked),
                     (0, 1, [f"CONNECT 127.0.0.1:{service.port}"]))


def suite(checks):
    with folder() as work:
        store = work / "desk.store"
        (work / "rows").write_text("".join(json.dumps(row) + "\n" for row in circl_rows()))
        must("import", "--store", store, "--format", "cof", work / "rows")
        domaintools(checks, store)
        circl(checks, store)
        certificates(checks, work, store)


if __name__ == "__main__":
    harness.main(suite)
