"""What correct answers about the sample are, computed from its story and never by tidemark."""
import ipaddress

import harness  # noqa: F401  (puts Examples on the path)
import make_sample


def all_rows(parts=("pcap", "feed")):
    """Rows as harness.row_tuple makes them."""
    return [(name, rrtype, rdata, first, last, count)
            for (name, rrtype, rdata), (first, last, count) in make_sample.truth(parts).items()]


def names_in(rrtype, rdata):
    """Domain names inside an rdata text."""
    words = rdata.split()
    if rrtype in ("NS", "CNAME", "PTR"):
        return words[:1]
    if rrtype == "SOA":
        return words[:2]
    if rrtype in ("MX", "HTTPS"):
        return [word for word in words[1:2] if word != "."]
    return words[3:4] if rrtype == "SRV" else []


def is_below(name, zone):
    return name.endswith("." + zone)


def about_name(name):
    """Rows with `name` as owner or inside the rdata."""
    return [row for row in all_rows() if row[0] == name or name in names_in(row[1], row[2])]


def owned_below(zone):
    return [row for row in all_rows() if is_below(row[0], zone)]


def pointing_below(zone):
    return [row for row in all_rows()
            if any(is_below(name, zone) for name in names_in(row[1], row[2]))]


def about_network(network):
    """A and AAAA rows whose address lies in `network`; one address is a network, too."""
    network = ipaddress.ip_network(network)
    return [row for row in all_rows() if row[1] in ("A", "AAAA")
            and ipaddress.ip_address(row[2]) in network]
