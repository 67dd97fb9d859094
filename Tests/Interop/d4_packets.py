"""D4 packets as sensors send them. Standard library only."""
import hmac
import ssl
import struct
import subprocess
import uuid

KEY = b"a-key-of-the-tests"
HEADER_OCTETS = 62
SNAPLEN = 4096


def sensor(number):
    """The UUID of a sensor of the tests, version 4."""
    return uuid.UUID(int=0x5E450000_0000_4000_8000_000000000000 + number)


def packet(payload, who, kind=8, key=KEY, version=1, time=1_700_000_000):
    head = bytes([version, kind]) + who.bytes + struct.pack("<Q", time)
    size = struct.pack("<I", len(payload))
    code = hmac.digest(key, head + bytes(32) + size + payload, "sha256")
    return head + code + size + payload


def stream(octets, who, kind=8, key=KEY, snaplen=SNAPLEN):
    """What a client sends that reads these octets from its standard input."""
    pieces = (octets[at:at + snaplen] for at in range(0, len(octets), snaplen))
    return b"".join(packet(piece, who, kind, key) for piece in pieces)


def line(name, address="192.0.2.1", count=1, time="1700000000.000001"):
    """A line of passivedns. The client's address must go nowhere."""
    return (f"{time}||198.51.100.7||192.0.2.53||IN||{name}.||A||{address}||300||{count}\n"
            ).encode()


def certificate(work):
    """A certificate for loopback that signs itself: (certificate, key)."""
    files = work / "d4.pem", work / "d4.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-keyout", files[1], "-out", files[0], "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    return files


def tls_context(certificate_file):
    context = ssl.create_default_context(cafile=certificate_file)
    context.check_hostname = True
    return context
