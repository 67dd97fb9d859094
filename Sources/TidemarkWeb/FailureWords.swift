public import TidemarkEnrichment

/// A failed run in words for people: what it is, and what helps.
public struct FailureWords: Sendable, Equatable {
  /// What it is.
  public let heading: String
  /// What helps.
  public let advice: String
  /// True when the service answered that it knows nothing: no failure of anybody's.
  public let isHarmless: Bool

  /// Reads a failure.
  public init(_ failure: ActionFailure) {
    isHarmless = failure.kind == .notFound
    switch failure.kind {
    case .notConfigured:
      heading = "Not configured"
      advice = "The operation is disabled, or a setting, list or store is missing."
    case .refused: (heading, advice) = FailureWords.refused(failure)
    case .notFound:
      heading = "Not found"
      advice = "The service knows nothing about this indicator. There is nothing to do."
    case .unavailable: (heading, advice) = FailureWords.unavailable(failure)
    }
  }

  private static func refused(_ failure: ActionFailure) -> (String, String) {
    switch failure.code {
    case 401, 403, 407:
      (
        "Wrong key, or none",
        "The service does not let us in. Check the key and the account in the settings."
      )
    case 402: ("Not paid for", "The account does not cover this question.")
    default:
      ("Refused", "The service does not take this question. Asking again will not help.")
    }
  }

  private static func unavailable(_ failure: ActionFailure) -> (String, String) {
    let later = "Try again later."
    switch failure.code {
    case 429: return ("Over the quota", "The service takes no more questions for now. \(later)")
    case 408, 504: return ("Timed out", "The service was too slow. \(later)")
    case 503: return ("Over its limit, or down", later)
    case .some: return ("The service failed", later)
    case nil: break
    }
    // What our own sources say when no status was received.
    let words = failure.message
    if words.contains("in time") || words.contains("time is over") {
      return ("Timed out", "No answer came within the time of the settings. \(later)")
    }
    if words.contains("TLS: ") {
      return ("No trusted connection", "Check the address and the certificate of the service.")
    }
    if words.contains("no connection") || words.contains("no address") {
      return ("Unreachable", "Check the address in the settings and the network, or try again.")
    }
    if words.contains("too often") { return ("Over the quota", later) }
    return ("No usable answer", later)
  }
}
