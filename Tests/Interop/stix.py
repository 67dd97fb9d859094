#!/usr/bin/env python3
"""Records for threat intelligence platforms: `lookup --output stix`, `misp` and `cof-array`, read by
stix2 and its validator, by PyMISP, and by the import module cof2misp of misp-modules. No MISP runs.

`stix_check.py` of the shared folder maps Common Output Format rows to STIX by itself and compares.
"""
import base64
import collections
import json
import pathlib
import subprocess
import sys
import uuid

import harness
import reference
from harness import SHARED, folder, must, run
from reference import WWW

GUIDE = SHARED / "data/fixtures/threatq-guide-sample.ndjson"
CHECK = SHARED / "tools/validators/stix_check.py"
# Rows that a mapping gets wrong: names that are no host names, counts and times at their bounds,
# one target twice, an alias of itself.
HARD = [
    ("_dmarc.circl.lu", "TXT", '"v=DMARC1; p=none"', 1600000000, 1600000000, 1),
    ("*.example.com", "A", "192.0.2.1", 1600000000, 1600000001, 10**9),
    ("_sip._tcp.example.com", "SRV", "0 5 5060 sip.example.com", 1600000000, 1600000001, 12),
    ("a\\032b.example.com", "TXT", '"say \\"hi\\"; \\\\ done"', 1600000000, 1600000001, 12),
    ("example.com", "AAAA", "2001:db8::1", 1600000000, 1600000001, 12),
    ("example.com", "AAAA", "::ffff:192.0.2.1", 1600000000, 1600000001, 12),
    ("example.com", "MX", "10 mail.example.com", 1600000000, 1600000001, 12),
    ("example.com", "MX", "20 mail.example.com", 1600000100, 1600000201, 13),
    ("example.com", "NS", "_ns.example.net", 1600000000, 1600000001, 12),
    ("example.com", "SOA", "ns.example.com hostmaster.example.com 1 2 3 4 5", 1600000000,
     1600000001, 12),
    ("old.example.com", "DNAME", "new.example.net", 1600000000, 1600000001, 12),
    ("www.example.com", "CNAME", "www.example.com", 1600000000, 1600000001, 12),
    ("1.2.0.192.in-addr.arpa", "PTR", "www.example.com", 1600000000, 1600000001, 2**40),
    ("com", "NS", "a.gtld-servers.net", 1500000000, 1600000001, 12),
    ("example.com", "TYPE65280", "\\# 3 010203", 1600000000, 1600000001, 12),
]
ROWS_MAX = 300


def imported(work, name, text):
    """A store of rows, and the file with them."""
    rows = work / f"{name}.ndjson"
    rows.write_text(text)
    must("import", "--store", work / f"{name}.store", rows)
    return work / f"{name}.store", rows


def hard_rows():
    names = ("rrname", "rrtype", "rdata", "time_first", "time_last", "count")
    return "".join(json.dumps(dict(zip(names, row))) + "\n" for row in HARD)


def ask(store, output, *values):
    return must("lookup", "--store", store, "--output", output, *values).stdout


def first_rows(store, output, value):
    """The referee's time grows with the square of the rows."""
    return run("lookup", "--store", store, "--output", output, "--limit", ROWS_MAX, value).stdout


def check_bundle(checks, work, what, rows, bundle):
    """Compares a bundle with the rows that it was made from."""
    path = work / "bundle.json"
    path.write_text(bundle)
    done = subprocess.run([sys.executable, CHECK, rows, path], capture_output=True, text=True)
    said = done.stdout + done.stderr
    checks.that(f"{what}: stix2 and the mapping", done.returncode == 0
                and "all checks passed" in said, said[-1500:])
    checks.that(f"{what}: stix2-validator", "valid=True" in said, said[-1500:])


def bundle_checks(checks, work):
    store, _ = imported(work, "guide", GUIDE.read_text())
    names = work / "names.txt"
    names.write_text("www.threatq.com\nthreatsketch.com\n")
    # Against the fixture itself, not against what was printed of it.
    check_bundle(checks, work, "the guide's sample", GUIDE, ask(store, "stix", "--bulk", names))
    objects = json.loads(ask(store, "stix", "threatsketch.com"))["objects"]
    ids = {item["id"] for item in objects}
    checks.that("the standard's own identifiers", {
        "domain-name--7bcfb597-d3c8-55a9-8d0f-ce23dae62461",
        "ipv4-addr--63705d4a-e16e-57d3-8738-2338aff3e1fe"} <= ids, ids)
    again = json.loads(ask(store, "stix", "threatsketch.com"))["objects"]
    checks.equal("writing again gives the same objects", again, objects)

    store, rows = imported(work, "hard", hard_rows())
    keys = work / "keys.txt"
    keys.write_text("com\n*.com\n*.lu\n*.arpa\n")
    check_bundle(checks, work, "harder rows", rows, ask(store, "stix", "--bulk", keys))

    store, _ = reference.import_feed(work)
    for value in ("*.example.com", "*.example.org", "*.arpa", "*.test"):
        rows = work / "asked.ndjson"
        rows.write_text(first_rows(store, "cof", value))
        check_bundle(checks, work, f"{len(rows.read_text().splitlines())} rows of {value}", rows,
                     first_rows(store, "stix", value))
    return store


def ending_checks(checks, store):
    import stix2
    empty = json.loads(ask(store, "stix", "no.such.example.net"))
    checks.equal("nothing found is a bundle with its author only",
                 [item["type"] for item in stix2.parse(empty)["objects"]],
                 ["identity", "extension-definition"])
    done = run("lookup", "--store", store, "--output", "stix", "--limit", "2", WWW)
    kinds = collections.Counter(item["type"] for item in json.loads(done.stdout)["objects"])
    checks.equal("a limit ends a bundle in good order", (done.returncode, kinds["observed-data"]),
                 (3, 2))
    for output in ("stix", "misp"):
        done = run("lookup", "--store", store, "--output", output, "--bulk", "-", "--resume",
                   "state", data="x.example\n")
        checks.equal(f"--resume does not go on with {output}", done.returncode, 2)


def parts(item):
    """Attributes of an object: {relation: [values]}."""
    found = {}
    for attribute in item.attributes:
        found.setdefault(attribute.object_relation, []).append(attribute)
    return found


def row_of(item):
    found = {name: [part.value for part in values] for name, values in parts(item).items()}
    times = [int(found[name][0].timestamp()) for name in ("time_first", "time_last")]
    return (found["rrname"][0], found["rrtype"][0], found["rdata"][0], *times,
            int(found["count"][0]))


def misp_checks(checks, store):
    import pymisp
    event = pymisp.MISPEvent()
    event.load(json.loads(ask(store, "misp", "*.example.com")))
    wanted = harness.rows(ask(store, "cof", "*.example.com"))
    # PyMISP takes blanks off texts.
    checks.same_rows("misp: an object for each row", map(row_of, event.objects),
                     [(*row[:2], row[2].strip(), *row[3:]) for row in wanted])
    refused = []
    for item in event.objects:
        model = pymisp.MISPObject("passive-dns", strict=True)
        for relation, attributes in parts(item).items():
            for attribute in attributes:
                made = model.add_attribute(relation, value=attribute.value)
                if made.type != attribute.type:
                    refused.append((relation, attribute.type))
        model.to_json()
    checks.equal("misp: types of the template", refused, [])
    again = pymisp.MISPEvent()
    again.load(json.loads(ask(store, "misp", "*.example.com")))
    ids = [item.uuid for one in (event, again) for item in one.objects]
    checks.that("misp: every object has a fresh random identifier",
                len(set(ids)) == len(ids) and all(uuid.UUID(text).version == 4 for text in ids))


def cof2misp_checks(checks, store):
    import misp_modules
    # Where the server of misp-modules has it on its path.
    sys.path.insert(0, str(pathlib.Path(misp_modules.__file__).parent / "lib"))
    from misp_modules.modules.import_mod import cof2misp
    text = ask(store, "cof-array", WWW)
    reply = cof2misp.handler(json.dumps({"data": base64.b64encode(text.encode()).decode()}))
    found = []
    for item in reply.get("results", {}).get("Object", ()):
        fields = {part["object_relation"]: part["value"] for part in item["Attribute"]}
        # It writes times as numbers, which PyMISP does not read back.
        found.append(tuple(fields[name] for name in ("rrname", "rrtype", "rdata")) + tuple(
            int(fields[name]) for name in ("time_first", "time_last", "count")))
    # PyMISP takes blanks off texts, and the module final dots.
    wanted = [(*row[:2], row[2].strip().rstrip("."), *row[3:])
              for row in harness.rows(ask(store, "cof", WWW))]
    checks.same_rows("cof2misp reads cof-array", found, wanted)


def suite(checks):
    if not (GUIDE.exists() and CHECK.exists()):
        raise SystemExit(f"no {GUIDE} or no {CHECK}; set TIDEMARK_SHARED")
    with folder() as work:
        store = bundle_checks(checks, work)
        ending_checks(checks, store)
        misp_checks(checks, store)
        cof2misp_checks(checks, store)


if __name__ == "__main__":
    harness.main(suite)
