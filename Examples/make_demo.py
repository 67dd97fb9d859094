#!/usr/bin/env python3
"""Writes the records of the demo store as COF lines, the same for the same last day.

    make_demo.py [--until 2026-11-14] [FILE]      (standard output without FILE)

`--until` moves the whole story: two years that end on that day (`yesterday` is understood, `make
run` says it). Python 3.9 or newer, standard library only. Names are below .example, addresses
those of documentation (RFC 2606, RFC 5737, RFC 3849), but for two private ones.

  * northbank.example is a bank: steady for two years, but for a new mail host.
  * Fourteen look-alike domains come in four waves. Each is registered, parked for some days on
    203.0.113.200, sent to the kit's host of its wave, and ends at a sinkhole, 192.0.2.66. All have
    the name servers of quickzone.example, its mail host and one verification text.
  * One look-alike, pay.northbank-verify.example, is fast flux.
  * The kit's second host was quiet for eight months and is back: a gap in its days.
  * 203.0.113.80 is shared hosting, where one more look-alike hides; edge.fastlane.example is an
    edge of many sites, *.wild.example a wildcard; a hundred and forty organisations are what else a
    resolver sees.
"""
import calendar
import datetime
import hashlib
import json
import sys

DAY = 86_400
STANDARD_UNTIL = "2026-11-14"
YEARS_DAYS = 730
SENSORS = ["isp-east", "office-1", "university"]
PARKING, SINKHOLE, MARKET = "203.0.113.200", "192.0.2.66", "203.0.113.80"
# The hosts of the kit by wave, and the days before the end on which the waves begin.
KIT_HOSTS = ["198.51.100.23", "198.51.100.77", "203.0.113.41", "198.51.100.77"]
WAVES = [560, 390, 210, 62]
TOKEN = '"zone-verification=7f3a91c0d2e84b55"'


def dice(*parts):
    """A number that depends on nothing but its arguments."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big")


def ace(label):
    """A label as it is on the wire."""
    return label if label.isascii() else "xn--" + label.encode("punycode").decode()


# Look-alikes by wave; some with a letter of another script or with an accent.
LOOK_ALIKES = [
    ["northbank-login", "secure-northbank", "n\u00f6rthbank"],
    ["northbank-id", "my-northbank", "northbank-service", "northb\u00e4nk"],
    ["northbank-verify", "northbank-online", "n\u043erthbank"],
    ["login-northbank", "northbank-help", "northb\u0430nk", "northbank-app"]]


class Story:
    """Rows in the order in which they are told; days count back from the end."""

    def __init__(self, until):
        self.end = until
        self.rows = []

    def seen(self, name, rrtype, rdata, first, last, every=1, gaps=(), count=None):
        """A record that was seen from `first` to `last` days before the end, about every `every`
        days, and on no day of the `gaps`: pairs of days before the end."""
        days = [day for day in range(first, last - 1, -1)
                if (day in (first, last) or dice(name, rrtype, rdata, day) % every == 0)
                and not any(start >= day > stop for start, stop in gaps)]
        if not days:
            return
        number = dice("sensors", name, rrtype, rdata)
        moment = number % (DAY - 3_600)
        row = {"rrname": name, "rrtype": rrtype, "rdata": rdata,
               "count": count or len(days) * (1 + number % 7) + number % 5,
               "time_first": self.end - days[0] * DAY + moment,
               "time_last": self.end - days[-1] * DAY + moment + 3_599,
               "sensors": sorted({SENSORS[number % 3], SENSORS[number // 7 % 3]})}
        if len(days) > 2:
            row["days"] = [self.day(day) for day in days]
        self.rows.append(row)

    def day(self, before):
        time = datetime.datetime.fromtimestamp(self.end - before * DAY, datetime.timezone.utc)
        return f"{time:%Y-%m-%d}"

    def zone(self, name, servers, first, last, every=9, contact="hostmaster"):
        """Name servers and SOA."""
        for server in servers:
            self.seen(name, "NS", server, first, last, every)
        serial = self.day(first).replace("-", "") + "01"
        self.seen(name, "SOA", f"{servers[0]} {contact}.{name} {serial} 7200 3600 1209600 300",
                  first, last, every * 3)


def bank(story):
    name, begin = "northbank.example", YEARS_DAYS
    story.zone(name, ["a.dns-harbour.example", "b.dns-harbour.example"], begin, 0, 4)
    story.seen(name, "A", "192.0.2.10", begin, 0, 2)
    story.seen(f"www.{name}", "A", "192.0.2.10", begin, 0, 1, count=48_211)
    story.seen(f"www.{name}", "A", "192.0.2.11", 300, 0, 1, count=20_377)
    story.seen(f"www.{name}", "AAAA", "2001:db8:10::10", begin, 0, 2)
    story.seen(f"www.{name}", "HTTPS", '1 . alpn="h2,h3" ipv4hint=192.0.2.10', 420, 0, 3)
    story.seen(f"login.{name}", "CNAME", f"www.{name}", begin, 0, 2)
    story.seen(f"intranet.{name}", "A", "10.20.0.5", 200, 12, 6)
    story.seen(f"vpn.{name}", "A", "192.168.40.1", 90, 3, 11)
    story.seen(name, "MX", "10 mx1.mailquay.example", begin, 231, 5)
    story.seen(name, "MX", "10 mx2.mailquay.example", 230, 0, 5)
    story.seen(name, "TXT", '"v=spf1 mx include:_spf.mailquay.example -all"', begin, 0, 7)
    story.seen(f"_dmarc.{name}", "TXT", f'"v=DMARC1; p=reject; rua=mailto:dmarc@{name}"',
               500, 0, 12)
    story.seen(name, "CAA", '0 issue "ca.example"', 600, 1, 30)
    story.seen("10.2.0.192.in-addr.arpa", "PTR", f"www.{name}", begin, 2, 20)
    story.seen(f"_imaps._tcp.{name}", "SRV", f"0 1 993 mail.{name}", 400, 5, 15)
    for host, address in (("mx1", 25), ("mx2", 26), ("_spf", 27)):
        story.seen(f"{host}.mailquay.example", "A", f"192.0.2.{address}", begin, 0, 3)
    story.seen("_dns.resolver.example", "SVCB",
               '1 dot.resolver.example. alpn="dot" ipv4hint=192.0.2.53', 250, 0, 8)


def look_alikes(story):
    """Registered, parked, used, seized."""
    for wave, labels in enumerate(LOOK_ALIKES):
        host = KIT_HOSTS[wave]
        for place, label in enumerate(labels):
            name = f"{ace(label)}.example"
            begin = WAVES[wave] - place * 5
            used = begin - 4 - dice("parked", name) % 6
            end = max(used - 20 - dice("used", name) % 30, 0)
            story.seen(name, "NS", "ns1.cheapreg.example", begin, used, 2)
            story.seen(name, "A", PARKING, begin, used, 1)
            story.zone(name, ["ns1.quickzone.example", "ns2.quickzone.example"], used, end, 2,
                       "ops")
            for owner in (name, f"www.{name}", f"login.{name}"):
                story.seen(owner, "A", host, used, end, 1 + place % 2)
            story.seen(name, "MX", "10 mail.quickzone.example", used - 1, end, 3)
            story.seen(name, "TXT", TOKEN, used - 1, used - 6, 2)
            if end > 8:
                last = max(end - 120, 0)
                story.seen(name, "A", SINKHOLE, end - 1, last, 5)
                story.seen(name, "NS", "ns1.sinkhole.example", end - 1, last, 6)


def kit(story):
    """What the look-alikes have in common."""
    quiet = [(389 - 60, 75)]
    story.seen("panel.quickzone.example", "A", KIT_HOSTS[0], 562, 500, 2)
    story.seen("panel.quickzone.example", "A", KIT_HOSTS[1], 395, 0, 2, quiet)
    for number, address in ((1, "198.51.100.7"), (2, "203.0.113.7")):
        story.seen(f"ns{number}.quickzone.example", "A", address, 570, 0, 3)
    story.seen("mail.quickzone.example", "A", "198.51.100.8", 565, 0, 4)
    story.zone("quickzone.example", ["ns1.quickzone.example", "ns2.quickzone.example"], 570, 0, 6)
    name = "pay.northbank-verify.example"
    for step in range(180):
        address = f"198.51.100.{100 + (step * 37) % 150}" if step % 3 else \
            f"203.0.113.{1 + (step * 53) % 190}"
        day = 196 - step // 9
        story.seen(name, "A", address, day, day - dice("flux", step) % 2, 1)
    for step in range(12):
        story.seen(name, "AAAA", f"2001:db8:66::{step + 1:x}", 195 - step, 194 - step, 1)


def crowds(story):
    """Many names on one thing: shops, parked names, an edge, a wildcard."""
    for shop in range(1, 301):
        name = f"shop{shop:03d}.example"
        first = 40 + dice("shop", shop) % 680
        story.seen(name, "A", MARKET, first, dice("shop end", shop) % 40, 14)
    story.seen("account-northbank.example", "A", MARKET, 48, 39, 1)
    story.seen("account-northbank.example", "MX", "10 mail.quickzone.example", 48, 40, 2)
    for number in range(1, 151):
        name = f"parked{number:03d}.example"
        first = 5 + dice("parking", number) % 700
        story.seen(name, "A", PARKING, first, max(first - dice("lease", number) % 365, 0), 20)
        story.seen(name, "NS", "ns1.cheapreg.example", first, max(first - 300, 0), 40)
    for site in range(1, 61):
        story.seen(f"www.site{site:02d}.example", "CNAME", "edge.fastlane.example",
                   60 + dice("site", site) % 600, dice("site end", site) % 20, 10)
    for number in range(24):
        story.seen("edge.fastlane.example", "A", f"192.0.2.{120 + number}", 700 - number * 9,
                   number % 5, 6)
    story.seen("*.wild.example", "A", "198.51.100.14", 320, 4, 30)
    for number in range(180):
        label = f"{dice('wild', number) % 36 ** 6:06x}"
        day = 10 + dice("wild day", number) % 300
        story.seen(f"{label}.wild.example", "A", "198.51.100.14", day, day, 1)


def organisations(story):
    """What else a resolver sees."""
    for number in range(1, 141):
        name = f"org{number:03d}.example"
        first = 60 + dice("org", number) % 660
        last = dice("org end", number) % 6
        address = f"192.0.2.{150 + number % 90}"
        harbour = "dns-harbour.example" if number % 3 else "zonework.example"
        story.zone(name, [f"a.{harbour}", f"b.{harbour}"], first, last, 25)
        story.seen(name, "A", address, first, last, 12)
        story.seen(f"www.{name}", "A", address, first, last, 6)
        story.seen(name, "MX", "10 mx1.mailquay.example", first, max(last, 231), 40)
        if number % 2:
            story.seen(f"www.{name}", "AAAA", f"2001:db8:20::{number:x}", first, last, 9)
            story.seen(name, "TXT", '"v=spf1 include:_spf.mailquay.example -all"', first, last, 50)
        if number % 5 == 0:
            moved = f"198.51.100.{number}"
            story.seen(f"shop.{name}", "A", moved, first // 2 + 30, last, 8)


def lines(until):
    """The story's rows as COF, in the order of their last times."""
    story = Story(until)
    for part in (bank, look_alikes, kit, crowds, organisations):
        part(story)
    for row in sorted(story.rows, key=lambda row: (row["time_last"], json.dumps(row))):
        yield json.dumps(row, separators=(",", ":")) + "\n"


def main(arguments):
    until = STANDARD_UNTIL
    if arguments[:1] == ["--until"] and len(arguments) > 1:
        until, arguments = arguments[1], arguments[2:]
    if until == "yesterday":
        now = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
        until = f"{now:%Y-%m-%d}"
    if len(arguments) > 1 or any(a.startswith("-") for a in arguments):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        end = calendar.timegm(datetime.date.fromisoformat(until).timetuple())
    except ValueError:
        print(f"make_demo.py: {until} is not a day such as {STANDARD_UNTIL}", file=sys.stderr)
        return 2
    text = "".join(lines(end))
    if arguments:
        with open(arguments[0], "w", encoding="ascii") as file:
            file.write(text)
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
