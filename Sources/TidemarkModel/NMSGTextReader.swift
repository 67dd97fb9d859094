import DNSWire

/// Reads the JSON lines that nmsgtool writes of SIE's dnsdedupe messages: one RRset an object.
///
/// The sensors of this feed stand above resolvers. What counts is the end of an RRset's life in
/// their cache (`EXPIRATION`) and what was merged of it: these carry first, last and the total.
/// An `INSERTION` announces the same sightings before, so it is counted as filtered, and `CHAFF` is
/// not worth keeping. `AUTHORITATIVE` sets come from zone files: their times are those of the zone.
public struct NMSGTextReader: ObservationReader, Sendable {
  /// Longest object, octets. An RRset of 64 KiB has less than 300,000 as text.
  public static let objectOctetsMax = 1 << 20

  /// The reader's clock: later times (by more than a day) are refused.
  public var now: UnixSeconds {
    get { feed.interpreter.now }
    set { feed.interpreter.now = newValue }
  }

  private var feed: JSONObjectFeed<NMSGTextInterpreter>

  /// Makes a reader.
  public init(now: UnixSeconds) {
    feed = JSONObjectFeed(
      NMSGTextInterpreter(now: now), objectOctetsMax: NMSGTextReader.objectOctetsMax)
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
    FeedHead.isJSONObject(head) && FeedHead.hasWord("vname", head)
      && FeedHead.hasWord("mname", head)
  }
}

extension TextRejection {
  /// A deduplicating cache has taken the RRset in; it will tell how often it was seen later.
  public static let insertionAnnounced = TextRejection(.filtered, "insertion-announced")
  /// What the producer says is not worth keeping.
  public static let chaff = TextRejection(.filtered, "chaff")
  /// A message of a kind that nothing is known about.
  public static let otherKind = TextRejection(.filtered, "other-kind")
  /// The owner does not lie in the zone that its bailiwick names.
  public static let outOfBailiwick = TextRejection(.dropped, "out-of-bailiwick")
}

/// The meaning of the members.
struct NMSGTextInterpreter: JSONObjectInterpreter {
  var now: UnixSeconds
  private var scratch: [UInt8] = []
  private var zone: [UInt8] = []
  /// RRs of the set that are still to be refused.
  private var refused: (reason: TextRejection, count: Int)?

  init(now: UnixSeconds) {
    self.now = now
  }

  private struct Members {
    var type = JSONValue.missing
    var count = JSONValue.missing
    var timeFirst = JSONValue.missing
    var timeLast = JSONValue.missing
    var zoneTimeFirst = JSONValue.missing
    var zoneTimeLast = JSONValue.missing
    var bailiwick = JSONValue.missing
    var rrname = JSONValue.missing
    var rrclass = JSONValue.missing
    var rrtype = JSONValue.missing
    var rdata = JSONValue.missing
  }

  mutating func step(
    _ object: Span<UInt8>, into observation: inout TextObservation
  ) -> ReadStep {
    if let refused { return refuse(refused.reason, refused.count) }
    observation.reset()
    var walk = JSONWalk(at: 0)
    var isDedupe = false
    var message = JSONValue.missing
    while let key = walk.nextKey(object) {
      let value = walk.value(object)
      if key.is("mname") {
        isDedupe = JSONText.isText(object, value, "dnsdedupe")
      } else if key.is("message") {
        message = value
      }
    }
    // Messages of other kinds hold no record, or hold it as octets.
    guard isDedupe else { return .itemEnd }
    guard message.isObject(in: object) else { return refuse(.missingField, 1) }
    let members = NMSGTextInterpreter.members(object, message)
    do throws(TextRejection) {
      try read(object, members, into: &observation)
    } catch {
      return refuse(error, NMSGTextInterpreter.records(object, members.rdata))
    }
    let bad = readSet(object, members.rdata, into: &observation)
    guard !observation.items.isEmpty else { return refuse(.badRData, max(bad, 1)) }
    observation.removeRepeatedItems()
    refused = bad > 0 ? (.badRData, bad) : nil
    return .observation(endsItem: bad == 0)
  }

  /// Refuses one RR, and keeps the others for the next steps.
  private mutating func refuse(_ reason: TextRejection, _ count: Int) -> ReadStep {
    refused = count > 1 ? (reason, count - 1) : nil
    return .rejected(reason, endsItem: count <= 1)
  }

  private static func members(_ object: Span<UInt8>, _ message: JSONValue) -> Members {
    var members = Members()
    var walk = JSONWalk(at: message.start)
    while let key = walk.nextKey(object) {
      let value = walk.value(object)
      if key.is("type") {
        members.type = value
      } else if key.is("count") {
        members.count = value
      } else if key.is("time_first") {
        members.timeFirst = value
      } else if key.is("time_last") {
        members.timeLast = value
      } else if key.is("zone_time_first") {
        members.zoneTimeFirst = value
      } else if key.is("zone_time_last") {
        members.zoneTimeLast = value
      } else if key.is("bailiwick") {
        members.bailiwick = value
      } else if key.is("rrname") {
        members.rrname = value
      } else if key.is("rrclass") {
        members.rrclass = value
      } else if key.is("rrtype") {
        members.rrtype = value
      } else if key.is("rdata") {
        members.rdata = value
      }
    }
    return members
  }

  /// RRs of the set, 1 when there is none: a set that is refused counts as something.
  private static func records(_ object: Span<UInt8>, _ rdata: JSONValue) -> Int {
    guard rdata.isArray(in: object) else { return 1 }
    var walk = JSONWalk(at: rdata.start)
    var count = 0
    while walk.hasElement(object) {
      _ = walk.value(object)
      count += 1
    }
    return max(count, 1)
  }

  /// Reads everything but the set.
  private mutating func read(
    _ object: Span<UInt8>, _ members: Members, into observation: inout TextObservation
  ) throws(TextRejection) {
    let vantage = try NMSGTextInterpreter.vantage(object, members)
    let isZone = vantage == .zone
    observation.vantage = vantage
    observation.timeFirst = try time(
      object, isZone ? members.zoneTimeFirst : members.timeFirst)
    observation.timeLast = try time(object, isZone ? members.zoneTimeLast : members.timeLast)
    guard observation.timeFirst <= observation.timeLast else { throw .timesReversed }
    observation.count = try FeedField.count(object, members.count)
    let isIN = members.rrclass.isAbsent || JSONText.isText(object, members.rrclass, "IN")
    guard isIN else { throw .classNotIN }
    observation.rrtype = try FeedField.type(object, members.rrtype)
    try FeedField.readOwner(object, members.rrname, scratch: &scratch, into: &observation)
    try readBailiwick(object, members.bailiwick, into: &observation)
  }

  private static func vantage(
    _ object: Span<UInt8>, _ members: Members
  ) throws(TextRejection) -> Vantage {
    func isType(_ word: StaticString) -> Bool { JSONText.isText(object, members.type, word) }
    if isType("INSERTION") { throw .insertionAnnounced }
    if isType("CHAFF") { throw .chaff }
    if isType("AUTHORITATIVE") || isType("MERGED_AUTHORITATIVE") { return .zone }
    guard isType("EXPIRATION") || isType("MERGED") || isType("MERGED_INSERTION") else {
      throw members.type.isAbsent ? .missingField : .otherKind
    }
    let hasTimes = !members.timeFirst.isAbsent || !members.timeLast.isAbsent
    return hasTimes || members.zoneTimeFirst.isAbsent ? .authority : .zone
  }

  private func time(
    _ object: Span<UInt8>, _ value: JSONValue
  ) throws(TextRejection) -> UnixSeconds {
    try FeedField.time(object, value).checked(now: now)
  }

  /// The zone as a part of the owner. One that the owner does not lie in is a contradiction.
  private mutating func readBailiwick(
    _ object: Span<UInt8>, _ value: JSONValue, into observation: inout TextObservation
  ) throws(TextRejection) {
    guard !value.isAbsent else { return }
    zone.removeAll(keepingCapacity: true)
    guard value.isString,
      COFInterpreter.appendName(object, value, buffer: &scratch, to: &zone)
    else { throw .badName }
    guard let labels = TextName.labels(of: zone.span, atOrAbove: observation.rrname.span)
    else { throw .outOfBailiwick }
    observation.bailiwick = Bailiwick(labels: labels)
  }

  /// The RRs of the set: an array, or a string for a set of one.
  ///
  /// - Returns: how many of them are none.
  private mutating func readSet(
    _ object: Span<UInt8>, _ value: JSONValue, into observation: inout TextObservation
  ) -> Int {
    guard value.isArray(in: object) else {
      return append(object, value, to: &observation) ? 0 : 1
    }
    var bad = 0
    var walk = JSONWalk(at: value.start)
    while walk.hasElement(object) {
      if !append(object, walk.value(object), to: &observation) { bad += 1 }
    }
    return bad
  }

  private mutating func append(
    _ object: Span<UInt8>, _ value: JSONValue, to observation: inout TextObservation
  ) -> Bool {
    do {
      try FeedField.appendRData(
        object, value, isLossy: nil, scratch: &scratch, to: &observation)
      return true
    } catch {
      return false
    }
  }
}
