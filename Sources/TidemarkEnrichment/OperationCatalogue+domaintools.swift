/// The seven actions of DomainTools. Titles, columns and buttons are those of its guide where the
/// guide shows them.
extension OperationCatalogue {
  private static let addAttributes = AddButton("Add Selected Attributes", .attributes)

  /// Names and values, each row an attribute.
  private static let relevantAttributes = TableSpec(
    "attributes", "Relevant Attributes",
    columns: [Column("name", "Name"), Column("value", "Value", .blob)],
    rules: [.attribute(AttributeRule(.cell("name"), .cell("value")))],
    buttons: [addAttributes])

  /// A column of names, each row a further indicator.
  private static func domains(
    _ id: String, _ title: String, isRepeated: Bool = false, further: [Column] = [],
    _ relation: RelationKind, isIncoming: Bool = false
  ) -> TableSpec {
    TableSpec(
      id, title, isRepeated: isRepeated,
      columns: [Column("domain", "Domain", .indicator([.fqdn]))] + further,
      rules: [
        .indicator(column: "domain", relation, isIncoming: isIncoming, attributes: [])
      ],
      buttons: [AddButton("Add Selected Domains", .indicators([relation]))])
  }

  static let reverseAddress = Action(
    id: "reverse-ip", label: "Reverse IP Lookup", accepts: [.fqdn, .ipv4, .ipv6],
    description: "The addresses of a name and the names on them; the names on an address.",
    heading: "Reverse IP Lookup for {indicator}",
    tables: [
      domains(
        "domains", "Related Domains",
        further: [
          Column("first_seen", "First Seen", .date), Column("last_seen", "Last Seen", .date),
        ],
        .resolvesTo, isIncoming: true),
      TableSpec(
        "addresses", "Related IP Addresses",
        columns: [
          Column("address", "IP Address", .indicator(IndicatorType.addresses)),
          Column("domain_count", "Domains On It", .integer),
        ],
        rules: [.indicator(column: "address", .resolvesTo, isIncoming: false, attributes: [])],
        buttons: [AddButton("Add Selected IP Addresses", .indicators([.resolvesTo]))]),
      domains("domains-on", "Domains on", isRepeated: true, .sameAddress),
    ])

  /// - Parameter component: the name of the column and the attribute of what a score is made of.
  static func risk(_ component: String, heading: String) -> Action {
    Action(
      id: "risk", label: "Risk Reputation Lookup", accepts: [.fqdn],
      description: "The overall risk of a name, and what it is made of.", heading: heading,
      tables: [
        TableSpec(
          "score", "Risk Score", columns: [Column("score", "Risk Score", .integer)],
          rules: [.attribute(AttributeRule("Risk Score", "score"))],
          buttons: [AddButton("Add Risk Score", .attributes)]),
        TableSpec(
          "components", "Scoring Components",
          columns: [Column("component", component), Column("score", "Risk Score", .integer)],
          rules: [.attribute(AttributeRule(.fixed(component), .pair("component", "score")))],
          buttons: [addAttributes]),
      ])
  }

  static let nameWhois = Action(
    id: "fqdn-whois", label: "FQDN Address WHOIS", buttonLabel: "FQDN WHOIS", accepts: [.fqdn],
    description: "The registration of a name: registrant, name servers, mail addresses.",
    heading: "WHOIS for {indicator}",
    tables: [
      relevantAttributes,
      TableSpec(
        "name-servers", "Name Servers",
        columns: [Column("name_server", "Name Server", .indicator([.fqdn]))],
        rules: [
          .indicator(column: "name_server", .nameServer, isIncoming: false, attributes: [])
        ],
        buttons: [AddButton("Add Selected Name Servers", .indicators([.nameServer]))]),
      TableSpec(
        "emails", "Email Addresses",
        columns: [Column("email", "Email Address", .indicator([.email]))],
        rules: [.indicator(column: "email", .contact, isIncoming: false, attributes: [])],
        buttons: [AddButton("Add Selected Email Addresses", .indicators([.contact]))]),
    ])

  static let whoisHistory = Action(
    id: "whois-history", label: "FQDN Address WHOIS History", buttonLabel: "WHOIS History",
    accepts: [.fqdn],
    description: "Dated registrations of a name: whether it is still the same threat.",
    heading: "WHOIS History for Domain {indicator}",
    tables: [
      TableSpec(
        "servers", "WHOIS Information Servers",
        columns: [Column("server", "WHOIS Information Server")]),
      TableSpec(
        "records", "WHOIS Records",
        columns: [
          Column("date", "WHOIS History Date", .date), Column("record", "WHOIS Record", .blob),
        ],
        rules: [
          .attribute(AttributeRule("WHOIS History Date", "date")),
          .attribute(AttributeRule("WHOIS Record", "record")),
        ],
        buttons: [addAttributes]),
    ])

  static let hostingHistory = Action(
    id: "hosting-history", label: "Hosting History Lookup", buttonLabel: "Hosting History",
    accepts: [.fqdn],
    description: "Changes of address, name server and registrar of a name over time.",
    heading: "Hosting History for {indicator}",
    tables: [
      TableSpec(
        "addresses", "IP Address History",
        columns: [
          Column("type", "Action Type"), Column("action", "Action"),
          Column("date", "Action Date", .date),
          Column("address", "IP Address", .indicator(IndicatorType.addresses), isHidden: true),
        ],
        rules: [.indicator(column: "address", .resolvesTo, isIncoming: false, attributes: [])],
        buttons: [AddButton("Add Selected IP Addresses", .indicators([.resolvesTo]))]),
      TableSpec(
        "name-servers", "Name Server History",
        columns: [
          Column("type", "WHOIS Action Type"), Column("action", "WHOIS Action"),
          Column("date", "Action Date", .date),
          Column("name_server", "Name Server", .indicator([.fqdn]), isHidden: true),
        ],
        rules: [
          .indicator(
            column: "name_server", .nameServer, isIncoming: false,
            attributes: [
              AttributeRule("WHOIS Action Type", "type"), AttributeRule("WHOIS Action", "action"),
            ])
        ],
        buttons: [AddButton("Add Selected Name Servers", .indicators([.nameServer]))]),
      TableSpec(
        "registrars", "Registrar History",
        columns: [
          Column("registrar", "Registrar"), Column("created", "Created", .date),
          Column("updated", "Updated", .date), Column("expires", "Expires", .date),
          Column("checked", "Last Checked", .date),
        ],
        rules: [.attribute(AttributeRule("WHOIS Registrar", "registrar"))],
        buttons: [addAttributes]),
    ])

  static let reverseNameServer = Action(
    id: "reverse-name-server", label: "Reverse Name Server Lookup", accepts: [.fqdn],
    description: "Names served by the name server that serves this name.",
    heading: "Reverse Name Server Lookup for {indicator}",
    tables: [
      domains("primary", "Primary Domains", .sameNameServer),
      domains("secondary", "Secondary Domains", .sameNameServer),
    ])

  static let addressWhois = Action(
    id: "ip-whois", label: "IP Address WHOIS", accepts: IndicatorType.addresses,
    description: "The registration of the network of an address: blocks, registrant, ASN.",
    heading: "WHOIS for {indicator}",
    tables: [
      relevantAttributes,
      TableSpec(
        "contacts", "Contacts",
        columns: [
          Column("role", "Contact"), Column("name", "Name"), Column("email", "Email Address"),
        ],
        rules: [
          .attribute(AttributeRule(.fixed("WHOIS Contact"), .pair("role", "name"))),
          .attribute(AttributeRule(.fixed("WHOIS Contact"), .pair("role", "email"))),
        ],
        buttons: [addAttributes]),
    ])
}
