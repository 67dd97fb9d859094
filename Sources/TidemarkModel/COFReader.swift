/// Reads passive DNS records in the Common Output Format (draft-dulaunoy-dnsop-passive-dns-cof)
/// from chunks of octets, liberally: every shape that real producers send is taken.
///
/// Taken are numbers as integers, fractions (cut down) and digit strings; rdata as a string or as
/// an array; types as mnemonics in any case, `TYPEnnn` and numbers; names with and without final
/// dot; LF, CRLF, blank lines, objects over several lines or without anything between them; rows
/// wrapped in the DNSDB's streaming framing; and rows whose owner and rdata are swapped.
///
///     var reader = COFReader(now: clock)
///     var at = 0
///     while case let step = reader.next(chunk, at: &at, into: &observation), step != .needsInput {
///       …
///     }
///
/// The steps do not depend on where the stream is cut into chunks.
public struct COFReader: Sendable {
  /// What a reader found.
  public enum Step: Sendable, Equatable {
    /// The observation given was filled.
    case observation
    /// An object gave no observation.
    case rejected(COFRejection)
    /// The sender says how the stream goes.
    case control(SAFCondition)
    /// The chunk is used up: give the next one, or finish.
    case needsInput
  }

  /// How rows with owner and rdata in each other's place are treated.
  public enum Swapping: Sendable {
    /// Rows of type A and AAAA are put right when only their owner is an address.
    case detect
    /// Every row is swapped.
    case always
    /// No row is.
    case never
  }

  /// Longest object, octets. Real rows have some hundred; the largest rdata as text has 260,000.
  public static let objectOctetsMax = 1 << 20
  /// Longest sensor name, octets; longer names are cut.
  public static let sensorOctetsMax = 255

  /// What was read so far.
  public var tally: COFTally { interpreter.tally }
  /// The caller's clock, against times in the future.
  public var now: UnixSeconds {
    get { interpreter.now }
    set { interpreter.now = newValue }
  }

  /// Octets of an object whose end has not come yet, or that are still to be looked at.
  public var heldOctets: Int { held.count - heldAt }

  private var scanner: COFScanner
  private var interpreter: COFInterpreter

  /// The start of an object whose end has not come yet.
  private var held: [UInt8] = []
  private var heldAt = 0
  private var isReplaying = false
  private var end = JSONBounds()
  /// What is held was looked at behind a place where it cannot be an object, and is not settled:
  /// looking again at every such place would cost the square of its length.
  private var hasBroken = false

  /// Makes a reader.
  ///
  /// - Parameters:
  ///   - now: the caller's clock, against times in the future.
  ///   - swapping: see ``Swapping``.
  ///   - objectOctetsMax: longer objects are skipped and counted.
  public init(
    now: UnixSeconds, swapping: Swapping = .detect,
    objectOctetsMax: Int = COFReader.objectOctetsMax
  ) {
    interpreter = COFInterpreter(now: now, swapping: swapping)
    scanner = COFScanner(objectOctetsMax: objectOctetsMax)
  }

  /// Reads up to the next step.
  ///
  /// - Parameters:
  ///   - chunk: a piece of the stream; the same one until ``Step/needsInput`` is returned.
  ///   - at: the position in the chunk, 0 for a new one; moved.
  ///   - observation: filled when ``Step/observation`` is returned, otherwise of no use.
  public mutating func next(
    _ chunk: Span<UInt8>, at: inout Int, into observation: inout TextObservation
  ) -> Step {
    while true {
      if !held.isEmpty {
        if !isReplaying, !collect(chunk, at: &at) { return .needsInput }
        if let step = replay(into: &observation) { return step }
        continue
      }
      switch scanner.advance(chunk, at: &at) {
      case .object:
        return interpreter.understand(chunk, scanner.object, into: &observation)
      case .rejected(let reason):
        return interpreter.reject(reason)
      case .incomplete:
        hold(chunk, from: at)
        at = chunk.count
        return .needsInput
      case .exhausted:
        return .needsInput
      }
    }
  }

  /// Ends the stream. Call until ``Step/needsInput`` is returned; the reader is new then, but for
  /// its tally.
  public mutating func finish(into observation: inout TextObservation) -> Step {
    while !held.isEmpty {
      isReplaying = true
      if let step = replay(into: &observation) { return step }
      if !held.isEmpty {
        held.removeAll(keepingCapacity: true)
        return interpreter.reject(.truncated)
      }
    }
    scanner = COFScanner(objectOctetsMax: scanner.objectOctetsMax)
    return .needsInput
  }

  /// Takes octets until the object held ends or is too long; false when the chunk ends before.
  private mutating func collect(_ chunk: Span<UInt8>, at: inout Int) -> Bool {
    while at < chunk.count {
      let octet = chunk[at]
      at += 1
      held.append(octet)
      let step = end.take(octet)
      let breaks = step == .breaks && !hasBroken
      if breaks || step == .ends || held.count >= scanner.objectOctetsMax {
        hasBroken = step == .breaks
        isReplaying = true
        return true
      }
    }
    return false
  }

  /// Takes a step through the octets held; nil when they are used up or end inside an object.
  ///
  /// The octets leave the reader while it works on them: a borrow of its own storage would keep
  /// the rest of it from changing.
  private mutating func replay(into observation: inout TextObservation) -> Step? {
    var octets: [UInt8] = []
    swap(&octets, &held)
    var at = heldAt
    let event = scanner.advance(octets.span, at: &at)
    heldAt = at
    var step: Step?
    switch event {
    case .object: step = interpreter.understand(octets.span, scanner.object, into: &observation)
    case .rejected(let reason): step = interpreter.reject(reason)
    case .incomplete: octets.removeSubrange(..<at)
    case .exhausted: octets.removeAll(keepingCapacity: true)
    }
    swap(&octets, &held)
    if step == nil { rest() }
    return step
  }

  private mutating func rest() {
    heldAt = 0
    isReplaying = false
    end = JSONBounds()
    for octet in held { _ = end.take(octet) }
    if held.isEmpty { hasBroken = false }
  }

  private mutating func hold(_ chunk: Span<UInt8>, from start: Int) {
    held.reserveCapacity(chunk.count - start)
    for index in start..<chunk.count { held.append(chunk[index]) }
    rest()
  }
}
