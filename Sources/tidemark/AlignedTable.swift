import TidemarkModel

/// Text tables with columns as wide as they must be. Cells come from strangers: what a terminal
/// might obey is escaped.
struct AlignedTable {
  /// Columns that a cell is padded to at most: one long cell must not push everything aside.
  private static let widthMax = 60

  /// A cell that has been made harmless, line by line.
  private struct Cell {
    let lines: [String]
    let counts: [Int]
  }

  private var rows: [[Cell]] = []
  private var widths: [Int]

  /// Starts a table with its heads.
  init(_ heads: [String]) {
    widths = Array(repeating: 0, count: heads.count)
    append(heads)
  }

  /// Adds a row with one cell for each column.
  ///
  /// - Parameter blobs: columns whose cells may have several lines.
  mutating func append(_ texts: [String], blobs: Set<Int> = []) {
    let cells = texts.enumerated().map { column, text in
      var lines = [text[...]]
      if blobs.contains(column) {
        lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        while lines.count > 1, lines.last?.isEmpty ?? false { lines.removeLast() }
      }
      let safe = lines.map { PrintableText.string(String($0)) }
      return Cell(lines: safe, counts: safe.map(\.count))
    }
    for (column, cell) in cells.enumerated() where column < widths.count {
      let fitting = cell.counts.filter { $0 <= AlignedTable.widthMax }
      widths[column] = max(widths[column], fitting.max() ?? 0)
    }
    rows.append(cells)
  }

  /// The table, each line behind a margin.
  func text(margin: String = "") -> String {
    var out = ""
    for cells in rows {
      for number in 0..<(cells.map(\.lines.count).max() ?? 0) {
        var line = margin
        var blanks = 0
        for (column, cell) in cells.enumerated() {
          let hasLine = number < cell.lines.count
          if hasLine, !cell.lines[number].isEmpty {
            line += String(repeating: " ", count: blanks) + cell.lines[number]
            blanks = 0
          }
          let width = column < widths.count ? widths[column] : 0
          blanks += max(width - (hasLine ? cell.counts[number] : 0), 0) + 2
        }
        out += line + "\n"
      }
    }
    return out
  }
}
