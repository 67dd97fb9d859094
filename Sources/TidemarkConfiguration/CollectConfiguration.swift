import Yams

/// The configuration of `collect` and `relay`: what comes in, what is left out, where it goes.
public struct CollectConfiguration: Equatable, Sendable {
  /// Where a relay sends.
  public struct Relay: Equatable, Sendable {
    /// Address of the other Tidemark, `https://…`.
    public var url: String
    /// Folder of batches that wait.
    public var spool: String
    /// Octets of batches that wait; beyond, the oldest are dropped and counted.
    public var spoolOctetsMax = 4 << 30
    /// File with the bearer token.
    public var tokenFile: String?
    /// PEM file with the authorities to trust instead of the system's.
    public var authorityFile: String?

    /// Makes a relay; limits and files come from another one, if there is one.
    public init(url: String, spool: String, like other: Relay? = nil) {
      self.url = url
      self.spool = spool
      spoolOctetsMax = other?.spoolOctetsMax ?? spoolOctetsMax
      tokenFile = other?.tokenFile
      authorityFile = other?.authorityFile
    }
  }

  /// What is served.
  public struct HTTP: Equatable, Sendable {
    /// Address and port.
    public var listen: String
    /// PEM file with the server's certificate; nil serves without TLS.
    public var tlsCertificate: String?
    /// PEM file with the certificate's key.
    public var tlsKey: String?
    /// Whether tokens are needed; nil: where others can reach the server.
    public var requiresTokens: Bool?
    /// The control database; nil for the one beside the store.
    public var control: String?
    /// A header field that may hold a token, besides the usual ones.
    public var tokenField: String?
    /// Serves others without TLS and tokens.
    public var isInsecure = false
  }

  /// The store; nil when the command line names it.
  public var store: String?
  /// Where a relay sends; nil when the command line says it.
  public var relay: Relay?
  /// The HTTP server: look-ups, posted observations, `/metrics` and `/health`.
  public var http: HTTP?
  /// The user to become once everything is open.
  public var user: String?
  /// The group to become; the user's when there is none.
  public var group: String?
  /// Seconds after which what was collected is written, however little it is.
  public var flushSeconds = 10
  /// The root zone's servers, a master file.
  public var rootHints = CollectConfiguration.rootHintsStandard
  /// Drops what no zone can be found for, instead of keeping it without one.
  public var isStrict = false
  /// Keeps DNSSEC records of authorities.
  public var takesDNSSEC = false
  /// What is left out of every source.
  public var filter = FilterConfiguration()
  /// The sources.
  public var sources: [SourceConfiguration] = []

  /// Where Debian's package dns-root-data has the root's servers.
  public static let rootHintsStandard = "/usr/share/dns/root.hints"

  /// Reads a configuration file.
  ///
  /// - Parameter text: YAML.
  public init(yaml text: String) throws(ConfigurationError) {
    var root = try ConfigurationMapping(try CollectConfiguration.compose(text), path: "")
    store = try root.string("store")
    user = try root.string("user")
    group = try root.string("group")
    flushSeconds = try root.number("flush_seconds", in: 1...3_600) ?? flushSeconds
    rootHints = try root.string("root_hints") ?? rootHints
    isStrict = try root.flag("strict_bailiwick") ?? isStrict
    takesDNSSEC = try root.flag("dnssec") ?? takesDNSSEC
    if let http = try root.mapping("http") { self.http = try HTTP(http) }
    if let relay = try root.mapping("relay") { self.relay = try Relay(relay) }
    if let filter = try root.mapping("filter") { self.filter = try FilterConfiguration(filter) }
    for source in try root.mappings("sources") {
      let source = try SourceConfiguration(source)
      guard !sources.contains(where: { $0.name == source.name }) else {
        throw root.error("sources", "two sources are named \(source.name)")
      }
      sources.append(source)
    }
    try root.finish()
    guard !sources.isEmpty || http != nil else {
      throw root.error("name at least one of sources and http")
    }
  }

  private static func compose(_ text: String) throws(ConfigurationError) -> Node {
    do {
      guard let node = try Yams.compose(yaml: text) else {
        throw ConfigurationError(line: 0, path: "", reason: "the file is empty")
      }
      return node
    } catch let error as ConfigurationError {
      throw error
    } catch let error as YamlError {
      switch error {
      case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
        .composer(_, let problem, let mark, _):
        throw ConfigurationError(line: mark.line, path: "", reason: problem)
      default:
        throw ConfigurationError(line: 0, path: "", reason: "not YAML")
      }
    } catch {
      throw ConfigurationError(line: 0, path: "", reason: "not YAML")
    }
  }
}

extension CollectConfiguration.HTTP {
  init(_ mapping: ConfigurationMapping) throws(ConfigurationError) {
    var mapping = mapping
    listen = try mapping.required("listen")
    tlsCertificate = try mapping.string("tls_certificate")
    tlsKey = try mapping.string("tls_key")
    guard (tlsCertificate == nil) == (tlsKey == nil) else {
      throw mapping.error("tls_certificate and tls_key need each other")
    }
    requiresTokens = try mapping.flag("require_tokens")
    control = try mapping.string("control")
    tokenField = try mapping.string("auth_header")
    isInsecure = try mapping.flag("insecure") ?? isInsecure
    try mapping.finish()
  }
}

extension CollectConfiguration.Relay {
  init(_ mapping: ConfigurationMapping) throws(ConfigurationError) {
    var mapping = mapping
    url = try mapping.required("to")
    guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
      throw mapping.error("to", "must be an address like https://collector.example.net:8053")
    }
    spool = try mapping.required("spool")
    spoolOctetsMax =
      try mapping.octets("spool_max_octets", atLeast: 64 << 20) ?? spoolOctetsMax
    tokenFile = try mapping.string("token_file")
    authorityFile = try mapping.string("ca_file")
    try mapping.finish()
  }
}
