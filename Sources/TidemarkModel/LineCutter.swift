import DNSWire

/// Cuts a stream of octets into lines, wherever it was cut into chunks.
///
/// A line that lies whole in a chunk is given by its place there and never copied; only the piece
/// at the end of a chunk is held. Lines end at LF; one CR in front of it is no part of the line.
/// Empty lines are passed over. A line that is too long is skipped without being held, and told
/// once.
///
///     switch cutter.next(chunk, at: &at) {
///     case .inChunk(let range): read(chunk.extracting(range))
///     case .inHeld: read(cutter.held.span)
///     case .tooLong: …
///     case .needsInput: …
///     }
///
/// The events do not depend on where the stream is cut. ``LineReader`` does all of this for
/// readers that look at one line at a time.
struct LineCutter: Sendable {
  /// What was found.
  enum Event: Sendable, Equatable {
    /// A line, by its place in the chunk.
    case inChunk(Range<Int>)
    /// A line that began in an earlier chunk; it lies in ``LineCutter/held`` until the next call.
    case inHeld
    /// The line under way is longer than allowed. The rest of it is skipped.
    case tooLong
    /// The chunk is used up: give the next one, or finish.
    case needsInput
  }

  /// Longest line that readers take by default, octets. Real lines have some hundred; an answer of
  /// 64 KiB as JSON has less than a million.
  static let lineOctetsMax = 1 << 20

  /// The line that ``Event/inHeld`` tells of; otherwise the start of one that has not ended.
  ///
  /// A reader that changes itself while it looks at the line may swap the octets out, and must put
  /// them back before the next call.
  var held: [UInt8] = []

  private let lineOctetsMax: Int
  private var isSkipping = false
  /// True when `held` was given out and is to be emptied.
  private var isGiven = false

  /// Makes a cutter.
  ///
  /// - Parameter lineOctetsMax: longer lines, without their end, are skipped.
  init(lineOctetsMax: Int = LineCutter.lineOctetsMax) {
    self.lineOctetsMax = lineOctetsMax
  }

  /// Takes the next line.
  ///
  /// - Parameters:
  ///   - chunk: a piece of the stream; the same one until ``Event/needsInput`` is returned.
  ///   - at: the position in the chunk, 0 for a new one; moved behind the line and its end.
  mutating func next(_ chunk: Span<UInt8>, at: inout Int) -> Event {
    releaseGiven()
    while at < chunk.count {
      let start = at
      let end = LineCutter.lineFeed(in: chunk, from: start)
      at = min(end + 1, chunk.count)
      if end == chunk.count { return hold(chunk, start..<end) }
      if isSkipping {
        isSkipping = false
      } else if held.isEmpty {
        let line = start..<LineCutter.withoutReturn(chunk, start..<end)
        if line.count > lineOctetsMax { return .tooLong }
        if !line.isEmpty { return .inChunk(line) }
      } else {
        append(chunk, start..<end)
        if let event = completeHeld() { return event }
      }
    }
    return .needsInput
  }

  /// Ends the stream; its last line may lack its end. Call until ``Event/needsInput`` is returned;
  /// the cutter is new then.
  mutating func finish() -> Event {
    releaseGiven()
    isSkipping = false
    return completeHeld() ?? .needsInput
  }

  private mutating func releaseGiven() {
    guard isGiven else { return }
    isGiven = false
    held.removeAll(keepingCapacity: true)
  }

  /// Keeps the start of a line.
  private mutating func hold(_ chunk: Span<UInt8>, _ range: Range<Int>) -> Event {
    guard !isSkipping else { return .needsInput }
    append(chunk, range)
    guard held.count > lineOctetsMax + 1 else { return .needsInput }
    held.removeAll(keepingCapacity: true)
    isSkipping = true
    return .tooLong
  }

  private mutating func completeHeld() -> Event? {
    if held.last == ASCII.carriageReturn { held.removeLast() }
    guard !held.isEmpty else { return nil }
    guard held.count <= lineOctetsMax else {
      held.removeAll(keepingCapacity: true)
      return .tooLong
    }
    isGiven = true
    return .inHeld
  }

  /// Holds more octets, up to the first that makes the line too long for certain: one more than
  /// the limit may be the CR of its end.
  private mutating func append(_ chunk: Span<UInt8>, _ range: Range<Int>) {
    let count = min(range.count, lineOctetsMax + 2 - held.count)
    let start = range.lowerBound
    unsafe chunk.extracting(start..<(start + count)).withUnsafeBufferPointer {
      unsafe held.append(contentsOf: $0)
    }
  }

  @inline(__always)
  private static func withoutReturn(_ chunk: Span<UInt8>, _ range: Range<Int>) -> Int {
    let last = range.upperBound - 1
    return last >= range.lowerBound && chunk[last] == ASCII.carriageReturn
      ? last : range.upperBound
  }

  /// The place of the next line feed at or behind `start`; the chunk's end when there is none.
  @inline(__always)
  static func lineFeed(in chunk: Span<UInt8>, from start: Int) -> Int {
    place(of: ASCII.lineFeed, in: chunk, from: start)
  }

  /// The place of the next such octet at or behind `start`; the end when there is none. Looks at
  /// eight octets a time.
  @inline(__always)
  static func place(of octet: UInt8, in text: Span<UInt8>, from start: Int) -> Int {
    let octets = unsafe text.bytes
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    let wanted = ones &* UInt64(octet)
    var at = start
    while octets.byteCount &- at >= 8 {
      let word =
        unsafe UInt64(
          littleEndian: octets.unsafeLoadUnaligned(fromByteOffset: at, as: UInt64.self)) ^ wanted
      // Borrows reach upwards only, so the lowest bit set always marks a true hit.
      let hits = (word &- ones) & ~word & highs
      if hits != 0 { return at &+ hits.trailingZeroBitCount / 8 }
      at &+= 8
    }
    while at < text.count, text[at] != octet { at += 1 }
    return at
  }
}

extension LineCutter {
  /// The place of the first line that is not blank, as far as it is there; for those who guess
  /// formats.
  static func firstLine(of head: Span<UInt8>) -> Range<Int> {
    var at = 0
    JSONText.skipBlank(head, at: &at)
    return at..<lineFeed(in: head, from: at)
  }
}
