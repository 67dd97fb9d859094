import Crypto
import Synchronization

/// Who is signed in to the pages, in memory: a restart signs everybody out.
///
/// - Concurrency: any thread.
final class WebSessions: Sendable {
  /// A browser that is signed in.
  struct Session: Sendable {
    /// The number of the token it signed in with; whether that still is valid is asked every time.
    let token: Int64
    /// What forms of this session send back.
    let formToken: String
    fileprivate let begun: Int64
    fileprivate var used: Int64

    fileprivate func isOver(_ now: Int64) -> Bool {
      now - used > WebSessions.idleMax || now - begun > WebSessions.ageMax
    }
  }

  /// The cookie's name.
  static let cookie = "tidemark_session"
  /// A session that is not used for this long ends, seconds.
  static let idleMax: Int64 = 12 * 3_600
  /// A session ends after this long, however much it is used, seconds.
  static let ageMax: Int64 = 7 * 86_400
  /// Sessions at a time; the one that was unused for longest makes room.
  static let sessionsMax = 10_000
  /// Sessions of one token at a time: whoever signs in again and again signs out nobody else.
  static let sessionsOfTokenMax = 100

  /// What forms send back where nobody is signed in.
  let strangersFormToken = WebSessions.secret()
  private let clock: @Sendable () -> Int64
  private let sessions = Mutex<[SHA256Digest: Session]>([:])

  /// - Parameter clock: seconds since 1970.
  init(clock: @escaping @Sendable () -> Int64) {
    self.clock = clock
  }

  /// Begins a session.
  ///
  /// - Returns: the value of its cookie, which is kept nowhere here.
  func begin(token: Int64) -> String {
    let id = WebSessions.secret()
    let now = clock()
    sessions.withLock { sessions in
      sessions = sessions.filter { !$0.value.isOver(now) }
      let own = sessions.filter { $0.value.token == token }
      let isCrowded = own.count >= WebSessions.sessionsOfTokenMax
      if isCrowded || sessions.count >= WebSessions.sessionsMax {
        let oldest = (isCrowded ? own : sessions).min { $0.value.used < $1.value.used }
        if let oldest { sessions[oldest.key] = nil }
      }
      sessions[WebSessions.key(id)] = Session(
        token: token, formToken: WebSessions.secret(), begun: now, used: now)
    }
    return id
  }

  /// The session of a cookie; nil when it has ended or never was.
  func session(_ id: String) -> Session? {
    let key = WebSessions.key(id)
    let now = clock()
    return sessions.withLock { sessions in
      guard let session = sessions[key] else { return nil }
      guard !session.isOver(now) else {
        sessions[key] = nil
        return nil
      }
      sessions[key]?.used = now
      return session
    }
  }

  /// Ends a session.
  func end(_ id: String) {
    sessions.withLock { $0[WebSessions.key(id)] = nil }
  }

  private static func key(_ id: String) -> SHA256Digest { SHA256.hash(data: Array(id.utf8)) }

  /// 256 random bits as hexadecimal digits.
  private static func secret() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<4).map { _ in
      let digits = String(generator.next() as UInt64, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
