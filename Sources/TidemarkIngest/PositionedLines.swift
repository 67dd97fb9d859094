/// Cuts a feed of lines with positions between them into chunks.
///
/// A feed that can be gone on with has a line `{"position":"17"}` behind each chunk of rows. What
/// lies before it belongs together: rows and position are stored in one step, or not at all, so
/// that no row counts twice when a link breaks. A feed that never has such a line is plain: its
/// octets are given out as they come. A line `{"end":"complete",…}` says that nothing follows, and
/// why.
///
///     var lines = PositionedLines(sendsPositions: true)
///     var at = 0
///     while case .chunk(let position) = try lines.next(octets, at: &at) { take(lines.chunk) }
///
/// Chunks with a position do not depend on where the feed is cut into pieces; of a plain feed, all
/// chunks together do not.
public struct PositionedLines: Sendable {
  /// What was found.
  public enum Step: Equatable, Sendable {
    /// Rows lie in ``PositionedLines/chunk`` until the next call, perhaps none; the position behind
    /// them, which plain feeds do not have.
    case chunk(position: UInt64?)
    /// The sender ends the feed.
    case ended(End)
    /// The octets are used up.
    case needsInput
  }

  /// Why a sender ends a feed.
  public enum End: String, Equatable, Sendable {
    /// There is nothing more.
    case complete
    /// We may not have more.
    case revoked
    /// It cannot read what it has.
    case failed
    /// It ends itself.
    case stopped
  }

  /// Why a feed with positions cannot be read any further. A plain feed always can.
  public enum Fault: Error, Equatable, Sendable {
    /// A line is longer than any row.
    case lineTooLong
    /// So much came without a position that it cannot be one chunk.
    case chunkTooLong
  }

  /// Bounds on feeds with positions.
  public struct Limits: Sendable {
    /// Longest line, octets: the reader of COF takes no longer object.
    public var lineOctetsMax = 1 << 20
    /// Largest chunk, octets. A chunk is held until its position comes.
    public var chunkOctetsMax = 4 << 20
    /// Most rows of a chunk; a Tidemark shares at most so many together.
    public var rowsMax = 4_096

    /// Makes the standard bounds.
    public init() {}
  }

  /// True when the feed is known to have positions: by what its reader was told, or because one
  /// came.
  public private(set) var sendsPositions: Bool
  /// The rows of the chunk that was given last, lines ended; otherwise of the one under way.
  public private(set) var chunk: [UInt8] = []

  private let limits: Limits
  private var isGiven = false
  private var rows = 0
  /// The start of a line whose end has not come.
  private var line: [UInt8] = []
  /// The start of the line under way was given out already; plain feeds only.
  private var isInsideLine = false

  /// Makes a cutter for a feed from its start.
  ///
  /// - Parameter sendsPositions: the feed is known to have positions.
  public init(sendsPositions: Bool, limits: Limits = Limits()) {
    self.sendsPositions = sendsPositions
    self.limits = limits
  }

  /// True when rows lie here that no position has confirmed.
  public var holdsRows: Bool { !isGiven && !chunk.isEmpty || !line.isEmpty }

  /// Takes the next step.
  ///
  /// - Parameters:
  ///   - octets: a piece of the feed; the same one until ``Step/needsInput`` is returned.
  ///   - at: the position in the piece, 0 for a new one; moved.
  public mutating func next(_ octets: Span<UInt8>, at: inout Int) throws(Fault) -> Step {
    release()
    while at < octets.count {
      var end = at
      while end < octets.count, octets[end] != PositionLine.lineFeed { end += 1 }
      let isEnded = end < octets.count
      let part = octets.extracting(at..<end)
      at = isEnded ? end + 1 : end
      if isInsideLine {
        PositionedLines.append(part, to: &chunk)
        if isEnded { endChunkLine() }
        continue
      }
      PositionedLines.append(part, to: &line)
      if line.count > limits.lineOctetsMax, sendsPositions { throw .lineTooLong }
      guard isEnded else { break }
      if let step = try endLine() { return step }
    }
    return sendsPositions ? .needsInput : givePlain()
  }

  /// Ends the feed. What no position has confirmed is left out when the feed has positions; the
  /// rest of a plain feed is given. Call until ``Step/needsInput`` is returned.
  public mutating func finish() -> Step {
    release()
    if case .position(let number) = PositionLine(line.span) {
      line.removeAll()
      return give(position: number)
    }
    if case .end = PositionLine(line.span) { line.removeAll() }
    guard !sendsPositions else {
      chunk.removeAll()
      line.removeAll()
      return .needsInput
    }
    chunk += line
    line.removeAll()
    isInsideLine = false
    return chunk.isEmpty ? .needsInput : give(position: nil)
  }

  /// Looks at a whole line. A line of blanks says that the other side is alive.
  private mutating func endLine() throws(Fault) -> Step? {
    defer { line.removeAll(keepingCapacity: true) }
    switch PositionLine(line.span) {
    case .position(let number): return give(position: number)
    case .end(let end): return .ended(end)
    case .start, .other: break
    }
    guard !line.allSatisfy({ $0 <= PositionLine.space }) else { return nil }
    rows += 1
    let isTooLong = chunk.count + line.count >= limits.chunkOctetsMax || rows > limits.rowsMax
    if isTooLong, sendsPositions { throw .chunkTooLong }
    chunk += line
    chunk.append(PositionLine.lineFeed)
    return nil
  }

  private mutating func endChunkLine() {
    chunk.append(PositionLine.lineFeed)
    isInsideLine = false
  }

  /// Gives what there is of a plain feed, but for what may become a position.
  private mutating func givePlain() -> Step {
    if !line.isEmpty, PositionLine(line.span) == .other {
      chunk += line
      line.removeAll(keepingCapacity: true)
      isInsideLine = true
    }
    return chunk.isEmpty ? .needsInput : give(position: nil)
  }

  private mutating func give(position: UInt64?) -> Step {
    if position != nil { sendsPositions = true }
    isGiven = true
    return .chunk(position: position)
  }

  private mutating func release() {
    guard isGiven else { return }
    isGiven = false
    rows = 0
    chunk.removeAll(keepingCapacity: true)
  }

  private static func append(_ octets: Span<UInt8>, to array: inout [UInt8]) {
    unsafe octets.withUnsafeBufferPointer { unsafe array.append(contentsOf: $0) }
  }
}

/// What a line, or the start of one, is: `{"position":"SEQ"}` with a decimal number, and blanks
/// where JSON allows them; `{"end":"WORD"` and anything up to `}`.
enum PositionLine: Equatable {
  /// A position, whole.
  case position(UInt64)
  /// The end of the feed, whole.
  case end(PositionedLines.End)
  /// May become one.
  case start
  /// Anything else.
  case other

  static let lineFeed: UInt8 = 0x0A
  static let space: UInt8 = 0x20
  /// Blanks and reasons included, neither is longer.
  private static let octetsMax = 1_024

  /// What stands around the number; the number itself is the empty one.
  private static let tokens: [StaticString] = ["{", "\"position\"", ":", "", "}"]

  init(_ line: Span<UInt8>) {
    guard line.count <= PositionLine.octetsMax else {
      self = .other
      return
    }
    self = PositionLine.position(in: line)
    if self == .other { self = PositionLine.end(in: line) }
  }

  private static func position(in line: Span<UInt8>) -> PositionLine {
    var at = 0
    var number: UInt64 = 0
    for token in PositionLine.tokens {
      PositionLine.skipBlanks(line, &at)
      let isNumber = token.utf8CodeUnitCount == 0
      let miss =
        isNumber
        ? PositionLine.takeNumber(line, &at, into: &number) : PositionLine.take(token, line, &at)
      if let miss { return miss }
    }
    PositionLine.skipBlanks(line, &at)
    return at == line.count ? .position(number) : .other
  }

  /// The lines of a Tidemark that end a feed, which have no blanks.
  private static func end(in line: Span<UInt8>) -> PositionLine {
    var at = 0
    if let miss = take("{\"end\":\"", line, &at) { return miss }
    let start = at
    while at < line.count, (0x61...0x7A).contains(line[at]) { at += 1 }
    let word = line.extracting(start..<at)
    guard at < line.count else { return .start }
    guard line[at] == 0x22 else { return .other }
    guard line[line.count - 1] == 0x7D || line[line.count - 1] == 0x0D else { return .start }
    let text = unsafe word.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    return PositionedLines.End(rawValue: text).map { .end($0) } ?? .other
  }

  private static func skipBlanks(_ line: Span<UInt8>, _ at: inout Int) {
    while at < line.count, line[at] == space || line[at] == 0x09 || line[at] == 0x0D { at += 1 }
  }

  /// Nil when the token is there.
  private static func take(
    _ token: StaticString, _ line: Span<UInt8>, _ at: inout Int
  ) -> PositionLine? {
    token.withUTF8Buffer { wanted in
      for index in 0..<wanted.count {
        guard at < line.count else { return .start }
        guard unsafe line[at] == wanted[index] else { return .other }
        at += 1
      }
      return nil
    }
  }

  /// Nil when there is a number in quotes that fits.
  private static func takeNumber(
    _ line: Span<UInt8>, _ at: inout Int, into number: inout UInt64
  ) -> PositionLine? {
    if let miss = take("\"", line, &at) { return miss }
    let start = at
    while at < line.count, (0x30...0x39).contains(line[at]) {
      let (tens, isLarge) = number.multipliedReportingOverflow(by: 10)
      let (sum, isLarger) = tens.addingReportingOverflow(UInt64(line[at] - 0x30))
      guard !isLarge, !isLarger else { return .other }
      number = sum
      at += 1
    }
    if at == start, at < line.count { return .other }
    return take("\"", line, &at)
  }
}
