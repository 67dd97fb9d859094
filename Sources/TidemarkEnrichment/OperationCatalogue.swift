/// All operations that Tidemark knows: their settings, actions, tables and buttons. Sources fill
/// the tables.
public enum OperationCatalogue {
  /// All operations.
  public static let all = [tidemark, circl, domainTools, dnsdb]

  /// Passive DNS of CIRCL, or of any server that speaks as it does.
  public static let circl = Operation(
    id: "circl", displayName: "CIRCL Passive DNS",
    description: "Passive DNS records of CIRCL about the selected indicator.",
    author: "Tidemark", version: "1.0.0",
    parameters: [
      ParameterSpec(
        "host", "Hostname/IP Address of the CIRCL server", .host, isRequired: true,
        standard: "www.circl.lu", redirection: .anyOther,
        help: "The server, without scheme and path."),
      ParameterSpec(
        "port", "Communication Port", .integer(1...65_535), redirection: .anyOther,
        help: "Empty: 443, or 80 without TLS."),
      ParameterSpec(
        "token", "User Token", .secret, isRequired: true,
        help: "What the server gave you; user:password for Basic authentication."),
      ParameterSpec(
        "token_use", "Use of the User Token",
        .choice(["automatic", "authorization", "basic", "header"]), standard: "automatic",
        help: "automatic: Basic when the token has a colon, otherwise the Authorization header."),
      ParameterSpec(
        "token_header", "Header of the User Token", .string, standard: "X-API-Key",
        help: "The header that carries the token when its use is header."),
      ParameterSpec(
        "use_http", "Use HTTP", .flag, standard: "false", redirection: .anyOther,
        help: "Sends the token and the question without encryption."),
    ],
    actions: [passiveDNS])

  /// WHOIS, hosting and risk of DomainTools.
  public static let domainTools = Operation(
    id: "domaintools", displayName: "DomainTools",
    description: "Registration, hosting and risk of names and addresses by DomainTools.",
    author: "Tidemark", version: "1.0.0",
    parameters: [
      ParameterSpec(
        "api_username", "api_username", .string, isRequired: true,
        help: "The user name of your DomainTools account."),
      ParameterSpec(
        "api_key", "api_key", .secret, isRequired: true,
        help: "The API key of your DomainTools account."),
      ParameterSpec(
        "api_url", "API URL", .baseURL, standard: "https://api.domaintools.com",
        redirection: .anyOther,
        help: "Where the service is, with scheme and without path."),
    ],
    // In the order of the buttons; the action for addresses alone stands last.
    actions: [
      reverseAddress, risk("DomainTools Scoring Component", heading: "DomainTools Risk Lookup"),
      nameWhois, whoisHistory, hostingHistory, reverseNameServer,
      addressWhois,
    ])
}

/// CIRCL.
extension OperationCatalogue {
  /// Relations that a passive DNS record may stand for.
  static let recordRelations: Set<RelationKind> = [
    .resolvesTo, .nameServer, .mailExchanger, .alias,
  ]

  static let passiveDNS = Action(
    id: "passive-dns", label: "Query CIRCL Passive DNS",
    accepts: [.fqdn, .ipv4, .ipv6],
    description: "Passive DNS records that name the indicator on either side.",
    heading: "Passive DNS of {indicator}",
    tables: [
      TableSpec(
        "records", "Passive DNS Records",
        columns: [
          Column("rrname", "Record Name"), Column("rrtype", "Record Type"),
          Column("rdata", "Record Data"), Column("time_first", "First Seen", .date),
          Column("time_last", "Last Seen", .date), Column("count", "Count", .integer),
          Column("match", "Matched Side", isHidden: true),
        ],
        rules: [
          .indicatorOfRow(recordRelations),
          .attribute(AttributeRule("Resource Type", "rrtype")),
          .attribute(AttributeRule("Resource Data", "rdata")),
        ],
        buttons: [
          AddButton("Add Selected Indicators", .indicators(recordRelations)),
          AddButton("Add Selected Attributes", .attributes),
        ])
    ])
}
