import DNSWire
import TidemarkModel
import TidemarkPatterns
import TidemarkStore

/// Walks the names family and collects the names that a query matches, some at a time.
final class NameSource {
  /// The names that the last ``read(limit:)`` found, wire form, in key order.
  private(set) var found = OctetStrings()
  /// Keys that are no names.
  private(set) var damaged = 0
  /// Everything was searched.
  private(set) var isAtEnd = false
  /// Names key, without the dataset, of the last name searched.
  private(set) var lastKey: [UInt8] = []

  private var ranges: [KeyRange]
  private let pattern: Pattern?
  private let excluded: Pattern?
  private let lines = TextLines()
  private let excludedLines = TextLines()
  private var hits: [UInt32] = []
  private var excludedHits: [UInt32] = []
  /// Why a search inside a walk failed.
  private var failure: PatternError?
  /// The last ``read(limit:)`` ended because matching took its time.
  private(set) var isOutOfTime = false
  private let store: any RecordStore

  /// Names that are matched before the clock is looked at, and time after which a read ends. Some
  /// patterns cost microseconds an octet: so many names of usual length stay below ten
  /// milliseconds.
  private static let matchedMax = 512
  private static let time = Duration.milliseconds(4)

  /// - Parameter ranges: one for each dataset, ascending.
  init(_ ranges: [KeyRange], _ match: NameQuery.Match, store: any RecordStore) {
    self.ranges = ranges.filter { !$0.isEmpty }
    if case .pattern(let pattern, let excluded) = match {
      self.pattern = pattern
      self.excluded = excluded
    } else {
      pattern = nil
      excluded = nil
    }
    self.store = store
    isAtEnd = self.ranges.isEmpty
  }

  /// Searches the next names.
  ///
  /// - Parameter limit: most names to search.
  /// - Returns: how many were searched.
  func read(limit: Int) throws(StoreError) -> Int {
    found.removeAll()
    lines.removeAll()
    isOutOfTime = false
    let searched = ranges.count == 1 ? try walk(limit) : try merge(limit)
    search()
    if let failure { throw .io(detail: failure.description) }
    return searched
  }

  /// Takes names of one dataset where they lie in the store.
  private func walk(_ limit: Int) throws(StoreError) -> Int {
    var searched = 0
    var last: [UInt8] = []
    let start = ContinuousClock.now
    try store.scan(.names, ranges[0], limit: limit) { key, _ in
      searched += 1
      take(key)
      if searched % NameSource.matchedMax == 0, pattern != nil {
        search()
        isOutOfTime = ContinuousClock.now - start >= NameSource.time
      }
      guard searched == limit || isOutOfTime else { return failure == nil }
      OctetCopy.replace(&last, with: key)
      return false
    }
    if last.isEmpty {
      isAtEnd = true
    } else {
      ranges[0] = ranges[0].after(last)
      lastKey = Array(last.dropFirst(RecordKey.datasetOctets))
    }
    return searched
  }

  /// Takes names of several datasets in key order, equal ones once.
  private func merge(_ limit: Int) throws(StoreError) -> Int {
    // Nothing is kept between calls: a walk ends where the first of the datasets' pages ends.
    let most = pattern == nil ? limit : Swift.min(limit, NameSource.matchedMax)
    isOutOfTime = pattern != nil
    let rows = max(most / ranges.count, 1)
    var pages: [KeyValuePage] = []
    var searched = 0
    var bound: [UInt8]?
    for range in ranges {
      var page = KeyValuePage()
      let hasMore = try store.read(.names, range, limit: rows, into: &page)
      searched += page.count
      if hasMore, let last = page.lastKey?.dropFirst(RecordKey.datasetOctets) {
        bound = min(Array(last), bound)
      }
      pages.append(page)
    }
    takeMerged(pages, through: bound)
    guard let bound else {
      isAtEnd = true
      return searched
    }
    lastKey = bound
    for index in ranges.indices {
      ranges[index] = ranges[index].after(Array(ranges[index].lower.prefix(2)) + bound)
    }
    return searched
  }

  private func min(_ key: [UInt8], _ other: [UInt8]?) -> [UInt8] {
    guard let other, KeyRange.precedes(other, key) else { return key }
    return other
  }

  private func takeMerged(_ pages: [KeyValuePage], through bound: [UInt8]?) {
    var next = [Int](repeating: 0, count: pages.count)
    while failure == nil {
      var lowest: [UInt8]?
      for index in pages.indices where next[index] < pages[index].count {
        let key = Array(pages[index].keys[next[index]].dropFirst(RecordKey.datasetOctets))
        lowest = min(key, lowest)
      }
      guard let lowest, bound.map({ !KeyRange.precedes($0, lowest) }) ?? true else { return }
      for index in pages.indices where next[index] < pages[index].count {
        let key = pages[index].keys[next[index]]
        guard key.dropFirst(RecordKey.datasetOctets).elementsEqual(lowest) else { continue }
        next[index] += 1
      }
      take(([0, 0] + lowest).span)
    }
  }

  /// Takes a names key, dataset included.
  @inline(__always)
  private func take(_ key: Span<UInt8>) {
    guard pattern != nil else {
      var isName = true
      found.append { isName = NamesKey.appendName(of: key, to: &$0) }
      if !isName {
        found.removeLast()
        damaged += 1
      }
      return
    }
    let before = lines.count
    lines.append(atMost: NamesKey.textOctetsMax) { NamesKey.writeText(of: key, to: &$0) }
    if lines.count == before { damaged += 1 }
    if lines.isFull { search() }
  }

  /// Searches the names that were taken, and forgets them.
  private func search() {
    defer { lines.removeAll() }
    guard let pattern, lines.count > 0, failure == nil else { return }
    do throws(PatternError) {
      try pattern.find(in: lines, &hits)
      if hits.isEmpty { return }
      try excludeHits()
    } catch {
      failure = error
      return
    }
    var excludedAt = 0
    for (index, hit) in hits.enumerated() {
      if excludedAt < excludedHits.count, excludedHits[excludedAt] == index {
        excludedAt += 1
        continue
      }
      keep(Int(hit))
    }
  }

  /// Searches the names found for the other pattern.
  private func excludeHits() throws(PatternError) {
    excludedHits.removeAll(keepingCapacity: true)
    guard let excluded else { return }
    excludedLines.removeAll()
    for hit in hits { lines.withLine(Int(hit)) { excludedLines.append($0) } }
    try excluded.find(in: excludedLines, &excludedHits)
  }

  private func keep(_ line: Int) {
    var isName = true
    lines.withLine(line) { text in
      found.append { isName = (try? DomainName.parse(text, into: &$0)) != nil }
    }
    if !isName {
      found.removeLast()
      damaged += 1
    }
  }
}
