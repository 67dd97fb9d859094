public import TidemarkEnrichment
public import TidemarkModel

/// Asks DomainTools, or a server with its interface, for registration, hosting and risk.
///
/// Requests are signed (HMAC-SHA256); the API key is not sent.
public struct DomainToolsSource: ActionSource {
  /// Records of WHOIS history that one request may ask for.
  static let pageMax = 100

  private let client: OutboundClient
  private let now: @Sendable () -> UnixSeconds

  /// Makes a source.
  ///
  /// - Parameters:
  ///   - client: sends the requests.
  ///   - now: the time that requests are signed with; services take some minutes of difference.
  public init(client: OutboundClient, now: @escaping @Sendable () -> UnixSeconds) {
    self.client = client
    self.now = now
  }

  /// Asks about a name or an address.
  ///
  /// - Throws: ``ActionFailure`` with the service's code and words.
  public func answer(_ request: ActionRequest) async throws(ActionFailure) -> SourceAnswer {
    let request = request.unmapped
    guard let question = DomainToolsQuestion(request) else {
      throw ActionFailure(.refused, message: "the action does not take the indicator")
    }
    let session = try DomainToolsSession(client, request.configuration, now)
    if question.isPaged { return try await history(question, session, request) }
    let reply = try await session.get(question.path, question.parameters)
    return try DomainToolsSource.read(reply, for: request, source: session.base + question.path)
  }

  /// Reads a successful response to one question.
  static func read(
    _ reply: OutboundResponse, for request: ActionRequest, source: String
  ) throws(ActionFailure) -> SourceAnswer {
    let answer = try DomainToolsAnswer(reply)
    var tables = DomainToolsTables(request)
    try tables.fill(answer)
    return tables.answer(source: source, raw: reply.raw)
  }

  /// Reads WHOIS history page by page, newest first, as far as the table takes it. What breaks off
  /// in the middle keeps the pages before.
  private func history(
    _ question: DomainToolsQuestion, _ session: DomainToolsSession, _ request: ActionRequest
  ) async throws(ActionFailure) -> SourceAnswer {
    let rowsMax = request.configuration.rowsMax
    var tables = DomainToolsTables(request)
    var pages: [OutboundResponse] = []
    var octets = 0
    while tables.historyCount < rowsMax {
      let size = min(DomainToolsSource.pageMax, rowsMax - tables.historyCount)
      let parameters = [
        (name: "sort", value: "date_desc"), (name: "limit", value: String(size)),
        (name: "offset", value: String(tables.historyCount)),
      ]
      do throws(ActionFailure) {
        let reply = try await session.get(question.path, parameters)
        // A server that does not know the offset sends the same page for ever.
        guard reply.body != pages.last?.body else {
          tables.endHistory("the service repeats its answer")
          break
        }
        let before = tables.historyCount
        try tables.fill(try DomainToolsAnswer(reply))
        octets += reply.body.count
        pages.append(reply)
        guard tables.hasMoreHistory(than: before, asked: size) else { break }
        guard octets < LibraryLimits.rawOctetsMax else {
          tables.endHistory("the answer has more than \(octets) octets")
          break
        }
      } catch {
        guard !pages.isEmpty else { throw error }
        tables.endHistory(error.message)
        break
      }
    }
    let raw = RawAnswer(
      contentType: pages.first?.raw.contentType ?? "application/json",
      octets: Array(pages.map(\.body).joined(separator: "\n".utf8)))
    return tables.answer(source: session.base + question.path, raw: raw)
  }
}
