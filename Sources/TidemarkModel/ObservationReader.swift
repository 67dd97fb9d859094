/// Reads a text feed from chunks of octets: the shape that all feeds of other programs share.
///
/// A feed consists of items (lines, objects); each gives any number of observations. Steps do not
/// depend on where the feed is cut into chunks.
public protocol ObservationReader: ~Copyable {
  /// The reader's clock: later times (by more than a day) are refused.
  var now: UnixSeconds { get set }

  /// Reads up to the next step.
  ///
  /// - Parameters:
  ///   - chunk: a piece of the feed; the same one until ``ReadStep/needsInput`` is returned.
  ///   - at: the position in the chunk, 0 for a new one; moved.
  ///   - observation: filled when ``ReadStep/observation(endsItem:)`` is returned, otherwise of no
  ///     use.
  mutating func next(
    _ chunk: Span<UInt8>, at: inout Int, into observation: inout TextObservation
  ) -> ReadStep

  /// Ends the feed; its last item may lack its end. Call until ``ReadStep/needsInput`` is returned.
  mutating func finish(into observation: inout TextObservation) -> ReadStep

  /// Takes the first octets of a feed that is read from somewhere else than its start: what a
  /// header says about the columns. Feeds without a header ignore it.
  mutating func prime(_ head: Span<UInt8>)

  /// Octets moved over that belong to an item whose end has not come yet. Whoever stores a position
  /// in the feed stores the one before them.
  var heldOctets: Int { get }
}

extension ObservationReader where Self: ~Copyable {
  /// Items that end where their line ends are never held between whole lines.
  public var heldOctets: Int { 0 }

  /// Ignores the head.
  public mutating func prime(_ head: Span<UInt8>) {}
}

/// What a reader of a text feed found.
public enum ReadStep: Sendable, Equatable {
  /// The observation given was filled. `endsItem` is false when the item may give more steps.
  case observation(endsItem: Bool)
  /// Something gave no observation: a record of an item, or the whole item.
  case rejected(TextRejection, endsItem: Bool)
  /// An item that offers no record, and is in order: a query, an alert, an event of another kind.
  /// Also the end of an item whose observations were returned with `endsItem: false`.
  case itemEnd
  /// The chunk is used up: give the next one, or finish.
  case needsInput
}

extension ReadStep {
  /// True for the last step of an item.
  var endsItem: Bool {
    switch self {
    case .observation(let endsItem), .rejected(_, let endsItem): endsItem
    case .itemEnd: true
    case .needsInput: false
    }
  }
}

/// Why something in a text feed gives no observation. Every such thing has exactly one reason.
public struct TextRejection: Error, Sendable, Equatable {
  /// Where a reason belongs in the account.
  public enum Kind: Sendable, Equatable {
    /// It cannot be read.
    case malformed
    /// It is in order and is no record: a negative answer, another class.
    case filtered
    /// It can be read and cannot be kept: no owner, cut by its producer.
    case dropped
  }

  /// Where the reason belongs.
  public let kind: Kind
  /// The name in the account, lower case with hyphens.
  public let name: StaticString

  /// Makes a reason.
  public init(_ kind: Kind, _ name: StaticString) {
    self.kind = kind
    self.name = name
  }

  /// Equal when kind and name are.
  public static func == (one: TextRejection, other: TextRejection) -> Bool {
    guard one.kind == other.kind else { return false }
    return one.name.withUTF8Buffer { octets in
      other.name.withUTF8Buffer { unsafe octets.elementsEqual($0) }
    }
  }

  /// ``name`` as a string.
  public var text: String { "\(name)" }
}

extension TextRejection {
  /// Not JSON: bad structure, escape, UTF-8 or nesting.
  public static let malformedJSON = TextRejection(.malformed, "malformed-json")
  /// Longer than the reader's limit; skipped without being held.
  public static let tooLong = TextRejection(.malformed, "too-long")
  /// The feed ends inside it.
  public static let truncated = TextRejection(.malformed, "truncated")
  /// A field that every record has is not there.
  public static let missingField = TextRejection(.malformed, "missing-field")
  /// The owner is no domain name.
  public static let badName = TextRejection(.malformed, "bad-name")
  /// The type is no type.
  public static let badType = TextRejection(.malformed, "bad-type")
  /// A type that only questions and transport use.
  public static let metaType = TextRejection(.filtered, "meta-type")
  /// The rdata is empty, too long, or not of its type.
  public static let badRData = TextRejection(.malformed, "bad-rdata")
  /// The time is no time.
  public static let badTime = TextRejection(.malformed, "bad-time")
  /// The time lies before 1990 or more than a day after the reader's clock.
  public static let timeOutOfRange = TextRejection(.dropped, "time-out-of-range")
  /// The count is no number of 1 or more.
  public static let badCount = TextRejection(.malformed, "bad-count")
  /// The class is not IN.
  public static let classNotIN = TextRejection(.filtered, "class-not-in")
  /// No such name, no such type, or a failure: no record.
  public static let negative = TextRejection(.filtered, "negative")
  /// TC is set: the answer may be partial.
  public static let truncatedAnswer = TextRejection(.filtered, "truncated-tc")
  /// Its producer cut the name or the data.
  public static let cutByProducer = TextRejection(.dropped, "cut-by-producer")
  /// Multicast DNS, LLMNR or NetBIOS: not DNS.
  public static let notUnicastDNS = TextRejection(.filtered, "not-unicast-dns")
  /// A reader cannot tell which name the data belongs to.
  public static let noOwner = TextRejection(.dropped, "no-owner")
}
