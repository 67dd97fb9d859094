import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkModel

/// `GET /v1/account`: whose key it is, and how often the products may be asked.
///
/// Clients ask it first and space their requests by what it says: by a minute's number, else by an
/// hour's, else they wait an hour between two. So each product has a number for the minute.
struct DomainToolsAccountRoute: Route {
  /// The products that there are routes for, in the words of the client.
  static let products = [
    "account-information", "domain-profile", "whois", "parsed-whois", "whois-history",
    "parsed-domain-rdap", "reverse-ip", "reverse-name-server", "hosting-history", "risk",
    "risk-evidence", "reputation", "domain-history", "iris-enrich",
  ]

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    let form = try DomainToolsForm(query: exchange.target.query)
    guard ["json", nil].contains(form["format"]?.lowercased()) else {
      throw Problem(.notAcceptable, "format: answers are JSON only")
    }
    var account = JSONLine()
    account.add("api_username", exchange.caller.name)
    account.add("active", true)
    let product = DomainToolsAccountRoute.limits(exchange)
    var response = JSONLine()
    response.add("account", account)
    response.add(
      "products",
      DomainToolsAccountRoute.products.map { name in
        var json = JSONLine()
        json.add("id", name)
        product(&json)
        return json
      })
    var json = JSONLine()
    json.add("response", response)
    return Response(
      status: .ok, headers: DomainToolsRoute.headers, octets: json.finished(),
      isHead: exchange.isHead)
  }

  /// Adds what is the same for every product. Numbers are strings.
  private static func limits(_ exchange: Exchange) -> (inout JSONLine) -> Void {
    let quotas = exchange.admission.quotas
    let minute = quotas.first { $0.period == .minute }?.limit ?? DomainToolsLimits.perMinute
    let today = quotas.first { $0.period == .day }.map { max($0.limit - $0.remaining, 0) } ?? 0
    let expires = exchange.caller.expires.map { DomainToolsTime.day(ofSeconds: $0) }
    return { json in
      json.addNull("per_month_limit")
      json.addNull("per_hour_limit")
      json.add("per_minute_limit", String(minute))
      json.addNull("absolute_limit")
      var usage = JSONLine()
      usage.add("today", String(today))
      usage.add("month", String(today))
      json.add("usage", usage)
      if let expires {
        json.add("expiration_date", expires)
      } else {
        json.addNull("expiration_date")
      }
    }
  }
}
