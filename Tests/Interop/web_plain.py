"""Without JavaScript: look-ups, pivots, indicators, operations and lists work all the same."""
import json
import re
import urllib.parse

from web_library import press
from web_lookup import INPUTS, type_in
from web_world import (BACKWARDS, KIT_HOST, MARKET, NAME_SERVER, PAGES, PHISH, REFUSED, WWW, flow,
                       search)

LINES = f"{PHISH}\n{KIT_HOST}\n{BACKWARDS}\n"


def lookups(checks, desk):
    desk.open("/")
    for text, read_as, found in INPUTS:
        type_in(desk, text)
        checks.that(f"plain: look-up of {text}", read_as in desk.text() and found in desk.text(),
                    desk.text()[:300])
    desk.open(search(MARKET, size=100))
    first = desk.main().locator("table.grid tbody tr").count()
    with desk.leads():
        desk.main().locator("a[rel=next]").click()
    checks.that("plain: further rows by a link", first == 100 and desk.main().locator(
        "table.grid tbody tr").count() >= 100, first)
    desk.open(search(WWW))
    with desk.leads():
        desk.main().get_by_role("link", name="First seen", exact=True).click()
    checks.that("plain: sorted by a link", "sort=first" in desk.page.url)
    desk.page.get_by_label("Types", exact=True).fill("AAAA")
    with desk.leads():
        desk.page.get_by_role("button", name="Apply").click()
    checks.that("plain: filters", "2001:db8:10::10" in desk.text()
                and "192.0.2.10" not in desk.main().locator("table.grid").inner_text())
    desk.open(search(PHISH, view="timeline"))
    checks.that("plain: the timeline is a picture of the server's",
                desk.main().locator("svg rect, svg path").count() >= 5)
    with desk.leads():
        desk.main().locator("nav.tl-zooms a").first.click()
    checks.that("plain: and zooms by links", "view=timeline" in desk.page.url, desk.page.url)


def pivots(checks, desk):
    desk.open(search(PHISH))
    links = desk.main().locator("table.grid a")
    with desk.leads():
        links.filter(has_text=re.compile(f"^{NAME_SERVER}$")).first.click()
    checks.that("plain: the trail is in the page", PHISH in desk.page.get_by_role(
        "navigation", name="Pivot trail").inner_text())
    desk.open("/ui/pivots?q=" + PHISH)
    checks.that("plain: pivots with hints", re.search(r"\d+\+? names?", desk.text()))
    desk.open("/ui/graph?q=" + PHISH)
    count = desk.main().locator("[data-graph-node]").count()
    with desk.leads():
        desk.main().locator("[data-graph-node]").filter(has_text=KIT_HOST).first.get_by_role(
            "link", name=re.compile("^Expand")).click()
    checks.that("plain: the graph's tables grow by a link", desk.main().locator(
        "[data-graph-node]").count() > count)


def added(desk):
    """How many rows the report on what was ticked tells of, new to the library or not."""
    found = re.search(r"([\d,]+) added, ([\d,]+) were there", desk.text())
    return sum(int(part.replace(",", "")) for part in found.groups()) if found else 0


def is_enabled(desk, operation):
    answer = json.loads(desk.server.get("/api/v1/operations")[2])
    return next(one["enabled"] for one in answer["operations"] if one["id"] == operation)


def library(checks, desk):
    desk.open("/ui/indicators")
    fold = desk.main().locator("details#add")
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()
    desk.page.get_by_label("Indicators, one a line").fill("plain[.]example\n")
    press(desk, "Add indicators")
    checks.that("plain: indicators are added", "plain.example" in desk.text())
    desk.open(f"/ui/indicators/fqdn/{PHISH}")
    form = desk.main().locator("form[action='/ui/run']").filter(
        has=desk.page.locator("input[value='reverse-name-server']")).first
    with desk.leads():
        form.get_by_role("button").click()
    table = desk.main().locator("[data-result-table]").filter(
        has=desk.page.locator("tbody input[type=checkbox]")).first
    count = table.locator("tbody tr").count()
    # The first row is the indicator itself, which is not added to itself.
    table.locator("tbody input[type=checkbox]").nth(1).check()
    press(desk, "Add Selected Domains", table)
    checks.equal("plain: one ticked row is added, or was there", added(desk), 1)
    table = desk.main().locator("[data-result-table]").filter(
        has=desk.page.locator("tbody input[type=checkbox]")).first
    table.get_by_label("Select all rows").check()
    press(desk, "Add Selected Domains", table)
    checks.that(f"plain: the box in the head stands for all {count} rows",
                added(desk) >= count - 1, added(desk))
    desk.open("/ui/operations")
    press(desk, "Disable Tidemark")
    checks.equal("plain: an operation is turned off", is_enabled(desk, "tidemark"), False)
    desk.open("/ui/operations/tidemark")
    press(desk, "Enable")
    checks.equal("plain: and on", is_enabled(desk, "tidemark"), True)


def lists(checks, desk):
    desk.open("/ui/bulk")
    desk.page.get_by_label("Values", exact=True).fill(LINES)
    press(desk, "Look up")
    states = desk.page.locator("#bulk-outcome table .badge").all_inner_texts()
    checks.equal("plain: a list gets its statuses", states, ["found", "found", "not understood"])


def visits(checks, desk):
    for name, path in PAGES.items():
        response = desk.open(path)
        checks.that(f"plain: {name}: status {response.status}",
                    (response.status == 200) != (name in REFUSED))
        checks.that(f"plain: {name}: one heading", desk.main().locator("h1").count() == 1)
    desk.open(search(urllib.parse.quote(WWW)))
    checks.equal("plain: nothing that needs a script is shown",
                 desk.page.locator("[data-js-only]:visible").count(), 0)


def suite(checks, desk):
    for part in (lookups, pivots, library, lists, visits):
        flow(checks, part, desk)
    checks.equal("plain: no request to another origin", desk.foreign, [])
