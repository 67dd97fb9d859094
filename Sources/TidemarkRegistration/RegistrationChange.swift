/// How one field differs between two look-ups.
public struct RegistrationChange: Sendable, Hashable, Codable {
  /// The field: `registrar`, `registrar.ianaID`, `created`, `updated`, `expires`, `status`,
  /// `nameServer`, `contact.registrant.name` and so on. Times are seconds since 1970.
  public var field: String
  /// Values that are gone, sorted.
  public var removed: [String]
  /// Values that are new, sorted.
  public var added: [String]

  /// Takes a difference.
  public init(field: String, removed: [String], added: [String]) {
    self.field = field
    self.removed = removed
    self.added = added
  }
}

extension Registration {
  /// What changed between an earlier look-up and this one, sorted by field; empty exactly when
  /// both state the same (``contentDigest``).
  public func changes(since earlier: Registration) -> [RegistrationChange] {
    let (old, new) = (earlier.facts, facts)
    var changes: [String: RegistrationChange] = [:]
    func change(_ field: String, _ edit: (inout RegistrationChange) -> Void) {
      edit(&changes[field, default: RegistrationChange(field: field, removed: [], added: [])])
    }
    for fact in old.subtracting(new) { change(fact.field) { $0.removed.append(fact.value) } }
    for fact in new.subtracting(old) { change(fact.field) { $0.added.append(fact.value) } }
    return changes.values.map { change in
      RegistrationChange(
        field: change.field, removed: change.removed.sorted(), added: change.added.sorted())
    }.sorted { $0.field < $1.field }
  }
}
