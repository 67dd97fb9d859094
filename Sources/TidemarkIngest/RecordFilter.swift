public import DNSWire
import TidemarkModel

/// Leaves out records that a passive DNS store is better without, by name, type and rdata alone.
///
/// Built once from ``Rules``; asking is a walk over the labels that a name shares with the lists.
public struct RecordFilter: Sendable {
  /// What is left out.
  public struct Rules: Sendable, Equatable {
    /// Special-use names, single labels, private reverse zones, names of too many labels.
    public var leavesOutPrivateNames = true
    /// Also lan, home and corp, which sites use without asking and nobody delegates.
    public var leavesOutSiteNames = false
    /// Questions to blocklists and telemetry; ``standardBlocklists`` unless changed.
    public var blocklists = Rules.standardBlocklists
    /// Addresses in A and AAAA records that are not public.
    public var leavesOutPrivateAddresses = false
    /// AAAA records below 64:ff9b::/96, for sensors behind a DNS64 resolver.
    public var leavesOutDNS64 = false
    /// When not empty, only these names and those below them are kept.
    public var only: [String] = []
    /// These names and those below them are left out.
    public var exclude: [String] = []
    /// When not empty, only these types are kept.
    public var rrtypes: Set<RRType> = []

    /// Makes the standard rules.
    public init() {}

    /// Makes rules that leave out nothing, to be filled.
    public static var none: Rules {
      var rules = Rules()
      rules.leavesOutPrivateNames = false
      rules.blocklists = []
      return rules
    }

    /// The rules as one text: equal for equal rules, so that a source read under other rules is
    /// known as another one.
    public var identity: String {
      let switches = [
        leavesOutPrivateNames, leavesOutSiteNames, leavesOutPrivateAddresses, leavesOutDNS64,
      ]
      let types = rrtypes.map(\.rawValue).sorted()
      return "filter1 \(switches.map { $0 ? "1" : "0" }.joined()) \(blocklists.sorted()) "
        + "\(only.sorted()) \(exclude.sorted()) \(types)"
    }
  }

  /// Most labels of a name that is kept; more are tunnels and mistakes.
  public static let labelsMax = 100

  /// The rules that the filter keeps.
  public let rules: Rules
  /// Values are raw values of ``FilterReason``.
  private var names = NameSuffixSet()
  private var chosen = NameSuffixSet()
  private let types: [UInt64]
  private let leavesOutPrivateNames: Bool
  private let checksAddresses: Bool

  /// Makes a filter.
  ///
  /// - Throws: ``NameError`` when an entry of a list is not a name.
  public init(rules: Rules) throws(NameError) {
    self.rules = rules
    leavesOutPrivateNames = rules.leavesOutPrivateNames
    checksAddresses = rules.leavesOutPrivateAddresses || rules.leavesOutDNS64
    if rules.leavesOutPrivateNames {
      try RecordFilter.insert(Rules.specialUseNames, .specialUse, into: &names)
      try RecordFilter.insert(Rules.privateReverseNames(), .privateReverse, into: &names)
    }
    if rules.leavesOutSiteNames {
      try RecordFilter.insert(Rules.siteNames, .siteName, into: &names)
    }
    try RecordFilter.insert(rules.blocklists, .blocklist, into: &names)
    try RecordFilter.insert(rules.exclude, .excluded, into: &names)
    chosen = try NameSuffixSet(rules.only)
    types = RecordFilter.bits(of: rules.rrtypes)
  }

  /// Why a record is left out, or nil when it is kept.
  ///
  /// - Parameters:
  ///   - rrname: one complete canonical wire name.
  ///   - rdata: canonical wire form.
  @inline(__always)
  public func reason(
    rrname: Span<UInt8>, rrtype: RRType, rdata: Span<UInt8>
  ) -> FilterReason? {
    if let reason = reason(rrname: rrname, rrtype: rrtype) { return reason }
    guard checksAddresses else { return nil }
    return reason(rrtype: rrtype, rdata: rdata)
  }

  private func reason(rrname: Span<UInt8>, rrtype: RRType) -> FilterReason? {
    if !types.isEmpty, !has(rrtype) { return .rrtype }
    if !chosen.isEmpty, !chosen.contains(rrname) { return .notChosen }
    let (value, labels) = names.match(rrname)
    if value != 0 { return FilterReason(rawValue: value) }
    guard leavesOutPrivateNames else { return nil }
    if labels > RecordFilter.labelsMax { return .manyLabels }
    return labels == 1 && !RecordFilter.isOfZone(rrtype) ? .singleLabel : nil
  }

  private func reason(rrtype: RRType, rdata: Span<UInt8>) -> FilterReason? {
    if rrtype == .a, rules.leavesOutPrivateAddresses, rdata.count == 4 {
      return PrivateAddress.isPrivate(ipv4: rdata) ? .privateAddress : nil
    }
    guard rrtype == .aaaa, rdata.count == 16 else { return nil }
    if rules.leavesOutDNS64, PrivateAddress.isDNS64(ipv6: rdata) { return .dns64 }
    return rules.leavesOutPrivateAddresses && PrivateAddress.isPrivate(ipv6: rdata)
      ? .privateAddress : nil
  }

  @inline(__always)
  private func has(_ type: RRType) -> Bool {
    types[Int(type.rawValue) / 64] & 1 << UInt64(type.rawValue % 64) != 0
  }

  /// Types of delegations and zone apexes: what top-level domains have although they are single
  /// labels.
  private static func isOfZone(_ type: RRType) -> Bool {
    switch type {
    case .ns, .soa, .ds, .dnskey, .rrsig, .nsec, .nsec3param, .zonemd, .cds, .cdnskey: true
    default: false
    }
  }

  private static func insert(
    _ texts: [String], _ reason: FilterReason, into set: inout NameSuffixSet
  ) throws(NameError) {
    for text in texts { set.insert(try NameSuffixSet.name(of: text), value: reason.rawValue) }
  }

  private static func bits(of types: Set<RRType>) -> [UInt64] {
    guard !types.isEmpty else { return [] }
    var bits: [UInt64] = Array(repeating: 0, count: 1_024)
    for type in types { bits[Int(type.rawValue) / 64] |= 1 << UInt64(type.rawValue % 64) }
    return bits
  }
}

extension RecordFilter {
  /// Why a record of a message is left out, or nil when it is kept.
  @inline(__always)
  func reason(of record: MessageRecord, in parser: borrowing MessageParser) -> FilterReason? {
    parser.withOctets(record.owner) { owner in
      parser.withOctets(record.rdata) { rdata in
        reason(rrname: owner, rrtype: record.type, rdata: rdata)
      }
    }
  }
}
