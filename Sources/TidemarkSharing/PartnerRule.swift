/// What became of a record on its way to a partner: released, or kept back by the first rule, in
/// this order, that does not let it through.
public enum PartnerRule: String, Sendable, CaseIterable {
  /// The partner got it.
  case released
  /// It cannot be read.
  case damaged
  /// It is of a dataset that the partner has not.
  case dataset
  /// It was seen where the partner is not told of.
  case vantage
  /// It is of a type that the partner has not.
  case rrtype
  /// It is of a type that receivers of D4 type 8 end at.
  case d4Type = "d4-type"
  /// Its name or rdata would be read as another column of D4 type 8.
  case d4Text = "d4-text"
  /// Its label is stricter than the partner's.
  case tlp
  /// It was last seen too long before its release.
  case age
  /// Its owner is in none of the zones that the partner has.
  case zone
  /// Its owner, or a name in its rdata, is in a zone that is kept from the partner.
  case excluded
  /// Its owner, or a name in its rdata, is not in the public DNS.
  case privateName = "private-name"
  /// It holds an address that is not public.
  case privateAddress = "private-address"
}

/// Records by what became of them.
public struct PartnerCounts: Sendable, Equatable {
  private var counts = [UInt64](repeating: 0, count: PartnerRule.allCases.count)

  /// Makes zero counts.
  public init() {}

  /// Records of a rule.
  public subscript(rule: PartnerRule) -> UInt64 {
    get { counts[rule.index] }
    set { counts[rule.index] = newValue }
  }

  /// Adds other counts.
  public mutating func add(_ other: PartnerCounts) {
    for index in counts.indices { counts[index] &+= other.counts[index] }
  }
}

extension PartnerRule {
  /// Its place in ``allCases``.
  fileprivate var index: Int {
    switch self {
    case .released: 0
    case .damaged: 1
    case .dataset: 2
    case .vantage: 3
    case .rrtype: 4
    case .d4Type: 5
    case .d4Text: 6
    case .tlp: 7
    case .age: 8
    case .zone: 9
    case .excluded: 10
    case .privateName: 11
    case .privateAddress: 12
    }
  }
}
