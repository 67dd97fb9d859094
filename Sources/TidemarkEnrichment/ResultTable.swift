public import TidemarkModel

/// What one cell holds.
public enum Cell: Sendable, Equatable, Codable {
  /// Nothing is known.
  case empty
  /// Text as it came from outside: not safe to print as it is.
  case text(String)
  /// A whole number.
  case integer(Int64)
  /// A time.
  case time(UnixSeconds)

  /// Reads a cell that was kept: null, text, a number, or a time as an array of one number.
  public init(from decoder: any Decoder) throws {
    if var time = try? decoder.unkeyedContainer() {
      self = .time(try time.decode(UnixSeconds.self))
      return
    }
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .empty
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else {
      self = .integer(try value.decode(Int64.self))
    }
  }

  /// Writes a cell as short as it can be: results have many.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .time(let time):
      var array = encoder.unkeyedContainer()
      try array.encode(time)
    case .empty:
      var value = encoder.singleValueContainer()
      try value.encodeNil()
    case .text(let text):
      var value = encoder.singleValueContainer()
      try value.encode(text)
    case .integer(let number):
      var value = encoder.singleValueContainer()
      try value.encode(number)
    }
  }

  /// The cell as text; nil when nothing is known.
  public var string: String? {
    switch self {
    case .empty: nil
    case .text(let text): text.isEmpty ? nil : text
    case .integer(let number): String(number)
    case .time(let time): ISOTime.text(time)
    }
  }
}

/// A row of a result table.
public struct ResultRow: Sendable, Equatable, Codable, Identifiable {
  /// The place in the table, from 0.
  public let id: Int
  /// Cells in the order of the columns, hidden ones too.
  public internal(set) var cells: [Cell]
  /// What ticking it would write.
  public internal(set) var proposals: [Proposal]
}

/// A titled table of a result.
public struct ResultTable: Sendable, Equatable, Codable, Identifiable {
  /// The id of its shape; of a repeated table with `:` and its word behind.
  public private(set) var id: String
  /// The name for people.
  public private(set) var title: String
  /// Columns in order.
  public let columns: [Column]
  /// True when rows can be ticked.
  public let isSelectable: Bool
  /// Buttons below it.
  public let buttons: [AddButton]
  /// Rows in the order of the answer.
  public private(set) var rows: [ResultRow] = []
  /// Rows that the answer has, those that did not fit too.
  public internal(set) var total = 0
  /// Rows of this table that are kept.
  public let rowsMax: Int
  /// How rows get their proposals; a finished table needs them no more.
  private var rules: [AddRule]

  /// True when the answer has more rows.
  public var isTruncated: Bool { total > rows.count }

  private enum CodingKeys: String, CodingKey {
    case id, title, columns, isSelectable, buttons, rows, total, rowsMax
  }

  /// Starts a table without rows.
  ///
  /// - Parameters:
  ///   - word: what a repeated table is about.
  ///   - rowsMax: further rows are counted only.
  public init(_ spec: TableSpec, word: String? = nil, rowsMax: Int) {
    id = word.map { "\(spec.id):\($0)" } ?? spec.id
    title = word.map { "\(spec.title) \($0)" } ?? spec.title
    columns = spec.columns
    isSelectable = spec.isSelectable
    buttons = spec.buttons
    rules = spec.rules
    self.rowsMax = rowsMax
  }

  /// Reads a table that was kept: rows have their proposals already.
  public init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    id = try members.decode(String.self, forKey: .id)
    title = try members.decode(String.self, forKey: .title)
    columns = try members.decode([Column].self, forKey: .columns)
    isSelectable = try members.decode(Bool.self, forKey: .isSelectable)
    buttons = try members.decode([AddButton].self, forKey: .buttons)
    rows = try members.decode([ResultRow].self, forKey: .rows)
    total = try members.decode(Int.self, forKey: .total)
    rowsMax = try members.decode(Int.self, forKey: .rowsMax)
    rules = []
  }

  /// Adds a row.
  ///
  /// - Parameters:
  ///   - values: cells by the keys of columns; others are empty.
  ///   - seen: when what the row says was so.
  ///   - candidates: for ``AddRule/indicatorOfRow(_:)``.
  public mutating func append(
    _ values: [String: Cell], seen: ClosedRange<UnixSeconds>? = nil,
    candidates: [Proposal.Candidate] = []
  ) {
    total += 1
    guard rows.count < rowsMax else { return }
    var proposals: [Proposal] = []
    for rule in rules {
      switch rule {
      case .attribute(let rule):
        if let entry = rule.entry(values, seen: seen) { proposals.append(.attribute(entry)) }
      case .indicator(let column, let relation, let isIncoming, let attributes):
        guard let value = values[column]?.string,
          case .indicator(let types) = columns.first(where: { $0.key == column })?.kind
        else { continue }
        proposals.append(
          .indicator(
            Proposal.Candidate(
              types: types, value: value, relation: relation, isIncoming: isIncoming, seen: seen,
              attributes: attributes.compactMap { $0.entry(values, seen: seen) })))
      case .indicatorOfRow(let kinds):
        for candidate in candidates where kinds.contains(candidate.relation) {
          proposals.append(.indicator(candidate))
        }
      }
    }
    rows.append(
      ResultRow(
        id: rows.count, cells: columns.map { values[$0.key] ?? .empty }, proposals: proposals))
  }

  /// Counts rows that the answer has besides those that were added.
  public mutating func countFurther(_ rows: Int) {
    total += max(rows, 0)
  }

  /// The cell of a row and a column; nil when there is none.
  public func cell(_ row: Int, _ key: String) -> Cell? {
    guard rows.indices.contains(row), let place = columns.firstIndex(where: { $0.key == key }),
      place < rows[row].cells.count
    else { return nil }
    return rows[row].cells[place]
  }
}

/// What happens to a table between a source and whoever sees it.
extension ResultTable {
  /// Ends the filling of a table and takes credentials out of it.
  mutating func finish(_ remover: SecretRemover) {
    rules = []
    id = remover.clean(id)
    title = remover.clean(title)
    for at in rows.indices {
      rows[at].cells = rows[at].cells.map { cell in
        if case .text(let text) = cell { .text(remover.clean(text)) } else { cell }
      }
      rows[at].proposals = rows[at].proposals.map { $0.cleaned(remover) }
    }
  }
}

extension Proposal {
  fileprivate func cleaned(_ remover: SecretRemover) -> Proposal {
    func cleaned(_ entry: AttributeEntry) -> AttributeEntry {
      var entry = entry
      entry.name = remover.clean(entry.name)
      entry.value = remover.clean(entry.value)
      return entry
    }
    switch self {
    case .attribute(let entry): return .attribute(cleaned(entry))
    case .indicator(let candidate):
      return .indicator(
        Candidate(
          types: candidate.types, value: remover.clean(candidate.value),
          relation: candidate.relation, isIncoming: candidate.isIncoming, seen: candidate.seen,
          attributes: candidate.attributes.map(cleaned)))
    }
  }
}

extension AttributeRule {
  /// The attribute of a row; nil when a cell that it needs is empty.
  func entry(_ values: [String: Cell], seen: ClosedRange<UnixSeconds>?) -> AttributeEntry? {
    guard let name = text(name, values), let value = text(value, values) else { return nil }
    return AttributeEntry(name, value, seen: seen)
  }

  private func text(_ part: Part, _ values: [String: Cell]) -> String? {
    switch part {
    case .fixed(let words): return words
    case .cell(let key): return values[key]?.string
    case .pair(let first, let second):
      guard let first = values[first]?.string, let second = values[second]?.string else {
        return nil
      }
      return "\(first): \(second)"
    }
  }
}

/// Times as text (RFC 3339, UTC).
enum ISOTime {
  /// `2025-01-31T12:00:00Z`.
  static func text(_ time: UnixSeconds) -> String {
    var out: [UInt8] = []
    TimeStyle.iso.append(time, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// `2025-01-31T12:00:00.000Z`.
  static func milliseconds(_ time: UnixSeconds) -> String { "\(text(time).dropLast()).000Z" }
}
