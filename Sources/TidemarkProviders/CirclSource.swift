public import TidemarkEnrichment

/// Asks CIRCL's passive DNS, or any server with its route `/pdns/query/<value>`.
public struct CirclSource: ActionSource {
  private let client: OutboundClient

  /// Makes a source.
  ///
  /// - Parameter client: sends the requests.
  public init(client: OutboundClient) { self.client = client }

  /// Asks for the records that name a domain or an address.
  ///
  /// - Throws: ``ActionFailure`` with the server's code and words.
  public func answer(_ request: ActionRequest) async throws(ActionFailure) -> SourceAnswer {
    let request = request.unmapped
    guard [.fqdn, .ipv4, .ipv6].contains(request.indicator.type) else {
      throw ActionFailure(.refused, message: "the service takes names and addresses only")
    }
    let origin = try ServiceAddress.origin(request.configuration)
    var outbound = OutboundRequest(url: "\(origin)/pdns/query/\(request.indicator.value)")
    outbound.headers = [
      ("Accept", "application/x-ndjson, application/json, */*"),
      try CirclCredentials(request.configuration).header,
    ]
    let call = ServiceCall(client, request.configuration)
    let response = try await call.send(outbound)
    var answer = try CirclSource.read(response, for: request)
    answer.source = outbound.url
    return answer
  }

  /// Reads a successful response.
  ///
  /// - Throws: ``ActionFailure`` when no record is in it and it is not empty either; with the words
  ///   of the server, when it says something else.
  static func read(
    _ response: OutboundResponse, for request: ActionRequest
  ) throws(ActionFailure) -> SourceAnswer {
    let records: CirclAnswer
    do throws(ActionFailure) {
      records = try CirclAnswer(response.body, for: request)
    } catch {
      throw ServiceWords(response).failure(otherwise: error.message)
    }
    var answer = SourceAnswer(source: response.url, raw: response.raw)
    answer.notes = records.notes
    answer.tables = [records.table]
    answer.isTruncated = records.isCut || response.isCut
    if answer.isTruncated { answer.notes.append(.brokenOff) }
    return answer
  }
}

extension ResultNote {
  /// Says that rows may be missing at the end.
  static let brokenOff = ResultNote("Incomplete", "the answer breaks off")
}
