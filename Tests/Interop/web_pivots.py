"""Flows from value to value: hints and badges, the trail, what hangs on a value, the graph."""
import json
import re
import urllib.parse
import xml.etree.ElementTree

from web_world import (FLUX, KIT_HOST, MARKET, NAME_SERVER, PARKING, PHISH, PRIVATE, SINKHOLE,
                       flow, search)
from web_library import download

BADGES = [(search("intranet.northbank.example"), "private", PRIVATE),
          (search("shop001.example"), "shared", MARKET),
          (search("parked001.example"), "parked", PARKING),
          (search("northbank-login.example"), "sinkhole", SINKHOLE),
          (search("www.site01.example"), "CDN-like", "edge.fastlane.example"),
          (search("198.51.100.14"), "wildcard", "wild.example")]


def hints(checks, desk):
    """Before a click it shows how much hangs on a value, and what to know about it."""
    desk.open(search(PHISH))
    row = desk.main().locator("table.grid tbody tr").filter(has_text=KIT_HOST).first
    row.locator("[data-hinted]").last.wait_for()
    checks.that(f"hints: how many names are on {KIT_HOST}",
                re.search(r"\d+\+? names?", row.inner_text()), row.inner_text())
    for path, badge, value in BADGES:
        desk.open(path)
        found = desk.main().locator(".badge").filter(has_text=re.compile(f"^{badge}$"))
        try:
            found.first.wait_for(timeout=5_000)
        except Exception:  # Told by the check.
            pass
        checks.that(f"badges: {value} is {badge}", found.count() >= 1,
                    desk.main().locator("tbody tr").first.inner_text())
        if found.count():
            checks.that(f"badges: {badge} says why", found.first.get_attribute("title"))


def trail(checks, desk):
    """A way of three values, walked back, and shared as an address."""
    desk.open(search(PHISH))
    for value in (NAME_SERVER, "northbank-app.example"):
        with desk.leads():
            desk.main().locator("table.grid tbody a").filter(
                has_text=re.compile("^" + re.escape(value) + "$")).first.click()
    way = desk.page.get_by_role("navigation", name="Pivot trail")
    checks.equal("trail: the values in their order",
                 way.locator("li").all_inner_texts(), [PHISH, NAME_SERVER, "northbank-app.example"])
    address = desk.page.url
    copied = way.get_by_role("button", name="Copy link")
    copied.click()
    # Headless, the clipboard is the page's own.
    text = desk.page.evaluate("() => navigator.clipboard.readText().catch(() => '')")
    checks.that("trail: the address is copied", text in (address, ""), (text, address))
    desk.open("/")
    desk.open(address.removeprefix(desk.server.url))
    checks.equal("trail: the address alone has it", way.locator("li").count(), 3)
    with desk.leads():
        way.get_by_role("link", name=NAME_SERVER).click()
    checks.equal("trail: walked back to the second value", way.locator("li").all_inner_texts(),
                 [PHISH, NAME_SERVER])
    with desk.leads():
        desk.page.keyboard.press("b")
    checks.that("trail: b goes back", desk.page.url != address)
    values = "~".join(f"a{number}.example" for number in range(30))
    desk.open(search(PHISH, trail=values))
    checks.equal("trail: at most twenty are kept", way.locator("li").count(), 21)


def pivots(checks, desk):
    desk.open("/ui/pivots?q=" + PHISH)
    text = desk.text()
    checks.that("pivots: what hangs on a name, by kind", KIT_HOST in text and NAME_SERVER in text
                and "mail.quickzone.example" in text)
    desk.open("/ui/pivots?q=" + KIT_HOST)
    times = desk.main().locator("table.grid").first.locator("tbody tr td:nth-child(4)") \
        .all_inner_texts()
    checks.that("pivots: newest first", len(times) > 5 and times == sorted(times, reverse=True),
                times[:5])
    desk.open("/ui/pivots?q=" + urllib.parse.quote("198.51.100.0/26"))
    checks.that("pivots: a network's addresses with names", KIT_HOST not in desk.text()
                and "198.51.100.23" in desk.text(), desk.text()[:200])


def nodes(desk):
    return desk.main().locator("[data-graph-node]")


def graph(checks, desk):
    """Grows by choice; says why; has a twin of tables; is exported."""
    desk.open("/ui/graph?q=" + PHISH)
    canvas = desk.main().locator("canvas.gr-canvas")
    canvas.wait_for()
    before = nodes(desk).count()
    checks.that("graph: what hangs on the first node", before >= 6, before)
    text = desk.text()
    checks.that("graph: why linked, with dates",
                re.search(r"name server[^\n]*", text) and re.search(r"\d{4}-\d\d-\d\d", text))
    row = nodes(desk).filter(has_text=KIT_HOST).first
    row.get_by_role("link", name=re.compile("^Expand")).click()
    desk.page.wait_for_function(
        "count => document.querySelectorAll('[data-graph-node]').length > count", arg=before)
    after = nodes(desk).count()
    checks.that("graph: grows where one says so", after > before, (before, after))
    checks.that("graph: and its address with it", "expand=" in desk.page.url, desk.page.url)
    address = desk.page.url
    desk.open("/")
    desk.open(address.removeprefix(desk.server.url))
    checks.equal("graph: the address alone gives it", nodes(desk).count(), after)
    canvas.focus()
    for key in ("ArrowRight", "ArrowRight"):
        desk.page.keyboard.press(key)
    side = desk.main().locator("[data-graph-side]")
    desk.page.wait_for_timeout(300)
    checks.that("graph: the chosen node says why it is linked",
                re.search(r"\d{4}-\d\d-\d\d", side.inner_text()), side.inner_text())
    for form, ending in (("DOT", "dot"), ("GraphML", "graphml"), ("JSON", "json")):
        name, text = download(desk, desk.main().get_by_role("link", name=form, exact=True))
        if ending == "graphml":
            count = len(list(xml.etree.ElementTree.fromstring(text).iter(
                "{http://graphml.graphdrawing.org/xmlns}node")))
        elif ending == "json":
            count = len(json.loads(text)["nodes"])
        else:
            count = len(re.findall(r"^ *n\d+ \[", text, re.MULTILINE))
        checks.that(f"graph: export {form} ({name}) has the nodes", count >= after, (count, after))
    row = nodes(desk).filter(has_text=NAME_SERVER).first
    row.get_by_role("link", name=re.compile("^Remove")).click()
    desk.page.wait_for_function("() => location.search.includes('hide=')")
    taken = nodes(desk).filter(has_text=re.compile("^" + re.escape(NAME_SERVER)))
    checks.that("graph: a node can be taken away", desk.until(lambda: taken.count() == 0),
                taken.all_inner_texts())
    desk.open("/ui/graph?q=" + urllib.parse.quote(MARKET))
    checks.that("graph: caps, and says what is not shown",
                nodes(desk).count() <= 60 and "not shown" in desk.text(), nodes(desk).count())
    desk.open("/ui/graph?q=" + FLUX)
    checks.that("graph: a name in fast flux is capped too", nodes(desk).count() <= 60)


def suite(checks, desk):
    for part in (hints, trail, pivots, graph):
        flow(checks, part, desk)
    desk.was_quiet(checks, "pivots")
