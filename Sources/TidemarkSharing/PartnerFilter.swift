import DNSWire
import TidemarkIngest
public import TidemarkModel

/// Holds records against a partner's policy.
///
/// It reads the octets of record keys; no text is made. Built once for a stream.
public struct PartnerFilter: Sendable {
  private let policy: PartnerPolicy
  /// For receivers that know D4's table of types only.
  private let isForD4Types: Bool
  private let datasetName: @Sendable (DatasetNumber) -> String?
  private let include: NameSuffixSet
  private let exclude: NameSuffixSet
  /// Nil when private names and addresses are released.
  private let privacy: RecordFilter?
  private let content: PartnerContent
  /// Times are multiples of it: that far a record may have been seen after its last time.
  private let coarsenSeconds: UnixSeconds
  /// One bit a type; empty: all types.
  private let types: [UInt64]
  /// One bit a vantage; 0: all.
  private let vantages: UInt8
  /// What was decided of datasets: they keep their names.
  private var datasets: [DatasetNumber: Bool] = [:]
  private var rrname: [UInt8] = []

  /// Makes a filter.
  ///
  /// - Parameters:
  ///   - isForD4Types: keeps back types that receivers of D4 type 8 do not know.
  ///   - coarsenSeconds: times of records were rounded down to multiples of this.
  ///   - datasetName: the name of a dataset, which never changes; nil for one that is not known.
  /// - Throws: ``PartnerPolicyError``.
  public init(
    _ policy: PartnerPolicy, isForD4Types: Bool = false, coarsenSeconds: UnixSeconds = 1,
    datasetName: @escaping @Sendable (DatasetNumber) -> String?
  ) throws(PartnerPolicyError) {
    try policy.check()
    self.policy = policy
    self.isForD4Types = isForD4Types
    self.coarsenSeconds = max(coarsenSeconds, 1)
    self.datasetName = datasetName
    include = try PartnerFilter.suffixes(policy.include)
    exclude = try PartnerFilter.suffixes(policy.exclude)
    privacy = policy.keepsPrivate ? nil : try PartnerFilter.privacy()
    content = PartnerContent(exclude: exclude, privacy: privacy)
    var types = [UInt64](repeating: 0, count: policy.rrtypes.isEmpty ? 0 : 1_024)
    for type in policy.rrtypes {
      types[Int(type.rawValue) / 64] |= 1 << UInt64(type.rawValue % 64)
    }
    self.types = types
    vantages = policy.vantages.reduce(0) { $0 | 1 << $1.rawValue }
  }

  /// What becomes of a record.
  ///
  /// - Parameters:
  ///   - key: its record key.
  ///   - releasedAt: when the chunk that holds it was released; ages count from there, so that
  ///     every reader of the stream, however late, is told the same.
  public mutating func rule(
    key: Span<UInt8>, timeLast: UnixSeconds, tlp: TLP, releasedAt: UnixSeconds
  ) -> PartnerRule {
    guard let view = RecordKeyView(key) else { return .damaged }
    if !policy.datasets.isEmpty, !has(view.dataset) { return .dataset }
    if vantages != 0, vantages & 1 << view.vantage.rawValue == 0 { return .vantage }
    if !types.isEmpty, !has(view.rrtype) { return .rrtype }
    if isForD4Types, !PassiveDNSLogWriter.knows(view.rrtype) { return .d4Type }
    if tlp > policy.tlpMax { return .tlp }
    if let most = policy.maxAgeSeconds, leastAge(timeLast, at: releasedAt) > most { return .age }
    rrname.removeAll(keepingCapacity: true)
    guard
      RecordKeyView.appendWireName(reversed: key.extracting(view.reversedName), to: &rrname)
    else { return .damaged }
    if !include.isEmpty, !include.contains(rrname.span) { return .zone }
    if !exclude.isEmpty, exclude.contains(rrname.span) { return .excluded }
    let rdata = key.extracting(view.rdata)
    let isText = view.vantage == .text
    if let privacy,
      let reason = privacy.reason(
        rrname: rrname.span, rrtype: view.rrtype,
        rdata: rdata.extracting(first: isText ? 0 : rdata.count))
    {
      return PartnerRule(reason)
    }
    return isText
      ? content.rule(text: rdata, rrtype: view.rrtype)
      : content.rule(rdata: rdata, rrtype: view.rrtype)
  }

  /// How long ago a record was seen at least.
  private func leastAge(_ timeLast: UnixSeconds, at releasedAt: UnixSeconds) -> UnixSeconds {
    let (latest, overflow) = timeLast.addingReportingOverflow(coarsenSeconds - 1)
    return overflow || latest >= releasedAt ? 0 : releasedAt - latest
  }

  // MARK: Lists

  private mutating func has(_ dataset: DatasetNumber) -> Bool {
    if let known = datasets[dataset] { return known }
    guard let name = datasetName(dataset) else { return false }
    let isGranted = policy.datasets.contains(name)
    datasets[dataset] = isGranted
    return isGranted
  }

  private func has(_ type: RRType) -> Bool {
    types[Int(type.rawValue) / 64] & 1 << UInt64(type.rawValue % 64) != 0
  }

  /// Special-use names and those that sites make up, private reverse zones and addresses. Questions
  /// to blocklists are for the collector to leave out.
  private static func privacy() throws(PartnerPolicyError) -> RecordFilter {
    var rules = RecordFilter.Rules()
    rules.leavesOutSiteNames = true
    rules.leavesOutPrivateAddresses = true
    rules.blocklists = []
    do throws(NameError) {
      return try RecordFilter(rules: rules)
    } catch {
      throw .badZone("\(error)")
    }
  }

  private static func suffixes(_ zones: [String]) throws(PartnerPolicyError) -> NameSuffixSet {
    var set = NameSuffixSet()
    for zone in zones {
      do throws(NameError) {
        set.insert(try NameSuffixSet.name(of: zone), value: 1)
      } catch {
        throw .badZone(zone)
      }
    }
    return set
  }
}
