"""What web_hostile.py sends: thirty shapes of script, and the places where they are put."""
import json
import time

import harness
from harness import must

NOW = int(time.time())
DAY = 86_400
ZONE = "hostile.example"

# Each sets `hit` in the window if it is ever run, or asks another origin for something.
SHAPES = [
    "<script>hit=1</script>", '"><script>hit=1</script>', "'><script>hit=1</script>",
    "<img src=x onerror=hit=1>", '"><img src=x onerror=hit=1>', "<svg onload=hit=1>",
    "<svg/onload=hit=1//", "</td><script>hit=1</script>", "</title><script>hit=1</script>",
    "</textarea><script>hit=1</script>", "<iframe srcdoc='<script>parent.hit=1</script>'>",
    "<a href=javascript:hit=1>x</a>", "javascript:hit=1", '" onmouseover=hit=1 x="',
    "' onfocus=hit=1 autofocus x='", '"autofocus onfocus=hit=1//',
    "<details open ontoggle=hit=1>", "<input autofocus onfocus=hit=1>",
    "<style>@import'//x.example/a'</style>", "<base href=//x.example/>",
    "<meta http-equiv=refresh content=0;url=//x.example>", "<form action=//x.example><button>",
    "<object data=javascript:hit=1>", "<math><mtext><script>hit=1</script>",
    "{{{title}}}{{^x}}<b>hit{{/x}}", "&lt;script&gt;hit=1&lt;/script&gt;",
    "<!--><script>hit=1</script>-->", '"\u0301><img src=x onerror=hit=1>',
    "\u202e<script>hit=1</script>", "]]><template><script>hit=1</script>"]


def label(text):
    """A label of these octets in presentation form."""
    return "".join(chr(o) if chr(o).isascii() and chr(o).isalnum() else f"\\{o:03d}"
                   for o in text.encode()[:63])


def string(text):
    """A character string of TXT in presentation form."""
    return '"' + "".join(chr(o) if 32 <= o < 127 and chr(o) not in '"\\' else f"\\{o:03d}"
                         for o in text.encode()) + '"'


def row(name, rrtype, rdata, **more):
    return {"rrname": name, "rrtype": rrtype, "rdata": rdata, "count": 3,
            "time_first": NOW - 40 * DAY, "time_last": NOW - DAY, **more}


def records():
    """Names, targets, texts and sensors of every shape."""
    for number, shape in enumerate(SHAPES):
        name = f"{label(shape)}.{ZONE}"
        yield row(name, "A", f"192.0.2.{number + 1}")
        yield row(name, "NS", f"ns.{name}")
        yield row(f"alias{number}.{ZONE}", "CNAME", name)
        yield row(f"mail{number}.{ZONE}", "MX", f"10 {name}")
        yield row(f"text{number}.{ZONE}", "TXT", string(shape))
        yield row(f"sensor{number}.{ZONE}", "A", "192.0.2.200", sensors=[shape])
        yield row(f"{label('*')}.{label(shape)}.wild.{ZONE}", "A", "192.0.2.201")


# What a spreadsheet takes for a formula, at the start of a cell.
FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "=cmd|' /C calc'!A0",
            "=HYPERLINK(\"http://x.example\")"]


def formulas():
    for number, text in enumerate(FORMULAS):
        yield row(f"{label(text)}.formula.example", "TXT", string(text), sensors=[text])
        yield row(f"cell{number}.formula.example", "CNAME", f"{label(text)}.formula.example")


def whois(shape):
    """An answer of whois/history in which every text is hostile."""
    record = f"Domain Name: X\nRegistrar: {shape}\nRegistrant Email: {shape}\n{shape}\n"
    return json.dumps({"response": {"record_count": 1, "history": [{
        "date": "2025-05-06", "is_private": 0, "whois": {
            "registrant": shape, "name_servers": ["ns1.example.net"], "server": shape,
            "record": record, "registration": {
                "created": "2020-01-01", "expires": "2035-01-01", "updated": "2024-02-01",
                "registrar": shape, "statuses": [shape]}}}]}})


def fill_library(store, work):
    """Registrations, indicators, tags and sources; returns how many lists took a hostile name."""
    for number, shape in enumerate(SHAPES):
        file = work / "whois.json"
        file.write_text(whois(shape))
        must("indicator", "import", "--store", store, "--format", "whois-history", "--of",
             f"whois{number}.example", file)
    rows = [json.dumps({"type": "url", "value": f"http://x.example/{shape}", "tags": [shape],
                        "sources": [shape], "status": "active"}) for shape in SHAPES]
    file = work / "indicators.ndjson"
    file.write_text("\n".join(rows) + "\n")
    harness.run("indicator", "import", "--store", store, file)
    for number, shape in enumerate(SHAPES):
        harness.run("indicator", "add", "--store", store, "--tag", shape, "--source", shape,
                    f"whois{number}.example")
    names = work / "list.txt"
    names.write_text("".join(f"whois{number}.example\n" for number in range(len(SHAPES))))
    return sum(harness.run("lists", "add", shape, names, "--kind", "block", "--store",
                           store).returncode == 0 for shape in SHAPES)
