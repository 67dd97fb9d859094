/// The reading side of Frame Streams, for files and for both ends of a socket. It decides, it does
/// not read or write: octets come in windows that the caller owns, replies are fetched.
///
/// ```swift
/// var reader = FrameStreamReader()
/// var at = 0
/// loop: while true {
///   switch try reader.next(window, at: &at, isFinal: isFinal) {
///   case .frame(let range): // window.extracting(range)
///   case .oversized: // count it
///   case .needMoreBytes(let least): // send takeReplies(), drop what lies before `at`, append
///   case .truncated(let offset): // report; the next step is .end
///   case .end: break loop // send takeReplies(), close
///   }
/// }
/// ```
///
/// The first control frame tells what the stream is. READY: a socket whose writer waits for ACCEPT,
/// and at the end for FINISH. START: a file, or a socket whose writer wants no answers; when it has
/// stopped, another START may follow, as in files that were joined.
///
/// How the octets are cut into windows never changes the result, and nothing is kept but the place.
public struct FrameStreamReader: Sendable {
  private enum State: Sendable {
    /// Before the first control frame.
    case beginning
    /// READY was answered.
    case accepted
    /// Behind START.
    case data
    /// Passing over the rest of a data frame.
    case skipping(octets: Int)
    /// Behind the STOP of a writer that wants no answer.
    case stopped
    case ended
  }

  /// Octets of the stream before the current place.
  public private(set) var streamOffset: UInt64 = 0
  /// True when the writer asked for answers: a socket.
  public private(set) var isBidirectional = false

  private let contentType: [UInt8]
  private var state = State.beginning
  private var replies: [UInt8] = []
  /// FINISH was sent ahead of the STOP that is still to be read.
  private var hasFinished = false

  /// A reader at the start of a stream.
  ///
  /// - Parameter contentType: the only one that is taken. Writers that name none are taken, too.
  public init(contentType: [UInt8] = FrameStream.dnstap) {
    self.contentType = contentType
  }

  /// True when a stream that starts with these octets (12 or more) is a Frame Stream.
  public static func recognises(_ first: RawSpan) -> Bool {
    guard first.byteCount >= 12, first.big(0, as: UInt32.self) == 0 else { return false }
    let control = FrameStream.Control(rawValue: first.big(8, as: UInt32.self))
    let length = first.big(4, as: UInt32.self)
    return length >= 4 && length <= UInt32(FrameStream.controlOctetsMax)
      && (control == .start || control == .ready)
  }

  /// Octets to send to the writer; each is given once. Empty for files and unanswered sockets.
  public mutating func takeReplies() -> [UInt8] {
    guard !replies.isEmpty else { return [] }
    defer { replies.removeAll() }
    return replies
  }

  /// Takes the next step in the stream.
  ///
  /// - Parameters:
  ///   - window: consecutive octets of the stream.
  ///   - offset: where in `window` to go on; moved over what has been used.
  ///   - isFinal: true when the stream ends with this window.
  /// - Throws: ``FrameStreamError`` when it is damaged; afterwards every step is `.end`.
  @inline(__always)
  public mutating func next(
    _ window: RawSpan, at offset: inout Int, isFinal: Bool
  ) throws(FrameStreamError) -> FrameStreamStep {
    precondition(offset >= 0 && offset <= window.byteCount, "offset outside the window")
    if case .data = state, window.byteCount - offset >= 4 {
      let length = window.big(offset, as: UInt32.self)
      let start = offset + 4
      if length > 0, length <= UInt32(FrameStream.frameOctetsMax),
        window.byteCount - start >= Int(length)
      {
        consume(4 + Int(length), at: &offset)
        return .frame(start..<offset)
      }
    }
    return try nextSlowly(window, at: &offset, isFinal: isFinal)
  }

  /// Everything but a data frame that lies whole in the window.
  private mutating func nextSlowly(
    _ window: RawSpan, at offset: inout Int, isFinal: Bool
  ) throws(FrameStreamError) -> FrameStreamStep {
    do throws(FrameStreamError) {
      while true {
        if let step = try advance(window, at: &offset, isFinal: isFinal) { return step }
      }
    } catch {
      state = .ended
      throw error
    }
  }

  /// One state transition; nil means go on.
  private mutating func advance(
    _ window: RawSpan, at offset: inout Int, isFinal: Bool
  ) throws(FrameStreamError) -> FrameStreamStep? {
    if case .ended = state { return .end }
    if case .skipping(let octets) = state {
      return skip(octets, window, at: &offset, isFinal: isFinal)
    }
    if let wait = wait(for: 4, window, at: offset, isFinal: isFinal) { return wait }
    let length = window.big(offset, as: UInt32.self)
    if length == 0 { return try control(window, at: &offset, isFinal: isFinal) }
    switch state {
    case .beginning: throw FrameStreamError(.notAFrameStream, offset: streamOffset)
    case .accepted, .stopped: throw FrameStreamError(.unexpectedData, offset: streamOffset)
    case .data, .skipping, .ended: break
    }
    guard length <= UInt32(FrameStream.frameOctetsMax) else {
      consume(4, at: &offset)
      state = .skipping(octets: Int(length))
      return .oversized(octets: length)
    }
    let octets = 4 + Int(length)
    if let wait = wait(for: octets, window, at: offset, isFinal: isFinal) { return wait }
    consume(octets, at: &offset)
    return .frame(offset - Int(length)..<offset)
  }

  private mutating func skip(
    _ octets: Int, _ window: RawSpan, at offset: inout Int, isFinal: Bool
  ) -> FrameStreamStep? {
    let here = min(octets, window.byteCount - offset)
    consume(here, at: &offset)
    guard here < octets else {
      state = .data
      return nil
    }
    state = .skipping(octets: octets - here)
    // The frame was told of already; that its end is missing says nothing new.
    if isFinal { state = .ended }
    return isFinal ? .end : .needMoreBytes(atLeast: 1)
  }

  private mutating func control(
    _ window: RawSpan, at offset: inout Int, isFinal: Bool
  ) throws(FrameStreamError) -> FrameStreamStep? {
    if let wait = wait(for: 8, window, at: offset, isFinal: isFinal) { return wait }
    let length = window.big(offset + 4, as: UInt32.self)
    guard length >= 4, length <= UInt32(FrameStream.controlOctetsMax) else {
      throw FrameStreamError(.badControlLength, offset: streamOffset)
    }
    let octets = 8 + Int(length)
    if let wait = wait(for: octets, window, at: offset, isFinal: isFinal) { return wait }
    try obey(window.extracting(offset + 8..<offset + octets))
    consume(octets, at: &offset)
    return nil
  }

  /// Does what a control frame says.
  private mutating func obey(_ frame: RawSpan) throws(FrameStreamError) {
    // What later versions of the protocol may add says nothing to us.
    guard let control = FrameStream.Control(rawValue: frame.big(0, as: UInt32.self)) else { return }
    switch (control, state) {
    case (.ready, .beginning):
      try checkContentTypes(frame)
      isBidirectional = true
      FrameStream.append(.accept, contentType: contentType, to: &replies)
      state = .accepted
    case (.start, .beginning), (.start, .accepted), (.start, .stopped):
      try checkContentTypes(frame)
      state = .data
    case (.start, .data) where !isBidirectional:
      // A file whose writer died, and another one behind it.
      try checkContentTypes(frame)
    case (.stop, .data), (.stop, .accepted):
      state = isBidirectional ? .ended : .stopped
      finish()
    default:
      throw FrameStreamError(.unexpectedControl, offset: streamOffset)
    }
  }

  private mutating func finish() {
    guard isBidirectional, !hasFinished else { return }
    hasFinished = true
    FrameStream.append(.finish, to: &replies)
  }

  /// Looks through the fields of READY or START: ours must be among the types, if there are any.
  private func checkContentTypes(_ frame: RawSpan) throws(FrameStreamError) {
    var at = 4
    var hasTypes = false
    var hasOurs = false
    while at < frame.byteCount {
      guard frame.byteCount - at >= 8 else {
        throw FrameStreamError(.badControlField, offset: streamOffset)
      }
      let field = frame.big(at, as: UInt32.self)
      let length = frame.big(at + 4, as: UInt32.self)
      at += 8
      guard length <= UInt32(FrameStream.contentTypeOctetsMax),
        Int(length) <= frame.byteCount - at
      else { throw FrameStreamError(.badControlField, offset: streamOffset) }
      if field == FrameStream.contentTypeField {
        hasTypes = true
        if isOurs(frame.extracting(at..<at + Int(length))) { hasOurs = true }
      }
      at += Int(length)
    }
    guard hasOurs || !hasTypes else {
      throw FrameStreamError(.wrongContentType, offset: streamOffset)
    }
  }

  private func isOurs(_ type: RawSpan) -> Bool {
    guard type.byteCount == contentType.count else { return false }
    for index in contentType.indices where type.octet(index) != contentType[index] { return false }
    return true
  }

  // MARK: Window

  /// Answers a STOP that lies further on in a window whose frames cannot be taken yet, so that a
  /// writer that stops does not wait for us. Does nothing else.
  ///
  /// - Parameter offset: as ``next(_:at:isFinal:)`` left it.
  public mutating func answerAhead(_ window: RawSpan, from offset: Int) {
    guard isBidirectional, !hasFinished else { return }
    var at = offset
    switch state {
    case .data: break
    case .skipping(let octets): at = min(window.byteCount, offset + octets)
    case .beginning, .accepted, .stopped, .ended: return
    }
    while window.byteCount - at >= 12 {
      let length = Int(window.big(at, as: UInt32.self))
      if length > 0 {
        guard length <= window.byteCount - at - 4 else { return }
        at += 4 + length
        continue
      }
      let control = Int(window.big(at + 4, as: UInt32.self))
      guard control >= 4, control <= FrameStream.controlOctetsMax,
        control <= window.byteCount - at - 8
      else { return }
      switch FrameStream.Control(rawValue: window.big(at + 8, as: UInt32.self)) {
      case nil: at += 8 + control
      case .stop: return finish()
      default: return
      }
    }
  }

  /// What to return when fewer than `octets` lie behind `offset`; nil when there are enough.
  private mutating func wait(
    for octets: Int, _ window: RawSpan, at offset: Int, isFinal: Bool
  ) -> FrameStreamStep? {
    let available = window.byteCount - offset
    if available >= octets { return nil }
    if !isFinal { return .needMoreBytes(atLeast: octets) }
    state = .ended
    // Writers that vanish between two frames have lost nothing, STOP or not.
    return available == 0 ? .end : .truncated(streamOffset: streamOffset)
  }

  @inline(__always)
  private mutating func consume(_ octets: Int, at offset: inout Int) {
    offset += octets
    streamOffset &+= UInt64(octets)
  }
}
