import HTTPTypes
import Hummingbird
import NIOCore
import TidemarkSharing

/// `GET /api/v1/share/STREAM`: the rows of a stream, with the position behind each chunk.
struct ShareRoute: Route {
  let service: ShareService

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    var parameters = ParameterReader(try exchange.target.parameters())
    let start = try ShareService.start(&parameters)
    let follows = try parameters.flag("follow")
    try parameters.finish()
    let feed = try service.open(exchange, from: start, outlet: .http)
    var headers = ShareService.headers(feed)
    headers[.contentType] = "application/x-ndjson"
    headers[.vary] = RouteFamily.native.vary
    headers[.cacheControl] = "no-store"
    guard !exchange.isHead, let connection = ClientConnection.current else {
      headers[.connection] = "close"
      return Response(status: .ok, headers: headers)
    }
    // The admission is not held: what it is a place for are queries, which end.
    return Response(
      status: .ok, headers: headers,
      body: ResponseBody { [service] writer in
        let watch = service.watch(feed.partner, on: connection)
        let receiver = ShareLineReceiver(writer, feed, connection)
        let loop = ShareLoop(feed: feed, follows: follows, connection: connection)
        let end = await loop.run(receiver)
        guard end != .left else { throw ClientLeft() }
        try await receiver.writer.write(ByteBuffer(bytes: end.line(feed)))
        watch.end()
        try await receiver.writer.finish(nil)
      })
  }
}

/// Rows and positions as lines of an answer.
///
/// - Concurrency: one user at a time.
final class ShareLineReceiver: ShareReceiver {
  var writer: any ResponseBodyWriter
  private let feed: PartnerFeed
  private let connection: ClientConnection
  private var rows: SharedRowWriter

  init(_ writer: any ResponseBodyWriter, _ feed: PartnerFeed, _ connection: ClientConnection) {
    self.writer = writer
    self.feed = feed
    self.connection = connection
    rows = SharedRowWriter(stream: feed.log.name)
  }

  var isThere: Bool { !connection.hasLeft }

  func send(_ chunk: PartnerChunk) async throws {
    var piece: [UInt8] = []
    piece.reserveCapacity(ServerLimits.pageOctets + 4_096)
    for record in chunk.records {
      rows.appendCOF(record, to: &piece)
      guard piece.count >= ServerLimits.pageOctets else { continue }
      try feed.check()
      try await writer.write(ByteBuffer(bytes: piece))
      piece.removeAll(keepingCapacity: true)
    }
    piece += JSONLine.position(chunk.sequence)
    try feed.check()
    try await writer.write(ByteBuffer(bytes: piece))
  }

  func sayPosition(_ position: UInt64) async throws {
    try await writer.write(ByteBuffer(bytes: JSONLine.position(position)))
  }
}

extension JSONLine {
  /// `{"position":"17"}` and a line end.
  static func position(_ sequence: UInt64) -> [UInt8] {
    var line = JSONLine()
    line.add("position", String(sequence))
    return line.finished()
  }
}
