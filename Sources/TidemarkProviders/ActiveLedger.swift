import DNSWire

/// What was asked, so that neither one caller nor all together make a resolver busy.
struct ActiveLedger {
  /// Names that are remembered; beyond it the oldest half is forgotten.
  static let namesMax = 16_384

  private let repeatSeconds: Double
  private var asked: [DomainName: Double] = [:]
  private var total: Allowance
  private let questionsOfCaller: Int
  /// Callers that asked a short time ago.
  private var callers: [Int64: Allowance] = [:]

  /// - Parameters:
  ///   - questionsPerMinute: questions that may be asked on average; as many at once.
  ///   - questionsOfCaller: of these, those of one caller.
  ///   - repeatSeconds: how long a name is not asked for again.
  ///   - now: seconds of a clock that never goes back.
  init(
    questionsPerMinute: Int, ofCaller questionsOfCaller: Int, repeatSeconds: Double, now: Double
  ) {
    self.questionsOfCaller = questionsOfCaller
    self.repeatSeconds = repeatSeconds
    total = Allowance(perMinute: questionsPerMinute, now: now)
  }

  /// Callers that are remembered before those who have all of their share again are forgotten.
  private static let callersMax = 1_024

  /// Questions that may be asked; it fills evenly, up to those of a minute.
  private struct Allowance {
    private let perMinute: Double
    private var left: Double
    private var filled: Double

    init(perMinute: Int, now: Double) {
      self.perMinute = Double(perMinute)
      left = self.perMinute
      filled = now
    }

    mutating func fill(_ now: Double) {
      left = min(left + (now - filled) * perMinute / 60, perMinute)
      filled = now
    }

    func has(_ count: Int) -> Bool { left >= Double(count) }
    mutating func take(_ count: Int) { left -= Double(count) }

    /// True when nothing would be lost by forgetting it.
    func isFull(_ now: Double) -> Bool { left + (now - filled) * perMinute / 60 >= perMinute }
  }

  /// What came of a wish to ask.
  enum Verdict {
    case ask
    /// The name was asked for within ``repeatSeconds``.
    case recent
    /// As much was asked as may be.
    case spent
  }

  /// Takes `count` questions about a name out of the allowances.
  ///
  /// - Parameter caller: nil for one who is not told apart, whom only the total binds.
  mutating func admit(
    _ name: DomainName, questions count: Int, for caller: Int64?, now: Double
  ) -> Verdict {
    if let last = asked[name], now - last < repeatSeconds { return .recent }
    total.fill(now)
    guard total.has(count), take(count, of: caller, now) else { return .spent }
    total.take(count)
    if asked.count >= ActiveLedger.namesMax { forget(now) }
    asked[name] = now
    return .ask
  }

  /// Takes questions out of a caller's share; false when it has not so many.
  private mutating func take(_ count: Int, of caller: Int64?, _ now: Double) -> Bool {
    guard let caller else { return true }
    if callers.count >= ActiveLedger.callersMax {
      // Those who stay asked within the last minute: the total bounds how many they can be.
      callers = callers.filter { !$0.value.isFull(now) }
    }
    var share = callers[caller] ?? Allowance(perMinute: questionsOfCaller, now: now)
    share.fill(now)
    let isLeft = share.has(count)
    if isLeft { share.take(count) }
    callers[caller] = share
    return isLeft
  }

  private mutating func forget(_ now: Double) {
    asked = asked.filter { now - $0.value < repeatSeconds }
    guard asked.count >= ActiveLedger.namesMax else { return }
    let middle = asked.values.sorted()[asked.count / 2]
    asked = asked.filter { $0.value > middle }
  }
}
