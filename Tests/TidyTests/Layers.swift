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
    "CHiredis": Layer(0),
    "CUnbound": Layer(0),
    "CPSL": Layer(0),
    "CRE2": Layer(0),
    "TidemarkPatterns": Layer(1, ["CRE2"]),
    "TidemarkDomains": Layer(1, ["CPSL"], outside: system),
    "TidemarkAccess": Layer(2, outside: ["Crypto"]),
    "TidemarkCompression": Layer(1, ["CZlib", "CZstd", "CLZMA"], outside: system),
    "TidemarkMetrics": Layer(0, outside: ["CoreMetrics"]),
    "D4Wire": Layer(0, outside: ["Crypto"]),
    "TidemarkModel": Layer(1, ["DNSWire"]),
    "TidemarkRegistration": Layer(1, ["DNSWire"], outside: ["Crypto", "FoundationEssentials"]),
    "TidemarkDatabase": Layer(2, outside: ["GRDB", "Glibc"]),
    "TidemarkIngest": Layer(2, wire),
    "TidemarkStore": Layer(2, wire),
    "TidemarkQuery": Layer(
      3, wire.union(["TidemarkStore", "TidemarkPatterns", "TidemarkDomains"])),
    "TidemarkSharing": Layer(3, wire.union(["D4Wire", "TidemarkIngest", "TidemarkStore"])),
    "TidemarkEnrichment": Layer(
      3, ["DNSWire", "TidemarkModel", "TidemarkRegistration", "TidemarkDatabase"],
      outside: system.union(["GRDB", "Crypto"])),
    "TidemarkControl": Layer(
      4, ["TidemarkAccess", "D4Wire", "TidemarkModel", "TidemarkSharing", "TidemarkDatabase"],
      outside: system.union(["GRDB"])),
    "TidemarkProviders": Layer(
      4,
      wire.union([
        "TidemarkIngest", "TidemarkStore", "TidemarkQuery", "CUnbound", "TidemarkRegistration",
        "TidemarkEnrichment", "TidemarkCompression",
      ]),
      outside: system.union(["AsyncHTTPClient", "NIO*", "Crypto"])),
    "TidemarkPivots": Layer(
      4,
      wire.union([
        "TidemarkStore", "TidemarkQuery", "TidemarkDomains", "TidemarkRegistration",
      ]),
      outside: system.union(["Crypto"])),
    "TidemarkRocksDB": Layer(
      4, wire.union(["TidemarkStore", "CRocksDB"]), outside: system),
    "TidemarkCollectors": Layer(
      4,
      wire.union([
        "TidemarkIngest", "TidemarkCompression", "CHiredis", "CPcap", "D4Wire", "TidemarkSharing",
      ]),
      outside: system.union(["AsyncHTTPClient", "NIO*", "Logging", "Crypto"])),
    "TidemarkOperations": Layer(
      5,
      wire.union([
        "TidemarkDomains", "TidemarkStore", "TidemarkQuery", "TidemarkPivots",
        "TidemarkRegistration", "TidemarkEnrichment",
      ]),
      outside: system.union(["Crypto"])),
    "TidemarkWeb": Layer(
      5,
      wire.union([
        "TidemarkDomains", "TidemarkStore", "TidemarkQuery", "TidemarkPivots",
        "TidemarkRegistration", "TidemarkEnrichment", "TidemarkSharing", "TidemarkAccess",
      ]),
      outside: ["Mustache", "Crypto"]),
    "TidemarkHTTP": Layer(
      6,
      wire.union([
        "TidemarkStore", "TidemarkIngest", "TidemarkQuery", "TidemarkCompression",
        "TidemarkMetrics", "TidemarkPatterns", "TidemarkDomains", "TidemarkAccess",
        "D4Wire", "TidemarkSharing", "TidemarkRegistration", "TidemarkEnrichment",
        "TidemarkPivots", "TidemarkOperations", "TidemarkWeb",
      ]),
      outside: system.union([
        "Hummingbird*", "HTTPTypes", "NIO*", "Logging", "ServiceLifecycle", "Crypto",
      ])),
    "TidemarkTesting": Layer(
      4, wire.union(["TidemarkIngest", "TidemarkStore", "TidemarkQuery"]),
      outside: system.union(["Testing"])),
    "TidemarkConfiguration": Layer(
      5, wire.union(["TidemarkIngest", "D4Wire", "TidemarkSharing", "TidemarkCollectors"]),
      outside: ["Yams"]),
    "tidemark": Layer(7, program, outside: ["*"]),
    "tidemark-bench": Layer(7, program, outside: ["*"]),
    "tidemark-store-bench": Layer(7, program, outside: ["*"]),
    "tidemark-rdata": Layer(7, ["DNSWire"], outside: system),
  ]

  private static let program = wire.union([
    "TidemarkIngest", "TidemarkStore", "TidemarkQuery", "TidemarkRocksDB", "TidemarkCollectors",
    "TidemarkHTTP", "TidemarkCompression", "TidemarkConfiguration", "TidemarkMetrics",
    "TidemarkAccess", "TidemarkControl", "TidemarkProviders", "TidemarkPatterns", "TidemarkDomains",
    "D4Wire", "TidemarkSharing", "TidemarkRegistration", "TidemarkEnrichment", "TidemarkPivots",
    "TidemarkOperations",
  ])

  /// Whether a module that is not ours may be imported.
  func allowsOutside(_ module: String) -> Bool {
    Layer.language.contains(module)
      || outside.contains { pattern in
        pattern.hasSuffix("*") ? module.hasPrefix(pattern.dropLast()) : module == pattern
      }
  }
}
