/// Why something in a binary feed gives no record, filters that the operator chose aside.
enum FeedReason: UInt8, CaseIterable {
  // What is inside a container or message cannot be read.
  case badPayload
  case tooManyPayloads
  case badChecksum
  case badCompression
  case badFragment
  case missingFragments
  case missingField
  case badName
  case badType
  case badRData
  case badCount
  case timesReversed

  // It is in order and gives no record.
  case otherPayload
  case insertionAnnounced
  case chaff
  case otherKind
  case sideNotTaken
  case classNotIN
  case metaType
  case rcode
  case repeated
  case tcpPackets

  // It can be read and is not believed.
  case policyApplied
  case outOfBailiwick
  case timeOutOfRange
  case unmatched
  case sensorChecksum

  enum Kind { case malformed, filtered, dropped }

  var kind: Kind {
    switch self {
    case .badPayload, .tooManyPayloads, .badChecksum, .badCompression, .badFragment,
      .missingFragments, .missingField, .badName, .badType, .badRData, .badCount, .timesReversed:
      .malformed
    case .otherPayload, .insertionAnnounced, .chaff, .otherKind, .sideNotTaken, .classNotIN,
      .metaType, .rcode, .repeated, .tcpPackets:
      .filtered
    case .policyApplied, .outOfBailiwick, .timeOutOfRange, .unmatched, .sensorChecksum: .dropped
    }
  }

  /// The name used in accounting.
  var name: String {
    switch self {
    case .badPayload: "bad-payload"
    case .tooManyPayloads: "too-many-payloads"
    case .badChecksum: "bad-payload-checksum"
    case .badCompression: "bad-compression"
    case .badFragment: "bad-fragment"
    case .missingFragments: "missing-fragments"
    case .missingField: "missing-field"
    case .badName: "bad-name"
    case .badType: "bad-type"
    case .badRData: "bad-rdata"
    case .badCount: "bad-count"
    case .timesReversed: "times-reversed"
    case .otherPayload: "other-payload"
    case .insertionAnnounced: "insertion-announced"
    case .chaff: "chaff"
    case .otherKind: "other-kind"
    case .sideNotTaken: "side-not-taken"
    case .classNotIN: "class-not-in"
    case .metaType: "meta-type"
    case .rcode: "rcode"
    case .repeated: "repeated-in-message"
    case .tcpPackets: "tcp-packets"
    case .policyApplied: "policy-applied"
    case .outOfBailiwick: "out-of-bailiwick"
    case .timeOutOfRange: "time-out-of-range"
    case .unmatched: "unmatched"
    case .sensorChecksum: "bad-checksum-at-sensor"
    }
  }
}

/// How many records each reason took.
struct FeedReasonCounts {
  private var counts = [UInt64](repeating: 0, count: FeedReason.allCases.count)

  mutating func add(_ reason: FeedReason, _ records: UInt64 = 1) {
    counts[Int(reason.rawValue)] += records
  }

  func account(into accounting: inout Accounting) {
    for reason in FeedReason.allCases where counts[Int(reason.rawValue)] > 0 {
      let count = Accounting.Reason(name: reason.name, count: counts[Int(reason.rawValue)])
      switch reason.kind {
      case .malformed: accounting.malformed.append(count)
      case .filtered: accounting.filtered.append(count)
      case .dropped: accounting.dropped.append(count)
      }
    }
  }
}
