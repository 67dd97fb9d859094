/// Something that a domain shares with others: an address, a network, a provider.
public struct InfrastructureNode: Sendable, Equatable {
  /// What is shared.
  public enum Kind: String, CaseIterable, Sendable {
    /// An address.
    case address
    /// The /24 or /48 around an address.
    case network
    /// A provider of name servers.
    case nameServer = "name-server"
    /// A mail host.
    case mail
    /// Who registered it, as a hash.
    case registrant

    /// How much a bad neighbour there says, 0 to 1.
    var trust: Double {
      switch self {
      case .address: 0.9
      case .network: 0.4
      case .nameServer: 0.5
      case .mail: 0.6
      case .registrant: 0.8
      }
    }

    /// The word of evidence.
    public var evidence: String {
      switch self {
      case .address, .network: "dns"
      case .nameServer: "name server"
      case .mail: "mail"
      case .registrant: "registrant"
      }
    }
  }

  /// What is shared.
  public var kind: Kind
  /// The address, network, domain, host or hash, for people.
  public var label: String
  /// Other domains on it.
  public var domains: Int
  /// Those of them that a block list has.
  public var listed: Int
  /// The same by category, for block lists that say one.
  public var listedByCategory: [RiskCategory: Int]
  /// Days since the domain was last seen there.
  public var daysSinceLast: Int

  /// Makes a node.
  ///
  /// - Parameters:
  ///   - domains: 0 or more, the domain in question left out.
  ///   - listed: at most `domains`.
  public init(
    kind: Kind, label: String, domains: Int, listed: Int,
    listedByCategory: [RiskCategory: Int] = [:], daysSinceLast: Int = 0
  ) {
    self.kind = kind
    self.label = label
    self.domains = domains
    self.listed = listed
    self.listedByCategory = listedByCategory
    self.daysSinceLast = daysSinceLast
  }
}
