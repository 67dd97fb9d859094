import DNSWire

/// Why a dnstap payload gives no records, apart from what is wrong with any response.
enum DnstapReason: UInt8, CaseIterable {
  // It cannot be read. The unit is the frame.
  case badPayload
  case missingType
  case missingMessage
  case frameTooLong
  case truncatedFrame

  // It is in order and not taken. The unit is the record, one for a payload of unknown kind.
  case otherPayload
  case typeNotTaken
  case forwarded

  // It is not believed. The unit is the record.
  case policyApplied

  enum Kind { case malformed, filtered, dropped }

  var kind: Kind {
    switch self {
    case .badPayload, .missingType, .missingMessage, .frameTooLong, .truncatedFrame: .malformed
    case .otherPayload, .typeNotTaken, .forwarded: .filtered
    case .policyApplied: .dropped
    }
  }

  /// The name used in accounting.
  var name: String {
    switch self {
    case .badPayload: "bad-payload"
    case .missingType: "missing-field"
    case .missingMessage: "missing-message"
    case .frameTooLong: "frame-too-long"
    case .truncatedFrame: "truncated-frame"
    case .otherPayload: "other-payload"
    case .typeNotTaken: "message-type"
    case .forwarded: "forwarder-answer"
    case .policyApplied: "policy-applied"
    }
  }
}

/// Sums over the payloads of a dnstap source. The unit of ``Accounting`` is the answer record;
/// above a resolver it is the record of any section.
struct DnstapCounters {
  /// Responses seen, readable or not, taken or not.
  private(set) var responses: UInt64 = 0
  /// Responses that had no time of their own, not even that of their query.
  var untimed: UInt64 = 0
  /// Records of accepted responses.
  var tally = RecordTally()

  private var offered: UInt64 = 0
  private var reasons = [UInt64](repeating: 0, count: DnstapReason.allCases.count)
  private var malformed = [UInt64](repeating: 0, count: MessageError.allCases.count)
  private var filtered = [UInt64](repeating: 0, count: ResponseFilter.allCases.count)
  private var timeOutOfRange: UInt64 = 0

  mutating func addResponse() { responses += 1 }

  mutating func refuse(_ reason: DnstapReason, records: Int = 1) {
    offered += UInt64(records)
    reasons[Int(reason.rawValue)] += UInt64(records)
  }

  /// Refuses records for a reason that single records of accepted responses also have.
  mutating func refuse(_ reason: WritableKeyPath<RecordTally, UInt64>, records: Int) {
    tally.offered += UInt64(records)
    tally[keyPath: reason] += UInt64(records)
  }

  mutating func refuse(_ error: MessageError) {
    offered += 1
    malformed[Int(error.rawValue)] += 1
  }

  mutating func refuse(_ filter: ResponseFilter, records: Int) {
    offered += UInt64(records)
    filtered[Int(filter.rawValue)] += UInt64(records)
  }

  mutating func refuseTime(records: Int) {
    offered += UInt64(records)
    timeOutOfRange += UInt64(records)
  }

  func account(into accounting: inout Accounting) {
    accounting.responses += responses
    accounting.offered += offered + tally.offered
    func add(_ count: UInt64, _ name: String, to reasons: inout [Accounting.Reason]) {
      if count > 0 { reasons.append(Accounting.Reason(name: name, count: count)) }
    }
    for reason in DnstapReason.allCases {
      let count = reasons[Int(reason.rawValue)]
      switch reason.kind {
      case .malformed: add(count, reason.name, to: &accounting.malformed)
      case .filtered: add(count, reason.name, to: &accounting.filtered)
      case .dropped: add(count, reason.name, to: &accounting.dropped)
      }
    }
    for error in MessageError.allCases {
      add(malformed[Int(error.rawValue)], error.name, to: &accounting.malformed)
    }
    for filter in ResponseFilter.allCases {
      add(filtered[Int(filter.rawValue)], filter.name, to: &accounting.filtered)
    }
    add(timeOutOfRange, ResponseDrop.time.name, to: &accounting.dropped)
    tally.account(into: &accounting)
  }
}
