"""What the suites of the pages work with: the demo store, tokens, and a browser that writes down
what must never happen: errors, requests elsewhere, breaches of the content security policy."""
import contextlib
import http.client
import json
import os
import pathlib
import subprocess
import time
import traceback
import urllib.parse

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

import harness
from harness import EXAMPLES, PROGRAM, must

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
WAIT_MS = 15_000
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
SCOPES = {"reader": ["query"], "analyst": ["query", "enrich"], "chief": ["admin"]}

# Of the demo: what has much to show.
BANK, WWW = "northbank.example", "www.northbank.example"
PHISH, KIT_HOST, MARKET = "login-northbank.example", "198.51.100.77", "203.0.113.80"
FLUX, NAME_SERVER = "pay.northbank-verify.example", "ns1.quickzone.example"
IDN, IDN_SHOWN = "xn--nrthbank-n4a.example", "n\u00f6rthbank.example"
PARKING, SINKHOLE, PRIVATE = "203.0.113.200", "192.0.2.66", "10.20.0.5"
# A range of addresses that ends before it begins.
BACKWARDS = "192.0.2.9-192.0.2.1"


def search(value, **more):
    """The address of a look-up."""
    return "/ui/search?" + urllib.parse.urlencode({"q": value, **more})


# Every page; those with a name in ADMIN or LIBRARY need more than the scope `query`.
PAGES = {
    "home": "/", "name": search(WWW), "wildcard": search("*." + BANK), "address": search(MARKET),
    "network": search("198.51.100.0/26"), "pattern": search("/^login-/"),
    "text": search("zone-verification"), "idn": search(IDN), "nothing": search("none.example"),
    "timeline": search(FLUX, view="timeline"), "pivots": "/ui/pivots?q=" + PHISH,
    "graph": "/ui/graph?q=" + PHISH, "bulk": "/ui/bulk", "help": "/ui/help",
    "indicators": "/ui/indicators", "indicator": f"/ui/indicators/fqdn/{PHISH}",
    "operations": "/ui/operations", "operation": "/ui/operations/circl",
    "service": "/ui/service", "bad value": search(BACKWARDS), "no page": "/ui/nothing"}
ADMIN = {"service", "operation"}
LIBRARY = {"indicators", "indicator", "operations", "operation"}
REFUSED = {"bad value", "no page"}


def demo_store(work, name="demo"):
    """A new store with the demo in it, its lists and its indicators."""
    store = work / f"{name}.store"
    done = subprocess.run(
        ["bash", str(EXAMPLES / "demo.sh"), str(store)], stdin=subprocess.DEVNULL, text=True,
        capture_output=True, timeout=harness.COMMAND_SECONDS_MAX,
        env={**os.environ, "TIDEMARK": PROGRAM})
    if done.returncode != 0:
        raise SystemExit(f"Examples/demo.sh: {done.stdout}{done.stderr}")
    return store


def add_rows(store, work, rows, name="more"):
    """Imports rows given as dictionaries."""
    feed = work / f"{name}.ndjson"
    with feed.open("w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    must("import", "--store", store, "--format", "cof", feed)


def tokens(store):
    """{name: token} of the scopes that pages tell apart."""
    return {name: must("token", "create", name, "--store", store,
                       "--scope", ",".join(scopes)).stdout.strip()
            for name, scopes in SCOPES.items()}


@contextlib.contextmanager
def chromium():
    """Debian's browser; nothing is downloaded."""
    if not os.access(CHROMIUM, os.X_OK):
        raise SystemExit(f"{CHROMIUM} does not exist; run Scripts/install-deps.sh interop")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            yield browser
        finally:
            browser.close()


WATCH = """
document.addEventListener('securitypolicyviolation', event =>
  console.error('CSP ' + event.violatedDirective + ' ' + event.blockedURI))
"""


class Desk:
    """One browser profile on one server."""

    def __init__(self, browser, server, view=WIDE, scheme="light", **options):
        self.server = server
        self.errors, self.foreign, self.dialogs = [], [], []
        self.octets = 0
        self.context = browser.new_context(
            viewport=view, color_scheme=scheme, base_url=server.url, accept_downloads=True,
            locale="en-GB", timezone_id="America/New_York", **options)
        self.context.set_default_timeout(WAIT_MS)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        if options.get("java_script_enabled", True):
            self.context.add_init_script(WATCH)
        self.context.on("console", self._console)
        self.context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self.context.on("request", self._request)
        self.context.on("requestfinished", self._finished)
        self.new_page()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()

    def new_page(self):
        """A page that nothing is going on in."""
        for page in self.context.pages:
            page.close()
        self.page = self.context.new_page()
        self.page.on("dialog", self._dialog)

    def _console(self, message):
        # A page that is refused on purpose is told of as a resource that failed.
        is_refusal = message.text.startswith("Failed to load resource") \
            and message.location.get("url") == self.page.url
        if message.type == "error" and not is_refusal:
            self.errors.append(f"{message.text} at {message.location.get('url')}")

    def _dialog(self, dialog):
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _request(self, request):
        if not request.url.startswith((self.server.url + "/", "data:", "blob:")):
            self.foreign.append(request.url)

    def _finished(self, request):
        with contextlib.suppress(Exception):
            sizes = request.sizes()
            self.octets += sizes["responseBodySize"] + sizes["responseHeadersSize"]

    def open(self, path):
        """Goes to a page and waits until it rests; returns its response."""
        self.octets = 0
        response = self.page.goto(path, wait_until="load")
        self.rest()
        return response

    @contextlib.contextmanager
    def leads(self):
        """Waits until what happens inside has led to another page, and that is loaded."""
        with self.page.expect_event("load"):
            yield

    def until(self, is_true):
        """Waits for a condition; whether it came true."""
        limit = time.monotonic() + WAIT_MS / 1000
        while not (came := is_true()) and time.monotonic() < limit:
            self.page.wait_for_timeout(50)
        return came

    def rest(self):
        """Waits until nothing is being fetched."""
        with contextlib.suppress(Exception):
            self.page.wait_for_load_state("networkidle", timeout=5_000)

    def sign_in(self, token):
        self.open("/ui/sign-in")
        self.page.get_by_label("Token").fill(token)
        with self.leads():
            self.main().get_by_role("button", name="Sign in").click()

    def main(self):
        return self.page.locator("main")

    def text(self):
        return self.main().inner_text()

    def findings(self):
        """Serious and critical findings of axe, each with where the first is."""
        answer = Axe().run(self.page).response
        return [f"{found['impact']} {found['id']}: {found['nodes'][0]['target']} "
                f"{found['nodes'][0]['html'][:120]} ({len(found['nodes'])} times)"
                for found in answer["violations"] if found["impact"] in ("serious", "critical")]

    def was_quiet(self, checks, what):
        """Nothing that must never happen has happened."""
        checks.equal(f"{what}: no error on the console, no breach of the policy", self.errors, [])
        checks.equal(f"{what}: no request to another origin", self.foreign, [])


def flow(checks, part, *parts):
    """One flow of a suite: one that breaks off is a failure like others, and the next goes on."""
    try:
        part(checks, *parts)
    except Exception as error:
        ours = [f"{pathlib.Path(place.filename).name}:{place.lineno}"
                for place in traceback.extract_tb(error.__traceback__)
                if place.filename.startswith(str(pathlib.Path(__file__).parent))]
        checks.that(f"{part.__module__}.{part.__name__} comes to its end", False,
                    f"{' '.join(ours)}: {str(error)[:900]}")
        for desk in parts:
            if isinstance(desk, Desk):
                desk.new_page()


def post(server, path, pairs, headers=None):
    """A form sent without a browser, which follows no redirect: status, headers, text."""
    body = urllib.parse.urlencode(pairs).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request("POST", path, body, {**kind, **(headers or {})})
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read().decode(errors="replace")
    finally:
        connection.close()
