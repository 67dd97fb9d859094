public import TidemarkPivots

/// A word of warning at a value: what makes it more or less worth a click.
public struct PivotBadge: Sendable, Equatable {
  /// What the badge says.
  public enum Kind: String, CaseIterable, Sendable {
    /// An address that no one reaches from outside.
    case `private`
    /// A name with a star for its first label, or one that such a name stands in for.
    case wildcard
    /// Many registered domains share it.
    case shared
    /// Behaves as the front of a content delivery network.
    case cdn
    /// On a list of parking hosts.
    case parked
    /// On a list of sinkholes.
    case sinkhole
    /// On a block list.
    case listed
    /// More hangs on it than is counted.
    case huge

    /// The class of the badge in the style sheet.
    public var style: String {
      switch self {
      case .listed: "bad"
      case .huge: "warn"
      default: rawValue
      }
    }

    /// The word on the badge.
    public var label: String {
      switch self {
      case .cdn: "CDN-like"
      default: rawValue
      }
    }

    /// True when what hangs on the value is mostly chance: graphs do not expand it unasked.
    public var isNoise: Bool {
      switch self {
      case .private, .shared, .cdn, .parked, .sinkhole, .huge: true
      case .wildcard, .listed: false
      }
    }
  }

  /// What the badge says.
  public let kind: Kind
  /// Why, in one line for people.
  public let title: String

  /// Makes a badge.
  public init(_ kind: Kind, title: String) {
    self.kind = kind
    self.title = title
  }

  /// Adds the badge.
  public func append(to html: inout HTMLText) {
    html.markup("<span class=\"badge ")
    html.text(kind.style)
    html.markup("\" title=\"")
    html.text(title)
    html.markup("\">")
    html.text(kind.label)
    html.markup("</span>")
  }
}

/// What was found about a value within a bounded search; ``PivotBadgeRules`` makes badges of it.
public struct PivotFacts: Sendable, Equatable {
  /// An entry of a list that holds the value.
  public struct Listing: Sendable, Equatable {
    /// The list's name.
    public var list: String
    /// What being on it means.
    public var kind: RiskListHeader.Kind
    /// The entry: the value itself or something around it.
    public var entry: String

    /// Makes a listing.
    public init(list: String, kind: RiskListHeader.Kind, entry: String) {
      self.list = list
      self.kind = kind
      self.entry = entry
    }
  }

  /// True for an address.
  public var isAddress = false
  /// Names that have the value in their rdata, at most ``PivotBadgeRules/huge``.
  public var names = PivotFigure()
  /// Values of the name, at most ``PivotBadgeRules/huge``.
  public var values = PivotFigure()
  /// Registered domains of ``names``.
  public var domains = 0
  /// Registered domains with a name that is an alias (CNAME, DNAME) of the value.
  public var aliasDomains = 0
  /// Addresses of the name within ``PivotBadgeRules/recentDays`` of its newest one.
  public var addresses = 0
  /// Networks (/16, /32) that these are in.
  public var networks = 0
  /// Names on the address that were looked at,
  public var sampled = 0
  /// and those of them whose own addresses are as those of a delivery network.
  public var spreadNames = 0
  /// Why the address is not public; nil when it is.
  public var privateReason: String?
  /// The name with a star that answers for the value; nil without one.
  public var wildcard: String?
  /// Entries of lists in force.
  public var listings: [Listing] = []

  /// Nothing found.
  public init() {}
}

/// A bounded count.
public struct PivotFigure: Sendable, Equatable {
  /// Counted.
  public var count: Int
  /// True when there may be more.
  public var hasMore: Bool

  /// Makes a figure.
  public init(_ count: Int = 0, hasMore: Bool = false) {
    self.count = count
    self.hasMore = hasMore
  }

  /// `312`, `200+`.
  public var text: String {
    WebFigures.grouped(UInt64(max(count, 0))) + (hasMore ? "+" : "")
  }
}

/// When a value gets which badge. All thresholds are here.
///
/// - private: the address is in a range of ``PrivateAddress``.
/// - wildcard: the name starts with `*`, or the store has records of `*` beside it.
/// - shared: names of ``sharedAddress`` registered domains are on the address; names of
///   ``sharedName`` have the name as name server, mail host or alias.
/// - CDN-like: the name had ``spreadAddresses`` addresses in ``spreadNetworks`` networks within
///   ``recentDays`` days; or ``aliasDomains`` domains have aliases of it; or it is a shared address
///   with ``spreadSample`` such names among the first ``sampleMax``.
/// - parked, sinkhole: an entry of a neutral list holds the value, or the newest address of the
///   name; `sink` in the list's name makes it a sinkhole.
/// - listed: an entry of a block list holds the value.
/// - huge: more than ``huge`` names or values.
public enum PivotBadgeRules {
  /// Names and values counted; beyond it nobody reads them one by one.
  public static let huge = 200
  /// Registered domains on a shared address. A person or a company rarely has more on one.
  public static let sharedAddress = 20
  /// Registered domains that use a shared name server or mail host.
  public static let sharedName = 50
  /// Registered domains with aliases of the front of a delivery network.
  public static let aliasDomains = 20
  /// Addresses of a name that is spread; two or four are usual for any name,
  public static let spreadAddresses = 8
  /// in so many networks,
  public static let spreadNetworks = 3
  /// which were seen so close to the newest one, days.
  public static let recentDays = 7
  /// Names on an address that must be spread for the address to be a front.
  public static let spreadSample = 2
  /// Names on an address that are looked at for that.
  public static let sampleMax = 3

  /// The badges, the most telling first.
  public static func badges(_ facts: PivotFacts) -> [PivotBadge] {
    var badges: [PivotBadge] = []
    if let reason = facts.privateReason {
      badges.append(PivotBadge(.private, title: "Not a public address: \(reason)"))
    }
    badges += facts.listings.compactMap(badge)
    if let wildcard = facts.wildcard {
      badges.append(
        PivotBadge(.wildcard, title: "\(wildcard) answers for every name of its level"))
    }
    if let badge = delivery(facts) { badges.append(badge) }
    let shared = facts.isAddress ? sharedAddress : sharedName
    if facts.domains >= shared {
      let more = facts.names.hasMore ? " or more" : ""
      badges.append(
        PivotBadge(
          .shared,
          title: "\(facts.domains)\(more) registered domains share it: neighbours by chance"))
    }
    if facts.names.hasMore || facts.values.hasMore {
      badges.append(
        PivotBadge(.huge, title: "More than \(huge) hang on it: narrow before you click"))
    }
    var seen: Set<PivotBadge.Kind> = []
    return badges.filter { seen.insert($0.kind).inserted }
  }

  /// True for addresses as delivery networks give them.
  public static func isSpread(addresses: Int, networks: Int) -> Bool {
    addresses >= spreadAddresses && networks >= spreadNetworks
  }

  private static func badge(_ listing: PivotFacts.Listing) -> PivotBadge? {
    let title = "\(listing.entry) is on the list \(listing.list)"
    switch listing.kind {
    case .allow: return nil
    case .block: return PivotBadge(.listed, title: title)
    case .neutral:
      let isSinkhole = listing.list.lowercased().contains("sink")
      return PivotBadge(isSinkhole ? .sinkhole : .parked, title: title)
    }
  }

  private static func delivery(_ facts: PivotFacts) -> PivotBadge? {
    if facts.aliasDomains >= aliasDomains {
      return PivotBadge(
        .cdn, title: "Names of \(facts.aliasDomains) registered domains are aliases of it")
    }
    if isSpread(addresses: facts.addresses, networks: facts.networks) {
      return PivotBadge(
        .cdn,
        title: "\(facts.addresses) addresses in \(facts.networks) networks "
          + "within \(recentDays) days")
    }
    if facts.isAddress, facts.domains >= sharedAddress, facts.spreadNames >= spreadSample {
      return PivotBadge(
        .cdn,
        title: "\(facts.spreadNames) of \(facts.sampled) names looked at resolve to many networks")
    }
    return nil
  }
}
