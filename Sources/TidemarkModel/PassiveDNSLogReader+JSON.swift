import DNSWire

/// The tool's option `-j`: one object a line.
extension PassiveDNSLogReader {
  /// Members by name; the rest, client and server among them, is skipped.
  private struct Members {
    var seconds = JSONValue.missing
    var localTime = JSONValue.missing
    var hostname = JSONValue.missing
    var recordClass = JSONValue.missing
    var query = JSONValue.missing
    var type = JSONValue.missing
    var answer = JSONValue.missing
    var ttl = JSONValue.missing
    var count = JSONValue.missing
  }

  mutating func readJSON(
    _ text: Span<UInt8>, into observation: inout TextObservation
  ) throws(PassiveDNSLogRejection) {
    var members = Members()
    do {
      try read(text, into: &members)
    } catch {
      throw .malformedJSON
    }
    guard members.query.isString, members.type.isString, members.answer.isString else {
      throw .malformedJSON
    }
    var buffers = Scratch()
    swap(&buffers, &scratch)
    defer { swap(&buffers, &scratch) }
    load(text, members.query, &buffers.query)
    load(text, members.type, &buffers.type)
    load(text, members.answer, &buffers.answer)
    if members.recordClass.isString {
      load(text, members.recordClass, &buffers.other)
      try PassiveDNSLogReader.checkClass(buffers.other.span)
    }
    let ttl = members.ttl.isAbsent ? nil : number(text, members.ttl)
    guard let count = members.count.isAbsent ? 1 : number(text, members.count) else {
      throw .badCount
    }
    if PassiveDNSLogReader.isNegative(buffers.answer.span, ttl: ttl, count: count) {
      throw .negative
    }
    let time = try time(text, members)
    if members.hostname.isString { load(text, members.hostname, &observation.sensorID) }
    try fill(
      query: buffers.query.span, type: buffers.type.span, answer: buffers.answer.span, time: time,
      count: count, into: &observation)
  }

  private func read(_ text: Span<UInt8>, into members: inout Members) throws(JSONFault) {
    var at = 1
    if try JSONText.nextOctet(text, at: &at) == UInt8(ascii: "}") { return }
    var name: [UInt8] = []
    repeat {
      let key = try JSONText.key(text, at: &at)
      name.removeAll(keepingCapacity: true)
      JSONText.appendString(text, key, to: &name)
      let value = try JSONText.value(text, at: &at, depth: 1)
      // `timestamp_ms` holds microseconds, which are not kept; `client` is nobody's business.
      switch String(decoding: name, as: UTF8.self) {
      case "timestamp_s": members.seconds = value
      case "timestamp": members.localTime = value
      case "hostname": members.hostname = value
      case "class": members.recordClass = value
      case "query": members.query = value
      case "type": members.type = value
      case "answer": members.answer = value
      case "ttl": members.ttl = value
      case "count": members.count = value
      default: break
      }
    } while try !JSONText.isLast(text, at: &at, closing: UInt8(ascii: "}"))
    guard at == text.count else { throw .malformed(at) }
  }

  private func load(_ text: Span<UInt8>, _ value: JSONValue, _ out: inout [UInt8]) {
    out.removeAll(keepingCapacity: true)
    JSONText.appendString(text, value, to: &out)
  }

  private func number(_ text: Span<UInt8>, _ value: JSONValue) -> UInt64? {
    guard value.kind == .number || value.kind == .string else { return nil }
    return try? TextDecimal.floor(text.extracting(value.start..<value.end))
  }

  private func time(
    _ text: Span<UInt8>, _ members: Members
  ) throws(PassiveDNSLogRejection) -> UnixSeconds {
    if !members.seconds.isAbsent {
      guard let seconds = number(text, members.seconds) else { throw .badTime }
      return try checked(seconds)
    }
    guard layout.localTimeIsUTC, members.localTime.kind == .string else { throw .badTime }
    return try checked(
      PassiveDNSLogReader.civil(text.extracting(members.localTime.start..<members.localTime.end)))
  }
}
