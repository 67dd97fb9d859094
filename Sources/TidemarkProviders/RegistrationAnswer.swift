import TidemarkRegistration

extension Registration.Subject {
  /// Whether an answer about this is one to a question about something else: about the same name,
  /// or a block that has all that was asked about. Anything else would be kept as facts about
  /// what was asked, whoever made the server say it.
  func answers(_ asked: Registration.Subject) -> Bool {
    switch (self, asked) {
    case (.domain(let name), .domain(let other)), (.nameServer(let name), .nameServer(let other)):
      return name == other.lowercased()
    case (.network(let first, let last), .network(let low, let high)):
      return AddressBlock.covers((first, last), (low, high))
    case (.autonomousSystems(let first, let last), .autonomousSystems(let low, let high)):
      return first <= low && high <= last
    case (.entity, .entity): return true
    default: return false
    }
  }
}

extension Registration {
  /// Whether this is an answer to a question about something. Registries that write a domain in
  /// U-labels only are believed that they mean the one that was asked about.
  mutating func answers(_ asked: Registration.Subject) -> Bool {
    if case .domain(let name) = subject, case .domain = asked,
      name.utf8.contains(where: { $0 > 127 })
    {
      subject = asked
    }
    return subject.answers(asked)
  }
}
