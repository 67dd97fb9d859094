public import CaptureFormats
public import DNSWire
import TidemarkModel

/// Remembers queries until their responses come, so that only answers somebody asked for count.
///
/// The key is the conversation (addresses, ports, transport, message id) and the question. A query
/// is forgotten when its first response comes, so the copy that a mirror port sends, and the forged
/// answer that loses the race, match nothing. Memory is bounded: the oldest query goes first.
///
/// Time is packet time, nanoseconds since the epoch. Nothing here reads a clock.
public struct QueryMatcher {
  /// Queries remembered at once; 131,072 are 12 MB and a quarter of a minute of a busy resolver.
  public static let pendingMax = 131_072
  /// How long a query over UDP waits for its response.
  public static let udpTimeout: Int64 = 15 * 1_000_000_000
  /// How long a query over TCP waits.
  public static let tcpTimeout: Int64 = 60 * 1_000_000_000

  /// What a response turned out to be.
  public enum Verdict: Equatable, Sendable {
    /// The first response to a remembered query.
    case matched
    /// The same, but the name came back in other letter case than a query of one case had.
    case matchedOtherCase
    /// Nobody asked, the query timed out, or it was answered already.
    case unsolicited
    /// The query randomised its letter case and the response does not repeat it: a forgery.
    case wrongCase
  }

  /// The question part of a key: hashes under a secret seed stand for the name's octets.
  public struct Question: Equatable, Sendable {
    let folded: UInt64
    let exact: UInt64
    let hasMixedCase: Bool
    let type: UInt16
    let questionClass: UInt16

    /// Makes the key part.
    ///
    /// - Parameters:
    ///   - name: the name as sent.
    ///   - folded: the same name lowered.
    public init(
      name: Span<UInt8>, folded: Span<UInt8>, type: RRType, questionClass: UInt16, seed: UInt64
    ) {
      self.folded = SeededHash.hash(folded, seed: seed)
      exact = SeededHash.hash(name, seed: ~seed)
      hasMixedCase = Question.hasBothCases(name)
      self.type = type.rawValue
      self.questionClass = questionClass
    }

    private static func hasBothCases(_ name: Span<UInt8>) -> Bool {
      var upper = false
      var lower = false
      for index in name.indices {
        let octet = name[index]
        upper = upper || octet &- 0x41 < 26
        lower = lower || octet &- 0x61 < 26
      }
      return upper && lower
    }
  }

  private struct Pending {
    var query: Flow
    var question: Question
    var id: UInt16
    var time: Int64
    var hash: UInt32
    /// Neighbours in order of arrival, or next free entry; -1 for none.
    var older: Int32 = -1
    var newer: Int32 = -1
  }

  /// Queries that were forgotten to make room.
  public private(set) var evicted: UInt64 = 0
  /// Secret of this matcher: strangers cannot choose colliding names.
  public let seed = UInt64.random(in: 0 ... .max)

  /// Queries, linked from the oldest to the newest; forgotten ones wait in a list to be used again.
  private var entries: [Pending] = []
  private var oldest: Int32 = -1
  private var newest: Int32 = -1
  private var free: Int32 = -1
  /// Entry index + 1 by hash, 0 for a free slot; at most half full.
  private var slots: [UInt32]
  private let mask: Int
  private let capacity: Int

  /// Makes an empty matcher.
  ///
  /// - Parameter capacity: queries remembered at once, 1 or more.
  public init(capacity: Int = QueryMatcher.pendingMax) {
    precondition(capacity > 0, "a matcher needs room")
    self.capacity = capacity
    var slotCount = 16
    while slotCount < capacity * 2 { slotCount *= 2 }
    slots = Array(repeating: 0, count: slotCount)
    mask = slotCount - 1
  }

  /// Remembers a query. The same query again only refreshes its time.
  public mutating func query(_ flow: Flow, id: UInt16, question: Question, time: Int64) {
    let hash = QueryMatcher.hash(flow, id: id, question: question)
    if let slot = find(flow, id: id, question: question, hash: hash) { forget(slot: slot) }
    let index = place(
      Pending(query: flow, question: question, id: id, time: time, hash: hash))
    var slot = Int(hash) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = UInt32(index + 1)
  }

  /// Takes a response.
  ///
  /// - Parameter flow: of the response; the query went the other way.
  public mutating func response(
    _ flow: Flow, id: UInt16, question: Question, time: Int64
  ) -> Verdict {
    let query = flow.reversed
    let hash = QueryMatcher.hash(query, id: id, question: question)
    guard let slot = find(query, id: id, question: question, hash: hash) else {
      return .unsolicited
    }
    let pending = entries[Int(slots[slot]) - 1]
    let timeout =
      flow.transport == .tcp ? QueryMatcher.tcpTimeout : QueryMatcher.udpTimeout
    let (age, overflow) = time.subtractingReportingOverflow(pending.time)
    guard !overflow, age <= timeout else {
      forget(slot: slot)
      return .unsolicited
    }
    guard age >= 0 else { return .unsolicited }
    let sameCase = pending.question.exact == question.exact
    if !sameCase && pending.question.hasMixedCase { return .wrongCase }
    forget(slot: slot)
    return sameCase ? .matched : .matchedOtherCase
  }

  /// Puts an entry behind the newest, in place of the oldest when there is no room.
  private mutating func place(_ entry: Pending) -> Int {
    if free < 0 && entries.count == capacity {
      evicted += 1
      var slot = Int(entries[Int(oldest)].hash) & mask
      while slots[slot] != UInt32(oldest + 1) { slot = (slot + 1) & mask }
      forget(slot: slot)
    }
    let index: Int
    if free >= 0 {
      index = Int(free)
      free = entries[index].newer
      entries[index] = entry
    } else {
      index = entries.count
      entries.append(entry)
    }
    entries[index].older = newest
    if newest >= 0 { entries[Int(newest)].newer = Int32(index) } else { oldest = Int32(index) }
    newest = Int32(index)
    return index
  }

  /// Takes an entry out of the order and out of the table.
  private mutating func forget(slot: Int) {
    let index = Int(slots[slot]) - 1
    let (older, newer) = (entries[index].older, entries[index].newer)
    if older >= 0 { entries[Int(older)].newer = newer } else { oldest = newer }
    if newer >= 0 { entries[Int(newer)].older = older } else { newest = older }
    entries[index].newer = free
    free = Int32(index)
    remove(slot: slot)
  }

  private func find(_ flow: Flow, id: UInt16, question: Question, hash: UInt32) -> Int? {
    var slot = Int(hash) & mask
    while slots[slot] != 0 {
      let entry = entries[Int(slots[slot]) - 1]
      if entry.hash == hash, entry.id == id, entry.query == flow,
        entry.question.folded == question.folded, entry.question.type == question.type,
        entry.question.questionClass == question.questionClass
      {
        return slot
      }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// Frees a slot and closes the gap, so that probing never needs markers for deleted entries.
  private mutating func remove(slot freed: Int) {
    var gap = freed
    var slot = (freed + 1) & mask
    while slots[slot] != 0 {
      let home = Int(entries[Int(slots[slot]) - 1].hash) & mask
      if (slot - home) & mask >= (slot - gap) & mask {
        slots[gap] = slots[slot]
        gap = slot
      }
      slot = (slot + 1) & mask
    }
    slots[gap] = 0
  }

  private static func hash(_ flow: Flow, id: UInt16, question: Question) -> UInt32 {
    let ports = UInt64(flow.sourcePort) << 32 | UInt64(flow.destinationPort) << 16 | UInt64(id)
    let first = SeededHash.mix(flow.source.low ^ ports, flow.destination.low ^ question.folded)
    let second = SeededHash.mix(
      flow.source.high ^ UInt64(flow.transport.rawValue),
      flow.destination.high ^ first ^ UInt64(question.type))
    return UInt32(truncatingIfNeeded: second ^ second >> 32)
  }
}
