public import DNSWire

/// One part of a risk score, with what speaks for it.
public struct RiskComponent: Sendable, Equatable {
  /// What a score is about; the names are those of risk scores in use.
  public enum Name: String, Sendable {
    /// On a list of good names: always 0.
    case zerolist
    /// On a block list.
    case blacklist
    /// Close to names on block lists.
    case proximity
    /// The highest of the three below.
    case threatProfile = "threat_profile"
    /// Close to names listed for phishing.
    case threatProfilePhishing = "threat_profile_phishing"
    /// Close to names listed for malware.
    case threatProfileMalware = "threat_profile_malware"
    /// Close to names listed for spam.
    case threatProfileSpam = "threat_profile_spam"
  }

  /// What the score is about.
  public let name: Name
  /// 0 to 100.
  public let score: Int
  /// List entries, or the kinds of what is shared that say most, the strongest first.
  public let evidence: [String]

  /// Makes a component.
  public init(name: Name, score: Int, evidence: [String]) {
    self.name = name
    self.score = score
    self.evidence = evidence
  }
}

/// The risk score of a name and all that it rests on.
///
/// The score is a heuristic: how well it tells good from bad depends on the lists, and
/// ``RiskEvaluation`` measures it.
public struct RiskReport: Sendable, Equatable {
  /// The name in question.
  public let name: DomainName
  /// The highest of ``components``, 0 without any. 0 also for names on an allow list.
  public let score: Int
  /// Empty when nothing is known.
  public let components: [RiskComponent]
  /// What is shared with others, the strongest first.
  public let nodes: [InfrastructureNode]
  /// What else a reader should know; no part of the score.
  public internal(set) var notes: [String]
}
