"""Sensors as an operator and a roll-out script see them: registered over HTTP while a collector
runs, listed, approved and blocked by a second process, with keys that nobody is shown twice.
"""
import contextlib
import json
import re
import secrets
import socket
import subprocess
import time
import uuid

import harness

EFFECTIVE_SECONDS_MAX = 5
ROUTE = "/api/v1/add/sensor/register"
SAMPLE_KEY = "private key to change"


class Collector:
    """`tidemark collect` with an HTTP server that wants tokens."""

    def __init__(self, folder, store):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "collect.log"
        self.config = folder / "collect.yaml"
        self.config.write_text(
            f"store: {store}\nroot_hints: '-'\n"
            f"http:\n  listen: 127.0.0.1:{self.port}\n  require_tokens: true\n"
            f"sources:\n  - name: feed\n    format: cof\n    listen: unix:{folder}/feed.sock\n")
        self.process = None

    get = harness.Server.get

    def __enter__(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [harness.PROGRAM, "collect", "--config", str(self.config)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        limit = time.monotonic() + harness.START_SECONDS_MAX
        while time.monotonic() < limit and self.process.poll() is None:
            with contextlib.suppress(OSError):
                if self.get("/health")[0] == 200:
                    return self
            time.sleep(0.05)
        self.stop()
        raise SystemExit(f"tidemark collect does not serve:\n{self.log.read_text()[-2000:]}")

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)


def register(server, token, body):
    """Sends what roll-out scripts send; returns status and answer."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = token
    status, _, body = server.get(ROUTE, "POST", headers, data)
    return status, json.loads(body)


def listed(store, *options):
    """All sensors by UUID, as a second process lists them."""
    text = harness.must("sensor", "list", "--store", store, "--output", "json", *options).stdout
    return {row["uuid"]: row for row in map(json.loads, text.splitlines())}


def counts(server, token):
    """Sensors by state, as the collector knows them."""
    _, _, body = server.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    return {state: int(count) for state, count in
            re.findall(r'^tidemark_sensors\{state="(\w+)"\} (\d+)$', body.decode(), re.M)}


def wait_for(server, token, wanted):
    """Seconds until the collector knows of these sensors."""
    start = time.monotonic()
    while counts(server, token) != wanted and time.monotonic() - start < 30:
        time.sleep(0.05)
    return time.monotonic() - start


def token(store, name, scope):
    return harness.must("token", "create", "--store", store, name, "--scope", scope).stdout.strip()


def refused(reason):
    return {"status": "error", "reason": reason}


def registration(checks, server, store, tokens):
    """Returns the sensor that a script registered, and its key."""
    # As the sensor generator of D4 does it: a key of 342 characters, no Bearer.
    one, key = str(uuid.uuid4()), secrets.token_urlsafe(256)
    request = {"uuid": one, "hmac_key": key, "mail": "noc@example.com", "third_party": True}
    checks.equal("a script registers a sensor", register(server, tokens["roll"], request),
                 (200, {"uuid": one.replace("-", "")}))
    row = listed(store).get(one, {})
    checks.equal("it is pending, with what the script said",
                 [row.get(name) for name in ("state", "mail", "third_party", "has_key", "tlp")],
                 ["pending", "noc@example.com", True, True, "amber"])
    checks.equal("a second time is too often", register(server, tokens["roll"], request),
                 (409, refused("Sensor already registred")))
    two = str(uuid.uuid4())
    checks.equal("a blank behind the token and a UUID without dashes are fine",
                 register(server, tokens["admin"] + " ", {
                     "uuid": two.replace("-", "").upper(), "hmac_key": "a&b<c>\"'"})[0], 200)
    checks.that("a collector knows of both",
                wait_for(server, tokens["admin"], {"pending": 2, "approved": 0, "blocked": 0})
                < EFFECTIVE_SECONDS_MAX)
    return one, two, key


def refusals(checks, server, store, tokens):
    good = {"uuid": str(uuid.uuid4()), "hmac_key": "k"}
    for what, secret, wanted in [
            ("no token", None, (401, refused("Authentication needed"))),
            ("a wrong token", "tdm_" + "x" * 43, (401, refused("Authentication failed"))),
            ("a token of D4's length", "x" * 41, (401, refused("Authentication failed"))),
            ("a token that may only look up", tokens["desk"],
             (403, refused("Access Forbidden")))]:
        checks.equal(what, register(server, secret, good), wanted)
    checks.equal("the script's token may not look up", server.get(
        "/api/v1/records?owner=a.example", headers={"Authorization": tokens["roll"]})[0], 403)
    version1 = "3f0c2f9e-5a1b-1c7d-9e21-7b8a6d5c4e3f"
    missing = "Mandatory parameter(s) not provided"
    for what, body, reason in [
            ("no JSON", b"uuid=1", "Malformed JSON"), ("an array", [good], "Malformed JSON"),
            ("no UUID", {"hmac_key": "k"}, "Invalid uuid"),
            ("UUID 1", {**good, "uuid": version1}, "Invalid uuid"),
            ("no key", {"uuid": good["uuid"]}, missing),
            ("an empty key", {**good, "hmac_key": ""}, missing),
            ("a key of two lines", {**good, "hmac_key": "a\nb"},
             "Invalid hmac_key: it holds CR, LF or NUL"),
            ("the key of the examples", {**good, "hmac_key": SAMPLE_KEY},
             "Invalid hmac_key: everybody knows this one")]:
        checks.equal(what, register(server, tokens["roll"], body), (400, refused(reason)))
    checks.equal("a long body", register(server, tokens["roll"], b" " * 20_000)[0], 413)
    checks.that("none of them left a sensor", good["uuid"] not in listed(store))


def decisions(checks, server, store, tokens, one, two):
    for what, command, wanted in [
            ("approved", ["approve", one], {"pending": 1, "approved": 1, "blocked": 0}),
            ("blocked", ["block", one, two], {"pending": 0, "approved": 0, "blocked": 2}),
            ("approved again", ["approve", one], {"pending": 0, "approved": 1, "blocked": 1}),
            ("removed", ["remove", two], {"pending": 0, "approved": 1, "blocked": 0})]:
        harness.must("sensor", command[0], "--store", store, *command[1:])
        seconds = wait_for(server, tokens["admin"], wanted)
        checks.that(f"{what}: the collector knows soon", seconds < EFFECTIVE_SECONDS_MAX,
                    f"{seconds:.1f} s, {counts(server, tokens['admin'])}")
    harness.must("sensor", "set", "--store", store, one, "--name", "office", "--owner",
                 "Example Inc.", "--tlp", "TLP:WHITE", "--dataset", "isp", "--class", "large",
                 "--note", "rack 4")
    row = listed(store, "--state", "approved").get(one, {})
    checks.equal("what is set is listed",
                 [row.get(name) for name in ("name", "owner", "tlp", "dataset", "class", "note")],
                 ["office", "Example Inc.", "clear", "isp", "large", "rack 4"])
    checks.equal("what was not set stays", row.get("mail"), "noc@example.com")
    table = harness.must("sensor", "list", "--store", store).stdout.splitlines()
    checks.that("the table has a head and a line", len(table) == 2
                and table[0].startswith("name ") and "office" in table[1], table)
    for what, arguments in [("an unknown sensor", ["approve", "nobody"]),
                            ("a name of two lines", ["set", "office", "--name", "a\nb"])]:
        done = harness.run("sensor", arguments[0], "--store", store, *arguments[1:])
        checks.that(f"{what} is refused in one line", done.returncode == 1
                    and done.stderr.count("\n") == 1, done.stderr)
    for what, arguments in [("no change", ["set", "office"]), ("a label that is none", [
            "set", "office", "--tlp", "mauve"]), ("no key", ["key", "office"])]:
        done = harness.run("sensor", arguments[0], "--store", store, *arguments[1:])
        checks.equal(f"{what} is a mistake", done.returncode, 2)


def keys(checks, store, folder):
    """Returns the keys that were made; they must be found nowhere but in the database."""
    made = harness.must("sensor", "add", "--store", store, "--name", "second", "--generate-key")
    lines = made.stdout.splitlines()
    checks.that("add prints a UUID and a key of 64 characters", len(lines) == 2
                and uuid.UUID(lines[0]).version == 4
                and re.fullmatch(r"[A-Za-z0-9_-]{64}", lines[1]), lines[:1])
    checks.that("standard error does not repeat it", lines[1] not in made.stderr)
    checks.equal("who is added is approved", listed(store)[lines[0]]["state"], "approved")
    again = harness.must("sensor", "key", "--store", store, "second", "--generate-key").stdout
    checks.that("another key is another one",
                re.fullmatch(r"[A-Za-z0-9_-]{64}\n", again) and again.strip() != lines[1])
    file = folder / "key"
    file.write_bytes(SAMPLE_KEY.encode() + b"\n")
    done = harness.run("sensor", "key", "--store", store, "second", "--key-file", file)
    checks.that("the key of the examples is refused", done.returncode == 1
                and SAMPLE_KEY not in done.stderr, done.stderr)
    for what, octets in [("an empty key file", b"\n"), ("two lines", b"a\nb\n")]:
        file.write_bytes(octets)
        done = harness.run("sensor", "key", "--store", store, "second", "--key-file", file)
        checks.equal(f"{what}: refused", done.returncode, 1)
    file.write_bytes(b"an own key\r\n")
    harness.must("sensor", "key", "--store", store, "second", "--key-file", file)
    known = str(uuid.uuid4())
    added = harness.must("sensor", "add", known.upper(), "--store", store, "--pending").stdout
    checks.equal("a UUID of one's own is taken", added, known + "\n")
    row = listed(store, "--state", "pending").get(known, {})
    checks.equal("it shares the listener's secret", (row.get("has_key"), row.get("name")),
                 (False, known))
    checks.equal("a sensor is added once",
                 harness.run("sensor", "add", known, "--store", store).returncode, 1)
    return [lines[1], again.strip(), "an own key"]


def leftovers(checks, folder, store, made):
    """Keys are in the database, which only its owner can read, and in nothing that is printed."""
    text = "".join(harness.must("sensor", "list", "--store", store, *options).stdout
                   for options in [[], ["--output", "json"], ["--unknown"]])
    checks.that("no list shows a key", not any(key in text for key in made))
    hits = [path.name for path in folder.rglob("*") if path.is_file() and path.name != "key"
            and not path.name.startswith("a.store.control.sqlite")
            and any(key.encode() in path.read_bytes() for key in made)]
    checks.equal("no other file holds a key", hits, [])
    for path in folder.glob("a.store.control.sqlite*"):
        checks.equal(f"{path.name} is its owner's", oct(path.stat().st_mode & 0o777), "0o600")


def without_tokens(checks, folder):
    """A server that asks for no tokens keeps sensors where a database is."""
    store, request = folder / "b.store", {"uuid": str(uuid.uuid4()), "hmac_key": "k"}
    harness.must("import", "--store", store, harness.EXAMPLES / "sample.pcap")
    with harness.Server(store, folder / "open.log") as server:
        status, answer = register(server, None, request)
        checks.that("no database: said so", status == 503 and answer["status"] == "error", answer)
        checks.that("and none was made", not (folder / "b.store.control.sqlite").exists())
    harness.must("sensor", "add", "--store", store, "--name", "first")
    with harness.Server(store, folder / "open.log") as server:
        checks.equal("a database: registered", register(server, None, request)[0], 200)
        checks.equal("a web page is not served", server.get(
            ROUTE, "POST", {"Origin": "https://www.example.com"}, b"{}")[0], 403)
    checks.equal("both are there", len(listed(store)), 2)


def suite(checks):
    with harness.folder() as folder:
        store = folder / "a.store"
        tokens = {"roll": token(store, "roll-out", "register"),
                  "desk": token(store, "desk", "query"), "admin": token(store, "chief", "admin")}
        with Collector(folder, store) as server:
            one, two, key = registration(checks, server, store, tokens)
            refusals(checks, server, store, tokens)
            decisions(checks, server, store, tokens, one, two)
            made = keys(checks, store, folder)
        with Collector(folder, store) as server:
            wait_for(server, tokens["admin"], {"pending": 1, "approved": 2, "blocked": 0})
            checks.equal("a restart forgets nothing", counts(server, tokens["admin"]),
                         {"pending": 1, "approved": 2, "blocked": 0})
        leftovers(checks, folder, store, [key[:100], *made])
        without_tokens(checks, folder)


if __name__ == "__main__":
    harness.main(suite)
