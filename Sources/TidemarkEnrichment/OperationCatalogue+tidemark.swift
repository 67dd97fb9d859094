/// What Tidemark answers itself, of its own records, registrations and lists.
extension OperationCatalogue {
  /// The setting of ``tidemark`` that says whether registries may be asked.
  public static let registrationUse = "registration"
  /// The setting of ``tidemark`` that says how long registrations are kept, days.
  public static let registrationDays = "registration_days"

  /// The actions of ``circl`` and ``domainTools``, answered here: the same tables and buttons.
  public static let tidemark = Operation(
    id: "tidemark", displayName: "Tidemark",
    description: "Passive DNS, hosting, registration and risk out of what is stored here.",
    author: "Tidemark", version: "1.0.0", isEnabledAtFirst: true,
    parameters: [
      ParameterSpec(
        registrationUse, "Registrations", .choice(["snapshots", "live"]), standard: "snapshots",
        help: "snapshots: only what is kept here. live: asks registries, which see the question."),
      ParameterSpec(
        registrationDays, "Days to Keep Registrations", .integer(1...36_500),
        help: "Counted from when one was kept. Empty: without end."),
    ],
    actions: [
      passiveDNS.named("Query Passive DNS", heading: "Passive DNS of {indicator}"),
      reverseAddress.named("Reverse IP Lookup", heading: "Reverse IP Lookup for {indicator}"),
      risk("Scoring Component", heading: "Risk of {indicator}"),
      nameWhois.named("FQDN WHOIS", heading: "Registration of {indicator}"),
      whoisHistory.named("WHOIS History", heading: "Registrations of {indicator} over time"),
      hostingHistory.named("Hosting History", heading: "Hosting of {indicator} over time"),
      reverseNameServer.named(
        "Reverse Name Server Lookup", heading: "Names on the name servers of {indicator}"),
      addressWhois.named("IP Address WHOIS", heading: "Registration of the network of {indicator}"),
    ])

  /// Passive DNS of DNSDB, or of any server that speaks version 2 of its interface.
  public static let dnsdb = Operation(
    id: "dnsdb", displayName: "DNSDB",
    description: "Passive DNS records of DNSDB about the selected indicator.",
    author: "Tidemark", version: "1.0.0",
    parameters: [
      ParameterSpec(
        "host", "Hostname/IP Address of the DNSDB server", .host, isRequired: true,
        standard: "api.dnsdb.info", redirection: .anyOther,
        help: "The server, without scheme and path."),
      ParameterSpec(
        "port", "Communication Port", .integer(1...65_535), redirection: .anyOther,
        help: "Empty: 443, or 80 without TLS."),
      ParameterSpec(
        "api_key", "API Key", .secret, isRequired: true, help: "What the server gave you."),
      ParameterSpec(
        "use_http", "Use HTTP", .flag, standard: "false", redirection: .anyOther,
        help: "Sends the key and the question without encryption."),
    ],
    actions: [passiveDNS.named("Query DNSDB Passive DNS", heading: "Passive DNS of {indicator}")])
}

extension Action {
  /// The same question under another name.
  fileprivate func named(_ label: String, heading: String) -> Action {
    Action(
      id: id, label: label, accepts: accepts, description: description, heading: heading,
      tables: tables)
  }
}
