import DNSWire

/// Reads the JSON log of gopassivedns: one object for each answer RR.
///
/// The owner is the name that was asked for, which need not be the RR's own. The tool prints
/// addresses and lone names whole; of any other type only a part (exchange, target, mailbox, the
/// strings without their borders, raw octets), which is kept as lossy text. The AA flag is not
/// looked at: behind a resolver it says nothing. Client and server are passed over.
public struct GopassivednsReader: ObservationReader, Sendable {
  /// Longest object, octets.
  public static let objectOctetsMax = 1 << 20

  /// The reader's clock: later times (by more than a day) are refused.
  public var now: UnixSeconds {
    get { feed.interpreter.now }
    set { feed.interpreter.now = newValue }
  }

  private var feed: JSONObjectFeed<GopassivednsInterpreter>

  /// Makes a reader.
  public init(now: UnixSeconds) {
    feed = JSONObjectFeed(
      GopassivednsInterpreter(now: now), objectOctetsMax: GopassivednsReader.objectOctetsMax)
  }

  /// Reads up to the next step; see ``ObservationReader``. An item is an object.
  public mutating func next(
    _ chunk: Span<UInt8>, at: inout Int, into observation: inout TextObservation
  ) -> ReadStep {
    feed.next(chunk, at: &at, into: &observation)
  }

  /// Ends the feed; see ``ObservationReader``.
  public mutating func finish(into observation: inout TextObservation) -> ReadStep {
    feed.finish(into: &observation)
  }

  /// See ``ObservationReader``.
  public var heldOctets: Int { feed.heldOctets }

  /// True when a feed that starts like this is of this format.
  public static func recognises(_ head: Span<UInt8>) -> Bool {
    FeedHead.isJSONObject(head) && FeedHead.hasWord("query_id", head)
      && FeedHead.hasWord("qtype", head) && FeedHead.hasWord("atype", head)
  }
}

/// The meaning of the members.
struct GopassivednsInterpreter: JSONObjectInterpreter {
  var now: UnixSeconds
  private var scratch: [UInt8] = []

  init(now: UnixSeconds) {
    self.now = now
  }

  private struct Members {
    var code = JSONValue.missing
    var question = JSONValue.missing
    var answer = JSONValue.missing
    var answerType = JSONValue.missing
    var time = JSONValue.missing
    var truncated = JSONValue.missing
  }

  mutating func step(
    _ object: Span<UInt8>, into observation: inout TextObservation
  ) -> ReadStep {
    observation.reset()
    do throws(TextRejection) {
      try read(object, GopassivednsInterpreter.members(object), into: &observation)
      return .observation(endsItem: true)
    } catch {
      return .rejected(error, endsItem: true)
    }
  }

  private static func members(_ object: Span<UInt8>) -> Members {
    var members = Members()
    var walk = JSONWalk(at: 0)
    while let key = walk.nextKey(object) {
      let value = walk.value(object)
      if key.is("a") {
        members.answer = value
      } else if key.is("q") {
        members.question = value
      } else if key.is("atype") {
        members.answerType = value
      } else if key.is("tstamp") {
        members.time = value
      } else if key.is("rcode") {
        members.code = value
      } else if key.is("truncated") {
        members.truncated = value
      }
    }
    return members
  }

  private mutating func read(
    _ object: Span<UInt8>, _ members: Members, into observation: inout TextObservation
  ) throws(TextRejection) {
    guard !members.question.isAbsent, !members.time.isAbsent else { throw .missingField }
    if !members.code.isAbsent, JSONText.number(object, members.code) != 0 { throw .negative }
    guard members.answer.end > members.answer.start else { throw .negative }
    guard !JSONText.isTrue(object, members.truncated) else { throw .truncatedAnswer }
    let time = try FeedField.time(object, members.time).checked(now: now)
    (observation.timeFirst, observation.timeLast) = (time, time)
    observation.rrtype = try FeedField.type(object, members.answerType)
    try FeedField.readOwner(object, members.question, scratch: &scratch, into: &observation)
    try FeedField.appendRData(
      object, members.answer, isLossy: GopassivednsInterpreter.isCutDown(observation.rrtype),
      scratch: &scratch, to: &observation)
  }

  private static func isCutDown(_ type: RRType) -> Bool? {
    switch type {
    case .a, .aaaa, .ns, .cname, .ptr: nil
    default: true
    }
  }
}
