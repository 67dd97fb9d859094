import HTTPTypes
import Hummingbird
import TidemarkSharing

/// `GET /api/v1/share/STREAM/ws`: the rows of a stream as text messages of a WebSocket, what the
/// import of the D4 analyzer reads. Positions are messages of their own, if they are asked for.
struct ShareSocketRoute: Route {
  let service: ShareService

  func respond(to exchange: Exchange) async throws -> Response {
    guard exchange.request.method == .get else { throw Problem.method(allowed: "GET") }
    var parameters = ParameterReader(try exchange.target.parameters())
    let start = try ShareService.start(&parameters)
    let showsPositions = try parameters.flag("positions")
    // The gate has seen it.
    _ = parameters.take("access_token")
    try parameters.finish()
    _ = try service.partner(exchange)
    var headers = try WebSocketHandshake.answer(to: exchange.request.headers)
    guard let connection = ClientConnection.current else {
      throw Problem(.internalServerError, "there is no connection")
    }
    let feed = try service.open(exchange, from: start, outlet: .websocket)
    headers.append(contentsOf: ShareService.headers(feed))
    let session = WebSocketSession(connection, pingEvery: connection.pingEvery)
    connection.prepareUpgrade(session)
    return Response(
      status: .switchingProtocols, headers: headers,
      body: ResponseBody { [service] writer in
        let watch = service.watch(feed.partner, on: connection)
        let receiver = ShareMessageReceiver(session, feed, showsPositions: showsPositions)
        let loop = ShareLoop(feed: feed, follows: true, connection: connection)
        await receiver.say(await loop.run(receiver))
        watch.end()
        try await writer.finish(nil)
      })
  }
}

/// Rows and positions as text messages.
///
/// - Concurrency: one user at a time.
final class ShareMessageReceiver: ShareReceiver {
  private let session: WebSocketSession
  private let feed: PartnerFeed
  private let showsPositions: Bool
  private var rows: SharedRowWriter
  private var line: [UInt8] = []

  init(_ session: WebSocketSession, _ feed: PartnerFeed, showsPositions: Bool) {
    self.session = session
    self.feed = feed
    self.showsPositions = showsPositions
    rows = SharedRowWriter(stream: feed.log.name)
  }

  var isThere: Bool { session.isOpen }

  func send(_ chunk: PartnerChunk) async throws {
    var frames: [UInt8] = []
    frames.reserveCapacity(ServerLimits.pageOctets + 4_096)
    for record in chunk.records {
      line.removeAll(keepingCapacity: true)
      rows.appendCOF(record, to: &line)
      append(line, to: &frames)
      guard frames.count >= ServerLimits.pageOctets else { continue }
      try await send(frames)
      frames.removeAll(keepingCapacity: true)
    }
    if showsPositions { append(JSONLine.position(chunk.sequence), to: &frames) }
    if !frames.isEmpty { try await send(frames) }
  }

  func sayPosition(_ position: UInt64) async throws {
    // Without positions pings show that both sides are there.
    guard showsPositions else { return }
    var frames: [UInt8] = []
    append(JSONLine.position(position), to: &frames)
    try await send(frames)
  }

  /// Closes with the reason why the stream ended.
  func say(_ end: ShareEnd) async {
    if showsPositions, end != .left {
      var frames: [UInt8] = []
      append(end.line(feed), to: &frames)
      try? await session.send(frames)
    }
    switch end {
    case .complete: await session.close(.normal, reason: end.word)
    case .revoked: await session.close(.policy, reason: end.word)
    case .stopped: await session.close(.goingAway, reason: end.word)
    case .lost(let text): await session.close(.lost, reason: text)
    case .failed: await session.close(.failed, reason: end.word)
    case .left: break
    }
  }

  private func send(_ frames: [UInt8]) async throws {
    try feed.check()
    try await session.send(frames)
  }

  /// A message has no line end.
  private func append(_ line: [UInt8], to frames: inout [UInt8]) {
    guard !line.isEmpty else { return }
    WebSocketFrames.append(text: line.dropLast(), to: &frames)
  }
}
