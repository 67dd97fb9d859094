import DNSWire

/// What was asked, so that neither one caller nor all together make a resolver busy.
struct ActiveLedger {
  /// Names that are remembered; beyond it the oldest half is forgotten.
  static let namesMax = 16_384

  private let questionsPerMinute: Int
  private let repeatSeconds: Double
  private var asked: [DomainName: Double] = [:]
  private var allowance: Double
  private var filled: Double

  /// - Parameters:
  ///   - questionsPerMinute: questions that may be asked on average; as many at once.
  ///   - repeatSeconds: how long a name is not asked for again.
  ///   - now: seconds of a clock that never goes back.
  init(questionsPerMinute: Int, repeatSeconds: Double, now: Double) {
    self.questionsPerMinute = questionsPerMinute
    self.repeatSeconds = repeatSeconds
    allowance = Double(questionsPerMinute)
    filled = now
  }

  /// What came of a wish to ask.
  enum Verdict {
    case ask
    /// The name was asked for within ``repeatSeconds``.
    case recent
    /// As much was asked as may be.
    case spent
  }

  /// Takes `count` questions about a name out of the allowance.
  mutating func admit(_ name: DomainName, questions count: Int, now: Double) -> Verdict {
    if let last = asked[name], now - last < repeatSeconds { return .recent }
    let perSecond = Double(questionsPerMinute) / 60
    allowance = min(allowance + (now - filled) * perSecond, Double(questionsPerMinute))
    filled = now
    guard allowance >= Double(count) else { return .spent }
    allowance -= Double(count)
    if asked.count >= ActiveLedger.namesMax { forget(now) }
    asked[name] = now
    return .ask
  }

  private mutating func forget(_ now: Double) {
    asked = asked.filter { now - $0.value < repeatSeconds }
    guard asked.count >= ActiveLedger.namesMax else { return }
    let middle = asked.values.sorted()[asked.count / 2]
    asked = asked.filter { $0.value > middle }
  }
}
