import HTTPTypes
import Hummingbird
import TidemarkAccess

/// `GET /api/v1/whoami`: whose token was sent, what it may do and what is left of its quotas.
struct WhoamiRoute: Route {
  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    let caller = exchange.caller
    var json = JSONLine()
    json.add("name", caller.name)
    json.add("scopes", texts: Scope.allCases.filter(caller.may).map(\.rawValue))
    if let datasets = caller.datasets {
      json.add("datasets", texts: datasets.sorted())
    } else {
      json.addNull("datasets")
    }
    if let expires = caller.expires {
      json.add("expires", UInt64(clamping: expires))
    } else {
      json.addNull("expires")
    }
    json.add("limits", WhoamiRoute.limits(caller.limits))
    var quotas = JSONLine()
    for quota in exchange.admission.quotas {
      quotas.add(quota.period.rawValue, WhoamiRoute.object(quota))
    }
    json.add("quotas", quotas)
    return Response(
      status: .ok,
      headers: [
        .contentType: "application/json", .cacheControl: "no-store",
        .vary: RouteFamily.native.vary,
      ],
      octets: json.finished(), isHead: exchange.isHead)
  }

  private static func limits(_ limits: QueryLimits) -> JSONLine {
    var json = JSONLine()
    json.add("rows", UInt64(clamping: limits.rows))
    json.add("octets", UInt64(clamping: limits.octets))
    json.add("milliseconds", UInt64(max(limits.seconds, 0) * 1_000))
    json.add("concurrent", UInt64(clamping: limits.concurrent))
    return json
  }

  private static func object(_ quota: QuotaState) -> JSONLine {
    var json = JSONLine()
    json.add("limit", UInt64(clamping: quota.limit))
    json.add("remaining", UInt64(clamping: quota.remaining))
    json.add("reset", UInt64(clamping: quota.reset))
    return json
  }
}
