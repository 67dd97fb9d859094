import HTTPTypes
import Hummingbird
import TidemarkAccess

/// Lets requests in, and writes on the answers what access has to do with them.
struct Gate: Sendable {
  let access: AccessControl
  /// A header field that may hold a token, besides those that always may.
  let field: HTTPField.Name?

  /// Takes a request in.
  ///
  /// - Throws: ``Problem`` in the words of the endpoint's family.
  func admit(_ request: Request, _ endpoint: Endpoint) throws(Problem) -> Admission {
    guard access.requiresTokens, endpoint.need != .nothing else {
      // Any page that the operator visits could otherwise read and write a server on loopback.
      guard endpoint.need == .nothing || request.headers[.origin] == nil else {
        throw Problem(.forbidden, "web pages are served with tokens only")
      }
      return Admission(caller: .anonymous)
    }
    let secret: String?
    switch Credentials(request.headers, field: field) {
    case .none: secret = nil
    case .token(let text): secret = text
    case .contradicting:
      throw Problem(.badRequest, "the request holds two tokens that differ")
    }
    do {
      return try access.admit(secret: secret, for: endpoint.need)
    } catch {
      throw endpoint.family.problem(error)
    }
  }

  /// Adds what is left of the caller's quota, and what a cache must know.
  func mark(_ response: inout Response, _ admission: Admission?, _ endpoint: Endpoint) {
    if let admission, endpoint.need != .nothing {
      endpoint.family.addQuota(admission.quota, to: &response.headers)
    }
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
