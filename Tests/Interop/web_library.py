"""Flows of the pages that keep and ask: indicators, actions, operations, bulk, service."""
import csv
import io
import json
import re

from web_world import BACKWARDS, KIT_HOST, PHISH, WWW, flow, search

SECRET = "hunter2-never-shown"


def download(desk, link):
    """Follows a link that gives a file; its name and text."""
    with desk.page.expect_download() as waiting:
        link.click()
    file = waiting.value
    return file.suggested_filename, file.path().read_text(encoding="utf-8")


def press(desk, name, place=None):
    """Presses a button that loads a page."""
    with desk.leads():
        (place or desk.main()).get_by_role("button", name=name, exact=True).first.click()
    desk.rest()


def indicators(checks, desk):
    """Adding, finding, sorting, exporting."""
    desk.open("/ui/indicators")
    checks.that("indicators: the demo's stand there", PHISH in desk.text())
    desk.main().locator("summary").filter(has_text="Add indicators").click()
    desk.page.get_by_label("Indicators, one a line").fill(
        "hxxps://added[.]example/login\n192.0.2[.]77\nno indicator!\n")
    desk.page.get_by_label("Tags").fill("ticket-5")
    press(desk, "Add indicators")
    text = desk.text()
    checks.that("indicators: each line is told what became of it",
                "added.example" in text and "192.0.2.77" in text
                and "refused" in text, text[:400])
    desk.open("/ui/indicators?tag=ticket-5")
    rows = desk.main().locator("table.grid tbody tr")
    checks.equal("indicators: by tag", rows.count(), 2)
    desk.page.get_by_label("Value contains").fill("77")
    press(desk, "Filter")
    checks.that("indicators: the filter is in the address", "q=77" in desk.page.url)
    checks.equal("indicators: by tag and part", desk.main().locator("tbody tr").count(), 1)
    desk.open("/ui/indicators")
    with desk.leads():
        desk.main().locator("thead").get_by_role("link", name="Indicator").click()
    first = desk.main().locator("tbody tr td:first-child").all_inner_texts()
    checks.that("indicators: sorted on the server",
                first in (sorted(first), sorted(first, reverse=True)) and "sort=" in desk.page.url)
    for place, what in ((0, "CSV"), (1, "ndjson"), (2, "STIX"), (3, "MISP")):
        group = desk.main().get_by_role("group", name="Export the whole library")
        name, octets = download(desk, group.get_by_role("link").nth(place))
        checks.that(f"indicators: export {what} ({name}) has what was added",
                    "192.0.2.77" in octets, octets[:200])


def indicator(checks, desk):
    """One indicator: its actions, a result, ticks, what is added."""
    desk.open(f"/ui/indicators/ipv4/{KIT_HOST}")
    aside = desk.page.get_by_role("complementary", name="Actions")
    checks.that("indicator: actions stand at the side",
                aside.locator("form[action='/ui/run'] button").count() >= 2)
    button = aside.locator("form").filter(
        has=desk.page.locator("input[value='reverse-ip']")).filter(
        has=desk.page.locator("input[value='tidemark']")).get_by_role("button")
    with desk.leads():
        button.click()
    checks.that("result: has an address of its own", "/ui/results/" in desk.page.url, desk.page.url)
    address = desk.page.url
    table = desk.main().locator("[data-result-table]").first
    boxes = table.locator("tbody input[type=checkbox]")
    count = boxes.count()
    checks.that("result: rows with tick boxes", count >= 5, count)
    table.get_by_label("Select all rows").check()
    checks.equal("result: the box in the head ticks all",
                 table.locator("tbody input:checked").count(), count)
    table.get_by_label("Select all rows").uncheck()
    checks.equal("result: and unticks all", table.locator("tbody input:checked").count(), 0)
    boxes.nth(0).check()
    boxes.nth(1).check()
    checks.that("result: says how many are ticked",
                "2" in table.locator("[data-tick-count]").inner_text())
    press(desk, "Add Selected Domains", table)
    report = desk.page.get_by_role("status").filter(has_text="added").first.inner_text()
    checks.that("result: two are added", re.search(r"\b2 added\b", report), report)
    checks.that("result: who added what is listed", desk.page.locator("#added").count() == 1)
    desk.open(address)
    table = desk.main().locator("[data-result-table]").first
    name, text = download(desk, table.get_by_role("link", name=re.compile("CSV")))
    checks.equal(f"result: CSV ({name}) has every row",
                 len(list(csv.reader(io.StringIO(text, newline="")))), count + 1)
    desk.open(f"/ui/indicators/ipv4/{KIT_HOST}")
    checks.that("indicator: what was added is related", desk.page.locator("#related").count() == 1)
    checks.that("indicator: results so far", desk.page.locator("#results").count() == 1)


def failures(checks, desk):
    """An operation that cannot be asked says why, and a raw answer is folded."""
    desk.open(f"/ui/indicators/fqdn/{WWW}")
    disabled = desk.page.locator("form[action='/ui/run'] button:disabled")
    checks.that("indicator: actions of operations that are not set up cannot be pressed",
                disabled.count() >= 1)
    status, _, body = desk.server.get(
        "/api/v1/operations/circl/actions/passive-dns", "POST",
        {"Content-Type": "application/json"}, json.dumps({"type": "fqdn", "value": WWW}).encode())
    result = json.loads(body)
    if "id" in result:
        desk.open(f"/ui/results/{result['id']}")
        alert = desk.page.locator("#failure").inner_text()
        checks.that("result of a disabled operation: not configured, and what to do",
                    "onfigured" in alert, alert)
    else:
        checks.that("a disabled operation is refused", status >= 400, (status, result))


def raw(checks, desk, circl_port):
    """An operation that has an answer of a service: the raw text is folded."""
    desk.open("/ui/operations/circl")
    configure(checks, desk, circl_port)
    desk.open(f"/ui/indicators/fqdn/{WWW}")
    form = desk.main().locator("form[action='/ui/run']").filter(
        has=desk.page.locator("input[value='circl']"))
    with desk.leads():
        form.get_by_role("button").first.click()
    fold = desk.page.locator("details[data-raw]")
    checks.that("result: the raw response is there and folded",
                fold.count() == 1 and fold.get_attribute("open") is None)
    fold.locator("summary").click()
    text = fold.locator("[data-raw-text]")
    text.wait_for(state="visible")
    checks.that("result: unfolded it is what the service sent", WWW in text.inner_text())


def configure(checks, desk, port):
    """Settings of an operation: secrets are written, and never shown again."""
    page = desk.page
    page.locator("#set-host").fill("127.0.0.1")
    page.locator("#set-port").fill(str(port))
    page.locator("#set-use_http").check()
    page.locator("#set-token").fill(f"desk:{SECRET}")
    press(desk, "Save settings")
    checks.that("operation: settings are saved, the secret is not shown",
                SECRET not in page.content() and "127.0.0.1" in page.content())
    desk.open("/ui/operations/circl")
    checks.that("operation: nor later, only that it is set",
                SECRET not in page.content()
                and "set" in (page.locator("#set-token").get_attribute("placeholder") or ""))
    page.locator("#set-port").fill("1")
    press(desk, "Save settings")
    checks.that("operation: where requests go is changed with the secret only",
                page.get_by_role("alert").count() >= 1, desk.text()[:300])
    desk.open("/ui/operations/circl")
    press(desk, "Enable")
    checks.that("operation: it is turned on", "enabled" in desk.text()
                and page.get_by_role("button", name="Disable").count() == 1)


def operations(checks, desk):
    """The list: state of each, toggles."""
    desk.open("/ui/operations")
    text = desk.text()
    checks.that("operations: all four are listed",
                all(name in text for name in ("CIRCL", "DNSDB", "DomainTools", "Tidemark")), text)
    before = json.loads(desk.server.get("/api/v1/operations")[2])
    switches = desk.main().get_by_role("button", name=re.compile("^(Enable|Disable) "))
    checks.equal("operations: a switch for each", switches.count(), len(before["operations"]))


def bulk(checks, desk, work):
    """Pasting, uploading, statuses, files."""
    desk.open("/ui/bulk")
    keys = [PHISH, "hxxp://secure-northbank[.]example/x", KIT_HOST, BACKWARDS, "none.example"]
    desk.page.get_by_label("Values", exact=True).fill("# list\n\n" + "\n".join(keys) + "\n")
    desk.main().get_by_role("button", name="Look up", exact=True).click()
    rows = desk.page.locator("#bulk-table tbody tr:not(.bulk-gap)")
    rows.nth(len(keys) - 1).wait_for()
    desk.page.wait_for_function("() => !document.getElementById('bulk-start').disabled")
    states = rows.locator(".badge").all_inner_texts()
    checks.equal("bulk: a status for each line, in order", states,
                 ["found", "found", "found", "not understood", "nothing"])
    name, text = download(desk, desk.main().get_by_role("button", name="Download CSV"))
    table = list(csv.reader(io.StringIO(text, newline="")))
    checks.that(f"bulk: {name} has every line", len(table) >= len(keys) + 1, text[:300])
    name, text = download(desk, desk.main().get_by_role("button", name="Download JSON lines"))
    checks.equal(f"bulk: {name} has every line", len([json.loads(line) for line
                                                      in text.splitlines()]), len(keys))
    file = work / "list.txt"
    file.write_text("".join(f"shop{number:03d}.example\n" for number in range(1, 1201)))
    desk.open("/ui/bulk")
    desk.page.locator("#bulk-file").set_input_files(str(file))
    desk.page.wait_for_function("() => document.getElementById('bulk-lines').value !== ''")
    desk.main().get_by_role("button", name="Look up", exact=True).click()
    desk.page.locator("#bulk-progress").wait_for()
    desk.page.wait_for_function("() => document.getElementById('bulk-bar').value >= "
                                "document.getElementById('bulk-bar').max && "
                                "!document.getElementById('bulk-start').disabled")
    said = desk.page.locator("#bulk-text").inner_text()
    checks.that("bulk: a file of 1,200 lines, with progress", "1,200" in said, said)
    shown = rows.count()
    checks.that("bulk: only rows in sight are in the page", 20 < shown < 400, shown)


def service(checks, desk):
    for part, word in (("overview", "store"), ("sensors", "sensor"), ("sources", "source"),
                       ("sharing", "share"), ("tokens", "token")):
        desk.open(f"/ui/service?part={part}")
        text = desk.text().lower()
        checks.that(f"service, {part}: says something of a {word}",
                    desk.page.url.endswith(part) and word in text, text[:300])


def suite(checks, desk, work, circl_port):
    for part in (indicators, indicator, failures, operations):
        flow(checks, part, desk)
    flow(checks, raw, desk, circl_port)
    flow(checks, bulk, desk, work)
    flow(checks, service, desk)
    desk.open(search(WWW))
    desk.was_quiet(checks, "library, operations, bulk, service")
