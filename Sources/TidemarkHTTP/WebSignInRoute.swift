import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkWeb

/// `/ui/sign-in`: takes a token, and gives the browser a session for it.
struct WebSignInRoute: Route {
  let desk: WebDesk

  func respond(to exchange: Exchange) async throws -> Response {
    guard exchange.request.method == .post else {
      try exchange.requireGet()
      let next = try exchange.target.parameters().first { $0.name == "next" }?.value
      return page(next: WebSignInRoute.ownPath(next), isRefused: false, exchange)
    }
    let form = try await desk.form(exchange, most: WebSignInRoute.formOctetsMax)
    guard desk.access.requiresTokens else { return desk.redirect("/", exchange) }
    let next = WebSignInRoute.ownPath(form.value("next"))
    let secret = (form.value("token") ?? "").filter { !$0.isWhitespace }
    guard let token = desk.access.holder(of: .token(secret))?.token else {
      return page(next: next, isRefused: true, exchange)
    }
    if let before = exchange.request.webSession { desk.sessions.end(before) }
    var response = desk.redirect(next, exchange)
    response.headers[.setCookie] = WebSignInRoute.cookie(
      desk.sessions.begin(token: token), seconds: WebSessions.idleMax, hasTLS: desk.hasTLS)
    return response
  }

  private func page(next: String, isRefused: Bool, _ exchange: Exchange) -> Response {
    let values: PageValues = ["next": next, "is_refused": isRefused]
    let page = Page(.none, title: "Sign in", template: "sign-in", values: values)
    return desk.answer(page, exchange, status: isRefused ? .forbidden : .ok)
  }

  private static let formOctetsMax = 1 << 16

  /// Where to go after signing in: a path of this server and nothing that a browser takes for
  /// another one.
  static func ownPath(_ next: String?) -> String {
    guard let next, next.utf8.first == UInt8(ascii: "/"),
      next == "/" || next.utf8.starts(with: "/ui/".utf8),
      next.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") })
    else { return "/" }
    return next
  }

  /// A `Set-Cookie` field; `Lax`, so that a link in a ticket opens for whoever is signed in.
  static func cookie(_ value: String, seconds: Int64, hasTLS: Bool) -> String {
    "\(WebSessions.cookie)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Lax"
      + (hasTLS ? "; Secure" : "")
  }
}

/// `POST /ui/sign-out`: ends the session.
struct WebSignOutRoute: Route {
  let desk: WebDesk

  func respond(to exchange: Exchange) async throws -> Response {
    _ = try await desk.form(exchange)
    if let id = exchange.request.webSession { desk.sessions.end(id) }
    var response = desk.redirect(desk.access.requiresTokens ? "/ui/sign-in" : "/", exchange)
    response.headers[.setCookie] = WebSignInRoute.cookie("", seconds: 0, hasTLS: desk.hasTLS)
    return response
  }
}

extension Request {
  /// The value of the session's cookie.
  var webSession: String? { cookie(WebSessions.cookie) }

  /// The value of a cookie; nil when there is none of the name, or more than one.
  func cookie(_ name: String) -> String? {
    let pairs = headers[values: .cookie].flatMap { $0.split(separator: ";") }
    let found = pairs.compactMap { pair -> String? in
      let parts = pair.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, parts[0].filter({ $0 != " " }) == name else {
        return nil
      }
      return String(parts[1])
    }
    return found.count == 1 ? found[0] : nil
  }
}
