public import TidemarkModel

/// Rows that somebody ticked, and the button that was pressed.
public struct Selection: Sendable, Equatable {
  /// Ticked rows of one table.
  public struct Rows: Sendable, Equatable {
    /// The id of a table of the result.
    public let table: String
    /// Ids of rows; nil is all of them.
    public let rows: [Int]?

    /// Makes ticked rows.
    public init(table: String, rows: [Int]? = nil) {
      self.table = table
      self.rows = rows
    }
  }

  /// The id of a result.
  public let result: String
  /// Ticked rows by table.
  public let rows: [Rows]
  /// The words on the button; nil is every button of each table.
  public let button: String?
  /// Who pressed it.
  public let author: String

  /// Makes a selection.
  public init(result: String, rows: [Rows], button: String? = nil, author: String) {
    self.result = result
    self.rows = rows
    self.button = button
    self.author = author
  }
}

/// A selection that added something, as the library remembers it.
public struct PastSelection: Sendable, Equatable {
  /// Who pressed the button.
  public let author: String
  /// When.
  public let time: UnixSeconds
  /// The words on the button; nil for all buttons.
  public let button: String?
  /// Rows that brought something new.
  public let added: Int
}

/// What became of ticked rows: each is counted once.
public struct SelectionOutcome: Sendable, Equatable {
  /// A row that was refused.
  public struct Refusal: Sendable, Equatable {
    /// The id of the table.
    public let table: String
    /// The id of the row; nil when the whole table was refused.
    public let row: Int?
    /// Why.
    public let reason: String
  }

  /// Rows that brought something new.
  public internal(set) var added = 0
  /// Rows of which everything was there before.
  public internal(set) var alreadyThere = 0
  /// Rows of which nothing was taken.
  public internal(set) var refused: [Refusal] = []
}

extension Selection {
  /// Rows of all tables that one selection may name; further ones are refused at once.
  static let rowsMax = 100_000

  /// The rows of a result as entries. What cannot be taken is refused in `outcome`.
  func entries(
    in result: ActionResult, outcome: inout SelectionOutcome
  ) -> [(table: String, rows: [LibraryRow])] {
    var entries: [(table: String, rows: [LibraryRow])] = []
    var room = Selection.rowsMax
    for ticked in rows {
      func refuse(_ row: Int?, _ reason: String) {
        outcome.refused.append(
          SelectionOutcome.Refusal(table: ticked.table, row: row, reason: reason))
      }
      guard let table = result.table(ticked.table) else {
        refuse(nil, "the result has no such table")
        continue
      }
      let buttons = table.buttons.filter { button == nil || $0.label == button }
      guard !buttons.isEmpty else {
        refuse(nil, "the table has no such button")
        continue
      }
      var taken: [LibraryRow] = []
      for id in ticked.rows ?? Array(table.rows.indices) {
        room -= 1
        guard room >= 0 else {
          refuse(nil, "more than \(Selection.rowsMax) rows at once")
          break
        }
        guard table.rows.indices.contains(id) else {
          refuse(id, "the table has no such row")
          continue
        }
        taken.append(
          LibraryRow(
            number: id, entry: entry(of: table.rows[id], buttons, result.indicator),
            provenance: Provenance(origin: result.id, table: table.id, row: id)))
      }
      entries.append((table.id, taken))
    }
    return entries
  }

  /// The row whole, or why not.
  private func entry(
    of row: ResultRow, _ buttons: [AddButton], _ indicator: IndicatorKey
  ) -> Result<LibraryEntry, RowRefusal> {
    var entry = LibraryEntry(indicator)
    for proposal in row.proposals where buttons.contains(where: { $0.adds(proposal) }) {
      switch proposal {
      case .attribute(let attribute): entry.attributes.append(attribute)
      case .indicator(let candidate):
        do throws(IndicatorFault) {
          entry.relations.append(
            RelationEntry(
              candidate.relation, try IndicatorKey(oneOf: candidate.types, candidate.value),
              isIncoming: candidate.isIncoming, seen: candidate.seen,
              attributes: candidate.attributes))
        } catch {
          return .failure(RowRefusal(error.description))
        }
      }
    }
    guard !entry.attributes.isEmpty || !entry.relations.isEmpty else {
      return .failure(RowRefusal("the row has nothing that this button adds"))
    }
    return .success(entry)
  }
}
