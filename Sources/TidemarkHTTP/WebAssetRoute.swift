import HTTPTypes
import Hummingbird
import TidemarkWeb

/// `/ui/assets/{name}`: modules, style sheets and pictures, which are the same for everybody.
struct WebAssetRoute: Route {
  static let path: StaticString = "/ui/assets/"

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    guard let rest = exchange.target.rest(after: WebAssetRoute.path),
      let asset = WebAsset.named(String(decoding: rest, as: UTF8.self))
    else { throw Problem(.notFound, "there is no such file") }
    var headers = WebDesk.headers
    headers[.contentType] = asset.type
    headers[.eTag] = asset.tag
    // Asked for by its version it never changes; modules name each other without one.
    let version = try exchange.target.parameters().first { $0.name == "v" }?.value
    headers[.cacheControl] =
      version == WebAsset.version ? "public, max-age=31536000, immutable" : "no-cache"
    if exchange.request.headers[.ifNoneMatch] == asset.tag {
      return Response(status: .notModified, headers: headers, octets: [], isHead: true)
    }
    return Response(
      status: .ok, headers: headers, octets: asset.octets, isHead: exchange.isHead)
  }
}
