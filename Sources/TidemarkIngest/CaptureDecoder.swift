import CaptureFormats
import DNSWire
public import TidemarkModel

/// Reads pcap and pcapng files. An item is a packet.
public struct CaptureDecoder: ~Copyable, ItemDecoder {
  /// Packets read.
  public private(set) var items: UInt64 = 0

  private var parser = CaptureFileParser()
  private var dissector: FrameDissector
  private var ingest: CaptureIngest
  private let skipped: UInt64
  private var countersAtStart = CaptureCounters()
  private var hasEnded = false
  private var truncatedAt: UInt64?

  /// Makes a decoder.
  ///
  /// - Parameter batch: any; each call of ``decode(_:at:isFinal:into:)`` brings its own.
  public init(settings: SourceSettings, batch: RecordBatch) {
    dissector = FrameDissector()
    ingest = CaptureIngest(settings: settings, batch: batch)
    ingest.isRecording = settings.firstItem == 0
    skipped = settings.firstItem
  }

  /// The collector's clock.
  public var now: UnixSeconds {
    get { ingest.now }
    set { ingest.now = newValue }
  }

  /// Reads packets; see ``ItemDecoder``.
  public mutating func decode(
    _ window: Span<UInt8>, at offset: inout Int, isFinal: Bool, into batch: RecordBatch
  ) throws(ImportError) -> DecodeStep {
    ingest.batch = batch
    let bytes = unsafe window.bytes
    while true {
      let step: CaptureStep
      do throws(CaptureFileError) {
        step = try parser.next(bytes, at: &offset, isFinal: isFinal)
      } catch {
        throw .unreadable(reason: "\(error.reason)", offset: error.offset)
      }
      switch step {
      case .packet(let packet):
        dissector.dissect(bytes.extracting(packet.bytes), of: packet, handler: &ingest)
        items += 1
        if items == skipped { startRecording() }
        if BatchLimits.isFull(batch) { return .batchIsFull }
      case .needMoreBytes: return .needsInput
      case .truncated(let fileOffset): truncatedAt = fileOffset
      case .end: return try finish()
      }
    }
  }

  private mutating func startRecording() {
    ingest.isRecording = true
    countersAtStart = dissector.counters
  }

  /// Lets the dissector give what can be made out behind holes of TCP streams. When this run had
  /// nothing new to read, the run that read the source gave that already.
  private mutating func finish() throws(ImportError) -> DecodeStep {
    guard !hasEnded else { return .end }
    hasEnded = true
    if items <= skipped { ingest.isRecording = false }
    dissector.finish(handler: &ingest)
    ingest.finish()
    if let truncatedAt { throw .truncated(offset: truncatedAt) }
    return .end
  }

  /// Adds what was read; see ``ItemDecoder``.
  public func account(into accounting: inout Accounting) {
    let counters = ingest.counters
    accounting.read = items - min(items, skipped)
    accounting.responses = counters.responses
    accounting.offered = counters.offered
    for outcome in FrameOutcome.allCases {
      let count = dissector.counters[outcome] - countersAtStart[outcome]
      guard count > 0 else { continue }
      let reason = Accounting.Reason(name: FrameReason.name(outcome), count: count)
      switch outcome.kind {
      case .dropped: accounting.dropped.append(reason)
      case .malformed: accounting.malformed.append(reason)
      case .delivered, .held, .notDNS: continue
      }
      accounting.offered += count
    }
    counters.account(into: &accounting)
  }
}

/// Names of frame outcomes in accounting: lower case with hyphens.
enum FrameReason {
  static func name(_ outcome: FrameOutcome) -> String {
    var name = "frame"
    var wasUpper = false
    for character in "\(outcome)" {
      let isUpper = character.isUppercase
      if (isUpper && !wasUpper) || name == "frame" { name += "-" }
      name += character.lowercased()
      wasUpper = isUpper
    }
    return name
  }
}

extension ResponseCounters {
  /// Adds every reason that applied.
  func account(into accounting: inout Accounting) {
    func add(_ count: UInt64, _ name: String, to reasons: inout [Accounting.Reason]) {
      if count > 0 { reasons.append(Accounting.Reason(name: name, count: count)) }
    }
    for error in MessageError.allCases {
      add(malformed[Int(error.rawValue)], error.name, to: &accounting.malformed)
    }
    for reason in ResponseFilter.allCases {
      add(filtered[Int(reason.rawValue)], reason.name, to: &accounting.filtered)
    }
    tally.account(into: &accounting)
    for reason in ResponseDrop.allCases {
      add(dropped[Int(reason.rawValue)], reason.name, to: &accounting.dropped)
    }
  }
}
