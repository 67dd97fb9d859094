"""What the stand-ins of services.py know: a few records and registrations of documentation names, in
the shapes of the services, odd ones too (numbers as text, one object for a list of one)."""

NAME, ADDRESS = "www.example.com", "192.0.2.10"
# Records of WHOIS history: more than one page.
HISTORY = 130


def circl_rows():
    def row(name, kind, data):
        return {"count": 6, "origin": "https://pdns.example/", "time_first": 1496995637,
                "rrtype": kind, "rrname": name, "rdata": data, "time_last": 1499951111}
    return [row(NAME, "A", ADDRESS), row("example.com", "NS", "ns1.example.net"),
            row("mail.example.com", "A", ADDRESS)]


def lookup(parts, parameters):
    """The `response` of a path; None when nothing is known."""
    if parts[:2] == ["v1", "risk"]:
        return {"domain": parameters.get("domain"), "risk_score": 99, "components": [
            {"name": "blacklist", "risk_score": "99"}, {"name": "proximity", "risk_score": 12}]}
    if len(parts) < 3 or parts[0] != "v1" or parts[1] not in (NAME, "example.com", ADDRESS):
        return None
    subject, product = parts[1], "/".join(parts[2:])
    if product == "whois/parsed":
        return address_whois() if subject == ADDRESS else name_whois(subject)
    if product == "whois/history":
        return history(int(parameters.get("offset", 0)), int(parameters.get("limit", 100)))
    return {
        "host-domains": {"ip_addresses": {
            "ip_address": ADDRESS, "domain_count": "2", "domain_names": ["EXAMPLE.COM", "x.test"]}},
        "reverse-ip": {"ip_addresses": {
            "ip_address": ADDRESS, "domain_count": 2, "domain_names": ["example.com", "x.test"]}},
        "name-server-domains": {
            "name_server": {"hostname": "NS1.EXAMPLE.NET", "primary": 2, "secondary": "1",
                            "total": 3},
            "primary_domains": ["example.com", "example.org"], "secondary_domains": ["x.test"]},
        "hosting-history": {
            "domain_name": subject,
            "ip_history": [
                {"domain": subject, "pre_ip": None, "post_ip": ADDRESS, "action": "N",
                 "actiondate": "2018-05-06", "action_in_words": "New"},
                {"domain": subject, "pre_ip": ADDRESS, "post_ip": "", "action": "D",
                 "actiondate": "2018-06-06", "action_in_words": "Not Resolvable"}],
            "nameserver_history": [
                {"domain": subject, "pre_mns": "", "post_mns": "Search-ipok.info", "action": "N",
                 "actiondate": "2018-05-06", "action_in_words": "New"}],
            "registrar_history": [
                {"domain": subject, "date_created": "1997-09-15", "date_updated": "2002-10-03",
                 "date_expires": "2011-09-14", "date_lastchecked": "2005-07-19",
                 "registrar": "Example Registrar", "registrartag": ""}]},
    }.get(product)


def name_whois(subject):
    contact = {"name": "Ada", "org": "Example Inc.", "street": ["1 Road"], "city": "", "state": "",
               "postal": "", "country": "lu", "phone": "", "fax": "", "email": "ada@example.com"}
    return {"registrant": "Example Inc.",
            "registration": {"created": "1997-09-15", "expires": "2028-09-14",
                             "updated": "2019-09-09", "registrar": "Example Registrar",
                             "statuses": ["clientTransferProhibited"]},
            "name_servers": ["NS1.EXAMPLE.NET"],
            "whois": {"date": "2024-04-09", "record": f"Domain Name: {subject}\n"},
            "parsed_whois": {
                "domain": subject, "created_date": "1997-09-15T07:00:00+00:00",
                "updated_date": "", "expired_date": "", "statuses": [],
                "name_servers": ["ns1.example.net"],
                "registrar": {"name": "Example Registrar", "iana_id": "9999",
                              "abuse_contact_email": "abuse@example.net"},
                "contacts": {role: contact for role in ("registrant", "admin", "tech", "billing")},
                "other_properties": {}},
            "record_source": subject}


def address_whois():
    return {"registrant": "Example Inc.", "source": "RIPE",
            "whois": {"date": "2024-04-09", "record": "inetnum: 192.0.2.0 - 192.0.2.255\n"},
            "parsed_whois": {
                "networks": [{"id": "TEST-NET-1", "range": {
                    "from": "192.0.2.0", "to": "192.0.2.255", "cidr": ["192.0.2.0/24"],
                    "count": 256}, "asn": [64496], "name": "TEST-NET-1", "country": "lu",
                    "contact_keys": {"abuse": ["C1"]}}],
                "contacts": [{"id": "C1", "type": "person", "name": "Ada",
                              "email": ["abuse@example.com"], "abuse_mailbox": []}]},
            "record_source": ADDRESS}


def history(offset, limit):
    """Newest first, at most a hundred at a time."""
    entries = [{"date": f"20{20 - number // 12:02}-{12 - number % 12:02}-01",
                "is_private": number % 2, "whois": {
                    "registrant": "Example Inc.", "registration": {}, "name_servers": [],
                    "server": "whois.example.net", "record": f"record {number}"}}
               for number in range(HISTORY)]
    return {"record_count": HISTORY, "history": entries[offset:offset + min(limit, 100)]}
