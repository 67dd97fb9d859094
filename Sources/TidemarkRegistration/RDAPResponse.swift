/// One RDAP answer (RFC 9083), read.
public struct RDAPResponse: Sendable, Equatable {
  /// What the server said.
  public enum Body: Sendable, Equatable {
    /// One object.
    case registration(Registration)
    /// It did not answer the question (RFC 9083 section 6).
    case failure(RDAPFailure)
    /// What the server can do (RFC 9083 section 7).
    case help
  }

  /// What the server said.
  public var body: Body
  /// For people: terms of use and the like.
  public var notices: [RDAPNotice]
  /// Names of the extensions that the server follows, `rdap_level_0`.
  public var conformance: [String]
  /// Where the registrar's own answer about the same object is (`rel: related`), in order; only
  /// https, at most ``RegistrationLimits/referralsMax``.
  public var related: [String]
  /// Parts of the answer that had no meaning and were left out.
  public var malformedCount: Int

  /// The object, when there is one.
  public var registration: Registration? {
    if case .registration(let registration) = body { registration } else { nil }
  }
}

/// A refusal by an RDAP server (RFC 9083 section 6).
public struct RDAPFailure: Sendable, Hashable, Codable {
  /// The HTTP status that the body repeats.
  public var code: Int
  /// One line for people.
  public var title: String?
  /// Lines for people.
  public var descriptions: [String]

  /// True when the server says that there is no such object. Some registries say 400 for that.
  public var isUnknownObject: Bool { code == 404 || code == 400 }
  /// True when it was asked too often.
  public var isRateLimit: Bool { code == 429 }
}

/// A notice or remark (RFC 9083 section 4.3).
public struct RDAPNotice: Sendable, Hashable, Codable {
  /// Its title.
  public var title: String?
  /// The registered kind, such as `object redacted due to authorization`.
  public var kind: String?
  /// Its lines.
  public var descriptions: [String]
}

/// Why octets are no RDAP answer.
public enum RDAPError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Longer than ``RegistrationLimits/answerOctetsMax``.
  case tooLong(octets: Int)
  /// Deeper than ``RegistrationLimits/nestingMax``.
  case nestedTooDeep
  /// Not JSON (RFC 8259).
  case notJSON
  /// JSON, but none of the objects of RFC 9083.
  case unknownObject(className: String?)
  /// An object without that by which it is identified.
  case unidentified

  /// One line for people.
  public var description: String {
    switch self {
    case .tooLong(let octets): "the answer has \(octets) octets"
    case .nestedTooDeep: "the answer is nested too deep"
    case .notJSON: "the answer is not JSON"
    case .unknownObject(let name?): "the answer is a \(name)"
    case .unknownObject(nil): "the answer is no RDAP object"
    case .unidentified: "the answer does not say what it is about"
    }
  }
}
