import CaptureFormats

/// Which responses of a dnstap stream are taken.
public struct DnstapOptions: OptionSet, Hashable, Sendable {
  /// One bit for each kind.
  public let rawValue: UInt8

  /// Takes any bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// RESOLVER_RESPONSE: what authoritative servers told a resolver, with the zone it asked about.
  public static let resolver = DnstapOptions(rawValue: 1)
  /// AUTH_RESPONSE: what an authoritative server told resolvers, when it has AA set.
  public static let authoritative = DnstapOptions(rawValue: 2)
  /// FORWARDER_RESPONSE, and RESOLVER_RESPONSE with RD set, which is how BIND up to 9.18 logs its
  /// forward zones: what another resolver told a resolver.
  public static let forwarder = DnstapOptions(rawValue: 4)
  /// CLIENT_RESPONSE: what a resolver or proxy told its clients.
  public static let client = DnstapOptions(rawValue: 8)
  /// STUB_RESPONSE.
  public static let stub = DnstapOptions(rawValue: 16)
  /// TOOL_RESPONSE.
  public static let tool = DnstapOptions(rawValue: 32)
  /// `query_zone` is believed to be a zone. To be left out for writers that put something else
  /// there, then bailiwicks are unknown.
  public static let queryZone = DnstapOptions(rawValue: 64)

  /// Responses above the resolver, nothing else.
  public static let standard: DnstapOptions = [.resolver, .queryZone]

  /// The names used in configuration, in the order of the bits.
  public static let names: [(name: String, option: DnstapOptions)] = [
    ("resolver", .resolver), ("authoritative", .authoritative), ("forwarder", .forwarder),
    ("client", .client), ("stub", .stub), ("tool", .tool), ("query-zone", .queryZone),
  ]

  /// Reads names as ``names`` has them; nil when one is unknown.
  public init?(names: [String]) {
    self = []
    for name in names {
      guard let known = DnstapOptions.names.first(where: { $0.name == name }) else { return nil }
      formUnion(known.option)
    }
  }

  /// The bit that takes responses of a type; nil for queries, updates and unknown types.
  init?(taking type: DnstapType) {
    switch type {
    case .authResponse: self = .authoritative
    case .resolverResponse: self = .resolver
    case .clientResponse: self = .client
    case .forwarderResponse: self = .forwarder
    case .stubResponse: self = .stub
    case .toolResponse: self = .tool
    default: return nil
    }
  }
}
