#!/usr/bin/env python3
"""An analyzer of Cortex on cortexutils that asks a DNSDB 1 server as the stock analyzers for DNSDB
do: `<server>/lookup/…`, the key as X-Api-Key, one JSON object a line. Run by `cortex`.
"""
import datetime
import json
import urllib.error
import urllib.request

from cortexutils.analyzer import Analyzer

PATHS = {"domain_name": "rrset/name", "name_history": "rdata/name", "ip_history": "rdata/ip"}


def time_text(seconds):
    # Whole numbers, as the stock analyzers need them.
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat()


class LookupAnalyzer(Analyzer):
    def __init__(self):
        super().__init__()
        self.service = self.get_param("config.service", None, "the service is missing")
        self.server = self.get_param("config.server", None, "the server is missing")
        self.key = self.get_param("config.key", "")

    def summary(self, raw):
        text = f"{len(raw['records'])} records"
        return {"taxonomies": [self.build_taxonomy("info", "Farsight", "DNSDB", text)]}

    def run(self):
        value = self.get_data().replace("/", ",")
        request = urllib.request.Request(
            f"{self.server}/lookup/{PATHS[self.service]}/{value}",
            headers={"Accept": "application/json", "X-Api-Key": self.key})
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                lines = reply.read().decode().splitlines()
        except urllib.error.HTTPError as refusal:
            with refusal:
                self.error(f"{refusal.code} {refusal.read().decode().strip()}")
            return
        records = [json.loads(line) for line in lines]
        for record in records:
            for name in [name for name in record if name.endswith(("time_first", "time_last"))]:
                record[name] = time_text(record[name])
        self.report({"records": records})


if __name__ == "__main__":
    LookupAnalyzer().run()
