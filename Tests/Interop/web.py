#!/usr/bin/env python3
"""The pages in Debian's Chromium: every flow of look-up, timeline, pivots, graph, indicators,
operations, lists and service; without JavaScript; with tokens; by keys; what is loaded, and how
much; accessibility by axe-core in both themes and two widths.
"""
import harness
import web_access
import web_library
import web_lookup
import web_pivots
import web_plain
import web_world
from harness import Server, folder, must
from web_world import NARROW, PAGES, REFUSED, WIDE, Desk, flow

PAGE_OCTETS_MAX = 150_000
TABS = ["sensors", "sources", "sharing", "tokens"]


def weights(checks, browser, server):
    """What a page costs somebody who comes for the first time."""
    most = 0
    for name, path in PAGES.items():
        with Desk(browser, server) as desk:
            desk.open(path)
            most = max(most, desk.octets)
            checks.that(f"{name}: {desk.octets:,} octets were transferred",
                        0 < desk.octets <= PAGE_OCTETS_MAX)
            if name not in REFUSED:
                desk.was_quiet(checks, name)
    print(f"  heaviest page: {most:,} octets")


def accessible(checks, browser, server, scheme, view):
    """No serious finding on any page, in one theme and width."""
    pages = {**PAGES, **{f"service, {tab}": f"/ui/service?part={tab}" for tab in TABS}}
    found = []
    with Desk(browser, server, view=view, scheme=scheme) as desk:
        for name, path in pages.items():
            desk.open(path)
            desk.page.wait_for_timeout(150)
            found += [f"{name}: {finding}" for finding in desk.findings()]
            wide = desk.page.evaluate("document.documentElement.scrollWidth")
            if wide > view["width"] + 1:
                found.append(f"{name}: {wide} pixels wide")
    checks.that(f"axe, {scheme}, {view['width']} pixels: {len(pages)} pages, nothing serious or "
                "critical, nothing wider than the window", not found,
                "\n        " + "\n        ".join(found[:24]))


def accessible_signed_in(checks, browser, server, keys):
    found = []
    for scheme in ("light", "dark"):
        with Desk(browser, server, view=NARROW, scheme=scheme) as desk:
            desk.open("/ui/sign-in")
            found += desk.findings()
            desk.sign_in(keys["chief"])
            found += desk.findings()
            desk.open("/ui/service?part=tokens")
            found += desk.findings()
            checks.that(f"signed in, {scheme}: tokens are listed, none is shown",
                        "analyst" in desk.text() and not any(
                            key in desk.page.content() for key in keys.values()))
    checks.equal("axe: signing in, and signed in", found, [])


def signed_in(checks, browser, store, work):
    keys = web_world.tokens(store)
    with Server(store, work / "closed.log", "--require-tokens") as server:
        web_access.suite(checks, browser, server, keys)
        flow(checks, accessible_signed_in, browser, server, keys)
    said = (work / "closed.log").read_text()
    checks.that("the log has no token and no look-up", not any(
        key in said for key in keys.values()) and web_world.PHISH not in said)


def suite(checks):
    with folder() as work, web_world.chromium() as browser:
        store, other = web_world.demo_store(work), web_world.demo_store(work, "circl")
        with Server(other, work / "circl.log") as circl, \
                Server(store, work / "open.log") as server:
            with Desk(browser, server) as desk:
                web_lookup.suite(checks, desk)
                web_pivots.suite(checks, desk)
                web_library.suite(checks, desk, work, circl.port)
            with Desk(browser, server, java_script_enabled=False) as desk:
                web_plain.suite(checks, desk)
            flow(checks, weights, browser, server)
            for scheme in ("light", "dark"):
                for view in (WIDE, NARROW):
                    flow(checks, accessible, browser, server, scheme, view)
            flow(checks, web_access.local_names, server)
            flow(checks, web_access.headers, server, {})
        must("op", "list", "--store", store)
        signed_in(checks, browser, store, work)


if __name__ == "__main__":
    harness.main(suite)
