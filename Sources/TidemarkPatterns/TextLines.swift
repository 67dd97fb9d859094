/// Texts to search, in one piece of memory with line feeds between them: one search over many short
/// texts costs a small part of a search in each.
///
/// - Concurrency: one caller at a time.
@safe public final class TextLines {
  /// Octets from which on ``isFull`` is true: a piece that stays in the processor's cache between
  /// writing and searching.
  public static let octetsFull = 32 << 10

  private var buffer: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private var octets = 0
  /// Offset behind each line.
  private var ends: [UInt32] = []

  /// Makes an empty list.
  ///
  /// - Parameter capacity: octets to make room for; more are taken when needed.
  public init(capacity: Int = TextLines.octetsFull + 4_096) {
    self.capacity = max(capacity, 64)
    unsafe buffer = .allocate(capacity: self.capacity)
  }

  deinit {
    unsafe buffer.deallocate()
  }

  /// Lines in the list.
  public var count: Int { ends.count }
  /// True when the lines should be searched and removed before more are added.
  public var isFull: Bool { octets >= TextLines.octetsFull }

  /// Adds a text. A line feed in it counts as a blank.
  public func append(_ text: Span<UInt8>) {
    append(atMost: text.count) { out in
      for index in 0..<text.count {
        let octet = text[index]
        out[index] = octet == 0x0A ? 0x20 : octet
      }
      return text.count
    }
  }

  /// Adds the text that `write` writes.
  ///
  /// - Parameters:
  ///   - count: most octets it may write.
  ///   - write: returns how many octets it wrote, without a line feed among them; nil adds nothing.
  @inline(__always)
  public func append(atMost count: Int, _ write: (inout MutableSpan<UInt8>) -> Int?) {
    let start = ends.isEmpty ? 0 : octets + 1
    if start + count > capacity { grow(to: start + count) }
    let room = unsafe UnsafeMutableBufferPointer(start: buffer + start, count: count)
    var span = unsafe MutableSpan(_unsafeElements: room)
    guard let written = write(&span) else { return }
    precondition(written >= 0 && written <= count, "wrote more than there is room")
    if start > 0 { unsafe buffer[start - 1] = 0x0A }
    octets = start + written
    ends.append(UInt32(truncatingIfNeeded: octets))
  }

  /// Calls `body` with a line in place.
  public func withLine<R>(_ index: Int, _ body: (Span<UInt8>) -> R) -> R {
    let start = index == 0 ? 0 : Int(ends[index - 1]) + 1
    let line = unsafe UnsafeBufferPointer(start: buffer + start, count: Int(ends[index]) - start)
    return unsafe body(line.span)
  }

  /// Empties the list and keeps its memory.
  public func removeAll() {
    octets = 0
    ends.removeAll(keepingCapacity: true)
  }

  /// Hands text and line ends to a search, and makes its findings an array.
  ///
  /// - Returns: what the search returned: how many lines it found, or a negative number.
  func search(
    into hits: inout [UInt32],
    _ find: (
      UnsafePointer<CChar>, Int, UnsafePointer<UInt32>?, Int, UnsafeMutablePointer<UInt32>?
    ) -> Int
  ) -> Int {
    var result = 0
    let lines = ends.count
    // Arrays of hits this short would grow again and again otherwise.
    hits = unsafe Array(unsafeUninitializedCapacity: lines) { room, found in
      unsafe ends.withUnsafeBufferPointer { ends in
        unsafe buffer.withMemoryRebound(to: CChar.self, capacity: capacity) { text in
          result = unsafe find(text, octets, ends.baseAddress, lines, room.baseAddress)
        }
      }
      found = max(result, 0)
    }
    return result
  }

  private func grow(to count: Int) {
    precondition(count < Int(Int32.max), "more text than line ends can tell")
    let larger = max(count, capacity * 2)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    unsafe moved.update(from: buffer, count: octets)
    unsafe buffer.deallocate()
    unsafe buffer = moved
    capacity = larger
  }
}
