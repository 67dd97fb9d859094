import DNSWire
import TidemarkModel
import TidemarkPivots
import TidemarkStore
import TidemarkTesting

/// Short ways to fill a store and to name things.
enum PivotWorld {
  static let day: UnixSeconds = 86_400
  /// 2025-06-15T15:06:40Z.
  static let time: UnixSeconds = 1_750_000_000

  static func store(_ samples: [StoreSample]) throws -> MemoryStore {
    let store = MemoryStore()
    try store.apply(StoreSample.batch(samples))
    return store
  }

  static func name(_ text: String) -> DomainName { StoreSample.name(text) }

  static func a(_ owner: String, _ last: UInt8 = 1, time: UnixSeconds = time) -> StoreSample {
    StoreSample(owner, .a, [192, 0, 2, last], time: time)
  }

  static func ns(_ owner: String, _ host: String, time: UnixSeconds = time) -> StoreSample {
    StoreSample(owner, .ns, StoreSample.wire(host), time: time)
  }

  static func mx(_ owner: String, _ host: String) -> StoreSample {
    StoreSample(owner, .mx, [0, 10] + StoreSample.wire(host))
  }

  static func soa(_ owner: String, _ host: String, contact: String = "admin.example.org")
    -> StoreSample
  {
    let times = [UInt8](repeating: 0, count: 20)
    return StoreSample(
      owner, .soa, StoreSample.wire(host) + StoreSample.wire(contact) + times)
  }

  static func texts(_ table: DomainTable) -> [String] {
    table.rows.map { $0.name.text(finalDot: false) }
  }

  static func list(
    _ name: String, _ text: String, _ kind: RiskListHeader.Kind = .block,
    category: RiskCategory? = nil, weight: Double = 1, expires: UnixSeconds? = nil
  ) throws -> RiskList {
    let header = RiskListHeader(
      name: name, kind: kind, category: category, weight: weight, expires: expires,
      updated: time / day)
    return try RiskList(header, octets: Array(text.utf8), suffixes: Suffixes.required())
  }
}
