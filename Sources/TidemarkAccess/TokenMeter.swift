/// What a token has spent, and how many of its queries are running.
struct TokenMeter {
  /// Seconds of a day.
  static let daySeconds: Int64 = 86_400

  /// Queries that run.
  var running = 0
  private var window = RequestWindow()
  /// Days since 1970 of the counts below.
  private var day: Int64
  /// Requests of the day that the directory knows of.
  private var stored = 0
  /// Requests on their way to the directory.
  private var sending = 0
  /// Requests that the directory was not told of.
  private var pending = 0
  /// When a request was counted last, seconds since 1970; 0: none since the process started.
  private(set) var lastUsed: Int64 = 0

  init(day: Int64, stored: Int) {
    self.day = day
    self.stored = stored
  }

  /// Requests of the day that runs, of all processes as far as they were told.
  var usedToday: Int { stored + sending + pending }

  /// Goes to the second that runs.
  ///
  /// - Returns: what of another day was not told yet.
  mutating func advance(_ token: Int64, to second: Int64) -> TokenUse? {
    window.advance(to: second)
    let today = TokenMeter.day(of: second)
    guard today != day else { return nil }
    let left = use(of: token, pending)
    (day, stored, sending, pending) = (today, 0, 0, 0)
    return left
  }

  /// Seconds until a request may come, if none may now.
  func wait(_ grant: TokenGrant, at second: Int64) -> Int? {
    if let limit = grant.perDay, usedToday >= limit {
      return Int((day + 1) * TokenMeter.daySeconds - second)
    }
    if let limit = grant.perMinute, window.used >= limit {
      return limit > 0 ? Int(max(window.nextFree - second, 1)) : Int(RequestWindow.seconds)
    }
    return nil
  }

  /// Counts a request.
  mutating func count(at second: Int64) {
    window.count()
    pending += 1
    lastUsed = second
  }

  /// What is left of each quota.
  func quotas(_ grant: TokenGrant) -> [QuotaState] {
    var quotas: [QuotaState] = []
    if let limit = grant.perMinute {
      quotas.append(
        QuotaState(
          .minute, limit: limit, remaining: max(limit - window.used, 0), reset: window.allFree))
    }
    if let limit = grant.perDay {
      quotas.append(
        QuotaState(
          .day, limit: limit, remaining: max(limit - usedToday, 0),
          reset: (day + 1) * TokenMeter.daySeconds))
    }
    return quotas
  }

  /// Takes what is to be told to the directory.
  mutating func takeUse(of token: Int64) -> TokenUse? {
    let left = use(of: token, pending)
    sending += pending
    pending = 0
    return left
  }

  /// Notes that a use could not be told.
  ///
  /// - Returns: false when it is of another day.
  mutating func giveBack(_ use: TokenUse) -> Bool {
    guard use.day == day else { return false }
    sending -= use.requests
    pending += use.requests
    return true
  }

  /// Notes what the directory knows of a day.
  mutating func learn(stored: Int, day: Int64) {
    guard day == self.day else { return }
    (self.stored, sending) = (stored, 0)
  }

  /// The day of a time.
  static func day(of second: Int64) -> Int64 {
    second >= 0 ? second / daySeconds : (second - daySeconds + 1) / daySeconds
  }

  private func use(of token: Int64, _ requests: Int) -> TokenUse? {
    guard requests > 0 else { return nil }
    return TokenUse(token: token, day: day, requests: requests, lastUsed: lastUsed)
  }
}
