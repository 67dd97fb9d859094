import DNSWire

/// Puts rdata together from the members of one answer of packetbeat.
struct PacketbeatRData: Sendable {
  /// A part of the text, in the order of master files.
  private enum Part: Sendable {
    /// The text of a member.
    case member(StaticString)
    /// The number of a digest or hash that the member names.
    case digest(StaticString)
  }

  private var text: [UInt8] = []
  private var scratch: [UInt8] = []

  /// Appends one RR of the observation's type.
  mutating func append(
    _ object: Span<UInt8>, _ answer: JSONValue, data: JSONValue,
    to observation: inout TextObservation
  ) throws(TextRejection) {
    switch observation.rrtype {
    case .a, .aaaa, .ns, .cname, .ptr:
      try FeedField.appendRData(
        object, data, isLossy: nil, scratch: &scratch, to: &observation)
    case .txt:
      try appendStrings(object, data, to: &observation)
    default:
      if appendParts(object, answer, to: &observation) { return }
      // A type without members of its own: the octets of its rdata as if they were text.
      try FeedField.appendRData(
        object, data, isLossy: true, scratch: &scratch, to: &observation)
    }
  }

  /// Strings come escaped, without quotes, with a blank between them: only one without any blank is
  /// surely whole.
  private mutating func appendStrings(
    _ object: Span<UInt8>, _ data: JSONValue, to observation: inout TextObservation
  ) throws(TextRejection) {
    data.load(object, into: &scratch)
    guard !scratch.isEmpty, !scratch.contains(ASCII.space) else {
      return try FeedField.appendRData(scratch.span, isLossy: true, to: &observation)
    }
    text.removeAll(keepingCapacity: true)
    text.append(ASCII.quote)
    text.append(contentsOf: scratch)
    text.append(ASCII.quote)
    guard !appendWhole(to: &observation) else { return }
    try FeedField.appendRData(scratch.span, isLossy: true, to: &observation)
  }

  /// Appends whole rdata; false leaves the observation as it was.
  private mutating func appendParts(
    _ object: Span<UInt8>, _ answer: JSONValue, to observation: inout TextObservation
  ) -> Bool {
    guard let parts = PacketbeatRData.parts[observation.rrtype.rawValue] else { return false }
    text.removeAll(keepingCapacity: true)
    for part in parts {
      if !text.isEmpty { text.append(ASCII.space) }
      guard append(part, object, answer) else { return false }
    }
    return appendWhole(to: &observation)
  }

  private mutating func append(
    _ part: Part, _ object: Span<UInt8>, _ answer: JSONValue
  ) -> Bool {
    switch part {
    case .member(let name):
      let value = PacketbeatInterpreter.member(name, of: answer, object)
      guard value.isString || value.kind == .number, value.end > value.start else {
        return false
      }
      value.load(object, into: &scratch)
      text.append(contentsOf: scratch)
    case .digest(let name):
      let value = PacketbeatInterpreter.member(name, of: answer, object)
      if let number = JSONText.number(object, value) {
        ASCII.appendDecimal(number, to: &text)
      } else {
        guard
          let digest = PacketbeatRData.digests.first(where: {
            JSONText.isText(object, value, $0.name)
          })
        else { return false }
        ASCII.appendDecimal(digest.number, to: &text)
      }
    }
    return true
  }

  private func appendWhole(to observation: inout TextObservation) -> Bool {
    let start = observation.rdataOctets.count
    do {
      try RDataParser.parse(
        text.span, type: observation.rrtype, into: &observation.rdataOctets)
    } catch {
      return false
    }
    observation.closeItem(from: start, isLossy: false)
    return true
  }

  private static let parts: [UInt16: [Part]] = [
    RRType.mx.rawValue: [.member("preference"), .member("data")],
    RRType.srv.rawValue: [
      .member("priority"), .member("weight"), .member("port"), .member("data"),
    ],
    RRType.soa.rawValue: [
      .member("data"), .member("rname"), .member("serial"), .member("refresh"),
      .member("retry"), .member("expire"), .member("minimum"),
    ],
    RRType.ds.rawValue: [
      .member("key_tag"), .member("algorithm"), .digest("digest_type"), .member("data"),
    ],
    RRType.dnskey.rawValue: [
      .member("flags"), .member("protocol"), .member("algorithm"), .member("data"),
    ],
    RRType.rrsig.rawValue: [
      .member("type_covered"), .member("algorithm"), .member("labels"),
      .member("original_ttl"), .member("expiration"), .member("inception"),
      .member("key_tag"), .member("signer_name"), .member("data"),
    ],
    RRType.nsec.rawValue: [.member("data"), .member("type_bits")],
    RRType.nsec3.rawValue: [
      .digest("hash"), .member("flags"), .member("iterations"), .member("salt"),
      .member("data"), .member("type_bits"),
    ],
    RRType.nsec3param.rawValue: [
      .digest("hash"), .member("flags"), .member("iterations"), .member("data"),
    ],
  ]

  /// Mnemonics of the library that packetbeat is written with, for DS and NSEC3.
  private static let digests: [(name: StaticString, number: UInt64)] = [
    ("SHA1", 1), ("SHA256", 2), ("GOST94", 3), ("SHA384", 4), ("SHA512", 5),
  ]
}
