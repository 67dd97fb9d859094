import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkMetrics
import TidemarkModel
import TidemarkSharing
import TidemarkStore
import TidemarkWeb

/// What every page needs: the store and the library, who is signed in, and how a page is answered.
struct WebDesk: Sendable {
  let native: NativeService
  let enrichment: EnrichmentDesk
  let access: AccessControl
  let sessions: WebSessions
  let sensors: (any SensorDirectory)?
  let sharing: PartnerHub?
  let metrics: PrometheusRegistry
  let data: DomainToolsData
  /// When the server was made.
  let started: ContinuousClock.Instant
  /// True when connections are encrypted: cookies are for such connections only then.
  let hasTLS: Bool
  let times: PageTimes
  let clock: @Sendable () -> UnixSeconds

  /// A page in its frame.
  func answer(
    _ page: Page, _ exchange: Exchange, status: HTTPResponse.Status = .ok
  ) -> Response {
    let frame = frame(exchange.caller, exchange.request)
    return html(
      PageTemplates.shared.render(page, in: frame), status, isHead: exchange.isHead,
      holding: exchange.admission)
  }

  /// Markup without a frame, for a script that asks for it.
  func fragment(_ octets: [UInt8], _ exchange: Exchange, cursor: String? = nil) -> Response {
    var response = html(octets, .ok, isHead: exchange.isHead, holding: exchange.admission)
    if let cursor, let name = HTTPField.Name("X-Tidemark-Cursor") {
      response.headers[name] = cursor
    }
    return response
  }

  /// JSON for a script.
  func json(_ octets: [UInt8], _ exchange: Exchange) -> Response {
    var headers = WebDesk.headers
    headers[.contentType] = "application/json"
    return Response(
      headers: headers, octets: octets, isHead: exchange.isHead, holding: exchange.admission)
  }

  /// A file to keep.
  ///
  /// - Parameter name: of ours, ASCII letters, digits, dots and hyphens.
  func download(
    _ octets: [UInt8], type: String, name: String, _ exchange: Exchange
  ) -> Response {
    Response(
      headers: WebDesk.downloadHeaders(type: type, name: name), octets: octets,
      isHead: exchange.isHead, holding: exchange.admission)
  }

  /// The header of a file to keep.
  static func downloadHeaders(type: String, name: String) -> HTTPFields {
    var headers = WebDesk.headers
    headers[.contentType] = type
    headers[.contentDisposition] = "attachment; filename=\"\(name)\""
    return headers
  }

  /// Leads the browser to another page of ours, which it gets by GET.
  func redirect(_ target: String, _ exchange: Exchange) -> Response {
    WebDesk.redirect(target)
  }

  static func redirect(_ target: String) -> Response {
    var headers = WebDesk.headers
    headers[.location] = target
    return Response(status: .seeOther, headers: headers, octets: [], isHead: false)
  }

  /// Reads the form of a POST that came from a page of ours.
  ///
  /// - Parameter most: octets of its body.
  /// - Throws: ``Problem``: 405, 415, 413, 400, and 403 without the form token of the session.
  func form(_ exchange: Exchange, most: Int = 1 << 20) async throws -> WebForm {
    guard exchange.request.method == .post else { throw Problem.method(allowed: "POST") }
    let type = exchange.request.headers[.contentType]?.lowercased() ?? ""
    guard type.hasPrefix("application/x-www-form-urlencoded") else {
      throw Problem(.unsupportedMediaType, "only forms are taken here")
    }
    let form = try WebForm(try await exchange.request.octets(most: most))
    let expected = formToken(exchange.request)
    guard let shown = form.value("form_token"), WebDesk.isEqual(shown, expected) else {
      throw Problem(
        .forbidden, "the page was loaded before you signed in or out: load it again, then send it")
    }
    return form
  }

  /// What a refusal looks like to somebody with a browser.
  ///
  /// - Returns: a redirect to the sign-in for whoever has to sign in and asked for a page.
  func refusal(_ problem: Problem, _ request: Request) -> Response {
    let isHead = request.method == .head
    if problem.status == .unauthorized, isHead || request.method == .get,
      request.headers[.accept]?.contains("text/html") == true
    {
      return WebDesk.redirect(
        WebLink("/ui/sign-in", [("next", request.head.path ?? "/")]).text)
    }
    let values: PageValues = [
      "code": problem.status.code, "reason": problem.status.reasonPhrase,
      "text": problem.text, "signs_in": problem.status == .unauthorized,
    ]
    let page = Page(
      .none, title: problem.status.reasonPhrase, template: "problem", values: values)
    let octets = PageTemplates.shared.render(page, in: frame(caller(of: request), request))
    var response = html(octets, problem.status, isHead: isHead, holding: nil)
    for field in problem.headers { response.headers[field.name] = field.value }
    response.headers[.contentType] = WebDesk.htmlType
    return response
  }

  /// Who is signed in, whatever they may do; nil for nobody.
  private func caller(of request: Request) -> Caller? {
    guard access.requiresTokens else { return .anonymous }
    return session(of: request).flatMap { access.holder(of: .held($0.token)) }
  }

  private func frame(_ caller: Caller?, _ request: Request) -> PageFrame {
    var frame = PageFrame()
    frame.isOpen = !access.requiresTokens
    frame.formToken = formToken(request)
    frame.choices = PageChoice.allCases.filter { request.cookie($0.cookie) == $0.rawValue }
    frame.hasLibrary = enrichment.service != nil
    guard let caller, frame.isOpen || caller.token != nil else { return frame }
    frame.version = TidemarkServer.version
    if caller.token != nil { frame.caller = caller.name }
    frame.mayQuery = caller.may(.query)
    frame.mayEnrich = caller.may(.enrich) && caller.datasets == nil && frame.hasLibrary
    frame.mayAdmin = caller.may(.admin)
    return frame
  }

  private func formToken(_ request: Request) -> String {
    session(of: request)?.formToken ?? sessions.strangersFormToken
  }

  private func session(of request: Request) -> WebSessions.Session? {
    request.webSession.flatMap { sessions.session($0) }
  }

  private func html(
    _ octets: [UInt8], _ status: HTTPResponse.Status, isHead: Bool, holding admission: Admission?
  ) -> Response {
    var headers = WebDesk.headers
    headers[.contentType] = WebDesk.htmlType
    guard let admission, status == .ok else {
      return Response(status: status, headers: headers, octets: octets, isHead: isHead)
    }
    return Response(headers: headers, octets: octets, isHead: isHead, holding: admission)
  }

  private static func isEqual(_ one: String, _ other: String) -> Bool {
    let (one, other) = (Array(one.utf8), Array(other.utf8))
    guard one.count == other.count else { return false }
    return zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static let htmlType = "text/html; charset=utf-8"

  /// What every answer says to browsers: nothing is loaded from elsewhere, no script stands in a
  /// page, nobody frames it, and what was asked for is told to nobody.
  static let headers: HTTPFields = {
    var headers: HTTPFields = [
      .cacheControl: "no-store", .vary: RouteFamily.web.vary,
      .contentSecurityPolicy: "default-src 'none'; script-src 'self'; style-src 'self'; "
        + "img-src 'self' data: blob:; connect-src 'self'; form-action 'self'; "
        + "frame-ancestors 'none'; base-uri 'none'",
      .xContentTypeOptions: "nosniff",
    ]
    // With `no-referrer` browsers say `Origin: null` of our own forms, which WebOrigin refuses.
    let others = [
      ("Referrer-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
      ("Cross-Origin-Resource-Policy", "same-origin"),
    ]
    for (name, value) in others {
      if let name = HTTPField.Name(name) { headers[name] = value }
    }
    return headers
  }()
}
