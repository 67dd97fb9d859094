"""Settings of operations: a stored secret is sent nowhere else by whoever does not know it, and the
server's log says which token changed what."""
import json
import re

from harness import Server, must, run

SECRET = "desk:of-the-settings"
NAME = "www.example.com"
# What says where requests go, and the value that sends them elsewhere.
ELSEWHERE = {"host": "thief.example", "port": 2, "use_http": True, "verify_tls": False,
             "bypass_proxy": True}


def text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def command_line(checks, store, settings):
    """`op configure`: with the secret, or not at all."""
    def configure(*arguments, secret=False):
        return run("op", "configure", "circl", *arguments, *["--secret-file", "token=-"] * secret,
                   "--store", store, data=SECRET + "\n" if secret else "")

    checks.equal("op configure with the secret: status", configure(
        "host=127.0.0.1", "port=1", "use_http=false", "verify_tls=true", "bypass_proxy=false",
        secret=True).returncode, 0)
    before = settings()
    for key, value in ELSEWHERE.items():
        done = configure(f"{key}={text(value)}", "max_rows=7")
        checks.that(f"op configure {key} without the secret: status 2, it is named, nothing "
                    "changes", (done.returncode, settings()) == (2, before)
                    and f"{key}: " in done.stderr and "token" in done.stderr, done.stderr)
    checks.equal("op configure --unset host without the secret: status",
                 configure("--unset", "host").returncode, 2)
    checks.equal("op configure with the values that hold: status",
                 configure("host=127.0.0.1", "port=1", "max_rows=500").returncode, 0)
    checks.equal("op configure host=… --unset token: status",
                 configure("host=pdns.example", "--unset", "token").returncode, 0)
    checks.equal("op configure host=… where no secret is set: status",
                 configure("host=127.0.0.1").returncode, 0)


def over_http(checks, work, store, settings):
    """The same over HTTP; and what the log says of all that."""
    must("op", "configure", "circl", "--secret-file", "token=-", "--store", store, data=SECRET)
    tokens = {}
    for name in ("admin", "enrich"):
        token = must("token", "create", f"{name}-of-settings", "--scope", name, "--store", store)
        number = re.search(r"token (\d+) ", token.stderr)[1]
        tokens[name] = (number, {"Authorization": f"Bearer {token.stdout.strip()}",
                                 "Content-Type": "application/json"})
    log = work / "settings.log"
    with Server(store, log, "--require-tokens") as server:
        def ask(path, method, body, scope="admin"):
            status, _, answer = server.get(
                f"/api/v1/{path}", method, tokens[scope][1], json.dumps(body).encode())
            return status, json.loads(answer)

        before = settings()
        for key, value in ELSEWHERE.items():
            status, answer = ask("operations/circl/config", "PUT", {key: value, "max_rows": 7})
            checks.that(f"PUT {key} without the secret: 422, it is named, nothing changes",
                        (status, settings()) == (422, before) and f"{key}: " in str(answer), answer)
        checks.equal("PUT with the secret", ask(
            "operations/circl/config", "PUT", {"port": 8443, "token": SECRET})[0], 200)
        for enabled in (True, False):
            checks.equal(f"POST enabled {enabled}", ask(
                "operations/circl/enabled", "POST", {"enabled": enabled})[0], 200)
        checks.equal("POST enabled by somebody else", ask(
            "operations/circl/enabled", "POST", {"enabled": True}, "enrich")[0], 403)
        result = ask("operations/tidemark/actions/passive-dns", "POST",
                     {"type": "fqdn", "value": NAME}, "enrich")[1]["id"]
        added = ask(f"results/{result}/selections", "POST",
                    {"tables": [{"table": "records", "rows": [0]}]}, "enrich")
        checks.equal("rows of a result are added", added[0], 200)
    (admin, _), (desk, _) = tokens["admin"], tokens["enrich"]
    said = log.read_text()
    checks.equal("the log says who changed what", re.findall(r"audit (.*)", said), [
        f"token={admin} action=configure operation=circl settings=port,token",
        f"token={admin} action=enable operation=circl",
        f"token={admin} action=disable operation=circl",
        f"token={desk} action=add result={result} rows={added[1]['added']}"])
    secrets = [SECRET, NAME, *(head["Authorization"].split()[1] for _, head in tokens.values())]
    checks.that("and neither secrets nor indicators", not any(text in said for text in secrets),
                said)


def suite(checks, work, store):
    def settings():
        return must("op", "show", "circl", "--json", "--store", store).stdout

    command_line(checks, store, settings)
    over_http(checks, work, store, settings)
