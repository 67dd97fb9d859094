/// What must be there before others than the machine itself can reach the server.
public enum ListenPolicy {
  /// What is missing, in words for the command line.
  public struct Refusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// The address.
    public var host: String
    /// What is missing.
    public var missing: [String]

    /// One line for people.
    public var description: String {
      "\(host) can be reached by others, and \(missing.joined(separator: " and "))"
        + "; --insecure serves all the same"
    }
  }

  /// Whether tokens are needed: as was asked for, and otherwise wherever others can reach the
  /// server, unless that was called insecure.
  ///
  /// - Parameter asked: nil when nothing was said.
  public static func requiresTokens(
    asked: Bool?, host: String, isInsecure: Bool
  ) -> Bool {
    asked ?? !(ListenAddress.isLoopback(host) || isInsecure)
  }

  /// Refuses to serve others without TLS and tokens.
  ///
  /// - Parameter isInsecure: the person who starts the server knows what is missing.
  /// - Throws: ``Refusal``.
  public static func check(
    host: String, hasTLS: Bool, requiresTokens: Bool, isInsecure: Bool
  ) throws(Refusal) {
    guard !isInsecure, !ListenAddress.isLoopback(host) else { return }
    var missing: [String] = []
    if !hasTLS { missing.append("there is no TLS (--tls-certificate, --tls-key)") }
    if !requiresTokens { missing.append("no token is required (--require-tokens)") }
    guard missing.isEmpty else { throw Refusal(host: host, missing: missing) }
  }
}
