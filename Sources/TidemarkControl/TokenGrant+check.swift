import TidemarkAccess

extension TokenGrant {
  /// Refuses what would make a token that can do nothing, or that nobody could name.
  func check(now: Int64) throws(ControlError) {
    let isPlain = name.unicodeScalars.allSatisfy {
      $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
    }
    guard !name.isEmpty, name.utf8.count <= TokenGrant.nameOctetsMax, isPlain else {
      throw .badGrant(
        "a name has 1 to \(TokenGrant.nameOctetsMax) octets and no control characters")
    }
    guard Int64(name) == nil else {
      throw .badGrant("\(name): a name is not a number, which tokens have besides")
    }
    guard !scopes.isEmpty else { throw .badGrant("a token needs a scope") }
    guard datasets?.isEmpty != true else { throw .badGrant("name a dataset, or grant all") }
    if let expires, expires <= now { throw .badGrant("the token would be over already") }
    let counts = [limits.rows, limits.octets, limits.concurrent, perMinute, perDay]
    guard counts.allSatisfy({ $0 ?? 1 >= 1 }), limits.seconds ?? 1 > 0 else {
      throw .badGrant("limits and quotas are 1 or more")
    }
  }
}
