import TidemarkEnrichment
import TidemarkRegistration

/// What a service says when it gives no answer: its code and its message.
struct ServiceWords: Sendable {
  /// Longest body that is looked through, octets: messages are short, pages are not.
  private static let octetsMax = 1 << 16

  /// The HTTP status, or the code in the body when it has one.
  private var code: Int
  /// The service's message on one line without control characters; nil when there is none.
  private var message: String?
  /// The message, when it stands in JSON.
  private var structured: String?
  private let retryAfterSeconds: Int?

  /// Reads a response that is no success, or a success that turned out to be none.
  init(_ response: OutboundResponse) {
    code = response.status
    retryAfterSeconds = response.retryAfterSeconds
    let body = Array(response.body.prefix(ServiceWords.octetsMax))
    if let value = try? JSONValue.parse(body) {
      if let inner = ServiceWords.code(in: value) { code = inner }
      structured = ServiceWords.message(in: value)
      message = structured
    } else if !response.contentType.lowercased().contains("html") {
      message = ServiceWords.firstLine(body)
    }
  }

  /// The failure that it is.
  var failure: ActionFailure {
    var words = message ?? "HTTP status \(code)"
    if (300..<400).contains(code) {
      words = "HTTP status \(code), a redirect: it is not followed, check the address"
    } else if let retryAfterSeconds {
      words += "; try again in \(retryAfterSeconds) s"
    }
    return ActionFailure(httpStatus: code, message: words)
  }

  /// The failure that a success is which holds no answer: its error when it has one.
  ///
  /// - Parameter otherwise: what is said when the service says nothing.
  func failure(otherwise: String) -> ActionFailure {
    code >= 400
      ? failure : ActionFailure(.unavailable, message: structured ?? otherwise)
  }

  /// The code of an error in DomainTools' shape. Another number is no code.
  private static func code(in value: JSONValue) -> Int? {
    value["error"]?["code"]?.integer.flatMap { (400..<600).contains($0) ? $0 : nil }
  }

  /// The message of an error in the shapes that are usual.
  private static func message(in value: JSONValue) -> String? {
    if let error = value["error"] {
      if let text = (error["message"]?.text ?? error.text).flatMap(plain) { return text }
    }
    for name in ["message", "detail", "description", "msg", "title", "reason"] {
      if let text = value[name]?.text.flatMap(plain) { return text }
    }
    return nil
  }

  /// The first line of text that is not blank; nil for markup.
  private static func firstLine(_ octets: [UInt8]) -> String? {
    let lines = octets.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
    for line in lines {
      if let text = plain(String(decoding: line, as: UTF8.self)) {
        return text.hasPrefix("<") ? nil : text
      }
    }
    return nil
  }

  /// Text on one line: control characters become blanks, and blanks at the ends go. nil when
  /// nothing is left.
  static func plain(_ text: String) -> String? {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(ActionFailure.messageMax * 2) {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator:
        if let last = scalars.last, last != " " { scalars.append(" ") }
      default: scalars.append(scalar)
      }
    }
    if scalars.last == " " { scalars.removeLast() }
    return scalars.isEmpty ? nil : String(scalars)
  }
}
