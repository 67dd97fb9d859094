import TidemarkEnrichment

/// The requests of one run of an action: they share its settings and its time.
struct ServiceCall: Sendable {
  private let client: OutboundClient
  private let policy: OutboundPolicy
  private let end: ContinuousClock.Instant

  /// Starts the time of a run.
  init(_ client: OutboundClient, _ configuration: OperationConfiguration) {
    self.client = client
    var policy = OutboundPolicy(reach: .anywhere)
    policy.verifiesTLS = configuration.verifiesTLS
    policy.bypassesProxy = configuration.bypassesProxy
    policy.timeoutSeconds = configuration.timeoutSeconds
    policy.octetsMax = LibraryLimits.rawOctetsMax
    // Credentials would follow.
    policy.redirectsMax = 0
    self.policy = policy
    end = .now.advanced(by: .seconds(configuration.timeoutSeconds))
  }

  /// Asks, in what is left of the time.
  ///
  /// - Throws: ``ActionFailure`` with the service's code and words for everything but success.
  func send(_ request: OutboundRequest) async throws(ActionFailure) -> OutboundResponse {
    var policy = policy
    let left = ContinuousClock.now.duration(to: end)
    guard left > .zero else {
      throw ActionFailure(
        .unavailable, message: "the time of \(policy.timeoutSeconds) s is over")
    }
    policy.timeoutSeconds = min(policy.timeoutSeconds, Int(left.components.seconds) + 1)
    let response = try await client.send(request, policy)
    guard (200..<300).contains(response.status) else {
      throw ServiceWords(response).failure
    }
    return response
  }
}

extension OutboundResponse {
  /// Longest media type that is kept, characters.
  private static let contentTypeMax = 255

  /// The body as it is kept.
  var raw: RawAnswer {
    let type = contentType.isEmpty ? "application/octet-stream" : contentType
    return RawAnswer(
      contentType: String(type.prefix(OutboundResponse.contentTypeMax)), octets: body,
      isCut: isCut)
  }
}
