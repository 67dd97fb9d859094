public import TidemarkAccess
import TidemarkModel

/// Tokens and what was done with them. Nothing here helps to use one.
public struct ServiceTokens: Sendable {
  /// By number, revoked ones too.
  public var accounts: [TokenAccount]
  /// Requests by what became of them at the gate.
  public var counts: AccessCounts
  /// False when the server asks nobody for a token.
  public var isRequired: Bool

  /// Makes a list.
  public init(_ accounts: [TokenAccount], _ counts: AccessCounts, isRequired: Bool) {
    self.accounts = accounts
    self.counts = counts
    self.isRequired = isRequired
  }

  func values(now: UnixSeconds) -> PageValues {
    let good = accounts.filter { $0.state == .valid }
    let others = accounts.filter { $0.state != .valid }
    return [
      "is_required": isRequired, "is_empty": accounts.isEmpty,
      "rows": (good + others).map { ServiceTokens.values($0, now: now) },
      "running": WebFigures.grouped(UInt64(clamping: counts.running)),
      "outcomes": counts.outcomes.map { name, requests in
        ["name": name, "count": WebFigures.grouped(requests)] as PageValues
      },
    ]
  }

  private static func values(_ account: TokenAccount, now: UnixSeconds) -> PageValues {
    let grant = account.grant
    let badges: [TokenRecord.State: String] = [.valid: "good", .expired: "warn", .revoked: "bad"]
    return [
      "id": Int(clamping: account.id), "name": grant.name, "state": account.state.rawValue,
      "badge": badges[account.state] ?? "warn",
      "scopes": Scope.allCases.filter(grant.scopes.contains).map(\.rawValue)
        .joined(separator: ", "),
      "datasets": grant.datasets.map { $0.sorted().joined(separator: ", ") } ?? "all",
      "quota": quota(account), "used": WebFigures.grouped(UInt64(clamping: account.usedToday)),
      "running": WebFigures.grouped(UInt64(clamping: account.running)),
      "expires": ServicePage.values(clamping: grant.expires, now: now),
      "last_used": ServicePage.values(clamping: account.lastUsed, now: now),
      "created": ServicePage.values(clamping: account.created, now: now),
    ]
  }

  /// `60/min, 1,000/day (12 left)`.
  private static func quota(_ account: TokenAccount) -> String {
    let parts = account.quotas.map { quota in
      let limit = WebFigures.grouped(UInt64(clamping: quota.limit))
      let left = WebFigures.grouped(UInt64(clamping: quota.remaining))
      return "\(limit) a \(quota.period.rawValue), \(left) left"
    }
    return parts.isEmpty ? "none" : parts.joined(separator: "; ")
  }
}
