/// Makes steps of the objects of one kind of feed.
protocol JSONObjectInterpreter: Sendable {
  /// The clock against times in the future.
  var now: UnixSeconds { get set }

  /// Takes the next step through an object. Called with the same object until a step ends it.
  ///
  /// - Parameter object: a well-formed object, brackets included.
  /// - Returns: never ``ReadStep/needsInput``.
  mutating func step(
    _ object: Span<UInt8>, into observation: inout TextObservation
  ) -> ReadStep
}

/// What all feeds of JSON objects share: cutting, and going on with the object begun.
struct JSONObjectFeed<Interpreter: JSONObjectInterpreter>: Sendable {
  var interpreter: Interpreter
  private var cutter: JSONObjectCutter
  /// The object begun.
  private var begun = Begun.none

  private enum Begun: Sendable {
    case none
    /// It starts where the chunk is read next, and has so many octets.
    case inChunk(Int)
    case held
  }

  init(_ interpreter: Interpreter, objectOctetsMax: Int) {
    self.interpreter = interpreter
    cutter = JSONObjectCutter(objectOctetsMax: objectOctetsMax)
  }

  mutating func next(
    _ chunk: Span<UInt8>, at: inout Int, into observation: inout TextObservation
  ) -> ReadStep {
    switch begun {
    case .held: return stepHeld(into: &observation)
    case .inChunk(let count): return step(chunk, count, at: &at, into: &observation)
    case .none: break
    }
    switch cutter.advance(chunk, at: &at) {
    case .whole(let range):
      at = range.lowerBound
      return step(chunk, range.count, at: &at, into: &observation)
    case .held: return stepHeld(into: &observation)
    case .rejected(let reason): return .rejected(reason, endsItem: true)
    case .exhausted: return .needsInput
    }
  }

  /// Octets of an object whose end has not come yet.
  var heldOctets: Int { cutter.heldOctets }

  mutating func finish(into observation: inout TextObservation) -> ReadStep {
    if case .held = begun { return stepHeld(into: &observation) }
    return cutter.finish() ? .rejected(.truncated, endsItem: true) : .needsInput
  }

  /// Moves behind the object with its last step only, so that the position is the object's state.
  private mutating func step(
    _ chunk: Span<UInt8>, _ count: Int, at: inout Int, into observation: inout TextObservation
  ) -> ReadStep {
    let step = interpreter.step(chunk.extracting(at..<(at + count)), into: &observation)
    if step.endsItem {
      at += count
      begun = .none
    } else {
      begun = .inChunk(count)
    }
    return step
  }

  /// The octets leave the cutter while they are worked on: a borrow of its storage would keep the
  /// interpreter from changing.
  private mutating func stepHeld(into observation: inout TextObservation) -> ReadStep {
    var octets: [UInt8] = []
    swap(&octets, &cutter.held)
    let step = interpreter.step(octets.span, into: &observation)
    if step.endsItem {
      begun = .none
      // One large object must not keep its memory for the life of the feed.
      if octets.count > 1 << 20 { octets = [] }
    } else {
      begun = .held
    }
    swap(&octets, &cutter.held)
    return step
  }
}
