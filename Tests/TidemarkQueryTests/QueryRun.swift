import DNSWire
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkTesting

/// Runs queries and copies what they show.
enum QueryRun {
  /// A copied row.
  struct Row: Equatable {
    var owner: [UInt8]
    var rrtype: UInt16
    var rdata: [UInt8]
    var isLossy: Bool
    var value: RecordValue
    var vantages: [Vantage]
    var bailiwick: Bailiwick
    var datasets: [DatasetNumber]

    init(_ row: borrowing RecordRow) {
      owner = row.rrname
      rrtype = row.rrtype.rawValue
      rdata = row.rdata
      isLossy = row.isLossy
      value = row.value
      vantages = row.vantages
      bailiwick = row.bailiwick
      datasets = row.datasets
    }
  }

  struct Answer {
    var rows: [Row]
    var end: RecordCursor.End
    var damaged: Int
    var position: [UInt8]?
  }

  static func all(_ query: RecordQuery, _ store: any RecordStore) throws(StoreError) -> Answer {
    try page(query, store, rows: .max)
  }

  /// The rows until as many were shown, by a cursor of its own.
  static func page(
    _ query: RecordQuery, _ store: any RecordStore, rows count: Int
  ) throws(StoreError) -> Answer {
    var rows: [Row] = []
    let cursor = RecordCursor(query, store: store)
    var end = RecordCursor.End.paused
    while end == .paused, rows.count < count {
      end = try cursor.next { row in
        rows.append(Row(row))
        return rows.count < count
      }
    }
    return Answer(rows: rows, end: end, damaged: cursor.damaged, position: cursor.position)
  }

  /// All rows, each page by another cursor that goes on behind the one before.
  static func paged(
    _ query: RecordQuery, _ store: any RecordStore, rows count: Int
  ) throws(StoreError) -> [Row] {
    var query = query
    var rows: [Row] = []
    while true {
      let part = try page(query, store, rows: count)
      rows += part.rows
      guard part.end == .paused, let position = part.position else { return rows }
      query.resumeAfter = position
    }
  }

  /// The wire form of a sample's owner.
  static func owner(_ sample: StoreSample) -> [UInt8] {
    guard let view = RecordKeyView(sample.key.span) else { return [] }
    var out: [UInt8] = []
    _ = RecordKeyView.appendWireName(
      reversed: sample.key.span.extracting(view.reversedName), to: &out)
    return out
  }

  /// The number in an owner such as h042.example.com; -1 for others.
  static func hostNumber(_ owner: [UInt8]) -> Int {
    Int(String(decoding: owner.prefix(5).dropFirst(2), as: UTF8.self)) ?? -1
  }
}
