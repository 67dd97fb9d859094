/// What came from one source since the process started, and where it went.
public struct ServiceSource: Sendable {
  /// A reason for which records were not kept.
  public struct Reason: Sendable {
    /// `filtered`, `malformed` or `dropped`.
    public var outcome: String
    /// Lower case with hyphens.
    public var reason: String
    /// Records.
    public var count: UInt64

    /// Makes a reason.
    public init(outcome: String, reason: String, count: UInt64) {
      self.outcome = outcome
      self.reason = reason
      self.count = count
    }
  }

  /// Its configured name.
  public var name: String
  /// Packets, frames and lines read.
  public var read: UInt64 = 0
  /// DNS responses seen.
  public var responses: UInt64 = 0
  /// Records offered.
  public var offered: UInt64 = 0
  /// Records by what became of them: `stored`, `merged`, `filtered`, `malformed`, `dropped`.
  public var outcomes: [String: UInt64] = [:]
  /// Why records were not kept.
  public var reasons: [Reason] = []
  /// Connections, rotations, drops of the kernel.
  public var events: [(name: String, count: UInt64)] = []

  /// Makes a source from which nothing came yet.
  public init(name: String) { self.name = name }

  static func values(_ sources: [ServiceSource]) -> PageValues {
    [
      "is_empty": sources.isEmpty, "rows": sources.map(\.values),
      "has_details": sources.contains { !$0.shownReasons.isEmpty || !$0.shownEvents.isEmpty },
      "details": sources.map(\.details),
    ]
  }

  private var shownReasons: [Reason] {
    reasons.filter { $0.count > 0 }.sorted { $1.count < $0.count }
  }

  private var shownEvents: [(name: String, count: UInt64)] { events.filter { $0.count > 0 } }

  private func count(_ outcome: String) -> String { WebFigures.grouped(outcomes[outcome] ?? 0) }

  private var values: PageValues {
    let lost = (outcomes["malformed"] ?? 0).addingReportingOverflow(outcomes["dropped"] ?? 0)
    return [
      "name": name, "read": WebFigures.grouped(read), "responses": WebFigures.grouped(responses),
      "offered": WebFigures.grouped(offered), "stored": count("stored"), "merged": count("merged"),
      "filtered": count("filtered"), "malformed": count("malformed"), "dropped": count("dropped"),
      "lost": ServicePage.percent(lost.partialValue, of: offered), "is_idle": read == 0,
    ]
  }

  private var details: PageValues {
    [
      "name": name, "has_any": !shownReasons.isEmpty || !shownEvents.isEmpty,
      "has_reasons": !shownReasons.isEmpty,
      "reasons": shownReasons.map { reason in
        [
          "outcome": reason.outcome, "reason": reason.reason,
          "count": WebFigures.grouped(reason.count),
          "share": ServicePage.percent(reason.count, of: offered),
        ] as PageValues
      },
      "has_events": !shownEvents.isEmpty,
      "events": shownEvents.map { event in
        ["event": event.name, "count": WebFigures.grouped(event.count)] as PageValues
      },
    ]
  }
}
