public import CaptureFormats
public import TidemarkModel

/// Reads streams of PowerDNS protobuf messages (recursor and dnsdist). An item is a message.
///
/// The records come ready-made. A server exports only the types that it is told to, often without
/// the CNAMEs that lead to an address, so owners cannot be followed from the question: the answer
/// is believed as the server gives it. Types other than A and AAAA come as text, some of them only
/// in part (MX and SRV without their numbers); those become lossy records.
public struct PowerDNSDecoder: ~Copyable, ItemDecoder {
  /// Which messages give records.
  public struct Sides: OptionSet, Sendable {
    /// One bit each.
    public let rawValue: UInt8

    /// A set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Responses of other servers to the resolver: ``Vantage/authority``, zone unknown.
    public static let authority = Sides(rawValue: 1)
    /// Responses to clients: ``Vantage/client``.
    public static let client = Sides(rawValue: 2)
  }

  /// Messages read.
  public private(set) var items: UInt64 = 0
  /// The collector's clock.
  public var now: UnixSeconds {
    get { ingest.rules.now }
    set { ingest.rules.now = newValue }
  }

  private var parser: PowerDNSStreamParser
  private var ingest: PowerDNSIngest
  private var records: FeedRecords
  private let skipped: UInt64

  /// Makes a decoder.
  ///
  /// - Parameters:
  ///   - settings: the vantage of its origin is not used, because each message tells its own;
  ///     sensors are the identities of the servers, when the settings look them up.
  ///   - sides: of both, a cache miss gives two sightings, one of each vantage.
  public init(
    settings: SourceSettings, framing: PowerDNSStreamParser.Framing = .twoOctets,
    sides: Sides = [.authority, .client]
  ) {
    parser = PowerDNSStreamParser(framing: framing)
    ingest = PowerDNSIngest(settings: settings, sides: sides)
    records = FeedRecords(settings: settings)
    skipped = settings.firstItem
  }

  /// Reads messages; see ``ItemDecoder``.
  public mutating func decode(
    _ window: Span<UInt8>, at offset: inout Int, isFinal: Bool, into batch: RecordBatch
  ) throws(ImportError) -> DecodeStep {
    let bytes = unsafe window.bytes
    while true {
      switch parser.next(bytes, at: &offset, isFinal: isFinal) {
      case .message(let range):
        items += 1
        if items > skipped { ingest.add(range, in: bytes, records: &records, to: batch) }
        if BatchLimits.isFull(batch) { return .batchIsFull }
      case .needMoreBytes: return .needsInput
      case .truncated(let place): throw .truncated(offset: place)
      case .tooLong(let place):
        throw .unreadable(reason: "a message of impossible length", offset: place)
      case .end: return .end
      }
    }
  }

  /// Adds what was read; see ``ItemDecoder``.
  public func account(into accounting: inout Accounting) {
    accounting.read = items - min(items, skipped)
    accounting.responses += ingest.responses
    records.account(into: &accounting)
  }
}
