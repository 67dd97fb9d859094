import DNSWire

/// Rdata that a text feed gives incompletely. The text is brought to one form, so that feeds that
/// lose the same parts give the same octets: a lone name in lower case without final dot, anything
/// else as it is.
enum LossyRData {
  /// Appends one RR to an observation: as canonical wire octets when the text gives all of them,
  /// otherwise as lossy text.
  ///
  /// - Parameter isLossy: true when the feed is known to lose parts of this type; nil finds out.
  ///   An observation that says ``Vantage/text`` itself is lossy.
  /// - Throws: ``COFRejection/badRData`` when the text is longer than rdata can be.
  @inline(__always)
  static func append(
    _ text: Span<UInt8>, isLossy: Bool?, to observation: inout TextObservation
  ) throws(COFRejection) {
    let start = observation.rdataOctets.count
    if isLossy != true, observation.vantage != .text {
      do {
        try RDataParser.parse(text, type: observation.rrtype, into: &observation.rdataOctets)
        observation.closeItem(from: start, isLossy: false)
        return
      } catch {
        observation.rdataOctets.removeSubrange(start...)
      }
    }
    appendText(text, type: observation.rrtype, to: &observation.rdataOctets)
    guard observation.rdataOctets.count - start <= DNSLimits.rdataOctetsMax else {
      throw .badRData
    }
    observation.closeItem(from: start, isLossy: true)
  }

  static func appendText(_ text: Span<UInt8>, type: RRType, to out: inout [UInt8]) {
    if namesOne(type), let name = lowered(text) {
      DomainName.appendText(of: name.span, finalDot: false, to: &out)
      return
    }
    var at = 0
    while at < text.count {
      let start = at
      guard text[at] >= 0x80, (try? JSONText.multibyte(text, at: &at)) == nil else {
        if at == start { at += 1 }
        for index in start..<at { out.append(text[index]) }
        continue
      }
      // Octets that are no UTF-8 could not be printed in JSON; the escape of master files can.
      ASCII.appendDecimalEscape(text[start], to: &out)
      at = start + 1
    }
  }

  /// Types whose text loses everything but a name in some feeds.
  private static func namesOne(_ type: RRType) -> Bool {
    switch type {
    case .ns, .md, .mf, .cname, .soa, .mb, .mg, .mr, .ptr, .minfo, .mx, .rp, .afsdb, .rt, .srv,
      .naptr, .kx, .dname, .svcb, .https:
      true
    default: false
    }
  }

  private static func lowered(_ text: Span<UInt8>) -> [UInt8]? {
    for index in text.indices where text[index] <= ASCII.space { return nil }
    var wire: [UInt8] = []
    do {
      try DomainName.parse(text, into: &wire)
      return wire
    } catch {
      return nil
    }
  }
}

extension RRType {
  /// True for types that no stored record can have: question types and those of transport.
  var isOnlyForQuestions: Bool {
    switch rawValue {
    case 0, 41, 128, 249...255: true
    default: false
    }
  }
}

/// Relations between canonical wire names.
enum TextName {
  /// Labels of `name` when it lies at or above `owner`, otherwise nil.
  static func labels(of name: Span<UInt8>, atOrAbove owner: Span<UInt8>) -> Int? {
    var at = 0
    while owner.count - at > name.count, owner[at] != 0 { at += 1 + Int(owner[at]) }
    guard owner.count - at == name.count else { return nil }
    for index in name.indices where name[index] != owner[at + index] { return nil }
    return DomainName.labelCount(ofWire: name)
  }
}
