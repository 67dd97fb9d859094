import HTTPTypes
import Hummingbird
import NIOCore
import TidemarkSharing

/// `GET /api/v1/share/STREAM/files/NAME`: the partner's own files, and the manifest that names
/// them.
struct ShareFilesRoute: Route {
  let service: ShareService

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    let parameters = ParameterReader(try exchange.target.parameters())
    try parameters.finish()
    let (partner, _) = try service.partner(exchange)
    guard let path = SharePath(exchange.target), path.stream == partner.policy.stream,
      case .files(let name) = path.part, partner.outlets.files != nil
    else { throw ShareService.noStream }
    do {
      if name == ShareManifest.name { return try await manifest(of: partner, exchange) }
      return try await file(name, of: partner, exchange)
    } catch let error as ShareFileError {
      // Paths of the server are not for partners.
      throw Problem(.internalServerError, error.reason)
    }
  }

  /// The manifest of a partner's folder with its octets; nil when there is none, or the folder
  /// holds what was made for somebody else, by other rules.
  private static func contents(
    of partner: Partner
  ) throws -> (manifest: ShareManifest, octets: [UInt8], folder: String)? {
    guard let folder = partner.outlets.files?.folder,
      let (manifest, octets) = try ShareManifest.open(folder: folder), manifest.isOf(partner)
    else { return nil }
    return (manifest, octets, folder)
  }

  private func manifest(of partner: Partner, _ exchange: Exchange) async throws -> Response {
    let octets = try await ScanPool.shared.run {
      try ShareFilesRoute.contents(of: partner)?.octets
    }
    guard let octets else { throw Problem(.notFound, "there are no files yet") }
    var headers = NativeService.json
    headers[.cacheControl] = "no-store"
    return Response(
      headers: headers, octets: octets, isHead: exchange.isHead, holding: exchange.admission)
  }

  private func file(
    _ name: String, of partner: Partner, _ exchange: Exchange
  ) async throws -> Response {
    let opened = try await ScanPool.shared.run {
      () throws -> (ShareManifest.File, ShareFileReader)? in
      // Nothing is opened by a name that the manifest does not have.
      guard let contents = try ShareFilesRoute.contents(of: partner),
        let file = contents.manifest.files.first(where: { $0.name == name }),
        let reader = try ShareFileReader("\(contents.folder)/\(name)")
      else { return nil }
      return (file, reader)
    }
    guard let (file, reader) = opened else { throw Problem(.notFound, "there is no such file") }
    let headers: HTTPFields = [
      .contentType: "application/gzip", .eTag: "\"\(file.sha256)\"",
      .cacheControl: "private, no-transform", .vary: RouteFamily.native.vary,
      .contentLength: String(file.octets),
    ]
    guard !exchange.isHead, let connection = ClientConnection.current else {
      return Response(status: .ok, headers: headers)
    }
    return Response(
      status: .ok, headers: headers,
      body: ResponseBody(contentLength: file.octets) { [service] writer in
        let watch = service.watch(partner, on: connection)
        while true {
          guard watch.isGood else { throw ClientLeft() }
          let piece = try await ScanPool.shared.run {
            try reader.read(ServerLimits.pageOctets)
          }
          if piece.isEmpty { break }
          try await writer.write(ByteBuffer(bytes: piece))
        }
        watch.end()
        try await writer.finish(nil)
      })
  }
}
