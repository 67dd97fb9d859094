import HTTPTypes
public import TidemarkEnrichment
import TidemarkModel

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

/// What requests change, with the rules that hold for JSON and for forms alike. All of it works on
/// the library: off the event loops.
extension EnrichmentService {
  /// Changes settings of an operation.
  ///
  /// - Throws: ``OperationError``, and ``Problem`` for what nobody may change without a token.
  func configure(_ id: String, _ changes: [String: String?], token: Int64?) throws {
    // Where everybody on the machine is served, nobody may send a secret of somebody else's to
    // another host.
    if token == nil {
      try EnrichmentService.requireSecrets(try registry.shownParameters(id), in: changes)
    }
    try registry.configure(id, changes)
    onChange(
      EnrichmentChange(token: token, .configured(operation: id, settings: changes.keys.sorted())))
  }

  private static func requireSecrets(
    _ shown: [OperationRegistry.ShownParameter], in changes: [String: String?]
  ) throws(Problem) {
    for parameter in shown where parameter.spec.kind == .secret && parameter.isSet {
      guard changes.index(forKey: parameter.spec.key) != nil else {
        throw Problem(
          .forbidden,
          "without a token, settings are changed together with the operation's secret:"
            + " give \(parameter.spec.key) as well")
      }
    }
  }

  /// Turns an operation on or off.
  ///
  /// - Throws: ``OperationError``.
  func setEnabled(_ id: String, _ isEnabled: Bool, token: Int64?) throws {
    try registry.setEnabled(id, isEnabled)
    onChange(EnrichmentChange(token: token, .enabled(operation: id, isEnabled)))
  }

  /// Sets what analysts think of an indicator.
  ///
  /// - Returns: false for one that is not in the library.
  /// - Throws: ``LibraryError``.
  func setStatus(
    _ status: IndicatorStatus, of key: IndicatorKey, now: UnixSeconds, token: Int64?
  ) throws -> Bool {
    let isThere = try library.setStatus(status, of: key, now: now)
    if isThere { onChange(EnrichmentChange(token: token, .rated(status))) }
    return isThere
  }

  /// Notes that indicators of a file or a form were added.
  func noteImport(_ report: AddReport, token: Int64?) {
    guard report.added > 0 else { return }
    onChange(EnrichmentChange(token: token, .imported(rows: report.added)))
  }

  /// Adds what ticked rows propose.
  ///
  /// - Throws: ``LibraryError``; then nothing was added.
  func add(_ selection: Selection, now: UnixSeconds, token: Int64?) throws -> SelectionOutcome {
    let outcome = try library.add(selection, now: now)
    onChange(
      EnrichmentChange(token: token, .added(result: selection.result, rows: outcome.added)))
    return outcome
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
