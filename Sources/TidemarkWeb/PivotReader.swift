public import TidemarkModel
import TidemarkQuery
public import TidemarkStore

/// Reads what hangs on a value, in turns of bounded work.
public struct PivotReader: Sendable {
  /// The tables, in the order of the question.
  public private(set) var tables: [PivotTable]
  /// The addresses around; nil where none are asked for.
  public private(set) var neighbours: PivotNeighbours?

  private let store: any RecordStore
  private let datasets: [DatasetNumber]
  private let queries: [RecordQuery]
  /// The table that is read; behind the last one the neighbours are.
  private var stage = 0
  private var cursor: RecordCursor?
  private var turns = 0

  /// Turns for the neighbours: an address with many names takes one by itself.
  private static let neighbourTurnsMax = 300

  /// Makes a reader.
  ///
  /// - Parameters:
  ///   - datasets: to look in.
  ///   - most: rows of each table.
  public init(
    _ question: PivotQuestion, datasets: [DatasetNumber], most: Int = PivotTable.rowsStandard,
    store: any RecordStore
  ) {
    self.store = store
    self.datasets = datasets
    queries = question.searches.map(\.query)
    tables = question.searches.map { PivotTable($0, most: most) }
    neighbours = question.neighbourhood.map { PivotNeighbours($0) }
  }

  /// Goes on for some milliseconds.
  ///
  /// - Returns: false when all is read.
  /// - Throws: ``StoreError``.
  public mutating func step() throws(StoreError) -> Bool {
    if stage < tables.count {
      try readTable()
      return stage < tables.count || neighbours != nil
    }
    return try readNeighbours()
  }

  /// Ends early: what was not read is told as missing.
  public mutating func stop() {
    while stage < tables.count {
      tables[stage].cut()
      stage += 1
    }
    neighbours?.cut()
  }

  private mutating func readTable() throws(StoreError) {
    let cursor = self.cursor ?? open(queries[stage])
    self.cursor = cursor
    turns += 1
    var table = tables[stage]
    let end = try cursor.next { row in
      table.add(row)
      return table.found < PivotTable.searchedMax
    }
    let isSpent = turns * RecordCursor.searchMax >= PivotTable.searchedMax
    if end == .paused, isSpent || table.found >= PivotTable.searchedMax { table.cut() }
    tables[stage] = table
    if end != .paused || table.isCut {
      stage += 1
      self.cursor = nil
      turns = 0
    }
  }

  private mutating func readNeighbours() throws(StoreError) -> Bool {
    guard var found = neighbours, !found.isCut, let rest = found.rest else { return false }
    turns += 1
    let cursor = self.cursor ?? open(RecordQuery(.addresses(rest)))
    var isEnough = false
    let end = try cursor.next { row in
      isEnough = !found.add(row)
      return !isEnough
    }
    // The rest of an address with many names is jumped over.
    self.cursor = isEnough ? nil : cursor
    let goesOn = end == .paused && turns < PivotReader.neighbourTurnsMax
    if end == .paused, !goesOn { found.cut() }
    neighbours = found
    return goesOn && !found.isCut
  }

  private func open(_ query: RecordQuery) -> RecordCursor {
    var query = query
    query.datasets = datasets
    return RecordCursor(query, store: store)
  }
}
