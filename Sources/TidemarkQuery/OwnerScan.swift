import TidemarkModel
import TidemarkStore

/// The records of names in the order of the `names` family, name by name.
struct OwnerScan {
  /// Names read ahead.
  private static let namesMax = 256

  private var names: RangeScan
  /// Names whose records are being read.
  private var ahead = OctetStrings()
  private var next = 0
  /// What is left of the records of the name `next`, when some are done with.
  private var rest: KeyRange?

  /// Starts at the first name.
  ///
  /// - Parameter ranges: of the `names` family.
  init(_ ranges: [KeyRange]) {
    names = RangeScan(.names, ranges, filter: .all)
  }

  /// Goes on at a position.
  init(_ ranges: [KeyRange], after position: RowPosition, dataset: DatasetNumber) {
    let key = position.key(in: dataset)
    guard let end = RecordKeyView.reversedNameEnd(key.span, from: RecordKey.datasetOctets) else {
      self.init(ranges.map { $0.after(key) }.filter { !$0.isEmpty })
      return
    }
    let name = Array(key[..<end])
    self.init(ranges.map { $0.after(name) }.filter { !$0.isEmpty })
    guard ranges.contains(where: { $0.contains(name) }) else { return }
    let prefix = OwnerScan.recordPrefix(of: name)
    var left = KeyRange.prefix(prefix)
    let record = prefix + key[end...]
    if position.includes(dataset) { left = left.after(record) } else { left.lower = record }
    ahead.append(name)
    rest = left
  }

  /// True when nothing is left.
  var isFinished: Bool { next == ahead.count && names.isFinished }

  /// Adds the next records to a page.
  ///
  /// - Parameters:
  ///   - rows: most rows that the page may have then.
  ///   - budget: is lowered by the number of names and records read.
  mutating func fill(
    _ page: inout RowPage, rows: Int, _ store: any RecordStore, budget: inout Int
  ) throws(StoreError) {
    while page.count < rows, !page.isFull, budget > 0, !isFinished {
      if next == ahead.count {
        try readNames(min(rows, OwnerScan.namesMax, budget), store, &budget)
      } else {
        try readRecords(&page, rows: min(rows - page.count, budget), store, &budget)
      }
    }
  }

  private mutating func readNames(
    _ limit: Int, _ store: any RecordStore, _ budget: inout Int
  ) throws(StoreError) {
    var found = OctetStrings()
    _ = try names.scan(store, limit: limit, budget: &budget) { key, _ in
      found.append(key)
      return .goOn
    }
    ahead = found
    next = 0
  }

  private mutating func readRecords(
    _ page: inout RowPage, rows: Int, _ store: any RecordStore, _ budget: inout Int
  ) throws(StoreError) {
    let name = ahead[next]
    let prefix = OwnerScan.recordPrefix(of: name)
    let range = rest ?? .prefix(prefix)
    var read = 0
    var last: [UInt8]?
    try store.scan(.records, range, limit: rows) { key, value in
      read += 1
      page.append(name: name, record: key, nameEnd: prefix.count, value: value)
      if read < rows, !page.isFull { return true }
      last = []
      last?.append(span: key)
      return false
    }
    budget -= read
    rest = last.map { range.after($0) }
    if rest == nil { next += 1 }
  }

  /// What the record keys of a name start with, given its names key: the same labels in the other
  /// direction.
  private static func recordPrefix(of name: [UInt8]) -> [UInt8] {
    var key = Array(name[..<RecordKey.datasetOctets])
    let labels = name[RecordKey.datasetOctets...].split(separator: 0)
    for label in labels.reversed() {
      key += label
      key.append(0)
    }
    key.append(0)
    return key
  }
}
