import DNSWire

/// Writes records as a table for a terminal: columns stand below each other, some in colour.
///
/// Rows are held until a page of them is there, which gives the widths; a later page may be wider,
/// never narrower. Call ``finish(to:)`` at the end. Text is escaped; see ``PrintableText``.
public struct TableWriter: Sendable {
  /// Rows of a page.
  public static let pageRows = 256
  /// Columns that a name is padded to at most: one long name must not push everything aside.
  public static let nameColumnsMax = 48

  private static let titles = ["FIRST", "LAST", "COUNT", "NAME", "TYPE", "DATA"]
  private static let countColumn = 2

  private let times: TimeStyle
  private let hasColor: Bool
  private var rows: [[[UInt8]]] = []
  private var widths = [0, 0, 0, 0, 0, 0]
  private var hasTitle = false
  private var owner = NameText()

  /// Makes a writer.
  public init(times: TimeStyle = .iso, hasColor: Bool = false) {
    self.times = times
    self.hasColor = hasColor
  }

  /// Adds a record, and appends a page when it is full.
  ///
  /// - Parameters:
  ///   - rrname: canonical wire octets.
  ///   - rdata: wire octets, or text when the row's vantage is ``Vantage/text``.
  public mutating func append(
    _ row: TextRow, rrname: Span<UInt8>, rdata: Span<UInt8>, to out: inout [UInt8]
  ) {
    _ = owner.update(rrname)
    var cells: [[UInt8]] = [[], [], [], owner.octets, [], []]
    times.append(row.timeFirst, to: &cells[0])
    times.append(row.timeLast, to: &cells[1])
    ASCII.appendDecimal(row.count, to: &cells[2])
    row.rrtype.appendMnemonic(to: &cells[4])
    var text: [UInt8] = []
    row.appendRData(rdata, to: &text)
    PrintableText.append(text.span, to: &cells[5])
    rows.append(cells)
    if rows.count >= TableWriter.pageRows { finish(to: &out) }
  }

  /// Appends what is held.
  public mutating func finish(to out: inout [UInt8]) {
    guard !rows.isEmpty else { return }
    let titles = TableWriter.titles.map { Array($0.utf8) }
    for cells in hasTitle ? rows : rows + [titles] {
      for column in 0..<5 {
        let limit = column == 3 ? TableWriter.nameColumnsMax : .max
        widths[column] = max(widths[column], min(cells[column].count, limit))
      }
    }
    if !hasTitle { appendLine(titles, isTitle: true, to: &out) }
    hasTitle = true
    for cells in rows { appendLine(cells, isTitle: false, to: &out) }
    rows.removeAll(keepingCapacity: true)
  }

  private func appendLine(_ cells: [[UInt8]], isTitle: Bool, to out: inout [UInt8]) {
    for column in cells.indices {
      let blanks = column == 5 ? 0 : max(0, widths[column] - cells[column].count)
      let isRight = column == TableWriter.countColumn
      if isRight { appendBlanks(blanks, to: &out) }
      let color = isTitle ? TableWriter.faint : TableWriter.colors[column]
      if hasColor, let color {
        out.append(contentsOf: color.utf8)
        out.append(contentsOf: cells[column])
        out.append(contentsOf: TableWriter.plain.utf8)
      } else {
        out.append(contentsOf: cells[column])
      }
      if !isRight { appendBlanks(blanks, to: &out) }
      if column < 5 { appendBlanks(column < 3 ? 2 : 1, to: &out) }
    }
    out.append(ASCII.lineFeed)
  }

  private func appendBlanks(_ count: Int, to out: inout [UInt8]) {
    for _ in 0..<count { out.append(ASCII.space) }
  }

  /// Nothing is said by colour alone, and none depends on telling red from green.
  private static let faint = "\u{1B}[2m"
  private static let plain = "\u{1B}[0m"
  private static let colors: [String?] = [faint, faint, nil, "\u{1B}[1m", "\u{1B}[36m", nil]
}
