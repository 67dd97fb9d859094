import TidemarkEnrichment
import Testing
import TidemarkTesting

/// Walks the lists of both guides: every action, table, column and button.
struct OperationCatalogueTests {
  struct Listed: Sendable {
    let operation: String
    let action: String
    let label: String
    let button: String
    let accepts: Set<IndicatorType>
    /// Title, shown columns, buttons.
    let tables: [(title: String, columns: [String], buttons: [String])]
  }

  static let listed: [Listed] = [
    Listed(
      operation: "circl", action: "passive-dns", label: "Query CIRCL Passive DNS",
      button: "Query CIRCL Passive DNS", accepts: [.fqdn, .ipv4, .ipv6],
      tables: [
        (
          "Passive DNS Records",
          ["Record Name", "Record Type", "Record Data", "First Seen", "Last Seen", "Count"],
          ["Add Selected Indicators", "Add Selected Attributes"]
        )
      ]),
    Listed(
      operation: "domaintools", action: "ip-whois", label: "IP Address WHOIS",
      button: "IP Address WHOIS", accepts: [.ipv4, .ipv6],
      tables: [
        ("Relevant Attributes", ["Name", "Value"], ["Add Selected Attributes"]),
        ("Contacts", ["Contact", "Name", "Email Address"], ["Add Selected Attributes"]),
      ]),
    Listed(
      operation: "domaintools", action: "fqdn-whois", label: "FQDN Address WHOIS",
      button: "FQDN WHOIS", accepts: [.fqdn],
      tables: [
        ("Relevant Attributes", ["Name", "Value"], ["Add Selected Attributes"]),
        ("Name Servers", ["Name Server"], ["Add Selected Name Servers"]),
        ("Email Addresses", ["Email Address"], ["Add Selected Email Addresses"]),
      ]),
    Listed(
      operation: "domaintools", action: "reverse-ip", label: "Reverse IP Lookup",
      button: "Reverse IP Lookup", accepts: [.fqdn, .ipv4, .ipv6],
      tables: [
        ("Related Domains", ["Domain", "First Seen", "Last Seen"], ["Add Selected Domains"]),
        ("Related IP Addresses", ["IP Address", "Domains On It"], ["Add Selected IP Addresses"]),
        ("Domains on", ["Domain"], ["Add Selected Domains"]),
      ]),
    Listed(
      operation: "domaintools", action: "whois-history", label: "FQDN Address WHOIS History",
      button: "WHOIS History", accepts: [.fqdn],
      tables: [
        ("WHOIS Information Servers", ["WHOIS Information Server"], []),
        ("WHOIS Records", ["WHOIS History Date", "WHOIS Record"], ["Add Selected Attributes"]),
      ]),
    Listed(
      operation: "domaintools", action: "reverse-name-server",
      label: "Reverse Name Server Lookup", button: "Reverse Name Server Lookup", accepts: [.fqdn],
      tables: [
        ("Primary Domains", ["Domain"], ["Add Selected Domains"]),
        ("Secondary Domains", ["Domain"], ["Add Selected Domains"]),
      ]),
    Listed(
      operation: "domaintools", action: "hosting-history", label: "Hosting History Lookup",
      button: "Hosting History", accepts: [.fqdn],
      tables: [
        (
          "IP Address History", ["Action Type", "Action", "Action Date"],
          ["Add Selected IP Addresses"]
        ),
        (
          "Name Server History", ["WHOIS Action Type", "WHOIS Action", "Action Date"],
          ["Add Selected Name Servers"]
        ),
        (
          "Registrar History", ["Registrar", "Created", "Updated", "Expires", "Last Checked"],
          ["Add Selected Attributes"]
        ),
      ]),
    Listed(
      operation: "domaintools", action: "risk", label: "Risk Reputation Lookup",
      button: "Risk Reputation Lookup", accepts: [.fqdn],
      tables: [
        ("Risk Score", ["Risk Score"], ["Add Risk Score"]),
        (
          "Scoring Components", ["DomainTools Scoring Component", "Risk Score"],
          ["Add Selected Attributes"]
        ),
      ]),
  ]

  /// Our own operation and DNSDB's answer the same questions with the same tables.
  static let further: [Listed] =
    listed.map { other in
      let own = other.operation == "circl" ? "Query Passive DNS" : other.button
      return Listed(
        operation: "tidemark", action: other.action, label: own, button: own,
        accepts: other.accepts,
        tables: other.tables.map { table in
          (
            table.title,
            table.columns.map {
              $0 == "DomainTools Scoring Component" ? "Scoring Component" : $0
            }, table.buttons
          )
        })
    } + [
      Listed(
        operation: "dnsdb", action: "passive-dns", label: "Query DNSDB Passive DNS",
        button: "Query DNSDB Passive DNS", accepts: listed[0].accepts, tables: listed[0].tables)
    ]

  @Test func everythingListedIsThereAndNothingElse() throws {
    let all = Self.listed + Self.further
    #expect(OperationCatalogue.all.map(\.actions.count).reduce(0, +) == all.count)
    #expect(Set(all.map { "\($0.operation).\($0.action)" }).count == all.count)
    for listed in all {
      let operation = try #require(
        OperationCatalogue.all.first { $0.id == listed.operation })
      let action = try #require(operation.action(listed.action))
      #expect(action.label == listed.label && action.buttonLabel == listed.button)
      #expect(action.accepts == listed.accepts)
      #expect(action.tables.map(\.title) == listed.tables.map(\.title))
      for (table, expected) in zip(action.tables, listed.tables) {
        #expect(table.columns.filter { !$0.isHidden }.map(\.label) == expected.columns)
        #expect(table.buttons.map(\.label) == expected.buttons)
        #expect(table.isSelectable == !expected.buttons.isEmpty)
      }
    }
  }

  /// The side bar of the guide's figures: six buttons for a name, in this order.
  @Test(arguments: [OperationCatalogue.domainTools, OperationCatalogue.tidemark])
  func buttonsForANameStandInTheGuidesOrder(_ operation: TidemarkEnrichment.Operation) {
    let buttons = operation.actions.filter { $0.id != "passive-dns" }
      .filter { $0.accepts.contains(.fqdn) }.map(\.buttonLabel)
    #expect(
      buttons == [
        "Reverse IP Lookup", "Risk Reputation Lookup", "FQDN WHOIS", "WHOIS History",
        "Hosting History", "Reverse Name Server Lookup",
      ])
  }

  @Test func parametersOfTheGuidesAreThere() {
    let circl = Dictionary(
      uniqueKeysWithValues: OperationCatalogue.circl.parameters.map { ($0.label, $0) })
    #expect(circl["Hostname/IP Address of the CIRCL server"]?.standard == "www.circl.lu")
    #expect(circl["Communication Port"]?.isRequired == false)
    #expect(circl["User Token"]?.kind == .secret && circl["User Token"]?.isRequired == true)
    #expect(circl["Use HTTP"]?.standard == "false" && circl["Verify SSL"]?.standard == "true")
    let domainTools = OperationCatalogue.domainTools.parameters
    #expect(
      domainTools.map(\.key) == [
        "bypass_proxy", "verify_tls", "timeout_s", "max_rows", "api_username", "api_key",
        "api_url",
      ])
    #expect(
      domainTools.first?.label == "Bypass system proxy configuration for this operation")
    #expect(domainTools.first { $0.key == "api_key" }?.kind == .secret)
    #expect(domainTools.last?.standard == "https://api.domaintools.com")
  }

  /// The headings that figures of the guide show; ours never name another service.
  @Test func headingsNameWhoAnswers() {
    let domainTools = OperationCatalogue.domainTools
    #expect(domainTools.action("risk")?.heading == "DomainTools Risk Lookup")
    #expect(
      domainTools.action("hosting-history")?.heading == "Hosting History for {indicator}")
    #expect(
      domainTools.action("whois-history")?.heading == "WHOIS History for Domain {indicator}")
    for action in OperationCatalogue.tidemark.actions {
      let words =
        [action.heading, action.label] + action.tables.flatMap { $0.columns.map(\.label) }
      #expect(!words.contains { $0.contains("DomainTools") || $0.contains("CIRCL") })
    }
  }

  /// Only what asks nobody outside is enabled without being asked for.
  @Test func onlyOurOwnOperationIsEnabledAtFirst() throws {
    let folder = try TemporaryFolder()
    let library = try Library(path: folder.file("library.sqlite"), create: true)
    let registry = OperationRegistry(library: library)
    for operation in OperationCatalogue.all {
      #expect(try registry.isEnabled(operation.id) == (operation.id == "tidemark"))
    }
    let shown = try registry.shownParameters("tidemark")
    #expect(shown.first { $0.spec.key == "registration" }?.value == "snapshots")
    try registry.setEnabled("tidemark", false)
    #expect(try !registry.isEnabled("tidemark"))
    #expect(try registry.offers(for: .fqdn).isEmpty)
  }

  @Test(arguments: [
    ("https://api.domaintools.com", "https://api.domaintools.com"),
    ("HTTP://127.0.0.1:8053/", "http://127.0.0.1:8053"),
    ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
    ("ftp://example.com", nil), ("https://user@example.com", nil),
    ("https://example.com/v1", nil), ("https://example.com?x", nil), ("example.com", nil),
    ("https://", nil), ("https://example.com\\@127.0.0.1", nil),
  ])
  func serviceURLsHaveNoPathAndNoUser(_ text: String, _ normal: String?) throws {
    let folder = try TemporaryFolder()
    let library = try Library(path: folder.file("library.sqlite"), create: true)
    let registry = OperationRegistry(library: library)
    do throws(OperationError) {
      try registry.configure("domaintools", ["api_url": text])
    } catch {
      #expect(normal == nil, "\(error)")
      return
    }
    let shown = try registry.shownParameters("domaintools")
    #expect(shown.first { $0.spec.key == "api_url" }?.value == normal)
  }

  /// Every rule finds its columns, and every button takes something that a rule of its table makes.
  @Test func rulesAndButtonsFitTheirTables() {
    for action in OperationCatalogue.all.flatMap(\.actions) {
      #expect(Set(action.tables.map(\.id)).count == action.tables.count)
      for table in action.tables {
        #expect(Set(table.columns.map(\.key)).count == table.columns.count)
        #expect(Set(table.buttons.map(\.label)).count == table.buttons.count)
        let filled = row(of: table)
        for button in table.buttons {
          #expect(
            filled.proposals.contains { button.adds($0) },
            "\(action.id), \(table.id): \(button.label) adds nothing")
        }
        for proposal in filled.proposals {
          #expect(
            table.buttons.contains { $0.adds(proposal) },
            "\(action.id), \(table.id): no button adds \(proposal)")
        }
      }
    }
  }

  /// The two rows of the guide's mapping table.
  @Test func bothMappingRowsOfCIRCLAreThere() {
    let rules = OperationCatalogue.circl.actions[0].tables[0].rules
    #expect(rules.contains(.attribute(AttributeRule("Resource Type", "rrtype"))))
    #expect(rules.contains(.attribute(AttributeRule("Resource Data", "rdata"))))
  }

  private func row(of spec: TableSpec) -> ResultRow {
    var table = ResultTable(spec, rowsMax: 1)
    var values: [String: Cell] = [:]
    for column in spec.columns { values[column.key] = .text("x") }
    table.append(
      values,
      candidates: [
        Proposal.Candidate(types: [.fqdn], value: "a.example", relation: .resolvesTo)
      ])
    return table.rows[0]
  }
}
