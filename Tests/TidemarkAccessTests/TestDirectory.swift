import Synchronization
import TidemarkAccess

/// A directory in memory, which can be made to fail.
final class TestDirectory: TokenDirectory {
  struct Unreachable: Error {}

  struct State {
    var tokens: [TokenRecord] = []
    var usage: [Int64: [Int64: Int]] = [:]
    var lastUsed: [Int64: Int64] = [:]
    var version: Int64 = 1
    var isReachable = true
    var isWritable = true
    var exchanges = 0
  }

  let state = Mutex(State())

  func exchange(
    _ uses: [TokenUse], day: Int64, since version: Int64?
  ) throws -> DirectoryNews {
    try state.withLock { state in
      guard state.isReachable, state.isWritable || uses.isEmpty else { throw Unreachable() }
      state.exchanges += 1
      for use in uses {
        state.usage[use.day, default: [:]][use.token, default: 0] += use.requests
        state.lastUsed[use.token] = use.lastUsed
      }
      var news = DirectoryNews(version: state.version)
      if version != state.version { news.tokens = state.tokens }
      if version != state.version || !uses.isEmpty { news.usage = state.usage[day] ?? [:] }
      return news
    }
  }

  /// Adds a token.
  func add(_ grant: TokenGrant, keepsKey: Bool = false) -> (id: Int64, secret: String) {
    let secret = TokenSecret()
    let id = state.withLock { state in
      let id = Int64(state.tokens.count + 1)
      state.tokens.append(
        TokenRecord(
          id: id, digest: secret.digest, signingKey: keepsKey ? secret.signingKey : nil,
          grant: grant, created: TestClock.start))
      state.version += 1
      return id
    }
    return (id, secret.text)
  }

  func revoke(_ id: Int64, at time: Int64) {
    state.withLock { state in
      for index in state.tokens.indices where state.tokens[index].id == id {
        state.tokens[index].revoked = time
      }
      state.version += 1
    }
  }

  func used(_ id: Int64, day: Int64) -> Int {
    state.withLock { $0.usage[day]?[id] ?? 0 }
  }
}

/// A clock that stands still until it is set.
final class TestClock: Sendable {
  /// 2024-06-01 00:00:00 UTC.
  static let start: Int64 = 1_717_200_000
  static let startDay = start / 86_400

  private let seconds = Mutex(TestClock.start)

  var now: Int64 {
    get { seconds.withLock { $0 } }
    set { seconds.withLock { $0 = newValue } }
  }
}
