/// Why a line of a passivedns log gives no observation. Every such line has exactly one reason.
public enum PassiveDNSLogRejection: UInt8, CaseIterable, Error, Sendable {
  /// A comment or the program's own greeting.
  case notARecord
  /// A negative answer (NXDOMAIN, SERVFAIL and their like): no record, but not wrong.
  case negative
  /// Longer than the limit.
  case tooLong
  /// Fields are missing at the end, or TTL or count is no number: lines are cut at 999 octets.
  case cut
  /// A field holds the delimiter, and the line can be read in more than one way.
  case ambiguous
  /// Not JSON where JSON was begun, or a member has the wrong type.
  case malformedJSON
  /// The class is not IN.
  case classNotIN
  /// The query is no domain name.
  case badName
  /// The type is no known mnemonic.
  case badType
  /// The answer is empty or longer than rdata can be.
  case badRData
  /// The time is not a number.
  case badTime
  /// The time lies before 1990.
  case timeTooOld
  /// The time lies more than a day after the reader's clock.
  case timeInFuture
  /// The count is 0.
  case badCount

  /// The name in the account, lower case with hyphens.
  public var name: StaticString {
    switch self {
    case .notARecord: "not-a-record"
    case .negative: "negative"
    case .tooLong: "too-long"
    case .cut: "cut"
    case .ambiguous: "ambiguous"
    case .malformedJSON: "malformed-json"
    case .classNotIN: "class-not-in"
    case .badName: "bad-name"
    case .badType: "bad-type"
    case .badRData: "bad-rdata"
    case .badTime: "bad-time"
    case .timeTooOld: "time-too-old"
    case .timeInFuture: "time-in-future"
    case .badCount: "bad-count"
    }
  }

  /// True for lines that are in order and are no records, which statistics call filtered rather
  /// than malformed.
  public var isFiltered: Bool {
    self == .notARecord || self == .negative || self == .classNotIN
  }
}

/// What a passivedns log held, counted.
public struct PassiveDNSLogTally: Sendable, Equatable {
  /// Lines that gave an observation.
  public internal(set) var observations: UInt64 = 0
  /// Observations kept as text because the tool prints only a part of their rdata.
  public internal(set) var lossy: UInt64 = 0

  private var rejections = [UInt64](
    repeating: 0, count: PassiveDNSLogRejection.allCases.count)

  init() {}

  /// Lines rejected for a reason.
  public func count(of reason: PassiveDNSLogRejection) -> UInt64 {
    rejections[Int(reason.rawValue)]
  }

  /// All lines that gave no observation, negatives included; blank lines are not counted.
  public var rejected: UInt64 { rejections.reduce(0, +) }

  mutating func add(_ reason: PassiveDNSLogRejection) { rejections[Int(reason.rawValue)] += 1 }
}
