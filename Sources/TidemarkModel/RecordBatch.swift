/// Observations summed by identity, given to a store together, all or nothing.
///
/// Adding the same record again merges in place, so a batch is also the aggregation window of a
/// source. It holds its keys in one arena and finds them by a hash table of its own: an entry
/// costs 40 octets beside its key and its slot, and nothing is allocated per observation.
///
/// - Concurrency: one thread at a time; hand it over, do not share it.
@safe public final class RecordBatch: @unchecked Sendable {
  /// One record of the batch.
  public struct Entry: Sendable {
    var keyOffset: UInt32
    var keyLength: UInt32
    /// First seen.
    public internal(set) var timeFirst: UnixSeconds
    /// Last seen.
    public internal(set) var timeLast: UnixSeconds
    /// Summed count.
    public internal(set) var count: UInt64
    /// Sensors 0–63 as bits.
    var sensorsLow: UInt64
    /// Index into ``RecordBatch/extras``, or -1.
    var extra: Int32
    /// Index into ``RecordBatch/parts`` of the first of a list, or -1: then one sensor
    /// contributed everything, or what it was cannot be told apart.
    var parts: Int32 = -1
  }

  /// What few entries need: sensors above 63, days between the first and the last.
  struct Extra {
    var sensors: SensorSet
    var activity: ActivityDays
  }

  /// What one sensor contributed to an entry that several contributed to.
  struct Part {
    var contribution: Contribution
    /// Index of the entry, before sorting.
    var entry: Int32
    /// Index of the entry's next part, or -1.
    var next: Int32
  }

  /// A change of the store's `state` family, written in the same atomic step as the records.
  public struct StateChange: Sendable, Equatable {
    /// Key in the `state` family.
    public let key: [UInt8]
    /// New value; nil deletes the key.
    public let value: [UInt8]?

    /// Makes a change.
    public init(key: [UInt8], value: [UInt8]?) {
      self.key = key
      self.value = value
    }
  }

  /// The records, in the order in which they first came, or sorted after ``sort()``.
  public private(set) var entries: [Entry] = []
  /// Observations added, each with its own count of 1 or more, merged or not.
  public private(set) var observations: UInt64 = 0
  /// Written together with the records.
  public var stateChanges: [StateChange] = []
  /// True when what each sensor contributed can be told apart, see
  /// ``forEachContribution(to:_:)``.
  public let keepsSensorsApart: Bool

  var parts: [Part] = []
  /// Index + 1 into ``parts`` by entry and sensor, 0 for a free slot; a power of two, at most half
  /// full. An entry may have very many parts, each is found at once.
  var partSlots: [UInt32] = []
  private var isSorted = false
  private static let tagMask: UInt64 = 0xFFFF_FFFF_0000_0000
  private var extras: [Extra] = []
  private var arena: UnsafeMutablePointer<UInt8>
  private var arenaCapacity: Int
  private var arenaCount = 0
  /// Entry index + 1 below the upper half of the key's hash, or 0 for a free slot; a power of two,
  /// at most half full. With the hash at hand, other keys are passed without looking at them.
  private var slots: UnsafeMutablePointer<UInt64>
  private var slotMask: Int

  /// Makes an empty batch that grows as needed.
  ///
  /// - Parameters:
  ///   - capacity: entries that fit without growing.
  ///   - keepsSensorsApart: costs some 48 octets for each sensor of an entry with more than one.
  public init(capacity: Int = 1_024, keepsSensorsApart: Bool = false) {
    self.keepsSensorsApart = keepsSensorsApart
    var slotCount = 2_048
    while slotCount < capacity * 2 { slotCount *= 2 }
    unsafe slots = .allocate(capacity: slotCount)
    unsafe slots.initialize(repeating: 0, count: slotCount)
    slotMask = slotCount - 1
    arenaCapacity = max(capacity * 48, 65_536)
    unsafe arena = .allocate(capacity: arenaCapacity)
    entries.reserveCapacity(capacity)
  }

  deinit {
    unsafe slots.deallocate()
    unsafe arena.deallocate()
  }

  /// Records in the batch.
  public var count: Int { entries.count }
  /// Octets of all keys.
  public var keyOctets: Int { arenaCount }
  /// True when there is nothing to write, neither records nor state.
  public var isEmpty: Bool { entries.isEmpty && stateChanges.isEmpty }

  /// Calls `body` with the key of an entry.
  @inline(__always)
  public func withKey<R>(of entry: Entry, _ body: (Span<UInt8>) -> R) -> R {
    let buffer = unsafe UnsafeBufferPointer(
      start: arena + Int(entry.keyOffset), count: Int(entry.keyLength))
    return unsafe body(buffer.span)
  }

  /// The merged value of an entry.
  public func value(of entry: Entry) -> RecordValue {
    var value = RecordValue(
      timeFirst: entry.timeFirst, timeLast: entry.timeLast, count: entry.count,
      sensors: SensorSet(low: entry.sensorsLow))
    if entry.extra >= 0 {
      value.sensors.formUnion(extras[Int(entry.extra)].sensors)
      value.activity = extras[Int(entry.extra)].activity
    }
    return value
  }

  /// Adds one observation.
  ///
  /// - Parameters:
  ///   - key: a record key (see ``RecordKey``).
  ///   - hash: ``hash(of:)`` of the key, when the caller has it already.
  ///   - timeFirst: not after `timeLast`.
  ///   - count: 1 or more.
  @inline(__always)
  public func add(
    key: Span<UInt8>, hash: UInt64? = nil, timeFirst: UnixSeconds, timeLast: UnixSeconds,
    count: UInt64, sensor: SensorNumber
  ) {
    precondition(timeFirst <= timeLast && count > 0, "not an observation")
    observations += 1
    let hash = hash ?? RecordBatch.hash(of: key)
    let tag = hash & RecordBatch.tagMask
    var slot = Int(truncatingIfNeeded: hash) & slotMask
    while true {
      let found = unsafe slots[slot]
      if found == 0 { break }
      if found & RecordBatch.tagMask == tag {
        let index = Int(found & ~RecordBatch.tagMask) - 1
        if isKey(key, of: entries[index]) {
          merge(
            at: index, timeFirst: timeFirst, timeLast: timeLast, count: count, sensor: sensor)
          return
        }
      }
      slot = (slot + 1) & slotMask
    }
    let offset = appendToArena(key)
    entries.append(
      Entry(
        keyOffset: UInt32(offset), keyLength: UInt32(key.count), timeFirst: timeFirst,
        timeLast: timeLast, count: count, sensorsLow: sensor < 64 ? 1 << UInt64(sensor) : 0,
        extra: -1))
    unsafe slots[slot] = tag | UInt64(entries.count)
    if sensor >= 64 {
      withExtra(at: entries.count - 1) { $0.sensors.insert(sensor) }
    }
    if entries.count * 2 > slotMask { growSlots() }
  }

  /// Adds what is known of a record as one observation, its sensors and days included.
  ///
  /// - Parameters:
  ///   - key: a record key (see ``RecordKey``).
  ///   - value: with a count of 1 or more, and at least one sensor.
  public func add(key: Span<UInt8>, value: RecordValue) {
    precondition(value.count > 0 && !value.sensors.isEmpty, "not an observation")
    let hash = RecordBatch.hash(of: key)
    if let index = index(of: key, hash: hash) {
      observations += 1
      if keepsSensorsApart { keepApart(Contribution(value), at: index) }
      mergeSlowly(at: index, value)
      return
    }
    let sensor = value.sensors.lowest ?? 0
    add(
      key: key, hash: hash, timeFirst: value.timeFirst, timeLast: value.timeLast,
      count: value.count, sensor: sensor)
    let added = entries.count - 1
    entries[added].sensorsLow = value.sensors.low
    if !value.activity.isEmpty || !value.sensors.high.isEmpty {
      withExtra(at: added) {
        $0.sensors = value.sensors
        $0.activity = value.activity
      }
    }
  }

  /// The sensors of an entry.
  func sensors(of entry: Entry) -> SensorSet {
    var sensors = SensorSet(low: entry.sensorsLow)
    if entry.extra >= 0 { sensors.formUnion(extras[Int(entry.extra)].sensors) }
    return sensors
  }

  /// The entry with a key, or nil.
  private func index(of key: Span<UInt8>, hash: UInt64) -> Int? {
    let tag = hash & RecordBatch.tagMask
    var slot = Int(truncatingIfNeeded: hash) & slotMask
    while true {
      let found = unsafe slots[slot]
      if found == 0 { return nil }
      if found & RecordBatch.tagMask == tag {
        let index = Int(found & ~RecordBatch.tagMask) - 1
        if isKey(key, of: entries[index]) { return index }
      }
      slot = (slot + 1) & slotMask
    }
  }

  /// The hash that the batch files a key under. Differs between processes.
  @inline(__always)
  public static func hash(of key: Span<UInt8>) -> UInt64 {
    SeededHash.hash(key, seed: SeededHash.processSeed)
  }

  /// Sorts the entries by key. Adding afterwards is a bug until ``removeAll()``.
  public func sort() {
    guard !isSorted else { return }
    isSorted = true
    var sorter = KeySorter(capacity: entries.count)
    for index in entries.indices {
      let entry = entries[index]
      unsafe sorter.append(
        start: arena + Int(entry.keyOffset), count: Int(entry.keyLength), payload: index)
    }
    let order = sorter.sorted()
    entries = order.map { entries[$0] }
  }

  /// Empties the batch and keeps its memory.
  public func removeAll() {
    entries.removeAll(keepingCapacity: true)
    extras.removeAll(keepingCapacity: false)
    if !parts.isEmpty {
      parts.removeAll(keepingCapacity: true)
      for index in partSlots.indices { partSlots[index] = 0 }
    }
    isSorted = false
    stateChanges.removeAll()
    observations = 0
    arenaCount = 0
    unsafe slots.update(repeating: 0, count: slotMask + 1)
  }

  @inline(__always)
  private func merge(
    at index: Int, timeFirst: UnixSeconds, timeLast: UnixSeconds, count: UInt64,
    sensor: SensorNumber
  ) {
    if keepsSensorsApart {
      keepApart(
        Contribution(sensor: sensor, timeFirst: timeFirst, timeLast: timeLast, count: count),
        at: index)
    }
    let isMerged = entries[index].merge(
      timeFirst: timeFirst, timeLast: timeLast, count: count, sensor: sensor)
    if !isMerged {
      mergeSlowly(
        at: index,
        RecordValue(
          timeFirst: timeFirst, timeLast: timeLast, count: count, sensors: SensorSet(sensor)))
    }
  }

  /// Merges by ``RecordValue/merge(_:)``, for days and sensors that need extra room.
  private func mergeSlowly(at index: Int, _ other: RecordValue) {
    var value = self.value(of: entries[index])
    value.merge(other)
    entries[index].timeFirst = value.timeFirst
    entries[index].timeLast = value.timeLast
    entries[index].count = value.count
    entries[index].sensorsLow = value.sensors.low
    if !value.activity.isEmpty || !value.sensors.high.isEmpty || entries[index].extra >= 0 {
      withExtra(at: index) {
        $0.sensors = value.sensors
        $0.activity = value.activity
      }
    }
  }

  /// Notes the parts of an entry, once a second sensor contributes to it.
  func setParts(at index: Int, to part: Int32) { entries[index].parts = part }

  private func withExtra(at index: Int, _ change: (inout Extra) -> Void) {
    if entries[index].extra < 0 {
      entries[index].extra = Int32(extras.count)
      extras.append(Extra(sensors: SensorSet(), activity: ActivityDays()))
    }
    change(&extras[Int(entries[index].extra)])
  }

  @inline(__always)
  private func isKey(_ key: Span<UInt8>, of entry: Entry) -> Bool {
    guard Int(entry.keyLength) == key.count else { return false }
    return unsafe key.withUnsafeBufferPointer {
      unsafe memoryEqual($0.baseAddress, arena + Int(entry.keyOffset), count: key.count)
    }
  }

  private func appendToArena(_ key: Span<UInt8>) -> Int {
    if arenaCount + key.count > arenaCapacity { growArena(for: key.count) }
    let offset = arenaCount
    unsafe key.withUnsafeBufferPointer {
      if let base = $0.baseAddress {
        unsafe (arena + offset).update(from: base, count: key.count)
      }
    }
    arenaCount += key.count
    return offset
  }

  private func growArena(for octets: Int) {
    let capacity = max(arenaCapacity * 2, arenaCount + octets)
    precondition(capacity <= Int(UInt32.max), "a batch holds less than 4 GiB of keys")
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    unsafe larger.update(from: arena, count: arenaCount)
    unsafe arena.deallocate()
    unsafe arena = larger
    arenaCapacity = capacity
  }

  private func growSlots() {
    unsafe slots.deallocate()
    let slotCount = (slotMask + 1) * 2
    slotMask = slotCount - 1
    unsafe slots = .allocate(capacity: slotCount)
    unsafe slots.initialize(repeating: 0, count: slotCount)
    for index in entries.indices {
      let hash = withKey(of: entries[index], RecordBatch.hash(of:))
      var slot = Int(truncatingIfNeeded: hash) & slotMask
      while unsafe slots[slot] != 0 { slot = (slot + 1) & slotMask }
      unsafe slots[slot] = hash & RecordBatch.tagMask | UInt64(index + 1)
    }
  }
}

extension RecordBatch.Entry {
  /// Merges an observation of days that the entry has already, by a sensor that needs no room.
  ///
  /// - Returns: false when it is another one; the entry is as it was then.
  @inline(__always)
  fileprivate mutating func merge(
    timeFirst first: UnixSeconds, timeLast last: UnixSeconds, count more: UInt64,
    sensor: SensorNumber
  ) -> Bool {
    let day = TimeLimits.secondsPerDay
    guard first / day == timeFirst / day, last / day == timeLast / day, sensor < 64 else {
      return false
    }
    timeFirst = min(timeFirst, first)
    timeLast = max(timeLast, last)
    let (sum, overflow) = count.addingReportingOverflow(more)
    count = overflow ? .max : sum
    sensorsLow |= 1 << UInt64(sensor)
    return true
  }
}
