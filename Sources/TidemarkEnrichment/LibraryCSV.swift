import DNSWire
import TidemarkModel

/// Indicators as comma-separated values (RFC 4180). Columns are found by their names; `type` and
/// `value` must be there. A row names an indicator and, if it likes, one attribute or one relation.
enum LibraryCSV {
  /// Columns in the order in which they are written.
  enum Field: String, CaseIterable {
    case type, value, status, tags, attribute
    case attributeValue = "attribute_value"
    case relation
    case relatedType = "related_type"
    case relatedValue = "related_value"
    case source
    case firstSeen = "first_seen"
    case lastSeen = "last_seen"
  }

  /// Longest cell, octets: a longer one is no indicator and no attribute.
  static let cellOctetsMax = 1 << 20

  /// The rows of a file behind its header.
  static func entries(
    _ octets: [UInt8]
  ) throws(ImportError) -> [Result<LibraryEntry, RowRefusal>] {
    var reader = CSVCellReader(octets)
    guard let header = reader.next() else { throw .unreadable("it has no header") }
    var places: [Field: Int] = [:]
    for (index, cell) in header.enumerated().reversed() {
      if let field = Field(rawValue: text(cell).lowercased()) { places[field] = index }
    }
    guard places[.type] != nil, places[.value] != nil else {
      throw .unreadable("its header lacks the columns type and value")
    }
    var entries: [Result<LibraryEntry, RowRefusal>] = []
    while let cells = reader.next(), entries.count <= LibraryImport.rowsMax {
      if cells.count == 1, cells[0].isEmpty { continue }
      do throws(RowRefusal) {
        entries.append(.success(try entry(cells, places, isOpen: reader.isOpen)))
      } catch {
        entries.append(.failure(error))
      }
    }
    return entries
  }

  private static func entry(
    _ cells: [[UInt8]], _ places: [Field: Int], isOpen: Bool
  ) throws(RowRefusal) -> LibraryEntry {
    guard !isOpen else { throw RowRefusal("a quote that is not closed") }
    func cell(_ field: Field) throws(RowRefusal) -> String? {
      guard let place = places[field], place < cells.count, !cells[place].isEmpty else {
        return nil
      }
      guard cells[place].count <= cellOctetsMax else {
        throw RowRefusal("a cell of more than \(cellOctetsMax) octets")
      }
      return text(cells[place])
    }
    guard let type = try cell(.type), let value = try cell(.value) else {
      throw RowRefusal("a row without type or value")
    }
    var entry = LibraryEntry(try ImportField.indicator(type, value))
    if let status = try cell(.status) {
      guard let known = IndicatorStatus(rawValue: status.lowercased()) else {
        throw RowRefusal("a status that is not known")
      }
      entry.status = known
    }
    entry.tags = (try cell(.tags) ?? "").split(separator: ";").map(String.init)
    let source = try cell(.source)
    let seen = try ImportField.span(
      try time(cell(.firstSeen)), try time(cell(.lastSeen)))
    let (name, content) = (try cell(.attribute), try cell(.attributeValue))
    if let name, let content {
      entry.attributes = [AttributeEntry(name, content, source: source, seen: seen)]
    } else if name != nil || content != nil {
      throw RowRefusal("an attribute without a name or a value")
    } else if let source {
      entry.sources = [source]
    }
    if let word = try cell(.relation) {
      guard let kind = RelationKind(rawValue: word) else {
        throw RowRefusal("a relation that is not known")
      }
      let other = try ImportField.indicator(
        try cell(.relatedType) ?? "", try cell(.relatedValue) ?? "")
      entry.relations = [RelationEntry(kind, other, source: source, seen: seen)]
    }
    return entry
  }

  private static func time(_ text: String?) throws(RowRefusal) -> UnixSeconds? {
    guard let text else { return nil }
    guard let time = TimeText.parse(text) else { throw RowRefusal("a time that cannot be read") }
    return time
  }

  /// The text of a cell. An apostrophe before what a spreadsheet takes for a formula goes: writers
  /// put it there.
  private static func text(_ cell: [UInt8]) -> String {
    var cell = cell[...]
    if cell.first == apostrophe, let second = cell.dropFirst().first, isMarked(second) {
      cell.removeFirst()
    }
    return String(decoding: cell, as: UTF8.self)
  }

  private static let apostrophe = UInt8(ascii: "'")

  /// True for what starts formulas, and for the mark itself, so that texts come back as they were.
  private static func isMarked(_ octet: UInt8) -> Bool { "=+-@\t\r'".utf8.contains(octet) }

  /// Appends the header.
  static func appendHeader(to out: inout [UInt8]) {
    append(Field.allCases.map(\.rawValue), to: &out)
  }

  /// Appends a row.
  static func append(_ values: [Field: String], to out: inout [UInt8]) {
    append(Field.allCases.map { values[$0] ?? "" }, to: &out)
  }

  private static func append(_ cells: [String], to out: inout [UInt8]) {
    for (index, cell) in cells.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      let octets = Array(cell.utf8)
      let needsQuotes = octets.contains { ",\"\r\n '".utf8.contains($0) }
      if needsQuotes { out.append(ASCII.quote) }
      // Spreadsheets run cells that look like formulas.
      if let first = octets.first, isMarked(first) { out.append(apostrophe) }
      for octet in octets {
        if octet == ASCII.quote { out.append(ASCII.quote) }
        out.append(octet)
      }
      if needsQuotes { out.append(ASCII.quote) }
    }
    out.append(contentsOf: "\r\n".utf8)
  }
}

/// Cuts delimited text into records of cells; each octet is looked at once.
struct CSVCellReader {
  /// Most cells of a record that are kept.
  static let cellsMax = 256

  private let octets: [UInt8]
  private var at: Int
  /// True when the last record ended inside quotes.
  private(set) var isOpen = false

  init(_ octets: [UInt8]) {
    self.octets = octets
    at = octets.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// The next record; nil behind the last one.
  mutating func next() -> [[UInt8]]? {
    guard at < octets.count else { return nil }
    var cells: [[UInt8]] = []
    while true {
      let cell = nextCell()
      if cells.count < CSVCellReader.cellsMax { cells.append(cell) }
      guard at < octets.count else { return cells }
      let octet = octets[at]
      at += 1
      if octet == ASCII.lineFeed { return cells }
    }
  }

  /// A cell; afterwards `at` stands on a comma, on a line feed or behind the text.
  private mutating func nextCell() -> [UInt8] {
    var cell: [UInt8] = []
    var isQuoted = false
    if at < octets.count, octets[at] == ASCII.quote {
      isQuoted = true
      at += 1
    }
    while at < octets.count {
      let octet = octets[at]
      if isQuoted, octet == ASCII.quote {
        at += 1
        if at < octets.count, octets[at] == ASCII.quote {
          cell.append(octet)
          at += 1
        } else {
          isQuoted = false
        }
        continue
      }
      if !isQuoted, octet == UInt8(ascii: ",") || octet == ASCII.lineFeed { break }
      let isLineEnd = at + 1 == octets.count || octets[at + 1] == ASCII.lineFeed
      if !isQuoted, octet == ASCII.carriageReturn, isLineEnd {
        at += 1
        continue
      }
      cell.append(octet)
      at += 1
    }
    isOpen = isQuoted
    return cell
  }
}
