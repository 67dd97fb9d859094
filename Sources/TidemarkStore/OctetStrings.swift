import TidemarkModel

/// A list of octet strings in one piece of memory, made to be refilled: emptying keeps the memory
/// and nothing is allocated per string.
public struct OctetStrings: Sendable {
  /// All strings, one behind the other.
  public private(set) var octets: [UInt8] = []
  private var ends: [Int] = []

  /// Makes an empty list.
  public init() {}

  /// Strings in the list.
  public var count: Int { ends.count }
  /// True when the list holds no string.
  public var isEmpty: Bool { ends.isEmpty }

  /// Where a string lies in ``octets``.
  @inline(__always)
  public func range(_ index: Int) -> Range<Int> {
    (index == 0 ? 0 : ends[index - 1])..<ends[index]
  }

  /// A copy of a string.
  public subscript(index: Int) -> [UInt8] { Array(octets[range(index)]) }

  /// Calls `body` with a string in place.
  @inline(__always)
  public func withSpan<R>(_ index: Int, _ body: (Span<UInt8>) -> R) -> R {
    body(octets.span.extracting(range(index)))
  }

  /// Adds a string.
  @inline(__always)
  public mutating func append(_ string: Span<UInt8>) {
    octets.append(span: string)
    ends.append(octets.count)
  }

  /// Adds a string.
  public mutating func append(_ string: [UInt8]) {
    octets.append(contentsOf: string)
    ends.append(octets.count)
  }

  /// Adds the string that `build` appends. It must not touch what is there.
  @inline(__always)
  public mutating func append(_ build: (inout [UInt8]) -> Void) {
    build(&octets)
    ends.append(octets.count)
  }

  /// Removes the last string; the list must hold one.
  public mutating func removeLast() {
    octets.removeSubrange(range(count - 1))
    ends.removeLast()
  }

  /// Empties the list and keeps its memory.
  public mutating func removeAll() {
    octets.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }

  /// The indices of the strings in octet order; equal strings keep no particular order.
  public func sortedOrder() -> [Int] {
    unsafe octets.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return Array(0..<count) }
      var sorter = KeySorter(capacity: count)
      for index in 0..<count {
        let range = range(index)
        unsafe sorter.append(start: base + range.lowerBound, count: range.count, payload: index)
      }
      return sorter.sorted()
    }
  }

  /// True when each of these strings is at or above the one before.
  public func isAscending(_ indices: Range<Int>) -> Bool {
    let octets = octets.span
    for index in indices.dropFirst() {
      let before = range(index - 1)
      let this = range(index)
      let shared = min(before.count, this.count)
      var at = 0
      while at < shared, octets[before.lowerBound + at] == octets[this.lowerBound + at] { at += 1 }
      if at == shared {
        if before.count > this.count { return false }
      } else if octets[before.lowerBound + at] > octets[this.lowerBound + at] {
        return false
      }
    }
    return true
  }

  /// Makes room.
  public mutating func reserve(strings: Int, octets: Int) {
    ends.reserveCapacity(strings)
    self.octets.reserveCapacity(octets)
  }
}

extension [UInt8] {
  /// Appends a span in one copy.
  @inline(__always)
  mutating func append(span: Span<UInt8>) {
    unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}
