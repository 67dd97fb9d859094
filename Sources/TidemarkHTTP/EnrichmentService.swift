public import TidemarkEnrichment

/// The library and the operations that a server offers: what its routes of enrichment work on.
public struct EnrichmentService: Sendable {
  /// Indicators, results, settings of operations.
  public let library: Library
  /// The operations, over ``library``.
  public let registry: OperationRegistry
  /// Runs their actions.
  public let runner: ActionRunner
  /// Told what was changed, and by which token.
  public let onChange: @Sendable (EnrichmentChange) -> Void

  /// Takes what belongs together.
  ///
  /// - Parameters:
  ///   - registry: over the same library.
  ///   - runner: over the same registry.
  ///   - onChange: called on any thread.
  public init(
    library: Library, registry: OperationRegistry, runner: ActionRunner,
    onChange: @escaping @Sendable (EnrichmentChange) -> Void
  ) {
    self.library = library
    self.registry = registry
    self.runner = runner
    self.onChange = onChange
  }
}

/// Bounds on what one request of enrichment may cost. Each exists to keep one bad client cheap.
enum EnrichmentLimits {
  /// Body of a request that is no import, octets: a selection names up to 100,000 rows.
  static let bodyOctetsMax = 1 << 20
  /// Imports at the same time; more get 503. Each holds its body, and some times as much while it
  /// is taken apart.
  static let importsMax = 2
  /// Actions that run at the same time; more get 503. Each holds an answer of up to 8 MiB.
  static let actionsMax = 16
  /// Rows of a page of indicators unless the request says otherwise.
  static let pageStandard = 100
}
