// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target of ours: unsafe expressions are marked, warnings are errors,
/// existentials are spelled, imports belong to a file unless they are public.
let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Settings of tests: the code under test is optimised, the tests themselves need not be, and take
/// less than half the time to compile.
let testing = strict + [.unsafeFlags(["-Onone"])]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let asyncHTTPClient = Target.Dependency.product(
  name: "AsyncHTTPClient", package: "async-http-client")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
  name: "tidemark",
  products: [
    .executable(name: "tidemark", targets: ["tidemark"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
  ],
  targets: [
    // Layer 0: names, types, rdata, messages, presentation text. Imports nothing.
    .target(name: "DNSWire", swiftSettings: strict),
    // Layer 0: pcap, pcapng, link layers, IP, UDP, TCP. Imports nothing.
    .target(name: "CaptureFormats", swiftSettings: strict),
    // Layer 0: gzip, zstd and xz. Imports C libraries.
    .target(
      name: "TidemarkCompression", dependencies: ["CLZMA", "CZlib", "CZstd"],
      swiftSettings: strict),
    // Layer 0: the packets of the D4 protocol. Imports swift-crypto.
    .target(name: "D4Wire", dependencies: [crypto], swiftSettings: strict),
    // Layer 0: metrics of this process as Prometheus text. Imports swift-metrics.
    .target(name: "TidemarkMetrics", dependencies: [coreMetrics], swiftSettings: strict),
    // Layer 0: patterns in linear time. Imports RE2 behind a shim.
    .target(name: "TidemarkPatterns", dependencies: ["CRE2"], swiftSettings: strict),
    // Layer 0: registered domains by the public suffix list. Imports libpsl.
    .target(name: "TidemarkDomains", dependencies: ["CPSL"], swiftSettings: strict),
    // Layer 1: record, observation, merge law, COF and passivedns text. Imports DNSWire.
    .target(name: "TidemarkModel", dependencies: ["DNSWire"], swiftSettings: strict),
    // Layer 1: what registries say (RDAP, WHOIS), history by snapshots. Imports DNSWire, Crypto.
    .target(
      name: "TidemarkRegistration", dependencies: ["DNSWire", crypto], swiftSettings: strict),
    // Layer 2: SQLite files that several processes may have open. Imports GRDB.
    .target(name: "TidemarkDatabase", dependencies: [grdb], swiftSettings: strict),
    // Layer 2: messages and lines to observations in batches. Imports layers 0 and 1.
    .target(
      name: "TidemarkIngest", dependencies: ["DNSWire", "CaptureFormats", "TidemarkModel"],
      swiftSettings: strict),
    // Layer 2: the store protocol, index keys, the memory store. Imports layers 0 and 1.
    .target(
      name: "TidemarkStore", dependencies: ["DNSWire", "TidemarkModel"], swiftSettings: strict),
    // Layer 2: query values, plan, cursors. Imports TidemarkStore and layers 0 and 1.
    .target(
      name: "TidemarkQuery",
      dependencies: [
        "DNSWire", "TidemarkPatterns", "TidemarkDomains", "TidemarkModel", "TidemarkStore",
      ],
      swiftSettings: strict),
    // Layer 2: tokens, scopes, quotas. Imports swift-crypto.
    .target(name: "TidemarkAccess", dependencies: [crypto], swiftSettings: strict),
    // Layer 2: sensors, mixing, partners. Imports D4Wire, TidemarkIngest, TidemarkStore, layer 1.
    .target(
      name: "TidemarkSharing",
      dependencies: ["D4Wire", "DNSWire", "TidemarkModel", "TidemarkIngest", "TidemarkStore"],
      swiftSettings: strict),
    // Layer 2: reverse pivots, hosting history, risk. Imports TidemarkQuery and below.
    .target(
      name: "TidemarkPivots",
      dependencies: [
        "DNSWire", "TidemarkDomains", "TidemarkModel", "TidemarkRegistration", "TidemarkStore",
        "TidemarkQuery", crypto,
      ],
      swiftSettings: strict),
    // Layer 2: the library of indicators (SQLite), operations. Imports layers 0 and 1.
    .target(
      name: "TidemarkEnrichment",
      dependencies: [
        "DNSWire", "TidemarkModel", "TidemarkRegistration", "TidemarkDatabase", crypto, grdb,
      ],
      swiftSettings: strict),
    // Layer 2: operations answered from our own data, in bulk too. Imports layers 0 to 2.
    .target(
      name: "TidemarkOperations",
      dependencies: [
        "DNSWire", "TidemarkModel", "TidemarkDomains", "TidemarkStore", "TidemarkQuery",
        "TidemarkPivots", "TidemarkRegistration", "TidemarkEnrichment", crypto,
      ],
      swiftSettings: strict),
    // Layer 2: pages for people, without HTTP. Imports swift-mustache and layers 0 to 2.
    .target(
      name: "TidemarkWeb",
      dependencies: [
        "DNSWire", "TidemarkModel", "TidemarkDomains", "TidemarkStore", "TidemarkQuery",
        "TidemarkPivots", "TidemarkRegistration", "TidemarkEnrichment", "TidemarkSharing",
        "TidemarkAccess", crypto, mustache,
      ],
      resources: [.embedInCode("Templates"), .embedInCode("Assets")], swiftSettings: strict),
    // Layer 3: the store protocol on RocksDB's C API. Imports TidemarkStore and layers 0 and 1.
    .target(
      name: "TidemarkRocksDB",
      dependencies: ["CRocksDB", "DNSWire", "TidemarkModel", "TidemarkStore"],
      swiftSettings: strict),
    // Layer 3: tokens and sensors in SQLite. Imports TidemarkAccess, TidemarkSharing and below.
    .target(
      name: "TidemarkControl",
      dependencies: [
        "TidemarkAccess", "D4Wire", "TidemarkModel", "TidemarkSharing", "TidemarkDatabase", grdb,
      ],
      swiftSettings: strict),
    // Layer 3: outside sources: the active resolver, RDAP, WHOIS, services of others.
    .target(
      name: "TidemarkProviders",
      dependencies: [
        "CUnbound", "TidemarkCompression", "DNSWire", "TidemarkModel", "TidemarkIngest",
        "TidemarkStore", "TidemarkQuery", "TidemarkRegistration", "TidemarkEnrichment",
        asyncHTTPClient, crypto, nioCore, nioHTTP1, nioPosix, nioSSL,
      ],
      swiftSettings: strict),
    // Layer 3: files, sockets, live capture, the relay's spool. Imports TidemarkIngest and below.
    .target(
      name: "TidemarkCollectors",
      dependencies: [
        "CHiredis", "CPcap", "D4Wire", "TidemarkCompression", "DNSWire", "CaptureFormats",
        "TidemarkModel", "TidemarkIngest", "TidemarkSharing", asyncHTTPClient, crypto, nioCore,
        nioHTTP1, nioPosix, nioSSL, nioWebSocket,
      ],
      swiftSettings: strict),
    // Layer 3: CIRCL and native routes. Imports TidemarkQuery, TidemarkIngest and below.
    .target(
      name: "TidemarkHTTP",
      dependencies: [
        "TidemarkCompression", "TidemarkMetrics", "DNSWire", "TidemarkModel", "TidemarkStore",
        "TidemarkIngest", "TidemarkPatterns", "TidemarkDomains", "TidemarkQuery", "TidemarkAccess",
        "D4Wire", "TidemarkSharing", "TidemarkRegistration", "TidemarkEnrichment", "TidemarkPivots",
        "TidemarkOperations", "TidemarkWeb", crypto, hummingbird, hummingbirdCore, httpTypes,
        logging, nioCore,
        nioHTTP1, nioPosix, nioSSL, nioWebSocket,
      ],
      swiftSettings: strict),
    // Layer 4: the configuration file as values. Imports TidemarkCollectors and below.
    .target(
      name: "TidemarkConfiguration",
      dependencies: [
        "DNSWire", "TidemarkModel", "TidemarkIngest", "D4Wire", "TidemarkSharing",
        "TidemarkCollectors", yams,
      ],
      swiftSettings: strict),
    // Layer 4: wiring, subcommands. Imports everything.
    .executableTarget(
      name: "tidemark",
      dependencies: [
        "DNSWire", "CaptureFormats", "D4Wire", "TidemarkModel", "TidemarkIngest", "TidemarkStore",
        "TidemarkQuery", "TidemarkRocksDB", "TidemarkCollectors", "TidemarkHTTP",
        "TidemarkConfiguration", "TidemarkCompression", "TidemarkMetrics", "TidemarkAccess",
        "TidemarkControl", "TidemarkProviders", "TidemarkDomains", "TidemarkPatterns",
        "TidemarkSharing", "TidemarkRegistration", "TidemarkEnrichment", "TidemarkPivots",
        "TidemarkOperations", argumentParser, asyncHTTPClient, crypto, logging, nioCore, nioPosix,
        nioHTTP1, nioSSL,
      ],
      swiftSettings: strict),
    // Developer tool: rdata between wire and text, for differential tests. Imports DNSWire.
    .executableTarget(
      name: "tidemark-rdata", dependencies: ["DNSWire"], swiftSettings: strict),
    // Benchmarks inside one process. Imports everything.
    .executableTarget(
      name: "tidemark-bench",
      dependencies: [
        "DNSWire", "CaptureFormats", "TidemarkModel", "TidemarkIngest", "TidemarkStore",
        "TidemarkPatterns", "TidemarkQuery", "TidemarkRocksDB", "TidemarkSharing", "TidemarkHTTP",
        argumentParser, hummingbird, hummingbirdCore, httpTypes, logging, nioCore,
      ],
      path: "Benchmarks/Sources/TidemarkBench", swiftSettings: strict),
    // Benchmarks of the store alone. Imports TidemarkRocksDB and below.
    .executableTarget(
      name: "tidemark-store-bench",
      dependencies: ["DNSWire", "TidemarkModel", "TidemarkStore", "TidemarkRocksDB"],
      path: "Benchmarks/Sources/StoreBench", swiftSettings: strict),
    // Rules that every store keeps, builders, test clocks. Imports layers 0 to 2.
    .target(
      name: "TidemarkTesting",
      dependencies: ["DNSWire", "TidemarkModel", "TidemarkStore", "TidemarkQuery"],
      swiftSettings: strict),
    // C libraries of the system: module map and shim header only.
    .systemLibrary(
      name: "CRocksDB", pkgConfig: "rocksdb", providers: [.apt(["librocksdb-dev"])]),
    .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
    .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"])]),
    .systemLibrary(
      name: "CUnbound", pkgConfig: "libunbound", providers: [.apt(["libunbound-dev"])]),
    .systemLibrary(name: "CPSL", pkgConfig: "libpsl", providers: [.apt(["libpsl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CLZMA", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
    // RE2 behind C functions: Swift cannot call C++ without opting every target in.
    .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
    // Tests, a target for each target, and scenarios on every store.
    .testTarget(
      name: "DNSWireTests", dependencies: ["DNSWire", "TidemarkTesting"], swiftSettings: testing),
    .testTarget(
      name: "CaptureFormatsTests", dependencies: ["CaptureFormats", "TidemarkTesting"],
      swiftSettings: testing),
    .testTarget(
      name: "TidemarkCompressionTests", dependencies: ["TidemarkCompression"],
      swiftSettings: testing),
    .testTarget(
      name: "TidemarkMetricsTests", dependencies: ["TidemarkMetrics", coreMetrics],
      swiftSettings: testing),
    .testTarget(
      name: "TidemarkPatternsTests", dependencies: ["TidemarkPatterns"], swiftSettings: testing),
    .testTarget(
      name: "TidemarkDomainsTests", dependencies: ["TidemarkDomains"], swiftSettings: testing),
    .testTarget(
      name: "TidemarkRegistrationTests", dependencies: ["TidemarkRegistration", "TidemarkTesting"],
      swiftSettings: testing),
    .testTarget(
      name: "TidemarkAccessTests", dependencies: ["TidemarkAccess", "TidemarkTesting"],
      swiftSettings: testing),
    .testTarget(
      name: "D4WireTests", dependencies: ["D4Wire", "TidemarkTesting", crypto],
      swiftSettings: testing),
    .testTarget(
      name: "TidemarkSharingTests",
      dependencies: [
        "D4Wire", "DNSWire", "TidemarkModel", "TidemarkIngest", "TidemarkStore",
        "TidemarkSharing", "TidemarkRocksDB", "TidemarkTesting",
      ],
      swiftSettings: testing),
    .testTarget(
      name: "TidemarkControlTests",
      dependencies: [
        "TidemarkAccess", "D4Wire", "TidemarkModel", "TidemarkSharing", "TidemarkControl",
        "TidemarkTesting",
      ],
      swiftSettings: testing),
    .testTarget(
      name: "TidemarkEnrichmentTests",
      dependencies: [
        "DNSWire", "TidemarkModel", "TidemarkRegistration", "TidemarkEnrichment", "TidemarkTesting",
      ],
      swiftSettings: testing),
    .testTarget(
      name: "TidemarkOperationsTests",
      dependencies: [
        "DNSWire", "TidemarkModel", "TidemarkDomains", "TidemarkStore", "TidemarkQuery",
        "TidemarkPivots", "TidemarkRegistration", "TidemarkEnrichment", "TidemarkOperations",
        "TidemarkRocksDB", "TidemarkTesting",
      ],
      swiftSettings: testing),
    .testTarget(
      name: "TidemarkProvidersTests",
      dependencies: [
        "TidemarkCompression", "DNSWire", "TidemarkModel", "TidemarkIngest", "TidemarkStore",
        "TidemarkQuery", "TidemarkProviders", "TidemarkRegistration", "TidemarkEnrichment",
        "TidemarkTesting", asyncHTTPClient, crypto, nioCore, nioHTTP1, nioPosix, nioSSL,
      ],
      swiftSettings: testing),
    .testTarget(
      name: "TidemarkModelTests", dependencies: ["DNSWire", "TidemarkModel", "TidemarkTesting"],
      swiftSettings: testing),
    .testTarget(
      name: "TidemarkIngestTests",
      dependencies: [
        "DNSWire", "CaptureFormats", "TidemarkModel", "TidemarkIngest", "TidemarkStore",
      ],
      swiftSettings: testing),
    .testTarget(
      name: "TidemarkStoreTests",
      dependencies: ["DNSWire", "TidemarkModel", "TidemarkStore", "TidemarkTesting"],
      swiftSettings: testing),
    .testTarget(
      name: "TidemarkQueryTests",
      dependencies: [
        "DNSWire", "TidemarkDomains", "TidemarkPatterns", "TidemarkModel", "TidemarkStore",
        "TidemarkQuery",
        "TidemarkTesting",
      ],
      swiftSettings: testing),
    .testTarget(
      name: "TidemarkPivotsTests",
      dependencies: [
        "DNSWire", "TidemarkDomains", "TidemarkModel", "TidemarkRegistration", "TidemarkStore",
        "TidemarkQuery", "TidemarkPivots", "TidemarkTesting",
      ],
      swiftSettings: testing),
    .testTarget(
      name: "TidemarkRocksDBTests",
      dependencies: [
        "CRocksDB", "DNSWire", "TidemarkModel", "TidemarkStore", "TidemarkRocksDB",
        "TidemarkTesting",
      ],
      swiftSettings: testing),
    .testTarget(
      name: "TidemarkCollectorsTests",
      dependencies: [
        "TidemarkCompression", "CaptureFormats", "D4Wire", "DNSWire", "TidemarkModel",
        "TidemarkIngest", "TidemarkStore", "TidemarkSharing", "TidemarkCollectors", "TidemarkHTTP",
        "TidemarkTesting", asyncHTTPClient, crypto, logging, nioCore, nioHTTP1, nioPosix, nioSSL,
      ],
      swiftSettings: testing),
    .testTarget(
      name: "TidemarkConfigurationTests",
      dependencies: [
        "TidemarkModel", "TidemarkIngest", "D4Wire", "TidemarkSharing", "TidemarkCollectors",
        "TidemarkConfiguration",
      ],
      swiftSettings: testing),
    .testTarget(
      name: "TidemarkWebTests",
      dependencies: [
        "DNSWire", "TidemarkModel", "TidemarkDomains", "TidemarkStore", "TidemarkQuery",
        "TidemarkPivots", "TidemarkRegistration", "TidemarkEnrichment", "TidemarkOperations",
        "D4Wire", "TidemarkAccess", "TidemarkSharing", "TidemarkWeb", "TidemarkTesting",
      ],
      swiftSettings: testing),
    .testTarget(
      name: "TidemarkHTTPTests",
      dependencies: [
        "TidemarkCompression", "TidemarkMetrics", "DNSWire", "TidemarkModel", "TidemarkIngest",
        "TidemarkStore", "TidemarkQuery", "TidemarkAccess", "TidemarkControl", "TidemarkHTTP",
        "D4Wire", "TidemarkSharing", "TidemarkDomains", "TidemarkRegistration",
        "TidemarkEnrichment", "TidemarkPivots", "TidemarkOperations", crypto, nioCore, nioPosix,
        nioHTTP1, nioSSL,
      ],
      swiftSettings: testing),
    .testTarget(
      name: "ScenarioTests",
      dependencies: ["TidemarkStore", "TidemarkRocksDB", "TidemarkTesting"],
      exclude: ["Scenarios"], swiftSettings: testing),
    .testTarget(name: "TidyTests", swiftSettings: testing),
  ]
)
