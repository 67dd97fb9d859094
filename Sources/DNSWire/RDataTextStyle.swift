/// The two ways in which programs write rdata.
public enum RDataDialect: Sendable {
  /// As DNSDB shows it: hexadecimal in upper case, times of RRSIG as seconds, the tag of CAA in
  /// quotes, types newer than its library as `\# n` with blanks between octets.
  case dnsdb
  /// As `dig` shows it: every type that has text of its own in that text.
  case master
}

/// How rdata is written.
public struct RDataTextStyle: Sendable, Equatable {
  /// Which spelling.
  public let dialect: RDataDialect
  /// True when names inside rdata end with a dot. The root is `.` either way.
  public let finalDot: Bool

  /// Combines a dialect with a spelling of names.
  public init(dialect: RDataDialect, finalDot: Bool) {
    self.dialect = dialect
    self.finalDot = finalDot
  }

  /// DNSDB's: ``RDataDialect/dnsdb`` with final dots.
  public static let dnsdb = RDataTextStyle(dialect: .dnsdb, finalDot: true)
  /// Zone files' and web pages': ``RDataDialect/master`` with final dots.
  public static let master = RDataTextStyle(dialect: .master, finalDot: true)
  /// CIRCL's: ``RDataDialect/master`` without final dots.
  public static let circl = RDataTextStyle(dialect: .master, finalDot: false)
}
