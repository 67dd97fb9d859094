import DNSWire
import TidemarkModel
import TidemarkPatterns
import TidemarkStore

/// Reads the inverse family of one dataset page by page and keeps the records whose rdata a search
/// matches.
final class RDataReader {
  /// Rows of a page.
  static let pageRows = 512

  /// A record whose rdata matches, at hand.
  struct Match {
    /// Its place in the order: index key without the dataset.
    let orderKey: [UInt8]
    let rrtype: RRType
    let isLossy: Bool
    let rdata: [UInt8]
    let seen: SeenSpan
  }

  /// Records that could not be read.
  private(set) var damaged = 0
  private(set) var isAtEnd: Bool
  private var matches: [Match] = []
  private var next = 0
  private var range: KeyRange
  /// The range before anything was read: what counts as a record's first key.
  private let wholeRange: KeyRange
  private let types: Set<RRType>
  private let search: RDataSearch
  private let store: any RecordStore

  /// - Parameter start: order key where to begin.
  init(
    _ dataset: DatasetNumber, from start: [UInt8]?, types: Set<RRType>, search: RDataSearch,
    store: any RecordStore
  ) {
    wholeRange = InverseKey.rangeWithoutAddresses(dataset: dataset)
    range = wholeRange
    if let start {
      let key = Array(wholeRange.lower.prefix(RecordKey.datasetOctets)) + start
      if KeyRange.precedes(range.lower, key) { range.lower = key }
    }
    self.types = types
    self.search = search
    self.store = store
    isAtEnd = range.isEmpty
  }

  /// The record at hand; nil when a page must be read.
  var match: Match? { next < matches.count ? matches[next] : nil }

  /// Leaves the record at hand.
  func drop() { next += 1 }

  /// Where the next page begins, without the dataset.
  var start: [UInt8] { Array(range.lower.dropFirst(RecordKey.datasetOctets)) }

  /// Reads the next page.
  ///
  /// - Returns: how many rows were searched.
  func readPage() throws(StoreError) -> Int {
    matches.removeAll(keepingCapacity: true)
    next = 0
    var keys = OctetStrings()
    var rows = 0
    var last: [UInt8] = []
    try store.scan(.inverse, range, limit: RDataReader.pageRows) { key, _ in
      rows += 1
      if rows == RDataReader.pageRows { OctetCopy.replace(&last, with: key) }
      guard let end = InverseKey.groupEnd(of: key) else {
        damaged += 1
        return true
      }
      let type = RRType(rawValue: UInt16(key[end - 2]) << 8 | UInt16(key[end - 1]))
      if types.contains(type) { keys.append(key) }
      return true
    }
    var records = OctetStrings()
    var origins: [Int] = []
    try store.recordKeys(ofInverse: keys, in: wholeRange, into: &records, origins: &origins)
    try keep(records, origins, keys)
    if rows < RDataReader.pageRows {
      isAtEnd = true
    } else {
      range = range.after(last)
    }
    return rows
  }

  /// Fetches the records that the search matches.
  private func keep(
    _ records: OctetStrings, _ origins: [Int], _ keys: OctetStrings
  ) throws(StoreError) {
    let found = try search.find(in: records)
    var wanted = OctetStrings()
    for index in found { records.withSpan(index) { wanted.append($0) } }
    var failed = 0
    var kept: [Match] = []
    try store.values(ofRecords: wanted) { index, octets in
      guard let value = try? RecordValue(decoding: octets),
        let view = wanted.withSpan(index, { RecordKeyView($0) })
      else {
        failed += 1
        return
      }
      kept.append(
        Match(
          orderKey: Array(keys[origins[found[index]]].dropFirst(RecordKey.datasetOctets)),
          rrtype: view.rrtype, isLossy: view.vantage == .text,
          rdata: wanted.withSpan(index) { OctetCopy.array($0.extracting(view.rdata)) },
          seen: SeenSpan(value)))
    }
    damaged += failed
    matches = kept
  }
}

/// Tells which records' rdata a pattern matches and another does not.
final class RDataSearch {
  private let pattern: Pattern
  private let excluding: Pattern?
  private let lines = TextLines()
  private var hits: [UInt32] = []
  private var excludedHits: [UInt32] = []

  init(_ pattern: Pattern, excluding: Pattern?) {
    self.pattern = pattern
    self.excluding = excluding
  }

  /// Indexes of the record keys that match, ascending.
  func find(in records: OctetStrings) throws(StoreError) -> [Int] {
    var found: [Int] = []
    /// Records from this one on are on the lines.
    var first = 0
    /// The line of each of them: neighbours with the same rdata share one.
    var lineOf: [UInt32] = []
    var text: [UInt8] = []
    for index in 0..<records.count {
      let isRepeated =
        index > first
        && records.withSpan(index - 1) { before in
          records.withSpan(index) { RDataSearch.isSameRData(before, $0) }
        }
      if !isRepeated {
        text.removeAll(keepingCapacity: true)
        records.withSpan(index) { RDataSearch.appendText(ofRecord: $0, to: &text) }
        lines.append(text.span)
      }
      lineOf.append(UInt32(lines.count - 1))
      if lines.isFull || index == records.count - 1 {
        try take(&found, from: first, lineOf)
        first = index + 1
        lineOf.removeAll(keepingCapacity: true)
      }
    }
    return found
  }

  private func take(
    _ found: inout [Int], from first: Int, _ lineOf: [UInt32]
  ) throws(StoreError) {
    defer { lines.removeAll() }
    do throws(PatternError) {
      try pattern.find(in: lines, &hits)
      if let excluding, !hits.isEmpty {
        try excluding.find(in: lines, &excludedHits)
        let excluded = Set(excludedHits)
        hits.removeAll { excluded.contains($0) }
      }
    } catch {
      throw .io(detail: error.description)
    }
    var hit = 0
    for (offset, line) in lineOf.enumerated() {
      while hit < hits.count, hits[hit] < line { hit += 1 }
      guard hit < hits.count else { return }
      if hits[hit] == line { found.append(first + offset) }
    }
  }

  private static func isSameRData(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard let one = RecordKeyView(left), let other = RecordKeyView(right),
      one.rrtype == other.rrtype, (one.vantage == .text) == (other.vantage == .text)
    else { return false }
    return OctetCopy.equal(left.extracting(one.rdata), right.extracting(other.rdata))
  }

  /// Appends the text in which rdata is searched.
  static func appendText(ofRecord key: Span<UInt8>, to text: inout [UInt8]) {
    guard let view = RecordKeyView(key) else { return }
    let rdata = key.extracting(view.rdata)
    guard view.vantage == .text else {
      return RDataText.append(rdata, type: view.rrtype, style: .dnsdb, to: &text)
    }
    switch view.rrtype {
    case .txt, .spf, .hinfo:
      let isQuoted = !rdata.isEmpty && rdata[0] == ASCII.quote
      if !isQuoted { text.append(ASCII.quote) }
      text.append(contentsOf: OctetCopy.array(rdata))
      if !isQuoted { text.append(ASCII.quote) }
    default:
      text.append(contentsOf: OctetCopy.array(rdata))
      if text.last != ASCII.dot { text.append(ASCII.dot) }
    }
  }
}
