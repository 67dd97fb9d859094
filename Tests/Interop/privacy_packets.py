"""Inputs in binary formats that are full of marked clients: pcap, dnstap, NMSG, PowerDNS."""
import struct

# Servers and answers come from the ranges for documentation and hold no mark.
SERVER4, SERVER6 = bytes([192, 0, 2, 53]), bytes.fromhex("20010db8000b00000000000000000053")
SERVER_MAC = bytes.fromhex("00005e005301")
START = 1_760_000_000
HOSTS = 500
DAMAGED = 20


def wire(name):
    return b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\0"


def owner(client, label):
    return f"h{client.number % HOSTS}.{label}.example.net"


def answer(client):
    """(type, rdata) that a client gets; the same for all that ask for one name."""
    host = client.number % HOSTS
    if host % 2:
        return 28, bytes.fromhex("20010db8000a0000") + struct.pack(">Q", host)
    return 1, bytes([203, 0, 113, host % 250 + 1])


def query(client, label, flags=0x0100):
    rrtype, _ = answer(client)
    return (struct.pack(">6H", client.number, flags, 1, 0, 0, 1) + wire(owner(client, label))
            + struct.pack(">HH", rrtype, 1) + client.edns(is_response=False))


def response(client, label, flags=0x8580, answers=1):
    """An answer of one record; `answers` says how many the header announces."""
    rrtype, rdata = answer(client)
    return (struct.pack(">6H", client.number, flags, 1, answers, 0, 1)
            + wire(owner(client, label)) + struct.pack(">HH", rrtype, 1)
            + b"\xc0\x0c" + struct.pack(">HHIH", rrtype, 1, 300, len(rdata)) + rdata
            + client.edns(is_response=True))


def damaged(client, label):
    """A response that announces more than it has: its OPT record is read as the second answer."""
    return response(client, label, answers=9)


# Packets


def ones_sum(octets):
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(client, protocol, segment, from_client):
    """Ethernet and IP around a segment whose checksum, at its usual place, is still zero."""
    server = SERVER4 if client.is4 else SERVER6
    ends = (client.octets, server) if from_client else (server, client.octets)
    macs = SERVER_MAC + client.mac if from_client else client.mac + SERVER_MAC
    pseudo = b"".join(ends) + struct.pack(">HH", protocol, len(segment))
    at = 6 if protocol == 17 else 16
    segment = (segment[:at] + struct.pack(">H", ones_sum(pseudo + segment) or 0xFFFF)
               + segment[at + 2:])
    if not client.is4:
        return (macs + b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(segment), protocol, 64)
                + b"".join(ends) + segment)
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), client.number, 0, 64, protocol, 0)
    check = ones_sum(head + b"".join(ends))
    return macs + b"\x08\0" + head[:10] + struct.pack(">H", check) + b"".join(ends) + segment


def udp(client, message, from_client):
    ports = (client.port, 53) if from_client else (53, client.port)
    return frame(client, 17, struct.pack(">HHHH", *ports, 8 + len(message), 0) + message,
                 from_client)


def tcp(client, number, other, flags, data, from_client):
    ports = (client.port, 53) if from_client else (53, client.port)
    head = struct.pack(">HHIIBBHHH", *ports, number, other, 5 << 4, flags, 8_192, 0, 0)
    return frame(client, 6, head + data, from_client)


def conversation(client, label, is_recursive):
    """The frames of one question and its answer; every fiftieth pair of clients uses TCP."""
    asked = query(client, label, 0x0100 if is_recursive else 0)
    answered = response(client, label, 0x8580 if is_recursive else 0x8400)
    if client.number % 100 > 1:
        return [udp(client, asked, True), udp(client, answered, False)]
    asked, answered = (struct.pack(">H", len(octets)) + octets for octets in (asked, answered))
    return [tcp(client, 100, 0, 0x02, b"", True), tcp(client, 900, 101, 0x12, b"", False),
            tcp(client, 101, 901, 0x18, asked, True),
            tcp(client, 901, 101 + len(asked), 0x18, answered, False),
            tcp(client, 101 + len(asked), 901 + len(answered), 0x11, b"", True)]


def unreachable(client, label):
    """A server complains to a client and quotes its question (RFC 792)."""
    quoted = udp(client, query(client, label), True)[14:]
    icmp = b"\x03\x03\0\0\0\0\0\0" + quoted
    icmp = icmp[:2] + struct.pack(">H", ones_sum(icmp)) + icmp[4:]
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(icmp), 1, 0, 64, 1, 0) + SERVER4
    return client.mac + SERVER_MAC + b"\x08\0" + head + client.octets + icmp


def pcap(clients, label, is_recursive=True):
    """A capture: conversations, then what is damaged, unasked for, cut or about an error. Above a
    resolver questions do not desire recursion."""
    frames = [octets for client in clients
              for octets in conversation(client, label, is_recursive)]
    some = clients[:DAMAGED]
    for client in some:
        frames += [udp(client, query(client, label), True),
                   udp(client, damaged(client, label), False),
                   udp(client, response(client, label), False)[:-9]]
    frames += [udp(client, response(client, label), False) for client in clients[-DAMAGED:]]
    frames += [unreachable(client, label) for client in some if client.is4]
    file = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1)
    records = [file]
    for number, octets in enumerate(frames):
        records.append(struct.pack("<IIII", START + number // 1_000, number % 1_000 * 1_000,
                                   len(octets), len(octets)) + octets)
    return b"".join(records)


# Protocol buffers


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def field(number, value):
    """A protocol buffers field: octets, or a number."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value)


def fixed32(number, value):
    return varint(number << 3 | 5) + struct.pack("<I", value)


RESOLVER, CLIENT = 4, 6


def dnstap_message(client, kind, message, asked=b""):
    server = SERVER4 if client.is4 else SERVER6
    body = field(1, kind) + field(2, 1 if client.is4 else 2) + field(3, 1)
    body += field(4, client.octets) + field(5, server) + field(6, client.port) + field(7, 53)
    body += field(8, START) + fixed32(9, client.number) + field(10, asked)
    if kind == RESOLVER:
        body += field(11, wire("example.net"))
    body += field(12, START + client.number % 60) + fixed32(13, 9) + field(14, message)
    return (field(1, b"ns1.example.net") + field(2, b"server 1")
            + field(3, b"client " + client.text.encode()) + field(14, body) + field(15, 1))


def control(kind, name=b"protobuf:dnstap.Dnstap"):
    body = struct.pack(">I", kind) + (struct.pack(">II", 1, len(name)) + name if name else b"")
    return struct.pack(">II", 0, len(body)) + body


def dnstap(clients, label, kind):
    """A stream, with frames that cannot be read: damaged inside, no protocol buffers, cut."""
    flags = 0x8400 if kind == RESOLVER else 0x8180
    payloads = [dnstap_message(client, kind, response(client, label, flags), query(client, label))
                for client in clients]
    for client in clients[:DAMAGED]:
        payloads.append(dnstap_message(client, kind, damaged(client, label)))
        payloads.append(b"\x0a\xff" + client.octets + client.text.encode())
    frames = b"".join(struct.pack(">I", len(payload)) + payload for payload in payloads)
    return control(2) + frames + control(3, b"")


def nmsg(clients, label):
    """Containers of 100 payloads: dnsqr with packets, dnsobs, and dnstap by turns."""
    def payload(client):
        raw = [udp(client, octets, asks)[14:] for octets, asks in (
            (query(client, label), True), (response(client, label), False))]
        if client.number % 4 < 2:
            server = SERVER4 if client.is4 else SERVER6
            body = (field(1, 1) + field(2, client.octets) + field(3, server) + field(4, 17)
                    + field(5, client.port) + field(6, 53) + field(7, client.number)
                    + field(12, raw[0]) + field(13, START) + fixed32(14, 5) + field(15, raw[1])
                    + field(16, START) + fixed32(17, 6) + field(21, 3))
            return 9, body
        message = response(client, label, 0x8400)
        return 13, dnstap_message(client, RESOLVER, message, query(client, label))

    def container(part, broken=()):
        body = b""
        for client in part:
            kind, octets = payload(client)
            body += field(1, field(1, 1) + field(2, kind) + field(3, START) + fixed32(4, 7)
                          + field(5, octets) + field(7, 0xA1BA02CF))
        for client in broken:
            body += field(1, field(1, 1) + field(2, 9) + field(3, START) + fixed32(4, 7)
                          + field(5, b"\x0a\xff" + client.octets))
        return b"NMSG" + struct.pack(">BBI", 0, 2, len(body)) + body

    whole = b"".join(container(clients[at:at + 100]) for at in range(0, len(clients), 100))
    return whole + container([], clients[:DAMAGED])


def powerdns(clients, label):
    """Messages with length in front: `from`, subnet, requestor, device and tags are marked."""
    def message(client):
        rrtype, rdata = answer(client)
        record = (field(1, owner(client, label).encode() + b".") + field(2, rrtype) + field(3, 1)
                  + field(4, 300) + field(5, rdata))
        question = field(1, owner(client, label).encode() + b".") + field(2, rrtype) + field(3, 1)
        reply = field(1, 0) + field(2, record) + field(4, b"client-" + client.text.encode())
        meta = field(1, b"client") + field(2, field(1, client.text.encode()))
        return (field(1, 2) + field(2, bytes(8) + client.cookie) + field(3, b"rec1")
                + field(4, 1 if client.is4 else 2) + field(5, 1) + field(6, client.octets)
                + field(7, SERVER4 if client.is4 else SERVER6) + field(8, 90)
                + field(9, START + client.number % 60) + field(10, 5) + field(11, client.number)
                + field(12, question) + field(13, reply) + field(14, client.octets)
                + field(15, client.text.encode()) + field(17, client.mac)
                + field(19, client.mac_text.encode()) + field(20, client.port) + field(21, 53)
                + field(22, meta))

    messages = [message(client) for client in clients]
    messages += [b"\x0a\xff" + client.octets + client.text.encode() for client in clients[:DAMAGED]]
    return b"".join(struct.pack(">H", len(octets)) + octets for octets in messages)
