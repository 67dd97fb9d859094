/// What a token may do. A request needs one scope; holding another one does not stand in for it,
/// but that ``admin`` may do everything.
public enum Scope: String, Sendable, CaseIterable, CustomStringConvertible {
  /// Look up records.
  case query
  /// Post observations.
  case ingest
  /// Have names looked up at a resolver when they are asked for.
  case active
  /// Register sensors, which then wait to be approved.
  case register
  /// See and change tokens, settings of operations, and the state of the service.
  case admin
  /// Receive shared streams.
  case partner
  /// Read and write the library of indicators, and run actions of operations.
  case enrich

  /// The name on the command line and in `whoami`.
  public var description: String { rawValue }
}
