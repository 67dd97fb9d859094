/// Where on the path of an answer it was seen. Part of a record's identity: never mixed silently.
///
/// Zero is reserved, so that zeroed octets in a store are noticed.
public enum Vantage: UInt8, CaseIterable, Sendable, CustomStringConvertible {
  /// Between a resolver and the authoritative servers.
  case authority = 1
  /// Between a user and a resolver: TTL, order and answers may be the resolver's doing.
  case client = 2
  /// A zone file or zone transfer.
  case zone = 3
  /// Our own resolver asked.
  case active = 4
  /// A text feed that gives rdata incompletely: the rdata octets are text, not wire (lossy).
  case text = 5

  /// The name used in options, configuration and JSON.
  public var description: String { "\(text)" }

  /// The same as a text of the program.
  public var text: StaticString {
    switch self {
    case .authority: "authority"
    case .client: "client"
    case .zone: "zone"
    case .active: "active"
    case .text: "text"
    }
  }

  /// Reads the name that ``description`` prints; nil for anything else.
  public init?(name: String) {
    guard let match = Vantage.allCases.first(where: { $0.description == name }) else { return nil }
    self = match
  }
}
