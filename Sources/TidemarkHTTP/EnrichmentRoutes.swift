import TidemarkAccess

/// The routes of operations, indicators and results below `/api/v1/`.
struct EnrichmentRoutes: Sendable {
  private let operations: Endpoint
  private let operation: Endpoint
  private let configuration: Endpoint
  private let enabled: Endpoint
  private let action: Endpoint
  private let indicators: Endpoint
  private let export: Endpoint
  private let indicator: Endpoint
  private let result: Endpoint
  private let raw: Endpoint
  private let selections: Endpoint

  init(_ desk: EnrichmentDesk, native: NativeService) {
    func endpoint(_ route: any Route, _ scope: Scope = .enrich) -> Endpoint {
      Endpoint(route, .native, scope: scope)
    }
    operations = endpoint(OperationsRoute(desk: desk))
    operation = endpoint(OperationRoute(desk: desk))
    configuration = endpoint(OperationConfigurationRoute(desk: desk), .admin)
    enabled = endpoint(OperationEnabledRoute(desk: desk), .admin)
    action = endpoint(OperationActionRoute(desk: desk))
    indicators = endpoint(IndicatorsRoute(desk: desk, native: native))
    export = endpoint(IndicatorExportRoute(desk: desk))
    indicator = endpoint(IndicatorRoute(desk: desk))
    result = endpoint(ResultRoute(desk: desk))
    raw = endpoint(ResultRawRoute(desk: desk))
    selections = endpoint(ResultSelectionsRoute(desk: desk))
  }

  /// The route of a path; nil for paths that are none of these.
  func endpoint(_ target: RequestTarget) -> Endpoint? {
    switch EnrichmentPath(target) {
    case nil: nil
    case .operations: operations
    case .operation: operation
    case .configuration: configuration
    case .enabled: enabled
    case .action: action
    case .indicators: indicators
    case .export: export
    case .indicator: indicator
    case .result: result
    case .raw: raw
    case .selections: selections
    }
  }

  /// Every route, as docs/openapi.yaml writes them.
  var all: [(path: String, endpoint: Endpoint)] {
    [
      ("/api/v1/operations", operations), ("/api/v1/operations/{id}", operation),
      ("/api/v1/operations/{id}/config", configuration),
      ("/api/v1/operations/{id}/enabled", enabled),
      ("/api/v1/operations/{id}/actions/{action}", action),
      ("/api/v1/indicators", indicators), ("/api/v1/indicators/export", export),
      ("/api/v1/indicators/{type}/{value}", indicator),
      ("/api/v1/results/{id}", result), ("/api/v1/results/{id}/raw", raw),
      ("/api/v1/results/{id}/selections", selections),
    ]
  }
}

/// What a path of enrichment names.
enum EnrichmentPath: Equatable {
  case operations
  case operation(id: String)
  case configuration(id: String)
  case enabled(id: String)
  case action(id: String, action: String)
  case indicators, export
  case indicator(type: String, value: String)
  case result(id: String)
  case raw(id: String)
  case selections(id: String)

  /// Reads a path; nil for any that names nothing of enrichment.
  init?(_ target: RequestTarget) {
    if let rest = target.rest(after: "/api/v1/operations") {
      self.init(operations: rest)
    } else if let rest = target.rest(after: "/api/v1/indicators") {
      self.init(indicators: rest)
    } else if let rest = target.rest(after: "/api/v1/results/") {
      self.init(results: rest)
    } else {
      return nil
    }
  }

  /// Reads a path of the pages; nil for any that names nothing of enrichment.
  init?(web target: RequestTarget) {
    if let rest = target.rest(after: "/ui/operations") {
      self.init(operations: rest)
    } else if let rest = target.rest(after: "/ui/indicators") {
      self.init(indicators: rest)
    } else if let rest = target.rest(after: "/ui/results/") {
      self.init(results: rest)
    } else {
      return nil
    }
  }

  private init?(operations rest: ArraySlice<UInt8>) {
    guard let words = EnrichmentPath.words(rest) else { return nil }
    switch (words.count, words.dropFirst().first) {
    case (0, _): self = .operations
    case (1, _): self = .operation(id: words[0])
    case (2, "config"): self = .configuration(id: words[0])
    case (2, "enabled"): self = .enabled(id: words[0])
    case (3, "actions"): self = .action(id: words[0], action: words[2])
    default: return nil
    }
  }

  /// Values have slashes, encoded or not: everything behind the type is the value.
  private init?(indicators rest: ArraySlice<UInt8>) {
    if rest.isEmpty {
      self = .indicators
      return
    }
    let parts = rest.split(
      separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, parts[0].isEmpty, let type = EnrichmentPath.text(parts[1]),
      !type.isEmpty
    else { return nil }
    if parts.count == 2 {
      guard type == "export" else { return nil }
      self = .export
      return
    }
    guard let value = EnrichmentPath.text(parts[2]), !value.isEmpty else { return nil }
    self = .indicator(type: type, value: value)
  }

  private init?(results rest: ArraySlice<UInt8>) {
    guard let words = EnrichmentPath.words([UInt8(ascii: "/")] + rest) else { return nil }
    switch (words.count, words.dropFirst().first) {
    case (1, _): self = .result(id: words[0])
    case (2, "raw"): self = .raw(id: words[0])
    case (2, "selections"): self = .selections(id: words[0])
    default: return nil
    }
  }

  /// The parts of a path, each behind a slash; nil when one is empty or cannot be decoded.
  private static func words(_ rest: ArraySlice<UInt8>) -> [String]? {
    guard !rest.isEmpty else { return [] }
    let parts = rest.split(
      separator: UInt8(ascii: "/"), maxSplits: 4, omittingEmptySubsequences: false)
    guard parts[0].isEmpty else { return nil }
    var words: [String] = []
    for part in parts.dropFirst() {
      guard let word = text(part), !word.isEmpty else { return nil }
      words.append(word)
    }
    return words
  }

  private static func text(_ octets: ArraySlice<UInt8>) -> String? {
    RequestTarget.decode(octets).flatMap { String(validating: $0, as: UTF8.self) }
  }
}

extension Exchange {
  /// What the request's path names; routes are chosen by it.
  var enrichmentPath: EnrichmentPath? { EnrichmentPath(target) }
}
