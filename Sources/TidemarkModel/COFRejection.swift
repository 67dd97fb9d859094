/// Why an object of a COF stream gives no observation. Every such object has exactly one reason.
public enum COFRejection: UInt8, CaseIterable, Error, Sendable {
  /// Not JSON: bad structure, escape, UTF-8 or nesting; or text between objects.
  case malformedJSON
  /// Longer than the limit; skipped without being held.
  case tooLong
  /// The stream ended inside it.
  case truncated
  /// An object without owner, type or rdata.
  case missingField
  /// The owner is not a string, or not a domain name.
  case badName
  /// The type is neither a mnemonic, nor `TYPEnnn`, nor a number up to 65535.
  case badType
  /// A type that only questions and transport use (OPT, TSIG, AXFR, ANY and their like).
  case metaType
  /// The rdata is neither a string nor an array of strings, or empty, or longer than rdata can be.
  case badRData
  /// Neither times nor zone times, or only one of the two.
  case missingTime
  /// A time is not a number.
  case badTime
  /// A time lies before 1990; 0 counts as such.
  case timeTooOld
  /// A time lies more than a day after the reader's clock.
  case timeInFuture
  /// The last time lies before the first.
  case timesReversed
  /// The count is not a number, or less than 1.
  case badCount
  /// Owner and rdata are swapped and there are several owners.
  case swappedSet
  /// `days` has something that is no date, a date before the first or after the last time, or more
  /// dates than lie between them.
  case badDays
  /// `sensors` has something that is no string, or more than a store can number.
  case badSensors

  /// The name in the account, lower case with hyphens.
  public var name: StaticString {
    switch self {
    case .malformedJSON: "malformed-json"
    case .tooLong: "too-long"
    case .truncated: "truncated"
    case .missingField: "missing-field"
    case .badName: "bad-name"
    case .badType: "bad-type"
    case .metaType: "meta-type"
    case .badRData: "bad-rdata"
    case .missingTime: "missing-time"
    case .badTime: "bad-time"
    case .timeTooOld: "time-too-old"
    case .timeInFuture: "time-in-future"
    case .timesReversed: "times-reversed"
    case .badCount: "bad-count"
    case .swappedSet: "swapped-set"
    case .badDays: "bad-days"
    case .badSensors: "bad-sensors"
    }
  }
}

/// What a line of the DNSDB's streaming framing (SAF) says about the stream.
public enum SAFCondition: Sendable, Equatable {
  /// `begin` or `ongoing`: more follows.
  case going
  /// `succeeded`: everything was sent.
  case succeeded
  /// `limited`: the sender stopped at a limit.
  case limited
  /// `failed`, or a word that is none of these: rows may be missing.
  case failed
}

/// What a COF stream held, counted.
public struct COFTally: Sendable, Equatable {
  /// Objects that gave an observation.
  public internal(set) var observations: UInt64 = 0
  /// RRs of all observations.
  public internal(set) var records: UInt64 = 0
  /// Observations whose owner and rdata were swapped back.
  public internal(set) var repaired: UInt64 = 0
  /// RRs kept as text because their rdata could not be read for their type.
  public internal(set) var lossy: UInt64 = 0
  /// Observations whose bailiwick was no name at or above the owner, and is unknown now.
  public internal(set) var bailiwickDropped: UInt64 = 0
  /// Objects of SAF framing that carry no row.
  public internal(set) var control: UInt64 = 0

  private var rejections = [UInt64](repeating: 0, count: COFRejection.allCases.count)

  init() {}

  /// Objects rejected for a reason.
  public func count(of reason: COFRejection) -> UInt64 { rejections[Int(reason.rawValue)] }

  /// All rejected objects.
  public var rejected: UInt64 { rejections.reduce(0, +) }

  mutating func add(_ reason: COFRejection) { rejections[Int(reason.rawValue)] += 1 }
}
