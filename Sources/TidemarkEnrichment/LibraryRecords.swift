public import TidemarkModel

/// What analysts think of an indicator.
public enum IndicatorStatus: String, Sendable, CaseIterable, Codable {
  /// A threat now.
  case active
  /// Somebody has to look at it.
  case review
  /// A threat once.
  case expired
  /// Known to be harmless.
  case allowed
}

/// How two indicators belong together, read from the first to the second.
public enum RelationKind: String, Sendable, CaseIterable, Codable {
  /// A name has this address.
  case resolvesTo = "resolves-to"
  /// A name is served by this name server.
  case nameServer = "name-server"
  /// Mail for a name goes to this host.
  case mailExchanger = "mail-exchanger"
  /// A name is another one's alias (CNAME, DNAME).
  case alias
  /// Two names have the same address.
  case sameAddress = "same-ip"
  /// Two names have the same name server.
  case sameNameServer = "same-name-server"
  /// Registered by this mail address or organisation.
  case registeredBy = "registered-by"
  /// A mail address that a registration names.
  case contact

  /// What a DNS record of a type says about its owner and its data; nil for types that relate
  /// nothing.
  init?(rrtype: String) {
    switch rrtype {
    case "A", "AAAA": self = .resolvesTo
    case "NS": self = .nameServer
    case "MX": self = .mailExchanger
    case "CNAME", "DNAME": self = .alias
    default: return nil
    }
  }

  /// The type of DNS record that says so; nil for relations that are no records.
  func rrtype(to target: IndicatorType) -> String? {
    switch (self, target) {
    case (.resolvesTo, .ipv4): "A"
    case (.resolvesTo, .ipv6): "AAAA"
    case (.nameServer, .fqdn): "NS"
    case (.mailExchanger, .fqdn): "MX"
    case (.alias, .fqdn): "CNAME"
    default: nil
    }
  }
}

/// Where an attribute or a relation came from: a row of a result, or a row of an imported file.
public struct Provenance: Sendable, Hashable, CustomStringConvertible {
  /// The id of a result, or `import`.
  public let origin: String
  /// The id of a table of the result, or the name of the import.
  public let table: String
  /// The row: of a result its id, of a file its number from 1.
  public let row: Int

  /// Makes a provenance.
  public init(origin: String, table: String, row: Int) {
    self.origin = origin
    self.table = table
    self.row = row
  }

  /// The text that the library keeps: row, origin and table, with blanks between.
  public var description: String { "\(row) \(origin) \(table)" }

  /// Reads ``description``.
  public init?(_ text: String) {
    let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let row = Int(parts[0]) else { return nil }
    self.init(origin: String(parts[1]), table: String(parts[2]), row: row)
  }
}

/// An indicator as the library has it.
public struct Indicator: Sendable, Equatable, Identifiable {
  /// The number in this library.
  public let id: Int64
  /// Type and value.
  public let key: IndicatorKey
  /// What analysts think of it.
  public let status: IndicatorStatus
  /// Labels of those who named it, sorted.
  public let sources: [String]
  /// Words that analysts gave it, sorted.
  public let tags: [String]
  /// When it came into the library.
  public let firstAdded: UnixSeconds
  /// When something about it was written last.
  public let lastTouched: UnixSeconds
}

/// A statement about an indicator.
public struct Attribute: Sendable, Equatable {
  /// What it is about.
  public let name: String
  /// What it says.
  public let value: String
  /// Who says so.
  public let source: String
  /// The row that it came from.
  public let provenance: Provenance?
  /// From when on it was so.
  public let firstSeen: UnixSeconds
  /// Until when it was so.
  public let lastSeen: UnixSeconds
}

/// A statement about two indicators.
public struct Relation: Sendable, Equatable {
  /// The first one.
  public let from: IndicatorKey
  /// The second one.
  public let to: IndicatorKey
  /// How they belong together.
  public let kind: RelationKind
  /// Who says so.
  public let source: String
  /// The row that it came from.
  public let provenance: Provenance?
  /// From when on it was so.
  public let firstSeen: UnixSeconds
  /// Until when it was so.
  public let lastSeen: UnixSeconds
}
