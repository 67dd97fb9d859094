"""Checks that schemathesis makes of every answer besides its own; loaded by `st` as hooks.

Answers of newline-delimited JSON are described line by line: every line must fit the schema, and
the last one, and no other, must be the marker line.
"""
import json

import jsonschema_rs
import schemathesis

NDJSON = "application/x-ndjson"


@schemathesis.serializer(NDJSON)
def lines_of(_context, value):
    return value if isinstance(value, bytes) else json.dumps(value).encode() + b"\n"


@schemathesis.serializer("text/csv")
def table_of(_context, value):
    return value if isinstance(value, bytes) else str(value).encode()


def schema_of(case, response):
    """The schema of a line, with the components that it points to."""
    raw = case.operation.schema.raw_schema
    operation = raw["paths"][case.operation.path][case.operation.method.lower()]
    content = operation["responses"][str(response.status_code)].get("content", {})
    return {**content[NDJSON]["schema"], "components": raw["components"]}


@schemathesis.check
def lines_fit_the_schema(_context, response, case):
    kind = (response.headers.get("content-type") or [""])[0]
    if not kind.startswith(NDJSON) or case.method == "HEAD":
        return None
    # A file of indicators has no marker line.
    if case.operation.path.endswith("/export"):
        return None
    lines = [json.loads(line) for line in response.content.splitlines()]
    assert lines, "an answer without marker line"
    validator = jsonschema_rs.validator_for(schema_of(case, response))
    for line in lines:
        error = next(validator.iter_errors(line), None)
        assert error is None, f"{line}: {error.message}"
    markers = ["end" in line for line in lines]
    assert markers == [False] * (len(lines) - 1) + [True], "the marker line is not the last one"
    return None


@schemathesis.check
def refusals_are_one_line(_context, response, case):
    if response.status_code < 400 or case.method == "HEAD":
        return None
    text = response.content
    assert text.endswith(b"\n") and text.count(b"\n") == 1, f"not one line: {text[:200]!r}"
    assert len(text) < 2_000, "a refusal of many octets"
    return None
