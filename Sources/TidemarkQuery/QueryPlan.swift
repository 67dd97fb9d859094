import DNSWire
import TidemarkModel
import TidemarkStore

/// The key ranges that answer a query in one dataset.
struct QueryPlan {
  let family: StoreFamily
  let ranges: [KeyRange]
  /// True when one record can have several keys in a range.
  let isRepeatable: Bool

  init(_ query: RecordQuery, dataset: DatasetNumber) {
    let types = query.rrtypes.sorted()
    switch query.subject {
    case .all:
      (family, isRepeatable) = (.records, false)
      ranges = [.records(dataset: dataset)]
    case .owner(let name):
      (family, isRepeatable) = (.records, false)
      ranges =
        types.isEmpty
        ? [.records(dataset: dataset, owner: name)]
        : types.map { .records(dataset: dataset, owner: name, rrtype: $0) }
    case .ownerAtOrBelow(let name):
      (family, isRepeatable) = (.records, false)
      ranges = [.records(dataset: dataset, atOrBelow: name)]
    case .network(let network):
      (family, isRepeatable) = (.inverse, false)
      ranges = [.inverse(dataset: dataset, network: network.octets, bits: network.bits)]
    case .rdataName(let name):
      (family, isRepeatable) = (.inverse, false)
      ranges =
        types.isEmpty
        ? [.inverse(dataset: dataset, name: name)]
        : types.map { .inverse(dataset: dataset, name: name, rrtype: $0) }
    case .rdataNameAtOrBelow(let name):
      (family, isRepeatable) = (.inverse, true)
      ranges = [.inverse(dataset: dataset, atOrBelow: name)]
    case .rdata(let octets):
      (family, isRepeatable) = (.inverse, true)
      // Rows must come in key order: datasets are merged and pages resumed by it.
      ranges = KeyRange.inverse(dataset: dataset, anyTypeWith: octets)
        .sorted { KeyRange.precedes($0.lower, $1.lower) }
    case .lossyText(let text):
      (family, isRepeatable) = (.inverse, false)
      ranges = [.inverse(dataset: dataset, rdata: text, isComplete: true, kind: .text)]
    }
  }

  /// The same ranges without what lies at or before a position.
  ///
  /// - Parameter position: an order key without its dataset.
  func resumed(after position: [UInt8], dataset: DatasetNumber) -> [KeyRange] {
    var key: [UInt8] = []
    RecordKey.appendDataset(dataset, to: &key)
    key += position
    return ranges.map { $0.after(key) }.filter { !$0.isEmpty }
  }
}
