/// Where everything that a source gave went. The unit is the record offered: an answer record of a
/// response, a record of a text line; whatever could not be read counts as one.
///
/// `offered = stored + merged + filtered + malformed + dropped`, exactly, on every run.
public struct Accounting: Sendable, Equatable {
  /// A reason and how often it applied.
  public struct Reason: Sendable, Equatable {
    /// Lower case with hyphens.
    public let name: String
    /// Records.
    public let count: UInt64

    /// Makes a reason.
    public init(name: String, count: UInt64) {
      self.name = name
      self.count = count
    }
  }

  /// Packets or lines read.
  public var read: UInt64 = 0
  /// Records offered, counted where they came in.
  public var offered: UInt64 = 0
  /// DNS responses seen, accepted or not; 0 for text feeds.
  public var responses: UInt64 = 0
  /// Observations that made a new record.
  public var stored: UInt64 = 0
  /// Observations that were merged into a record.
  public var merged: UInt64 = 0
  /// Left out by policy.
  public var filtered: [Reason] = []
  /// Could not be read.
  public var malformed: [Reason] = []
  /// Could be read but not be believed or kept.
  public var dropped: [Reason] = []

  /// Makes an empty account.
  public init() {}

  /// Observations: what was stored or merged.
  public var observations: UInt64 { stored + merged }
  /// True when everything offered went somewhere: `offered = stored + merged + filtered +
  /// malformed + dropped`.
  public var isBalanced: Bool {
    offered == observations + Accounting.sum(filtered) + Accounting.sum(malformed)
      + Accounting.sum(dropped)
  }

  /// True when something was offered and nothing of it could be read: a wrong format, most likely.
  public var isAllMalformed: Bool {
    let unreadable = Accounting.sum(malformed)
    return unreadable > 0 && offered == unreadable && read <= unreadable && responses == 0
  }

  /// The groups of what was not kept, with their names.
  public var refused: [(outcome: String, reasons: [Reason])] {
    [("filtered", filtered), ("malformed", malformed), ("dropped", dropped)]
  }

  /// Sum of the counts of reasons.
  public static func sum(_ reasons: [Reason]) -> UInt64 { reasons.reduce(0) { $0 + $1.count } }

  /// Adds another account, reason by reason.
  public mutating func add(_ other: Accounting) {
    read += other.read
    offered += other.offered
    responses += other.responses
    stored += other.stored
    merged += other.merged
    Accounting.add(other.filtered, to: &filtered)
    Accounting.add(other.malformed, to: &malformed)
    Accounting.add(other.dropped, to: &dropped)
  }

  private static func add(_ reasons: [Reason], to sums: inout [Reason]) {
    for reason in reasons {
      if let at = sums.firstIndex(where: { $0.name == reason.name }) {
        sums[at] = Reason(name: reason.name, count: sums[at].count + reason.count)
      } else {
        sums.append(reason)
      }
    }
  }
}
