"""Signing in to the pages: cookies, rights, forms that other sites send, headers."""
import re

import web_world
from web_world import ADMIN, LIBRARY, PAGES, REFUSED, Desk, flow, post, search


def cookie(headers):
    """The name and value of the session's cookie, and what it says besides."""
    field = headers.get("Set-Cookie") or ""
    pair, _, rest = field.partition(";")
    return pair.strip(), {part.strip().lower() for part in rest.split(";")}


def form_token(server, headers=None, path="/ui/sign-in"):
    """What a form of a page would send back."""
    _, _, page = server.get(path, headers={"Accept": "text/html", **(headers or {})})
    found = re.search(rb'name="form-token" content="([^"]+)"', page)
    return found.group(1).decode() if found else ""


def sign_in(server, token):
    """Signs in without a browser; returns the header of further requests."""
    _, headers, _ = post(server, "/ui/sign-in", {
        "token": token, "next": "/", "form_token": form_token(server)})
    return {"Cookie": cookie(headers)[0]}


def by_hand(checks, browser, server, tokens):
    """As people do it: a link that needs signing in, a wrong token, the right one, signing out."""
    with Desk(browser, server) as desk:
        desk.open(search(web_world.WWW))
        checks.that("not signed in: a page leads to the sign-in", "/ui/sign-in" in desk.page.url,
                    desk.page.url)
        checks.that("not signed in: nothing of the store, no version",
                    "192.0.2.10" not in desk.page.content()
                    and not re.search(r"Tidemark \d", desk.page.locator("footer").inner_text()))
        desk.page.get_by_label("Token").fill("not-a-token")
        with desk.leads():
            desk.main().get_by_role("button", name="Sign in").click()
        checks.that("a wrong token: refused in words, nothing is repeated",
                    desk.page.get_by_role("alert").count() == 1
                    and "not-a-token" not in desk.page.content())
        checks.equal("a wrong token: no cookie", desk.context.cookies(), [])
        desk.page.get_by_label("Token").fill(tokens["reader"])
        with desk.leads():
            desk.main().get_by_role("button", name="Sign in").click()
        checks.that("the right token: on to the page that was asked for",
                    "q=" + web_world.WWW in desk.page.url and "192.0.2.10" in desk.text(),
                    desk.page.url)
        found = desk.context.cookies()
        checks.that("the cookie: HttpOnly, SameSite, of this path, no token in it",
                    len(found) == 1 and found[0]["httpOnly"] and found[0]["path"] == "/"
                    and found[0]["sameSite"] in ("Strict", "Lax")
                    and tokens["reader"] not in found[0]["value"], found)
        checks.that("the token is in no page and no storage", desk.page.evaluate(
            "token => !document.documentElement.outerHTML.includes(token)"
            " && !JSON.stringify({...localStorage, ...sessionStorage}).includes(token)",
            tokens["reader"]))
        desk.page.locator("header summary").filter(has_text="reader").click()
        with desk.leads():
            desk.page.get_by_role("button", name="Sign out").click()
        desk.open(search(web_world.WWW))
        checks.that("signed out: the sign-in again", "/ui/sign-in" in desk.page.url)
        desk.was_quiet(checks, "signing in and out")


def rights(checks, server, tokens):
    """Each page by each scope, and the interface for programs by the session."""
    for name, token in tokens.items():
        session = sign_in(server, token)
        for page, path in PAGES.items():
            if page in REFUSED:
                continue
            status, _, body = server.get(path, headers={**session, "Accept": "text/html"})
            if page in LIBRARY and name == "reader":
                wanted = (403,)
            elif page in ADMIN and name != "chief":
                # What an administrator sees may be shown in part, or refused.
                wanted = (200, 403)
            else:
                wanted = (200,)
            checks.that(f"{name}, {page}: status {status}", status in wanted, body[:200])
    session = sign_in(server, tokens["analyst"])
    token = form_token(server, session, "/")
    status, _, _ = post(server, "/ui/operations/circl", {
        "form_token": token, "set.host": "192.0.2.1", "do": "configure"}, session)
    checks.equal("analyst: settings are refused", status, 403)
    status, _, _ = server.get("/ui/search?q=x.example", headers={"Cookie": "tidemark_session=0"})
    checks.equal("a cookie of nobody: status", status, 401)
    headers = sign_in(server, tokens["chief"])
    post(server, "/ui/sign-out", {"form_token": form_token(server, headers, "/")}, headers)
    status, _, _ = server.get("/ui/help", headers=headers)
    checks.equal("a session that was signed out: status", status, 401)


def forms(checks, server, session, path, pairs):
    """A form that another site sends, and one without what our pages send."""
    token = form_token(server, session, "/")
    good = {**pairs, "form_token": token}
    for what, fields, headers in (
            ("of another origin", good, {"Origin": "http://evil.example"}),
            ("of no origin that is told", good, {"Origin": "null"}),
            ("that the browser says is cross-site", good, {"Sec-Fetch-Site": "cross-site"}),
            ("without form_token", pairs, {}),
            ("with a wrong form_token", {**pairs, "form_token": "0" * 64}, {})):
        status, _, _ = post(server, path, fields, {**session, **headers})
        checks.equal(f"POST {path} {what}: status", status, 403)
    status, _, _ = server.get(path, "POST", {**session, "Content-Type": "text/plain"},
                              f"form_token={token}".encode())
    checks.equal(f"POST {path} as text: status", status, 415)


def cross_site(checks, server, session):
    for path, pairs in (("/ui/indicators", {"lines": "evil.example"}),
                        ("/ui/run", {"operation": "tidemark", "action": "risk", "type": "fqdn",
                                     "value": "evil.example"}),
                        ("/ui/bulk", {"lines": "evil.example"}),
                        ("/ui/operations/circl", {"do": "enable"}),
                        ("/ui/sign-out", {})):
        forms(checks, server, session, path, pairs)
    _, _, text = server.get("/ui/indicators?q=evil", headers=session)
    checks.that("POST of other sites: nothing was added", b"/evil.example" not in text)


def local_names(checks, server):
    """A server that asks for no token answers to its address only: no page elsewhere can become
    one of ours by a name that leads here."""
    for host, wanted in ((f"rebound.example:{server.port}", 403), (server.address, 200),
                         (f"localhost:{server.port}", 200)):
        status, _, _ = server.get("/", headers={"Host": host})
        checks.equal(f"Host: {host.split(':')[0]}: status", status, wanted)


def headers(checks, server, session):
    """What every answer says to browsers."""
    for path in ("/", search(web_world.WWW), "/ui/bulk", "/ui/help", "/ui/nothing",
                 "/ui/assets/tidemark.js", "/ui/export?format=csv&q=" + web_world.WWW):
        _, found, _ = server.get(path, headers=session)
        policy = found.get("Content-Security-Policy") or ""
        checks.that(f"{path}: policy of content", "default-src 'none'" in policy
                    and "unsafe" not in policy and "http" not in policy
                    and "frame-ancestors 'none'" in policy, policy)
        checks.equal(f"{path}: nosniff", found.get("X-Content-Type-Options"), "nosniff")
    for path in ("/ui/assets/../layout.mustache", "/ui/assets/%2e%2e/Package.swift",
                 "/ui/assets/layout.mustache", "/ui/assets/"):
        status, _, _ = server.get(path, headers=session)
        checks.that(f"{path}: not there", status in (400, 404), status)


def next_page(checks, server, token):
    """After signing in nobody is led elsewhere."""
    for target in ("//evil.example", "http://evil.example/", "/\\evil.example",
                   "javascript:alert(1)", "/ui/../../x\r\nX: y", "\t//evil.example"):
        status, found, _ = post(server, "/ui/sign-in", {
            "token": token, "next": target, "form_token": form_token(server)})
        checks.equal(f"sign-in, next={target!r}: leads to", (status, found.get("Location")),
                     (303, "/"))


def suite(checks, browser, server, tokens):
    flow(checks, by_hand, browser, server, tokens)
    flow(checks, rights, server, tokens)
    session = sign_in(server, tokens["chief"])
    flow(checks, cross_site, server, session)
    flow(checks, headers, server, session)
    flow(checks, next_page, server, tokens["reader"])
