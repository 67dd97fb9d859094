#!/usr/bin/env python3
"""TLS: versions and ciphers, and certificates that change while requests run."""
import signal
import socket
import ssl
import subprocess
import threading
import time

import gate
import harness
from harness import folder, run
from http_abuse import GOOD, Server, make_store, receive, status


def tls_context(authority, **options):
    context = ssl.create_default_context(cafile=authority)
    for name, value in options.items():
        setattr(context, name, value)
    return context


def handshake(server, context):
    """(version, cipher, protocol, serial number) of a connection, or the error's name."""
    try:
        with context.wrap_socket(server.connect(), server_hostname="localhost") as connection:
            connection.sendall(GOOD)
            if status(connection.recv(4096)) != 200:
                return "no answer"
            return (connection.version(), connection.cipher()[0],
                    connection.selected_alpn_protocol(),
                    connection.getpeercert()["serialNumber"])
    except (ssl.SSLError, OSError) as error:
        return type(error).__name__


def tls(checks, store, work):
    """Versions, ciphers and files."""
    authority = gate.make_authority(work, "authority")
    gate.server_context(work, authority)
    files = [work / "server.pem", work / "server.key"]
    with Server(store, work / "tls.log", "--tls-certificate", files[0], "--tls-key",
                files[1]) as server:
        context = tls_context(authority)
        context.set_alpn_protocols(["h2", "http/1.1"])
        first = handshake(server, context)
        checks.equal("TLS 1.3 with ALPN", (first[0], first[2]), ("TLSv1.3", "http/1.1"))
        old = tls_context(authority, maximum_version=ssl.TLSVersion.TLSv1_2)
        version, cipher, _, _ = handshake(server, old)
        checks.that(f"TLS 1.2 with {cipher}", version == "TLSv1.2"
                    and ("GCM" in cipher or "CHACHA20" in cipher))
        refused(checks, server, authority)
        plain = socket.create_connection(("127.0.0.1", server.port))
        plain.sendall(GOOD)
        checks.that("plain HTTP gets no answer", status(receive(plain)) is None)
        reloading(checks, server, work, authority, files, first[3])
    done = run("serve", "--store", store, "--listen", "127.0.0.1:0", "--tls-certificate",
               files[0], "--tls-key", work / "authority.key")
    checks.that("a key of another certificate is refused in one line",
                done.returncode == 1 and "not that of the certificate" in done.stderr
                and done.stderr.count("\n") == 1, done.stderr)


def refused(checks, server, authority):
    cbc = tls_context(authority, maximum_version=ssl.TLSVersion.TLSv1_2)
    cbc.set_ciphers("ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0")
    checks.that("TLS 1.2 without AEAD is refused", isinstance(handshake(server, cbc), str))
    old = subprocess.run(["openssl", "s_client", "-connect", server.address, "-tls1_1", "-cipher",
                          "ALL:@SECLEVEL=0"], stdin=subprocess.DEVNULL, capture_output=True,
                         text=True, timeout=30)
    checks.that("TLS 1.1 is refused", old.returncode != 0 and "alert" in old.stderr,
                old.stderr[-300:])


def reloading(checks, server, work, authority, files, serial):
    """New certificates are taken up while requests run; bad ones are not, and are named."""
    stop, done, lost = threading.Event(), [], []

    def ask(context):
        while not stop.is_set():
            found = handshake(server, context)
            (lost if isinstance(found, str) else done).append(found)

    # One connection stays open over all of it.
    context = tls_context(authority)
    stayer = context.wrap_socket(server.connect(), server_hostname="localhost")
    stayer.sendall(GOOD.replace(b"Connection: close\r\n", b""))
    stayer.recv(4096)
    threads = [threading.Thread(target=ask, args=(tls_context(authority),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    serials = {serial}

    def renew():
        gate.server_context(work, authority)

    def wait_for(what, condition, seconds=15):
        limit = time.monotonic() + seconds
        while not condition() and time.monotonic() < limit:
            time.sleep(0.05)
        checks.that(what, condition(), server.text()[-500:])

    def is_new():
        return bool(done) and done[-1][3] not in serials

    renew()
    server.process.send_signal(signal.SIGHUP)
    wait_for("SIGHUP takes a new certificate up", is_new)
    serials.add(done[-1][3])
    renew()
    wait_for("a change of the files is taken up by itself", is_new)
    good = files[0].read_bytes()
    files[0].write_text("no certificate\n")
    wait_for("a bad file is named", lambda: "server.pem" in server.text()
             and "stays as it was" in server.text())
    count = len(done)
    wait_for("and the old certificate serves on", lambda: len(done) > count + 20)
    files[0].write_bytes(good)
    stop.set()
    for thread in threads:
        thread.join()
    checks.equal(f"{len(done)} requests meanwhile: lost", lost, [])
    stayer.sendall(GOOD)
    checks.that("a connection of before is served on", b"HTTP/1.1 200" in receive(stayer))
    stayer.close()


def suite(checks):
    with folder() as work:
        tls(checks, make_store(work), work)


if __name__ == "__main__":
    harness.main(suite)
