/// What became of the requests that asked for access, since the process started.
public struct AccessCounts: Sendable, Equatable {
  /// Served.
  public internal(set) var admitted: UInt64 = 0
  /// Refused for want of a token.
  public internal(set) var missing: UInt64 = 0
  /// Refused for a token that is not known or was revoked: guesses are among these.
  public internal(set) var unknown: UInt64 = 0
  /// Refused for a token whose time is over.
  public internal(set) var expired: UInt64 = 0
  /// Refused for want of a scope.
  public internal(set) var forbidden: UInt64 = 0
  /// Refused because a quota was used up.
  public internal(set) var quota: UInt64 = 0
  /// Refused because too many queries of the token were running.
  public internal(set) var busy: UInt64 = 0
  /// Times that the directory could not be read or written.
  public internal(set) var failures: UInt64 = 0
  /// Queries of tokens that run now.
  public internal(set) var running = 0
  /// Tokens that are valid now.
  public internal(set) var tokens = 0

  /// Requests by what became of them, in a fixed order.
  public var outcomes: [(name: String, requests: UInt64)] {
    [
      ("admitted", admitted), ("missing", missing), ("unknown", unknown), ("expired", expired),
      ("forbidden", forbidden), ("quota", quota), ("busy", busy),
    ]
  }

  mutating func count(_ denial: AccessDenial) {
    switch denial {
    case .missing: missing += 1
    case .unknown: unknown += 1
    case .expired: expired += 1
    case .forbidden: forbidden += 1
    case .quota: quota += 1
    case .busy: busy += 1
    }
  }
}
