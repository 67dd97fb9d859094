import DNSWire

/// The meaning of packetbeat's members.
struct PacketbeatInterpreter: JSONObjectInterpreter {
  var now: UnixSeconds
  private var scratch: [UInt8] = []
  private var rdataText = PacketbeatRData()
  private var time: UnixSeconds = 0
  /// The answers not read yet; nil before an event.
  private var answers: JSONWalk?
  /// Why none of them is taken.
  private var fault: TextRejection?

  init(now: UnixSeconds) {
    self.now = now
  }

  /// Members of an event and of the objects in it.
  private struct Members {
    var timestamp = JSONValue.missing
    var responseTime = JSONValue.missing
    var eventEnd = JSONValue.missing
    var eventDuration = JSONValue.missing
    var status = JSONValue.missing
    var code = JSONValue.missing
    var operation = JSONValue.missing
    var answers = JSONValue.missing
    var isDNS = false
    var isTruncated = false
  }

  mutating func step(
    _ object: Span<UInt8>, into observation: inout TextObservation
  ) -> ReadStep {
    if answers == nil { begin(object) }
    guard var walk = answers, walk.hasElement(object) else {
      answers = nil
      return .itemEnd
    }
    let answer = walk.value(object)
    answers = walk
    observation.reset()
    do throws(TextRejection) {
      if let fault { throw fault }
      guard answer.isObject(in: object) else { throw .missingField }
      try read(object, answer, into: &observation)
      return .observation(endsItem: false)
    } catch {
      return .rejected(error, endsItem: false)
    }
  }

  /// Finds the answers, and what they share. There are none in events of other kinds, and in those
  /// that tell of a question only.
  private mutating func begin(_ object: Span<UInt8>) {
    let members = PacketbeatInterpreter.members(object)
    guard members.isDNS, members.answers.isArray(in: object) else { return }
    // In an update this section holds conditions.
    guard
      members.operation.isAbsent || JSONText.isText(object, members.operation, "QUERY")
    else { return }
    answers = JSONWalk(at: members.answers.start)
    fault = nil
    do throws(TextRejection) {
      try check(object, members)
      time = try PacketbeatInterpreter.time(object, members).checked(now: now)
    } catch {
      fault = error
    }
  }

  private func check(_ object: Span<UInt8>, _ members: Members) throws(TextRejection) {
    let isSuccess = members.code.isAbsent || JSONText.isText(object, members.code, "NOERROR")
    // The chain of aliases in front of a name that does not exist is good (RFC 6604 section 3).
    guard isSuccess || JSONText.isText(object, members.code, "NXDOMAIN") else {
      throw .negative
    }
    // An error without an error code: nobody was seen to ask.
    if isSuccess, JSONText.isText(object, members.status, "Error") { throw .unmatched }
    guard !members.isTruncated else { throw .truncatedAnswer }
  }

  private static func time(
    _ object: Span<UInt8>, _ members: Members
  ) throws(TextRejection) -> FeedTime {
    if members.eventEnd.kind == .string,
      let end = FeedTime(
        iso: object.extracting(members.eventEnd.start..<members.eventEnd.end))
    {
      return end
    }
    let start = try FeedField.time(object, members.timestamp)
    if let nanoseconds = JSONText.number(object, members.eventDuration) {
      return start.adding(nanoseconds: nanoseconds)
    }
    // A time in milliseconds; an hour is more than any transaction takes.
    let milliseconds = min(JSONText.number(object, members.responseTime) ?? 0, 3_600_000)
    return start.adding(nanoseconds: milliseconds * 1_000_000)
  }

  private static func members(_ object: Span<UInt8>) -> Members {
    var members = Members()
    var walk = JSONWalk(at: 0)
    while let key = walk.nextKey(object) {
      let value = walk.value(object)
      if key.is("@timestamp") {
        members.timestamp = value
      } else if key.is("type") || key.is("network.protocol") {
        if JSONText.isText(object, value, "dns") { members.isDNS = true }
      } else if key.is("network") {
        if JSONText.isText(object, member("protocol", of: value, object), "dns") {
          members.isDNS = true
        }
      } else if key.is("status") {
        members.status = value
      } else if key.is("responsetime") {
        members.responseTime = value
      } else if key.is("event") {
        members.eventEnd = member("end", of: value, object)
        members.eventDuration = member("duration", of: value, object)
      } else if key.is("dns"), value.isObject(in: object) {
        readDNS(object, value, into: &members)
      }
    }
    return members
  }

  private static func readDNS(
    _ object: Span<UInt8>, _ dns: JSONValue, into members: inout Members
  ) {
    var walk = JSONWalk(at: dns.start)
    while let key = walk.nextKey(object) {
      let value = walk.value(object)
      if key.is("answers") {
        members.answers = value
      } else if key.is("response_code") {
        members.code = value
      } else if key.is("op_code") {
        members.operation = value
      } else if key.is("flags") {
        if JSONText.isTrue(object, member("truncated_response", of: value, object)) {
          members.isTruncated = true
        }
      } else if key.is("header_flags"), value.isArray(in: object) {
        var flags = JSONWalk(at: value.start)
        while flags.hasElement(object) {
          if JSONText.isText(object, flags.value(object), "TC") { members.isTruncated = true }
        }
      }
    }
  }

  /// A member of an object; missing in anything else.
  static func member(
    _ wanted: StaticString, of value: JSONValue, _ object: Span<UInt8>
  ) -> JSONValue {
    guard value.isObject(in: object) else { return .missing }
    var found = JSONValue.missing
    var walk = JSONWalk(at: value.start)
    while let name = walk.nextName(object) {
      let value = walk.value(object)
      if JSONText.isText(object, name, wanted) { found = value }
    }
    return found
  }

  private mutating func read(
    _ object: Span<UInt8>, _ answer: JSONValue, into observation: inout TextObservation
  ) throws(TextRejection) {
    var owner = JSONValue.missing
    var type = JSONValue.missing
    var recordClass = JSONValue.missing
    var data = JSONValue.missing
    var walk = JSONWalk(at: answer.start)
    while let key = walk.nextKey(object) {
      let value = walk.value(object)
      if key.is("name") {
        owner = value
      } else if key.is("type") {
        type = value
      } else if key.is("class") {
        recordClass = value
      } else if key.is("data") {
        data = value
      }
    }
    guard recordClass.isAbsent || JSONText.isText(object, recordClass, "IN") else {
      throw .classNotIN
    }
    observation.rrtype = try FeedField.type(object, type)
    (observation.timeFirst, observation.timeLast) = (time, time)
    try FeedField.readOwner(object, owner, scratch: &scratch, into: &observation)
    guard data.isString else { throw .missingField }
    try rdataText.append(object, answer, data: data, to: &observation)
  }
}
