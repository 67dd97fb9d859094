public import DNSWire
public import TidemarkModel

/// A name whose fate is known, to measure scores with.
public struct LabelledName: Sendable, Hashable {
  /// The name.
  public var name: DomainName
  /// When it was first seen.
  public var firstSeen: UnixSeconds
  /// When a block list first had it; nil when none ever did.
  public var listed: UnixSeconds?

  /// Makes a labelled name.
  public init(name: DomainName, firstSeen: UnixSeconds, listed: UnixSeconds? = nil) {
    self.name = name
    self.firstSeen = firstSeen
    self.listed = listed
  }
}

/// How well scores tell names that were listed later from those that were not. Scores without such
/// a table are only a heuristic.
public struct RiskEvaluation: Sendable, Equatable {
  /// Names that were listed.
  public let positives: Int
  /// Names that were not.
  public let negatives: Int
  /// The probability that a name that was listed has a higher score than one that was not, equal
  /// scores counting half (area under the ROC curve); nil unless there are both.
  public let rocAUC: Double?
  /// Names with a score of ``RiskModel/highScore`` or more.
  public let flagged: Int
  /// The share of ``flagged`` that was listed; nil when there are none.
  public let precision: Double?

  /// Measures scores.
  ///
  /// - Parameter scored: scores from 0 to 100, others are brought there; in any order.
  public init(_ scored: [(score: Int, isListed: Bool)]) {
    var listed = [Int](repeating: 0, count: 101)
    var others = listed
    for entry in scored {
      let score = min(max(entry.score, 0), 100)
      if entry.isListed { listed[score] += 1 } else { others[score] += 1 }
    }
    positives = listed.reduce(0, +)
    negatives = others.reduce(0, +)
    var wins = 0.0
    var below = 0
    for score in 0...100 {
      wins += Double(listed[score]) * (Double(below) + Double(others[score]) / 2)
      below += others[score]
    }
    let pairs = Double(positives) * Double(negatives)
    rocAUC = pairs > 0 ? wins / pairs : nil
    let hits = listed[RiskModel.highScore...].reduce(0, +)
    flagged = hits + others[RiskModel.highScore...].reduce(0, +)
    precision = flagged > 0 ? Double(hits) / Double(flagged) : nil
  }

  /// Measures scores on what came after a day: `score` may know the lists up to the cut only.
  ///
  /// Names first seen up to the cut, and names listed by then, are left out; of the others those
  /// that were listed later are positive.
  ///
  /// - Parameter score: the score of a name by lists up to the cut.
  /// - Throws: what `score` throws.
  public static func holdOut<Failure: Error>(
    _ names: [LabelledName], cut: UnixSeconds, score: (DomainName) throws(Failure) -> Int
  ) throws(Failure) -> RiskEvaluation {
    var scored: [(score: Int, isListed: Bool)] = []
    for name in names where name.firstSeen > cut {
      if let listed = name.listed, listed <= cut { continue }
      let value = try score(name.name)
      scored.append((value, name.listed != nil))
    }
    return RiskEvaluation(scored)
  }
}
