public import TidemarkModel

/// Reads a text feed of any format. An item is what the feed's reader says it is.
public struct TextDecoder<Reader: ObservationReader & ~Copyable>: ~Copyable, ItemDecoder {
  /// Items read, those without a record included.
  public private(set) var items: UInt64 = 0
  /// The collector's clock.
  public var now: UnixSeconds {
    get { reader.now }
    set { reader.now = newValue }
  }

  private var reader: Reader
  private var observation = TextObservation()
  private var ingest: TextIngest
  private let skipped: UInt64
  private var offered: UInt64 = 0
  private var rejections: [(reason: TextRejection, count: UInt64)] = []

  /// Makes a decoder.
  ///
  /// - Parameter reader: at its start, its clock set.
  public init(_ reader: consuming Reader, settings: SourceSettings) {
    self.reader = reader
    ingest = TextIngest(settings: settings)
    skipped = settings.firstItem
  }

  /// Takes the header of a feed that is read from its middle; see ``ItemDecoder``.
  public mutating func prime(_ head: Span<UInt8>) { reader.prime(head) }

  /// See ``ItemDecoder``.
  public var heldOctets: Int { reader.heldOctets }

  /// Reads items; see ``ItemDecoder``.
  public mutating func decode(
    _ window: Span<UInt8>, at offset: inout Int, isFinal: Bool, into batch: RecordBatch
  ) throws(ImportError) -> DecodeStep {
    while true {
      let isAtEnd = isFinal && offset == window.count
      let step =
        isAtEnd
        ? reader.finish(into: &observation)
        : reader.next(window, at: &offset, into: &observation)
      switch step {
      case .observation(let endsItem):
        add(to: batch)
        guard endsItem else { continue }
        items += 1
      case .rejected(.truncated, _) where isAtEnd:
        throw .truncated(offset: 0)
      case .rejected(let reason, let endsItem):
        reject(reason)
        guard endsItem else { continue }
        items += 1
      case .itemEnd: items += 1
      case .needsInput:
        if isAtEnd { return .end }
        if !isFinal { return .needsInput }
      }
      // Between items only: the position that is stored with a batch counts whole items.
      if BatchLimits.isFull(batch) { return .batchIsFull }
    }
  }

  /// Adds what was read; see ``ItemDecoder``.
  public func account(into accounting: inout Accounting) {
    accounting.read = items - min(items, skipped)
    accounting.offered = offered
    for (reason, count) in rejections {
      let named = Accounting.Reason(name: reason.text, count: count)
      switch reason.kind {
      case .malformed: accounting.malformed.append(named)
      case .filtered: accounting.filtered.append(named)
      case .dropped: accounting.dropped.append(named)
      }
    }
    ingest.account(into: &accounting)
  }

  /// Adds the observation just read.
  private mutating func add(to batch: RecordBatch) {
    guard items >= skipped else { return }
    offered += UInt64(observation.items.count)
    ingest.add(observation, to: batch)
  }

  /// Counts what gives no observation. A feed has a handful of reasons.
  private mutating func reject(_ reason: TextRejection) {
    guard items >= skipped else { return }
    offered += 1
    for index in rejections.indices where rejections[index].reason == reason {
      rejections[index].count += 1
      return
    }
    rejections.append((reason, 1))
  }
}
