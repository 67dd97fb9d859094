import TidemarkStore

/// Runs that late names go to, in one write.
struct NamesSlice {
  /// Names of a run that was just made; one that has twice as many is divided.
  private static let namesMade = 128

  /// Octets of new runs after which a slice ends.
  private static let octetsMax = 4 << 20

  /// Late names so far.
  private(set) var names = 0

  private let batch: WriteBatch
  private let runs: KeyIterator
  private let namesMax: Int
  /// Octets of the runs so far.
  private var octets = 0
  private var last: [UInt8]
  private var reader = NameRunReader()
  private var merged = OctetStrings()
  /// Key of the last run that the write replaces: it must not be read again.
  private var replaced: [UInt8] = []

  /// - Parameters:
  ///   - first: the first late name.
  ///   - namesMax: most late names.
  init(_ handle: RocksDBHandle, first: [UInt8], namesMax: Int) {
    batch = WriteBatch(handle)
    runs = KeyIterator(
      handle, .names, KeyRange(lower: NameRun.prefix + first, upper: NameRun.end),
      keepsBlocks: false)
    self.namesMax = namesMax
    last = first
  }

  /// True when more late names can be taken.
  var hasRoom: Bool { names < namesMax && octets < NamesSlice.octetsMax }

  /// Takes the late names of one run, or those behind all runs.
  ///
  /// - Parameter late: stands at a name, and is moved behind the last one taken.
  mutating func takeRun(_ late: KeyIterator) throws(StoreError) {
    merged.removeAll()
    let wanted = NameRun.prefix + late.key
    if runs.isValid, KeyRange.precedes(runs.key, wanted) { runs.seek(wanted.span) }
    guard runs.isValid else {
      try runs.check()
      return try takeRest(late)
    }
    replaced = runs.key
    let end = Array(replaced.dropFirst(NameRun.prefix.count))
    try runs.withValue { value throws(StoreError) in try reader.begin(value) }
    var hasName = true
    var hasLate = true
    while hasName || hasLate {
      var order = hasLate ? -1 : 1
      if hasName, hasLate {
        order = late.withKey { key in reader.withName { KeyOrder.compare(key, $0) } }
      }
      if order <= 0 {
        take(late)
        hasLate = late.isValid && names < namesMax
        if hasLate { hasLate = late.withKey { KeyOrder.compare($0, end.span) } <= 0 }
      } else {
        reader.withName { merged.append($0) }
      }
      if order >= 0 { hasName = try reader.next() }
    }
    putRuns()
    runs.next()
  }

  /// Takes late names behind all runs, together with the last run if it is short.
  private mutating func takeRest(_ late: KeyIterator) throws(StoreError) {
    let end = NameRun.end
    runs.seekBack(end.span)
    if runs.isValid {
      let key = runs.key
      if key != replaced {
        try runs.withValue { value throws(StoreError) in try reader.begin(value) }
        repeat { reader.withName { merged.append($0) } } while try reader.next()
        if merged.count < NamesSlice.namesMade {
          batch.delete(.names, key: key.span)
          replaced = key
        } else {
          merged.removeAll()
        }
      }
    }
    try runs.check()
    while late.isValid, names < namesMax, merged.octets.count < NamesSlice.octetsMax { take(late) }
    putRuns()
  }

  private mutating func take(_ late: KeyIterator) {
    late.withKey { name in
      merged.append(name)
      batch.delete(.names, key: name)
    }
    last.removeAll(keepingCapacity: true)
    last += merged.octets[merged.range(merged.count - 1)]
    names += 1
    late.next()
  }

  /// Divides the merged names into runs; the last one has the key that the names' run had.
  private mutating func putRuns() {
    let parts = merged.count < 2 * NamesSlice.namesMade ? 1 : merged.count / NamesSlice.namesMade
    for part in 0..<parts {
      let indices = merged.count * part / parts..<merged.count * (part + 1) / parts
      let key = NameRun.prefix + merged[indices.upperBound - 1]
      var value: [UInt8] = []
      NameRun.append(merged, indices, to: &value)
      octets += key.count + value.count
      batch.put(.names, key: key.span, value: value.span)
    }
  }

  /// Writes the runs, and removes the rows of the late names in them.
  ///
  /// - Returns: where the next slice begins.
  func write() throws(StoreError) -> [UInt8] {
    try batch.write(isSynced: false)
    return last + [0]
  }
}
