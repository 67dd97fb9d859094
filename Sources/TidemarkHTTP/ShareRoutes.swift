import D4Wire
import DNSWire
import HTTPTypes
import TidemarkAccess
import TidemarkSharing

/// The routes below `/api/v1/share/`, which serve a stream to its partners.
struct ShareRoutes: Sendable {
  private let stream: Endpoint
  private let socket: Endpoint
  private let files: Endpoint

  init(hub: PartnerHub?) {
    let service = ShareService(hub: hub)
    stream = ShareRoutes.endpoint(ShareRoute(service: service))
    var socket = ShareRoutes.endpoint(ShareSocketRoute(service: service))
    socket.takesTokenInQuery = true
    self.socket = socket
    files = ShareRoutes.endpoint(ShareFilesRoute(service: service))
  }

  private static func endpoint(_ route: any Route) -> Endpoint {
    var endpoint = Endpoint(route, .native, scope: .partner)
    // Rows are a partner's or nobody's: on a server that serves everybody too.
    endpoint.asksForToken = true
    return endpoint
  }

  /// The route of a path; nil for paths that are none of these.
  func endpoint(_ target: RequestTarget) -> Endpoint? {
    switch SharePath(target)?.part {
    case .stream: stream
    case .socket: socket
    case .files: files
    case nil: nil
    }
  }

  /// Every route, as docs/openapi.yaml writes them.
  var all: [(path: String, endpoint: Endpoint)] {
    [
      ("/api/v1/share/{stream}", stream), ("/api/v1/share/{stream}/ws", socket),
      ("/api/v1/share/{stream}/files/{file}", files),
    ]
  }
}

/// What a path below `/api/v1/share/` names.
struct SharePath: Equatable {
  enum Part: Equatable {
    case stream, socket
    /// A file by its name; the manifest's without one.
    case files(String)
  }

  let stream: String
  let part: Part

  /// Reads `STREAM`, `STREAM/ws`, `STREAM/files/` and `STREAM/files/NAME`; nil for anything else.
  init?(_ target: RequestTarget) {
    guard let path = target.rest(after: "/api/v1/share/") else { return nil }
    let parts = path.split(
      separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
    guard let stream = SharePath.text(parts[0]), !stream.isEmpty else { return nil }
    self.stream = stream
    let rest = parts.dropFirst().map { SharePath.text($0) }
    if rest.isEmpty {
      part = .stream
    } else if rest == ["ws"] {
      part = .socket
    } else if rest.count == 2, rest[0] == "files", let name = rest[1] {
      part = .files(name.isEmpty ? ShareManifest.name : name)
    } else {
      return nil
    }
  }

  private static func text(_ octets: ArraySlice<UInt8>) -> String? {
    RequestTarget.decode(octets).flatMap { String(validating: $0, as: UTF8.self) }
  }
}

/// What the routes of streams have in common: whose the request is, and what it may open.
struct ShareService: Sendable {
  /// Nil where nothing is shared.
  let hub: PartnerHub?

  /// The partner that asks.
  ///
  /// - Throws: ``Problem``; 404 also for who is none, so that streams cannot be told from others.
  func partner(_ exchange: Exchange) throws(Problem) -> (Partner, PartnerHub) {
    guard let hub else { throw ShareService.noStream }
    if let token = exchange.caller.token {
      guard let partner = hub.goodPartner(token: token) else { throw ShareService.noStream }
      return (partner, hub)
    }
    switch exchange.credentials {
    case .none: throw RouteFamily.native.problem(.missing)
    case .contradicting:
      throw Problem(.badRequest, "the request holds two tokens that differ")
    case .token(let text):
      guard let partner = hub.goodPartner(tokenDigest: TokenDigest(of: text).octets) else {
        throw RouteFamily.native.problem(.unknown)
      }
      return (partner, hub)
    }
  }

  /// Opens a stream for who asks.
  func open(
    _ exchange: Exchange, from start: PartnerStart, outlet: PartnerOutlet
  ) throws -> PartnerFeed {
    let (partner, hub) = try partner(exchange)
    guard let path = SharePath(exchange.target) else { throw ShareService.noStream }
    do {
      return try hub.open(partner, stream: path.stream, from: start, outlet: outlet)
    } catch let refusal as PartnerRefusal {
      switch refusal {
      case .unknownStream: throw ShareService.noStream
      case .tooMany(let most):
        throw Problem(
          .tooManyRequests, "\(most) streams of this partner are open, as many as may be",
          headers: [.retryAfter: "5"])
      }
    } catch let lost as PartnerPositionLost {
      throw Problem(.gone, "\(lost); ask without after for all there is")
    } catch is PartnerRevoked {
      throw RouteFamily.native.problem(.unknown)
    }
  }

  /// Watches over the answer to a partner.
  func watch(_ partner: Partner, on connection: ClientConnection) -> ShareWatch {
    ShareWatch(connection) { [hub] in hub?.goodPartner(token: partner.token) != nil }
  }

  /// Takes `after`.
  static func start(_ parameters: inout ParameterReader) throws(Problem) -> PartnerStart {
    switch parameters.take("after") {
    case nil, "oldest": return .oldest
    case "newest": return .newest
    case let text?:
      guard text.utf8.allSatisfy(ASCII.isDigit), let sequence = UInt64(text) else {
        throw Problem(.badRequest, "after: not a position, oldest or newest")
      }
      return .after(sequence)
    }
  }

  /// The fields of every answer with rows.
  static func headers(_ feed: PartnerFeed) -> HTTPFields {
    var headers = HTTPFields()
    if let name = HTTPField.Name("Tidemark-Origins") {
      headers[name] = feed.origins.map(\.description).joined(separator: ", ")
    }
    return headers
  }

  static let noStream = Problem(.notFound, "there is no such stream")
}
