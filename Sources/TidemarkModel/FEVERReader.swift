public import DNSWire

/// Reads the passive DNS aggregates of FEVER, which balboa's feeders take too: objects with a
/// window of time and a map from names to the answers seen in it.
///
/// One object gives many observations: the owner is the name in the map (the name that was asked
/// for, also for RRs further down a chain of aliases), first and last are the window. An answer
/// that several servers gave stands there several times; its counts add up. The addresses of those
/// servers are passed over. As in Suricata's events, from which FEVER makes its aggregates, types
/// of several parts are incomplete and kept as lossy text.
public struct FEVERReader: ObservationReader, Sendable {
  /// Longest object, octets. An object is held whole, because its sensor may stand at its end.
  public static let objectOctetsMax = 16 << 20

  /// The reader's clock: later times (by more than a day) are refused.
  public var now: UnixSeconds {
    get { feed.interpreter.now }
    set { feed.interpreter.now = newValue }
  }

  private var feed: JSONObjectFeed<FEVERInterpreter>

  /// Makes a reader.
  ///
  /// - Parameters:
  ///   - excluded: names whose answers are filtered, for FEVER's test domain. Names below them are
  ///     not meant.
  ///   - objectOctetsMax: longer objects are skipped and counted.
  public init(
    now: UnixSeconds, excluding excluded: [DomainName] = [],
    objectOctetsMax: Int = FEVERReader.objectOctetsMax
  ) {
    feed = JSONObjectFeed(
      FEVERInterpreter(now: now, excluded: Set(excluded.map(\.wire))),
      objectOctetsMax: objectOctetsMax)
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
    FeedHead.isJSONObject(head) && FeedHead.hasWord("timestamp_start", head)
      && FeedHead.hasWord("timestamp_end", head)
  }
}

extension TextRejection {
  /// The name is on the list of those that the source leaves out.
  public static let excludedName = TextRejection(.filtered, "excluded-name")
}

/// The meaning of the members.
struct FEVERInterpreter: JSONObjectInterpreter {
  var now: UnixSeconds
  private let excluded: Set<[UInt8]>
  private var scratch: [UInt8] = []
  private var position = Position.start

  // What holds for all answers of the object, and of the name.
  private var timeFirst: UnixSeconds = 0
  private var timeLast: UnixSeconds = 0
  private var sensor: [UInt8] = []
  private var owner = TextObservation()
  private var ownerFault: TextRejection?

  /// How far an object was read.
  private enum Position: Sendable {
    case start
    case names(JSONWalk)
    case answers(JSONWalk, names: JSONWalk)
  }

  init(now: UnixSeconds, excluded: Set<[UInt8]>) {
    self.now = now
    self.excluded = excluded
  }

  private struct Members {
    var start = JSONValue.missing
    var end = JSONValue.missing
    var names = JSONValue.missing
    var sensor = JSONValue.missing
  }

  mutating func step(
    _ object: Span<UInt8>, into observation: inout TextObservation
  ) -> ReadStep {
    while true {
      switch position {
      case .start:
        do throws(TextRejection) {
          guard try begin(object) else { return .itemEnd }
        } catch {
          return .rejected(error, endsItem: true)
        }
      case .names(let names): nextName(object, names)
      case .answers(var answers, let names):
        guard answers.hasElement(object) else {
          position = .names(names)
          continue
        }
        let answer = answers.value(object)
        position = .answers(answers, names: names)
        return step(object, answer, into: &observation)
      }
      if case .start = position { return .itemEnd }
    }
  }

  /// Reads what all answers share; false when the window had none.
  private mutating func begin(_ object: Span<UInt8>) throws(TextRejection) -> Bool {
    var members = Members()
    var walk = JSONWalk(at: 0)
    while let key = walk.nextKey(object) {
      let value = walk.value(object)
      if key.is("timestamp_start") {
        members.start = value
      } else if key.is("timestamp_end") {
        members.end = value
      } else if key.is("dns") {
        members.names = value
      } else if key.is("sensor_id") {
        members.sensor = value
      }
    }
    timeFirst = try FeedField.time(object, members.start).checked(now: now)
    timeLast = try FeedField.time(object, members.end).checked(now: now)
    guard timeFirst <= timeLast else { throw .timesReversed }
    sensor.removeAll(keepingCapacity: true)
    if members.sensor.isString { members.sensor.load(object, into: &sensor) }
    guard members.names.isObject(in: object) else {
      guard members.names.isAbsent else { throw .missingField }
      return false
    }
    position = .names(JSONWalk(at: members.names.start))
    return true
  }

  /// Goes on to the next name and its answers; to the start behind the last one.
  private mutating func nextName(_ object: Span<UInt8>, _ names: JSONWalk) {
    var names = names
    guard let name = names.nextName(object) else {
      position = .start
      return
    }
    var answers = JSONValue.missing
    let details = names.value(object)
    if details.isObject(in: object) {
      var walk = JSONWalk(at: details.start)
      while let key = walk.nextKey(object) {
        let value = walk.value(object)
        if key.is("rdata") { answers = value }
      }
    }
    guard answers.isArray(in: object) else {
      position = .names(names)
      return
    }
    readOwner(object, name)
    position = .answers(JSONWalk(at: answers.start), names: names)
  }

  private mutating func readOwner(_ object: Span<UInt8>, _ name: JSONValue) {
    owner.reset()
    ownerFault = nil
    do throws(TextRejection) {
      try FeedField.readOwner(object, name, scratch: &scratch, into: &owner)
      if !excluded.isEmpty, excluded.contains(owner.rrname) { throw .excludedName }
    } catch {
      ownerFault = error
    }
  }

  private mutating func step(
    _ object: Span<UInt8>, _ answer: JSONValue, into observation: inout TextObservation
  ) -> ReadStep {
    observation.reset()
    do throws(TextRejection) {
      guard answer.isObject(in: object) else { throw .missingField }
      try read(object, answer, into: &observation)
      return .observation(endsItem: false)
    } catch {
      return .rejected(error, endsItem: false)
    }
  }

  private mutating func read(
    _ object: Span<UInt8>, _ answer: JSONValue, into observation: inout TextObservation
  ) throws(TextRejection) {
    var type = JSONValue.missing
    var rdata = JSONValue.missing
    var code = JSONValue.missing
    var count = JSONValue.missing
    var walk = JSONWalk(at: answer.start)
    while let key = walk.nextKey(object) {
      let value = walk.value(object)
      if key.is("rrtype") {
        type = value
      } else if key.is("rdata") {
        rdata = value
      } else if key.is("rcode") {
        code = value
      } else if key.is("count") {
        count = value
      }
    }
    // Empty members are left out: an answer without code is one to an event without code.
    let isSuccess =
      code.isAbsent || code.start == code.end || JSONText.isText(object, code, "NOERROR")
    guard isSuccess, rdata.end > rdata.start else { throw .negative }
    if let ownerFault { throw ownerFault }
    observation.rrname.append(contentsOf: owner.rrname)
    observation.rrtype = try FeedField.type(object, type)
    observation.count = try FeedField.count(object, count)
    (observation.timeFirst, observation.timeLast) = (timeFirst, timeLast)
    FeedField.readSensor(sensor.span, into: &observation)
    try FeedField.appendRData(
      object, rdata, isLossy: FeedField.isStrings(observation.rrtype) ? true : nil,
      scratch: &scratch, to: &observation)
  }
}
