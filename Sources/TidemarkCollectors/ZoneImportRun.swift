public import DNSWire
public import TidemarkIngest
public import TidemarkModel

/// Imports one snapshot of a zone into a sink, exactly once.
///
/// A snapshot is known by zone and serial: when they are stored already, nothing is read again,
/// whatever form the zone comes in this time. An import that was interrupted goes on when the same
/// content comes again. What was begun from one content and comes in another is refused: nobody
/// could tell which of its records are counted.
public struct ZoneImportRun {
  /// How a snapshot is read.
  public struct Options {
    /// Dataset, sensor, filter and clock.
    public var settings: SourceSettings
    /// How a master file is read.
    public var file = ZoneFileSettings()
    /// Apex of a file without an SOA record, and the first origin of any.
    public var zone: DomainName?
    /// When the zone looked like this: file time, transfer time, or what the operator says.
    public var time: UnixSeconds
    /// True keeps DNSSEC records; see ``ZoneSnapshot``.
    public var takesDNSSEC = false
    /// True makes the time part of a snapshot's identity: an unchanged serial at another time is
    /// counted again. Only for times that the operator gives or that are those of a transfer: the
    /// time of a file changes when it is copied.
    public var isKnownByTime = false
    /// What tells the filter from others.
    public var filterIdentity = ""

    /// Makes options.
    public init(settings: SourceSettings, time: UnixSeconds) {
      self.settings = settings
      self.time = time
    }
  }

  /// What an import did.
  public struct Report: Sendable {
    /// Where everything went, in this run.
    public var accounting = Accounting()
    /// Items that an earlier run had stored.
    public var skipped: UInt64 = 0
    /// The snapshot; nil when the source does not say which zone it holds.
    public var snapshot: ZoneSnapshot?
    /// True when the snapshot was stored before: nothing was read.
    public var wasStored = false
    /// True when the snapshot is stored completely now.
    public var isComplete = false
    /// The first entries that could not be read.
    public var rejections: [ZoneRejection] = []
    /// Why the source could not be read to its end; everything before it is stored.
    public var damage: String?

    /// Makes an empty report.
    public init() {}
  }

  let sink: any BatchSink
  let options: Options
  private let progress: (ImportRun.Progress) -> Void

  /// Makes a run.
  ///
  /// - Parameter progress: called about once per MiB of the source.
  public init(
    sink: any BatchSink, options: Options,
    progress: @escaping (ImportRun.Progress) -> Void = { _ in }
  ) {
    self.sink = sink
    self.options = options
    self.progress = progress
  }

  /// Imports a master file.
  ///
  /// - Throws: ``ZoneImportError``, ``SourceError``, and what the sink throws. Batches written
  ///   before stay, with the position that belongs to them.
  public func importFile(_ source: ByteSource) throws -> Report {
    try checkTime(path: source.path)
    var report = Report()
    var file = options.file
    if file.origin.isEmpty, let zone = options.zone { file.origin = zone.wire }
    let start: ZoneStart?
    do {
      start = try findStart(in: source, file: file)
    } catch let error as ImportError {
      report.damage = error.text(path: source.path)
      return report
    }
    guard let apex = start?.apex ?? options.zone else {
      throw ZoneImportError.noZone(path: source.path)
    }
    guard let plan = try plan(source, apex: apex, serial: start?.serial, &report) else {
      return report
    }
    file.includedDigest = plan.known?.includedDigest
    var settings = options.settings
    settings.firstItem = report.skipped
    let decoder = ZoneDecoder(snapshot: plan.snapshot, file: file, settings: settings)
    try read(decoder, from: source, plan, &report)
    return report
  }

  /// Imports the records of a zone transfer that has been verified.
  ///
  /// - Parameter source: see ``ZoneTransferDecoder``.
  public func importTransfer(_ source: ByteSource, start: ZoneStart) throws -> Report {
    try checkTime(path: source.path)
    var report = Report()
    guard let plan = try plan(source, apex: start.apex, serial: start.serial, &report) else {
      return report
    }
    var settings = options.settings
    settings.firstItem = report.skipped
    let decoder = ZoneTransferDecoder(snapshot: plan.snapshot, settings: settings)
    try read(decoder, from: source, plan, &report)
    return report
  }

  /// True when a snapshot is stored completely: a transfer need not go on.
  public func isStored(_ start: ZoneStart) throws -> Bool {
    try state(apex: start.apex, serial: start.serial)?.known?.isComplete == true
  }

  /// What is decided before anything is read.
  private struct Plan {
    var snapshot: ZoneSnapshot
    /// Key of the snapshot's state; nil for files without a serial.
    var stateKey: [UInt8]?
    /// What an interrupted import left.
    var known: ZoneSnapshotState?
    /// Key of the position in the source.
    var sourceKey: [UInt8]
  }

  private func checkTime(path: String) throws {
    let latest = UInt64(options.settings.now) + UInt64(TimeLimits.futureMax)
    guard options.time >= TimeLimits.timeMin, UInt64(options.time) <= latest else {
      throw ZoneImportError.badTime(path: path, time: options.time)
    }
  }

  private func findStart(in source: ByteSource, file: ZoneFileSettings) throws -> ZoneStart? {
    try source.rewind()
    var finder = ZoneStartFinder(file: file)
    var chunk: [UInt8] = []
    var isFinal = false
    while !isFinal {
      do throws(SourceError) {
        isFinal = try !source.next(into: &chunk)
      } catch {
        // Damage behind what can be unpacked is left for the import to find.
        guard case .corrupt = error else { throw error }
        return nil
      }
      if let start = try finder.take(chunk.span, isFinal: isFinal) { return start }
    }
    return nil
  }

  private func state(
    apex: DomainName, serial: UInt32
  ) throws -> (key: [UInt8], known: ZoneSnapshotState?)? {
    let origin = options.settings.origin
    let key = ZoneSnapshotState.key(
      dataset: origin.dataset, sensor: origin.sensor, apex: apex, serial: serial,
      time: options.isKnownByTime ? options.time : nil)
    let value = try sink.states(prefix: key).first { $0.key == key }?.value
    return (key, value.flatMap { ZoneSnapshotState(decoding: $0) })
  }

  /// Decides what is to be read; nil for nothing.
  private func plan(
    _ source: ByteSource, apex: DomainName, serial: UInt32?, _ report: inout Report
  ) throws -> Plan? {
    var snapshot = ZoneSnapshot(apex: apex, serial: serial, time: options.time)
    snapshot.takesDNSSEC = options.takesDNSSEC
    let stored = try serial.flatMap { try state(apex: apex, serial: $0) }
    if let known = stored?.known { snapshot.time = known.time }
    report.snapshot = snapshot
    if let known = stored?.known, known.isComplete {
      report.wasStored = true
      report.isComplete = true
      report.skipped = known.items
      return nil
    }
    let found = try SourceResume.find(
      in: source, options: identity(of: snapshot), lookUp: sink.states)
    guard let found else { return nil }
    report.skipped = found.match?.checkpoint.items ?? 0
    if stored?.known != nil, found.match == nil {
      throw ZoneImportError.begunFromOther(path: source.path, apex: apex, serial: serial ?? 0)
    }
    return Plan(
      snapshot: snapshot, stateKey: stored?.key, known: stored?.known, sourceKey: found.key)
  }

  /// Everything that changes what a source says. The time does not, unless the operator says so: a
  /// file that is copied has another one.
  private func identity(of snapshot: ZoneSnapshot) -> String {
    let origin = options.settings.origin
    var text =
      "zone \(origin.dataset) \(origin.sensor) \(snapshot.apex.wire) "
      + "\(snapshot.serial.map(String.init) ?? "-") \(snapshot.takesDNSSEC) "
      + "\(options.zone?.wire ?? []) \(options.file.generatedMax)"
    if options.settings.filter != nil { text += " filter \(options.filterIdentity)" }
    if options.isKnownByTime { text += " time \(options.time)" }
    return text
  }

  /// Reads the source and writes batches, each with the position that belongs to it.
  private func read(
    _ start: consuming some ZoneItemDecoder & ~Copyable, from source: ByteSource, _ plan: Plan,
    _ report: inout Report
  ) throws {
    var decoder = start
    var batch = RecordBatch(capacity: BatchLimits.entriesMax / 4)
    let writer = BatchWriter(sink: sink, spare: RecordBatch())
    var window = SourceWindow(source)
    var isReading = true
    while isReading {
      do {
        let step = try window.withOctets { octets, offset, isFinal throws(ImportError) in
          try decoder.decode(octets.span, at: &offset, isFinal: isFinal, into: batch)
        }
        switch step {
        case .end:
          isReading = false
          report.isComplete = window.damage == nil
        case .batchIsFull:
          batch = try seal(batch, decoder, window, plan, isComplete: false, writer)
        case .needsInput:
          try window.refill()
          tell(source, decoder.items, writer)
        }
      } catch let error as ImportError {
        report.damage = error.text(path: source.path)
        isReading = false
      }
    }
    report.damage = window.damage ?? report.damage
    report.rejections = decoder.rejections
    decoder.account(into: &report.accounting)
    if report.accounting.isAllMalformed, report.skipped == 0 {
      report.damage = report.damage ?? "\(source.path): nothing in it is a zone record"
      report.isComplete = false
    } else if report.isComplete || decoder.items > report.skipped {
      _ = try seal(batch, decoder, window, plan, isComplete: report.isComplete, writer)
    }
    try writer.wait()
    let written = writer.written
    report.accounting.stored = written.created
    report.accounting.merged = written.observations - written.created
    tell(source, decoder.items, writer)
  }

  /// Adds both positions to a batch and hands it over.
  private func seal(
    _ batch: RecordBatch, _ decoder: borrowing some ZoneItemDecoder & ~Copyable,
    _ window: SourceWindow, _ plan: Plan, isComplete: Bool, _ writer: BatchWriter
  ) throws -> RecordBatch {
    let checkpoint = window.hasher.checkpoint(items: decoder.items)
    batch.stateChanges.append(
      RecordBatch.StateChange(key: plan.sourceKey, value: checkpoint.encoded))
    if let key = plan.stateKey {
      let state = ZoneSnapshotState(
        isComplete: isComplete, time: plan.snapshot.time, items: decoder.items,
        includedDigest: decoder.includedDigest)
      batch.stateChanges.append(RecordBatch.StateChange(key: key, value: state.encoded))
    }
    return try writer.submit(batch)
  }

  private func tell(_ source: ByteSource, _ items: UInt64, _ writer: BatchWriter) {
    progress(
      ImportRun.Progress(
        position: source.packedPosition, size: source.packedSize, items: items,
        observations: writer.written.observations))
  }
}

/// The octets of a source that are at hand, and the hash of all that were.
private struct SourceWindow {
  private var octets: [UInt8] = []
  private var offset = 0
  private var isFinal = false
  private(set) var hasher = SourceHasher()
  /// Why the source ended early: damaged compression.
  private(set) var damage: String?

  private let source: ByteSource
  private var chunk: [UInt8] = []

  init(_ source: ByteSource) {
    self.source = source
  }

  /// Calls `body` with the octets at hand, the start of those not used, which it moves, and whether
  /// nothing follows.
  mutating func withOctets<R>(
    _ body: ([UInt8], inout Int, Bool) throws(ImportError) -> R
  ) throws(ImportError) -> R {
    var at = offset
    defer { offset = at }
    return try body(octets, &at, isFinal)
  }

  /// Drops what was used and adds the next octets.
  mutating func refill() throws(SourceError) {
    octets.removeSubrange(..<offset)
    offset = 0
    do throws(SourceError) {
      isFinal = try !source.next(into: &chunk)
    } catch {
      guard case .corrupt = error else { throw error }
      damage = error.description
      isFinal = true
      return
    }
    let added = chunk
    hasher.update(added.span)
    if octets.isEmpty { swap(&octets, &chunk) } else { octets.append(contentsOf: chunk) }
  }
}

/// Why a zone is not imported.
public enum ZoneImportError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file has no SOA record, and nobody said which zone it holds.
  case noZone(path: String)
  /// The snapshot's time is before 1990 or more than a day ahead.
  case badTime(path: String, time: UnixSeconds)
  /// An interrupted import of the same serial read other content.
  case begunFromOther(path: String, apex: DomainName, serial: UInt32)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .noZone(let path): "\(path): no SOA record in it; name the zone with --zone"
    case .badTime(let path, let time):
      "\(path): \(time) is not a time at which a zone can have been seen"
    case .begunFromOther(let path, let apex, let serial):
      "\(path): serial \(serial) of \(apex.text(finalDot: true)) was begun from other content; "
        + "import that again to finish it, or a later serial"
    }
  }
}
