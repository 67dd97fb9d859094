import DNSWire

/// A resource record of an EVE event by the places of its members; nothing is understood yet.
struct EVEAnswer {
  /// What stands in an object of its own instead of in `rdata`.
  enum Detail { case none, soa, srv, sshfp }

  var rrname = JSONValue.missing
  var rrtype = JSONValue.missing
  var rdata = JSONValue.missing
  var detail = Detail.none
  /// The object of the detail.
  var detailObject = JSONValue.missing
  /// True when Suricata cut a name or the data.
  var isTruncated = false

  /// True when there is data of any kind.
  var hasData: Bool { rdata.isString || detail != .none }

  /// Reads the object that starts at `at`.
  mutating func parse(_ text: Span<UInt8>, at: inout Int, depth: Int) throws(JSONFault) {
    at += 1
    let closing = UInt8(ascii: "}")
    if try JSONText.nextOctet(text, at: &at) == closing {
      at += 1
      return
    }
    repeat {
      let key = JSONKey(text, try JSONText.key(text, at: &at))
      let value = try JSONText.value(text, at: &at, depth: depth + 1)
      take(text, key, value)
    } while try !JSONText.isLast(text, at: &at, closing: closing)
  }

  /// Takes a member, if it is one of a record.
  @inline(__always)
  mutating func take(_ text: Span<UInt8>, _ key: JSONKey, _ value: JSONValue) {
    if key.is("rrname") {
      rrname = value
    } else if key.is("rrtype") {
      rrtype = value
    } else if key.is("rdata") {
      rdata = value
    } else if value.kind == .other {
      takeDetail(text, key, value)
    }
  }

  private mutating func takeDetail(_ text: Span<UInt8>, _ key: JSONKey, _ value: JSONValue) {
    if key.tellsOfTruncation {
      if JSONText.isTrue(text, value) { isTruncated = true }
      return
    }
    guard text[value.start] == UInt8(ascii: "{") else { return }
    if key.is("soa") {
      detail = .soa
    } else if key.is("srv") {
      detail = .srv
    } else if key.is("sshfp") {
      detail = .sshfp
    } else {
      return
    }
    detailObject = value
  }
}

/// The members of `soa`, `srv` and `sshfp` objects.
struct EVEDetail {
  private(set) var names: (first: JSONValue, second: JSONValue) = (.missing, .missing)
  /// In the order of the rdata.
  private(set) var numbers: [5 of JSONValue] = [.missing, .missing, .missing, .missing, .missing]
  private(set) var fingerprint = JSONValue.missing
  private(set) var isTruncated = false

  /// Reads an object that was checked before.
  init(_ text: Span<UInt8>, _ object: JSONValue) throws(JSONFault) {
    var at = object.start + 1
    let closing = UInt8(ascii: "}")
    guard try JSONText.nextOctet(text, at: &at) != closing else { return }
    repeat {
      let key = JSONKey(text, try JSONText.key(text, at: &at))
      take(text, key, try JSONText.value(text, at: &at, depth: 1))
    } while try !JSONText.isLast(text, at: &at, closing: closing)
  }

  private mutating func take(_ text: Span<UInt8>, _ key: JSONKey, _ value: JSONValue) {
    // The manual says `target`, the program writes `name`.
    if key.is("mname") || key.is("name") || key.is("target") {
      names.first = value
    } else if key.is("rname") {
      names.second = value
    } else if key.is("serial") || key.is("priority") || key.is("algo") {
      numbers[0] = value
    } else if key.is("refresh") || key.is("weight") || key.is("type") {
      numbers[1] = value
    } else if key.is("retry") || key.is("port") {
      numbers[2] = value
    } else if key.is("expire") {
      numbers[3] = value
    } else if key.is("minimum") {
      numbers[4] = value
    } else if key.is("fingerprint") {
      fingerprint = value
    } else if key.tellsOfTruncation, JSONText.isTrue(text, value) {
      isTruncated = true
    }
  }
}
