public import TidemarkSharing
import Yams

/// The configuration of `collect` and `relay`: what comes in, what is left out, where it goes.
public struct CollectConfiguration: Equatable, Sendable {
  /// Where a relay sends.
  public struct Relay: Equatable, Sendable {
    /// Address of the other Tidemark, `https://…`, or of a D4 server, `d4://…`.
    public var url: String
    /// Folder of batches that wait.
    public var spool: String
    /// Octets of batches that wait; beyond, the oldest are dropped and counted.
    public var spoolOctetsMax = 4 << 30
    /// File with the bearer token.
    public var tokenFile: String?
    /// PEM file with the authorities to trust instead of the system's.
    public var authorityFile: String?
    /// Configuration folder of a D4 client: who sends, and its key.
    public var d4Folder: String?
    /// What records are sent as to a D4 server, 8, 254 or 6; nil for what the folder says.
    public var d4Type: UInt8?

    /// Makes a relay; limits and files come from another one, if there is one.
    public init(url: String, spool: String, like other: Relay? = nil) {
      self.url = url
      self.spool = spool
      spoolOctetsMax = other?.spoolOctetsMax ?? spoolOctetsMax
      tokenFile = other?.tokenFile
      authorityFile = other?.authorityFile
      d4Folder = other?.d4Folder
      d4Type = other?.d4Type
    }
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
  /// The streams that are mixed for others.
  public var streams: [MixSettings] = []
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
    if var share = try root.mapping("share") {
      streams = try MixSettings.streams(&share)
      try share.finish()
    }
    for mapping in try root.mappings("sources") {
      let source = try SourceConfiguration(mapping)
      guard !sources.contains(where: { $0.name == source.name }) else {
        throw root.error("sources", "two sources are named \(source.name)")
      }
      guard streams.isEmpty || !source.letsOthersNameSensors else {
        throw mapping.error("sensor", SourceConfiguration.needsSensor)
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

extension CollectConfiguration.Relay {
  init(_ mapping: ConfigurationMapping) throws(ConfigurationError) {
    var mapping = mapping
    url = try mapping.required("to")
    let isD4 = url.hasPrefix("d4://") || url.hasPrefix("d4+tcp://")
    guard isD4 || url.hasPrefix("https://") || url.hasPrefix("http://") else {
      throw mapping.error(
        "to",
        "must be an address like https://collector.example.net:8053 or d4://d4.example.net:4443")
    }
    spool = try mapping.required("spool")
    spoolOctetsMax =
      try mapping.octets("spool_max_octets", atLeast: 64 << 20) ?? spoolOctetsMax
    tokenFile = try mapping.string("token_file")
    authorityFile = try mapping.string("ca_file")
    d4Folder = try mapping.string("d4_config")
    d4Type = try mapping.value(
      "d4_type", { text in UInt8(text).flatMap { [6, 8, 254].contains($0) ? $0 : nil } },
      "must be 8, 254 or 6")
    for key in ["d4_config", "d4_type"] where mapping.has(key) && !isD4 {
      throw mapping.error(key, "is for d4:// addresses")
    }
    guard tokenFile == nil || !isD4 else {
      throw mapping.error("token_file", "is for https:// addresses")
    }
    try mapping.finish()
  }
}
