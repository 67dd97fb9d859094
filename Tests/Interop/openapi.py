"""The native interface against docs/openapi.yaml: schemathesis makes requests out of the document,
valid and invalid ones, and checks every answer. No 5xx, no undocumented status, no other schema.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

from harness import EXAMPLES, ROOT, Server, folder, import_json, main, must

DOCUMENT = ROOT / "docs/openapi.yaml"
# Requests for each operation and phase; with the coverage phase some thousand in all.
EXAMPLES_PER_OPERATION = 30
RUN_SECONDS_MAX = 600
# Every check but two. What the document cannot say is that exactly one subject is given, and how a
# name is written: valid data may be refused, in the documented way. And nobody is refused for want
# of a token here: Tests/TidemarkHTTPTests/RouteAccessTests.swift is about that.
# Feeds are taken as they come: what cannot be read in them is counted, not refused.
SETTINGS = """
[checks]
positive_data_acceptance.enabled = false
ignored_auth.enabled = false

[[operations]]
include-path = ["/api/v1/observations", "/submit", "/api/v1/indicators"]
checks.negative_data_rejection.enabled = false
"""


def schemathesis(url, work):
    """Runs it on a server; returns the completed process."""
    here = pathlib.Path(__file__).resolve().parent
    settings = work / "schemathesis.toml"
    settings.write_text(SETTINGS)
    return subprocess.run(
        [str(pathlib.Path(sys.executable).parent / "st"), "--config-file", str(settings),
         "run", str(DOCUMENT), "--url", url,
         "--phases", "examples,coverage,fuzzing", "--continue-on-failure",
         "--max-examples", str(EXAMPLES_PER_OPERATION), "--seed", "20240601", "--no-shrink",
         "--warnings", "off", "--request-timeout", "10", "--no-color"],
        env={**os.environ, "SCHEMATHESIS_HOOKS": "openapi_hooks", "PYTHONPATH": str(here)},
        cwd=work, capture_output=True, text=True, timeout=RUN_SECONDS_MAX)


def suite(checks):
    with folder() as work:
        store = work / "s.store"
        import_json(store, EXAMPLES / "sample.pcap")
        # Sensors can register where a control database is.
        must("sensor", "add", "--store", store, "--name", "first")
        with Server(store, work / "serve.log") as server:
            done = schemathesis(server.url, work)
            tail = done.stdout[-20000:] + done.stderr[-1000:]
            checks.that("schemathesis finds nothing", done.returncode == 0, "\n" + tail)
            cases = re.search(r"(\d+) generated", done.stdout)
            checks.that("it made enough requests", cases and int(cases[1]) >= 1_000,
                        cases[0] if cases else tail)
            examples(checks, server)


def examples(checks, server):
    """The document's own examples are answered with rows of the sample."""
    status, _, body = server.get("/api/v1/summary?below=example.net")
    summary = json.loads(body)
    checks.that("the sample is found", status == 200 and summary["rows"] > 100, body[:200])
    status, _, body = server.get("/api/v1/bulk", method="POST",
                                 body=b"kit.example.net\n*.example.net\na..b\n")
    statuses = [json.loads(line).get("status") for line in body.splitlines()]
    checks.equal("bulk statuses", [word for word in statuses if word],
                 ["complete", "complete", "invalid"])


if __name__ == "__main__":
    main(suite)
