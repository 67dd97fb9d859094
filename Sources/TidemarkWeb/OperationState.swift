public import TidemarkEnrichment

/// An operation as it is set up now.
public struct OperationState: Sendable {
  /// The operation.
  public let operation: Operation
  /// True when its actions can be run.
  public let isEnabled: Bool
  /// Its settings, without secrets.
  public let settings: [OperationRegistry.ShownParameter]

  /// Reads an operation of a registry.
  ///
  /// - Throws: ``OperationError``.
  public init(_ id: String, in registry: OperationRegistry) throws(OperationError) {
    operation = try registry.operation(id)
    isEnabled = try registry.isEnabled(id)
    settings = try registry.shownParameters(id)
  }

  /// Labels of settings that it cannot run without, and that nobody set.
  public var missing: [String] {
    settings.filter { $0.spec.isRequired && !$0.isSet && $0.spec.standard == nil }
      .map(\.spec.label)
  }

  /// Why its actions cannot be run; nil when they can.
  public var hindrance: String? {
    guard isEnabled else { return "Disabled." }
    return missing.isEmpty ? nil : "Not configured: \(missing.joined(separator: ", ")) not set."
  }

  /// What holds for a setting.
  func value(_ key: String) -> String? { settings.first { $0.spec.key == key }?.value }

  private func flag(_ key: String) -> Bool { value(key) == "true" }

  /// True when running an action tells somebody outside what is asked about.
  public var asksOutside: Bool {
    operation.id != OperationCatalogue.tidemark.id
      || value(OperationCatalogue.registrationUse) == "live"
  }

  /// What leaves this machine when an action is run, for people.
  public var reach: String {
    switch operation.id {
    case OperationCatalogue.tidemark.id:
      return asksOutside
        ? "Registrations are live: the WHOIS actions ask registries and registrars, which see the"
          + " indicator and the address of this machine. All other actions ask nobody."
        : "Nothing leaves this machine: every action answers out of what is stored here."
    case OperationCatalogue.domainTools.id:
      return "Each action sends the indicator, your user name and a signature to"
        + " \(value("api_url") ?? "the service"). The API key itself is not sent."
    case OperationCatalogue.circl.id:
      return "Each action sends the indicator and your token to \(server)."
    case OperationCatalogue.dnsdb.id:
      return "Each action sends the indicator and your API key to \(server)."
    default:
      return "Each action sends the indicator, and what the settings hold, to the service."
    }
  }

  /// What is risky about where requests go, for people.
  public var warnings: [String] {
    guard asksOutside else { return [] }
    var warnings: [String] = []
    if flag("use_http") || value("api_url")?.hasPrefix("http://") == true {
      warnings.append(
        "Requests are not encrypted: everybody on the way reads the question and what shows who"
          + " you are.")
    }
    if value("verify_tls") == "false" {
      warnings.append("Certificates are not checked: anybody on the way can answer.")
    }
    return warnings
  }

  /// The server with its port, and how it is reached.
  private var server: String {
    let port = value("port").map { ":\($0)" } ?? ""
    return "\(value("host") ?? "the service")\(port) over \(flag("use_http") ? "HTTP" : "HTTPS")"
  }
}
