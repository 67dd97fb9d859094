"""Inputs of lines and objects that are full of marked clients; each also has damaged ones."""
import ipaddress
import json
import time

from privacy_packets import DAMAGED, START, answer, owner

TYPES = {1: "A", 28: "AAAA"}


def facts(client, label):
    """Owner, type, rdata and time of the answer to a client."""
    rrtype, rdata = answer(client)
    return owner(client, label), TYPES[rrtype], str(ipaddress.ip_address(rdata)), \
        START + client.number % 60


def server(client):
    return "192.0.2.53" if client.is4 else "2001:db8:b::53"


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def iso(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def lines(clients, make):
    """A line for each client, and behind them lines that are cut in the middle, hold octets that
    are no text, or no JSON and no log."""
    found = [make(client) for client in clients]
    for client in clients[:DAMAGED]:
        whole = make(client)
        found += [whole[:len(whole) * 2 // 3], f"{client.text} {client.mac_text} \udcff"]
    return "".join(line + "\n" for line in found).encode("utf-8", "surrogateescape")


def passivedns(clients, label):
    def line(client):
        name, rrtype, rdata, at = facts(client, label)
        return (f"{at}.000005||{client.text}||{server(client)}||IN||{name}.||{rrtype}||{rdata}"
                "||300||1")
    return lines(clients, line)


def passivedns_json(clients, label):
    def line(client):
        name, rrtype, rdata, at = facts(client, label)
        return compact({"timestamp_s": at, "timestamp_ms": 5, "client": client.text,
                        "server": server(client), "class": "IN", "query": name + ".",
                        "type": rrtype, "answer": rdata, "ttl": 300, "count": 1})
    return lines(clients, line)


def eve_event(client, at, dns):
    """What all versions have around the answer: flow, Ethernet, metadata of the host."""
    return compact({
        "timestamp": iso(at) + ".000005+0000", "flow_id": int.from_bytes(client.cookie[:6], "big"),
        "in_iface": "eth0", "event_type": "dns", "src_ip": server(client), "src_port": 53,
        "dest_ip": client.text, "dest_port": client.port, "proto": "UDP",
        "community_id": f"1:{client.cookie.hex()}=",
        "ether": {"src_mac": "00:00:5e:00:53:01", "dest_mac": client.mac_text},
        "dns": dns, "host": "probe-1"})


def eve1(clients, label):
    def line(client):
        name, rrtype, rdata, at = facts(client, label)
        return eve_event(client, at, {"type": "answer", "id": client.number, "rcode": "NOERROR",
                                      "rrname": name, "rrtype": rrtype, "ttl": 300,
                                      "rdata": rdata})
    return lines(clients, line)


def eve2(clients, label):
    def line(client):
        name, rrtype, rdata, at = facts(client, label)
        return eve_event(client, at, {
            "version": 2, "type": "answer", "id": client.number, "flags": "8580", "qr": True,
            "rrname": name, "rrtype": rrtype, "rcode": "NOERROR",
            "answers": [{"rrname": name, "rrtype": rrtype, "ttl": 300, "rdata": rdata}],
            "grouped": {rrtype: [rdata]}})
    return lines(clients, line)


def eve3(clients, label):
    def line(client):
        name, rrtype, rdata, at = facts(client, label)
        opt = {"rrname": "", "rrtype": "OPT", "ttl": 0, "opt": [
            {"code": 8, "data": client.subnet.hex()}, {"code": 10, "data": client.cookie.hex()}]}
        return eve_event(client, at, {
            "version": 3, "type": "response", "id": client.number, "flags": "8580", "qr": True,
            "rcode": "NOERROR", "queries": [{"rrname": name, "rrtype": rrtype}],
            "answers": [{"rrname": name, "rrtype": rrtype, "ttl": 300, "rdata": rdata}],
            "additionals": [opt]})
    return lines(clients, line)


ZEEK_FIELDS = ("ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto trans_id rtt query qclass "
               "qclass_name qtype qtype_name rcode rcode_name AA TC RD RA Z answers TTLs "
               "rejected orig_l2_addr").split()


def zeek_row(client, label):
    name, rrtype, rdata, at = facts(client, label)
    return dict(zip(ZEEK_FIELDS, [
        float(at), "C" + client.cookie.hex(), client.text, client.port, server(client), 53, "udp",
        client.number, 0.001, name, 1, "C_INTERNET", 1 if rrtype == "A" else 28, rrtype, 0,
        "NOERROR", True, False, True, False, 0, [rdata], [300.0], False, client.mac_text],
        strict=True))


def zeek(clients, label):
    def cell(value):
        if isinstance(value, bool):
            return "T" if value else "F"
        return ",".join(map(str, value)) if isinstance(value, list) else str(value)

    head = ("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
            f"#path\tdns\n#fields\t{chr(9).join(ZEEK_FIELDS)}\n")
    return head.encode() + lines(clients, lambda client: "\t".join(
        map(cell, zeek_row(client, label).values())))


def zeek_json(clients, label):
    return lines(clients, lambda client: compact(zeek_row(client, label)))


def packetbeat(clients, label):
    def line(client):
        name, rrtype, rdata, at = facts(client, label)
        side = {"ip": client.text, "port": client.port, "mac": client.mac_text}
        return compact({
            "@timestamp": iso(at) + ".005Z", "type": "dns", "status": "OK", "client": side,
            "client_ip": client.text, "client_port": client.port, "source": side,
            "beat": {"hostname": client.text}, "server": {"ip": server(client), "port": 53},
            "resource": name, "dns": {
                "question": {"name": name, "type": rrtype, "class": "IN"},
                "response_code": "NOERROR", "id": client.number,
                "opt": {"version": "0", "ecs": client.subnet_text, "cookie": client.cookie.hex()},
                "answers": [{"name": name + ".", "data": rdata, "type": rrtype, "class": "IN",
                             "ttl": "300"}]}})
    return lines(clients, line)


def fever(clients, label):
    """Windows of fifty answers, with members of ours that hold marks."""
    def window(part):
        names = {}
        for client in part:
            name, rrtype, rdata, _ = facts(client, label)
            entry = {"answering_host": server(client), "rrtype": rrtype, "rdata": rdata,
                     "rcode": "NOERROR", "type": "answer", "count": 1, "client": client.text}
            names.setdefault(name, {"rdata": [], "clients": []})
            names[name]["rdata"].append(entry)
            names[name]["clients"].append(client.text)
        return compact({"timestamp_start": iso(START) + "+00:00",
                        "timestamp_end": iso(START + 60) + "+00:00", "dns": names,
                        "clients": {client.text: client.mac_text for client in part}})

    parts = [clients[at:at + 50] for at in range(0, len(clients), 50)]
    damaged = [f'{{"timestamp_start":"{client.text}","dns":{{"{client.text}"'
               for client in clients[:DAMAGED]]
    return "".join(text + "\n" for text in [*map(window, parts), *damaged]).encode()


def gopassivedns(clients, label):
    def line(client):
        name, rrtype, rdata, at = facts(client, label)
        return compact({
            "query_id": client.number, "rcode": 0, "q": name, "qtype": rrtype, "a": rdata,
            "atype": rrtype, "ttl": 300, "dst": client.text, "src": server(client),
            "tstamp": iso(at).replace("T", " ") + ".000005 +0000 UTC", "elapsed": 5,
            "sport": "53", "level": "", "bytes": 90, "protocol": "udp", "truncated": False,
            "aa": False, "rd": True, "ra": True})
    return lines(clients, line)


def nmsg_text(clients, label):
    def line(client):
        name, rrtype, rdata, at = facts(client, label)
        return compact({
            "time": iso(at).replace("T", " ") + ".000000005", "vname": "SIE", "mname": "dnsdedupe",
            "source": "a1ba02cf", "operator": client.text, "message": {
                "type": "EXPIRATION", "count": 1, "time_first": iso(at).replace("T", " "),
                "time_last": iso(at).replace("T", " "), "response_ip": server(client),
                "client_ip": client.text, "bailiwick": "example.net.", "rrname": name + ".",
                "rrclass": "IN", "rrtype": rrtype, "rrttl": 300, "rdata": [rdata]}})
    return lines(clients, line)


def cof(clients, label):
    """Members that the format does not know, before, between and behind those that it does."""
    def line(client):
        name, rrtype, rdata, at = facts(client, label)
        return compact({
            "client": client.text, "rrname": name, "x-ecs": [client.subnet_text],
            "rrtype": rrtype, "rdata": rdata, "x": {"mac": client.mac_text, "ports": [client.port]},
            "time_first": at, "time_last": at, "count": 1, "cookie": client.cookie.hex(),
            "client_raw": client.octets.hex()})
    return lines(clients, line)


def csv(clients, label):
    """A column that the layout does not name holds the client."""
    def line(client):
        name, rrtype, rdata, at = facts(client, label)
        return f'{at},"{client.text}, port {client.port}",{name},{rrtype},{rdata},{client.mac_text}'
    return lines(clients, line)


CSV_LAYOUT = "columns=time_last,-,rrname,rrtype,rdata,-"


def zone(clients, label):
    """Clients stand in comments only."""
    rows = ["$TTL 300", f"{label}.example.net. SOA ns.example.net. h.example.net. 1 2 3 4 5"]
    for client in clients:
        name, rrtype, rdata, _ = facts(client, label)
        if client.number < 500:
            rows.append(f"{name}. {rrtype} {rdata} ; {client.text} {client.mac_text}")
        else:
            rows.append(f"; {client.text} {client.cookie.hex()}")
    return "\n".join(rows).encode() + b"\n"
