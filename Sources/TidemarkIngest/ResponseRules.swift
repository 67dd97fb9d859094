import DNSWire
import TidemarkModel

/// What every DNS response must be to give records, whatever it came in (passive DNS takes
/// answers to ordinary queries that are complete and successful).
struct ResponseRules: Sendable {
  /// The collector's clock.
  var now: UnixSeconds {
    didSet { timeMax = ResponseRules.timeMax(now) }
  }

  private var timeMax: UnixSeconds

  init(now: UnixSeconds) {
    self.now = now
    timeMax = ResponseRules.timeMax(now)
  }

  /// Why a well-formed response gives no records, apart from its rcode: for sources that first look
  /// for the query that it answers.
  static func refusal(_ parser: borrowing MessageParser) -> ResponseFilter? {
    if parser.header.opcode != 0 { return .opcode }
    if !parser.hasQuestion { return .noQuestion }
    if parser.questionClass != 1 { return .questionClass }
    if parser.header.isTruncated { return .truncated }
    switch parser.questionType.rawValue {
    case 251, 252: return .zoneTransfer
    default: return nil
    }
  }

  /// True for NOERROR, and for NXDOMAIN: the chain to a name that does not exist is real.
  static func isSuccess(rcode: UInt16) -> Bool { rcode == 0 || rcode == 3 }

  /// The time in the model's unit; nil before 1990 and later than a day from now, where only broken
  /// clocks are.
  func time(seconds: UInt64) -> UnixSeconds? {
    guard seconds >= UInt64(TimeLimits.timeMin), seconds <= UInt64(timeMax) else { return nil }
    return UnixSeconds(seconds)
  }

  private static func timeMax(_ now: UnixSeconds) -> UnixSeconds {
    let (sum, overflow) = now.addingReportingOverflow(TimeLimits.futureMax)
    return overflow ? .max : sum
  }
}
