/// Why a text is not a pattern that can be searched for. Offsets count characters from 0.
public enum PatternError: Error, Equatable, Sendable {
  /// The text is empty: it would match everything.
  case empty
  /// The text has more than ``Pattern/charactersMax`` characters.
  case tooLong
  /// A character is not printable ASCII. Names are searched as A-labels (`xn--…`), other octets as
  /// the `\DDD` escapes that their text has.
  case notPrintable(offset: Int)
  /// Something that other regular expressions have and these do not.
  case unsupported(String, offset: Int)
  /// Not well formed; the text says what is wrong.
  case malformed(String)
  /// The pattern repeats so much that its automaton would be too large.
  case tooComplex
  /// A glob that cannot match, because no text that is searched ends like it.
  case impossibleEnd(PatternSubject)
  /// The process has no memory left.
  case outOfMemory
}

extension PatternError: CustomStringConvertible {
  /// One line for people.
  public var description: String {
    switch self {
    case .empty: "the pattern is empty"
    case .tooLong: "the pattern is longer than \(Pattern.charactersMax) characters"
    case .notPrintable(let offset):
      "character \(offset + 1) of the pattern is not printable ASCII; "
        + "write names as A-labels (xn--)"
    case .unsupported(let what, let offset):
      "\(what) not supported in patterns (at character \(offset + 1))"
    case .malformed(let detail): "not a pattern: \(detail)"
    case .tooComplex: "the pattern repeats too much: its automaton would be too large"
    case .impossibleEnd(.names):
      "the glob cannot match: names end in a dot, so it must end in . or *"
    case .impossibleEnd(.rdata):
      "the glob cannot match: rdata ends in a dot, a double quote or a digit, "
        + "so it must end in one of them or in *"
    case .outOfMemory: "no memory left for the pattern"
    }
  }
}

/// What the texts are that a pattern is searched in.
public enum PatternSubject: Sendable, Equatable {
  /// Owner names in presentation form, with the final dot.
  case names
  /// Rdata in presentation form: names with the final dot, strings in double quotes.
  case rdata
}
