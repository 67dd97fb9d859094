import HTTPTypes
import Hummingbird
import TidemarkAccess

/// Lets requests in, and writes on the answers what access has to do with them.
struct Gate: Sendable {
  let access: AccessControl
  /// A header field that may hold a token, besides those that always may.
  let field: HTTPField.Name?
  /// Who is signed in to the pages.
  let sessions: WebSessions
  /// True for a server that only this machine reaches.
  let isOnLoopback: Bool

  /// Takes a request in.
  ///
  /// - Parameter form: the body, where the endpoint takes one that may show who asks.
  /// - Throws: ``Problem`` in the words of the endpoint's family.
  func admit(
    _ request: Request, _ endpoint: Endpoint, form: [UInt8] = []
  ) throws(Problem) -> Admission {
    if endpoint.family == .web {
      try WebOrigin.check(request, isLoopback: isOnLoopback && !access.requiresTokens)
    }
    guard access.requiresTokens, endpoint.need != .nothing else {
      // Any page that the operator visits could otherwise read and write a server on loopback.
      guard
        endpoint.need == .nothing || endpoint.asksForToken || endpoint.family == .web
          || request.headers[.origin] == nil
      else {
        throw Problem(.forbidden, "web pages are served with tokens only")
      }
      return Admission(caller: .anonymous)
    }
    let proof: AccessProof
    switch credentials(request, endpoint) {
    case let shown where endpoint.family == .domaintools:
      proof = try DomainToolsCredentials(request, shown, form: form).proof
    case .none:
      let session = endpoint.family == .web ? request.webSession : nil
      proof = session.flatMap { sessions.session($0) }.map { .held($0.token) } ?? .nothing
    case .token(let text): proof = .token(text)
    case .contradicting: throw Gate.contradiction
    }
    do {
      return try access.admit(proof, for: endpoint.need)
    } catch {
      throw endpoint.family.problem(error)
    }
  }

  static let contradiction = Problem(.badRequest, "the request holds two tokens that differ")

  /// True for those who may be told more than that there is a server: everybody where no tokens are
  /// asked for, otherwise holders of a valid one.
  func knows(_ request: Request) -> Bool {
    guard access.requiresTokens else { return true }
    guard case .token(let text) = Credentials(request.headers, field: field) else { return false }
    return access.isValid(secret: text)
  }

  /// What a request shows. The query is looked at where the endpoint says so, and never written
  /// anywhere.
  func credentials(_ request: Request, _ endpoint: Endpoint) -> Credentials {
    let shown = Credentials(request.headers, field: field)
    guard endpoint.takesTokenInQuery,
      let pairs = try? RequestTarget(request.head.path ?? "").pairs(),
      let token = pairs.first(where: { $0.name == "access_token" })
    else { return shown }
    return shown == .none || shown == .token(token.value) ? .token(token.value) : .contradicting
  }

  /// Adds what is left of the caller's quota, and what a cache must know.
  func mark(_ response: inout Response, _ admission: Admission?, _ endpoint: Endpoint) {
    if let admission, endpoint.need != .nothing {
      endpoint.family.addQuota(admission.quota, to: &response.headers)
    }
    markField(&response)
  }

  /// Adds the further field to those that a cache must tell apart; refusals depend on it, too.
  func markField(_ response: inout Response) {
    if let field, let vary = response.headers[.vary] {
      response.headers[.vary] = "\(vary), \(field.canonicalName)"
    }
  }
}

extension RouteFamily {
  /// Adds `X-RateLimit-…`: numbers, or the words that DNSDB has for none.
  func addQuota(_ quota: QuotaState?, to headers: inout HTTPFields) {
    guard self == .dnsdb || quota != nil else { return }
    let values = [
      ("X-RateLimit-Limit", quota.map { String($0.limit) } ?? "unlimited"),
      ("X-RateLimit-Remaining", quota.map { String($0.remaining) } ?? "n/a"),
      ("X-RateLimit-Reset", quota.map { String($0.reset) } ?? "n/a"),
    ]
    for (name, value) in values {
      if let name = HTTPField.Name(name) { headers[name] = value }
    }
  }
}
