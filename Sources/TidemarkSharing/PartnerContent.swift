import DNSWire
import TidemarkIngest
import TidemarkModel

/// Looks for names and addresses that a partner must not be told of, wherever they stand in rdata:
/// as fields, or as words of text.
///
/// Types whose rdata has no known form are not looked into.
struct PartnerContent: Sendable {
  private let exclude: NameSuffixSet
  /// Nil when private names and addresses are released.
  private let privacy: RecordFilter?

  /// What a word of text may be.
  private enum Words {
    /// Names stand between other words: a name has a dot.
    case prose
    /// The text is made of names and numbers. A single label is a host of a site, if the type says
    /// so.
    case names(RRType)
  }

  init(exclude: NameSuffixSet, privacy: RecordFilter?) {
    self.exclude = exclude
    self.privacy = privacy
  }

  private var looksForNothing: Bool { privacy == nil && exclude.isEmpty }

  /// Looks into wire rdata. The addresses of A and AAAA are for the filter of records.
  ///
  /// - Returns: ``PartnerRule/damaged`` for rdata that is none of its type: what it holds cannot be
  ///   told.
  func rule(rdata: Span<UInt8>, rrtype: RRType) -> PartnerRule {
    let fields = RDataSchema.fields(of: rrtype)
    guard !looksForNothing, !fields.isUnknown else { return .released }
    var at = 0
    for field in fields {
      guard let end = RDataSchema.end(of: field, in: rdata, from: at) else { return .damaged }
      let rule = rule(field, rdata.extracting(at..<end), rrtype)
      if rule != .released { return rule }
      at = end
    }
    return at == rdata.count ? .released : .damaged
  }

  /// Looks into lossy text.
  func rule(text: Span<UInt8>, rrtype: RRType) -> PartnerRule {
    looksForNothing ? .released : rule(words: text, as: PartnerContent.words(of: rrtype))
  }

  // MARK: Fields

  /// - Parameter octets: a field that is well formed.
  private func rule(_ field: RDataField, _ octets: Span<UInt8>, _ rrtype: RRType) -> PartnerRule {
    switch field {
    case .name, .keptName: rule(wireName: octets, rrtype)
    case .ipv4, .ipv6: rrtype == .a || rrtype == .aaaa ? .released : rule(address: octets)
    case .string, .optionalString, .strings: rule(strings: octets)
    case .text, .nonEmptyText: rule(words: octets, as: .prose)
    case .serviceParameters: rule(serviceParameters: octets)
    case .gateway: rule(endpoint: octets.extracting(droppingFirst: 2), octets[0], rrtype)
    case .relay: rule(endpoint: octets.extracting(droppingFirst: 1), octets[0] & 0x7F, rrtype)
    case .hostIdentity: rule(hostIdentity: octets, rrtype)
    case .addressPrefixes: rule(prefixes: octets)
    case .a6: rule(a6: octets, rrtype)
    default: .released
    }
  }

  private func rule(wireName: Span<UInt8>, _ rrtype: RRType) -> PartnerRule {
    var name: [UInt8] = []
    for index in wireName.indices { name.append(ASCII.lowered(wireName[index])) }
    return rule(name: name.span, rrtype)
  }

  private func rule(name: Span<UInt8>, _ rrtype: RRType) -> PartnerRule {
    if exclude.contains(name) { return .excluded }
    let none: [UInt8] = []
    let reason = privacy?.reason(rrname: name, rrtype: rrtype, rdata: none.span)
    return reason.map(PartnerRule.init(_:)) ?? .released
  }

  private func rule(address: Span<UInt8>) -> PartnerRule {
    let root: [UInt8] = [0]
    let reason = privacy?.reason(
      rrname: root.span, rrtype: address.count == 4 ? .a : .aaaa, rdata: address)
    return reason.map(PartnerRule.init(_:)) ?? .released
  }

  /// Character-strings, each by itself and, where there are several, as the one text that readers
  /// of TXT and SPF make of them (RFC 7208 section 3.3).
  private func rule(strings: Span<UInt8>) -> PartnerRule {
    var (whole, count) = ([UInt8](), 0)
    var at = 0
    while at < strings.count {
      let end = at + 1 + Int(strings[at])
      let string = strings.extracting((at + 1)..<end)
      let rule = rule(words: string, as: .prose)
      if rule != .released { return rule }
      for index in string.indices { whole.append(string[index]) }
      count += 1
      at = end
    }
    return count > 1 ? rule(words: whole.span, as: .prose) : .released
  }

  /// Address hints of SVCB and HTTPS records (RFC 9460 section 7.3), and the words of what else
  /// they hold.
  private func rule(serviceParameters octets: Span<UInt8>) -> PartnerRule {
    var at = 0
    while at < octets.count {
      let key = Int(octets[at]) << 8 | Int(octets[at + 1])
      let end = at + 4 + (Int(octets[at + 2]) << 8 | Int(octets[at + 3]))
      let value = octets.extracting((at + 4)..<end)
      let found =
        switch key {
        case 4: rule(addresses: value, octetsEach: 4)
        case 6: rule(addresses: value, octetsEach: 16)
        default: rule(words: value, as: .prose)
        }
      if found != .released { return found }
      at = end
    }
    return .released
  }

  private func rule(addresses: Span<UInt8>, octetsEach: Int) -> PartnerRule {
    for start in stride(from: 0, to: addresses.count, by: octetsEach) {
      let rule = rule(address: addresses.extracting(start..<(start + octetsEach)))
      if rule != .released { return rule }
    }
    return .released
  }

  /// Gateways and relays (RFC 4025 section 2.3, RFC 8777 section 4.2.3).
  private func rule(endpoint: Span<UInt8>, _ kind: UInt8, _ rrtype: RRType) -> PartnerRule {
    switch kind {
    case 1, 2: rule(address: endpoint)
    case 3: rule(wireName: endpoint, rrtype)
    default: .released
    }
  }

  /// Rendezvous servers (RFC 8005 section 5).
  private func rule(hostIdentity octets: Span<UInt8>, _ rrtype: RRType) -> PartnerRule {
    var at = 4 + Int(octets[0]) + (Int(octets[2]) << 8 | Int(octets[3]))
    while at < octets.count, let end = RDataSchema.end(of: .name, in: octets, from: at) {
      let rule = rule(wireName: octets.extracting(at..<end), rrtype)
      if rule != .released { return rule }
      at = end
    }
    return .released
  }

  /// Networks, by their first addresses, which lack the zeros at their ends (RFC 3123 section 4).
  private func rule(prefixes octets: Span<UInt8>) -> PartnerRule {
    var at = 0
    while at < octets.count {
      let end = at + 4 + Int(octets[at + 3] & 0x7F)
      var address = [UInt8](repeating: 0, count: octets[at + 1] == 1 ? 4 : 16)
      for index in (at + 4)..<end { address[index - at - 4] = octets[index] }
      let rule = rule(address: address.span)
      if rule != .released { return rule }
      at = end
    }
    return .released
  }

  /// An address without the name's part of it, or with nothing left out (RFC 2874 section 3.1).
  private func rule(a6 octets: Span<UInt8>, _ rrtype: RRType) -> PartnerRule {
    let nameStart = 1 + (128 - Int(octets[0]) + 7) / 8
    return octets[0] == 0
      ? rule(address: octets.extracting(1..<nameStart))
      : rule(wireName: octets.extracting(droppingFirst: nameStart), rrtype)
  }

  // MARK: Words

  /// What the words of lossy text of a type are.
  private static func words(of rrtype: RRType) -> Words {
    var hasName = false
    for field in RDataSchema.fields(of: rrtype) {
      switch field {
      case .name, .keptName: hasName = true
      case .string, .serviceParameters, .typeNumber: return .prose
      default: break
      }
    }
    return hasName ? .names(rrtype) : .prose
  }

  /// Every word that is an address or a name.
  private func rule(words text: Span<UInt8>, as kind: Words) -> PartnerRule {
    var start = 0
    for index in 0...text.count {
      if index < text.count, !PartnerContent.isBetweenWords(text[index]) { continue }
      let rule = rule(word: text.extracting(start..<index), as: kind)
      if rule != .released { return rule }
      start = index + 1
    }
    return .released
  }

  /// A word, or several with colons between them: `ip4:10.0.0.1`, `host.example:8080`. Only for
  /// addresses, which are short, octets are looked at more than once: a word may be 64 KiB of
  /// colons.
  private func rule(word: Span<UInt8>, as kind: Words) -> PartnerRule {
    var count = word.count
    while count > 0, word[count - 1] == ASCII.dot { count -= 1 }
    var start = 0
    while start < count {
      // An IPv6 address has colons of its own.
      if let found = rule(addressText: word.extracting(start..<count)) { return found }
      var end = start
      while end < count, word[end] != UInt8(ascii: ":") { end += 1 }
      let part = word.extracting(start..<end)
      var found = rule(addressText: part)
      if found == nil { found = rule(nameText: part, as: kind) }
      if let found, found != .released { return found }
      start = end + 1
    }
    return .released
  }

  /// Nil for what is no address.
  private func rule(addressText text: Span<UInt8>) -> PartnerRule? {
    guard let address = IPAddressText.parse(text) else { return nil }
    var octets: [UInt8] = []
    address.appendOctets(to: &octets)
    return rule(address: octets.span)
  }

  private func rule(nameText text: Span<UInt8>, as kind: Words) -> PartnerRule {
    let place = PartnerContent.withoutDots(text)
    let name = text.extracting(place)
    let isName =
      switch kind {
      // The dot of `.corp` counts, the one at the end of a sentence does not.
      case .prose: place.lowerBound > 0 || name.indices.contains { name[$0] == ASCII.dot }
      // Numbers stand beside the names of MX, SRV and SOA.
      case .names: !name.indices.allSatisfy { ASCII.isDigit(name[$0]) }
      }
    var octets: [UInt8] = []
    guard isName, (try? DomainName.parse(name, into: &octets)) != nil else { return .released }
    // Top-level domains have name servers: to this type, single labels are no hosts of a site.
    let rrtype = if case .names(let type) = kind { type } else { RRType.ns }
    return rule(name: octets.span, rrtype)
  }

  /// The part of a word between dots at its ends.
  private static func withoutDots(_ word: Span<UInt8>) -> Range<Int> {
    var (start, end) = (0, word.count)
    while start < end, word[start] == ASCII.dot { start += 1 }
    while end > start, word[end - 1] == ASCII.dot { end -= 1 }
    return start..<end
  }

  /// Blanks, controls, and characters that stand around names and addresses in texts, URIs, mail
  /// addresses and SPF.
  private static func isBetweenWords(_ octet: UInt8) -> Bool {
    switch octet {
    case 0...ASCII.space, 0x7F, ASCII.quote, UInt8(ascii: "'"), UInt8(ascii: ","),
      UInt8(ascii: ";"), UInt8(ascii: "="), UInt8(ascii: "/"), UInt8(ascii: "@"),
      UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "<"), UInt8(ascii: ">"),
      UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"),
      UInt8(ascii: "!"), UInt8(ascii: "?"), UInt8(ascii: "&"), UInt8(ascii: "|"),
      UInt8(ascii: "#"), UInt8(ascii: "%"), UInt8(ascii: "~"), UInt8(ascii: "`"):
      true
    default: false
    }
  }
}

extension PartnerRule {
  /// The rule that a reason of the filter of records stands for.
  init(_ reason: FilterReason) {
    self = reason == .privateAddress ? .privateAddress : .privateName
  }
}
