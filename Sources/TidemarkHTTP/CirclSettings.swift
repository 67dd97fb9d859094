/// How `/pdns/query` answers. No client needs anything but the standard; each option is for one
/// that was written against a service with other habits.
public struct CirclSettings: Sendable {
  /// Which side of a record stands where.
  public enum Orientation: String, Sendable, CaseIterable {
    /// `rrname` is the owner, as the Common Output Format and version 1 of CIRCL have it.
    case cof
    /// `rrname` is the rdata, as the samples of version 2 have it.
    case swapped
  }

  /// The same for every reply of a server: a client must never get both forms.
  public var orientation = Orientation.cof
  /// An address finds all records of every owner that had it, as version 1 and the D4 analyzer do;
  /// otherwise the address records alone, as version 2 does.
  public var expandsAddresses = false
  /// Repeats `rdata` as `rrdata`, which the ThreatQ guide names.
  public var repeatsRData = false
  /// Largest number written: 2^63-1, or 2^31-1 for clients that read 32 bits.
  public var numberMax = UInt64(Int64.max)
  /// Most rows of one (value, side, rrtype) in a reply without pages; what is beyond is counted and
  /// told by a `maxset` error. 1 or more.
  public var setRowsMax = 1_000
  /// Most rows counted beyond ``setRowsMax`` in one reply, about a second of work; totals are lower
  /// bounds then.
  public var countRowsMax = 1_000_000

  /// Makes the standard.
  public init() {}
}

/// Bounds on what a CIRCL or D4 reply takes.
public enum CirclLimits {
  /// Most rows of a page; more are asked for in vain.
  public static let pageRowsMax = 1_000
  /// Octets of rows at which a reply ends early. It is put together in memory, because its headers
  /// tell what was left out.
  public static let answerOctets = 4 << 20
  /// Octets of `x-dribble-errors`: common proxies take 8 KiB of headers.
  public static let errorsOctets = 4_096
  /// Rows looked at before the first change of thread: most replies are complete by then.
  public static let firstVisits = 512
  /// Rows looked at between two looks at the caller's budget.
  public static let sliceVisits = 16_384
  /// How long a page's cursor is kept, seconds.
  public static let cursorSeconds: UInt32 = 86_400
  /// Cursors kept; the oldest go first. A hundred pages a second for twenty minutes.
  public static let cursorsMax = 131_072
  /// Cursors kept in memory while the store cannot be written.
  public static let cursorsInMemoryMax = 8_192
  /// Old cursors removed with each new one: more than one, so that a backlog shrinks.
  public static let cursorsPrunedAtOnce = 16
}
