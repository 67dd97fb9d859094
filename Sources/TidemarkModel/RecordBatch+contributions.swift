/// What single sensors contributed to the records of a batch. Records are merged over sensors;
/// who may share what some sensors saw, and not what others did, needs them apart.
extension RecordBatch {
  /// What a sensor contributed to a record.
  public struct Contribution: Equatable, Sendable {
    /// The sensor; 0 also for what came summed over several.
    public var sensor: SensorNumber
    /// First seen.
    public var timeFirst: UnixSeconds
    /// Last seen.
    public var timeLast: UnixSeconds
    /// Sightings.
    public var count: UInt64

    /// Makes a contribution.
    public init(
      sensor: SensorNumber, timeFirst: UnixSeconds, timeLast: UnixSeconds, count: UInt64
    ) {
      self.sensor = sensor
      self.timeFirst = timeFirst
      self.timeLast = timeLast
      self.count = count
    }

    init(_ value: RecordValue) {
      self.init(
        sensor: RecordBatch.author(of: value.sensors), timeFirst: value.timeFirst,
        timeLast: value.timeLast, count: value.count)
    }

    mutating func merge(_ other: Contribution) {
      timeFirst = min(timeFirst, other.timeFirst)
      timeLast = max(timeLast, other.timeLast)
      let (sum, overflow) = count.addingReportingOverflow(other.count)
      count = overflow ? .max : sum
    }
  }

  /// Calls `body` with what each sensor contributed to an entry.
  ///
  /// What cannot be told apart, because it came summed over sensors or because the batch does not
  /// keep them apart, is one contribution of sensor 0.
  public func forEachContribution(to entry: Entry, _ body: (Contribution) -> Void) {
    guard entry.parts >= 0 else { return body(whole(entry)) }
    var at = Int(entry.parts)
    while at >= 0 {
      body(parts[at].contribution)
      at = Int(parts[at].next)
    }
  }

  /// Notes a contribution to an entry, before it is merged into it.
  @inline(__always)
  func keepApart(_ contribution: Contribution, at index: Int) {
    let entry = entries[index]
    let isAuthor =
      entry.parts < 0 && contribution.sensor < 64 && contribution.sensor > 0
      && entry.sensorsLow == 1 << UInt64(contribution.sensor) && entry.extra < 0
    if !isAuthor { keepApartSlowly(contribution, at: index) }
  }

  private func keepApartSlowly(_ contribution: Contribution, at index: Int) {
    if entries[index].parts < 0 {
      let whole = whole(entries[index])
      guard whole.sensor != contribution.sensor else { return }
      appendPart(whole, at: index, slot: partSlot(of: whole.sensor, at: index))
    }
    let slot = partSlot(of: contribution.sensor, at: index)
    if slot < partSlots.count, partSlots[slot] > 0 {
      parts[Int(partSlots[slot]) - 1].contribution.merge(contribution)
    } else {
      appendPart(contribution, at: index, slot: slot)
    }
  }

  /// Where the part of a sensor is found, or would be; 0 without slots.
  private func partSlot(of sensor: SensorNumber, at index: Int) -> Int {
    guard !partSlots.isEmpty else { return 0 }
    let hash = SeededHash.mix(
      UInt64(index) << 32 | UInt64(sensor), SeededHash.processSeed | 1)
    var slot = Int(truncatingIfNeeded: hash) & (partSlots.count - 1)
    while partSlots[slot] > 0 {
      let part = parts[Int(partSlots[slot]) - 1]
      if Int(part.entry) == index, part.contribution.sensor == sensor { break }
      slot = (slot + 1) & (partSlots.count - 1)
    }
    return slot
  }

  private func appendPart(_ contribution: Contribution, at index: Int, slot: Int) {
    parts.append(
      Part(contribution: contribution, entry: Int32(index), next: entries[index].parts))
    setParts(at: index, to: Int32(parts.count - 1))
    if slot < partSlots.count { partSlots[slot] = UInt32(parts.count) }
    guard parts.count * 2 > partSlots.count else { return }
    partSlots = [UInt32](repeating: 0, count: max(partSlots.count * 2, 2_048))
    for part in parts.indices {
      let slot = partSlot(of: parts[part].contribution.sensor, at: Int(parts[part].entry))
      partSlots[slot] = UInt32(part + 1)
    }
  }

  private func whole(_ entry: Entry) -> Contribution {
    Contribution(
      sensor: RecordBatch.author(of: sensors(of: entry)), timeFirst: entry.timeFirst,
      timeLast: entry.timeLast, count: entry.count)
  }

  /// The only sensor of a set, else 0.
  static func author(of sensors: SensorSet) -> SensorNumber {
    sensors.count == 1 ? sensors.lowest ?? 0 : 0
  }
}
