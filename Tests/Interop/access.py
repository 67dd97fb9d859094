"""Tokens as an operator uses them: made and revoked by one process, asked for by another.

Quotas are counted from 100 clients, and whatever the programs left behind is searched for tokens.
"""
import base64
import concurrent.futures
import pathlib
import subprocess
import time

import harness

CLIENTS = 100
QUOTA = 400
EFFECTIVE_SECONDS_MAX = 5
LOOK = "/pdns/query/www.example.com"


def token(store, *arguments):
    """Makes a token; standard output must hold it alone."""
    return harness.must("token", "create", "--store", store, *arguments).stdout.rstrip("\n")


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def wait_for(server, secret, status):
    """Asks until an answer has this status; returns the seconds that took."""
    start = time.monotonic()
    while server.get("/api/v1/whoami", headers=bearer(secret))[0] != status:
        if time.monotonic() - start > 30:
            break
    return time.monotonic() - start


def command_line(checks, store):
    made = harness.run("token", "create", "--store", store, "desk", "--scope", "query,active")
    lines = made.stdout.splitlines()
    checks.that("create prints the token alone", len(lines) == 1 and len(lines[0]) == 47
                and lines[0].startswith("tdm_"))
    checks.that("standard error does not repeat it", lines[0] not in made.stderr)
    for what, arguments in [("a name twice", ["desk"]), ("a number as name", ["7"]),
                            ("an end that is over", ["late", "--expires", "2001-01-01"])]:
        done = harness.run("token", "create", "--store", store, *arguments)
        checks.that(f"{what} is refused in one line", done.returncode == 1 and not done.stdout
                    and done.stderr.count("\n") == 1, done.stderr)
    listed = harness.must("token", "list", "--store", store, "--json").stdout
    checks.that("list shows the token's name and no token",
                '"name":"desk"' in listed and "tdm_" not in listed, listed)
    database = pathlib.Path(f"{store}.control.sqlite")
    mode = database.stat().st_mode & 0o777
    checks.equal("only the owner can use the database", oct(mode), "0o600")
    missing = harness.run("token", "list", "--control", store.parent / "none.sqlite")
    checks.that("list makes no database", missing.returncode == 1
                and not (store.parent / "none.sqlite").exists(), missing.stderr)
    return lines[0]


def forms(checks, server, secret):
    basic = lambda text: "Basic " + base64.b64encode(text.encode()).decode()
    for what, headers in [
            ("Bearer", bearer(secret)), ("a bare token", {"Authorization": secret}),
            ("Basic, as user", {"Authorization": basic(f"{secret}:x")}),
            ("Basic, as password", {"Authorization": basic(f"someone:{secret}")}),
            ("X-API-Key", {"X-API-Key": secret}), ("a field of its own", {"X-API-AUTH": secret})]:
        checks.equal(f"{what} is served", server.get(LOOK, headers=headers)[0], 200)
    status, headers, body = server.get(LOOK)
    checks.that("no token is 401 with a challenge and one line",
                status == 401 and headers["WWW-Authenticate"].startswith("Basic ")
                and body.count(b"\n") == 1, (status, body))
    checks.equal("the scope is looked at",
                 server.get("/api/v1/observations", "POST", bearer(secret), b"")[0], 403)
    checks.equal("health is open", server.get("/health")[0], 200)
    checks.equal("metrics are not", server.get("/metrics")[0], 401)


def rate(checks, server, secret):
    """100 clients ask for some seconds; the quota is for a minute."""
    def client(_):
        return [server.get(LOOK, headers=bearer(secret)) for _ in range(8)]

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        replies = [reply for some in pool.map(client, range(CLIENTS)) for reply in some]
    served = sum(status == 200 for status, _, _ in replies)
    refused = [reply for reply in replies if reply[0] == 429]
    checks.equal("served and refused are all", served + len(refused), len(replies))
    checks.that(f"{CLIENTS} clients get {QUOTA} a minute, +-5 %",
                abs(served - QUOTA) <= QUOTA * 0.05, f"served {served}")
    checks.that("refusals say when to come back",
                all(1 <= int(headers["Retry-After"]) <= 61 and body == b"Rate Limit Exceeded\n"
                    for _, headers, body in refused))


def leftovers(checks, folder, secrets, process):
    """Searches all files and the process's own description for tokens."""
    hits = [f"{path}: {secret[:8]}" for path in folder.rglob("*") if path.is_file()
            for secret in secrets if secret[4:].encode() in path.read_bytes()]
    checks.equal("no file holds a token", hits, [])
    for name in ["cmdline", "environ"]:
        text = pathlib.Path(f"/proc/{process}/{name}").read_bytes()
        checks.that(f"/proc/…/{name} holds no token",
                    not any(secret[4:].encode() in text for secret in secrets))


def restart_and_revocation(checks, store, log, secrets):
    with harness.Server(store, log, "--require-tokens") as server:
        status, headers, _ = server.get(LOOK, headers=bearer(secrets["day"]))
        checks.equal("a restart does not refill the day",
                     (status, headers["X-RateLimit-Remaining"]), (200, "0"))
        checks.equal("the day ends", server.get(LOOK, headers=bearer(secrets["day"]))[0], 429)
        late = token(store, "late")
        seconds = wait_for(server, late, 200)
        checks.that("a new token counts soon", seconds < EFFECTIVE_SECONDS_MAX, f"{seconds:.1f} s")
        harness.must("token", "revoke", "--store", store, "late")
        seconds = wait_for(server, late, 401)
        checks.that("a revoked one does not", seconds < EFFECTIVE_SECONDS_MAX, f"{seconds:.1f} s")
        secrets["late"] = late
        leftovers(checks, store.parent, secrets.values(), server.process.pid)


def listening(checks, store):
    for what, options in [("tokens and TLS", ["--no-require-tokens"]), ("TLS", [])]:
        done = harness.run("serve", "--store", store, "--listen", "0.0.0.0:0", *options)
        checks.that(f"others are not served without {what}", done.returncode == 2
                    and "--insecure" in done.stderr, done.stderr)
    command = [harness.PROGRAM, "serve", "--store", str(store)]
    with subprocess.Popen(
            [*command, "--listen", "0.0.0.0:0", "--insecure"], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        checks.that("but when called insecure", "serving" in process.stdout.readline())
        process.terminate()


def suite(checks):
    with harness.folder() as folder:
        store, log = folder / "a.store", folder / "serve.log"
        harness.must("import", "--store", store, harness.EXAMPLES / "sample.pcap")
        secrets = {"desk": command_line(checks, store)}
        secrets["rate"] = token(store, "rate", "--per-minute", QUOTA, "--concurrent", 1000)
        secrets["day"] = token(store, "day", "--per-day", 3)
        options = ["--require-tokens", "--auth-header", "X-API-AUTH"]
        with harness.Server(store, log, *options) as server:
            forms(checks, server, secrets["desk"])
            rate(checks, server, secrets["rate"])
            for _ in range(2):
                server.get(LOOK, headers=bearer(secrets["day"]))
        restart_and_revocation(checks, store, folder / "again.log", secrets)
        listening(checks, store)


if __name__ == "__main__":
    harness.main(suite)
