/// What a request must show to be served.
public enum AccessNeed: Sendable, Equatable, CustomStringConvertible {
  /// Nothing: everybody is served.
  case nothing
  /// Any valid token, whatever its scopes. It costs no quota and takes no place among the running
  /// queries.
  case token
  /// A token that holds a scope.
  case scope(Scope)

  /// `nothing`, `token`, or the scope's name.
  public var description: String {
    switch self {
    case .nothing: "nothing"
    case .token: "token"
    case .scope(let scope): scope.rawValue
    }
  }
}
