#!/usr/bin/env python3
"""Writes a manual page for the program and one for each of its subcommands.

    Scripts/make-man.py FOLDER       (TIDEMARK: the program; default .build/release/tidemark)

Everything in them comes from the program's own description of its command line.
"""
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = os.environ.get("TIDEMARK", str(ROOT / ".build/release/tidemark"))


def escaped(text):
    """Text as roff takes it: backslashes, hyphens that are typed, and dots that start a line."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    text = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in text)
    return "\n".join("\\&" + line if line.startswith((".", "\\(aq")) else line
                     for line in text.split("\n"))


def paragraphs(text):
    """Paragraphs of a discussion; indented lines are examples and keep their lines."""
    lines = []
    for paragraph in (text or "").strip("\n").split("\n\n"):
        example = paragraph.startswith("  ")
        lines += [".PP", ".nf" if example else "", escaped(paragraph)]
        lines += [".fi"] if example else []
    return [line for line in lines if line]


def spelled(name):
    return "\\-\\-" + escaped(name["name"]) if name["kind"] == "long" else "\\-" + name["name"]


def item(argument):
    """One option or argument as a tagged paragraph."""
    value = "\\fI" + escaped(argument["valueName"]) + "\\fR"
    if argument["kind"] == "positional":
        tag = value
    else:
        tag = ", ".join("\\fB" + spelled(name) + "\\fR" for name in argument["names"])
        tag += " " + value if argument["kind"] == "option" else ""
    text = argument.get("abstract", "")
    if values := argument.get("allValues"):
        text += f" One of {', '.join(values)}."
    if (default := argument.get("defaultValue")) not in (None, "", "[]"):
        text += f" Default: {default}."
    return [".TP", tag, escaped(" ".join(text.split())) or "\\&"]


def page(command, parents, version):
    """The lines of a page."""
    path = [*parents, command["commandName"]]
    title, shown = "-".join(path), " ".join(path)
    arguments = [a for a in command.get("arguments", []) if a.get("shouldDisplay", True)]
    positional = [a for a in arguments if a["kind"] == "positional"]
    options = [a for a in arguments if a["kind"] != "positional"]
    subcommands = [c for c in command.get("subcommands", []) if c["commandName"] != "help"]
    lines = [f'.TH "{title.upper()}" 1 "" "tidemark {version}" "Tidemark"', ".SH NAME",
             f"{escaped(title)} \\- {escaped(command.get('abstract', '').rstrip('.'))}",
             ".SH SYNOPSIS", f".B {escaped(shown)}"]
    words = ["[\\fIoptions\\fR]"] if options else []
    words += ["\\fIsubcommand\\fR"] if subcommands else []
    for argument in positional:
        word = "\\fI" + escaped(argument["valueName"]) + "\\fR"
        word += " ..." if argument["isRepeating"] else ""
        words.append(f"[{word}]" if argument["isOptional"] else word)
    lines.append(" ".join(words) or "\\&")
    if command.get("discussion"):
        lines += [".SH DESCRIPTION", *paragraphs(command["discussion"])]
    if subcommands:
        lines.append(".SH SUBCOMMANDS")
        for sub in subcommands:
            lines += [".TP", f"\\fB{escaped(title + '-' + sub['commandName'])}\\fR(1)",
                      escaped(sub.get("abstract", ""))]
    if positional:
        lines += [".SH ARGUMENTS", *(line for a in positional for line in item(a))]
    if options:
        lines.append(".SH OPTIONS")
        section = None
        for argument in sorted(options, key=lambda a: a.get("sectionTitle") or ""):
            if argument.get("sectionTitle") != section:
                section = argument.get("sectionTitle")
                lines.append(f".SS {escaped(section)}")
            lines += item(argument)
    others = ["-".join([*parents])] if parents else []
    if others:
        lines += [".SH SEE ALSO", f"\\fB{escaped(others[0])}\\fR(1)"]
    return title, "\n".join(lines) + "\n"


def write(command, parents, version, folder):
    """Writes the page of a command and those of its subcommands; returns their number."""
    title, text = page(command, parents, version)
    (folder / f"{title}.1").write_text(text, encoding="utf-8")
    path = [*parents, command["commandName"]]
    return 1 + sum(write(sub, path, version, folder) for sub in command.get("subcommands", [])
                   if sub["commandName"] != "help")


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    folder = pathlib.Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)

    def ask(option):
        return subprocess.run([PROGRAM, option], check=True, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL).stdout

    description = json.loads(ask("--experimental-dump-help"))
    count = write(description["command"], [], ask("--version").strip(), folder)
    print(f"{count} pages in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
