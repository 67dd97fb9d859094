import HTTPTypes
import Hummingbird
import TidemarkAccess

/// Routes that clients know as one interface, with its own way to say no.
enum RouteFamily: String, Sendable {
  /// `/pdns/query/…`: one line of text; 401 with a challenge.
  case circl
  /// `/query`, `/fquery`, `/info` of the D4 analyzer: as ``circl``.
  case d4
  /// `/lookup`, `/summarize`, `/dnsdb/v2/…`: one line of text that begins with `Error: `; 403.
  case dnsdb
  /// `/api/v1/add/sensor/register`, as the server of D4 words it: a JSON object with a reason; 401.
  case d4core = "d4-core"
  /// `/v1/…` of DomainTools: a JSON object whose `error` has the status again; 403, and 503 for
  /// what others say by 429, which their client does not know.
  case domaintools
  /// `/api/v1/…` and everything of our own: a JSON object; 401.
  case native
  /// `/` and `/ui/…`, for people: a page; whoever has to sign in is led there.
  case web

  /// What a cache must tell apart. PyPDNS with its cache on reads page 1 for ever without the
  /// dribble headers.
  var vary: String {
    switch self {
    case .circl:
      "Authorization, X-API-Key, Accept-Encoding, dribble-disable-active-query, "
        + "dribble-filter-rrtype, dribble-paginate-count, dribble-paginate-cursor"
    case .d4, .d4core, .dnsdb, .domaintools, .native: "Authorization, X-API-Key, Accept-Encoding"
    case .web: "Authorization, X-API-Key, Cookie, Accept-Encoding"
    }
  }

  /// A refusal in the family's form.
  func response(_ problem: Problem, isHead: Bool) -> Response {
    switch self {
    case .circl, .d4: problem.plainResponse(isHead: isHead, headers: [.vary: vary])
    case .dnsdb:
      Problem(problem.status, "Error: " + problem.text, headers: problem.headers)
        .plainResponse(isHead: isHead, headers: [.vary: vary, .accessControlAllowOrigin: "*"])
    case .d4core: problem.reasonResponse(isHead: isHead, headers: [.vary: vary])
    case .domaintools: problem.codedResponse(isHead: isHead, headers: [.vary: vary])
    case .native, .web: problem.jsonResponse(isHead: isHead, headers: [.vary: vary])
    }
  }

  /// What a request without the right to be served is told.
  func problem(_ denial: AccessDenial) -> Problem {
    switch denial {
    case .missing, .unknown, .expired: unauthenticated(denial)
    case .forbidden where self == .d4core: Problem(.forbidden, "Access Forbidden")
    case .forbidden(let scope):
      Problem(.forbidden, "the token does not have the scope \(scope)")
    case .quota(let seconds):
      Problem(
        self == .domaintools ? .serviceUnavailable : .tooManyRequests, quotaText,
        headers: [.retryAfter: String(seconds)])
    case .busy:
      Problem(
        [.dnsdb, .domaintools].contains(self) ? .serviceUnavailable : .tooManyRequests,
        "too many queries of this token are running", headers: [.retryAfter: "1"])
    }
  }

  /// The Ruby client of CIRCL asks ten times more for exactly this text without its line end.
  private var quotaText: String {
    switch self {
    case .circl, .d4: "Rate Limit Exceeded"
    case .dnsdb: "Rate limit exceeded"
    case .d4core, .domaintools, .native, .web: "the quota is used up"
    }
  }

  private func unauthenticated(_ denial: AccessDenial) -> Problem {
    switch self {
    case .dnsdb:
      denial == .expired
        ? Problem(.unauthorized, "Quota is expired") : Problem(.forbidden, "Bad API key")
    case .circl, .d4:
      Problem(
        .unauthorized, RouteFamily.words(denial),
        headers: [.wwwAuthenticate: "Basic realm=\"tidemark\", charset=\"UTF-8\""])
    case .d4core:
      Problem(
        .unauthorized,
        denial == .missing ? "Authentication needed" : "Authentication failed",
        headers: [.wwwAuthenticate: "Bearer"])
    case .domaintools: Problem(.forbidden, RouteFamily.domainToolsWords(denial))
    case .native, .web:
      Problem(.unauthorized, RouteFamily.words(denial), headers: [.wwwAuthenticate: "Bearer"])
    }
  }

  private static func domainToolsWords(_ denial: AccessDenial) -> String {
    switch denial {
    case .missing: "credentials are needed: a user name and a signature, or an API key"
    case .expired: "the API key has expired"
    default: "the credentials are not known here, or the signature does not fit"
    }
  }

  private static func words(_ denial: AccessDenial) -> String {
    switch denial {
    case .missing: "a token is needed"
    case .expired: "the token has expired"
    default: "the token is not known here"
    }
  }
}
