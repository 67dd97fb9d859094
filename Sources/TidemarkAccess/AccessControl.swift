/// Decides who is served.
public final class AccessControl: Sendable {
  /// Serves everybody who can reach the server.
  public static let open = AccessControl()

  private init() {}

  /// Takes a request in, or says why not.
  ///
  /// - Parameters:
  ///   - secret: the token as it was sent; nil when none was.
  ///   - scope: what the request needs.
  /// - Throws: ``AccessDenial``.
  public func admit(secret: String?, scope: Scope) throws(AccessDenial) -> Admission {
    Admission(caller: .anonymous)
  }
}
