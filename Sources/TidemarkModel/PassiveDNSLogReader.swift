import DNSWire

/// Reads the log of gamelinux passivedns, as text and as JSON, from chunks of octets.
///
/// Each line tells of one RR that was answered to a question: the owner is the name that was asked
/// for, which need not be the RR's own. Client addresses are passed over and go nowhere.
/// A line that starts with `{` is JSON. The steps do not depend on where the stream is cut.
public struct PassiveDNSLogReader: Sendable {
  /// What a reader found.
  public enum Step: Sendable, Equatable {
    /// The observation given was filled.
    case observation
    /// A line gave no observation.
    case rejected(PassiveDNSLogRejection)
    /// The chunk is used up: give the next one, or finish.
    case needsInput
  }

  /// Longest line, octets. The tool cuts at 999; members of JSON may be longer.
  public static let lineOctetsMax = 1 << 16

  /// What was read so far.
  public internal(set) var tally = PassiveDNSLogTally()

  let layout: PassiveDNSLogLayout
  let columns: Columns
  let vantage: Vantage
  /// The caller's clock, against times in the future.
  public var now: UnixSeconds
  var fields: [Range<Int>] = []
  var scratch = Scratch()

  private var cutter = LineCutter(lineOctetsMax: PassiveDNSLogReader.lineOctetsMax)

  /// Places of the fields that are read.
  struct Columns: Sendable {
    let count: Int
    let query: Int
    let type: Int
    let answer: Int
    let ttl: Int?
    let sightings: Int?
    let recordClass: Int?
    let hostname: Int?
  }

  /// Buffers for JSON strings.
  struct Scratch: Sendable {
    var query: [UInt8] = []
    var type: [UInt8] = []
    var answer: [UInt8] = []
    var other: [UInt8] = []
  }

  /// Makes a reader.
  ///
  /// - Parameters:
  ///   - layout: fields and delimiter of text lines.
  ///   - vantage: where the sensor sits; `client` unless it is known to be above the resolver.
  ///   - now: the caller's clock, against times in the future.
  public init(
    layout: PassiveDNSLogLayout = .standard, vantage: Vantage = .client, now: UnixSeconds
  ) {
    self.layout = layout
    self.vantage = vantage
    self.now = now
    // A layout has query, type and answer; it cannot be made without.
    columns = Columns(
      count: layout.fields.count, query: layout.index(of: .query) ?? 0,
      type: layout.index(of: .type) ?? 0, answer: layout.index(of: .answer) ?? 0,
      ttl: layout.index(of: .ttl), sightings: layout.index(of: .count),
      recordClass: layout.index(of: .recordClass), hostname: layout.index(of: .hostname))
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
      switch cutter.next(chunk, at: &at) {
      case .inChunk(let range):
        if let step = line(chunk.extracting(range), into: &observation) { return step }
      case .inHeld:
        if let step = heldLine(into: &observation) { return step }
      case .tooLong: return reject(.tooLong)
      case .needsInput: return .needsInput
      }
    }
  }

  /// Ends the stream; its last line needs no line end. Call until ``Step/needsInput`` is returned.
  public mutating func finish(into observation: inout TextObservation) -> Step {
    switch cutter.finish() {
    case .inHeld: heldLine(into: &observation) ?? .needsInput
    case .tooLong: reject(.tooLong)
    case .inChunk, .needsInput: .needsInput
    }
  }

  /// Reads the line that the cutter holds. The octets leave it meanwhile: a borrow of them would
  /// lock the whole reader.
  private mutating func heldLine(into observation: inout TextObservation) -> Step? {
    var octets: [UInt8] = []
    swap(&octets, &cutter.held)
    let step = line(octets.span, into: &observation)
    swap(&octets, &cutter.held)
    return step
  }

  /// Reads one line without its line feed; nil for a blank one.
  private mutating func line(
    _ whole: Span<UInt8>, into observation: inout TextObservation
  ) -> Step? {
    var end = whole.count
    while end > 0, whole[end - 1] <= ASCII.space { end -= 1 }
    guard end > 0 else { return nil }
    let text = whole.extracting(0..<end)
    observation.reset()
    do throws(PassiveDNSLogRejection) {
      switch text[0] {
      case UInt8(ascii: "{"): try readJSON(text, into: &observation)
      case UInt8(ascii: "#"), UInt8(ascii: "["): throw .notARecord
      default: try readFields(text, into: &observation)
      }
    } catch {
      return reject(error)
    }
    tally.observations += 1
    if observation.isLossy { tally.lossy += 1 }
    return .observation
  }

  private mutating func reject(_ reason: PassiveDNSLogRejection) -> Step {
    tally.add(reason)
    return .rejected(reason)
  }
}
