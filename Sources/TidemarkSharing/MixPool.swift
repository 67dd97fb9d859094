import TidemarkModel

/// The records that a stream holds back, by key, in the order in which they came.
///
/// A record costs some 150 octets with its key. Nothing is ever taken out of the middle: what stays
/// behind when a window closes goes into a new pool.
struct MixPool {
  /// What was seen of a record since it was last let out.
  struct Record {
    var keyStart: UInt32
    var keyCount: UInt32
    var timeFirst: UnixSeconds
    var timeLast: UnixSeconds
    /// When the first of it came into the pool.
    var pooledAt: UnixSeconds
    /// The strictest marking of what was summed.
    var tlp: TLP
    var count: UInt64
    var sensors: SensorSet
  }

  /// Octets of keys for each record that the pool may have, on average.
  private static let keyOctetsMean = 128
  /// So many octets of keys fit into any pool.
  private static let keyOctetsLeast = 1 << 20
  private static let tagMask: UInt64 = 0xFFFF_FFFF_0000_0000

  private(set) var records: [Record] = []
  /// Sum of all counts, modulo 2⁶⁴.
  private(set) var sightings: UInt64 = 0
  private let recordsMax: Int
  private let keyOctetsMax: Int
  private var keys: [UInt8] = []
  /// Index + 1 below the upper half of the key's hash, 0 for a free slot; at most half full.
  private var slots = [UInt64](repeating: 0, count: 2_048)

  init(recordsMax: Int) {
    self.recordsMax = recordsMax
    let (octets, overflow) = recordsMax.multipliedReportingOverflow(by: MixPool.keyOctetsMean)
    keyOctetsMax = min(
      max(overflow ? .max : octets, MixPool.keyOctetsLeast), Int(UInt32.max) - (1 << 17))
  }

  var count: Int { records.count }
  /// The pool holds as much as it may.
  var isFull: Bool { records.count >= recordsMax || keys.count >= keyOctetsMax }
  /// The pool has so little room left that it should be given more.
  var isCrowded: Bool {
    records.count > recordsMax / 4 * 3 || keys.count > keyOctetsMax / 4 * 3
  }

  /// The index from which on records, the newest, leave a quarter of the pool free.
  var suffixWithRoom: Int {
    var octets = 0
    var start = records.count
    while start > 0, records.count - start < recordsMax / 4 * 3 {
      octets += Int(records[start - 1].keyCount)
      guard octets <= keyOctetsMax / 4 * 3 else { break }
      start -= 1
    }
    return start
  }

  func withKey<R>(of record: Record, _ body: (Span<UInt8>) -> R) -> R {
    body(keys.span.extracting(range(record)))
  }

  /// Adds what a sensor contributed.
  ///
  /// - Returns: sightings that the record's count had no room for.
  mutating func add(
    key: Span<UInt8>, hash: UInt64, _ contribution: RecordBatch.Contribution, tlp: TLP,
    at now: UnixSeconds
  ) -> UInt64 {
    let slot = slot(of: key, hash: hash)
    guard let index = index(in: slot) else {
      append(
        key: key, slot: slot, hash: hash,
        Record(
          keyStart: 0, keyCount: 0, timeFirst: contribution.timeFirst,
          timeLast: contribution.timeLast, pooledAt: now, tlp: tlp, count: contribution.count,
          sensors: SensorSet(contribution.sensor)))
      return 0
    }
    let before = records[index].count
    let (sum, overflow) = before.addingReportingOverflow(contribution.count)
    records[index].count = overflow ? .max : sum
    records[index].timeFirst = min(records[index].timeFirst, contribution.timeFirst)
    records[index].timeLast = max(records[index].timeLast, contribution.timeLast)
    records[index].tlp = max(records[index].tlp, tlp)
    records[index].sensors.insert(contribution.sensor)
    sightings &+= records[index].count &- before
    return contribution.count &- (records[index].count &- before)
  }

  /// True when a record with this key is there.
  func contains(key: Span<UInt8>, hash: UInt64) -> Bool {
    index(in: slot(of: key, hash: hash)) != nil
  }

  /// Adds a record that is not there, as it is.
  mutating func append(_ record: Record, key: Span<UInt8>) {
    let hash = RecordBatch.hash(of: key)
    let slot = slot(of: key, hash: hash)
    precondition(index(in: slot) == nil, "a record is twice in a pool")
    append(key: key, slot: slot, hash: hash, record)
  }

  private mutating func append(key: Span<UInt8>, slot: Int, hash: UInt64, _ record: Record) {
    var record = record
    record.keyStart = UInt32(keys.count)
    record.keyCount = UInt32(key.count)
    unsafe key.withUnsafeBufferPointer { unsafe keys.append(contentsOf: $0) }
    records.append(record)
    sightings &+= record.count
    slots[slot] = hash & MixPool.tagMask | UInt64(records.count)
    if records.count * 2 > slots.count { growSlots() }
  }

  /// Where a key is, or where it would be.
  private func slot(of key: Span<UInt8>, hash: UInt64) -> Int {
    let tag = hash & MixPool.tagMask
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 {
      if slots[slot] & MixPool.tagMask == tag, let index = index(in: slot),
        isKey(key, of: records[index])
      {
        return slot
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }

  private func index(in slot: Int) -> Int? {
    slots[slot] == 0 ? nil : Int(slots[slot] & ~MixPool.tagMask) - 1
  }

  private func isKey(_ key: Span<UInt8>, of record: Record) -> Bool {
    guard Int(record.keyCount) == key.count else { return false }
    let start = Int(record.keyStart)
    for index in key.indices where keys[start + index] != key[index] { return false }
    return true
  }

  private func range(_ record: Record) -> Range<Int> {
    Int(record.keyStart)..<(Int(record.keyStart) + Int(record.keyCount))
  }

  private mutating func growSlots() {
    slots = [UInt64](repeating: 0, count: slots.count * 2)
    for index in records.indices {
      let hash = withKey(of: records[index], RecordBatch.hash(of:))
      var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = hash & MixPool.tagMask | UInt64(index + 1)
    }
  }
}

/// The stored form, in parts: form `01`, then each record as octets of the key with their number,
/// time_first, time_last − time_first, when it was pooled, marking, count, sensors as number and
/// differences. Numbers are varints.
extension MixPool {
  private static let form: UInt8 = 1
  /// Octets at which a part ends.
  private static let partOctets = 512 << 10

  func encodedParts() -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var part: [UInt8] = [MixPool.form]
    for record in records {
      withKey(of: record) { MixWriter.append(octets: $0, to: &part) }
      MixWriter.append(UInt64(record.timeFirst), to: &part)
      MixWriter.append(UInt64(record.timeLast - record.timeFirst), to: &part)
      MixWriter.append(UInt64(record.pooledAt), to: &part)
      part.append(UInt8(truncatingIfNeeded: record.tlp.rawValue))
      MixWriter.append(record.count, to: &part)
      MixWriter.append(record.sensors, to: &part)
      if part.count >= MixPool.partOctets {
        parts.append(part)
        part = [MixPool.form]
      }
    }
    if part.count > 1 { parts.append(part) }
    return parts
  }

  /// Adds the records of a part behind those that are there.
  mutating func append(part octets: [UInt8]) throws(MixDamage) {
    var reader = MixReader(octets)
    guard try reader.octet() == MixPool.form else { throw MixDamage() }
    while !reader.isAtEnd {
      let key = try reader.octetString()
      let timeFirst = try reader.time()
      let (timeLast, overflow) = timeFirst.addingReportingOverflow(try reader.time())
      let pooledAt = try reader.time()
      guard let tlp = TLP(rawValue: Int(try reader.octet())), !overflow,
        !contains(key: key.span, hash: RecordBatch.hash(of: key.span)),
        keys.count + key.count <= Int(UInt32.max)
      else { throw MixDamage() }
      let record = Record(
        keyStart: 0, keyCount: 0, timeFirst: timeFirst, timeLast: timeLast, pooledAt: pooledAt,
        tlp: tlp, count: try reader.number(), sensors: try reader.sensors())
      append(record, key: key.span)
    }
  }
}
