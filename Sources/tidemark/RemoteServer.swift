import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import TidemarkModel

/// A running Tidemark, asked over HTTP or HTTPS.
///
/// ```swift
/// let end = try await server.rows("/api/v1/records", [("value", "www.example.com")]) { lines in
///   print(lines)                          // whole lines; false stops
/// }
/// let account = try await server.postObservations(
///   batchID: id, parameters: [("dataset", "main")], body: ndjson)
/// try await server.shutdown()
/// ```
///
/// Redirects are not followed, so that a token goes to the server it is for. Proxies that the
/// environment names are not used.
struct RemoteServer: Sendable {
  /// How an answer ended.
  struct End: Sendable, Equatable {
    enum State: Sendable { case complete, limited, failed, stopped }
    var state: State
    /// The last line of the answer, for people and for its `cursor`; empty when the caller stopped.
    var line = ""

    /// How the caller ended it.
    static let stopped = End(state: .stopped)

    private init(state: State) { self.state = state }

    /// Reads `{"end":"complete"…}`; an answer that says nothing of the kind has failed.
    init(line: String) {
      self.line = line
      let isComplete = line.hasPrefix("{\"end\":\"complete\"")
      let isLimited = line.hasPrefix("{\"end\":\"limited\"")
      state = isComplete ? .complete : isLimited ? .limited : .failed
    }
  }

  /// A connection that is not there after this time fails, seconds.
  private static let connectSeconds: Int64 = 10
  /// A server that is silent for so long is gone, seconds. Longer than any query may search.
  private static let silenceSeconds: Int64 = 300
  /// Octets of a refusal or of a small answer that are read.
  private static let textOctetsMax = 1 << 20
  /// Delays before a batch is sent again, milliseconds.
  private static let retryDelays: [Int64] = [100, 500, 2_000]

  private let base: String
  private let token: String?
  private let client: HTTPClient

  /// Makes a client; ``shutdown()`` ends it.
  ///
  /// - Parameters:
  ///   - base: `scheme://host[:port][/path]` without a final slash.
  ///   - authorities: a PEM file to trust instead of the system's certificates.
  ///   - token: sent with every request.
  init(
    base: String, authorities: String?, token: String?, proxy: (host: String, port: Int)?
  ) throws(RemoteError) {
    self.base = base
    self.token = token
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    configuration.decompression = .disabled
    configuration.httpVersion = .http1Only
    configuration.timeout = .init(
      connect: .seconds(RemoteServer.connectSeconds), read: .seconds(RemoteServer.silenceSeconds))
    // Otherwise a port on which nobody listens is tried until the time is over.
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.proxy = proxy.map { .server(host: $0.host, port: $0.port) }
    if let authorities {
      var tls = TLSConfiguration.makeClientConfiguration()
      do {
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authorities))
      } catch {
        throw .unusable("\(authorities): no certificates in PEM form can be read there")
      }
      configuration.tlsConfiguration = tls
    }
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  /// Closes all connections. Nothing can be asked afterwards.
  func shutdown() async throws { try await client.shutdown() }

  /// Asks for rows that end with a line `{"end":…}`.
  ///
  /// - Parameters:
  ///   - path: below the server's address.
  ///   - parameters: names and values, not yet encoded.
  ///   - show: is given whole lines, the last line of the answer left out; false stops.
  /// - Throws: ``RemoteError``; lines already shown stay valid.
  func rows(
    _ path: String, _ parameters: [(String, String)], _ show: ([UInt8]) throws -> Bool
  ) async throws -> End {
    try await lines(of: send(request(.GET, path, parameters)), show)
  }

  /// Looks up many keys. Sent again a bounded number of times while the server has too many such
  /// look-ups under way.
  ///
  /// - Parameters:
  ///   - parameters: filters and limit of every key.
  ///   - keys: the body, a key a line.
  ///   - show: as for ``rows(_:_:_:)``; lines of keys are among the rows.
  /// - Throws: ``RemoteError``; lines already shown stay valid.
  func bulk(
    _ parameters: [(String, String)], keys: [UInt8], _ show: ([UInt8]) throws -> Bool
  ) async throws -> End {
    var request = request(.POST, "/api/v1/bulk", parameters)
    request.headers.add(name: "Content-Type", value: "text/plain; charset=utf-8")
    request.body = .bytes(ByteBuffer(bytes: keys))
    let response = try await retrying { error in
      if case .refused(503, _) = error { true } else { false }
    } request: {
      try await send(request)
    }
    return try await lines(of: response, show)
  }

  private func lines(
    of response: HTTPClientResponse, _ show: ([UInt8]) throws -> Bool
  ) async throws -> End {
    var lines = AnswerLines()
    for try await buffer in RemoteBody(response.body) {
      lines.append(buffer)
      let whole = lines.takeRows()
      if !whole.isEmpty, try !show(whole) { return .stopped }
    }
    guard let end = lines.end else { throw RemoteError.cutOff }
    return end
  }

  /// A small answer as text.
  ///
  /// - Throws: ``RemoteError``.
  func text(_ path: String, _ parameters: [(String, String)] = []) async throws -> String {
    try await RemoteServer.text(of: send(request(.GET, path, parameters)))
  }

  /// Sends a batch of observations in the Common Output Format. Sent again after a failure of the
  /// connection, a bounded number of times: the server stores a batch id once.
  ///
  /// - Parameters:
  ///   - batchID: 1 to 128 visible ASCII characters; the same for the same body.
  ///   - parameters: `dataset`, `vantage`, `sensor`.
  ///   - body: at most ``TidemarkModel/ObservationFeed/bodyOctetsMax`` octets.
  /// - Returns: the server's account, one line of JSON.
  /// - Throws: ``RemoteError``.
  func postObservations(
    batchID: String, parameters: [(String, String)], body: [UInt8]
  ) async throws -> String {
    var request = request(.POST, "/api/v1/observations", parameters)
    request.headers.add(name: "X-Batch-ID", value: batchID)
    request.headers.add(name: "Content-Type", value: "application/x-ndjson")
    request.body = .bytes(ByteBuffer(bytes: body))
    return try await retrying(\.isWorthRetrying) {
      try await RemoteServer.text(of: send(request))
    }
  }

  /// Makes a request again after some errors, a bounded number of times.
  private func retrying<Value>(
    _ isWorthIt: (RemoteError) -> Bool, request: () async throws -> Value
  ) async throws -> Value {
    var failures = 0
    while true {
      do {
        return try await request()
      } catch let error as RemoteError {
        guard failures < RemoteServer.retryDelays.count, isWorthIt(error) else { throw error }
        let delay = TimeAmount.milliseconds(RemoteServer.retryDelays[failures])
        let timer = MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: delay) {}
        try await timer.futureResult.get()
        failures += 1
      }
    }
  }

  private func request(
    _ method: HTTPMethod, _ path: String, _ parameters: [(String, String)]
  ) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: base + path + RemoteServer.query(parameters))
    request.method = method
    request.headers.add(name: "User-Agent", value: "tidemark")
    if let token { request.headers.add(name: "Authorization", value: "Bearer " + token) }
    return request
  }

  /// The head of an answer with status 200.
  private func send(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
    let response: HTTPClientResponse
    do {
      response = try await client.execute(request, deadline: .distantFuture)
    } catch {
      throw RemoteError(error, place: base)
    }
    guard response.status == .ok else {
      let text = (try? await RemoteServer.text(of: response)) ?? ""
      throw RemoteError.refused(response.status.code, text)
    }
    return response
  }

  private static func text(of response: HTTPClientResponse) async throws -> String {
    var octets: [UInt8] = []
    for try await buffer in RemoteBody(response.body) {
      octets.append(contentsOf: buffer.readableBytesView)
      if octets.count > textOctetsMax { break }
    }
    return String(decoding: octets.prefix(textOctetsMax), as: UTF8.self)
  }

  /// `?name=value&…`, everything but unreserved characters encoded (RFC 3986 section 2.3).
  private static func query(_ parameters: [(String, String)]) -> String {
    let parts = parameters.map { "\(encoded($0.0))=\(encoded($0.1))" }
    return parts.isEmpty ? "" : "?" + parts.joined(separator: "&")
  }

  private static func encoded(_ text: String) -> String {
    var result = ""
    for octet in text.utf8 {
      switch octet {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
        result.unicodeScalars.append(Unicode.Scalar(octet))
      default:
        let digits = String(octet, radix: 16, uppercase: true)
        result += (digits.utf8.count == 1 ? "%0" : "%") + digits
      }
    }
    return result
  }
}

/// The body of an answer; whatever ends it early is ``RemoteError/cutOff``.
private struct RemoteBody: AsyncSequence {
  struct Iterator: AsyncIteratorProtocol {
    var body: HTTPClientResponse.Body.AsyncIterator

    mutating func next() async throws -> ByteBuffer? {
      do {
        return try await body.next()
      } catch {
        throw RemoteError.cutOff
      }
    }
  }

  private let body: HTTPClientResponse.Body

  init(_ body: HTTPClientResponse.Body) { self.body = body }

  func makeAsyncIterator() -> Iterator { Iterator(body: body.makeAsyncIterator()) }
}

/// Takes the last line of an answer apart from its rows.
private struct AnswerLines {
  private(set) var end: RemoteServer.End?
  private var octets: [UInt8] = []

  mutating func append(_ buffer: ByteBuffer) {
    octets.append(contentsOf: buffer.readableBytesView)
  }

  /// The whole lines that came, without the one that ends the answer.
  mutating func takeRows() -> [UInt8] {
    guard let last = octets.lastIndex(of: 10) else { return [] }
    var rows = octets[...last]
    let start = rows.dropLast().lastIndex(of: 10).map { $0 + 1 } ?? 0
    let line = rows[start..<last]
    if line.starts(with: "{\"end\":".utf8) {
      end = RemoteServer.End(line: String(decoding: line, as: UTF8.self))
      rows = rows[..<start]
    }
    let whole = Array(rows)
    octets.removeSubrange(...last)
    return whole
  }
}
