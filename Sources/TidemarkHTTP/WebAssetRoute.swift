import HTTPTypes
import Hummingbird
import TidemarkWeb

/// `/ui/assets/{version}/{name}`: modules, style sheets and pictures, the same for everybody.
struct WebAssetRoute: Route {
  static let path: StaticString = "/ui/assets/"

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    guard let rest = exchange.target.rest(after: WebAssetRoute.path) else {
      throw Problem(.notFound, "there is no such file")
    }
    let parts = String(decoding: rest, as: UTF8.self).split(
      separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let asset = parts.last.flatMap({ WebAsset.named(String($0)) }) else {
      throw Problem(.notFound, "there is no such file")
    }
    var headers = WebDesk.headers
    headers[.contentType] = asset.type
    headers[.eTag] = asset.tag
    // Below its version it never changes, and modules name each other relative to themselves. A
    // page of another version that is still open gets what there is now.
    let isVersioned = parts.count == 2 && parts[0] == WebAsset.version
    headers[.cacheControl] = isVersioned ? "public, max-age=31536000, immutable" : "no-cache"
    if exchange.request.headers[.ifNoneMatch] == asset.tag {
      return Response(status: .notModified, headers: headers, octets: [], isHead: true)
    }
    return Response(
      status: .ok, headers: headers, octets: asset.octets, isHead: exchange.isHead)
  }
}
