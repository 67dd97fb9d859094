"""What a crowd that streams costs somebody who asks small questions.

    crowd.py measure HOST:PORT NAMES PATH    look-ups of the names in a file, alone and while twenty
                                             callers stream PATH; prints percentiles
    crowd.py stream HOST:PORT PATH CALLERS   the crowd: streams PATH again and again until standard
                                             input ends, then prints `octets N seconds S`

Both sides are as cheap as Python can be: one thread, one `recv` for many chunks, nothing parsed.
The crowd runs at the lowest priority, so that what is measured is what it costs the server.
"""
import os
import pathlib
import re
import selectors
import socket
import subprocess
import sys
import time

PIECE = 1 << 18
# Small look-ups a second: far from what the server can do, so that none waits for another.
RATE = 400


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def request(path, host):
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def one(connection, wish):
    """Sends one request and reads its answer, which has a length. Returns its body's octets."""
    connection.sendall(wish)
    got = connection.recv(PIECE)
    while b"\r\n\r\n" not in got:
        got += connection.recv(PIECE)
    head, body = got.split(b"\r\n\r\n", 1)
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"crowd: {head!r}")
    left = int(re.search(rb"content-length: (\d+)", head, re.I)[1]) - len(body)
    while left > 0:
        left -= len(connection.recv(PIECE))
    return left


def small(address, paths, seconds):
    """Latencies of look-ups on one connection, seconds; one every 1/RATE seconds."""
    host, port = address.split(":")
    taken = []
    with socket.create_connection((host, int(port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wishes = [request(path, address) for path in paths]
        start = time.perf_counter()
        for number in range(int(seconds * RATE)):
            due = start + number / RATE
            if (wait := due - time.perf_counter()) > 0:
                time.sleep(wait)
            begin = time.perf_counter()
            one(connection, wishes[number % len(wishes)])
            taken.append(time.perf_counter() - begin)
    return taken


def stream(address, path, callers):
    """The crowd: a process of its own."""
    os.nice(19)
    host, port = address.split(":")
    ready, octets = selectors.DefaultSelector(), 0
    ready.register(sys.stdin, selectors.EVENT_READ)
    wish = request(path, address).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")

    def call():
        connection = socket.create_connection((host, int(port)))
        connection.sendall(wish)
        ready.register(connection, selectors.EVENT_READ)

    for _ in range(callers):
        call()
    start, buffer = time.monotonic(), bytearray(PIECE)
    while True:
        for key, _ in ready.select():
            if key.fileobj is sys.stdin:
                print(f"octets {octets} seconds {time.monotonic() - start:.3f}")
                return
            count = key.fileobj.recv_into(buffer)
            octets += count
            if count == 0:
                ready.unregister(key.fileobj)
                key.fileobj.close()
                call()


def compare(address, paths, path, callers, rounds, seconds=5):
    """Latencies alone and in the crowd, in turns.

    Returns {"alone": [...], "crowd": [...]} in seconds, and the crowd's octets a second.
    """
    taken, rates = {"alone": [], "crowd": []}, []
    small(address, paths, 1)
    for _ in range(rounds):
        taken["alone"] += small(address, paths, seconds)
        with subprocess.Popen([sys.executable, __file__, "stream", address, path, str(callers)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as crowd:
            small(address, paths, 1)
            taken["crowd"] += small(address, paths, seconds)
            text, _ = crowd.communicate("\n")
        octets, took = re.search(r"octets (\d+) seconds ([\d.]+)", text).groups()
        if int(octets) == 0:
            raise SystemExit("crowd: nothing was streamed")
        rates.append(int(octets) / float(took))
    return taken, percentile(rates, 0.5)


def measure(address, names, path):
    paths = ["/pdns/query/" + name for name in pathlib.Path(names).read_text().split()]
    taken, rate = compare(address, paths, path, 20, 3)
    for who, values in taken.items():
        print(who, *(f"p{share * 100:g} {percentile(values, share) * 1e6:.0f} µs"
                     for share in (0.5, 0.9, 0.99)))
    print(f"crowd {rate / 1e6:.1f} MB/s")


if __name__ == "__main__":
    if sys.argv[1] == "stream":
        stream(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        measure(*sys.argv[2:5])
