import TidemarkModel
import TidemarkStore

/// What is kept of a stream beside its pool and its log: how far the journal is in the pool, the
/// window, and the account since the stream was made. Written with every change of the pool.
struct MixState: Equatable, Sendable {
  private static let form: UInt8 = 1

  /// The part of the journal that is taken next.
  var journal: UInt64
  /// Entries of that part that are in the pool already.
  var entries: UInt64 = 0
  /// The window, if one is open.
  var window: MixWindow?
  /// What became of everything that was pooled.
  var totals = MixTotals()
  /// The number of the log's next chunk.
  var logNext: UInt64 = 1
  /// How long chunks are kept, seconds; holds for a stream that is not mixed any more, too.
  var retentionSeconds: Int
  /// Octets of chunks that are kept.
  var retentionOctets: UInt64

  init(journal: UInt64, _ settings: MixSettings) {
    self.journal = journal
    retentionSeconds = settings.retentionSeconds
    retentionOctets = settings.retentionOctets
  }

  /// True for a stream that is not mixed any more: its pool is gone, its log and account stay. When
  /// it comes back, it begins behind the journal's end.
  var isAbandoned: Bool {
    get { journal == .max }
    set { if newValue { (journal, entries, window) = (.max, 0, nil) } }
  }

  /// The stored form: form `01`, journal (8), entries, log (8), window (0, or 1, the time it closes
  /// and its sensors), the totals, then the retention, seconds and octets. Numbers without a size
  /// are varints.
  func encoded() -> [UInt8] {
    var out: [UInt8] = [MixState.form]
    MixWriter.appendBigEndian(journal, octets: 8, to: &out)
    MixWriter.append(entries, to: &out)
    MixWriter.appendBigEndian(logNext, octets: 8, to: &out)
    out.append(window == nil ? 0 : 1)
    if let window {
      MixWriter.append(window.closesAt, to: &out)
      MixWriter.append(window.sensors, to: &out)
    }
    totals.append(to: &out)
    MixWriter.append(UInt64(max(retentionSeconds, 0)), to: &out)
    MixWriter.append(retentionOctets, to: &out)
    return out
  }

  init(decoding octets: [UInt8]) throws(MixDamage) {
    var reader = MixReader(octets)
    guard try reader.octet() == MixState.form else { throw MixDamage() }
    journal = try reader.bigEndian(octets: 8)
    entries = try reader.number()
    logNext = try reader.bigEndian(octets: 8)
    if try reader.octet() == 1 {
      window = MixWindow(closesAt: try reader.number(), sensors: try reader.sensors())
    }
    totals = try MixTotals(&reader)
    retentionSeconds = Int(clamping: try reader.number())
    retentionOctets = try reader.number()
    guard reader.isAtEnd else { throw MixDamage() }
  }

  /// The state of a stream; nil when the store has none.
  static func load(_ stream: String, from store: any RecordStore) throws(StoreError) -> MixState? {
    guard let octets = try store.state(MixKey.state(stream)) else { return nil }
    do {
      return try MixState(decoding: octets)
    } catch {
      throw .corrupt(family: .state, detail: "the state of stream \(stream) is damaged")
    }
  }

  /// The number that a stream's next chunk has when its log is empty.
  static func nextSequence(
    of stream: String, in store: any RecordStore
  ) throws(StoreError) -> UInt64 {
    try load(stream, from: store)?.logNext ?? 1
  }
}

/// The time in which a stream gathers before it lets anything out.
struct MixWindow: Equatable, Sendable {
  /// Seconds since 1970; beyond 32 bits for very long windows.
  var closesAt: UInt64
  /// Who contributed since it opened.
  var sensors = SensorSet()
}

/// Sightings and records of a stream since it was made. At every moment
/// `pooled = released + pending + dropped`, in sightings, modulo 2⁶⁴.
public struct MixTotals: Equatable, Sendable {
  /// Why records were dropped before they were let out.
  public enum Reason: Int, CaseIterable, Sendable {
    /// Waited too long to become safe.
    case tooOld
    /// The pool was full.
    case poolFull
    /// A sensor's owner, marking or class does not let it out any more.
    case policy
    /// Sightings above what a count can hold.
    case saturated

    /// The name in metrics.
    public var name: String {
      switch self {
      case .tooOld: "too_old"
      case .poolFull: "pool_full"
      case .policy: "policy"
      case .saturated: "saturated"
      }
    }
  }

  /// Sightings that came into the pool.
  public internal(set) var pooled: UInt64 = 0
  /// Sightings that were let out.
  public internal(set) var released: UInt64 = 0
  /// Records that were let out, each time anew.
  public internal(set) var recordsReleased: UInt64 = 0
  /// Windows that were closed.
  public internal(set) var windows: UInt64 = 0
  /// Windows that were closed early because the pool was full.
  public internal(set) var windowsEarly: UInt64 = 0
  /// Times that a window stayed open because too few contributed.
  public internal(set) var windowsExtended: UInt64 = 0
  private var sightingsDropped = [UInt64](repeating: 0, count: Reason.allCases.count)
  private var recordsDropped = [UInt64](repeating: 0, count: Reason.allCases.count)

  /// Nothing yet.
  public init() {}

  /// Sightings that were dropped for a reason.
  public func sightings(dropped reason: Reason) -> UInt64 { sightingsDropped[reason.rawValue] }

  /// Records that were dropped for a reason.
  public func records(dropped reason: Reason) -> UInt64 { recordsDropped[reason.rawValue] }

  /// Sightings that were dropped for any reason.
  public var dropped: UInt64 { sightingsDropped.reduce(0, &+) }

  mutating func drop(_ sightings: UInt64, records: UInt64 = 1, _ reason: Reason) {
    sightingsDropped[reason.rawValue] &+= sightings
    recordsDropped[reason.rawValue] &+= records
  }

  fileprivate func append(to out: inout [UInt8]) {
    for number in [pooled, released, recordsReleased, windows, windowsEarly, windowsExtended] {
      MixWriter.append(number, to: &out)
    }
    MixWriter.append(UInt64(sightingsDropped.count), to: &out)
    for reason in sightingsDropped.indices {
      MixWriter.append(sightingsDropped[reason], to: &out)
      MixWriter.append(recordsDropped[reason], to: &out)
    }
  }

  fileprivate init(_ reader: inout MixReader) throws(MixDamage) {
    pooled = try reader.number()
    released = try reader.number()
    recordsReleased = try reader.number()
    windows = try reader.number()
    windowsEarly = try reader.number()
    windowsExtended = try reader.number()
    guard try reader.number() == UInt64(sightingsDropped.count) else { throw MixDamage() }
    for reason in sightingsDropped.indices {
      sightingsDropped[reason] = try reader.number()
      recordsDropped[reason] = try reader.number()
    }
  }
}
