import TidemarkModel
import TidemarkStore

/// Keys of an index family in key order.
struct IndexRows {
  private var keys: OctetStrings
  private var order: [Int]

  /// Rows, repeated ones included.
  var count: Int { order.count }

  /// The inverse keys of records of a batch.
  static func inverse(of created: [Int], in batch: RecordBatch) throws(StoreError) -> IndexRows {
    var keys = OctetStrings()
    keys.reserve(strings: created.count, octets: created.count * 48)
    let entries = batch.entries
    for index in created {
      let isRecord = batch.withKey(of: entries[index]) {
        InverseKey.appendKeys(ofRecord: $0, to: &keys)
      }
      guard isRecord else { throw notARecordKey }
    }
    return IndexRows(keys)
  }

  /// The names keys of records of a batch; neighbours with the same owner give one.
  static func names(of created: [Int], in batch: RecordBatch) throws(StoreError) -> IndexRows {
    var keys = OctetStrings()
    let entries = batch.entries
    var previous: [UInt8] = []
    for index in created {
      let isRecord = batch.withKey(of: entries[index]) { key in
        guard let end = RecordKeyView.reversedNameEnd(key, from: RecordKey.datasetOctets) else {
          return false
        }
        let owner = key.extracting(0..<end)
        if isEqual(owner, previous.span) { return true }
        previous.removeAll(keepingCapacity: true)
        unsafe owner.withUnsafeBufferPointer { unsafe previous.append(contentsOf: $0) }
        NamesKey.append(ofRecord: key, nameEnd: end, to: &keys)
        return true
      }
      guard isRecord else { throw notARecordKey }
    }
    return IndexRows(keys)
  }

  private init(_ keys: OctetStrings) {
    order = keys.sortedOrder()
    self.keys = keys
  }

  /// Shows every key once, ascending.
  func forEach(_ body: (Span<UInt8>) -> Void) {
    var previous: Int?
    for index in order {
      let isRepeated = previous.map { previous in
        keys.withSpan(previous) { before in
          keys.withSpan(index) { IndexRows.isEqual(before, $0) }
        }
      }
      previous = index
      if isRepeated != true { keys.withSpan(index, body) }
    }
  }

  private static func isEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    // From the end: neighbours share their beginnings.
    var at = left.count
    while at > 0 {
      at -= 1
      if left[at] != right[at] { return false }
    }
    return true
  }

  private static let notARecordKey = StoreError.corrupt(
    family: .records, detail: "the batch holds a key that is no record key")
}
