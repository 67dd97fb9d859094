public import TidemarkModel

/// What is to be added about one indicator: all of it, or nothing.
public struct LibraryEntry: Sendable, Equatable {
  /// What it is about.
  public var indicator: IndicatorKey
  /// The status of a new indicator; one that is there keeps its own.
  public var status = IndicatorStatus.active
  /// Further words for it.
  public var tags: [String] = []
  /// Further labels of those who named it.
  public var sources: [String] = []
  /// Statements about it.
  public var attributes: [AttributeEntry] = []
  /// Statements about it and others, which are added too.
  public var relations: [RelationEntry] = []

  /// Makes an entry that names an indicator.
  public init(_ indicator: IndicatorKey) { self.indicator = indicator }
}

/// An attribute to add.
public struct AttributeEntry: Sendable, Equatable, Codable {
  /// What it is about.
  public var name: String
  /// What it says.
  public var value: String
  /// Who says so; nil is the source of the whole addition.
  public var source: String?
  /// When it was so; nil is the time of the addition.
  public var seen: ClosedRange<UnixSeconds>?

  /// Makes an attribute.
  public init(
    _ name: String, _ value: String, source: String? = nil, seen: ClosedRange<UnixSeconds>? = nil
  ) {
    self.name = name
    self.value = value
    self.source = source
    self.seen = seen
  }
}

/// A relation to add, and the indicator at its other end.
public struct RelationEntry: Sendable, Equatable {
  /// How they belong together.
  public var kind: RelationKind
  /// The indicator at the other end.
  public var other: IndicatorKey
  /// True when the relation leads from the other one to the entry's indicator.
  public var isIncoming = false
  /// Who says so; nil is the source of the whole addition.
  public var source: String?
  /// When it was so; nil is the time of the addition.
  public var seen: ClosedRange<UnixSeconds>?
  /// Statements about the other one.
  public var attributes: [AttributeEntry] = []

  /// Makes a relation.
  public init(
    _ kind: RelationKind, _ other: IndicatorKey, isIncoming: Bool = false, source: String? = nil,
    seen: ClosedRange<UnixSeconds>? = nil, attributes: [AttributeEntry] = []
  ) {
    self.kind = kind
    self.other = other
    self.isIncoming = isIncoming
    self.source = source
    self.seen = seen
    self.attributes = attributes
  }
}

/// An entry with its place, or why there is none.
public struct LibraryRow: Sendable {
  /// The row, in reports.
  public var number: Int
  /// What to add, or why the row cannot be read.
  public var entry: Result<LibraryEntry, RowRefusal>
  /// Kept with what is added.
  public var provenance: Provenance?

  /// Makes a row.
  public init(
    number: Int, entry: Result<LibraryEntry, RowRefusal>, provenance: Provenance? = nil
  ) {
    self.number = number
    self.entry = entry
    self.provenance = provenance
  }
}

/// Why one row is not added. Other rows are not concerned.
public struct RowRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  /// One line for people; has no text of the row in it.
  public let description: String

  /// Makes a refusal.
  public init(_ description: String) { self.description = description }
}

/// What became of rows: `rows = added + alreadyThere + refused`.
public struct AddReport: Sendable, Equatable {
  /// Refusals that are kept with their rows; all are counted. A hostile file has millions.
  public static let refusalsMax = 1_000

  /// A row that was refused.
  public struct Refusal: Sendable, Equatable {
    /// The row.
    public let row: Int
    /// Why.
    public let reason: String
  }

  /// Rows that brought something new.
  public internal(set) var added = 0
  /// Rows of which everything was there before; times were widened.
  public internal(set) var alreadyThere = 0
  /// Rows of which nothing was taken.
  public internal(set) var refused = 0
  /// Refused rows by reason.
  public internal(set) var reasons: [String: Int] = [:]
  /// The first refusals.
  public internal(set) var refusals: [Refusal] = []

  /// Makes the report of nothing.
  public init() {}

  /// Rows of all kinds.
  public var rows: Int { added + alreadyThere + refused }

  mutating func refuse(_ row: Int, _ refusal: RowRefusal) {
    refused += 1
    reasons[refusal.description, default: 0] += 1
    if refusals.count < AddReport.refusalsMax {
      refusals.append(Refusal(row: row, reason: refusal.description))
    }
  }

  mutating func merge(_ other: AddReport) {
    added += other.added
    alreadyThere += other.alreadyThere
    refused += other.refused
    reasons.merge(other.reasons) { $0 + $1 }
    let room = AddReport.refusalsMax - refusals.count
    refusals.append(contentsOf: other.refusals.prefix(max(room, 0)))
  }
}

extension LibraryEntry {
  /// Refuses what the library does not keep.
  func check() throws(RowRefusal) {
    for word in tags + sources { try LibraryLimits.check(label: word, "a tag or source") }
    let items = attributes.count + relations.count + tags.count + sources.count
    guard items <= LibraryLimits.itemsMax else {
      throw RowRefusal("more than \(LibraryLimits.itemsMax) statements in one row")
    }
    for attribute in attributes { try attribute.check() }
    for relation in relations {
      guard relation.other != indicator else {
        throw RowRefusal("a relation of an indicator with itself")
      }
      if let source = relation.source { try LibraryLimits.check(label: source, "a source") }
      for attribute in relation.attributes { try attribute.check() }
    }
  }
}

extension AttributeEntry {
  fileprivate func check() throws(RowRefusal) {
    try LibraryLimits.check(label: name, "the name of an attribute")
    if let source { try LibraryLimits.check(label: source, "a source") }
    guard !value.isEmpty else { throw RowRefusal("an attribute without a value") }
    guard value.utf8.count <= LibraryLimits.attributeOctetsMax else {
      throw RowRefusal("an attribute of more than \(LibraryLimits.attributeOctetsMax) octets")
    }
    // SQLite would cut the text there for whoever reads it as C.
    guard !value.utf8.contains(0) else { throw RowRefusal("an attribute with a NUL octet") }
  }
}

/// Bounds on what the library keeps. Each exists to keep one bad row or one bad file cheap.
public enum LibraryLimits {
  /// Longest name of an attribute, tag or source, octets.
  public static let labelOctetsMax = 255
  /// Longest value of an attribute, octets. Raw WHOIS records have some thousand.
  public static let attributeOctetsMax = 1 << 16
  /// Statements in one row of an import.
  public static let itemsMax = 10_000
  /// Longest raw answer that is kept, octets; longer ones are cut.
  public static let rawOctetsMax = 8 << 20
  /// All raw answers together, octets; the oldest ones go first.
  public static let rawTotalOctetsMax = 1 << 30
  /// How long raw answers are kept, and results of which nothing was added, seconds.
  public static let resultSeconds: UnixSeconds = 30 * 86_400
  /// Relations and attributes that one read gives.
  public static let readMax = 10_000

  static func check(label: String, _ what: String) throws(RowRefusal) {
    let isPlain = label.unicodeScalars.allSatisfy {
      $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
    }
    guard isPlain, (1...labelOctetsMax).contains(label.utf8.count) else {
      throw RowRefusal("\(what) has 1 to \(labelOctetsMax) octets and no control characters")
    }
  }
}
