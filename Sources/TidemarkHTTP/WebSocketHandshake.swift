import Crypto
import FoundationEssentials
import HTTPTypes

/// The opening handshake of a WebSocket, the server's side (RFC 6455 section 4.2).
enum WebSocketHandshake {
  private static let keyField = HTTPField.Name("Sec-WebSocket-Key")
  private static let versionField = HTTPField.Name("Sec-WebSocket-Version")
  private static let acceptField = HTTPField.Name("Sec-WebSocket-Accept")
  /// What makes the answer's digest one of this protocol.
  private static let suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

  /// The fields of the answer to a request.
  ///
  /// - Throws: ``Problem``: 426 when the request asks for no WebSocket, or for another version.
  static func answer(to headers: HTTPFields) throws(Problem) -> HTTPFields {
    guard hasToken("websocket", headers[values: .upgrade]),
      hasToken("upgrade", headers[values: .connection])
    else { throw upgradeRequired("this is a WebSocket") }
    guard let versionField, headers[values: versionField] == ["13"] else {
      throw upgradeRequired("a WebSocket of version 13 is served")
    }
    guard let keyField, let acceptField, let key = headers[values: keyField].first,
      headers[values: keyField].count == 1, Data(base64Encoded: key)?.count == 16
    else { throw Problem(.badRequest, "Sec-WebSocket-Key: not one key of 16 octets") }
    let digest = Insecure.SHA1.hash(data: Data((key + suffix).utf8))
    return [
      .upgrade: "websocket", .connection: "Upgrade",
      acceptField: Data(digest).base64EncodedString(),
    ]
  }

  private static func upgradeRequired(_ text: String) -> Problem {
    var headers: HTTPFields = [.upgrade: "websocket", .connection: "close"]
    if let versionField { headers[versionField] = "13" }
    return Problem(.upgradeRequired, text, headers: headers)
  }

  /// True when a list of words holds one, in any case.
  private static func hasToken(_ word: String, _ values: [String]) -> Bool {
    values.contains { value in
      value.lowercased().split(separator: ",").contains { part in
        part.filter { $0 != " " && $0 != "\t" } == word
      }
    }
  }
}

/// Frames that a server sends: never masked, never in parts (RFC 6455 section 5.2).
enum WebSocketFrames {
  /// Why a connection is closed.
  enum Code: UInt16 {
    /// The stream is complete.
    case normal = 1_000
    /// The server stops.
    case goingAway = 1_001
    /// The client sent what is no frame of a client.
    case protocolError = 1_002
    /// The partner was revoked.
    case policy = 1_008
    /// A frame of the client is too large.
    case tooLarge = 1_009
    /// The store cannot be read.
    case failed = 1_011
    /// The position is not in the log: 410 of HTTP, in the range of applications.
    case lost = 4_410
  }

  /// Appends a text message.
  static func append(text: ArraySlice<UInt8>, to out: inout [UInt8]) {
    appendHead(0x81, count: text.count, to: &out)
    out.append(contentsOf: text)
  }

  /// Appends a close frame.
  static func append(close code: UInt16, reason: String = "", to out: inout [UInt8]) {
    let reason = Array(reason.utf8.prefix(controlOctetsMax - 2))
    appendHead(0x88, count: 2 + reason.count, to: &out)
    out.append(UInt8(truncatingIfNeeded: code >> 8))
    out.append(UInt8(truncatingIfNeeded: code))
    out.append(contentsOf: reason)
  }

  /// A ping without content.
  static let ping: [UInt8] = [0x89, 0]

  /// Appends the answer to a ping.
  static func append(pong content: [UInt8], to out: inout [UInt8]) {
    appendHead(0x8A, count: content.count, to: &out)
    out.append(contentsOf: content)
  }

  /// Octets that a control frame may hold.
  private static let controlOctetsMax = 125

  private static func appendHead(_ first: UInt8, count: Int, to out: inout [UInt8]) {
    out.append(first)
    switch count {
    case ...125: out.append(UInt8(truncatingIfNeeded: count))
    case ...0xFFFF:
      out.append(126)
      out.append(UInt8(truncatingIfNeeded: count >> 8))
      out.append(UInt8(truncatingIfNeeded: count))
    default:
      out.append(127)
      for shift in stride(from: 56, through: 0, by: -8) {
        out.append(UInt8(truncatingIfNeeded: UInt64(count) >> UInt64(shift)))
      }
    }
  }
}
