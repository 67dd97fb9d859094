import DNSWire

/// Understands single lines: what differs between line formats.
///
/// A line may hold many records. The interpreter then keeps, as offsets into the line, what is
/// still to be given; it gets the same line again at every ``resume(_:into:)``.
protocol LineInterpreter: Sendable {
  /// The clock against which times are checked.
  var now: UnixSeconds { get set }

  /// Looks at a new line.
  ///
  /// - Parameters:
  ///   - line: never empty; without its end.
  ///   - observation: filled when the step says so; not emptied before.
  /// - Returns: the line's first step; nil when it is no item (a header, a comment).
  mutating func read(_ line: Span<UInt8>, into observation: inout TextObservation) -> ReadStep?

  /// The next step of the same line; asked only after a step with `endsItem: false`.
  mutating func resume(_ line: Span<UInt8>, into observation: inout TextObservation) -> ReadStep
}

/// Drives a ``LineInterpreter`` over chunks of octets: the whole of ``ObservationReader`` for
/// formats of which every item is one line.
///
/// While a line has more steps, `at` stays at its start, or, when it began in an earlier chunk,
/// behind its end.
struct LineReader<Interpreter: LineInterpreter>: Sendable {
  var interpreter: Interpreter
  private var cutter: LineCutter
  private var rest = Rest.none

  /// The line that is not done with.
  private enum Rest {
    case none
    /// Relative to the position.
    case inChunk(count: Int, next: Int)
    case inHeld
  }

  init(_ interpreter: Interpreter, lineOctetsMax: Int = LineCutter.lineOctetsMax) {
    self.interpreter = interpreter
    cutter = LineCutter(lineOctetsMax: lineOctetsMax)
  }

  /// See ``ObservationReader/next(_:at:into:)``.
  mutating func next(
    _ chunk: Span<UInt8>, at: inout Int, into observation: inout TextObservation
  ) -> ReadStep {
    switch rest {
    case .none: break
    case .inHeld: return resumeHeld(into: &observation)
    case .inChunk(let count, let next):
      let line = chunk.extracting(at..<(at + count))
      let step = interpreter.resume(line, into: &observation)
      if step.endsItem {
        rest = .none
        at += next
      }
      return step
    }
    while true {
      switch cutter.next(chunk, at: &at) {
      case .inChunk(let range):
        guard let step = interpreter.read(chunk.extracting(range), into: &observation) else {
          continue
        }
        if !step.endsItem {
          rest = .inChunk(count: range.count, next: at - range.lowerBound)
          at = range.lowerBound
        }
        return step
      case .inHeld:
        if let step = readHeld(into: &observation) { return step }
      case .tooLong:
        return .rejected(.tooLong, endsItem: true)
      case .needsInput:
        return .needsInput
      }
    }
  }

  /// See ``ObservationReader/finish(into:)``.
  mutating func finish(into observation: inout TextObservation) -> ReadStep {
    if case .inHeld = rest { return resumeHeld(into: &observation) }
    while true {
      switch cutter.finish() {
      case .inHeld:
        if let step = readHeld(into: &observation) { return step }
      case .tooLong:
        return .rejected(.tooLong, endsItem: true)
      case .inChunk, .needsInput:
        return .needsInput
      }
    }
  }

  // The octets leave the cutter meanwhile: a borrow of them would lock the whole reader.

  private mutating func readHeld(into observation: inout TextObservation) -> ReadStep? {
    var octets: [UInt8] = []
    swap(&octets, &cutter.held)
    let step = interpreter.read(octets.span, into: &observation)
    swap(&octets, &cutter.held)
    if let step, !step.endsItem { rest = .inHeld }
    return step
  }

  private mutating func resumeHeld(into observation: inout TextObservation) -> ReadStep {
    var octets: [UInt8] = []
    swap(&octets, &cutter.held)
    let step = interpreter.resume(octets.span, into: &observation)
    swap(&octets, &cutter.held)
    if step.endsItem || step == .needsInput { rest = .none }
    return step
  }
}
