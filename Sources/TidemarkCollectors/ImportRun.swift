public import TidemarkIngest
public import TidemarkModel

/// Imports one source into a sink, exactly once.
///
/// The position in the source is written with each batch. When the same content comes again, under
/// whatever name, compressed or not, what is stored is skipped: a finished source adds nothing, an
/// interrupted one goes on, a source that has grown gives what is new.
public struct ImportRun {
  /// How a source is read.
  public struct Options: Sendable {
    /// The format, or nil to tell it by the content.
    public var format: SourceFormat?
    /// Settings of formats.
    public var formatOptions = FormatOptions()
    /// Dataset, vantage, and the sensor for everything unless the feed names its own.
    public var origin: ObservationOrigin
    /// True when records keep the sensor that the feed names.
    public var takesSensorsFromFeed = true
    /// Numbers of the datasets that the feed names; nil when everything goes to the origin's. For
    /// exports of our own only: the feed chooses who may read what it says.
    public var datasetOf: DatasetLookup?
    /// Responses without a query.
    public var unmatched = CaptureIngest.Unmatched.refuse
    /// Zones and sections, for sources above a resolver.
    public var authority = AuthoritySettings()
    /// Records that are left out; nil keeps all.
    public var filter: RecordFilter?
    /// What tells ``filter`` from others.
    public var filterIdentity = ""
    /// The collector's clock.
    public var now: UnixSeconds

    /// Makes options.
    public init(origin: ObservationOrigin, now: UnixSeconds) {
      self.origin = origin
      self.now = now
    }

    /// Everything that changes what a source says, as one text: the same content under other
    /// options is another source.
    func identity(format: SourceFormat) -> String {
      var text =
        "\(format.rawValue) \(origin.dataset) \(origin.vantage) \(origin.sensor) "
        + "\(takesSensorsFromFeed) \(unmatched.rawValue)"
      if datasetOf != nil { text += " datasets" }
      if filter != nil { text += " filter \(filterIdentity)" }
      if format.hasAuthorities(vantage: origin.vantage) { text += " \(authority.identity)" }
      return text + formatOptions.identity(of: format)
    }

    /// What the decoder of the source is told.
    public func settings(sink: any BatchSink) -> SourceSettings {
      var settings = SourceSettings(origin: origin, now: now)
      settings.unmatched = unmatched
      settings.authority = authority
      settings.filter = filter
      settings.datasetOf = datasetOf
      if takesSensorsFromFeed {
        // A feed that names more sensors than a store can number keeps its records under the
        // standard sensor.
        settings.sensorOf = { [origin] in
          (try? sink.sensor(named: String(decoding: $0, as: UTF8.self))) ?? origin.sensor
        }
      }
      return settings
    }
  }

  /// What an import did.
  public struct Report: Sendable {
    /// Where everything went, in this run.
    public var accounting = Accounting()
    /// Items that an earlier run had stored.
    public var skipped: UInt64 = 0
    /// The format that was read.
    public var format: SourceFormat?
    /// Why the source could not be read to its end; everything before it is stored.
    public var damage: String?

    /// Makes an empty report.
    public init() {}
  }

  /// How far an import is.
  public struct Progress: Sendable {
    /// Octets of the source used, as it lies in the file.
    public var position: UInt64
    /// Octets of the source.
    public var size: UInt64
    /// Packets or lines read.
    public var items: UInt64
    /// Observations written.
    public var observations: UInt64
  }

  private let source: ByteSource
  private let sink: any BatchSink
  private let options: Options
  private let progress: (Progress) -> Void

  /// Makes a run.
  ///
  /// - Parameter progress: called about once per MiB of the source.
  public init(
    source: ByteSource, sink: any BatchSink, options: Options,
    progress: @escaping (Progress) -> Void = { _ in }
  ) {
    self.source = source
    self.sink = sink
    self.options = options
    self.progress = progress
  }

  /// The format of the source: the one of the options, or what its content looks like.
  ///
  /// - Returns: nil for an empty source.
  /// - Throws: ``SourceError`` and ``UnknownFormat``. The source is at its start afterwards.
  public func format() throws -> SourceFormat? {
    if let format = options.format { return format }
    var head: [UInt8] = []
    let hasContent = try source.next(into: &head)
    try source.rewind()
    guard hasContent else { return nil }
    guard let format = SourceFormat(head: head.span) else { throw UnknownFormat(path: source.path) }
    return format
  }

  /// Reads the source to its end, or to its first damage.
  ///
  /// - Throws: ``SourceError`` for a source that cannot be opened or read, ``UnknownFormat``, and
  ///   what the sink throws. Batches written before stay, with the position that belongs to them.
  public func run() throws -> Report {
    var report = Report()
    guard let format = try format() else { return report }
    report.format = format
    let found = try SourceResume.find(
      in: source, options: options.identity(format: format), lookUp: sink.states)
    guard let found else { return report }
    report.skipped = found.match?.checkpoint.items ?? 0
    let batch = RecordBatch(capacity: BatchLimits.entriesMax / 4)
    var settings = options.settings(sink: sink)
    settings.firstItem = report.skipped
    guard
      let decoder = format.makeDecoder(settings, options: options.formatOptions, batch: batch)
    else { throw UnusableFormat(path: source.path, format: format) }
    try read(decoder, into: batch, key: found.key, &report)
    return report
  }

  private func read(
    _ decoder: AnyDecoder, into first: RecordBatch, key: [UInt8], _ report: inout Report
  ) throws {
    var batch = first
    let writer = BatchWriter(sink: sink, spare: RecordBatch())
    var hasher = SourceHasher()
    var window: [UInt8] = []
    var chunk: [UInt8] = []
    var offset = 0
    var isFinal = false
    var isReading = true
    while isReading {
      do {
        switch try decoder.decode(window.span, at: &offset, isFinal: isFinal, into: batch) {
        case .end: isReading = false
        case .batchIsFull:
          batch = try seal(batch, hasher, items: decoder.items, key: key, writer)
        case .needsInput:
          window.removeSubrange(..<offset)
          offset = 0
          isFinal = try !refill(&window, &chunk, &hasher, &report)
          tell(decoder.items, writer)
        }
      } catch let error as ImportError {
        // Damaged compression was found first, and is why the rest is missing.
        report.damage = report.damage ?? error.text(path: source.path)
        isReading = false
      }
    }
    decoder.account(into: &report.accounting)
    if let format = report.format, report.accounting.isAllMalformed, report.skipped == 0 {
      report.damage = report.damage ?? "\(source.path): nothing in it is \(format.rawValue)"
    } else if decoder.items > report.skipped {
      _ = try seal(batch, hasher, items: decoder.items, key: key, writer)
    }
    try writer.wait()
    let written = writer.written
    report.accounting.stored = written.created
    report.accounting.merged = written.observations - written.created
    tell(decoder.items, writer)
  }

  /// Adds the next octets of the source to the window.
  ///
  /// - Returns: false when there are none. A source whose compression is damaged ends there: what
  ///   could be unpacked is read, the damage is reported.
  private func refill(
    _ window: inout [UInt8], _ chunk: inout [UInt8], _ hasher: inout SourceHasher,
    _ report: inout Report
  ) throws -> Bool {
    do throws(SourceError) {
      guard try source.next(into: &chunk) else { return false }
    } catch {
      guard case .corrupt = error else { throw error }
      report.damage = error.description
      return false
    }
    hasher.update(chunk.span)
    if window.isEmpty { swap(&window, &chunk) } else { window.append(contentsOf: chunk) }
    return true
  }

  /// Adds the position to a batch and hands it over.
  private func seal(
    _ batch: RecordBatch, _ hasher: SourceHasher, items: UInt64, key: [UInt8],
    _ writer: BatchWriter
  ) throws -> RecordBatch {
    batch.stateChanges.append(
      RecordBatch.StateChange(key: key, value: hasher.checkpoint(items: items).encoded))
    return try writer.submit(batch)
  }

  private func tell(_ items: UInt64, _ writer: BatchWriter) {
    progress(
      Progress(
        position: source.packedPosition, size: source.packedSize, items: items,
        observations: writer.written.observations))
  }
}

/// A source whose format cannot be told.
public struct UnknownFormat: Error, Sendable, CustomStringConvertible {
  /// The source.
  public let path: String

  /// One line for people.
  public var description: String {
    "\(path): cannot tell the format; say it with --format"
  }
}

/// A format that needs more than the source's octets.
public struct UnusableFormat: Error, Sendable, CustomStringConvertible {
  /// The source.
  public let path: String
  /// Its format.
  public let format: SourceFormat

  /// One line for people.
  public var description: String {
    format == .csv ? "\(path): csv needs --layout" : "\(path): cannot be read as \(format.rawValue)"
  }
}

extension ImportError {
  /// One line for people.
  func text(path: String) -> String {
    switch self {
    case .unreadable(let reason, let offset):
      "\(path): cannot be read beyond octet \(offset): \(reason)"
    case .truncated(let offset):
      offset == 0
        ? "\(path): ends in the middle of a record"
        : "\(path): ends in the middle of the record at octet \(offset)"
    }
  }
}
