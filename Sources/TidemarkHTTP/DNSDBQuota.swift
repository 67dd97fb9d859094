import DNSWire
import HTTPTypes
import Hummingbird
import TidemarkAccess

/// What a caller may still ask, in the words of DNSDB: numbers, or `unlimited` and `n/a`.
struct DNSDBQuota {
  private let state: QuotaState?
  private let resultsMax: Int

  init(_ admission: Admission) {
    state = admission.quota
    resultsMax = DNSDBRoute.resultsMax(admission.caller)
  }

  /// `{"rate":{…}}` and a line end. `burst_size` and `burst_window` are left out: clients abort
  /// when they see one of them without the other.
  var json: [UInt8] {
    var rate = JSONLine()
    if let state {
      rate.add("reset", UInt64(clamping: state.reset))
      rate.add("limit", UInt64(clamping: state.limit))
      rate.add("remaining", UInt64(clamping: state.remaining))
    } else {
      rate.add("reset", "n/a")
      rate.add("limit", "unlimited")
      rate.add("remaining", "n/a")
    }
    rate.add("results_max", UInt64(clamping: resultsMax))
    rate.add("offset_max", UInt64(DNSDBLimits.offsetMax))
    var line: [UInt8] = []
    ASCII.append("{\"rate\":", to: &line)
    line.append(contentsOf: rate.finished().dropLast())
    ASCII.append("}\n", to: &line)
    return line
  }
}

/// `rate_limit`: what is left of the quota. Clients of version 1 ask by POST, too.
struct DNSDBRateLimitRoute: Route {
  func respond(to exchange: Exchange) async throws -> Response {
    let isVersion1 = DNSDBPath(exchange.target.path)?.version == .v1
    if !isVersion1 || exchange.request.method != .post { try exchange.requireGet() }
    let quota = DNSDBQuota(exchange.admission)
    return DNSDBPingRoute.response(quota.json, isHead: exchange.isHead)
  }
}

/// `ping`: whether the server can be reached.
struct DNSDBPingRoute: Route {
  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    var line = JSONLine()
    line.add("ping", "ok")
    return DNSDBPingRoute.response(line.finished(), isHead: exchange.isHead)
  }

  /// One JSON object that no cache may keep.
  static func response(_ json: [UInt8], isHead: Bool) -> Response {
    let headers: HTTPFields = [
      .contentType: "application/json", .cacheControl: "no-store",
      .accessControlAllowOrigin: "*",
    ]
    return Response(status: .ok, headers: headers, octets: json, isHead: isHead)
  }
}
