/// One way to bring a body to a server.
public protocol RelayTransport: Sendable {
  /// Sends a body and waits for the answer.
  ///
  /// - Throws: anything when there is no answer; whether the server has the body is not known then.
  func post(_ part: SpoolPart) async throws -> RelayAnswer
}

/// What a server said to a body.
public struct RelayAnswer: Sendable, Equatable {
  /// What it means for the body.
  public enum Verdict: Sendable, Equatable {
    /// The server has it, from now or from before; so many rows of it were of no use to it.
    case stored(leftOut: UInt64)
    /// The server will never take it.
    case refused
    /// The server, the way to it, or the token is not in order: the same body again, later.
    case later
  }

  /// The status of HTTP.
  public var status: Int
  /// The body of the answer, as much as was read.
  public var text: String

  /// Makes an answer.
  public init(status: Int, text: String) {
    self.status = status
    self.text = text
  }

  /// What it means for the body. Statuses about the body refuse it; all others, about the server,
  /// its address or the token, may change: a token that ran out must not empty a spool.
  public var verdict: Verdict {
    switch status {
    case 200..<300:
      // A proxy's page would pass for an answer: ours accounts for the rows.
      guard text.contains("\"observations\":") else { return .later }
      let offered = RelayAnswer.number("offered", in: text)
      let taken = RelayAnswer.number("observations", in: text)
      return .stored(leftOut: offered > taken ? offered - taken : 0)
    case 400, 406, 409, 410, 411, 412, 413, 415, 416, 422: return .refused
    default: return .later
    }
  }

  /// The first line of the answer, for a log.
  var line: String {
    String((text.split(whereSeparator: \.isNewline).first ?? "").prefix(200))
  }

  /// A whole number out of an account of the server: one line of JSON whose member names are known.
  public static func number(_ name: String, in json: String) -> UInt64 {
    guard let found = json.firstRange(of: "\"\(name)\":") else { return 0 }
    return UInt64(json[found.upperBound...].prefix { $0.isNumber }) ?? 0
  }
}

/// Why a body has no final answer.
enum RelayFailure: Error {
  case answered(status: Int, line: String)

  /// One line about any error.
  static func line(_ error: any Error) -> String {
    if case RelayFailure.answered(let status, let line) = error {
      return "the server answered \(status): \(line)"
    }
    let text = "\(error)"
    return String((text.split(whereSeparator: \.isNewline).first ?? "").prefix(200))
  }
}
