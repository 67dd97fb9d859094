/// Somebody who asks the DNS of today what a value is, and adds the answers to the store.
public protocol ActiveResolving: Sendable {
  /// Asks, and returns when the answers are in the store, or when that takes too long; then they
  /// come into the store later, for the next look-up.
  ///
  /// Asks nothing when the value is no name and no address, when its name is not public, when it
  /// was asked for a short time ago, or when as much was asked as may be, by all or by the caller.
  ///
  /// - Parameter caller: the number of the token on whose behalf it is asked; nil where callers
  ///   are not told apart.
  func refresh(_ value: LookupValue, for caller: Int64?) async
}
