import DNSWire
import TidemarkModel
import TidemarkStore

/// Reads the records family of one dataset as runs: all records of an owner name and a type are
/// one, with their times and counts together.
final class RunReader {
  /// What need not be read.
  enum Skip: Equatable {
    /// Every record is read.
    case nothing
    /// The rest of a run: nobody asks for times or counts.
    case runs
    /// The rest of a name that was seen before a time.
    case namesSeenBefore(UnixSeconds)
  }

  /// Rows of the first page: most names have fewer.
  private static let firstPageRows = 32
  /// Rows of the largest page.
  private static let largestPageRows = 4_096
  /// Rows of a name that are read before the rest is sought past: a seek costs about as much.
  private static let rowsBeforeSkip = 64

  /// The runs of the page: reversed name and type, without the dataset.
  private(set) var keys = OctetStrings()
  private(set) var spans: [SeenSpan] = []
  /// The run at hand.
  private var next = 0
  private var range: KeyRange
  private var isAtEnd = false
  private var pageRows = RunReader.firstPageRows
  /// Records that could not be read.
  private(set) var damaged = 0

  private let rrtypes: Set<RRType>
  private let excludedTypes: Set<RRType>
  private let skip: Skip
  private let store: any RecordStore

  init(
    _ range: KeyRange, rrtypes: Set<RRType>, excludedTypes: Set<RRType> = [], skip: Skip,
    store: any RecordStore
  ) {
    self.range = range
    self.rrtypes = rrtypes
    self.excludedTypes = excludedTypes
    self.skip = skip
    self.store = store
    isAtEnd = range.isEmpty
  }

  /// True when a run is at hand.
  var hasRun: Bool { next < spans.count }
  /// True when no run is left, at hand or in the store.
  var isFinished: Bool { !hasRun && isAtEnd }
  /// The run at hand.
  var span: SeenSpan { spans[next] }

  /// Calls `body` with the key of the run at hand.
  func withKey<R>(_ body: (Span<UInt8>) -> R) -> R { keys.withSpan(next, body) }

  /// Leaves the run at hand.
  func drop() { next += 1 }

  /// Reads the next page. The last run of one page may go on in the next.
  ///
  /// - Returns: how many records were searched.
  func readPage() throws(StoreError) -> Int {
    next = 0
    var page = Page(skip: skip, rrtypes: rrtypes, excludedTypes: excludedTypes)
    swap(&page.keys, &keys)
    swap(&page.spans, &spans)
    page.removeAll()
    var rows = 0
    let limit = pageRows
    var last: [UInt8] = []
    try store.scan(.records, range, limit: limit) { key, value in
      rows += 1
      let goesOn = page.take(key, value)
      if rows == limit || !goesOn { OctetCopy.replace(&last, with: key) }
      return goesOn
    }
    swap(&page.keys, &keys)
    swap(&page.spans, &spans)
    damaged += page.damaged
    if let end = page.skipsBehind {
      range = KeyRange(lower: KeyRange.successor(ofPrefix: end) ?? range.lower, upper: range.upper)
    } else if rows == limit {
      range = range.after(last)
    } else {
      isAtEnd = true
    }
    if range.isEmpty { isAtEnd = true }
    pageRows = min(pageRows * 4, RunReader.largestPageRows)
    return rows
  }

  /// What the walk over a page collects.
  private struct Page {
    var keys = OctetStrings()
    var spans: [SeenSpan] = []
    var damaged = 0
    /// The keys with this prefix, dataset included, need not be read.
    var skipsBehind: [UInt8]?
    private var value = RecordValue(timeFirst: 0, timeLast: 0, count: 0)
    private var rowsOfRun = 0
    let skip: Skip
    let rrtypes: Set<RRType>
    let excludedTypes: Set<RRType>

    init(skip: Skip, rrtypes: Set<RRType>, excludedTypes: Set<RRType>) {
      self.skip = skip
      self.rrtypes = rrtypes
      self.excludedTypes = excludedTypes
    }

    mutating func removeAll() {
      keys.removeAll()
      spans.removeAll(keepingCapacity: true)
    }

    /// Takes a record; false when the rest of its run or name can be left out.
    mutating func take(_ key: Span<UInt8>, _ octets: Span<UInt8>) -> Bool {
      guard let view = RecordKeyView(key), (try? value.decode(octets)) != nil else {
        damaged += 1
        return true
      }
      guard rrtypes.isEmpty || rrtypes.contains(view.rrtype) else { return true }
      if excludedTypes.contains(view.rrtype) { return true }
      let name = view.reversedName
      let run = key.extracting(name.lowerBound..<(name.upperBound + 2))
      let seen = SeenSpan(value)
      let isSame = !spans.isEmpty && keys.withSpan(keys.count - 1) { OctetCopy.equal($0, run) }
      if isSame {
        spans[spans.count - 1].merge(seen)
        rowsOfRun += 1
      } else {
        keys.append(run)
        spans.append(seen)
        rowsOfRun = 1
      }
      guard rowsOfRun >= RunReader.rowsBeforeSkip else { return true }
      switch skip {
      case .nothing: return true
      case .runs: skipsBehind = OctetCopy.array(key.extracting(0..<(name.upperBound + 2)))
      case .namesSeenBefore(let time):
        guard spans[spans.count - 1].timeFirst < time else { return true }
        skipsBehind = OctetCopy.array(key.extracting(0..<name.upperBound))
      }
      return false
    }
  }
}

/// Small operations on octets in place.
enum OctetCopy {
  /// Replaces the content of an array and keeps its memory.
  @inline(__always)
  static func replace(_ out: inout [UInt8], with span: Span<UInt8>) {
    if out.count == span.count {
      // Addresses follow addresses: nothing is emptied and filled again.
      return unsafe out.withUnsafeMutableBytes { target in
        unsafe span.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
      }
    }
    out.removeAll(keepingCapacity: true)
    unsafe span.withUnsafeBufferPointer { unsafe out.append(contentsOf: $0) }
  }

  static func array(_ span: Span<UInt8>) -> [UInt8] {
    unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
  }

  /// True when the octets are the same.
  @inline(__always)
  static func equal(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    // From the end: neighbours share their beginnings.
    var at = left.count
    while at > 0 {
      at -= 1
      if left[at] != right[at] { return false }
    }
    return true
  }

  /// Order of keys: by octet, a prefix before what continues it.
  static func precedes(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    let shared = min(left.count, right.count)
    for index in 0..<shared where left[index] != right[index] { return left[index] < right[index] }
    return left.count < right.count
  }
}
