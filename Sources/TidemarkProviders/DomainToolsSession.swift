import TidemarkEnrichment
import TidemarkModel

/// Signed requests of one run.
struct DomainToolsSession: Sendable {
  /// Scheme, host and port.
  let base: String
  private let username: String
  private let key: Secret
  private let call: ServiceCall
  private let now: @Sendable () -> UnixSeconds

  /// Reads the settings `api_url`, `api_username` and `api_key`.
  ///
  /// - Throws: a failure of kind ``FailureKind/notConfigured`` when one is missing.
  init(
    _ client: OutboundClient, _ configuration: OperationConfiguration,
    _ now: @escaping @Sendable () -> UnixSeconds
  ) throws(ActionFailure) {
    guard let username = configuration.text("api_username"),
      let key = configuration.secret("api_key")
    else { throw ActionFailure(.notConfigured, message: "set api_username and api_key") }
    var base = configuration.text("api_url") ?? "https://api.domaintools.com"
    while base.hasSuffix("/") { base.removeLast() }
    self.base = base
    self.username = username
    self.key = key
    self.now = now
    call = ServiceCall(client, configuration)
  }

  /// Asks for a path from `/v1/`. Nothing that comes back holds the signature, which would let
  /// others ask for some minutes.
  ///
  /// - Throws: ``ActionFailure``, also for an answer that is too long to be read as a whole.
  func get(
    _ path: String, _ parameters: [(name: String, value: String)]
  ) async throws(ActionFailure) -> OutboundResponse {
    let timestamp = DomainToolsSignature.timestamp(now())
    let signature = DomainToolsSignature.hex(
      username: username, key: key, timestamp: timestamp, path: path)
    let query = ServiceAddress.query(
      [("app_name", "tidemark"), ("api_username", username), ("timestamp", timestamp)]
        + [("signature", signature)] + parameters)
    var outbound = OutboundRequest(url: "\(base)\(path)?\(query)")
    outbound.headers = [("Accept", "application/json")]
    let remover = SecretRemover([Secret(signature)])
    do throws(ActionFailure) {
      var reply = try await call.send(outbound)
      guard !reply.isCut else {
        throw ActionFailure(
          .unavailable, message: "the answer has more than \(reply.body.count) octets")
      }
      reply.body = remover.clean(reply.body)
      reply.contentType = remover.clean(reply.contentType)
      return reply
    } catch {
      throw ActionFailure(error.kind, code: error.code, message: remover.clean(error.message))
    }
  }
}
