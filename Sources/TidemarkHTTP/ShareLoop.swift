import NIOCore
import TidemarkSharing
import TidemarkStore

/// Who takes the rows of a stream.
protocol ShareReceiver: AnyObject {
  /// False when nobody is there any more.
  var isThere: Bool { get }

  /// Sends the rows of a chunk, then its position; waits until the client took what came before.
  ///
  /// - Throws: `PartnerRevoked` as soon as it is known, otherwise what the connection throws.
  func send(_ chunk: PartnerChunk) async throws

  /// Says where the stream is, since nothing was released for a while.
  func sayPosition(_ position: UInt64) async throws
}

/// How a stream ended.
enum ShareEnd: Equatable {
  /// Everything that there is was sent.
  case complete
  case revoked
  /// The server stops, or the receiver has to ask again to be told of more origins.
  case stopped
  /// The receiver is gone.
  case left
  /// What comes next is not there any more.
  case lost(String)
  case failed(String)

  var word: String {
    switch self {
    case .complete: "complete"
    case .revoked: "revoked"
    case .stopped: "stopped"
    case .left: "left"
    case .lost, .failed: "failed"
    }
  }

  /// The last line of a stream.
  func line(_ feed: PartnerFeed) -> [UInt8] {
    var line = JSONLine()
    line.add("end", word)
    line.add("position", String(feed.position))
    line.add("rows", feed.rows)
    switch self {
    case .lost(let text), .failed(let text): line.add("error", text)
    default: break
    }
    return line.finished()
  }
}

/// Carries chunks from a feed to a receiver, until one of them ends it.
struct ShareLoop {
  let feed: PartnerFeed
  /// Goes on when everything there is was sent.
  let follows: Bool
  let connection: ClientConnection

  func run(_ receiver: some ShareReceiver) async -> ShareEnd {
    do {
      return try await carry(receiver)
    } catch is PartnerRevoked {
      return .revoked
    } catch let lost as PartnerPositionLost {
      return .lost("\(lost)")
    } catch let error as StoreError {
      return .failed(error.description)
    } catch {
      return .left
    }
  }

  private func carry(_ receiver: some ShareReceiver) async throws -> ShareEnd {
    let bell = ShareBell(feed.log, on: connection.channel.eventLoop)
    defer { bell.stop() }
    var rings = bell.rings.makeAsyncIterator()
    var said = NIODeadline.now()
    while true {
      try feed.check()
      guard receiver.isThere else { return .left }
      if connection.isStopping || Task.isCancelled { return .stopped }
      // The head of the answer does not name all whose records would follow.
      if feed.isOutdated { return .stopped }
      if let chunk = try await next() {
        try await receiver.send(chunk)
        said = .now()
        continue
      }
      if !follows, !hasMore { return .complete }
      if .now() - said >= .seconds(ServerLimits.shareQuietSeconds) {
        try await receiver.sayPosition(feed.position)
        said = .now()
      }
      _ = await rings.next()
    }
  }

  /// The next chunk, filtered on a scanning thread; nil also when there is none.
  private func next() async throws -> PartnerChunk? {
    guard hasMore, feed.wait == .zero else { return nil }
    let feed = feed
    return try await ScanPool.shared.run { try feed.next() }
  }

  /// True when there is a chunk, which the rate may hold back.
  private var hasMore: Bool { feed.log.nextSequence > feed.position &+ 1 }
}

/// Rings when a log has news, and every second, for what nobody tells: revocation, rates, clients
/// that left.
final class ShareBell: Sendable {
  let rings: AsyncStream<Void>
  private let ring: AsyncStream<Void>.Continuation
  private let listening: Task<Void, Never>
  private let ticking: RepeatedTask

  init(_ log: any PartnerLog, on loop: any EventLoop) {
    let (rings, ring) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.rings = rings
    self.ring = ring
    let arrivals = log.arrivals()
    listening = Task { for await _ in arrivals { ring.yield() } }
    let tick = TimeAmount.seconds(ServerLimits.shareTickSeconds)
    ticking = loop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { _ in ring.yield() }
  }

  func stop() {
    ticking.cancel()
    listening.cancel()
    ring.finish()
  }
}
