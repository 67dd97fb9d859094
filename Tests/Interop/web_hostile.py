#!/usr/bin/env python3
"""Three hundred hostile texts, thirty shapes in ten places: no script runs in Chromium, nothing
breaks out of its cell, and what is shown is what was stored. Formulas in CSV; lines of the log.
"""
import contextlib
import csv
import io
import json
import socket
import urllib.parse

import harness
import web_payloads
import web_world
from harness import Server, folder
from web_payloads import FORMULAS, SHAPES, ZONE, label
from web_world import Desk, search

# What scripts, styles and pictures of ours are made of; a page has no other elements.
INSPECT = """
() => {
  const bad = [];
  const known = new Set(`html head meta title link script body a abbr address aside b br button
    canvas caption circle code col colgroup datalist dd defs desc details dialog div dl dt em
    fieldset figcaption figure footer form g h1 h2 h3 h4 header hr i img input kbd label legend li
    line main marker menu meter nav ol optgroup option output p path pattern polygon polyline pre
    progress rect section select small span strong sub summary sup svg symbol table tbody td text
    textarea tfoot th thead time title tr tspan u ul use var clippath s mark search`.split(/\\s+/));
  for (const element of document.querySelectorAll('*')) {
    const tag = element.localName.toLowerCase();
    if (!known.has(tag)) bad.push('<' + tag + '>');
    for (const {name, value} of element.attributes) {
      if (/^on/i.test(name)) bad.push(tag + ' ' + name);
      if (['href', 'src', 'action', 'formaction', 'data', 'srcdoc', 'xlink:href'].includes(name)) {
        const url = new URL(value, location.href);
        const isOurs = url.origin === location.origin && url.protocol.startsWith('http');
        if (!isOurs && !(tag === 'img' && url.protocol === 'data:')) bad.push(tag + ' ' + value);
      }
      if (name === 'autofocus' && !element.matches('input[name=token], input[type=search]'))
        bad.push(tag + ' autofocus');
    }
    if (tag === 'script' && !element.getAttribute('src')?.startsWith('/ui/assets/'))
      bad.push('script without source');
    if (tag === 'meta' && element.httpEquiv) bad.push('meta ' + element.httpEquiv);
  }
  if (window.hit !== undefined) bad.push('a script ran: ' + window.hit);
  return bad;
}
"""


class Visits:
    """Pages opened one after the other; what was wrong with which."""

    def __init__(self, desk):
        self.desk = desk
        self.wrong = []
        self.count = 0

    def look(self, what, path=None, rests=True):
        """Opens a page; without `rests` one whose scripts fetch nothing."""
        if path is not None:
            response = self.desk.open(path) if rests else self.desk.page.goto(path)
            if response is None or response.status >= 500:
                self.wrong.append((what, path, "status"))
        # What is under the pointer and in the focus runs as well.
        self.desk.page.keyboard.press("Tab")
        self.wrong += [(what, path, bad) for bad in self.desk.page.evaluate(INSPECT)]
        self.count += 1

    def close(self, checks, what):
        desk = self.desk
        checks.that(f"{what}: {self.count} pages, no script ran, nothing was injected",
                    not self.wrong and not desk.dialogs and not desk.errors and not desk.foreign,
                    (self.wrong[:5], desk.dialogs[:3], desk.errors[:5], desk.foreign[:3]))
        self.wrong, self.count = [], 0
        desk.dialogs.clear(), desk.errors.clear(), desk.foreign.clear()


def cof(server, value):
    """What the store says of a value, by the interface for programs."""
    status, _, body = server.get("/pdns/query/" + urllib.parse.quote(value, safe=""))
    return [json.loads(line) for line in body.decode().splitlines()] if status == 200 else []


def squeezed(text):
    return " ".join(text.split())


def names(checks, visits, server):
    """Owners, targets and texts: each page, and what its cells say."""
    lacking = []
    for number, shape in enumerate(SHAPES):
        name = f"{label(shape)}.{ZONE}"
        visits.look("owner", search(name))
        cells = squeezed(" ".join(visits.desk.main().locator("td").all_inner_texts()))
        rows = cof(server, name)
        if not rows:
            lacking.append(("no rows", name))
        lacking += [(name, row["rdata"]) for row in rows
                    if squeezed(row["rdata"]) not in cells]
    visits.close(checks, "owner names")
    checks.equal("owner names: every cell says what the store says", lacking[:5], [])
    for number, shape in enumerate(SHAPES):
        visits.look("timeline", search(f"{label(shape)}.{ZONE}", view="timeline"))
        visits.look("target", search(f"alias{number}.{ZONE}"))
    visits.close(checks, "names in rdata, timelines")
    for number, shape in enumerate(SHAPES):
        query = urllib.parse.urlencode({"q": f"{label(shape)}.{ZONE}"})
        visits.look("graph", f"/ui/graph?{query}")
        visits.look("pivots", f"/ui/pivots?{query}")
    visits.close(checks, "graphs and pivots")
    lacking = []
    for number in range(len(SHAPES)):
        name = f"text{number}.{ZONE}"
        visits.look("TXT", search(name))
        cells = squeezed(" ".join(visits.desk.main().locator("td").all_inner_texts()))
        lacking += [row["rdata"] for row in cof(server, name)
                    if squeezed(row["rdata"]) not in cells]
    visits.close(checks, "TXT")
    checks.equal("TXT: every cell says what the store says", lacking[:5], [])
    for number, shape in enumerate(SHAPES):
        visits.look("sensor", search(f"sensor{number}.{ZONE}", sensor=shape))
    visits.look("sensors", "/ui/service")
    visits.close(checks, "sensor ids")


def library(checks, visits, server):
    """Registrations, lists, indicators, tags, sources."""
    for number, shape in enumerate(SHAPES):
        for action in ("whois-history", "risk"):
            status, _, body = server.get(
                f"/api/v1/operations/tidemark/actions/{action}", "POST",
                {"Content-Type": "application/json"},
                json.dumps({"type": "fqdn", "value": f"whois{number}.example"}).encode())
            if status == 200:
                visits.look("result", f"/ui/results/{json.loads(body)['id']}", rests=False)
        visits.look("indicator", f"/ui/indicators/fqdn/whois{number}.example")
    visits.close(checks, "WHOIS text, lists, tags, sources")
    for shape in SHAPES:
        value = urllib.parse.quote(f"http://x.example/{shape}", safe="")
        visits.look("indicator", f"/ui/indicators/url/{value}", rests=False)
    visits.look("indicators", "/ui/indicators")
    visits.close(checks, "indicators of type URL")


def bulk(checks, visits):
    """Lines of a list; the results show them."""
    desk = visits.desk
    for shape in SHAPES:
        desk.open("/ui/bulk")
        desk.page.get_by_label("Values", exact=True).fill(f"{shape}\n{label(shape)}.{ZONE}\n")
        desk.main().get_by_role("button", name="Look up", exact=True).click()
        desk.page.locator("#bulk-table tbody tr").nth(1).wait_for()
        visits.look("bulk")
    visits.close(checks, "bulk lines")


def addresses(checks, visits):
    """Every parameter of the look-up, the trail, and paths that are none."""
    for shape in SHAPES:
        more = {name: shape for name in ("rrtype", "after", "before", "vantage", "dataset",
                                         "bailiwick", "sensor", "view", "sort", "dir", "cursor")}
        visits.look("value", search(shape), rests=False)
        visits.look("value of the box on other pages", "/ui/graph?" + urllib.parse.urlencode(
            {"q": shape}), rests=False)
        visits.look("trail", search("example.com", trail="~".join(
            [urllib.parse.quote(shape, safe="")] * 3)), rests=False)
        for name, value in more.items():
            if hash_of(shape, name) % 5 == 0:
                visits.look(name, search("example.com", **{name: value}), rests=False)
    visits.close(checks, "parameters and trails")
    for shape in SHAPES:
        quoted = urllib.parse.quote(shape, safe="")
        for path in (f"/ui/{quoted}", f"/ui/indicators/fqdn/{quoted}", f"/ui/results/{quoted}",
                     f"/ui/operations/{quoted}", f"/ui/sign-in?next={quoted}"):
            visits.look("path", path, rests=False)
    visits.close(checks, "paths and errors")


def hash_of(*parts):
    return sum(ord(character) * (place + 1) for place, character in enumerate("".join(parts)))


def formulas(checks, server):
    """No cell of an exported table begins like a formula."""
    for value in ("*.formula.example", f"*.{ZONE}"):
        status, headers, body = server.get("/ui/export?" + urllib.parse.urlencode(
            {"q": value, "format": "csv"}))
        table = list(csv.reader(io.StringIO(body.decode(), newline="")))
        unsafe = [cell for row in table for cell in row if cell[:1] in ("=", "+", "-", "@", "\t",
                                                                       "\r")]
        checks.that(f"CSV of {value}: {len(table)} rows, no formula",
                    status == 200 and len(table) > len(FORMULAS) and not unsafe,
                    (status, unsafe[:5], body[:200]))


def log_lines(checks, server, log):
    """Line ends and escapes in requests make no lines in the log."""
    before = log.read_text(errors="replace").count("\n")
    forged = "2026-01-31T12:00:00+0000 notice tidemark: [tidemark] audit token=1 action=forged"
    for text in (f"x\r\n{forged}", f"x\n{forged}", f"\x1b[2J{forged}", f"\u2028{forged}"):
        quoted = urllib.parse.quote(text, safe="")
        for path in (f"/ui/search?q={quoted}", f"/ui/{quoted}", f"/ui/results/{quoted}",
                     f"/ui/operations/{quoted}"):
            server.get(path, headers={"User-Agent": f"forged {quoted}"})
        web_world.post(server, "/ui/run", {"type": text, "value": text, "action": text})
        web_world.post(server, f"/ui/operations/{quoted}", {"host": text})
    with socket.create_connection(("127.0.0.1", server.port), 10) as raw:
        raw.sendall(f"GET /ui/search?q=\x1b[31m HTTP/1.1\r\nHost: x\r\nX: \x1b\n{forged}\r\n\r\n"
                    .encode())
        raw.settimeout(5)
        with contextlib.suppress(OSError):
            raw.recv(4096)
    text = log.read_text(errors="replace")
    checks.that("log: no line was forged, no escape stands in it",
                "action=forged" not in text and "\x1b" not in text, text[-400:])
    checks.that("log: no line for a look-up", text.count("\n") - before <= 8,
                text.count("\n") - before)


def suite(checks):
    with folder() as work:
        store = work / "hostile.store"
        web_world.add_rows(store, work, [*web_payloads.records(), *web_payloads.formulas()])
        taken = web_payloads.fill_library(store, work)
        checks.equal("list names that are markup are refused", taken, 0)
        with Server(store, work / "serve.log") as server, web_world.chromium() as browser, \
                Desk(browser, server) as desk:
            visits = Visits(desk)
            names(checks, visits, server)
            library(checks, visits, server)
            bulk(checks, visits)
            addresses(checks, visits)
            formulas(checks, server)
            log_lines(checks, server, work / "serve.log")


if __name__ == "__main__":
    harness.main(suite)
