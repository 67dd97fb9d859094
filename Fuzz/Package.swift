// swift-tools-version: 6.2
import PackageDescription

// A package of its own: fuzzers need every object instrumented, and the parsers need next to none
// of the server's dependencies. `Sources` holds links to the real targets, because the package
// manager refuses paths outside a package.

let parserSettings: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A libFuzzer executable: the driver's `main` comes with `--sanitize fuzzer`.
func fuzzer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: "Targets/\(name)",
    swiftSettings: parserSettings)
}

let package = Package(
  name: "tidemark-fuzz",
  dependencies: [
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2")
  ],
  targets: [
    // The parsers, as in the main package.
    .target(name: "DNSWire", swiftSettings: parserSettings),
    .target(name: "CaptureFormats", swiftSettings: parserSettings),
    .target(
      name: "D4Wire", dependencies: [.product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: parserSettings),
    .target(name: "TidemarkModel", dependencies: ["DNSWire"], swiftSettings: parserSettings),
    .target(
      name: "TidemarkIngest", dependencies: ["DNSWire", "CaptureFormats", "TidemarkModel"],
      swiftSettings: parserSettings),
    .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
    .target(name: "TidemarkPatterns", dependencies: ["CRE2"], swiftSettings: parserSettings),
    .systemLibrary(name: "CPSL", pkgConfig: "libpsl"),
    .target(name: "TidemarkDomains", dependencies: ["CPSL"], swiftSettings: parserSettings),
    .target(
      name: "TidemarkStore", dependencies: ["DNSWire", "TidemarkModel"],
      swiftSettings: parserSettings),
    .target(
      name: "TidemarkQuery",
      dependencies: [
        "DNSWire", "TidemarkPatterns", "TidemarkDomains", "TidemarkModel", "TidemarkStore",
      ],
      swiftSettings: parserSettings),
    .target(
      name: "TidemarkRegistration",
      dependencies: ["DNSWire", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: parserSettings),
    // One executable per parser; Fuzz/run.sh finds them by their names.
    fuzzer("FuzzMessage", ["DNSWire"]),
    fuzzer("FuzzName", ["DNSWire"]),
    fuzzer("FuzzRData", ["DNSWire"]),
    fuzzer("FuzzZone", ["DNSWire"]),
    fuzzer("FuzzCapture", ["CaptureFormats", "DNSWire"]),
    fuzzer(
      "FuzzAuthority", ["CaptureFormats", "DNSWire", "TidemarkModel", "TidemarkIngest"]),
    fuzzer("FuzzDnstap", ["CaptureFormats", "DNSWire"]),
    fuzzer("FuzzNMSG", ["TidemarkModel", "TidemarkIngest"]),
    fuzzer("FuzzPowerDNS", ["CaptureFormats", "TidemarkModel", "TidemarkIngest"]),
    fuzzer("FuzzD4", ["D4Wire", "TidemarkModel"]),
    fuzzer("FuzzCOF", ["TidemarkModel"]),
    fuzzer("FuzzWebSocket", ["TidemarkModel", "TidemarkIngest"]),
    fuzzer("FuzzPassiveDNS", ["TidemarkModel"]),
    fuzzer("FuzzEVE", ["DNSWire", "TidemarkModel"]),
    fuzzer("FuzzZeek", ["DNSWire", "TidemarkModel"]),
    fuzzer("FuzzFeeds", ["DNSWire", "TidemarkModel"]),
    fuzzer("FuzzCSV", ["TidemarkModel"]),
    fuzzer("FuzzPattern", ["TidemarkPatterns"]),
    fuzzer("FuzzQuery", ["DNSWire", "TidemarkModel"]),
    fuzzer("FuzzCircl", ["DNSWire", "TidemarkQuery"]),
    fuzzer("FuzzNameRun", ["TidemarkModel", "TidemarkStore"]),
    fuzzer("FuzzRDAP", ["TidemarkRegistration"]),
    fuzzer("FuzzWHOIS", ["TidemarkRegistration"]),
  ]
)
