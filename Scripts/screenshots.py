#!/usr/bin/env python3
"""Photographs every page at 1440 and 390 pixels in both themes.

    .venv/bin/python Scripts/screenshots.py [--to FOLDER] [--keep] [PAGE]...

All pictures go to .build/screenshots; those that the documents show go to docs/pictures as well,
with fewer colours, unless --keep says that these stay as they are. `make screenshots` runs it.
"""
import pathlib
import sys
import tempfile

from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/Interop"))

import harness  # noqa: E402
import web_world  # noqa: E402
from harness import Server  # noqa: E402
from web_world import (BANK, FLUX, IDN, KIT_HOST, MARKET, NARROW, NAME_SERVER,  # noqa: E402
                       PHISH, WIDE, Desk, search)

PANEL = "panel.quickzone.example"

PICTURES = ROOT / "docs/pictures"
OCTETS_MAX = 200_000
SIZES = {"1440": WIDE, "390": NARROW}
TRAIL = f"{PHISH}~{KIT_HOST}"

PAGES = {
    "home": "/", "name": search(PHISH), "wildcard": search("*." + BANK),
    "address": search(KIT_HOST, trail=PHISH), "shared": search(MARKET),
    "name-server": search(NAME_SERVER, trail=TRAIL), "idn": search(IDN),
    "flux": search(FLUX, view="timeline"), "timeline": search(KIT_HOST, view="timeline"),
    "panel": search(PANEL, view="timeline"), "pivots": "/ui/pivots?q=" + PHISH,
    "graph": f"/ui/graph?q={PHISH}&expand={KIT_HOST}~{NAME_SERVER}",
    "bulk": "/ui/bulk", "bulk-done": "/ui/bulk",
    "indicators": "/ui/indicators", "indicator": "/ui/indicators/fqdn/" + PHISH,
    "result": "/ui/indicators/ipv4/" + KIT_HOST, "operations": "/ui/operations",
    "operation": "/ui/operations/circl", "service": "/ui/service", "help": "/ui/help",
    "sign-in": "/ui/sign-in", "refused": search("192.0.2.9-192.0.2.1")}

# What the documents show: page, size, theme.
SHOWN = {
    ("home", "1440", "light"), ("name", "1440", "light"), ("address", "1440", "light"),
    ("timeline", "1440", "light"), ("timeline", "1440", "dark"), ("graph", "1440", "light"),
    ("result", "1440", "light"), ("bulk-done", "1440", "light"), ("service", "1440", "dark"),
    ("name", "390", "dark")}

BULK = f"{PHISH}\nhxxps://secure-northbank[.]example/login\n{KIT_HOST}\nbad..name\nnone.example\n"


def prepare(desk, name):
    """What is done on a page before its picture is taken."""
    page = desk.page
    if name == "bulk-done":
        page.get_by_label("Values", exact=True).fill(BULK)
        page.get_by_role("button", name="Look up", exact=True).click()
        page.locator("#bulk-table tbody tr").nth(3).wait_for()
    elif name == "result":
        page.locator("form[action='/ui/run']").filter(
            has=page.locator("input[value='reverse-ip']")).first.get_by_role("button").click()
        page.wait_for_load_state("load")
        boxes = page.locator("tbody input[type=checkbox]")
        for number in range(min(boxes.count(), 3)):
            boxes.nth(number).check()
    desk.rest()
    page.mouse.move(0, 0)


def save(octets_path, target):
    """A picture with few colours, as small as documents want it."""
    picture = Image.open(octets_path).convert("RGB")
    for colours in (256, 128, 64, 32):
        reduced = picture.quantize(colours, method=Image.Quantize.MEDIANCUT,
                                   dither=Image.Dither.NONE)
        reduced.save(target, optimize=True)
        if target.stat().st_size <= OCTETS_MAX:
            return
    print(f"{target}: {target.stat().st_size} octets, more than {OCTETS_MAX}")


def photograph(browser, servers, wanted, folder, keeps):
    failed = []
    for theme in ("light", "dark"):
        for size, view in SIZES.items():
            for name in wanted:
                server = servers["closed" if name == "sign-in" else "open"]
                with Desk(browser, server, view=view, scheme=theme) as desk:
                    file = folder / f"{name}-{size}-{theme}.png"
                    try:
                        desk.open(PAGES[name])
                        prepare(desk, name)
                        desk.page.screenshot(path=file, full_page=size == "390",
                                             animations="disabled")
                    except Exception as error:  # The other pages are wanted all the same.
                        failed.append(file.name)
                        print(f"{file.name}: {str(error).splitlines()[0]}")
                        continue
                    if (name, size, theme) in SHOWN and not keeps:
                        save(file, PICTURES / file.name)
    return failed


def main(arguments):
    harness.need_program()
    folder, keeps = ROOT / ".build/screenshots", "--keep" in arguments
    if "--to" in arguments:
        place = arguments.index("--to")
        folder = pathlib.Path(arguments[place + 1])
        del arguments[place:place + 2]
    wanted = [a for a in arguments if not a.startswith("--")] or list(PAGES)
    if unknown := [name for name in wanted if name not in PAGES]:
        sys.exit(f"screenshots: no such page: {', '.join(unknown)}")
    folder.mkdir(parents=True, exist_ok=True)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tidemark-pictures-") as name:
        work = pathlib.Path(name)
        store, other = web_world.demo_store(work), harness.sample_store(work)
        with Server(store, work / "open.log") as opened, \
                Server(other, work / "closed.log", "--require-tokens") as closed, \
                web_world.chromium() as browser:
            failed = photograph(browser, {"open": opened, "closed": closed}, wanted, folder, keeps)
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}, "
          f"{len(list(PICTURES.glob('*.png')))} in {PICTURES}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
