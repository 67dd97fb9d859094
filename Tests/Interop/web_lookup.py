"""Flows of the look-up: how input is read, filters, tables, the timeline, exports, keys."""
import csv
import io
import json
import re
import urllib.parse

from web_world import (BACKWARDS, BANK, FLUX, IDN, IDN_SHOWN, KIT_HOST, MARKET, NAME_SERVER,
                       PHISH, WWW, flow, search)

# What is typed, what the chip says of it, and what stands in the rows.
INPUTS = [
    (WWW, "name " + WWW, "192.0.2.10"), ("*." + BANK, BANK, "intranet." + BANK),
    (KIT_HOST, KIT_HOST, PHISH), ("198.51.100.64/28", "198.51.100.64/28", PHISH),
    ("/^login-/", "/^login-/", PHISH), ("login-*bank.example", "login-*bank.example", PHISH),
    ('"zone-verification=7f3a91c0d2e84b55"', "zone-verification", PHISH),
    ("hxxps://login-northbank[.]example/x?y=z", PHISH, KIT_HOST),
    (IDN_SHOWN, IDN, "203.0.113.200"), ("LOGIN-Northbank.EXAMPLE.", PHISH, KIT_HOST)]

# COF, as the interface for programs gives it, against each export.
FORMATS = ["cof", "csv", "ndjson", "stix", "misp", "names"]


def type_in(desk, text):
    """Looks up from the box of the header, or that of the home page."""
    box = desk.page.locator("[data-search]").first
    box.fill(text)
    with desk.leads():
        box.press("Enter")


def rows(desk):
    return desk.main().locator("table.grid tbody tr")


def column(desk, number):
    """The texts of a column, without hints and badges."""
    return desk.page.evaluate("""number => [...document.querySelectorAll(
      'main table.grid tbody tr')].map(row => (row.cells[number].querySelector('a, time')
        ?? row.cells[number]).textContent)""", number)


def inputs(checks, desk):
    desk.open("/")
    for text, read_as, found in INPUTS:
        type_in(desk, text)
        chip = desk.main().get_by_text("Read as:").first.inner_text()
        checks.that(f"look-up of {text}: the chip says how it was read", read_as in chip, chip)
        checks.that(f"look-up of {text}: finds", found in desk.text(), desk.text()[:300])
    type_in(desk, IDN)
    checks.that("an IDN is shown in both forms", IDN in desk.text() and IDN_SHOWN in desk.text())
    type_in(desk, "none.example")
    checks.that("nothing found: said in words", "Nothing was seen" in desk.text())
    for text in (BACKWARDS, "/(/"):
        type_in(desk, text)
        checks.that(f"{text}: told why not, and the box keeps it",
                    desk.page.get_by_role("alert").count() == 1
                    and desk.page.locator("[data-search]").first.input_value() == text)
    type_in(desk, "hxxp://www[.]northbank[.]example/")
    others = desk.main().get_by_role("link", name="names below it")
    checks.equal("another reading is offered", others.count() >= 1, True)
    with desk.leads():
        others.first.click()
    checks.that("and leads there", "*." + WWW in urllib.parse.unquote_plus(desk.page.url))


def filters(checks, desk):
    """Filters live in the address: the same address is the same view."""
    desk.open(search(BANK))
    whole = rows(desk).count()
    desk.page.get_by_label("Types", exact=True).fill("MX,NS")
    desk.page.get_by_label("Seen after").fill("2025-06-01")
    with desk.leads():
        desk.page.get_by_role("button", name="Apply").click()
    pairs = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(desk.page.url).query))
    checks.that("filters are in the address, empty ones are not",
                pairs.get("rrtype") == "MX,NS" and "after" in pairs and "sensor" not in {
                    key for key, value in pairs.items() if value}, pairs)
    types = set(column(desk, 1))
    checks.that("filters: fewer rows, of these types", types == {"MX", "NS"}
                and 0 < rows(desk).count() < whole, (types, whole))
    before, address = [column(desk, place) for place in range(6)], desk.page.url
    desk.context.clear_cookies()
    desk.open("/")
    desk.open(address.removeprefix(desk.server.url))
    checks.equal("the address alone gives the same view",
                 [column(desk, place) for place in range(6)], before)
    chips = desk.page.get_by_role("group", name="Filters that are set").get_by_role("link")
    checks.equal("a chip for each filter", chips.count(), 2)
    with desk.leads():
        chips.first.click()
    checks.that("a chip takes its filter away", "rrtype=" not in desk.page.url, desk.page.url)
    for name, value in (("sensor", "isp-east"), ("vantage", "client"), ("before", "2025-01-01"),
                        ("rrtype", "TXT"), ("after", "-90d")):
        desk.open(search(BANK, **{name: value}))
        checks.that(f"filter {name}: {rows(desk).count()} rows", rows(desk).count() <= whole
                    and desk.page.get_by_role("alert").count() == 0, desk.text()[:300])


def choices(checks, desk):
    """Theme and height of rows: the server is told, so that nothing is painted twice."""
    desk.open("/")
    root = desk.page.locator("html")
    for label, name, value in (("Dark", "theme", "dark"), ("Compact", "density", "compact")):
        desk.page.get_by_text("View", exact=True).click()
        desk.page.get_by_role("radio", name=label, exact=True).check(force=True)
        checks.equal(f"{label}: at once", root.get_attribute(f"data-{name}"), value)
        served = desk.context.request.get(desk.server.url + "/").text()
        checks.that(f"{label}: in the next page as served", f'data-{name}="{value}"' in served)
        desk.open("/")
        checks.equal(f"{label}: in the next page", root.get_attribute(f"data-{name}"), value)
    desk.page.get_by_text("View", exact=True).click()
    for label in ("System", "Comfortable"):
        desk.page.get_by_role("radio", name=label, exact=True).check(force=True)
    desk.open("/")
    checks.equal("and back", [root.get_attribute(f"data-{name}")
                              for name in ("theme", "density")], [None, None])


def tables(checks, desk):
    """Sorted on the server, and more rows than a page."""
    desk.open(search(MARKET))
    first = rows(desk).count()
    checks.that("a shared host: a page of its names", 50 <= first <= 200, first)
    for place, name in ((3, "First seen"), (0, "Name"), (5, "Count")):
        desk.open(search(MARKET, size=500))
        with desk.leads():
            desk.main().locator("thead").get_by_role("link", name=name, exact=True).click()
        cells = column(desk, place)
        key = {3: str, 0: lambda text: text.split(".")[::-1],
               5: lambda text: int(text.replace(",", ""))}[place]
        checks.that(f"sorted by {name} on the server", "sort=" in desk.page.url and [
            key(cell) for cell in cells] in (sorted(map(key, cells)),
                                             sorted(map(key, cells), reverse=True)), cells[:5])
        shown = desk.main().locator("th[aria-sort]")
        checks.equal(f"sorted by {name}: one column says so", shown.count(), 1)
    desk.open(search(MARKET))
    scroll = desk.main().locator("[data-rows]")
    for _ in range(30):
        scroll.evaluate("box => { box.scrollTop = box.scrollHeight; "
                        "window.scrollTo(0, document.body.scrollHeight); }")
        desk.page.wait_for_timeout(100)
        if int(desk.main().locator("[data-row-count]").inner_text().replace(",", "")) >= 300:
            break
    count = int(desk.main().locator("[data-row-count]").inner_text().replace(",", ""))
    checks.that("further rows come while one scrolls", count >= 300, count)
    desk.open(search(MARKET, size=100))
    following = desk.main().locator("a[rel=next]")
    checks.that("and there is a link to them", following.count() == 1
                and "cursor=" in (following.get_attribute("href") or ""))


def timeline(checks, desk):
    """Bars, zoom, a window of time by brush, keys."""
    desk.open(search(FLUX))
    with desk.leads():
        desk.main().get_by_role("link", name="Timeline").click()
    canvas = desk.main().locator("canvas.tl-canvas")
    canvas.wait_for()
    checks.that("timeline: a picture with a name", "values" in canvas.get_attribute("aria-label"))
    drawn = canvas.evaluate("""canvas => {
      const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
      const colours = new Set();
      for (let at = 0; at < data.length; at += 4) colours.add(data.slice(at, at + 3).join());
      return colours.size; }""")
    checks.that("timeline: something is drawn", drawn > 4, drawn)
    window = desk.main().locator(".tl-window")
    before = window.inner_text()
    desk.page.get_by_role("button", name="Zoom in").click()
    checks.that("timeline: zooms in", desk.until(lambda: window.inner_text() != before))
    desk.page.get_by_role("button", name="Whole time").click()
    checks.that("timeline: and back", desk.until(lambda: window.inner_text() == before),
                (window.inner_text(), before))
    box = desk.main().locator("canvas.tl-strip").bounding_box()
    desk.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2)
    desk.page.mouse.down()
    desk.page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2, steps=5)
    desk.page.mouse.up()
    with desk.leads():
        desk.page.get_by_role("button", name="Apply window").click()
    checks.that("timeline: the brush sets the time window of the address",
                "after=" in desk.page.url and "before=" in desk.page.url
                and "view=timeline" in desk.page.url, desk.page.url)
    desk.main().locator("canvas.tl-canvas").focus()
    desk.page.keyboard.press("ArrowDown")
    checks.that("timeline: keys choose a value and say it",
                re.search(r"Seen on \d+ of", desk.main().locator(".tl-live").inner_text()))
    with desk.leads():
        desk.page.keyboard.press("Enter")
    checks.that("timeline: Enter looks it up", "trail=" in desk.page.url, desk.page.url)


def exports(checks, desk):
    """Each format has the rows that the interface for programs has."""
    status, _, body = desk.server.get("/pdns/query/" + NAME_SERVER)
    wanted = {(row["rrname"], row["rrtype"]) for row in map(json.loads, body.decode().splitlines())}
    desk.open(search(NAME_SERVER))
    desk.main().locator("summary").filter(has_text="Export").click()
    checks.that("exports are offered", desk.main().locator("a[href^='/ui/export']").count() >= 6)
    for form in FORMATS:
        status, headers, body = desk.server.get(
            "/ui/export?" + urllib.parse.urlencode({"q": NAME_SERVER, "format": form}))
        text = body.decode()
        checks.that(f"export {form}: a file with a name", status == 200 and "attachment" in (
            headers.get("Content-Disposition") or ""), (status, text[:200]))
        if form == "cof":
            got = {(row["rrname"], row["rrtype"]) for row in map(json.loads, text.splitlines())}
            checks.equal("export cof: the same records", got, wanted)
        elif form == "csv":
            table = list(csv.DictReader(io.StringIO(text, newline="")))
            checks.equal("export csv: the same records",
                         {(row["rrname"], row["rrtype"]) for row in table}, wanted)
        elif form == "names":
            checks.equal("export names: the same names", set(text.split()),
                         {name for name, _ in wanted})
        elif form == "ndjson":
            objects = [json.loads(line) for line in text.splitlines()]
            checks.that("export ndjson: says how it ended", "end" in objects[-1], objects[-1])
        else:
            checks.that(f"export {form}: one document with {PHISH}",
                        json.loads(text) and PHISH in text, text[:200])
    desk.open("/ui/export?" + urllib.parse.urlencode({"q": NAME_SERVER, "format": "print"}))
    checks.that("page to print: a table, no navigation in print",
                PHISH in desk.text() and desk.main().locator("table").count() == 1)


def keys(checks, desk):
    """The main flow without a mouse: / value Enter, j k Enter, t, g, b, ?."""
    page = desk.page
    desk.open("/ui/help")
    page.keyboard.press("/")
    page.keyboard.type(PHISH)
    with desk.leads():
        page.keyboard.press("Enter")
    checks.that("keys: / and Enter look up", "/ui/search" in page.url, page.url)
    page.evaluate("document.activeElement?.blur?.()")
    for key in "jjk":
        page.keyboard.press(key)
    at = page.evaluate("document.activeElement.tagName")
    checks.equal("keys: j and k walk over rows", at, "TR")
    page.keyboard.press("j")
    with desk.leads():
        page.keyboard.press("Enter")
    checks.that("keys: Enter looks up the value of the row, with its trail",
                "trail=" in page.url, page.url)
    second, visited = page.url, []
    for key in "ttgb":
        with desk.leads():
            page.keyboard.press(key)
        visited.append(page.url)
    checks.that("keys: t shows the timeline, and the table again", "view=timeline" in visited[0]
                and "view=timeline" not in visited[1], visited)
    checks.that("keys: g shows the graph", "/ui/graph" in visited[2], visited)
    checks.that("keys: b goes back to the value before", visited[3].endswith("?q=" + PHISH),
                (second, visited))
    page.keyboard.press("?")
    checks.that("keys: ? lists them", page.get_by_role("dialog").is_visible())
    page.keyboard.press("Escape")
    checks.that("keys: Escape closes the list", not page.get_by_role("dialog").is_visible())


def suite(checks, desk):
    for part in (inputs, filters, choices, tables, timeline, exports, keys):
        flow(checks, part, desk)
    desk.was_quiet(checks, "look-up")
