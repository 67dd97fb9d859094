#!/usr/bin/env python3
"""Risk lists from files and from a web server that misbehaves, and the scores and their evaluation,
which is computed here a second time."""
import http.server
import json
import pathlib
import threading

import harness
from harness import folder, must, run

BEFORE, NEW, SEEN = 1_746_100_000, 1_752_100_000, 1_757_000_000
CUT, UNTIL = "2025-06-30", "2025-09-30"
GOOD_LIST = "".join(f"bad{n}.example\n" for n in range(1, 61))


class Site(http.server.BaseHTTPRequestHandler):
    """Answers with what ``answers`` has of a path: status, headers, body."""
    answers = {}
    asked = []

    def do_GET(self):
        Site.asked.append(self.path)
        status, headers, body = Site.answers.get(self.path, (404, {}, b"no such page"))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_):
        pass


def shown(store, *name):
    return [json.loads(line) for line in
            must("lists", "show", *name, "--json", "--store", store).stdout.splitlines()]


def history(store, work):
    rows = [(f"www.bad{n}.example", "203.0.113.66", BEFORE) for n in range(1, 61)]
    rows += [(f"www.good{n}.example", "192.0.2.10", BEFORE) for n in range(1, 31)]
    rows += [(f"www.fresh{n}.example", "203.0.113.66", NEW) for n in range(1, 9)]
    rows += [(f"www.mixed{n}.example", "203.0.113.99", NEW) for n in range(1, 5)]
    rows += [(f"www.shop{n}.example", "192.0.2.10", NEW) for n in range(1, 21)]
    path = work / "history.json"
    path.write_text("".join(json.dumps({
        "rrname": name, "rrtype": "A", "rdata": address, "count": 9, "time_first": first,
        "time_last": SEEN}) + "\n" for name, address, first in rows))
    must("import", "--store", store, "--format", "cof", path)
    return [name for name, _, first in rows if first == NEW]


def file_checks(checks, store, work):
    path = work / "phish.txt"
    path.write_text(GOOD_LIST + "com\na..b\n10.0.0.0/2\n")
    done = must("lists", "add", "phish", path, "--kind", "block", "--category", "phishing",
                "--store", store)
    checks.that("what is refused is counted by reason",
                all(word in done.stderr for word in (
                    "60 entries", "public-suffix 1", "not-an-entry 1", "too-wide 1")), done.stderr)
    checks.equal("the list is shown", [
        (entry["name"], entry["kind"], entry["category"], entry["entries"], entry["source"])
        for entry in shown(store)], [("phish", "block", "phishing", 60, str(path))])
    checks.equal("a name is taken once",
                 run("lists", "add", "phish", path, "--kind", "block", "--store", store)
                 .returncode, 1)
    checks.that("the same octets are no change",
                "unchanged" in must("lists", "update", "--store", store).stderr)
    path.write_text("bad1.example\n")
    done = run("lists", "update", "--store", store)
    checks.that("a list that shrinks by more than half stays, with a warning",
                done.returncode == 1 and "stays as it was" in done.stderr
                and shown(store)[0]["entries"] == 60, done.stderr)
    must("lists", "update", "--shrunk", "--store", store)
    checks.equal("--shrunk takes it over", shown(store)[0]["entries"], 1)
    path.unlink()
    done = run("lists", "update", "--store", store)
    checks.that("a file that is gone leaves the list",
                done.returncode == 1 and shown(store)[0]["entries"] == 1, done.stderr)
    for what, arguments in {
            "a kind that is none": ("x", path, "--kind", "bad"),
            "a weight beyond 1": ("x", path, "--kind", "block", "--weight", "2"),
            "a name with a slash": ("../x", path, "--kind", "block")}.items():
        checks.equal(f"{what} is a mistake of usage",
                     run("lists", "add", *arguments, "--store", store).returncode, 2)
    must("lists", "remove", "phish", "--store", store)
    checks.equal("a removed list is gone", (shown(store), sorted(
        entry.name for entry in pathlib.Path(f"{store}.lists").iterdir())), ([], []))


def web_checks(checks, store):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site = f"http://127.0.0.1:{server.server_port}"
    Site.answers["/list"] = (200, {}, GOOD_LIST.encode())
    Site.answers["/moved"] = (302, {"Location": "/list"}, b"")
    must("lists", "add", "web", f"{site}/moved", "--kind", "block", "--store", store)
    checks.equal("a list comes from a URL, by way of a redirect", shown(store)[0]["entries"], 60)
    Site.answers["/list"] = (200, {}, (GOOD_LIST + "bad61.example\n").encode())
    must("lists", "update", "web", "--store", store)
    checks.equal("what changed is taken over", shown(store)[0]["entries"], 61)
    page = b"<html><body>Please sign in</body></html>"
    for what, answer in {
            "a server error": (500, {}, b"oops"), "a page in place of a list": (200, {}, page),
            "an empty answer": (200, {}, b""),
            "an answer that is cut off": (200, {"Content-Length": "99999"}, GOOD_LIST.encode()),
            "a redirect to another port of this machine":
                (302, {"Location": f"http://localhost:{server.server_port}/other"}, b""),
            "a redirect into a private network": (302, {"Location": "http://10.0.0.1/"}, b""),
    }.items():
        Site.answers["/moved"] = answer
        done = run("lists", "update", "web", "--store", store)
        checks.that(f"{what} leaves the list as it was",
                    done.returncode == 1 and shown(store)[0]["entries"] == 61
                    and "stays as it was" in done.stderr, done.stderr)
    checks.that("the redirect to another host was not followed", "/other" not in Site.asked)
    server.shutdown()
    checks.equal("a URL without TLS to another machine is refused",
                 run("lists", "add", "x", "http://lists.example/x", "--kind", "block",
                     "--store", store).returncode, 1)
    must("lists", "remove", "web", "--store", store)


def score_checks(checks, store, work, new):
    old, later = work / "old.txt", work / "later.txt"
    old.write_text(GOOD_LIST)
    positives = [f"fresh{n}.example" for n in range(1, 7)] + ["mixed1.example", "shop1.example"]
    later.write_text("".join(f"{name}\n" for name in positives))
    must("lists", "add", "old", old, "--kind", "block", "--category", "phishing", "--day",
         "2025-06-01", "--store", store)

    def report(name, *more):
        return json.loads(must("risk", "show", name, "--json", "--at", UNTIL, "--store", store,
                               *more).stdout)

    checks.equal("a listed name scores 100", report("www.bad1.example")["score"], 100)
    fresh = report("www.fresh1.example")
    checks.that("the score is the highest component, with its evidence",
                fresh["score"] == max(part["score"] for part in fresh["components"])
                and fresh["components"][0] == {
                    "name": "proximity", "score": fresh["score"], "evidence": ["dns"]}, fresh)
    checks.equal("nothing known is no score", (report("www.unknown.example")["score"],
                                               report("www.unknown.example")["notes"]),
                 (0, ["no data"]))
    scores = {name: report(name)["score"] for name in new}
    good = [score for name, score in scores.items() if name[4:] not in positives]
    bad = [score for name, score in scores.items() if name[4:] in positives]
    wins = sum((a > b) + (a == b) / 2 for a in bad for b in good)
    flagged = [score >= 70 for score in bad] + [score >= 70 for score in good]
    wanted = {"positives": len(bad), "negatives": len(good), "flagged": sum(flagged),
              "roc_auc": round(wins / len(bad) / len(good), 9)}

    def measured(*arguments):
        found = json.loads(must("risk", "evaluate", "--cut", CUT, "--until", UNTIL, "--json",
                                "--store", store, *arguments).stdout)
        return {**{key: found[key] for key in wanted}, "roc_auc": round(found["roc_auc"], 9)}

    dated = work / "dated.csv"
    dated.write_text("entry,day\n" + "".join(f"{name},2025-07-20\n" for name in positives)
                     + "too-late.example,2025-12-01\n")
    checks.equal("a list with dates is evaluated as computed here", measured(dated), wanted)
    must("lists", "add", "later", later, "--kind", "block", "--day", "2025-08-01", "--store", store)
    checks.equal("lists of two days give the same", measured(), wanted)
    checks.equal("without later lists nothing is measured",
                 run("risk", "evaluate", "--cut", "2025-08-02", "--until", UNTIL,
                     "--store", store).returncode, 1)


def reading_checks(checks, store):
    """Long lists take seconds to read: only the action that rests on them does so."""
    damaged = store.parent / "risk.store.lists/damaged.json"
    damaged.write_text("{")
    told = {action: "damaged.json" in run("op", "run", f"tidemark.{action}", "www.bad1.example",
                                          "--store", store).stderr
            for action in ("passive-dns", "hosting-history", "risk")}
    checks.equal("a damaged list is told where lists are read, and nowhere else", told,
                 {"passive-dns": False, "hosting-history": False, "risk": True})
    damaged.unlink()


def suite(checks):
    with folder() as work:
        store = work / "risk.store"
        new = history(store, work)
        file_checks(checks, store, work)
        web_checks(checks, store)
        score_checks(checks, store, work, new)
        reading_checks(checks, store)


if __name__ == "__main__":
    harness.main(suite)
