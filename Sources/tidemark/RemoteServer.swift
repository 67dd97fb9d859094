import NIOCore
import NIOHTTP1
import NIOPosix
import TidemarkHTTP

/// A running Tidemark, asked over HTTP.
///
/// ```swift
/// let server = try RemoteServer("http://127.0.0.1:8053")
/// let end = try await server.records([("value", "www.example.com"), ("merge", "true")]) { lines in
///   StandardStreams.write(lines)          // whole lines of COF; false stops
/// }
/// let account = try await server.postObservations(
///   batchID: id, parameters: [("dataset", "main")], body: ndjson)
/// ```
struct RemoteServer: Sendable {
  /// How an answer ended.
  struct End: Sendable, Equatable {
    enum State: Sendable { case complete, limited, failed, stopped }
    var state: State
    /// The last line of the answer, for people and for its `cursor`; empty when the caller stopped.
    var line = ""
  }

  private let host: String
  private let port: Int

  /// Delays before a request is sent again, milliseconds.
  private static let retryDelays: [Int64] = [100, 500, 2_000]

  /// Takes `http://host:port`; the port is 80 when it is left out.
  ///
  /// - Throws: ``RemoteError/badURL(_:)``.
  init(_ url: String) throws(RemoteError) {
    guard let rest = RemoteServer.dropping("http://", of: url) else { throw .badURL(url) }
    let authority = rest.hasSuffix("/") ? rest.dropLast() : rest
    var name = authority
    var number: Substring?
    if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
      name = authority[..<colon]
      number = authority[authority.index(after: colon)...]
    }
    if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
    guard !name.isEmpty, !name.contains("/"), !name.contains("@"),
      let port = number.map({ UInt16($0) }) ?? 80, port > 0
    else { throw .badURL(url) }
    host = String(name)
    self.port = Int(port)
  }

  private static func dropping(_ prefix: String, of text: String) -> Substring? {
    text.lowercased().hasPrefix(prefix) ? text.dropFirst(prefix.count) : nil
  }

  /// Asks `/api/v1/records`.
  ///
  /// - Parameters:
  ///   - parameters: names and values, not yet encoded.
  ///   - show: is given whole lines, the last line of the answer left out; false stops.
  /// - Throws: ``RemoteError``; lines already shown stay valid.
  func records(
    _ parameters: [(String, String)], _ show: ([UInt8]) -> Bool
  ) async throws -> End {
    let head = head(.GET, "/api/v1/records" + RemoteServer.query(parameters), [])
    return try await exchange(head, body: nil) { parts in
      var lines = AnswerLines()
      var status = HTTPResponseStatus.ok
      for try await part in parts {
        switch part {
        case .head(let head): status = head.status
        case .body(let buffer):
          lines.append(buffer)
          guard status == .ok else { continue }
          let whole = lines.takeRows()
          if !whole.isEmpty, !show(whole) { return End(state: .stopped) }
        case .end:
          guard status == .ok else { throw RemoteError.refused(status.code, lines.text) }
          guard let end = lines.end else { throw RemoteError.cutOff }
          return end
        }
      }
      throw RemoteError.cutOff
    }
  }

  /// Sends a batch of observations in the Common Output Format. Sent again after a failure of the
  /// connection, a bounded number of times: the server stores a batch id once.
  ///
  /// - Parameters:
  ///   - batchID: 1 to 128 visible ASCII characters; the same for the same body.
  ///   - parameters: `dataset`, `vantage`, `sensor`.
  ///   - body: at most ``TidemarkHTTP/ServerLimits/bodyOctetsMax`` octets.
  /// - Returns: the server's account, one line of JSON.
  /// - Throws: ``RemoteError``.
  func postObservations(
    batchID: String, parameters: [(String, String)], body: [UInt8]
  ) async throws -> String {
    let head = head(
      .POST, "/api/v1/observations" + RemoteServer.query(parameters),
      [("X-Batch-ID", batchID), ("Content-Length", String(body.count))])
    var failures = 0
    while true {
      do {
        return try await exchange(head, body: ByteBuffer(bytes: body)) { parts in
          try await RemoteServer.wholeText(parts)
        }
      } catch {
        guard failures < RemoteServer.retryDelays.count, RemoteServer.isWorthRetrying(error) else {
          throw error
        }
        let delay = TimeAmount.milliseconds(RemoteServer.retryDelays[failures])
        let timer = MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: delay) {}
        try await timer.futureResult.get()
        failures += 1
      }
    }
  }

  private static func isWorthRetrying(_ error: any Error) -> Bool {
    switch error as? RemoteError {
    case .refused(let status, _): status == 503
    case .badURL: false
    case .cutOff, .unreachable: true
    case nil: true
    }
  }

  private typealias Parts = NIOAsyncChannelInboundStream<HTTPClientResponsePart>

  private static func wholeText(_ parts: Parts) async throws -> String {
    var status = HTTPResponseStatus.ok
    var text = ""
    for try await part in parts {
      switch part {
      case .head(let head): status = head.status
      case .body(let buffer): text += String(buffer: buffer)
      case .end:
        guard status == .ok else { throw RemoteError.refused(status.code, text) }
        return text
      }
    }
    throw RemoteError.cutOff
  }

  private func head(
    _ method: HTTPMethod, _ target: String, _ fields: [(String, String)]
  ) -> HTTPRequestHead {
    let host = host.contains(":") ? "[\(host)]" : host
    let common = [("Host", "\(host):\(port)"), ("Connection", "close"), ("User-Agent", "tidemark")]
    return HTTPRequestHead(
      version: .http1_1, method: method, uri: target, headers: HTTPHeaders(common + fields))
  }

  /// One request on a connection of its own.
  private func exchange<Value: Sendable>(
    _ head: HTTPRequestHead, body: ByteBuffer?, _ read: (Parts) async throws -> Value
  ) async throws -> Value {
    let channel: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>
    do {
      channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(.seconds(10))
        .connect(host: host, port: port) { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
          }
        }
    } catch {
      throw RemoteError.unreachable("\(host):\(port)", "\(error)")
    }
    return try await channel.executeThenClose { inbound, outbound in
      try await outbound.write(.head(head))
      if let body { try await outbound.write(.body(.byteBuffer(body))) }
      try await outbound.write(.end(nil))
      return try await read(inbound)
    }
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
        result += (digits.count == 1 ? "%0" : "%") + digits
      }
    }
    return result
  }
}

/// Why a server gave no answer. Each prints as one line.
enum RemoteError: Error, CustomStringConvertible {
  /// Not `http://host:port`.
  case badURL(String)
  /// No connection.
  case unreachable(String, String)
  /// The server's status and what it said.
  case refused(UInt, String)
  /// The connection ended before the answer did.
  case cutOff

  var description: String {
    switch self {
    case .badURL(let url): "\(url): not a server; write http://host:port"
    case .unreachable(let place, let detail): "\(place): no connection: \(detail)"
    case .refused(let status, let text):
      "the server answered \(status): \(text.split(separator: "\n").first ?? "")"
    case .cutOff: "the connection ended before the answer was complete"
    }
  }
}

/// Takes the last line of an answer apart from its rows.
private struct AnswerLines {
  private(set) var end: RemoteServer.End?
  private var octets: [UInt8] = []

  var text: String { String(decoding: octets, as: UTF8.self) }

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
      end = AnswerLines.end(of: String(decoding: line, as: UTF8.self))
      rows = rows[..<start]
    }
    let whole = Array(rows)
    octets.removeSubrange(...last)
    return whole
  }

  private static func end(of line: String) -> RemoteServer.End {
    if line.hasPrefix("{\"end\":\"complete\"") {
      return RemoteServer.End(state: .complete, line: line)
    }
    let isLimited = line.hasPrefix("{\"end\":\"limited\"")
    return RemoteServer.End(state: isLimited ? .limited : .failed, line: line)
  }
}
