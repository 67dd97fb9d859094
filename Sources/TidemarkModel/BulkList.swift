import DNSWire

/// Cuts a list of values to look up into its keys: one a line, blank lines and lines that start
/// with `#` left out.
public struct BulkList: Sendable {
  /// Longest line, octets; a defanged URL is longer than the name in it.
  public static let lineOctetsMax = 16_384

  /// What was found.
  public enum Step: Sendable, Equatable {
    /// A line with a key, as it stands there.
    case key(String)
    /// A line longer than ``lineOctetsMax``, left out.
    case tooLong
    /// The chunk is used up: give the next one, or finish.
    case needsInput
  }

  private var cutter = LineCutter(lineOctetsMax: BulkList.lineOctetsMax)

  /// Makes a cutter at the start of a list.
  public init() {}

  /// Takes the next key.
  ///
  /// - Parameters:
  ///   - chunk: a piece of the list; the same one until ``Step/needsInput`` is returned.
  ///   - at: the position in the chunk, 0 for a new one; moved.
  public mutating func next(_ chunk: Span<UInt8>, at: inout Int) -> Step {
    while true {
      switch cutter.next(chunk, at: &at) {
      case .inChunk(let range):
        if let step = BulkList.step(chunk.extracting(range)) { return step }
      case .inHeld:
        let line = cutter.held
        if let step = BulkList.step(line.span) { return step }
      case .tooLong: return .tooLong
      case .needsInput: return .needsInput
      }
    }
  }

  /// Ends the list. Call until ``Step/needsInput`` is returned.
  public mutating func finish() -> Step {
    while true {
      switch cutter.finish() {
      case .inHeld:
        let line = cutter.held
        if let step = BulkList.step(line.span) { return step }
      case .tooLong: return .tooLong
      case .inChunk, .needsInput: return .needsInput
      }
    }
  }

  private static func step(_ line: Span<UInt8>) -> Step? {
    var at = 0
    while at < line.count, line[at] <= ASCII.space { at += 1 }
    guard at < line.count, line[at] != UInt8(ascii: "#") else { return nil }
    var octets: [UInt8] = []
    for index in at..<line.count { octets.append(line[index]) }
    while let last = octets.last, last <= ASCII.space { octets.removeLast() }
    return .key(String(decoding: octets, as: UTF8.self))
  }
}
