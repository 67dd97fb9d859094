import DNSWire
import TidemarkDomains
import TidemarkModel
import TidemarkPivots
import TidemarkStore
import TidemarkTesting
import TidemarkWeb

/// Short ways to fill a store and to look at it.
enum PivotSamples {
  /// 2025-06-15T15:06:40Z.
  static let time: UnixSeconds = 1_750_000_000
  static let day: UnixSeconds = 86_400

  struct NoValue: Error {}

  static func store(_ samples: [StoreSample]) throws -> MemoryStore {
    let store = MemoryStore()
    try store.apply(StoreSample.batch(samples))
    return store
  }

  static func a(_ owner: String, _ octets: [UInt8] = [192, 0, 2, 1], age: UnixSeconds = 0)
    -> StoreSample
  {
    StoreSample(owner, .a, octets, time: time - age)
  }

  static func points(
    _ owner: String, _ rrtype: RRType, _ target: String, age: UnixSeconds = 0
  ) -> StoreSample {
    let prefix: [UInt8] = rrtype == .mx ? [0, 10] : []
    return StoreSample(owner, rrtype, prefix + StoreSample.wire(target), time: time - age)
  }

  static func value(_ text: String) throws -> PivotValue {
    guard let value = PivotValue(text: text) else { throw NoValue() }
    return value
  }

  static func probe(_ store: MemoryStore, lists: [RiskList] = []) throws -> PivotProbe {
    PivotProbe(
      store: store, datasets: [.main], lists: RiskListSet(lists),
      suffixes: try? PublicSuffixList.standard(), now: time)
  }

  /// What a probe with all the time it wants finds.
  static func facts(
    _ text: String, _ store: MemoryStore, besides: String? = nil, lists: [RiskList] = []
  ) throws -> PivotFacts {
    let other = try besides.map { try value($0) }
    return try probe(store, lists: lists).facts(of: value(text), besides: other) { false }
  }

  static func kinds(_ facts: PivotFacts) -> [PivotBadge.Kind] {
    PivotBadgeRules.badges(facts).map(\.kind)
  }

  /// What the reader of a graph finds about a node.
  static func expansion(
    _ text: String, _ store: MemoryStore, most: Int = GraphExpansion.edgesStandard
  ) throws -> GraphExpansion {
    var reader = GraphReader(try value(text), most: most, datasets: [.main], store: store)
    while try reader.step() {}
    return reader.expansion
  }
}
