"""Partners as they receive: real WebSocket clients, curl that is killed and comes back, files that
are checked, and a revocation whose time is measured.

Three sensors write COF lines into files; a collector mixes them into a stream. What a partner must
get of it is worked out here, not asked of the program.
"""
import asyncio
import json
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

import websocket
import websockets

import harness
from watched import Program

STREAM = "community"
SENSORS = ("north", "south", "west")
SEEN = 1_700_000_000
COARSE = SEEN - SEEN % 3600
REVOKED_SECONDS_MAX = 5
WAIT_SECONDS_MAX = 60
SHARE = f"""\
share:
  streams:
    - {{name: {STREAM}, default_tlp: green, sensors_min: 3, k: 3, window: 1s, coarsen: 1h}}
"""


def line(name, rdata, kind="A"):
    return json.dumps({"rrname": name, "rrtype": kind, "rdata": rdata, "time_first": SEEN,
                       "time_last": SEEN, "count": 1}) + "\n"


class Feeds:
    """The files of the sensors."""

    def __init__(self, folder):
        self.folder = folder
        self.batch = 0
        for sensor in SENSORS:
            (folder / f"{sensor}.json").write_text("")

    def say(self, lines, sensors=SENSORS):
        for sensor in sensors:
            with open(self.folder / f"{sensor}.json", "a") as feed:
                feed.write("".join(lines))

    def more(self, count):
        """Public rows that all sensors see; returns their names."""
        self.batch += 1
        names = [f"h{self.batch}-{n}.example.com" for n in range(count)]
        self.say([line(name, f"198.51.{n // 250}.{n % 250}") for n, name in enumerate(names)])
        return names

    def sources(self):
        return "sources:\n" + "".join(
            f"  - {{name: {sensor}, format: cof, sensor: {sensor}, "
            f"follow: [{self.folder}/{sensor}.json]}}\n" for sensor in SENSORS)


def partner(store, name, *options):
    made = harness.must("partner", "add", name, "--store", store, "--stream", STREAM, *options)
    return made.stdout.rstrip("\n")


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def get(url, secret, timeout=30):
    request = urllib.request.Request(url, headers=bearer(secret))
    try:
        with urllib.request.urlopen(request, timeout=timeout) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def wait_until(what, condition, seconds=WAIT_SECONDS_MAX):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise SystemExit(f"{what} does not happen within {seconds} s")


def rows_of(text):
    return [row for row in map(json.loads, text.splitlines()) if "rrname" in row]


def names_of(text):
    return [row["rrname"] for row in rows_of(text)]


def wait_for(share, secret, wanted):
    """Waits until a partner gets all the names; returns the whole answer."""
    def text():
        status, body = get(share, secret)
        return body.decode() if status == 200 and set(wanted) <= set(names_of(body)) else None

    return wait_until("a release", text)


def account(store, name):
    out = harness.must("partner", "account", name, "--store", store, "--json").stdout
    return {entry["rule"]: entry["rows"] for entry in map(json.loads, out.splitlines())}


def policies(checks, store, share, feeds):
    """What each partner gets of the same stream, row by row, and what is counted."""
    told = {
        "www.example.com": ("A", "192.0.2.1"), "a.customer.example": ("A", "192.0.2.2"),
        "alias.example.com": ("CNAME", "x.customer.example"), "pc.corp": ("A", "192.0.2.3"),
        "vpn.example.com": ("A", "10.9.8.7"), "mail.example.org": ("AAAA", "2001:db8::25"),
    }
    probe = partner(store, "probe", "--keep-private")
    secrets = {
        "all": partner(store, "all"), "private": partner(store, "private", "--keep-private"),
        "some": partner(store, "some", "--include", "example.com,customer.example", "--exclude",
                        "customer.example"),
        "types": partner(store, "types", "--types", "AAAA"),
        "clear": partner(store, "clear", "--tlp", "clear"),
    }
    public = {"www.example.com", "a.customer.example", "alias.example.com", "mail.example.org"}
    wanted = {
        "all": (public, {"released": 4, "private-name": 1, "private-address": 1}),
        "private": (set(told), {"released": 6}),
        "some": ({"www.example.com"}, {"released": 1, "excluded": 2, "zone": 2,
                                       "private-address": 1}),
        "types": ({"mail.example.org"}, {"released": 1, "rrtype": 5}),
        "clear": (set(), {"tlp": 6}),
    }
    feeds.say([line(name, rdata, kind) for name, (kind, rdata) in told.items()])
    feeds.say([line("unsafe.example.com", "192.0.2.66")], SENSORS[:1])
    wait_for(share, probe, told)
    for name, secret in secrets.items():
        body = get(share, secret)[1]
        rows = rows_of(body)
        checks.equal(f"{name}: the names of its policy",
                     sorted(row["rrname"] for row in rows), sorted(wanted[name][0]))
        fields = [(row["rrtype"], row["rdata"], row["time_first"], row["time_last"], row["count"],
                   row["sensor_id"]) for row in rows]
        checks.equal(f"{name}: rows are summed, coarse, and of the stream", fields, [
            (*told[row["rrname"]], COARSE, COARSE, len(SENSORS), STREAM) for row in rows])
        checks.equal(f"{name}: a row has nothing else", {len(row) for row in rows} - {7}, set())
        last = json.loads(body.splitlines()[-1])
        checks.equal(f"{name}: the last line", (last["end"], last["rows"]),
                     ("complete", len(wanted[name][0])))
    for name in secrets:
        wait_until("an account", lambda name=name: account(store, name), 10)
        checks.equal(f"{name}: the account by rule", account(store, name), wanted[name][1])
    return secrets["all"]


def resume(checks, share, secret, feeds, work):
    """curl follows, is killed again and again, and goes on behind the last position it saw."""
    status, body = get(share, secret)
    begin = json.loads(body.splitlines()[-1])["position"]
    position, got, wanted = begin, [], []
    for turn in range(5):
        wanted += feeds.more(400)
        out = work / f"curl-{turn}"
        with open(out, "wb") as file:
            curl = subprocess.Popen(
                ["curl", "-sN", "-H", f"Authorization: Bearer {secret}",
                 f"{share}?follow=true&after={position}"], stdout=file)
        wait_until("a chunk", lambda out=out: out.read_bytes().count(b'"position"') >= 1
                   and b"rrname" in out.read_bytes())
        curl.kill()
        curl.wait()
        # What stands before a position was sent with it; what stands behind it comes again.
        pending = []
        for text in out.read_text().splitlines(keepends=True):
            if not text.endswith("\n"):
                break
            row = json.loads(text)
            if "rrname" in row:
                pending.append(row["rrname"])
            elif "position" in row:
                position = row["position"]
                got += pending
                pending = []
    text = wait_for(f"{share}?after={begin}", secret, wanted)
    rest = names_of(get(f"{share}?after={position}", secret)[1])
    checks.same_rows("curl that was killed five times has every row once", got + rest,
                     names_of(text))
    checks.equal("a position of another log is gone",
                 get(f"{share}?after=99999999", secret)[0], 410)


def import_script(checks, address, secret, feeds):
    """websocket-client as the D4 analyzer's import uses it: an address, nothing else."""
    rows, socket_errors, opened = [], [], threading.Event()
    app = websocket.WebSocketApp(
        f"ws://{address}/api/v1/share/{STREAM}/ws?after=newest&access_token={secret}",
        on_open=lambda _: opened.set(), on_message=lambda _, text: rows.append(json.loads(text)),
        on_error=lambda _, error: socket_errors.append(error))
    thread = threading.Thread(target=app.run_forever, daemon=True)
    thread.start()
    checks.that("websocket-client connects", opened.wait(10))
    wanted = feeds.more(300)
    wait_until("all messages", lambda: set(wanted) <= {row.get("rrname") for row in rows})
    checks.same_rows("each message is a row", [row["rrname"] for row in rows], wanted)
    needed = {"rrname", "rrtype", "rdata", "time_first", "time_last", "count", "sensor_id"}
    checks.that("with the fields that the import reads", all(needed <= set(row) for row in rows))
    app.close()
    thread.join(10)
    checks.that("it closes as it should", not thread.is_alive() and not socket_errors,
                socket_errors)


def admitted(store, share, name):
    """The token of a new partner that the server has heard of: it looks every second."""
    secret = partner(store, name)
    wait_until("a partner is known", lambda: get(share, secret)[0] == 200)
    return secret


async def modern_client(checks, store, address, feeds):
    """`websockets`: positions, compression offered, and the closing code of a revocation."""
    secret = admitted(store, f"http://{address}/api/v1/share/{STREAM}", "modern")
    url = f"ws://{address}/api/v1/share/{STREAM}/ws?positions=true&after=newest"
    got = []
    async with websockets.connect(url, additional_headers=bearer(secret)) as client:
        wanted = set(feeds.more(300))
        checks.that("origins are told", len(client.response.headers["Tidemark-Origins"]) == 36)
        while not wanted <= set(got):
            row = json.loads(await asyncio.wait_for(client.recv(), WAIT_SECONDS_MAX))
            if "rrname" in row:
                got.append(row["rrname"])
        await asyncio.wait_for(await client.ping(), 10)
        checks.that("pings are answered", True)
        harness.must("partner", "revoke", "modern", "--store", store)
        start, last, code = time.monotonic(), None, None
        try:
            while True:
                last = json.loads(await asyncio.wait_for(client.recv(), WAIT_SECONDS_MAX))
        except websockets.ConnectionClosed as closed:
            code = closed.rcvd.code
        seconds = time.monotonic() - start
    checks.equal("a WebSocket tells that it is revoked", (last["end"], code), ("revoked", 1008))
    checks.that("soon", seconds < REVOKED_SECONDS_MAX, f"{seconds:.1f} s")
    try:
        await websockets.connect(url, additional_headers=bearer(secret))
        checks.that("and lets nobody in again", False)
    except websockets.InvalidStatus as refused:
        checks.equal("and lets nobody in again", refused.response.status_code, 401)


def revocation(checks, store, share, work, how):
    """The time from the command to the last line, while the stream follows."""
    secret = admitted(store, share, f"late-{how}")
    out = work / f"revoked-{how}"
    with open(out, "wb") as file:
        curl = subprocess.Popen(["curl", "-sN", "-H", f"Authorization: Bearer {secret}",
                                 f"{share}?follow=true"], stdout=file)
    wait_until("a first row", lambda: b"rrname" in out.read_bytes())
    if how == "token":
        harness.must("token", "revoke", "--store", store, f"partner late-{how}")
    else:
        harness.must("partner", "revoke", "--store", store, f"late-{how}")
    start = time.monotonic()
    try:
        curl.wait(timeout=WAIT_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        curl.kill()
    seconds = time.monotonic() - start
    last = json.loads(out.read_text().splitlines()[-1])
    checks.equal(f"{how} revoke ends a stream with a line that says so", last.get("end"), "revoked")
    checks.that(f"{how} revoke takes less than {REVOKED_SECONDS_MAX} s",
                seconds < REVOKED_SECONDS_MAX, f"{seconds:.1f} s")
    checks.that(f"{how} revoke: {seconds:.1f} s from the command's end", True)
    checks.equal(f"{how} revoke: the next request", get(share, secret)[0], 401)


def slow_reader(checks, store, program, share, protocol):
    """What is held for a client that does not read does not go out after a revocation."""
    name = f"slow-{protocol}"
    secret = admitted(store, share, name)
    ask = f"GET /api/v1/share/{STREAM}?follow=true HTTP/1.1\r\nHost: localhost\r\n"
    if protocol == "websocket":
        ask = (f"GET /api/v1/share/{STREAM}/ws HTTP/1.1\r\nHost: localhost\r\n"
               "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
    before = program.page().number("tidemark_http_connections_closed_total", reason="revoked")
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", program.port))
        client.sendall(f"{ask}Authorization: Bearer {secret}\r\n\r\n".encode())
        client.recv(1)
        harness.must("partner", "revoke", name, "--store", store)
        start = time.monotonic()
        wait_until(f"{name} is cut off", lambda: program.page().number(
            "tidemark_http_connections_closed_total", reason="revoked") > before)
        seconds = time.monotonic() - start
        received = 0
        try:
            while octets := client.recv(1 << 16):
                received += len(octets)
        except ConnectionResetError:
            pass
    checks.that(f"{protocol}: who does not read is cut off within {REVOKED_SECONDS_MAX} s",
                seconds < REVOKED_SECONDS_MAX, f"{seconds:.1f} s")
    checks.that(f"{protocol}: and gets no more than was on its way", received < 1 << 20, received)


def silent_clients(checks, store, program, share, feeds):
    """Clients that take nothing do not hold anybody up, and are given up."""
    secret = admitted(store, share, "silent")
    stuck = [urllib.request.urlopen(urllib.request.Request(
        f"{share}?follow=true", headers=bearer(secret)), timeout=60) for _ in range(4)]
    checks.equal("a fifth stream of a partner", get(share, secret)[0], 429)
    wanted = feeds.more(50)
    other = partner(store, "brisk")
    wait_for(share, other, wanted)
    checks.that("others get their rows meanwhile", True)
    for reply in stuck:
        reply.close()
    wait_until("places of clients that left", lambda: get(share, secret)[0] == 200)
    checks.that("places are free when clients left", True)
    page = program.page()
    checks.that("metrics count rows by partner and rule", page.number(
        "tidemark_share_rows_total", partner="brisk", rule="released") >= len(wanted))


def suite(checks):
    with harness.folder() as work:
        store, feeds = work / "share.store", Feeds(work)
        settings = f"store: {store}\nfilter: {{standard: false}}\n" + SHARE
        with Program(work, settings, feeds.sources()) as program:
            program.start()
            address = f"127.0.0.1:{program.port}"
            share = f"http://{address}/api/v1/share/{STREAM}"
            secret = policies(checks, store, share, feeds)
            resume(checks, share, secret, feeds, work)
            import_script(checks, address, secret, feeds)
            asyncio.run(modern_client(checks, store, address, feeds))
            for how in ("partner", "token"):
                revocation(checks, store, share, work, how)
            silent_clients(checks, store, program, share, feeds)
            wait_for(share, admitted(store, share, "long"), feeds.more(40_000))
            for protocol in ("http", "websocket"):
                slow_reader(checks, store, program, share, protocol)


if __name__ == "__main__":
    harness.main(suite)
