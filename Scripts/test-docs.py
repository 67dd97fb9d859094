#!/usr/bin/env python3
"""Runs the commands that the documents promise.

    Scripts/test-docs.py [FILE]...       (default: README.md, docs/*.md, guides, reference, formats)

A block of commands that starts with ```sh runs, unless the line before it is a comment with
`<!-- not run: reason -->`. The blocks of one document run in order, each in its own bash, in one
folder that has a copy of Examples, with `tidemark` on PATH. A line `#> text` demands that the
block's output contains `text`. A block that starts a server ends it with `kill %1`.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = pathlib.Path(os.environ.get("TIDEMARK", ROOT / ".build/release/tidemark"))
SECONDS_MAX = 120
BLOCK = re.compile(r"(?P<before>[^\n]*)\n+```sh\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(text):
    """Yields (line number, commands, demands) of the blocks that run."""
    for match in BLOCK.finditer("\n" + text):
        if match["before"].startswith("<!-- not run:"):
            continue
        lines = match["body"].splitlines()
        commands = [line for line in lines if not line.startswith("#>")]
        demands = [line[2:].strip() for line in lines if line.startswith("#>")]
        yield text.count("\n", 0, match.start("body") - 1) + 1, "\n".join(commands), demands


def run_block(script, folder, environment):
    """Returns the status and the output of a script; nothing that it started stays behind."""
    process = subprocess.Popen(
        ["bash", "-c", script], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=SECONDS_MAX)
        return process.returncode, output
    except subprocess.TimeoutExpired as error:
        return "timeout", (error.stdout or b"").decode(errors="replace")
    finally:
        # A block that failed half-way leaves its server, on a port that the next one wants.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def run_document(path, folder):
    """Returns the number of blocks that failed and that ran."""
    text = path.read_text(encoding="utf-8")
    failed = ran = 0
    for line, commands, demands in blocks(text):
        ran += 1
        place = f"{path.relative_to(ROOT)}:{line}"
        script = f"set -euo pipefail\n{commands}\n"
        environment = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}"}
        status, output = run_block(script, folder / "tree", environment)
        missing = [demand for demand in demands if demand not in output]
        if status == 0 and not missing:
            print(f"  ok    {place}")
            continue
        failed += 1
        print(f"  FAIL  {place}: status {status}, output lacks {missing}\n{commands}\n--- output\n"
              f"{output[-3000:]}")
    return failed, ran


def main(arguments):
    if not os.access(PROGRAM, os.X_OK):
        sys.exit(f"{PROGRAM} does not exist; run `make build` first")
    paths = [pathlib.Path(a).resolve() for a in arguments]
    paths = paths or [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")),
                      *sorted((ROOT / "docs/guides").glob("*.md")),
                      *sorted((ROOT / "docs/reference").glob("*.md")),
                      *sorted((ROOT / "docs/formats").glob("*.md"))]
    failed = ran = 0
    for path in paths:
        with tempfile.TemporaryDirectory(prefix="tidemark-docs-") as name:
            folder = pathlib.Path(name)
            (folder / "bin").mkdir()
            (folder / "bin/tidemark").symlink_to(PROGRAM)
            shutil.copytree(ROOT / "Examples", folder / "tree/Examples",
                            ignore=shutil.ignore_patterns("__pycache__"))
            counts = run_document(path, folder)
            failed, ran = failed + counts[0], ran + counts[1]
    print(f"docs: {ran - failed} passed, {failed} failed")
    return 1 if failed or not ran else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
