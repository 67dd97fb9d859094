/// One entry that is a record.
extension ZoneScanner {
  /// Reads owner, TTL, class, type and rdata.
  ///
  /// - Parameter text: not empty, without leading blanks.
  mutating func readRecord(
    _ text: Span<UInt8>, startsBlank: Bool
  ) throws(ZoneRejectionReason) {
    var tokens = PresentationTokenizer()
    if startsBlank {
      isSameOwner = true
      guard hasOwner else { throw .missingOwner }
    } else {
      try readOwner(text, &tokens)
    }
    let recordClass = try readFields(text, &tokens)
    guard recordClass == .internet else { throw .otherClass }
    rdata.removeAll(keepingCapacity: rdata.capacity <= 1 << 12)
    let rest = text.extracting(tokens.at..<text.count)
    do throws(RDataTextError) {
      try RDataParser.parse(rest, type: rrtype, origin: origin, into: &rdata)
    } catch {
      throw .badRData(error)
    }
    if origin.isEmpty, needsOrigin(rest) { throw .missingOrigin }
    if ttl == nil { ttl = impliedTTL() }
  }

  /// Reads the owner, which is the owner of the entries after it, too.
  mutating func readOwner(
    _ text: Span<UInt8>, _ tokens: inout PresentationTokenizer
  ) throws(ZoneRejectionReason) {
    let hadOwner = hasOwner
    // What follows a bad owner must not be taken for records of the one before.
    hasOwner = false
    let token: PresentationTokenizer.Token?
    do throws(RDataTextError) {
      token = try tokens.nextName(in: text)
    } catch {
      throw .badOwner(.badEscape)
    }
    guard let token else { throw .missingOwner }
    let word = text.extracting(token.range)
    try requireOrigin(of: word)
    let start = owner.count
    do throws(NameError) {
      // The new name goes behind the old one, so that the two can be compared.
      try DomainName.parse(word, origin: origin, into: &owner)
    } catch {
      throw .badOwner(error)
    }
    isSameOwner = hadOwner && isRepeated(owner, half: start)
    if isSameOwner {
      owner.removeSubrange(start...)
    } else {
      owner.removeSubrange(..<start)
    }
    hasOwner = true
  }

  private func isRepeated(_ octets: [UInt8], half: Int) -> Bool {
    guard octets.count == 2 * half else { return false }
    for index in 0..<half where octets[index] != octets[half + index] { return false }
    return true
  }

  /// Reads TTL and class, each at most once, and the type behind them.
  private mutating func readFields(
    _ text: Span<UInt8>, _ tokens: inout PresentationTokenizer
  ) throws(ZoneRejectionReason) -> ZoneClass {
    var stated: ZoneClass?
    ttl = nil
    while true {
      let found: PresentationTokenizer.Token?
      do throws(RDataTextError) {
        found = try tokens.next(in: text)
      } catch {
        throw .badType
      }
      guard let found, !found.isQuoted else { throw .missingType }
      let word = text.extracting(found.range)
      if word.count > 0, ASCII.isDigit(word[0]) {
        guard ttl == nil else { throw .badTTL }
        ttl = try readTTL(word)
        lastTTL = ttl
      } else if stated == nil, let recordClass = ZoneClass(word) {
        stated = recordClass
      } else if let type = RRType(mnemonic: word) {
        rrtype = type
        // A zone has one class: that of its SOA record, and IN unless that says something else.
        if type == .soa, let stated { zoneClass = stated }
        return stated ?? zoneClass
      } else {
        throw .badType
      }
    }
  }

  /// Reads seconds or a span such as `1h30m`.
  func readTTL(_ word: Span<UInt8>) throws(ZoneRejectionReason) -> UInt32 {
    do throws(RDataTextError) {
      return try RDataParser.seconds(word)
    } catch {
      throw .badTTL
    }
  }

  /// The TTL of a record that states none: `$TTL`, the last one stated, or the SOA's minimum, as
  /// BIND has it.
  private mutating func impliedTTL() -> UInt32? {
    if let known = defaultTTL ?? lastTTL { return known }
    guard rrtype == .soa, rdata.count >= 4 else { return nil }
    lastTTL = rdata[(rdata.count - 4)...].reduce(0) { $0 << 8 | UInt32($1) }
    return lastTTL
  }

  /// Refuses a relative name while no origin is known.
  func requireOrigin(of word: Span<UInt8>) throws(ZoneRejectionReason) {
    guard origin.isEmpty else { return }
    guard ZoneScanner.isComplete(word) else { throw .missingOrigin }
  }

  /// True when a name ends with a dot that is not escaped.
  static func isComplete(_ word: Span<UInt8>) -> Bool {
    guard word.count > 0, word[word.count - 1] == ASCII.dot else { return false }
    var backslashes = 0
    while backslashes < word.count - 1, word[word.count - 2 - backslashes] == ASCII.backslash {
      backslashes += 1
    }
    return backslashes % 2 == 0
  }

  /// True when the rdata just read without an origin has a name that needs one: the parser reads
  /// such names as complete ones.
  private func needsOrigin(_ text: Span<UInt8>) -> Bool {
    var tokens = PresentationTokenizer()
    for field in RDataSchema.fields(of: rrtype) {
      switch field {
      case .name, .keptName:
        guard let token = try? tokens.nextName(in: text) else { return false }
        let word = text.extracting(token.range)
        // The form of RFC 3597 holds complete names.
        if word.count == 2, word[0] == ASCII.backslash { return false }
        if !ZoneScanner.isComplete(word) { return true }
      case .gateway, .relay, .hostIdentity:
        return changesWithOrigin(text)
      default:
        _ = try? tokens.next(in: text)
      }
    }
    return false
  }

  private func changesWithOrigin(_ text: Span<UInt8>) -> Bool {
    var other: [UInt8] = []
    try? RDataParser.parse(text, type: rrtype, origin: [1, 0x2D, 0], into: &other)
    return other != rdata
  }
}
