#!/usr/bin/env python3
"""Real clients of DNSDB against a served sample: dnsdbq in both versions, and dnsdb2 of Python."""
import datetime
import json
import os
import shutil
import subprocess
from unittest import mock

import harness
import truth
from harness import EXAMPLES, Server, folder, must

FLUX, WWW, MIRROR = "login.bank.example.net", "www.example.com", "a.dns.example.org"
ADDRESS, NETWORK = "203.0.113.80", "198.51.100.0/24"
DNSSEC = {"DS", "RRSIG", "NSEC", "DNSKEY", "NSEC3", "NSEC3PARAM", "DLV", "CDS", "CDNSKEY", "TA"}


def undotted(text):
    """Names of DNSDB end in a dot, those of the story do not."""
    return " ".join(word if word == "." else word.rstrip(".") for word in text.split())


def flat(objects):
    """Rows of single rdata, merged over bailiwicks, as the story tells them."""
    found = {}
    for row in objects:
        rdata = row["rdata"] if isinstance(row["rdata"], list) else [row["rdata"]]
        for text in rdata:
            key = (undotted(row["rrname"]), row["rrtype"], undotted(text))
            first, last, count = found.get(key, (1 << 32, 0, 0))
            found[key] = (min(first, row["time_first"]), max(last, row["time_last"]),
                          count + row["count"])
    return [key + value for key, value in found.items()]


def story(keep):
    """Rows of the story that an `ANY` of DNSDB shows."""
    return [(name, rrtype, undotted(rdata), *rest)
            for name, rrtype, rdata, *rest in truth.all_rows()
            if rrtype not in DNSSEC and keep(name, rrtype, rdata)]


def owned(name):
    return story(lambda owner, rrtype, rdata: owner == name)


def below(zone):
    return story(lambda owner, rrtype, rdata: owner == zone or truth.is_below(owner, zone))


def pointing(name):
    return story(lambda owner, rrtype, rdata: name in truth.names_in(rrtype, rdata))


def in_network(network):
    rows = truth.about_network(network)
    return story(lambda *row: any(known[:3] == row for known in rows))


def wire(name):
    return "".join(f"{len(label):02x}{label.encode().hex()}" for label in name.split(".")) + "00"


class Dnsdbq:
    """The command line of Farsight, asking one server in one version."""

    def __init__(self, checks, server, version):
        self.checks, self.version = checks, version
        self.environment = {**os.environ, "DNSDB_SERVER": server.url,
                            "DNSDB_API_KEY": "testkey"}

    def run(self, *arguments, data=None):
        return subprocess.run(
            ["dnsdbq", "-u", self.version, *arguments], env=self.environment, text=True,
            capture_output=True, timeout=60, input=data if data is not None else "")

    def rows(self, *arguments, says="", data=None):
        """The rows it prints; what it says besides must be as expected."""
        done = self.run("-j", *arguments, data=data)
        label = f"dnsdbq -u {self.version} {' '.join(arguments)}"
        self.checks.that(f"{label}: exit status and messages", done.returncode == 0
                         and (says in done.stderr if says else not done.stderr),
                         (done.returncode, done.stderr))
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def same(self, wanted, *arguments, **options):
        label = f"dnsdbq -u {self.version} {' '.join(arguments)}"
        self.checks.same_rows(label, flat(self.rows(*arguments, **options)), wanted)


def lookup_checks(checks, server, version):
    """Every kind of look-up, in the form in which dnsdbq sends it."""
    client = Dnsdbq(checks, server, version)
    client.same(owned(FLUX), "-r", FLUX)
    client.same(owned(WWW), "-r", WWW.upper() + ".")
    client.same([row for row in owned(FLUX) if row[1] == "A"], "-r", f"{FLUX}/A")
    types = sorted({row[1] for row in owned(WWW)})[:2]
    client.same([row for row in owned(WWW) if row[1] in types], "-t", ",".join(types), "-r", WWW)
    client.same(below("bank.example.net"), "-r", "*.bank.example.net")
    client.same(story(lambda owner, *_: owner.endswith(".bank.example.net")
                      and owner.count(".") == 3), "-r", "+.bank.example.net")
    client.same(story(lambda owner, *_: owner.startswith("www.example.")), "-r",
                "www.example.*")
    client.same(owned(WWW), "-R", wire(WWW))
    client.same(pointing(MIRROR), "-n", MIRROR)
    client.same(in_network(ADDRESS), "-i", ADDRESS)
    client.same(in_network(NETWORK), "-i", NETWORK)
    client.same(in_network(NETWORK), "-i", NETWORK.replace("/", ","))
    client.same(in_network("2001:db8:66::/48"), "-i", "2001:db8:66::/48")
    client.same(in_network("198.51.100.0/28"), "-i", "198.51.100.0-198.51.100.15")
    octets = bytes(map(int, ADDRESS.split("."))).hex()
    client.same(in_network(ADDRESS), "-N", octets)
    client.same(in_network(ADDRESS), "-N", f"{octets}/A")
    for name in ("no.example.net", "2001:db8::1"):
        checks.equal(f"{version}: {name} is not found",
                     client.rows("-r", name, says="no results found for query"), [])
    done = client.run("-j", "-r", "a/b.example.com")
    checks.that(f"{version}: a type that is none", "no record type" in done.stderr, done.stderr)


def shape_checks(checks, server):
    """What only version 2 says."""
    client = Dnsdbq(checks, server, "dnsdb2")
    whole = client.rows("-r", FLUX)
    some = client.rows("-l", "3", "-r", FLUX)
    checks.equal("-l 3: the first rows", some, whole[:3])
    rest = client.rows("-l", "0", "-O", "3", "-r", FLUX)
    checks.equal("-O 3 -l 0: the others", rest, whole[3:])
    checks.equal("-l of exactly as many as there are",
                 client.rows("-l", str(len(whole)), "-r", FLUX), whole)
    middle = sorted(row["time_first"] for row in whole)[len(whole) // 2]
    when = datetime.datetime.fromtimestamp(middle, datetime.timezone.utc)
    text = when.strftime("%Y-%m-%d %H:%M:%S")
    checks.equal("-A: last seen at or after", client.rows("-A", text, "-r", FLUX),
                 [row for row in whole if row["time_last"] >= middle])
    checks.equal("-B: first seen at or before", client.rows("-B", text, "-r", FLUX),
                 [row for row in whole if row["time_first"] <= middle])
    checks.equal("-c -A: first seen at or after", client.rows("-c", "-A", text, "-r", FLUX),
                 [row for row in whole if row["time_first"] >= middle])
    checks.equal("-c -B: last seen at or before", client.rows("-c", "-B", text, "-r", FLUX),
                 [row for row in whole if row["time_last"] <= middle])
    checks.equal("-g: every row as it is", client.rows("-g", "-r", FLUX), whole)
    summary = client.rows("-V", "summarize", "-r", FLUX)
    checks.equal("-V summarize", summary, [{
        "count": sum(row["count"] for row in whole), "num_results": len(whole),
        "time_first": min(row["time_first"] for row in whole),
        "time_last": max(row["time_last"] for row in whole)}])
    checks.that("-V summarize -M stops", client.rows(
        "-V", "summarize", "-M", "1", "-r", FLUX, says="limit")[0]["num_results"] == 1)
    done = client.run("-I")
    checks.that("-I", all(word in done.stdout for word in (
        "limit: unlimited", "results_max: 1000000", "offset_max: 3000000")), done)
    batch = f"rrset/name/{FLUX}\nrrset/name/%77ww.example.com/A\nrdata/ip/{ADDRESS}\n"
    wanted = owned(FLUX) + [row for row in owned(WWW) if row[1] == "A"] + in_network(ADDRESS)
    checks.same_rows("-f: values encoded twice", flat(client.rows("-f", data=batch)),
                     list(dict.fromkeys(wanted)))


def library_checks(checks, server):
    """dnsdb2 1.2.0: refuses an answer without its first and last line."""
    import dnsdb2

    client = dnsdb2.Client("testkey", server=server.url)
    checks.equal("dnsdb2: ping", client.ping(), True)
    checks.equal("dnsdb2: rate_limit", client.rate_limit()["rate"]["limit"], "unlimited")
    whole = list(client.lookup_rrset(FLUX))
    checks.same_rows("dnsdb2: lookup_rrset", flat(whole), owned(FLUX))
    checks.same_rows("dnsdb2: a wildcard", flat(client.lookup_rrset("*.bank.example.net")),
                     below("bank.example.net"))
    checks.same_rows("dnsdb2: lookup_rdata_name", flat(client.lookup_rdata_name(MIRROR)),
                     pointing(MIRROR))
    checks.same_rows("dnsdb2: lookup_rdata_ip", flat(client.lookup_rdata_ip(NETWORK)),
                     in_network(NETWORK))
    checks.same_rows("dnsdb2: lookup_rdata_ip of IPv6",
                     flat(client.lookup_rdata_ip("2001:db8:66::/48")),
                     in_network("2001:db8:66::/48"))
    checks.equal("dnsdb2: nothing found", list(client.lookup_rrset("no.example.net")), [])
    checks.equal("dnsdb2: humantime", list(client.lookup_rrset(FLUX, humantime=True, limit=1,
                                                               ignore_limited=True))[0]
                 ["time_first"][-1], "Z")
    got = []
    try:
        got.extend(client.lookup_rrset(FLUX, limit=2))
    except dnsdb2.QueryLimited as error:
        checks.that("dnsdb2: limited", "Result limit reached" in str(error), error)
    else:
        checks.that("dnsdb2: limited", False)
    checks.equal("dnsdb2: limit_ignored", list(client.lookup_rrset(
        FLUX, limit=2, ignore_limited=True)), whole[:2])
    checks.equal("dnsdb2: a time before all", list(client.lookup_rrset(
        FLUX, time_last_before=5)), [])
    checks.equal("dnsdb2: relative time", list(client.lookup_rrset(
        FLUX, time_first_before=-1)), whole)
    checks.equal("dnsdb2: summarize", list(client.summarize_rrset(FLUX))[0]["num_results"],
                 len(whole))
    try:
        list(client.lookup_rrset(FLUX, offset=3_000_001))
        checks.that("dnsdb2: an offset too far", False)
    except dnsdb2.OffsetError as error:
        checks.that("dnsdb2: an offset too far", "Error: offset" in str(error), error)
    pattern_checks(checks, client)


def pattern_checks(checks, client):
    wanted = {(row[0] + ".", row[1]) for row in below("bank.example.net")}
    found = list(client.flex_rrnames_regex(r"bank\.example\.net\.$"))
    checks.equal("dnsdb2: flex_rrnames_regex",
                 {(row["rrname"], row["rrtype"]) for row in found}, wanted)
    checks.that("dnsdb2: flex rows are verbose", all("count" in row for row in found))
    found = list(client.flex_rrnames_glob("*.bank.example.net.", verbose=False))
    checks.equal("dnsdb2: flex_rrnames_glob, terse",
                 {tuple(row.items()) for row in found},
                 {(("rrname", name), ("rrtype", rrtype)) for name, rrtype in wanted
                  if name != "bank.example.net."})
    found = list(client.flex_rdata_regex(MIRROR.replace(".", r"\.")))
    checks.that("dnsdb2: flex_rdata_regex finds names", found and all(
        MIRROR in row["rdata"] and bytes.fromhex(row["raw_rdata"]) for row in found), found)
    for row in found:
        again = flat(client.lookup_rdata_raw(row["raw_rdata"], row["rrtype"]))
        checks.same_rows(f"dnsdb2: from raw_rdata of {row['rdata']} to its owners", again, [
            known for known in story(lambda *_: True)
            if known[1:3] == (row["rrtype"], undotted(row["rdata"]))])


def suite(checks):
    with folder() as work:
        store = work / "sample.store"
        must("import", "--store", store, "--format", "pcap", "--vantage", "client",
             EXAMPLES / "sample.pcap")
        must("import", "--store", store, "--format", "cof", "--vantage", "client",
             EXAMPLES / "partner-feed.ndjson")
        with Server(store, work / "serve.log") as server, mock.patch.dict(
                os.environ, {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}):
            if checks.that("dnsdbq is installed (make interop does it)",
                           shutil.which("dnsdbq")):
                lookup_checks(checks, server, "dnsdb2")
                lookup_checks(checks, server, "dnsdb1")
                shape_checks(checks, server)
            library_checks(checks, server)


if __name__ == "__main__":
    harness.main(suite)
