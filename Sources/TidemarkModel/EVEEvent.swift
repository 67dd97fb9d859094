import DNSWire

/// One line of an EVE log, its members found but not yet understood. Reused from line to line; of
/// members that occur twice the last one counts.
struct EVEEvent {
  /// What kind of event a line tells of.
  enum Kind {
    /// None of DNS; the rest of the line was not looked at.
    case other
    case dns
  }

  /// Most records of one event: twice what fits into a DNS message.
  static let recordsMax = 1 << 13

  private(set) var timestamp = JSONValue.missing
  private(set) var sourcePort = JSONValue.missing
  private(set) var destinationPort = JSONValue.missing
  /// The sensor's name, when Suricata is told to write it.
  private(set) var host = JSONValue.missing

  private(set) var type = JSONValue.missing
  private(set) var rcode = JSONValue.missing
  private(set) var isTruncated = false
  /// The record of version 1, which lies in the event itself; in version 2 the question.
  private(set) var flat = EVEAnswer()
  /// The first question of version 3.
  private(set) var question = EVEAnswer()
  /// Version 2 and 3.
  private(set) var answers: [EVEAnswer] = []
  /// The object of answers by type.
  private(set) var grouped = JSONValue.missing
  /// True when there are more records than a message can hold.
  private(set) var hasTooMany = false

  /// Reads a line.
  ///
  /// - Throws: ``JSONFault``; what was found until then is of no use.
  mutating func parse(_ text: Span<UInt8>) throws(JSONFault) -> Kind {
    reset()
    var at = 0
    guard try JSONText.nextOctet(text, at: &at) == UInt8(ascii: "{") else {
      throw .malformed(at)
    }
    at += 1
    var isDNS = false
    var dns = JSONValue.missing
    let closing = UInt8(ascii: "}")
    if try JSONText.nextOctet(text, at: &at) != closing {
      repeat {
        let key = JSONKey(text, try JSONText.key(text, at: &at))
        if key.is("dns"), isDNS, try JSONText.nextOctet(text, at: &at) == UInt8(ascii: "{") {
          try message(text, at: &at)
          continue
        }
        let value = try JSONText.value(text, at: &at, depth: 1)
        if key.is("timestamp") {
          timestamp = value
        } else if key.is("event_type") {
          isDNS = JSONText.isText(text, value, "dns")
          if !isDNS { return .other }
        } else if key.is("src_port") {
          sourcePort = value
        } else if key.is("dest_port") {
          destinationPort = value
        } else if key.is("host") {
          host = value
        } else if key.is("dns") {
          dns = value
        }
      } while try !JSONText.isLast(text, at: &at, closing: closing)
    } else {
      at += 1
    }
    JSONText.skipBlank(text, at: &at)
    guard at == text.count else { throw .malformed(at) }
    guard isDNS else { return .other }
    // It came before the type of the event: found then, read now.
    if dns.kind == .other, text[dns.start] == UInt8(ascii: "{") {
      at = dns.start
      try message(text, at: &at)
    }
    return .dns
  }

  private mutating func reset() {
    timestamp = .missing
    sourcePort = .missing
    destinationPort = .missing
    host = .missing
    resetMessage()
  }

  private mutating func resetMessage() {
    type = .missing
    rcode = .missing
    isTruncated = false
    flat = EVEAnswer()
    question = EVEAnswer()
    answers.removeAll(keepingCapacity: true)
    grouped = .missing
    hasTooMany = false
  }

  /// Reads the object `dns`.
  private mutating func message(_ text: Span<UInt8>, at: inout Int) throws(JSONFault) {
    resetMessage()
    at += 1
    let closing = UInt8(ascii: "}")
    if try JSONText.nextOctet(text, at: &at) == closing {
      at += 1
      return
    }
    repeat {
      let key = JSONKey(text, try JSONText.key(text, at: &at))
      let isArray = try JSONText.nextOctet(text, at: &at) == UInt8(ascii: "[")
      if isArray, key.is("answers") {
        answers.removeAll(keepingCapacity: true)
        try readAnswers(text, at: &at)
        continue
      }
      let value = try JSONText.value(text, at: &at, depth: 2)
      if key.is("type") {
        type = value
      } else if key.is("rcode") {
        rcode = value
      } else if key.is("tc") {
        isTruncated = JSONText.isTrue(text, value)
      } else if isArray, key.is("queries") {
        try readQuestion(text, value)
      } else if key.is("grouped") {
        grouped = value
      } else {
        flat.take(text, key, value)
      }
    } while try !JSONText.isLast(text, at: &at, closing: closing)
  }

  /// Reads an array of records.
  private mutating func readAnswers(_ text: Span<UInt8>, at: inout Int) throws(JSONFault) {
    at += 1
    let closing = UInt8(ascii: "]")
    if try JSONText.nextOctet(text, at: &at) == closing {
      at += 1
      return
    }
    repeat {
      guard try JSONText.nextOctet(text, at: &at) == UInt8(ascii: "{") else {
        throw .malformed(at)
      }
      var answer = EVEAnswer()
      try answer.parse(text, at: &at, depth: 3)
      append(answer)
    } while try !JSONText.isLast(text, at: &at, closing: closing)
  }

  private mutating func readQuestion(
    _ text: Span<UInt8>, _ array: JSONValue
  ) throws(JSONFault) {
    var at = array.start + 1
    question = EVEAnswer()
    guard try JSONText.nextOctet(text, at: &at) == UInt8(ascii: "{") else { return }
    try question.parse(text, at: &at, depth: 3)
  }

  private mutating func append(_ answer: EVEAnswer) {
    guard answers.count < EVEEvent.recordsMax else {
      hasTooMany = true
      return
    }
    answers.append(answer)
  }

  /// Turns the lists of `grouped` into records without owner, type by type.
  mutating func readGrouped(_ text: Span<UInt8>) throws(JSONFault) {
    guard grouped.kind == .other, text[grouped.start] == UInt8(ascii: "{") else { return }
    var at = grouped.start + 1
    let closing = UInt8(ascii: "}")
    guard try JSONText.nextOctet(text, at: &at) != closing else { return }
    repeat {
      let type = try JSONText.key(text, at: &at)
      let value = try JSONText.value(text, at: &at, depth: 3)
      if value.kind == .other, text[value.start] == UInt8(ascii: "[") {
        try readGroup(text, value, type: type)
      }
    } while try !JSONText.isLast(text, at: &at, closing: closing)
  }

  private mutating func readGroup(
    _ text: Span<UInt8>, _ array: JSONValue, type: JSONValue
  ) throws(JSONFault) {
    var at = array.start + 1
    let closing = UInt8(ascii: "]")
    guard try JSONText.nextOctet(text, at: &at) != closing else { return }
    repeat {
      let value = try JSONText.value(text, at: &at, depth: 4)
      var answer = EVEAnswer()
      answer.rrtype = type
      if value.kind == .other, text[value.start] == UInt8(ascii: "{") {
        answer.detail = EVEEvent.detail(text, type)
        answer.detailObject = value
      } else {
        answer.rdata = value
      }
      append(answer)
    } while try !JSONText.isLast(text, at: &at, closing: closing)
  }

  private static func detail(_ text: Span<UInt8>, _ type: JSONValue) -> EVEAnswer.Detail {
    if JSONText.isText(text, type, "SOA") { return .soa }
    if JSONText.isText(text, type, "SRV") { return .srv }
    return JSONText.isText(text, type, "SSHFP") ? .sshfp : .none
  }

  /// Makes the record of version 1 the only answer, if there is one.
  mutating func readFlat() {
    if flat.hasData { answers.append(flat) }
  }
}
