public import DNSWire
public import TidemarkModel

/// Ranges of the `records` family.
extension KeyRange {
  /// All records of a dataset.
  public static func records(dataset: DatasetNumber) -> KeyRange {
    var prefix: [UInt8] = []
    RecordKey.appendDataset(dataset, to: &prefix)
    return .prefix(prefix)
  }

  /// The records of an owner name, of one type if one is given.
  public static func records(
    dataset: DatasetNumber, owner: DomainName, rrtype: RRType? = nil
  ) -> KeyRange {
    var prefix: [UInt8] = []
    RecordKey.appendDataset(dataset, to: &prefix)
    RecordKey.appendReversedName(owner.wire.span, to: &prefix)
    if let rrtype { RecordKey.appendType(rrtype, to: &prefix) }
    return .prefix(prefix)
  }

  /// The records of a name and of every name below it; of the names below only, if asked.
  public static func records(
    dataset: DatasetNumber, atOrBelow name: DomainName, belowOnly: Bool = false
  ) -> KeyRange {
    var prefix: [UInt8] = []
    RecordKey.appendDataset(dataset, to: &prefix)
    RecordKey.appendReversedName(name.wire.span, closed: false, to: &prefix)
    return subtree(prefix, belowOnly: belowOnly)
  }

  /// The name's own keys go on with 00, keys below it with an octet of the next label.
  fileprivate static func subtree(_ prefix: [UInt8], belowOnly: Bool) -> KeyRange {
    var range = KeyRange.prefix(prefix)
    if belowOnly { range.lower.append(1) }
    return range
  }
}

/// Ranges of the `inverse` family.
extension KeyRange {
  /// The index keys of addresses from `first` through `last`.
  ///
  /// - Parameters:
  ///   - first: 4 or 16 octets.
  ///   - last: as many octets.
  public static func inverse(
    dataset: DatasetNumber, addresses first: [UInt8], through last: [UInt8]
  ) -> KeyRange {
    precondition(first.count == last.count && [4, 16].contains(first.count), "not addresses")
    let head = head(dataset, first.count == 4 ? .ipv4 : .ipv6)
    return KeyRange(lower: head + first, upper: successor(ofPrefix: head + last))
  }

  /// The index keys of the addresses of a network.
  ///
  /// - Parameters:
  ///   - network: 4 or 16 octets; bits behind the prefix are ignored.
  ///   - bits: length of the prefix, 0 to 32 or 128.
  public static func inverse(
    dataset: DatasetNumber, network: [UInt8], bits: Int
  ) -> KeyRange {
    precondition(bits >= 0 && bits <= network.count * 8, "prefix length out of range")
    var first = network
    var last = network
    for index in network.indices {
      let fixed = min(max(bits - index * 8, 0), 8)
      let free = UInt8(truncatingIfNeeded: 0xFF >> fixed)
      first[index] &= ~free
      last[index] |= free
    }
    return inverse(dataset: dataset, addresses: first, through: last)
  }

  /// The index keys of records with this name in their rdata, of one type if one is given.
  public static func inverse(
    dataset: DatasetNumber, name: DomainName, rrtype: RRType? = nil
  ) -> KeyRange {
    var prefix = head(dataset, .name)
    RecordKey.appendReversedName(name.wire.span, to: &prefix)
    if let rrtype { RecordKey.appendType(rrtype, to: &prefix) }
    return .prefix(prefix)
  }

  /// The index keys of records with this name or one below it in their rdata; with one below it
  /// only, if asked.
  public static func inverse(
    dataset: DatasetNumber, atOrBelow name: DomainName, belowOnly: Bool = false
  ) -> KeyRange {
    var prefix = head(dataset, .name)
    RecordKey.appendReversedName(name.wire.span, closed: false, to: &prefix)
    return subtree(prefix, belowOnly: belowOnly)
  }

  /// The index keys of rdata without address or name that starts with these octets.
  ///
  /// - Parameters:
  ///   - rdata: wire form, or text for kind text; octets behind
  ///     ``InverseKey/rawOctetsMax`` are not looked at, the caller compares them.
  ///   - isComplete: the rdata has these octets and no more.
  public static func inverse(
    dataset: DatasetNumber, rdata: [UInt8], isComplete: Bool, kind: InverseKey.Kind = .raw
  ) -> KeyRange {
    precondition(kind == .raw || kind == .text, "a kind without octets of rdata")
    var prefix = head(dataset, kind)
    InverseKey.appendEscaped(
      rdata.span.extracting(first: min(rdata.count, InverseKey.rawOctetsMax)), to: &prefix)
    if isComplete { prefix.append(0) }
    return .prefix(prefix)
  }

  /// Every range in which wire rdata may be indexed, whatever its type: as an address, by the
  /// names that each type would see in it, by its first octets. Most rows do not match: the
  /// caller compares the rdata of the records.
  public static func inverse(
    dataset: DatasetNumber, anyTypeWith rdata: [UInt8]
  ) -> [KeyRange] {
    var ranges = [inverse(dataset: dataset, rdata: rdata, isComplete: true)]
    if rdata.count == 4 || rdata.count == 16 {
      ranges.append(inverse(dataset: dataset, addresses: rdata, through: rdata))
    }
    let root = DomainName.root
    var record: [UInt8] = []
    var keys = OctetStrings()
    for type in InverseKey.typesWithNames {
      record.removeAll()
      keys.removeAll()
      RecordKey.append(
        dataset: dataset, rrname: root.wire.span, rrtype: type, rdata: rdata.span,
        vantage: .authority, bailiwick: .unknown, to: &record)
      guard InverseKey.appendKeys(ofRecord: record.span, to: &keys), !keys.isEmpty,
        let view = keys.withSpan(0, { InverseKeyView($0) }), view.kind == .name
      else { continue }
      ranges.append(.prefix(Array(keys[0][..<view.reversedName.lowerBound])))
    }
    return ranges
  }

  private static func head(_ dataset: DatasetNumber, _ kind: InverseKey.Kind) -> [UInt8] {
    var head: [UInt8] = []
    RecordKey.appendDataset(dataset, to: &head)
    head.append(kind.rawValue)
    return head
  }
}

extension InverseKey {
  /// The types whose rdata has names in it.
  static let typesWithNames: [RRType] = (UInt16(0)...UInt16(300)).lazy.map(RRType.init)
    .filter { RDataSchema.fields(of: $0).contains { $0 == .name || $0 == .keptName } }
}
