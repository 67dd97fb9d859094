import CaptureFormats
public import TidemarkModel

/// Reads dnstap: Frame Streams of a file or of a socket. An item is a data frame.
///
/// Octets for the writer (ACCEPT, FINISH) are fetched with ``takeReplies()``.
public struct DnstapDecoder: ~Copyable, ItemDecoder {
  /// Data frames read.
  public private(set) var items: UInt64 = 0
  /// The collector's clock.
  public var now: UnixSeconds {
    get { ingest.now }
    set { ingest.now = newValue }
  }
  /// Responses without a time, which got the collector's.
  public var untimed: UInt64 { ingest.untimed }

  private var reader = FrameStreamReader()
  private var ingest: DnstapIngest
  private let skipped: UInt64

  /// Makes a decoder.
  ///
  /// - Parameters:
  ///   - settings: the vantage of its origin is not used; see ``DnstapIngest``.
  ///   - options: which responses are taken.
  public init(settings: SourceSettings, options: DnstapOptions = .standard) {
    ingest = DnstapIngest(settings: settings, options: options)
    skipped = settings.firstItem
  }

  /// Reads frames; see ``ItemDecoder``.
  ///
  /// When the batch is full and the window holds the end of the stream, the writer gets its answer
  /// at once: a server that stops should not wait for our store.
  public mutating func decode(
    _ window: Span<UInt8>, at offset: inout Int, isFinal: Bool, into batch: RecordBatch
  ) throws(ImportError) -> DecodeStep {
    let bytes = unsafe window.bytes
    while true {
      // Looked at before a frame, too: a source whose batches are both in use calls again and
      // again.
      if BatchLimits.isFull(batch) {
        reader.answerAhead(bytes, from: offset)
        return .batchIsFull
      }
      let step: FrameStreamStep
      do throws(FrameStreamError) {
        step = try reader.next(bytes, at: &offset, isFinal: isFinal)
      } catch {
        throw .unreadable(reason: error.reason.name, offset: error.offset)
      }
      switch step {
      case .frame(let range):
        items += 1
        if items > skipped { ingest.add(bytes.extracting(range), to: batch) }
      case .oversized:
        items += 1
        if items > skipped { ingest.refuse(.frameTooLong) }
      case .needMoreBytes: return .needsInput
      case .truncated(let place):
        // When this run had nothing new to read, the run that read the source counted it.
        if items > skipped || skipped == 0 { ingest.refuse(.truncatedFrame) }
        throw .truncated(offset: place)
      case .end: return .end
      }
    }
  }

  /// Octets for the writer; see ``ItemDecoder``.
  public mutating func takeReplies() -> [UInt8] { reader.takeReplies() }

  /// Adds what was read; see ``ItemDecoder``.
  public func account(into accounting: inout Accounting) {
    accounting.read = items - min(items, skipped)
    ingest.account(into: &accounting)
  }
}

extension FrameStreamError.Reason {
  /// What is wrong, for people.
  var name: String {
    switch self {
    case .notAFrameStream: "not a Frame Stream"
    case .badControlLength: "a control frame of impossible length"
    case .badControlField: "a damaged control frame"
    case .wrongContentType: "the stream does not carry dnstap"
    case .unexpectedControl: "a control frame that is out of place"
    case .unexpectedData: "data before START or behind STOP"
    }
  }
}
