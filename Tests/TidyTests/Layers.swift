/// Who may use what: the table of ARCHITECTURE.md, as data. A new target needs a row here.
struct Layer {
  /// Modules of a higher rank may use those of a lower one, if their row says so. The rank is the
  /// layer, but that queries stand above the store inside layer 2.
  let rank: Int
  /// Targets of this package that it may depend on and import.
  let ours: Set<String>
  /// Modules from elsewhere that it may import (a trailing `*` matches any ending).
  let outside: Set<String>

  init(_ rank: Int, _ ours: Set<String> = [], outside: Set<String> = []) {
    self.rank = rank
    self.ours = ours
    self.outside = outside
  }

  /// Modules that come with the language and read neither clock nor file.
  static let language: Set<String> = ["Swift", "Synchronization", "_Concurrency"]

  private static let wire: Set<String> = ["DNSWire", "CaptureFormats", "TidemarkModel"]
  private static let system: Set<String> = ["Foundation*", "Dispatch", "Glibc", "Musl"]

  /// One row per target below `Sources`.
  static let all: [String: Layer] = [
    "DNSWire": Layer(0),
    "CaptureFormats": Layer(0),
    "CRocksDB": Layer(0),
    "CZlib": Layer(0),
    "CZstd": Layer(0),
    "CLZMA": Layer(0),
    "CPcap": Layer(0),
    "CUnbound": Layer(0),
    "CPSL": Layer(0),
    "CRE2": Layer(0),
    "TidemarkPatterns": Layer(1, ["CRE2"]),
    "TidemarkDomains": Layer(1, ["CPSL"], outside: system),
    "TidemarkAccess": Layer(2, outside: ["Crypto"]),
    "TidemarkCompression": Layer(1, ["CZlib", "CZstd", "CLZMA"], outside: system),
    "TidemarkMetrics": Layer(0, outside: ["CoreMetrics"]),
    "TidemarkModel": Layer(1, ["DNSWire"]),
    "TidemarkIngest": Layer(2, wire),
    "TidemarkStore": Layer(2, wire),
    "TidemarkQuery": Layer(
      3, wire.union(["TidemarkStore", "TidemarkPatterns", "TidemarkDomains"])),
    "TidemarkControl": Layer(4, ["TidemarkAccess"], outside: system.union(["GRDB"])),
    "TidemarkProviders": Layer(
      4, wire.union(["TidemarkIngest", "TidemarkStore", "TidemarkQuery", "CUnbound"]),
      outside: system),
    "TidemarkRocksDB": Layer(
      4, wire.union(["TidemarkStore", "CRocksDB"]), outside: system),
    "TidemarkCollectors": Layer(
      4, wire.union(["TidemarkIngest", "TidemarkCompression", "CPcap"]),
      outside: system.union(["AsyncHTTPClient", "NIO*", "Logging", "Crypto"])),
    "TidemarkHTTP": Layer(
      4,
      wire.union([
        "TidemarkStore", "TidemarkIngest", "TidemarkQuery", "TidemarkCompression",
        "TidemarkMetrics", "TidemarkPatterns", "TidemarkDomains", "TidemarkAccess",
      ]),
      outside: system.union([
        "Hummingbird*", "HTTPTypes", "NIO*", "Logging", "ServiceLifecycle", "Crypto",
      ])),
    "TidemarkTesting": Layer(
      4, wire.union(["TidemarkIngest", "TidemarkStore", "TidemarkQuery"]),
      outside: system.union(["Testing"])),
    "TidemarkConfiguration": Layer(
      5, wire.union(["TidemarkIngest", "TidemarkCollectors"]), outside: ["Yams"]),
    "tidemark": Layer(6, program, outside: ["*"]),
    "tidemark-bench": Layer(6, program, outside: ["*"]),
    "tidemark-store-bench": Layer(6, program, outside: ["*"]),
    "tidemark-rdata": Layer(6, ["DNSWire"], outside: system),
  ]

  private static let program = wire.union([
    "TidemarkIngest", "TidemarkStore", "TidemarkQuery", "TidemarkRocksDB", "TidemarkCollectors",
    "TidemarkHTTP", "TidemarkCompression", "TidemarkConfiguration", "TidemarkMetrics",
    "TidemarkAccess", "TidemarkControl", "TidemarkProviders", "TidemarkPatterns", "TidemarkDomains",
  ])

  /// Whether a module that is not ours may be imported.
  func allowsOutside(_ module: String) -> Bool {
    Layer.language.contains(module)
      || outside.contains { pattern in
        pattern.hasSuffix("*") ? module.hasPrefix(pattern.dropLast()) : module == pattern
      }
  }
}
