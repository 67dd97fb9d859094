"""Everything that the program wrote, taken apart as far as octets can be: files of a store, its log
of writes, every key and value, a spool and the rows that are packed in it.

Needs `ldb` (Debian: rocksdb-tools) and `zstd`.
"""
import re
import shutil
import struct
import subprocess


def journal(octets):
    """The contents of a RocksDB log: records of blocks of 32 KiB put together again."""
    contents = []
    for block in range(0, len(octets), 32_768):
        at, end = block, min(block + 32_768, len(octets))
        while at + 7 <= end:
            _, size, kind = struct.unpack_from("<IHB", octets, at)
            head = 11 if 5 <= kind <= 8 else 7
            if kind == 0:
                break
            contents.append(octets[at + head:at + head + size])
            at += head + size
    return b"".join(contents)


def column_families(store):
    done = subprocess.run(["ldb", f"--db={store}", "list_column_families"], capture_output=True,
                          text=True, check=True)
    return re.search(r"\{(.*)\}", done.stdout)[1].split(", ")


def dump(store, family):
    """Keys and values of a column family without compression, each followed by a line end."""
    done = subprocess.run(["ldb", f"--db={store}", f"--column_family={family}", "--hex", "scan"],
                          capture_output=True, text=True, check=True)
    found = []
    for line in done.stdout.splitlines():
        if match := re.match(r"0x([0-9A-F]*) (?:==>|:) 0x([0-9A-F]*)$", line):
            found += [bytes.fromhex(match[1]), bytes.fromhex(match[2])]
        elif line.startswith("0x"):
            raise SystemExit(f"ldb prints a line that is not understood: {line[:200]}")
    return b"\n".join(found) + b"\n", len(found) // 2


def unescaped(octets):
    """Labels of keys write octets 0 and 1 as two."""
    return octets.replace(b"\1\1", b"\0").replace(b"\1\2", b"\1")


def parts_of_store(store, work):
    """Yields (what, octets, is compressed) of everything in a store."""
    for path in sorted(store.rglob("*")):
        if not path.is_file():
            continue
        octets = path.read_bytes()
        if path.suffix == ".log":
            yield f"log of writes {path.name}", journal(octets), False
        else:
            yield f"file {path.name}", octets, path.suffix == ".sst"
    copy = work / "dumped.store"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(store, copy)
    for family in column_families(copy):
        octets, rows = dump(copy, family)
        yield f"family {family}, {rows} rows", octets, False
        yield f"family {family}, labels unescaped", unescaped(octets), False
    shutil.rmtree(copy)


def parts_of_spool(spool):
    """Yields the files of a spool, and the rows that are packed in its batches."""
    for path in sorted(spool.rglob("*")):
        if not path.is_file():
            continue
        octets = path.read_bytes()
        if path.suffix != ".batch":
            yield f"spool file {path.name}", octets, False
            continue
        index = len(octets) - 4 - struct.unpack(">I", octets[-4:])[0]
        # A batch may hold positions of sources and no rows.
        rows = subprocess.run(["zstd", "-dc"], input=octets[:index], capture_output=True,
                              check=True).stdout if index else b""
        yield f"spool batch {path.name}, packed", octets[:index], True
        yield f"spool batch {path.name}, index", octets[index:], False
        yield f"spool batch {path.name}, {rows.count(chr(10).encode())} rows", rows, False
