public import D4Wire
import Synchronization
public import TidemarkModel

/// What a partner gets of a chunk.
public struct PartnerChunk: Sendable {
  /// The chunk's number: the position behind it.
  public var sequence: UInt64
  /// When the chunk was released.
  public var releasedAt: UnixSeconds
  /// What the partner's policy lets through, in the chunk's order; may be empty.
  public var records: [SharedRecord]

  /// Makes a chunk.
  public init(sequence: UInt64, releasedAt: UnixSeconds, records: [SharedRecord]) {
    self.sequence = sequence
    self.releasedAt = releasedAt
    self.records = records
  }
}

/// A partner, or its token, was revoked or is over. Nothing more may be sent.
public struct PartnerRevoked: Error, Sendable, Equatable, CustomStringConvertible {
  /// Makes the error.
  public init() {}

  /// One line for people.
  public var description: String { "the partner was revoked" }
}

/// The log does not have what follows a position: it was dropped, or the position is beyond what
/// was released.
public struct PartnerPositionLost: Error, Sendable, Equatable, CustomStringConvertible {
  /// The position.
  public var position: UInt64
  /// Number of the first chunk that the log has; one more than ``last`` when it has none.
  public var first: UInt64
  /// Number of the last chunk that was released.
  public var last: UInt64

  /// Makes the error.
  public init(position: UInt64, first: UInt64, last: UInt64) {
    self.position = position
    self.first = first
    self.last = last
  }

  /// One line for people.
  public var description: String {
    "position \(position) is gone: the log has chunks \(first) to \(last)"
  }
}

/// The one way on which rows of a stream reach a partner: filtered by its policy, at its rate,
/// counted by rule, and not a row more once it is revoked.
///
/// - Concurrency: any thread; one call of ``next(while:)`` at a time is worked on.
public final class PartnerFeed: Sendable {
  /// Who receives, as it was when the stream was opened.
  public let partner: Partner
  /// On which way.
  public let outlet: PartnerOutlet
  /// Where the rows come from, to be told of new ones.
  public let log: any PartnerLog
  /// Who receivers have to hold themselves against, as it was when the stream was opened: what they
  /// were told.
  public let origins: [SensorUUID]

  private struct State {
    var filter: PartnerFilter
    /// Tries whether a record can be a line of D4 type 8, where that is asked for.
    var lines: SharedRowWriter?
    var position: UInt64 = 0
    /// False until the first chunk, for who begins with whatever is the oldest.
    var isPositioned = false
    var rows: UInt64 = 0

    mutating func rule(_ record: SharedRecord, releasedAt: UnixSeconds) -> PartnerRule {
      let rule = filter.rule(
        key: record.key.span, timeLast: record.timeLast, tlp: record.tlp, releasedAt: releasedAt)
      var line: [UInt8] = []
      guard rule == .released, lines != nil else { return rule }
      return lines?.appendPassiveDNS(record, to: &line) ?? .released
    }

    func positioned(at position: UInt64) -> State {
      var state = self
      (state.position, state.isPositioned) = (position, true)
      return state
    }
  }

  private let hub: PartnerHub
  private let place: PartnerPlace
  private let rate: PartnerRate?
  private let state: Mutex<State>

  init(
    _ partner: Partner, _ outlet: PartnerOutlet, _ log: any PartnerLog, _ filter: PartnerFilter,
    lines: SharedRowWriter?, hub: PartnerHub, place: PartnerPlace, rate: PartnerRate?
  ) {
    self.partner = partner
    self.outlet = outlet
    self.log = log
    self.hub = hub
    self.place = place
    self.rate = rate
    origins = hub.origins
    state = Mutex(State(filter: filter, lines: lines))
  }

  /// Goes to where the partner begins.
  func start(_ start: PartnerStart) throws {
    try check()
    let (next, bounds) = (log.nextSequence, log.bounds)
    let oldest = bounds?.first ?? next
    switch start {
    case .oldest: state.withLock { $0.position = oldest - 1 }
    case .newest: state.withLock { $0 = $0.positioned(at: next - 1) }
    case .after(let sequence):
      guard sequence < next, sequence &+ 1 >= oldest else {
        throw PartnerPositionLost(position: sequence, first: oldest, last: next - 1)
      }
      state.withLock { $0 = $0.positioned(at: sequence) }
    }
  }

  /// The number of the last chunk that was given out, or where the partner began.
  public var position: UInt64 { state.withLock { $0.position } }

  /// Rows that were given out.
  public var rows: UInt64 { state.withLock { $0.rows } }

  /// True when records of other stores came in since the stream was opened: receivers have to be
  /// told of them before they get more.
  public var isOutdated: Bool { hub.origins != origins }

  /// How long the partner's rate lets nothing out.
  public var wait: Duration { rate?.wait(at: hub.ticks()) ?? .zero }

  /// Looks whether the partner may have anything at all.
  ///
  /// - Throws: ``PartnerRevoked``.
  public func check() throws(PartnerRevoked) {
    guard let now = hub.directory.partner(partner.id), now.isGood(at: hub.clock()),
      now.policy.stream == partner.policy.stream
    else { throw PartnerRevoked() }
  }

  /// Takes the next chunk.
  ///
  /// - Parameter condition: whether to take it; one that is not taken comes again, and nothing is
  ///   counted.
  /// - Returns: nil when there is none yet, the rate lets none out, or the condition does not hold.
  /// - Throws: ``PartnerRevoked``, ``PartnerPositionLost`` when the log has dropped what comes
  ///   next, and what the log throws.
  public func next(
    while condition: (_ releasedAt: UnixSeconds) -> Bool = { _ in true }
  ) throws -> PartnerChunk? {
    try check()
    guard wait == .zero else { return nil }
    return try state.withLock { state in
      // Read first: what is released in between must not be taken for lost.
      let next = log.nextSequence
      guard let chunk = try log.next(after: state.position) else {
        guard next > state.position &+ 1 else { return nil }
        guard !state.isPositioned else {
          throw PartnerPositionLost(position: state.position, first: next, last: next - 1)
        }
        state.position = next - 1
        return nil
      }
      if state.isPositioned, chunk.sequence != state.position &+ 1 {
        throw PartnerPositionLost(
          position: state.position, first: chunk.sequence, last: log.nextSequence - 1)
      }
      guard condition(chunk.releasedAt) else { return nil }
      var counts = PartnerCounts()
      let records = chunk.records.filter { record in
        let rule = state.rule(record, releasedAt: chunk.releasedAt)
        counts[rule] += 1
        return rule == .released
      }
      state.position = chunk.sequence
      state.isPositioned = true
      state.rows += counts[.released]
      hub.ledger.add(counts, of: partner.id)
      if !records.isEmpty { rate?.spend(records.count, at: hub.ticks()) }
      return PartnerChunk(
        sequence: chunk.sequence, releasedAt: chunk.releasedAt, records: records)
    }
  }
}
