import FoundationEssentials
import GRDB
import TidemarkDatabase
public import TidemarkModel

/// What an export wrote.
public struct ExportReport: Sendable, Equatable {
  /// Indicators written.
  public internal(set) var indicators = 0
  /// Indicators and relations that the format cannot say.
  public internal(set) var leftOut = 0
  /// True when the receiver wanted no more.
  public internal(set) var isStopped = false

  /// Makes the report of nothing.
  public init() {}
}

/// An indicator with what is said about it, up to ``LibraryLimits/readMax`` statements of each
/// kind; relations are those that lead from it.
struct LibraryPageRow {
  let indicator: Indicator
  /// False when the row only has more statements about the indicator of the row before.
  let isFirst: Bool
  let attributes: [Attribute]
  let relations: [Relation]
}

/// Writes indicators in one format.
protocol LibraryEncoder {
  /// What stands before everything.
  mutating func begin(_ out: inout [UInt8])
  /// One indicator.
  mutating func append(_ row: LibraryPageRow, to out: inout [UInt8]) throws
  /// What stands behind everything.
  mutating func end(_ out: inout [UInt8])
  /// Indicators and relations that the format cannot say, so far.
  var leftOut: Int { get }
}

/// Writes the whole library in one format, a page at a time.
///
/// - Concurrency: one user at a time.
public final class LibraryExporter: @unchecked Sendable {
  /// Indicators of one read. Others must be able to write in between.
  private static let pageRows = 200

  /// What was written so far.
  public private(set) var report = ExportReport()
  private let library: Library
  private var encoder: any LibraryEncoder
  private var last: Int64 = 0
  private var hasBegun = false
  private var isFinished = false

  /// Makes an exporter at the start.
  ///
  /// - Parameter now: seconds since 1970, for formats that say when they were made.
  public init(_ library: Library, as format: LibraryFormat, now: UnixSeconds) {
    self.library = library
    encoder =
      switch format {
      case .csv: CSVExport()
      case .ndjson: LineExport()
      case .stix: STIXExport()
      case .misp: MISPExport(now: now)
      }
  }

  /// The next octets, perhaps none; nil behind the end.
  ///
  /// - Throws: ``LibraryError``; what was written before is no whole document then.
  public func next() throws(LibraryError) -> [UInt8]? {
    guard !isFinished else { return nil }
    var out: [UInt8] = []
    if !hasBegun { encoder.begin(&out) }
    hasBegun = true
    let page = try library.page(after: last, limit: LibraryExporter.pageRows)
    for row in page {
      do {
        try encoder.append(row, to: &out)
      } catch {
        throw .failed(
          path: library.path, reason: "\(row.indicator.key.type.label) cannot be written")
      }
      last = row.indicator.id
    }
    report.indicators += page.count(where: \.isFirst)
    if page.isEmpty {
      encoder.end(&out)
      isFinished = true
    }
    report.leftOut = encoder.leftOut
    return out
  }
}

extension Library {
  /// Writes the whole library in pages.
  ///
  /// - Parameters:
  ///   - now: seconds since 1970, for formats that say when they were made.
  ///   - write: takes the next octets; false ends the export.
  /// - Throws: ``LibraryError``.
  public func export(
    as format: LibraryFormat, now: UnixSeconds, _ write: ([UInt8]) -> Bool
  ) throws(LibraryError) -> ExportReport {
    let exporter = LibraryExporter(self, as: format, now: now)
    while let octets = try exporter.next() {
      guard write(octets) else {
        var report = exporter.report
        report.isStopped = true
        return report
      }
    }
    return exporter.report
  }

  fileprivate func page(
    after last: Int64, limit: Int
  ) throws(LibraryError) -> [LibraryPageRow] {
    try database.reading { db in
      try LibraryRows.indicators(after: last, limit: limit, db).flatMap {
        try Library.pageRows(of: $0, db)
      }
    }
  }

  private static func pageRows(of indicator: Indicator, _ db: Database) throws -> [LibraryPageRow] {
    var rows: [LibraryPageRow] = []
    while true {
      let offset = rows.count * LibraryLimits.readMax
      let row = LibraryPageRow(
        indicator: indicator, isFirst: rows.isEmpty,
        attributes: try LibraryRows.attributes(of: indicator.id, offset: offset, db),
        relations: try LibraryRows.relations(
          of: indicator.id, outgoingOnly: true, offset: offset, db))
      rows.append(row)
      let isFull = max(row.attributes.count, row.relations.count) == LibraryLimits.readMax
      if !isFull { return rows }
    }
  }
}

/// Comma-separated values: a row for the indicator, one for each attribute and each relation.
struct CSVExport: LibraryEncoder {
  var leftOut: Int { 0 }

  mutating func begin(_ out: inout [UInt8]) { LibraryCSV.appendHeader(to: &out) }

  mutating func append(_ row: LibraryPageRow, to out: inout [UInt8]) {
    let plain: [LibraryCSV.Field: String] = [
      .type: row.indicator.key.type.rawValue, .value: row.indicator.key.value,
    ]
    var head = plain
    head[.status] = row.indicator.status.rawValue
    head[.tags] = row.indicator.tags.joined(separator: ";")
    for (index, source) in row.indicator.sources.enumerated() where row.isFirst {
      var line = index == 0 ? head : plain
      line[.source] = source
      LibraryCSV.append(line, to: &out)
    }
    for attribute in row.attributes {
      var line = plain
      line[.attribute] = attribute.name
      line[.attributeValue] = attribute.value
      line[.source] = attribute.source
      line[.firstSeen] = ISOTime.text(attribute.firstSeen)
      line[.lastSeen] = ISOTime.text(attribute.lastSeen)
      LibraryCSV.append(line, to: &out)
    }
    for relation in row.relations {
      var line = plain
      line[.relation] = relation.kind.rawValue
      line[.relatedType] = relation.to.type.rawValue
      line[.relatedValue] = relation.to.value
      line[.source] = relation.source
      line[.firstSeen] = ISOTime.text(relation.firstSeen)
      line[.lastSeen] = ISOTime.text(relation.lastSeen)
      LibraryCSV.append(line, to: &out)
    }
  }

  mutating func end(_ out: inout [UInt8]) {}
}

/// A JSON object a line; several lines for an indicator of which much is said, because readers
/// refuse lines beyond ``LibraryLine/lineOctetsMax`` and ``LibraryLimits/itemsMax``.
struct LineExport: LibraryEncoder {
  /// Octets of statements in one line. Escapes make up to six of one.
  private static let lineOctetsMax = 512 << 10
  /// Octets that a statement has besides its texts.
  private static let statementOctets = 100

  private let encoder = JSONLineEncoder()
  var leftOut: Int { 0 }

  mutating func begin(_ out: inout [UInt8]) {}

  mutating func append(_ row: LibraryPageRow, to out: inout [UInt8]) throws {
    let indicator = row.indicator
    var line = LibraryLine(type: indicator.key.type.rawValue, value: indicator.key.value)
    line.status = indicator.status
    line.tags = indicator.tags
    line.sources = indicator.sources
    var (attributes, relations): ([LibraryLine.AttributeLine], [LibraryLine.RelationLine]) = (
      [], []
    )
    var octets = 0
    func end() throws {
      (line.attributes, line.relations) = (attributes, relations)
      try encoder.append(line, to: &out)
      out.append(UInt8(ascii: "\n"))
      (attributes, relations, octets) = ([], [], 0)
    }
    func makeRoom(for texts: String...) throws {
      let size = texts.reduce(LineExport.statementOctets) { $0 + $1.utf8.count }
      if octets > 0, octets + size > LineExport.lineOctetsMax { try end() }
      octets += size
    }
    for statement in row.attributes {
      try makeRoom(for: statement.name, statement.value, statement.source)
      attributes.append(
        LibraryLine.AttributeLine(
          name: statement.name, value: statement.value, source: statement.source,
          firstSeen: TimeValue(statement.firstSeen), lastSeen: TimeValue(statement.lastSeen)))
    }
    for statement in row.relations {
      try makeRoom(for: statement.to.value, statement.source)
      relations.append(
        LibraryLine.RelationLine(
          kind: statement.kind, type: statement.to.type.rawValue, value: statement.to.value,
          incoming: nil, source: statement.source, firstSeen: TimeValue(statement.firstSeen),
          lastSeen: TimeValue(statement.lastSeen)))
    }
    try end()
  }

  mutating func end(_ out: inout [UInt8]) {}
}

/// JSON without line ends, the same for the same value.
struct JSONLineEncoder {
  private let encoder: JSONEncoder

  init() {
    encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  }

  func append(_ value: some Encodable, to out: inout [UInt8]) throws {
    out.append(contentsOf: try encoder.encode(value))
  }
}
