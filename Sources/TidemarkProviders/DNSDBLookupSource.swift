public import TidemarkEnrichment

/// Asks any server of DNSDB's API, version 2, for the records that name an indicator on either
/// side. A name is two questions: one for its own records, one for those that lead to it.
public struct DNSDBLookupSource: ActionSource {
  private let client: OutboundClient

  /// Makes a source.
  ///
  /// - Parameter client: sends the requests.
  public init(client: OutboundClient) { self.client = client }

  /// Asks about a name or an address.
  ///
  /// - Throws: ``ActionFailure`` with the server's code and words, when no question was answered;
  ///   of kind ``FailureKind/notFound`` when the server says so of all.
  public func answer(_ request: ActionRequest) async throws(ActionFailure) -> SourceAnswer {
    let request = request.unmapped
    let value = request.indicator.value
    let paths =
      switch request.indicator.type {
      case .fqdn: ["rrset/name/\(value)", "rdata/name/\(value)"]
      case .ipv4, .ipv6: ["rdata/ip/\(value)"]
      default: [String]()
      }
    guard !paths.isEmpty else {
      throw ActionFailure(.refused, message: "the service takes names and addresses only")
    }
    guard let key = request.configuration.secret("api_key")?.revealed else {
      throw ActionFailure(.notConfigured, message: "set api_key")
    }
    let base = try ServiceAddress.origin(request.configuration) + "/dnsdb/v2/lookup/"
    let call = ServiceCall(client, request.configuration)
    var replies = DNSDBReplies()
    for path in paths {
      // One more than fits, so that it shows when there are more.
      let limit = request.configuration.rowsMax + 1
      var outbound = OutboundRequest(url: "\(base)\(path)?limit=\(limit)")
      outbound.headers = [
        ("Accept", "application/x-ndjson"), ("X-API-Key", key),
      ]
      do throws(ActionFailure) {
        replies.take(try await call.send(outbound), rowsMax: limit)
      } catch {
        replies.take(error)
        // Whoever refuses one question, or is over a limit, is not asked the next one.
        if error.kind != .notFound { break }
      }
    }
    return try replies.answer(for: request, source: paths.map { base + $0 })
  }
}

/// The replies to the questions of one run, put together.
struct DNSDBReplies {
  private var read: [DNSDBReply] = []
  private var raw: [UInt8] = []
  private var contentType = "application/x-ndjson"
  private var isCut = false
  private var failures: [ActionFailure] = []

  /// Takes a successful response, of which more than so many rows were not asked for.
  mutating func take(_ response: OutboundResponse, rowsMax: Int) {
    let reply = DNSDBReply(response.body, rowsMax: rowsMax)
    raw += response.body
    contentType = response.raw.contentType
    isCut = isCut || response.isCut
    if let failure = reply.failure(of: response) { failures.append(failure) }
    read.append(reply)
  }

  /// Takes what came instead of an answer.
  mutating func take(_ failure: ActionFailure) { failures.append(failure) }

  /// Everything as one table. What failed beside rows is a note.
  func answer(
    for request: ActionRequest, source: [String]
  ) throws(ActionFailure) -> SourceAnswer {
    let trouble = failures.first { $0.kind != .notFound }
    let rows = read.flatMap(\.rows)
    if rows.isEmpty, let failure = trouble ?? (read.isEmpty ? failures.first : nil) {
      throw failure
    }
    let records = try CirclAnswer(rows, for: request)
    var answer = SourceAnswer(
      source: source.joined(separator: " "),
      raw: RawAnswer(contentType: contentType, octets: raw, isCut: isCut))
    answer.tables = [records.table]
    answer.notes = records.notes
    let unreadable = read.reduce(0) { $0 + $1.unreadable }
    if unreadable > 0 { answer.notes.append(ResultNote("Unreadable lines", String(unreadable))) }
    answer.notes += read.compactMap { $0.limitation.map { ResultNote("Incomplete", $0) } }
    if let trouble { answer.notes.append(ResultNote("Incomplete", trouble.message)) }
    answer.isTruncated = trouble != nil || isCut || read.contains { $0.limitation != nil }
    return answer
  }
}
