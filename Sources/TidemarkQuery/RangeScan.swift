import TidemarkStore

/// What is left to search of a plan's ranges, one after the other.
///
/// Nothing of the store is held between calls: each goes on behind the last key of the one before,
/// so rows that come or go meanwhile are neither skipped nor repeated.
struct RangeScan {
  /// What to do after a row.
  enum Step {
    case goOn
    /// End the call; the row is done with.
    case stopBehind
    /// End the call; the row comes again.
    case stopBefore
  }

  /// How a call ended.
  enum Outcome {
    /// The callback asked for it.
    case stopped
    /// As many rows were searched as allowed.
    case spent
    /// Nothing is left.
    case finished
  }

  /// Unwanted rows that are read one after the other, because a jump costs as much as a dozen.
  private static let unwantedMax = 12

  /// The last key that is done with; empty before the first pause.
  private(set) var searched: [UInt8] = []
  private var ranges: ArraySlice<KeyRange>
  private let family: StoreFamily
  private let filter: KeyFilter

  init(_ family: StoreFamily, _ ranges: [KeyRange], filter: KeyFilter) {
    self.family = family
    self.ranges = ranges[...]
    self.filter = filter
  }

  /// True when nothing is left.
  var isFinished: Bool { ranges.isEmpty }

  /// Shows wanted rows.
  ///
  /// - Parameters:
  ///   - limit: most rows to search.
  ///   - budget: is lowered by the number of rows searched.
  @inline(__always)
  mutating func scan(
    _ store: any RecordStore, limit: Int, budget: inout Int,
    _ row: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Step
  ) throws(StoreError) -> Outcome {
    let filter = filter
    let unwantedMax = filter.canJump ? RangeScan.unwantedMax : .max
    var left = limit
    while let range = ranges.first {
      guard left > 0 else { return .spent }
      var walked = 0
      var unwanted = 0
      var step = Step.goOn
      // The key at which the scan was cut short.
      var last: [UInt8]?
      try store.scan(family, range, limit: left) { key, value in
        walked += 1
        if filter.admits(key) {
          unwanted = 0
          step = row(key, value)
        } else {
          unwanted += 1
        }
        if step == .goOn, walked < left, unwanted <= unwantedMax { return true }
        last = []
        last?.append(span: key)
        return false
      }
      left -= walked
      budget -= walked
      goOn(range, behind: last, step, jumps: unwanted > 0)
      if step != .goOn { return .stopped }
    }
    return .finished
  }

  private mutating func goOn(
    _ range: KeyRange, behind last: [UInt8]?, _ step: Step, jumps: Bool
  ) {
    guard let last else {
      ranges.removeFirst()
      return
    }
    var rest = range
    if step == .stopBefore {
      rest.lower = last
    } else {
      searched = last
      rest = range.after(last)
      if jumps, let target = filter.seekTarget(behind: last) { rest.lower = target }
    }
    if rest.isEmpty {
      ranges.removeFirst()
    } else {
      ranges[ranges.startIndex] = rest
    }
  }
}

extension [UInt8] {
  /// Appends a span in one copy.
  @inline(__always)
  mutating func append(span: Span<UInt8>) {
    unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}
