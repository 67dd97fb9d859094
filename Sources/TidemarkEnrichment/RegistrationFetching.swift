public import TidemarkRegistration

/// Asks registries and registrars, by RDAP or WHOIS, about one subject.
public protocol RegistrationFetching: Sendable {
  /// Asks now; nothing is kept.
  ///
  /// - Throws: ``ActionFailure``: ``FailureKind/notFound`` when nothing is registered,
  ///   ``FailureKind/unavailable`` when nobody answers or nobody is known to ask.
  func fetch(
    _ subject: Registration.Subject, limits: FetchLimits
  ) async throws(ActionFailure) -> FetchedRegistration
}

/// How a look-up may go about it.
public struct FetchLimits: Sendable, Equatable {
  /// False: certificates of servers are not checked.
  public var verifiesTLS = true
  /// True: proxies of the environment are not used.
  public var bypassesProxy = false
  /// Time for the whole look-up, seconds.
  public var timeoutSeconds = 30

  /// Takes the usual limits.
  public init() {}
}

/// What a look-up gave.
public struct FetchedRegistration: Sendable, Equatable {
  /// All answers as one.
  public var merged: Registration
  /// The answers by themselves: that of the registry, then that of the registrar if there is one.
  public var parts: [Registration]
  /// What the servers sent, one for each of ``parts``.
  public var texts: [RawAnswer]
  /// Who was asked: URLs, or the names of WHOIS servers, with blanks between.
  public var source: String

  /// Takes answers.
  public init(
    merged: Registration, parts: [Registration], texts: [RawAnswer], source: String
  ) {
    self.merged = merged
    self.parts = parts
    self.texts = texts
    self.source = source
  }
}
