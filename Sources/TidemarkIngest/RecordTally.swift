/// What became of the records of accepted responses. Every record offered ends in exactly one of
/// the counts.
public struct RecordTally: Equatable, Sendable {
  /// Records that came in, counted before anything is decided about them.
  public var offered: UInt64 = 0
  /// Added to the batch.
  public var observations: UInt64 = 0
  /// Left out: owner not reached from the question.
  public var unconnected: UInt64 = 0
  /// Left out: type or class that is never stored.
  public var neverStored: UInt64 = 0
  /// Left out: behind the first ``AnswerExtractor/recordsMax`` of an answer.
  public var excess: UInt64 = 0
  /// Left out: repeats another record of the message.
  public var repeated: UInt64 = 0
  /// Left out: the answering server's zone does not hold the owner.
  public var outOfBailiwick: UInt64 = 0
  /// Left out: of the authority or additional section, and not of a kind that is taken there.
  public var misplaced: UInt64 = 0
  /// Left out: RRSIG, NSEC or NSEC3 that nobody asked for.
  public var unwantedDNSSEC: UInt64 = 0
  /// Left out: AA is not set and the server's zone is not known.
  public var notAuthoritative: UInt64 = 0
  /// Left out: the server's zone is not known, and the record is more than its word for the
  /// queried name, or only what is verified is wanted.
  public var unverified: UInt64 = 0
  /// Left out by the operator's filter.
  public var filtered = FilterCounts()

  /// Makes zero counts.
  public init() {}

  /// Adds every reason that applied.
  public func account(into accounting: inout Accounting) {
    func add(_ count: UInt64, _ name: String, to reasons: inout [Accounting.Reason]) {
      if count > 0 { reasons.append(Accounting.Reason(name: name, count: count)) }
    }
    add(unconnected, "not-in-chain", to: &accounting.filtered)
    add(neverStored, "never-stored", to: &accounting.filtered)
    add(excess, "too-many-records", to: &accounting.filtered)
    add(repeated, "repeated-in-message", to: &accounting.filtered)
    add(misplaced, "section-not-taken", to: &accounting.filtered)
    add(unwantedDNSSEC, "dnssec-not-taken", to: &accounting.filtered)
    filtered.account(into: &accounting)
    add(outOfBailiwick, "out-of-bailiwick", to: &accounting.dropped)
    add(notAuthoritative, "not-authoritative", to: &accounting.dropped)
    add(unverified, "unverified", to: &accounting.dropped)
  }
}
