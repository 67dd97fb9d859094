/// One way to get COF from a server.
protocol PullTransport: Sendable {
  /// Connects, and gives all that comes to a stream until the connection ends.
  ///
  /// Returns when the server ended it in order. The caller ends the stream.
  ///
  /// - Parameter after: the position to go on behind; nil for all that the server keeps.
  func run(
    _ stream: PullStream, after: UInt64?, hasPositions: Bool
  ) async throws(PullFailure)

  /// Closes what is open. Nothing can be run afterwards.
  func shutdown() async
}

/// What a request of either transport says, and what an answer may not be.
enum PullRequest {
  /// Header of a share that names every Tidemark whose records may be in it.
  static let originsField = "Tidemark-Origins"

  /// Name and value of all headers.
  static func headers(tokenFile: String?) throws(PullFailure) -> [(String, String)] {
    var headers = [("User-Agent", "tidemark"), ("Accept", "application/x-ndjson")]
    if let tokenFile {
      guard let token = try? RelayHTTPTransport.token(in: tokenFile) else { throw .noToken }
      headers.append(("Authorization", "Bearer \(token)"))
    }
    return headers
  }

  /// What an answer other than a stream means.
  static func refusal(status: Int, retryAfter: String?) -> PullFailure {
    .refused(status: status, retrySeconds: retryAfter.flatMap { Int($0) }.map { max(0, $0) })
  }

  /// Refuses an answer that says of itself that it is something else.
  ///
  /// - Parameters:
  ///   - type: the header `Content-Type`.
  ///   - encoding: the header `Content-Encoding`.
  static func check(type: String?, encoding: String?) throws(PullFailure) {
    let type = (type ?? "").prefix { $0 != ";" }.lowercased().filter { $0 != " " }
    guard !["text/html", "application/xhtml+xml", "application/xml", "text/xml"].contains(type)
    else { throw .notCOF("it is a page") }
    let encoding = (encoding ?? "identity").lowercased()
    guard encoding == "identity" else { throw .notCOF("it is encoded, which was not asked for") }
  }

  /// One line about any error of a connection.
  static func failure(_ error: any Error) -> PullFailure {
    if let failure = error as? PullFailure { return failure }
    if error is CancellationError { return .stopped }
    return .disconnected(RelayFailure.line(error))
  }
}
