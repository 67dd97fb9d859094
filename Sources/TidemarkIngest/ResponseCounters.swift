import DNSWire

/// Why a well-formed response gives no records. Policy, not damage.
public enum ResponseFilter: UInt8, CaseIterable, Sendable {
  /// Opcode is not QUERY.
  case opcode
  /// There is not exactly one question.
  case noQuestion
  /// The question's class is not IN.
  case questionClass
  /// TC is set: the answer may be partial.
  case truncated
  /// The question asks for AXFR or IXFR.
  case zoneTransfer
  /// The rcode is neither NOERROR nor NXDOMAIN.
  case rcode
  /// RD is set, so it is not what an authoritative server was asked by a resolver. Only for sources
  /// above a resolver.
  case recursionDesired

  /// The name used in accounting.
  public var name: String {
    switch self {
    case .opcode: "opcode"
    case .noQuestion: "question-count"
    case .questionClass: "question-class"
    case .truncated: "truncated-tc"
    case .zoneTransfer: "zone-transfer"
    case .rcode: "rcode"
    case .recursionDesired: "recursion-desired"
    }
  }
}

/// Why a well-formed response is not believed.
public enum ResponseDrop: UInt8, CaseIterable, Sendable {
  /// No query for it was seen, or it was answered before.
  case unmatched
  /// It does not repeat the letter case of its query.
  case wrongCase
  /// Its time is before 1990 or in the future.
  case time

  /// The name used in accounting.
  public var name: String {
    switch self {
    case .unmatched: "unmatched"
    case .wrongCase: "wrong-case"
    case .time: "time-out-of-range"
    }
  }
}

/// What became of one payload.
enum ResponseOutcome {
  case query
  case badQuery
  case malformed(MessageError)
  case filtered(ResponseFilter, records: UInt64)
  case dropped(ResponseDrop, records: UInt64)
  case accepted(trailing: Bool)
}

/// Sums over the DNS messages of a source.
///
/// The unit of ``Accounting`` is the record: of a client's source an answer record, of an
/// authority's source a record of any section, OPT left out. A refused response counts its records,
/// a message that cannot be read counts one.
public struct ResponseCounters: Sendable, Equatable {
  /// Records offered. Those of accepted responses are counted where they come in, so that the sum
  /// of all outcomes can be held against it.
  public var offered: UInt64 { refused + tally.offered }
  /// Records of responses that were refused as a whole.
  private var refused: UInt64 = 0
  /// Queries.
  public private(set) var queries: UInt64 = 0
  /// Queries that could not be read; they match nothing.
  public private(set) var badQueries: UInt64 = 0
  /// Responses, readable or not.
  public private(set) var responses: UInt64 = 0
  /// Responses whose name came back in other letter case than asked. Accepted.
  public var otherCase: UInt64 = 0
  /// Responses with octets behind the last record. Accepted.
  public private(set) var trailing: UInt64 = 0
  /// Responses that were accepted.
  public private(set) var accepted: UInt64 = 0
  /// Records of accepted responses.
  public internal(set) var tally = RecordTally()
  /// Messages that could not be read, by reason.
  public private(set) var malformed: [UInt64] = Array(
    repeating: 0, count: MessageError.allCases.count)
  /// Answer records of responses that policy refused, by reason.
  public private(set) var filtered: [UInt64] = Array(
    repeating: 0, count: ResponseFilter.allCases.count)
  /// Answer records of responses that were not believed, by reason.
  public private(set) var dropped: [UInt64] = Array(
    repeating: 0, count: ResponseDrop.allCases.count)

  /// Makes zero sums.
  public init() {}

  mutating func add(_ outcome: ResponseOutcome) {
    switch outcome {
    case .query:
      queries += 1
      return
    case .badQuery:
      queries += 1
      badQueries += 1
      return
    case .malformed(let error):
      refused += 1
      malformed[Int(error.rawValue)] += 1
    case .filtered(let reason, let records):
      refused += records
      filtered[Int(reason.rawValue)] += records
    case .dropped(let reason, let records):
      refused += records
      dropped[Int(reason.rawValue)] += records
    case .accepted(let trailing):
      accepted += 1
      self.trailing += trailing ? 1 : 0
    }
    responses += 1
  }
}
