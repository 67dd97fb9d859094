/// What a token may do. A request needs one scope; holding another one does not stand in for it,
/// but that ``admin`` may do everything.
public enum Scope: String, Sendable, CaseIterable, CustomStringConvertible {
  /// Look up records.
  case query
  /// Post observations.
  case ingest
  /// Have names looked up at a resolver when they are asked for.
  case active
  /// See and change tokens and the state of the service.
  case admin
  /// Receive shared streams.
  case partner

  /// The name on the command line and in `whoami`.
  public var description: String { rawValue }
}
