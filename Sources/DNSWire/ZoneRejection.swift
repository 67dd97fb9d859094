/// An entry of a zone file that gives no record, and where it stands.
public struct ZoneRejection: Error, Sendable, Equatable {
  /// Line on which the entry starts; the first line of a file is 1.
  public let line: UInt64
  /// What is wrong with it.
  public let reason: ZoneRejectionReason

  /// Makes a rejection.
  public init(line: UInt64, reason: ZoneRejectionReason) {
    self.line = line
    self.reason = reason
  }
}

/// Why an entry of a zone file gives no record.
public enum ZoneRejectionReason: Error, Sendable, Equatable {
  /// The line ends inside a quoted string.
  case unterminatedQuote
  /// A closing parenthesis without an opening one, or the file ends inside parentheses.
  case unbalancedParenthesis
  /// Longer than ``ZoneScanner/entryOctetsMax``; what follows on the same line is skipped.
  case entryTooLong
  /// A word that starts with `$` at the start of a line and is no directive.
  case unknownDirective
  /// A directive without its argument, with a wrong one, or with too many.
  case badDirective
  /// `$INCLUDE`, where no file may be included.
  case includeRefused
  /// `$GENERATE`, which the scanner was not told to expand.
  case generateRefused
  /// `$GENERATE` with more records than the scanner may still make.
  case generateTooLarge
  /// The entry starts with a blank, and there is no owner before it that could be read.
  case missingOwner
  /// The owner is not a name.
  case badOwner(NameError)
  /// A name without a final dot, or `@`, where no origin is known.
  case missingOrigin
  /// A time to live that is not one, or two of them.
  case badTTL
  /// There is no type.
  case missingType
  /// The word where the type should be is none.
  case badType
  /// A class other than IN. Its types have other meanings, and passive DNS does not keep it.
  case otherClass
  /// The rdata is not of its type.
  case badRData(RDataTextError)

  /// The name used in accounting, lower case with hyphens.
  public var name: StaticString {
    switch self {
    case .unterminatedQuote: "unterminated-quote"
    case .unbalancedParenthesis: "unbalanced-parenthesis"
    case .entryTooLong: "entry-too-long"
    case .unknownDirective: "unknown-directive"
    case .badDirective: "bad-directive"
    case .includeRefused: "include-refused"
    case .generateRefused: "generate-refused"
    case .generateTooLarge: "generate-too-large"
    case .missingOwner: "missing-owner"
    case .badOwner: "bad-name"
    case .missingOrigin: "missing-origin"
    case .badTTL: "bad-ttl"
    case .missingType: "missing-type"
    case .badType: "bad-type"
    case .otherClass: "class-not-in"
    case .badRData: "bad-rdata"
    }
  }
}
