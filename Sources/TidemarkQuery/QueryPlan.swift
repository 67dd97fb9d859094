import DNSWire
import TidemarkModel
import TidemarkStore

/// The key ranges that answer a query in one dataset.
struct QueryPlan {
  let family: StoreFamily
  let ranges: [KeyRange]
  /// Which keys of the ranges are wanted.
  let filter: KeyFilter
  /// True when one record can have several keys in the ranges.
  let isRepeatable: Bool

  private init(
    _ family: StoreFamily, _ ranges: [KeyRange], filter: KeyFilter = .all,
    isRepeatable: Bool = false
  ) {
    self.family = family
    self.ranges = ranges
    self.filter = filter
    self.isRepeatable = isRepeatable
  }

  init(_ query: RecordQuery, dataset: DatasetNumber) {
    let types = query.rrtypes.sorted()
    self =
      switch query.subject {
      case .all, .owner, .ownerAtOrBelow, .ownerOneBelow, .ownerStartingWith:
        QueryPlan.owners(query.subject, types, dataset)
      case .rdataName, .rdataNameAtOrBelow, .rdataNameOneBelow, .rdataNameStartingWith:
        QueryPlan.names(query.subject, types, dataset)
      case .network(let network):
        QueryPlan(
          .inverse, [.inverse(dataset: dataset, network: network.octets, bits: network.bits)])
      case .addresses(let range):
        QueryPlan(
          .inverse, [.inverse(dataset: dataset, addresses: range.first, through: range.last)])
      case .rdata(let octets):
        // Rows must come in key order: datasets are merged and pages resumed by it.
        QueryPlan(
          .inverse,
          KeyRange.inverse(dataset: dataset, anyTypeWith: octets)
            .sorted { KeyRange.precedes($0.lower, $1.lower) },
          isRepeatable: true)
      case .lossyText(let text):
        QueryPlan(
          .inverse, [.inverse(dataset: dataset, rdata: text, isComplete: true, kind: .text)])
      }
  }

  /// Subjects on the owner side.
  private static func owners(
    _ subject: RecordQuery.Subject, _ types: [RRType], _ dataset: DatasetNumber
  ) -> QueryPlan {
    switch subject {
    case .owner(let name):
      QueryPlan(
        .records,
        types.isEmpty
          ? [.records(dataset: dataset, owner: name)]
          : types.map { .records(dataset: dataset, owner: name, rrtype: $0) })
    case .ownerAtOrBelow(let name):
      QueryPlan(.records, [.records(dataset: dataset, atOrBelow: name)])
    case .ownerOneBelow(let name):
      QueryPlan(
        .records, [.records(dataset: dataset, atOrBelow: name, belowOnly: true)],
        filter: .oneLabel(from: RecordKey.datasetOctets + reversed(name).count - 1))
    case .ownerStartingWith(let name):
      QueryPlan(.names, [NamesKey.range(dataset: dataset, startingWith: name)])
    default:
      QueryPlan(.records, [.records(dataset: dataset)])
    }
  }

  /// Subjects on the rdata side that are names.
  private static func names(
    _ subject: RecordQuery.Subject, _ types: [RRType], _ dataset: DatasetNumber
  ) -> QueryPlan {
    let start = RecordKey.datasetOctets + 1
    switch subject {
    case .rdataNameAtOrBelow(let name):
      return QueryPlan(
        .inverse, [.inverse(dataset: dataset, atOrBelow: name)], isRepeatable: true)
    case .rdataNameOneBelow(let name):
      return QueryPlan(
        .inverse, [.inverse(dataset: dataset, atOrBelow: name, belowOnly: true)],
        filter: .oneLabel(from: start + reversed(name).count - 1), isRepeatable: true)
    case .rdataNameStartingWith(let name):
      return QueryPlan(
        .inverse, [.inverse(dataset: dataset, atOrBelow: .root)],
        filter: .labels(reversed(name), from: start), isRepeatable: true)
    case .rdataName(let name) where types.isEmpty:
      return QueryPlan(.inverse, [.inverse(dataset: dataset, name: name)])
    case .rdataName(let name):
      return QueryPlan(
        .inverse, types.map { .inverse(dataset: dataset, name: name, rrtype: $0) })
    default:
      return QueryPlan(.inverse, [])
    }
  }

  private static func reversed(_ name: DomainName) -> [UInt8] {
    var out: [UInt8] = []
    RecordKey.appendReversedName(name.wire.span, to: &out)
    return out
  }

  /// The same ranges without what lies at or before a position.
  func resumed(after position: RowPosition, dataset: DatasetNumber) -> [KeyRange] {
    let key = position.key(in: dataset)
    return ranges.map { range in
      guard !position.includes(dataset) else { return range.after(key) }
      return KeyRange(
        lower: KeyRange.precedes(key, range.lower) ? range.lower : key, upper: range.upper)
    }.filter { !$0.isEmpty }
  }
}
