extension Registration {
  /// This answer of the registry, with that of the registrar over it.
  ///
  /// The registrar's answer wins field by field, the registry's fills what it leaves out: a
  /// registrar knows its customer, a thin registry does not.
  ///
  /// - Parameter registrar: about the same subject.
  public func merged(withRegistrar registrar: Registration) -> Registration {
    var merged = overlaid(with: registrar)
    merged.subject = subject
    merged.source.kind = .merged
    merged.source.server = source.server
    merged.source.time = max(source.time, registrar.source.time)
    merged.source.texts = source.texts + registrar.source.texts
    return merged
  }

  /// Fields of another answer where it has any, else these.
  func overlaid(with other: Registration) -> Registration {
    var result = other
    result.handle = handle ?? other.handle
    result.unicodeName = other.unicodeName ?? unicodeName
    result.registrar = registrar.map { $0.overlaid(with: other.registrar) } ?? other.registrar
    result.created = other.created ?? created
    result.updated = other.updated ?? updated
    result.expires = other.expires ?? expires
    result.transferred = other.transferred ?? transferred
    if other.statuses.isEmpty { result.statuses = statuses }
    result.nameServers = other.nameServers.isEmpty ? nameServers : other.nameServers
    let shown = Set(other.contacts.flatMap(\.roles))
    result.contacts += contacts.filter { shown.isDisjoint(with: $0.roles) }
    result.dnssec = dnssec.map { $0.overlaid(with: other.dnssec) } ?? other.dnssec
    result.network = other.network ?? network
    result.redactions += redactions.filter { !other.redactions.contains($0) }
    return result
  }
}

extension Registrar {
  fileprivate func overlaid(with other: Registrar?) -> Registrar {
    guard let other else { return self }
    var result = Registrar(name: other.name ?? name)
    result.ianaID = other.ianaID ?? ianaID
    result.handle = other.handle ?? handle
    result.url = other.url ?? url
    result.whoisServer = other.whoisServer ?? whoisServer
    return result
  }
}

extension DelegationSecurity {
  /// The parent, which is the registry, knows its DS records best.
  fileprivate func overlaid(with other: DelegationSecurity?) -> DelegationSecurity {
    DelegationSecurity(
      isDelegationSigned: isDelegationSigned ?? other?.isDelegationSigned,
      signers: signers.isEmpty ? other?.signers ?? [] : signers)
  }
}
