/// Octets that are replaced row by row. Their room is kept and never cleared: an array that is
/// emptied and filled again costs several times as much as the copy itself.
struct OctetRun: Sendable {
  /// The octets, and behind them what is left of longer ones.
  private var room: [UInt8]
  /// How many octets count.
  private(set) var count: Int

  init(_ octets: [UInt8] = []) {
    room = octets
    count = octets.count
  }

  /// A copy.
  var octets: [UInt8] { Array(room[..<count]) }

  /// Puts `span` in the place of everything from `start` on; what is before it stays.
  @inline(__always)
  mutating func replace(from start: Int = 0, with span: Span<UInt8>) {
    precondition(start <= count)
    let end = start + span.count
    if end > room.count { grow(to: end) }
    unsafe room.withUnsafeMutableBytes { target in
      unsafe span.withUnsafeBytes { source in
        unsafe UnsafeMutableRawBufferPointer(rebasing: target[start...]).copyMemory(from: source)
      }
    }
    count = end
  }

  /// True when these are the octets.
  @inline(__always)
  func equals(_ span: Span<UInt8>) -> Bool {
    span.count == count && starts(with: span)
  }

  /// True when the octets start with these.
  @inline(__always)
  func starts(with span: Span<UInt8>) -> Bool {
    span.count <= count && OctetCopy.equal(span, room.span.extracting(0..<span.count))
  }

  private mutating func grow(to least: Int) {
    room.append(contentsOf: repeatElement(0, count: max(least, 2 * room.count) - room.count))
  }
}
