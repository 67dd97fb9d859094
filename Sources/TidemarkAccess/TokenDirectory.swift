/// Where tokens and their use are kept.
///
/// - Concurrency: any thread; calls may wait for a disk.
public protocol TokenDirectory: Sendable {
  /// Adds what was used, and tells what changed.
  ///
  /// - Parameters:
  ///   - uses: requests since the last call; all of them are written, or none.
  ///   - day: the day that usage is wanted of, days since 1970.
  ///   - version: ``DirectoryNews/version`` of the last call; nil asks for everything.
  /// - Throws: an error whose text is one line for people.
  func exchange(_ uses: [TokenUse], day: Int64, since version: Int64?) throws -> DirectoryNews
}

/// Requests of a token on one day.
public struct TokenUse: Sendable, Equatable {
  /// The token's number.
  public var token: Int64
  /// Days since 1970.
  public var day: Int64
  /// Requests that count against quotas.
  public var requests: Int
  /// When the last one was served, seconds since 1970.
  public var lastUsed: Int64

  /// Makes a use.
  public init(token: Int64, day: Int64, requests: Int, lastUsed: Int64) {
    self.token = token
    self.day = day
    self.requests = requests
    self.lastUsed = lastUsed
  }
}

/// What changed in a directory.
public struct DirectoryNews: Sendable {
  /// Differs after every change that was not made by ``TokenDirectory/exchange(_:day:since:)`` of
  /// this process.
  public var version: Int64
  /// All tokens; nil when none changed.
  public var tokens: [TokenRecord]?
  /// Requests of the day by token, of all processes; nil when nothing changed.
  public var usage: [Int64: Int]?

  /// Makes news.
  public init(version: Int64, tokens: [TokenRecord]? = nil, usage: [Int64: Int]? = nil) {
    self.version = version
    self.tokens = tokens
    self.usage = usage
  }
}
