import TidemarkEnrichment
import TidemarkRegistration

/// A successful answer of DomainTools: what its `response` holds.
struct DomainToolsAnswer {
  /// The members of `response`.
  let response: JSONValue
  /// True for status 206: the service has the record, and could not parse it.
  let isIncomplete: Bool

  /// Reads the body of a successful response.
  ///
  /// - Throws: ``ActionFailure``: with the service's code and words for errors that come with a
  ///   success status, and for `limit_exceeded`; of kind ``FailureKind/unavailable`` for what
  ///   cannot be read.
  init(_ reply: OutboundResponse) throws(ActionFailure) {
    isIncomplete = reply.status == 206
    guard let value = try? JSONValue.parse(reply.body, octetsMax: LibraryLimits.rawOctetsMax)
    else {
      response = try DomainToolsAnswer.record(in: reply)
      return
    }
    if value["error"] != nil {
      throw ServiceWords(reply).failure(otherwise: "the service has an error")
    }
    let inner = value["response"] ?? .null
    if inner["limit_exceeded"].isSet || value["limit_exceeded"].isSet {
      let message = (inner["message"] ?? value["message"])?.text.flatMap(ServiceWords.plain)
      throw ActionFailure(
        httpStatus: 503, message: message ?? "the limit of the account is exceeded")
    }
    guard case .object = inner else {
      throw ServiceWords(reply).failure(otherwise: "the answer has no response")
    }
    response = inner
  }

  /// A bare record, as it may come with status 206.
  private static func record(in reply: OutboundResponse) throws(ActionFailure) -> JSONValue {
    let text = String(decoding: reply.body, as: UTF8.self)
    let start = text.unicodeScalars.first { $0.value > 0x20 }
    guard reply.status == 206, let start, start != "<", start != "{", start != "[" else {
      throw ActionFailure(.unavailable, message: "the answer is not JSON")
    }
    return .object(["whois": .object(["record": .string(text)])])
  }
}

/// Lenient reading: shapes changed over the years.
extension JSONValue {
  /// Elements of an array; a lone object is one.
  var items: [JSONValue] {
    switch self {
    case .array(let elements): elements
    case .object: [self]
    default: []
    }
  }

  /// Strings of an array, however many; a lone string is one.
  var strings: [String] {
    if case .array(let elements) = self {
      elements.compactMap(\.text)
    } else {
      text.map { [$0] } ?? []
    }
  }
}

extension JSONValue? {
  /// True for `true`, 1 and the same in quotes. Everything absent, false or null is not set.
  var isSet: Bool { self?.flag == true || self?.integer == 1 }
}
