public import TidemarkModel

/// Why a service gave no answer. Kept apart because people do different things about each.
public enum FailureKind: String, Sendable, Codable, CaseIterable {
  /// The operation is disabled, or lacks settings: an administrator has to act.
  case notConfigured = "not-configured"
  /// The service does not let us in (401, 403), or does not take the request.
  case refused
  /// The service knows nothing about the indicator (404).
  case notFound = "not-found"
  /// The service cannot be reached, is too slow, over its limit (429, 503), or answers what cannot
  /// be read: try again later.
  case unavailable
}

/// A failed run, with what the service said.
public struct ActionFailure: Error, Sendable, Equatable, Codable {
  /// Longest message that is kept, characters. A service may send a page instead.
  public static let messageMax = 500

  /// Which of the four it is.
  public let kind: FailureKind
  /// The service's code, such as an HTTP status.
  public let code: Int?
  /// The service's words.
  public let message: String

  /// Makes a failure; a long message is cut.
  public init(_ kind: FailureKind, code: Int? = nil, message: String) {
    self.kind = kind
    self.code = code
    self.message = String(message.prefix(ActionFailure.messageMax))
  }

  /// Makes a failure of an HTTP status that is no success.
  public init(httpStatus status: Int, message: String) {
    let kind: FailureKind =
      switch status {
      case 404: .notFound
      case 408, 425, 429, 500...: .unavailable
      case 400..<500: .refused
      default: .unavailable
      }
    self.init(kind, code: status, message: message)
  }
}

/// How a run ended.
public enum ActionStatus: Sendable, Equatable, Codable {
  /// There are rows.
  case ok
  /// The service answered, and there are none.
  case empty
  /// There is no answer.
  case failed(ActionFailure)
}

/// A line above the tables.
public struct ResultNote: Sendable, Equatable, Codable {
  /// What it is about.
  public let label: String
  /// What it says.
  public let text: String

  /// Makes a note.
  public init(_ label: String, _ text: String) {
    self.label = label
    self.text = text
  }
}

/// What a run gave. Failures are results too.
public struct ActionResult: Sendable, Equatable, Codable, Identifiable {
  /// The name in requests and provenances: a random UUID.
  public let id: String
  /// The id of the operation.
  public let operation: String
  /// The id of the action.
  public let action: String
  /// What was asked about.
  public let indicator: IndicatorKey
  /// The label of what is added from here: name and version of the operation.
  public let sourceLabel: String
  /// When the run started.
  public let startedAt: UnixSeconds
  /// How long it took, milliseconds.
  public let tookMilliseconds: Int
  /// Where the answer came from, without credentials.
  public let source: String
  /// How it ended.
  public let status: ActionStatus
  /// The line above everything.
  public let heading: String
  /// Lines above the tables.
  public let notes: [ResultNote]
  /// Tables with rows, in the order of the action.
  public let tables: [ResultTable]
  /// True when the answer has more rows than the tables.
  public let isTruncated: Bool

  /// The table of an id.
  public func table(_ id: String) -> ResultTable? { tables.first { $0.id == id } }
}

/// The untouched answer of a service, without credentials.
public struct RawAnswer: Sendable, Equatable {
  /// What the service calls it.
  public let contentType: String
  /// The first octets, at most ``LibraryLimits/rawOctetsMax``.
  public let octets: [UInt8]
  /// True when there were more.
  public let isCut: Bool

  /// Takes an answer; a long one is cut.
  public init(contentType: String, octets: [UInt8], isCut: Bool = false) {
    self.contentType = contentType
    self.isCut = isCut || octets.count > LibraryLimits.rawOctetsMax
    self.octets =
      octets.count > LibraryLimits.rawOctetsMax
      ? Array(octets[..<LibraryLimits.rawOctetsMax]) : octets
  }
}

/// What is to be known about a raw answer without reading it.
public struct RawSummary: Sendable, Equatable {
  /// What the service calls it.
  public let contentType: String
  /// Octets that are kept.
  public let octetCount: Int
  /// True when there were more.
  public let isCut: Bool

  /// Takes what is known.
  public init(contentType: String, octetCount: Int, isCut: Bool) {
    self.contentType = contentType
    self.octetCount = octetCount
    self.isCut = isCut
  }
}
