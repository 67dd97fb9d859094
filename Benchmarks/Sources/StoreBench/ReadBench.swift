import DNSWire
import TidemarkModel
import TidemarkRocksDB
import TidemarkStore

/// Reads of one thread, everything in the block cache if it fits.
struct ReadBench {
  let settings: Settings

  init(_ settings: Settings) { self.settings = settings }

  func run() throws {
    let store = try RocksDBStore(
      path: settings.path, mode: .write(create: false), tuning: settings.tuning)
    for _ in 0..<2 {
      try walk(store, .records)
      try walk(store, .inverse)
    }
    try owners(store)
    try addresses(store)
  }

  private func walk(_ store: RocksDBStore, _ family: StoreFamily) throws {
    var rows = 0
    var octets = 0
    let processor = Measure.processorSeconds
    let seconds = try Measure.seconds {
      try store.scan(family, .all, limit: 100_000) { key, value in
        rows += 1
        octets += key.count + value.count
        return true
      }
    }
    let each = (Measure.processorSeconds - processor) / Double(rows) * 1e9
    print(
      "walk over \(family): \(rows) rows, "
        + "\(Measure.decimal(Double(rows) / seconds / 1e6)) M rows/s, processor "
        + "\(Measure.decimal(each)) ns a row, "
        + "\(octets) octets")
  }

  private func owners(_ store: RocksDBStore) throws {
    var workload = Workload(unique: settings.unique)
    var ranges: [KeyRange] = []
    while ranges.count < 200_000 {
      let record = Workload.mix(UInt64(ranges.count)) % settings.unique
      let owner = workload.ownerName(of: record)
      let range = KeyRange.records(dataset: .main, owner: owner)
      ranges.append(range)
    }
    // Only names with few records, as the requirement says.
    var few: [KeyRange] = []
    for range in ranges {
      var rows = 0
      try store.scan(.records, range, limit: 11) { _, _ in
        rows += 1
        return true
      }
      if rows > 0, rows <= 10 { few.append(range) }
    }
    for _ in 0..<3 {
      try Measure.percentiles("records of an owner, 1 to 10", count: few.count) { index in
        var rows = 0
        try store.scan(.records, few[index], limit: 1_000) { _, _ in
          rows += 1
          return true
        }
        return rows
      }
    }
    let absent = few.map { KeyRange.prefix(Array($0.lower.dropLast()) + [120, 121, 122, 0, 0]) }
    try Measure.percentiles("records of an absent owner", count: absent.count) { index in
      var rows = 0
      try store.scan(.records, absent[index], limit: 1_000) { _, _ in
        rows += 1
        return true
      }
      return rows
    }
  }

  private func addresses(_ store: RocksDBStore) throws {
    var workload = Workload(unique: settings.unique)
    var ranges: [KeyRange] = []
    var record: UInt64 = 0
    while ranges.count < 20_000 {
      record += 1
      guard let address = workload.address(of: Workload.mix(record) % settings.unique) else {
        continue
      }
      let range = KeyRange.inverse(dataset: .main, addresses: address, through: address)
      var rows = 0
      try store.scan(.inverse, range, limit: 100) { _, _ in
        rows += 1
        return true
      }
      if rows == 100 { ranges.append(range) }
    }
    var page = KeyValuePage()
    var keys = OctetStrings()
    var origins: [Int] = []
    for _ in 0..<2 {
      try Measure.percentiles("inverse and values of 100", count: ranges.count) { index in
        page.removeAll()
        keys.removeAll()
        origins.removeAll(keepingCapacity: true)
        _ = try store.read(.inverse, ranges[index], limit: 100, into: &page)
        try store.recordKeys(
          ofInverse: page.keys, in: ranges[index], into: &keys, origins: &origins)
        var found = 0
        try store.values(ofRecords: keys) { _, _ in found += 1 }
        return found
      }
    }
  }
}
