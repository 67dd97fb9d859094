import GRDB
import TidemarkDatabase
public import TidemarkAccess
public import TidemarkSharing

/// Partners and what was released to them.
extension ControlDatabase {
  /// Makes a partner and its token, which holds the scope `partner` and nothing else.
  ///
  /// - Parameters:
  ///   - name: as of tokens; the token is named `partner NAME`.
  ///   - expires: when the token ends, seconds since 1970; nil never.
  ///   - now: seconds since 1970.
  /// - Returns: what is kept, and the token, which is kept nowhere.
  /// - Throws: ``ControlError``.
  public func addPartner(
    _ name: String, policy: PartnerPolicy, outlets: PartnerOutlets = PartnerOutlets(),
    expires: Int64? = nil, now: Int64
  ) throws(ControlError) -> (partner: Partner, secret: TokenSecret) {
    do throws(PartnerPolicyError) { try policy.check() } catch {
      throw .badGrant(error.description)
    }
    // The token's own name is longer, and may not be a number.
    try TokenGrant(name: name, scopes: [.partner]).check(now: now)
    let grant = TokenGrant(name: "partner \(name)", scopes: [.partner], expires: expires)
    try grant.check(now: now)
    let secret = TokenSecret()
    let partner = try durably { db in
      let isTaken = try Bool.fetchOne(
        db, sql: "SELECT EXISTS (SELECT 1 FROM partners WHERE name = ? AND revoked IS NULL)",
        arguments: [name])
      guard isTaken == false else { throw ControlError.partnerNameTaken(name) }
      let isTokenTaken = try Bool.fetchOne(
        db, sql: "SELECT EXISTS (SELECT 1 FROM tokens WHERE name = ? AND revoked IS NULL)",
        arguments: [grant.name])
      guard isTokenTaken == false else { throw ControlError.nameTaken(grant.name) }
      let token = try TokenRows.insert(grant, digest: secret.digest, now: now, db)
      var partner = Partner(
        id: 0, name: name, token: token.id, tokenDigest: secret.digest.octets, policy: policy,
        outlets: outlets, created: now, expires: expires)
      partner.id = try PartnerRows.insert(partner, db)
      return partner
    }
    return (partner, secret)
  }

  /// Ends a partner and its token. Streams that are open end within seconds.
  ///
  /// - Parameter name: the name of a partner that was not revoked, or the number of any.
  /// - Throws: ``ControlError/unknownPartner(_:)``, ``ControlError/partnerRevokedBefore(_:)``,
  ///   ``ControlError/failed(path:reason:)``.
  @discardableResult
  public func revokePartner(_ name: String, now: Int64) throws(ControlError) -> Partner {
    try durably { db in
      var partner = try ControlDatabase.find(name, db)
      let isRevoked = try Bool.fetchOne(
        db, sql: "SELECT revoked IS NOT NULL FROM partners WHERE id = ?", arguments: [partner.id])
      guard isRevoked == false else { throw ControlError.partnerRevokedBefore(name) }
      try db.execute(
        sql: "UPDATE partners SET revoked = ? WHERE id = ?", arguments: [now, partner.id])
      try db.execute(
        sql: "UPDATE tokens SET revoked = coalesce(revoked, ?) WHERE id = ?",
        arguments: [now, partner.token])
      partner.revoked = partner.revoked ?? now
      return partner
    }
  }

  /// All partners in the order of their numbers, revoked ones too; those whose policy was written
  /// by a later version and cannot be read are left out.
  public func partners() throws(ControlError) -> [Partner] {
    try database.reading { try PartnerRows.all($0) }
  }

  /// A partner.
  ///
  /// - Parameter name: the name of a partner that was not revoked, or the number of any.
  /// - Throws: ``ControlError/unknownPartner(_:)``, ``ControlError/failed(path:reason:)``.
  public func partner(_ name: String) throws(ControlError) -> Partner {
    try database.reading { try ControlDatabase.find(name, $0) }
  }

  /// What became of records, by partner and rule.
  ///
  /// - Parameter day: from this day on, days since 1970.
  public func releases(since day: Int64 = 0) throws(ControlError) -> [Release] {
    try database.reading { try ReleaseRows.sums(since: day, $0) }
  }

  /// Adds what was released, and tells who the partners are.
  ///
  /// - Parameters:
  ///   - releases: all of them are written, or none.
  ///   - day: the day to add them to, days since 1970.
  ///   - version: what the last call gave; nil asks for everything.
  /// - Returns: a version that differs after every change, and the partners; nil when none changed.
  func exchange(
    _ releases: [Release], day: Int64, since version: Int64?
  ) throws(ControlError) -> (version: Int64, partners: [Partner]?) {
    try exchanging(writes: !releases.isEmpty) { db in
      let current = try self.version(db)
      try ReleaseRows.add(releases, day: day, db)
      guard current != version else { return (current, nil) }
      return (current, try PartnerRows.all(db))
    }
  }

  private static func find(_ name: String, _ db: Database) throws -> Partner {
    let partners = try PartnerRows.all(db)
    let named = partners.last { $0.name == name && $0.revoked == nil }
    // A partner whose token was revoked alone still has its name.
    guard
      let found = named ?? partners.first(where: { String($0.id) == name })
        ?? partners.last(where: { $0.name == name })
    else { throw ControlError.unknownPartner(name) }
    return found
  }
}
