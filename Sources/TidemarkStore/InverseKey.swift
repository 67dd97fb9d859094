import DNSWire
public import TidemarkModel

/// Keys of the `inverse` family: dataset · kind · index value · rrtype · reversed rrname · form ·
/// rest · vantage · bailiwick (docs/formats/storage.md, "Inverse key"). The values are empty.
///
/// A record has one key for its address, or one for each name in its rdata, or else one for the
/// first octets of its rdata. The record key is rebuilt from it: the rest holds what the index
/// value does not say of the rdata, and a hash where that would be long.
public enum InverseKey {
  /// What an index value is; the third octet of a key.
  public enum Kind: UInt8, CaseIterable, Sendable {
    /// Four octets of an A record.
    case ipv4 = 1
    /// Sixteen octets of an AAAA record.
    case ipv6 = 2
    /// A name in the rdata: lowered, reversed as in ``RecordKey``, closed.
    case name = 3
    /// The first octets of any other rdata, escaped as a label of ``RecordKey`` and ended by 00.
    case raw = 4
    /// The same of lossy text (``Vantage/text``) that is neither address nor name.
    case text = 5
  }

  /// How the rest completes the rdata.
  enum Form: UInt8 {
    /// The index value is the whole rdata; nothing follows.
    case whole = 1
    /// A count n, n octets before the index value, then the octets behind it.
    case around = 2
    /// The rdata itself: its name is not lowered, or it is text.
    case verbatim = 3
    /// A count n, the first n octets of the rdata, its length in two octets, eight octets of
    /// ``hash(_:)``.
    case hashed = 4
  }

  /// Octets of rdata in an index value of kind raw or text: enough to tell nearly all apart.
  public static let rawOctetsMax = 32
  /// Octets of rdata beside the index value that a key repeats; longer ones are hashed, because
  /// each octet is paid in every record with an embedded name.
  public static let restOctetsMax = 64
  /// Octets of rdata before the index value that a hashed key repeats, to narrow the search.
  static let hashedPrefixOctetsMax = 32
  /// Octets of length and hash at the end of a hashed rest.
  static let hashedTailOctets = 10
  /// Names of one record that are indexed; the longest schema has two.
  static let namesMax = 4

  /// Appends every index key of a record.
  ///
  /// - Parameter key: a record key.
  /// - Returns: false, and nothing is appended, when the octets are no record key.
  public static func appendKeys(
    ofRecord key: Span<UInt8>, to keys: inout OctetStrings
  ) -> Bool {
    guard let view = RecordKeyView(key) else { return false }
    appendKeys(ofRecord: key, view, to: &keys)
    return true
  }

  /// Appends every index key of a record whose fields are known.
  public static func appendKeys(
    ofRecord key: Span<UInt8>, _ view: RecordKeyView, to keys: inout OctetStrings
  ) {
    let rdata = key.extracting(view.rdata)
    guard view.vantage != .text else { return appendTextKeys(key, view, rdata, to: &keys) }
    switch view.rrtype {
    case .a where rdata.count == 4:
      appendAddress(.ipv4, rdata, key, view, to: &keys)
    case .aaaa where rdata.count == 16:
      appendAddress(.ipv6, rdata, key, view, to: &keys)
    default:
      if !appendNameKeys(key, view, rdata, to: &keys) {
        appendRaw(.raw, key, view, rdata, to: &keys)
      }
    }
  }

  /// A hash of rdata that never changes: FNV-1a of 64 bits. Records whose rdata collide share an
  /// index key and are all found by it, so nothing rests on the quality of the hash.
  static func hash(_ rdata: Span<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in 0..<rdata.count { hash = (hash ^ UInt64(rdata[index])) &* 0x0000_0100_0000_01B3 }
    return hash
  }

  // MARK: - Parts of keys

  private static func appendAddress(
    _ kind: Kind, _ address: Span<UInt8>, _ key: Span<UInt8>, _ view: RecordKeyView,
    to keys: inout OctetStrings
  ) {
    keys.append { out in
      appendHead(kind, key, to: &out)
      out.append(span: address)
      appendTypeAndName(key, view, to: &out)
      out.append(Form.whole.rawValue)
      appendTrailer(key, to: &out)
    }
  }

  /// Appends a key for each name in wire rdata; false when there is none.
  private static func appendNameKeys(
    _ key: Span<UInt8>, _ view: RecordKeyView, _ rdata: Span<UInt8>, to keys: inout OctetStrings
  ) -> Bool {
    var first: Range<Int>?
    var at = 0
    for field in RDataSchema.fields(of: view.rrtype) {
      guard let end = RDataSchema.end(of: field, in: rdata, from: at) else { break }
      if field == .name || field == .keptName {
        let isRepeated = first.map { equal(rdata, $0, at..<end) } ?? false
        if !isRepeated { appendNameKey(at..<end, key, view, rdata, to: &keys) }
        first = first ?? at..<end
      }
      at = end
    }
    return first != nil
  }

  private static func appendNameKey(
    _ name: Range<Int>, _ key: Span<UInt8>, _ view: RecordKeyView, _ rdata: Span<UInt8>,
    to keys: inout OctetStrings
  ) {
    let isLowered = isLowered(rdata.extracting(name))
    keys.append { out in
      appendHead(.name, key, to: &out)
      if isLowered {
        RecordKey.appendReversedName(rdata.extracting(name), to: &out)
      } else {
        var lowered: [UInt8] = []
        for index in name { lowered.append(ASCII.lowered(rdata[index])) }
        RecordKey.appendReversedName(lowered.span, to: &out)
      }
      appendTypeAndName(key, view, to: &out)
      if isLowered {
        appendRest(around: name, rdata, to: &out)
      } else {
        appendVerbatim(rdata, to: &out)
      }
      appendTrailer(key, to: &out)
    }
  }

  private static func appendRaw(
    _ kind: Kind, _ key: Span<UInt8>, _ view: RecordKeyView, _ rdata: Span<UInt8>,
    to keys: inout OctetStrings
  ) {
    let indexed = 0..<min(rdata.count, rawOctetsMax)
    keys.append { out in
      appendHead(kind, key, to: &out)
      appendEscaped(rdata.extracting(indexed), to: &out)
      out.append(0)
      appendTypeAndName(key, view, to: &out)
      appendRest(around: indexed, rdata, to: &out)
      appendTrailer(key, to: &out)
    }
  }

  @inline(__always)
  private static func appendHead(_ kind: Kind, _ key: Span<UInt8>, to out: inout [UInt8]) {
    out.append(span: key.extracting(0..<RecordKey.datasetOctets))
    out.append(kind.rawValue)
  }

  @inline(__always)
  private static func appendTypeAndName(
    _ key: Span<UInt8>, _ view: RecordKeyView, to out: inout [UInt8]
  ) {
    RecordKey.appendType(view.rrtype, to: &out)
    out.append(span: key.extracting(view.reversedName))
  }

  @inline(__always)
  private static func appendTrailer(_ key: Span<UInt8>, to out: inout [UInt8]) {
    out.append(span: key.extracting((key.count - RecordKey.trailerOctets)..<key.count))
  }

  @inline(__always)
  private static func appendRest(
    around indexed: Range<Int>, _ rdata: Span<UInt8>, to out: inout [UInt8]
  ) {
    if indexed.count == rdata.count {
      out.append(Form.whole.rawValue)
    } else if rdata.count - indexed.count <= restOctetsMax {
      out.append(Form.around.rawValue)
      out.append(UInt8(1 + rdata.count - indexed.count))
      out.append(UInt8(indexed.lowerBound))
      out.append(span: rdata.extracting(0..<indexed.lowerBound))
      out.append(span: rdata.extracting(indexed.upperBound..<rdata.count))
    } else {
      appendHash(rdata, repeating: min(indexed.lowerBound, hashedPrefixOctetsMax), to: &out)
    }
  }

  static func appendVerbatim(_ rdata: Span<UInt8>, to out: inout [UInt8]) {
    if rdata.count <= restOctetsMax {
      out.append(Form.verbatim.rawValue)
      out.append(UInt8(rdata.count))
      out.append(span: rdata)
    } else {
      appendHash(rdata, repeating: hashedPrefixOctetsMax, to: &out)
    }
  }

  private static func appendHash(
    _ rdata: Span<UInt8>, repeating count: Int, to out: inout [UInt8]
  ) {
    out.append(Form.hashed.rawValue)
    out.append(UInt8(1 + count + hashedTailOctets))
    out.append(UInt8(count))
    out.append(span: rdata.extracting(0..<count))
    out.append(UInt8(truncatingIfNeeded: rdata.count >> 8))
    out.append(UInt8(truncatingIfNeeded: rdata.count))
    let hash = hash(rdata)
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      out.append(UInt8(truncatingIfNeeded: hash >> shift))
    }
  }

  /// Escapes 00 and 01 as ``RecordKey`` does within labels, so that 00 can end the octets.
  static func appendEscaped(_ octets: Span<UInt8>, to out: inout [UInt8]) {
    for index in 0..<octets.count {
      let octet = octets[index]
      if octet <= 1 {
        out.append(1)
        out.append(octet + 1)
      } else {
        out.append(octet)
      }
    }
  }

  private static func equal(_ octets: Span<UInt8>, _ left: Range<Int>, _ right: Range<Int>) -> Bool
  {
    guard left.count == right.count else { return false }
    let lowered = zip(left, right).allSatisfy {
      ASCII.lowered(octets[$0]) == ASCII.lowered(octets[$1])
    }
    return lowered
  }

  @inline(__always)
  private static func isLowered(_ octets: Span<UInt8>) -> Bool {
    for index in 0..<octets.count where octets[index] &- 0x41 < 26 { return false }
    return true
  }
}

/// Lossy text: found by the address or the names that it contains.
extension InverseKey {
  private static func appendTextKeys(
    _ key: Span<UInt8>, _ view: RecordKeyView, _ text: Span<UInt8>, to keys: inout OctetStrings
  ) {
    var values: [[UInt8]] = []
    let kind: Kind
    if let address = IPAddressText.parse(text), view.rrtype == .a || view.rrtype == .aaaa {
      var octets: [UInt8] = []
      address.appendOctets(to: &octets)
      kind = octets.count == 4 ? .ipv4 : .ipv6
      values = [octets]
    } else {
      kind = .name
      values = names(inText: text, type: view.rrtype)
    }
    guard !values.isEmpty else { return appendRaw(.text, key, view, text, to: &keys) }
    for value in values {
      keys.append { out in
        appendHead(kind, key, to: &out)
        out.append(contentsOf: value)
        appendTypeAndName(key, view, to: &out)
        appendVerbatim(text, to: &out)
        appendTrailer(key, to: &out)
      }
    }
  }

  /// Reversed names in text of a type whose rdata is numbers and names.
  private static func names(inText text: Span<UInt8>, type: RRType) -> [[UInt8]] {
    guard isNumbersAndNames(type) else { return [] }
    var found: [[UInt8]] = []
    var start = 0
    for at in 0...text.count where at == text.count || text[at] == ASCII.space {
      defer { start = at + 1 }
      let token = text.extracting(min(start, at)..<at)
      var wire: [UInt8] = []
      guard !token.isEmpty, !isNumber(token), found.count < namesMax,
        (try? DomainName.parse(token, into: &wire)) != nil
      else { continue }
      var reversed: [UInt8] = []
      RecordKey.appendReversedName(wire.span, to: &reversed)
      if !found.contains(reversed) { found.append(reversed) }
    }
    return found
  }

  private static func isNumbersAndNames(_ type: RRType) -> Bool {
    switch type {
    case .ns, .md, .mf, .cname, .soa, .mb, .mg, .mr, .ptr, .minfo, .mx, .rp, .afsdb, .rt, .px,
      .srv, .kx, .dname:
      true
    default: false
    }
  }

  private static func isNumber(_ token: Span<UInt8>) -> Bool {
    for index in 0..<token.count where !ASCII.isDigit(token[index]) { return false }
    return true
  }
}
