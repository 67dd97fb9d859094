public import TidemarkModel

/// Finds the number of a sensor that a feed names.
public typealias SensorLookup = (_ name: [UInt8]) -> SensorNumber

/// What the two text decoders share: adding observations, skipping what is stored, counting.
struct TextItems: ~Copyable {
  var items: UInt64 = 0
  var offered: UInt64 = 0
  var observation = TextObservation()
  private var ingest: TextIngest
  private let skipped: UInt64
  private let sensor: SensorNumber
  private let sensorOf: SensorLookup?
  private var lastSensor: (name: [UInt8], number: SensorNumber) = ([], 0)
  private(set) var rejected: [Accounting.Reason] = []
  private(set) var filtered: [Accounting.Reason] = []

  init(origin: ObservationOrigin, firstItem: UInt64, sensorOf: SensorLookup?) {
    ingest = TextIngest(dataset: origin.dataset, vantage: origin.vantage)
    sensor = origin.sensor
    skipped = firstItem
    self.sensorOf = sensorOf
  }

  /// Adds the observation just read.
  mutating func add(to batch: RecordBatch) {
    items += 1
    guard items > skipped else { return }
    offered += UInt64(observation.items.count)
    ingest.add(observation, sensor: number(), to: batch)
  }

  /// Counts an item that gives no observation.
  mutating func reject(_ name: String, isFiltered: Bool = false) {
    items += 1
    guard items > skipped else { return }
    offered += 1
    let name = String(name.map { $0 == "_" ? "-" : $0 })
    var reasons = isFiltered ? filtered : rejected
    let at = reasons.firstIndex { $0.name == name }
    let count = at.map { reasons[$0].count } ?? 0
    let reason = Accounting.Reason(name: name, count: count + 1)
    if let at { reasons[at] = reason } else { reasons.append(reason) }
    if isFiltered { filtered = reasons } else { rejected = reasons }
  }

  func account(into accounting: inout Accounting) {
    accounting.read = items - min(items, skipped)
    accounting.offered = offered
    accounting.malformed = rejected
    accounting.filtered = filtered
  }

  /// The sensor of the configuration, or the one that the feed names.
  private mutating func number() -> SensorNumber {
    guard let sensorOf, !observation.sensorID.isEmpty else { return sensor }
    if lastSensor.name != observation.sensorID {
      lastSensor = (observation.sensorID, sensorOf(observation.sensorID))
    }
    return lastSensor.number
  }
}

/// Reads COF ndjson. An item is an object.
public struct COFDecoder: ~Copyable, ItemDecoder {
  /// Objects read, those of stream framing left out.
  public var items: UInt64 { common.items }
  private var common: TextItems
  private var reader: COFReader
  private var isFinished = false

  /// Makes a decoder.
  ///
  /// - Parameters:
  ///   - firstItem: objects before this one were stored by an earlier run.
  ///   - sensorOf: nil when all records belong to the origin's sensor.
  public init(
    origin: ObservationOrigin, now: UnixSeconds, firstItem: UInt64, sensorOf: SensorLookup?
  ) {
    common = TextItems(origin: origin, firstItem: firstItem, sensorOf: sensorOf)
    reader = COFReader(now: now)
  }

  /// Reads objects; see ``ItemDecoder``.
  public mutating func decode(
    _ window: Span<UInt8>, at offset: inout Int, isFinal: Bool, into batch: RecordBatch
  ) throws(ImportError) -> DecodeStep {
    while true {
      let isAtEnd = isFinal && offset == window.count
      let step =
        isAtEnd
        ? reader.finish(into: &common.observation)
        : reader.next(window, at: &offset, into: &common.observation)
      switch step {
      case .observation: common.add(to: batch)
      case .rejected(.truncated): throw .truncated(offset: 0)
      case .rejected(let reason): common.reject(reason.name)
      case .control: continue
      case .needsInput:
        if isAtEnd { return .end }
        if !isFinal { return .needsInput }
      }
      if BatchLimits.isFull(batch) { return .batchIsFull }
    }
  }

  /// Adds what was read; see ``ItemDecoder``.
  public func account(into accounting: inout Accounting) { common.account(into: &accounting) }
}

/// Reads logs of gamelinux passivedns. An item is a line.
public struct PassiveDNSLogDecoder: ~Copyable, ItemDecoder {
  /// Lines read, blank ones left out.
  public var items: UInt64 { common.items }
  private var common: TextItems
  private var reader: PassiveDNSLogReader

  /// Makes a decoder.
  ///
  /// - Parameters:
  ///   - firstItem: lines before this one were stored by an earlier run.
  ///   - sensorOf: nil when all records belong to the origin's sensor.
  public init(
    origin: ObservationOrigin, now: UnixSeconds, firstItem: UInt64, sensorOf: SensorLookup?
  ) {
    common = TextItems(origin: origin, firstItem: firstItem, sensorOf: sensorOf)
    reader = PassiveDNSLogReader(vantage: origin.vantage, now: now)
  }

  /// Reads lines; see ``ItemDecoder``.
  public mutating func decode(
    _ window: Span<UInt8>, at offset: inout Int, isFinal: Bool, into batch: RecordBatch
  ) throws(ImportError) -> DecodeStep {
    while true {
      let isAtEnd = isFinal && offset == window.count
      let step =
        isAtEnd
        ? reader.finish(into: &common.observation)
        : reader.next(window, at: &offset, into: &common.observation)
      switch step {
      case .observation: common.add(to: batch)
      case .rejected(let reason):
        common.reject(reason.name, isFiltered: reason.isFiltered)
      case .needsInput:
        if isAtEnd { return .end }
        if !isFinal { return .needsInput }
      }
      if BatchLimits.isFull(batch) { return .batchIsFull }
    }
  }

  /// Adds what was read; see ``ItemDecoder``.
  public func account(into accounting: inout Accounting) { common.account(into: &accounting) }
}
