import Dispatch
import Synchronization
public import TidemarkSharing

/// Who the partners are, from a control database, held in memory; and what is released, on its way
/// into the database.
///
/// A partner, or a token, that another process makes or revokes is known within
/// ``ControlKeeper/seconds`` and the time of a read.
///
/// - Concurrency: any thread. Only ``synchronize()`` may wait.
public final class PartnerBook: PartnerDirectory {
  private struct State {
    var partners: [Partner] = []
    var ids: [Int64: Int] = [:]
    var tokens: [Int64: Int] = [:]
    var digests: [[UInt8]: Int] = [:]
  }

  /// What is released; written down by ``synchronize()``.
  public let ledger = ReleaseLedger()
  private let database: ControlDatabase
  private let clock: @Sendable () -> Int64
  private let onTrouble: @Sendable (String?) -> Void
  private let state = Mutex(State())
  /// Held for the time of ``synchronize()``.
  private let version = Mutex<Int64?>(nil)
  private let trouble = Mutex<String?>(nil)
  private let queue = DispatchQueue(label: "tidemark.partners")

  /// Reads who the partners are.
  ///
  /// - Parameters:
  ///   - clock: seconds since 1970.
  ///   - onTrouble: called when the database cannot be used, once for each reason, and with nil
  ///     when it can be used again.
  /// - Throws: ``ControlError``.
  public init(
    _ database: ControlDatabase, clock: @escaping @Sendable () -> Int64,
    onTrouble: @escaping @Sendable (String?) -> Void
  ) throws(ControlError) {
    self.database = database
    self.clock = clock
    self.onTrouble = onTrouble
    try exchange()
  }

  /// Begins to look at the database, for as long as somebody holds the book.
  public func start() {
    queue.asyncAfter(deadline: .now() + .seconds(ControlKeeper.seconds)) { [weak self] in
      guard let self else { return }
      synchronize()
      start()
    }
  }

  /// Writes down what was released up to now, and learns what others changed. When that fails, the
  /// book goes on with what it knows and forgets nothing.
  public func synchronize() {
    var reason: String?
    do throws(ControlError) { try exchange() } catch { reason = error.description }
    let isNews = trouble.withLock { known in
      defer { known = reason }
      return known != reason
    }
    if isNews { onTrouble(reason) }
  }

  private func exchange() throws(ControlError) {
    let day = clock() / 86_400
    let result = version.withLock { version -> Result<Void, ControlError> in
      var releases: [Release] = []
      do throws(ControlError) {
        // First what others decided: it must be known also where nothing can be written.
        try exchange([], day: day, &version)
        releases = ledger.take()
        if !releases.isEmpty { try exchange(releases, day: day, &version) }
        return .success(())
      } catch {
        ledger.giveBack(releases)
        return .failure(error)
      }
    }
    try result.get()
  }

  private func exchange(
    _ releases: [Release], day: Int64, _ version: inout Int64?
  ) throws(ControlError) {
    let news = try database.exchange(releases, day: day, since: version)
    if let partners = news.partners { learn(partners) }
    version = news.version
  }

  private func learn(_ partners: [Partner]) {
    var fresh = State(partners: partners)
    for (index, partner) in partners.enumerated() {
      fresh.ids[partner.id] = index
      fresh.tokens[partner.token] = index
      fresh.digests[partner.tokenDigest] = index
    }
    state.withLock { $0 = fresh }
  }

  /// See `PartnerDirectory`.
  public var partners: [Partner] { state.withLock { $0.partners } }

  /// See `PartnerDirectory`.
  public func partner(_ id: Int64) -> Partner? {
    state.withLock { state in state.ids[id].map { state.partners[$0] } }
  }

  /// See `PartnerDirectory`.
  public func partner(token: Int64) -> Partner? {
    state.withLock { state in state.tokens[token].map { state.partners[$0] } }
  }

  /// See `PartnerDirectory`.
  public func partner(tokenDigest: [UInt8]) -> Partner? {
    state.withLock { state in state.digests[tokenDigest].map { state.partners[$0] } }
  }
}
