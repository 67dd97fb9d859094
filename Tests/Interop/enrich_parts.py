"""What enrich.py works with: records, registrations, a proxy that writes down what it is asked, and
a server that answers as services do on bad days."""
import http.client
import http.server
import json
import pathlib
import select
import socket
import threading
import time

import harness
from harness import Server, must

DAY = 86_400
NOW = int(time.time())
NAME, ADDRESS = "www.example.com", "192.0.2.10"
BULK = 1_000

# Operation actions of operations.md section 2: what they are asked about here, and the tables of
# section 3 as title, columns and buttons.
RECORDS = ("Passive DNS Records",
           ["Record Name", "Record Type", "Record Data", "First Seen", "Last Seen", "Count"],
           ["Add Selected Indicators", "Add Selected Attributes"])
ATTRIBUTES = ("Relevant Attributes", ["Name", "Value"], ["Add Selected Attributes"])
DOMAINS = ["Add Selected Domains"]


def expected(component):
    """{(action, indicator): [(title, columns, buttons)]}"""
    return {
        ("ip-whois", ADDRESS): [
            ATTRIBUTES,
            ("Contacts", ["Contact", "Name", "Email Address"], ["Add Selected Attributes"])],
        ("fqdn-whois", "example.com"): [
            ATTRIBUTES, ("Name Servers", ["Name Server"], ["Add Selected Name Servers"]),
            ("Email Addresses", ["Email Address"], ["Add Selected Email Addresses"])],
        ("reverse-ip", ADDRESS): [
            ("Related Domains", ["Domain", "First Seen", "Last Seen"], DOMAINS)],
        ("reverse-ip", NAME): [
            ("Related IP Addresses", ["IP Address", "Domains On It"],
             ["Add Selected IP Addresses"]),
            (f"Domains on {ADDRESS}", ["Domain"], DOMAINS)],
        ("whois-history", "example.com"): [
            ("WHOIS Information Servers", ["WHOIS Information Server"], []),
            ("WHOIS Records", ["WHOIS History Date", "WHOIS Record"],
             ["Add Selected Attributes"])],
        ("reverse-name-server", "example.com"): [
            ("Primary Domains", ["Domain"], DOMAINS), ("Secondary Domains", ["Domain"], DOMAINS)],
        ("hosting-history", "example.com"): [
            ("IP Address History", ["Action Type", "Action", "Action Date"],
             ["Add Selected IP Addresses"]),
            ("Name Server History", ["WHOIS Action Type", "WHOIS Action", "Action Date"],
             ["Add Selected Name Servers"]),
            ("Registrar History",
             ["Registrar", "Created", "Updated", "Expires", "Last Checked"],
             ["Add Selected Attributes"])],
        ("risk", "kit.example.net"): [
            ("Risk Score", ["Risk Score"], ["Add Risk Score"]),
            ("Scoring Components", [component, "Risk Score"], ["Add Selected Attributes"])]}


PASSIVE = {("passive-dns", NAME): [RECORDS], ("passive-dns", ADDRESS): [RECORDS]}
# By operation; Tidemark's own has all of them.
WALK = {
    "tidemark": {**PASSIVE, **expected("Scoring Component")}, "circl": PASSIVE, "dnsdb": PASSIVE,
    "domaintools": expected("DomainTools Scoring Component")}


def records():
    def row(name, kind, data, first, last, count=5):
        return {"rrname": name, "rrtype": kind, "rdata": data, "time_first": NOW - first * DAY,
                "time_last": NOW - last * DAY, "count": count}
    rows = [
        row(NAME, "A", ADDRESS, 200, 5), row(NAME, "A", "192.0.2.11", 100, 2),
        row("example.com", "A", ADDRESS, 300, 120), row("example.com", "A", "192.0.2.12", 60, 3),
        row("shop.example.org", "A", ADDRESS, 90, 4), row("kit.example.net", "A", ADDRESS, 30, 1),
        row("example.com", "NS", "ns1.example.net", 300, 3),
        row("example.org", "NS", "ns1.example.net", 200, 3),
        row("example.com", "SOA",
            "ns1.example.net hostmaster.example.com 1 7200 3600 1209600 300", 300, 3),
        row("hostile.example.org", "TXT", '"\\027[31mred\\007"', 9, 1)]
    rows += [row(f"h{number}.example.org", "A", f"198.51.100.{number % 200 + 1}", 50, 1)
             for number in range(BULK)]
    return "".join(json.dumps(line) + "\n" for line in rows)


def history():
    """An answer of whois/history: two registrars of example.com."""
    def entry(date, registrar, created):
        record = (f"Domain Name: EXAMPLE.COM\nRegistrar: {registrar}\n"
                  f"Registrant Email: admin@example.com\nName Server: NS1.EXAMPLE.NET\n")
        return {"date": date, "is_private": 0, "whois": {
            "registrant": "Example Inc.", "name_servers": ["ns1.example.net"],
            "server": "whois.example.net", "record": record, "registration": {
                "created": created, "expires": "2035-01-01", "updated": "2024-02-01",
                "registrar": registrar, "statuses": ["ok"]}}}
    return json.dumps({"response": {"record_count": 2, "history": [
        entry("2025-05-06", "Second Registrar", "2020-01-01"),
        entry("2024-05-06", "First Registrar", "2020-01-01")]}})


def network(line):
    """The registration of the documentation network, made of an exported one of a domain."""
    found = json.loads(line)
    found["subject"] = "network 192.0.2.0 192.0.2.255"
    registration = found["registration"]
    registration["subject"] = {"network": {"first": "192.0.2.0", "last": "192.0.2.255"}}
    registration["network"] = {"name": "TEST-NET-1", "country": "ZZ", "prefixes": ["192.0.2.0/24"],
                               "origins": [64496], "descriptions": []}
    return json.dumps(found) + "\n"


def make_world(work, name):
    """A store with its library and lists; returns its path."""
    store = work / f"{name}.store"
    feed = work / f"{name}.ndjson"
    feed.write_text(records())
    must("import", "--store", store, "--format", "cof", feed)
    (work / "history.json").write_text(history())
    must("indicator", "import", "--store", store, "--format", "whois-history", "--of",
         "example.com", work / "history.json")
    exported = must("indicator", "export", "--store", store, "--format", "registrations").stdout
    (work / "network.ndjson").write_text(network(exported.splitlines()[0]))
    must("indicator", "import", "--store", store, "--format", "registrations",
         work / "network.ndjson")
    (work / "bad.txt").write_text("kit.example.net\n")
    must("lists", "add", "bad", work / "bad.txt", "--kind", "block", "--category", "phishing",
         "--store", store)
    return store


def shape(result):
    """[(title, columns, buttons)] of a result's tables."""
    return [(table["title"],
             [column["label"] for column in table["columns"] if not column.get("hidden")],
             [button["label"] for button in table["buttons"]]) for table in result["tables"]]


class LoggingProxy:
    """An HTTP proxy on loopback; `asked` has a line for each request."""

    def __enter__(self):
        proxy = self
        self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                proxy.asked.append(f"GET {self.path}")
                host, _, path = self.path.removeprefix("http://").partition("/")
                upstream = http.client.HTTPConnection(host, timeout=20)
                headers = {key: value for key, value in self.headers.items()
                           if not key.lower().startswith("proxy-")}
                upstream.request("GET", "/" + path, headers=headers)
                answer = upstream.getresponse()
                body = answer.read()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_CONNECT(self):
                proxy.asked.append(f"CONNECT {self.path}")
                host, _, port = self.path.rpartition(":")
                with socket.create_connection((host.strip("[]"), int(port)), 20) as upstream:
                    self.send_response(200)
                    self.end_headers()
                    relay(self.connection, upstream)
                self.close_connection = True

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def relay(one, other):
    while True:
        ready, _, _ = select.select([one, other], [], [], 20)
        if not ready:
            return
        for end in ready:
            octets = end.recv(65_536)
            if not octets:
                return
            (other if end is one else one).sendall(octets)


class BadDays:
    """A service whose next answer is `answer`: status, content type, body; `heads` has the
    headers of all requests."""

    def __enter__(self):
        days = self
        self.answer = (200, "application/json", b"")
        self.heads = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                days.heads.append((self.path, dict(self.headers)))
                status, kind, body = days.answer
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()
                # Answers that are read to their end only by those who have no bound.
                try:
                    self.wfile.write(body)
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class TLSServer(Server):
    """A server with a certificate that only its own authority vouches for."""

    def __init__(self, store, log, work):
        super().__init__(store, log, "--tls-certificate", work / "server.pem", "--tls-key",
                         work / "server.key")

    def __enter__(self):
        limit = time.monotonic() + harness.START_SECONDS_MAX
        while "serving" not in pathlib.Path(self.log.name).read_text():
            if time.monotonic() > limit or self.process.poll() is not None:
                raise SystemExit(pathlib.Path(self.log.name).read_text())
            time.sleep(0.05)
        return self
