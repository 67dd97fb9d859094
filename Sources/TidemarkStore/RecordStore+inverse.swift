import TidemarkModel

/// From rows of the inverse family to the records behind them.
extension RecordStore {
  /// Appends the keys of the records behind index keys, in the order of the index keys.
  ///
  /// Nearly every index key holds its record key; records with long rdata are looked up among
  /// those with the same owner, type and first octets, once for neighbours that share them.
  ///
  /// - Parameters:
  ///   - keys: rows of the inverse family, in key order.
  ///   - range: the range they were read from. A record with several index keys in it is given
  ///     with the lowest only, also when the others come on another page.
  ///   - records: receives record keys.
  ///   - origins: receives for each record key the index of the index key it came from, to resume
  ///     behind it.
  /// - Throws: ``StoreError/corrupt(family:detail:)`` for rows that are no index keys.
  public func recordKeys(
    ofInverse keys: OctetStrings, in range: KeyRange, into records: inout OctetStrings,
    origins: inout [Int]
  ) throws(StoreError) {
    var candidates = Candidates()
    var rebuilt: [UInt8] = []
    for index in 0..<keys.count {
      rebuilt.removeAll(keepingCapacity: true)
      switch keys.withSpan(index, { InverseKey.appendRecordKey(of: $0, to: &rebuilt) }) {
      case nil:
        throw .corrupt(family: .inverse, detail: "a key is damaged")
      case .record:
        guard InverseKey.hasOneKey(rebuilt.span) || isFirst(keys[index], rebuilt, range) else {
          continue
        }
        records.append(rebuilt)
        origins.append(index)
      case .candidatePrefix:
        try candidates.load(rebuilt, from: self)
        for record in candidates.records[keys[index]] ?? []
        where isFirst(keys[index], record, range) {
          records.append(record)
          origins.append(index)
        }
      }
    }
  }

  private func isFirst(_ key: [UInt8], _ record: [UInt8], _ range: KeyRange) -> Bool {
    InverseKey.isFirst(key, ofRecord: record.span, in: range)
  }
}

/// Records with the same owner, type and first octets of rdata, by index key.
private struct Candidates {
  private var prefix: [UInt8]?
  var records: [[UInt8]: [[UInt8]]] = [:]

  mutating func load(_ prefix: [UInt8], from store: some RecordStore) throws(StoreError) {
    guard self.prefix != prefix else { return }
    self.prefix = prefix
    records.removeAll()
    var found = records
    var keys = OctetStrings()
    try store.scan(.records, .prefix(prefix), limit: .max) { key, _ in
      keys.removeAll()
      if InverseKey.appendKeys(ofRecord: key, to: &keys) {
        var record: [UInt8] = []
        record.append(span: key)
        for index in 0..<keys.count { found[keys[index], default: []].append(record) }
      }
      return true
    }
    records = found
  }
}
