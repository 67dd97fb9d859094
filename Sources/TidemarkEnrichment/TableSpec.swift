public import TidemarkModel

/// The shape of a result table, and what ticking one of its rows adds.
public struct TableSpec: Sendable, Equatable, Identifiable {
  /// The name inside the action.
  public let id: String
  /// The name for people; of a repeated table its beginning.
  public let title: String
  /// True when an answer may have several of it, each with a word of its own behind the title.
  public let isRepeated: Bool
  /// Columns in order. Hidden ones feed rules and are not shown.
  public let columns: [Column]
  /// What a row proposes.
  public let rules: [AddRule]
  /// Buttons below the table.
  public let buttons: [AddButton]

  /// Makes a shape.
  public init(
    _ id: String, _ title: String, isRepeated: Bool = false, columns: [Column],
    rules: [AddRule] = [], buttons: [AddButton] = []
  ) {
    self.id = id
    self.title = title
    self.isRepeated = isRepeated
    self.columns = columns
    self.rules = rules
    self.buttons = buttons
  }

  /// True when rows can be ticked.
  public var isSelectable: Bool { !buttons.isEmpty }
}

/// A column of a result table.
public struct Column: Sendable, Equatable, Codable {
  /// What its cells hold.
  public enum Kind: Sendable, Equatable, Codable {
    /// Text of one line.
    case text
    /// A whole number.
    case integer
    /// A time, or a date as the service writes it.
    case date
    /// A value that may be an indicator of one of these types.
    case indicator(Set<IndicatorType>)
    /// Text of many lines.
    case blob
  }

  /// The name in rules and requests.
  public let key: String
  /// The name for people.
  public let label: String
  /// What its cells hold.
  public let kind: Kind
  /// True when it is not shown.
  public let isHidden: Bool

  /// Makes a column.
  public init(_ key: String, _ label: String, _ kind: Kind = .text, isHidden: Bool = false) {
    self.key = key
    self.label = label
    self.kind = kind
    self.isHidden = isHidden
  }
}

/// What a row proposes to add. Rows with an empty cell where a rule needs one do not propose it.
public enum AddRule: Sendable, Equatable {
  /// An attribute of the indicator that was asked about.
  case attribute(AttributeRule)
  /// A further indicator: the value of a column, in a relation with the one asked about.
  case indicator(
    column: String, RelationKind, isIncoming: Bool, attributes: [AttributeRule])
  /// The source says for each row what further indicator it brings.
  case indicatorOfRow(Set<RelationKind>)
}

/// Makes an attribute of cells.
public struct AttributeRule: Sendable, Equatable {
  /// Where a name or value comes from.
  public enum Part: Sendable, Equatable {
    /// These words.
    case fixed(String)
    /// The cell of a column.
    case cell(String)
    /// Two cells, with a colon and a blank between.
    case pair(String, String)
  }

  /// The name of the attribute.
  public let name: Part
  /// Its value.
  public let value: Part

  /// Makes a rule.
  public init(_ name: Part, _ value: Part) {
    self.name = name
    self.value = value
  }

  /// Makes a rule for an attribute with one name.
  public init(_ name: String, _ column: String) {
    self.init(.fixed(name), .cell(column))
  }
}

/// A button that adds what ticked rows propose.
public struct AddButton: Sendable, Equatable, Codable {
  /// Which proposals it takes.
  public enum Takes: Sendable, Equatable, Codable {
    /// Attributes.
    case attributes
    /// Indicators in one of these relations.
    case indicators(Set<RelationKind>)
  }

  /// The words on it; no two buttons of a table have the same.
  public let label: String
  /// Which proposals it takes.
  public let takes: Takes

  /// Makes a button.
  public init(_ label: String, _ takes: Takes) {
    self.label = label
    self.takes = takes
  }

  /// True when it adds the proposal.
  public func adds(_ proposal: Proposal) -> Bool {
    switch (takes, proposal) {
    case (.attributes, .attribute): true
    case (.indicators(let kinds), .indicator(let candidate)): kinds.contains(candidate.relation)
    case (.attributes, .indicator), (.indicators, .attribute): false
    }
  }
}

/// What ticking a row would write.
public enum Proposal: Sendable, Equatable, Codable {
  /// An attribute of the indicator that was asked about.
  case attribute(AttributeEntry)
  /// A further indicator.
  case indicator(Candidate)

  /// A value from outside that may turn out to be no indicator.
  public struct Candidate: Sendable, Equatable, Codable {
    /// Types that it may be of.
    public let types: Set<IndicatorType>
    /// The value as it came.
    public let value: String
    /// How it belongs to the indicator that was asked about.
    public let relation: RelationKind
    /// True when the relation leads from it to the indicator that was asked about.
    public let isIncoming: Bool
    /// When it was so.
    public let seen: ClosedRange<UnixSeconds>?
    /// What is said about it.
    public let attributes: [AttributeEntry]

    /// Makes a candidate.
    public init(
      types: Set<IndicatorType>, value: String, relation: RelationKind, isIncoming: Bool = false,
      seen: ClosedRange<UnixSeconds>? = nil, attributes: [AttributeEntry] = []
    ) {
      self.types = types
      self.value = value
      self.relation = relation
      self.isIncoming = isIncoming
      self.seen = seen
      self.attributes = attributes
    }
  }
}
