import D4Wire
import Logging
import NIOPosix
import Synchronization
import TidemarkCollectors
import TidemarkSharing

/// Sends a partner's rows to its D4 server: lines of type 8, or COF between Tidemarks.
final class D4PartnerSender: PartnerSender {
  /// How long what is under way may be confirmed when a partner is revoked, seconds.
  private static let stopSeconds = 2
  /// Octets of a key's file that are read; a key has at most 100.
  private static let keyOctetsMax = 4_096

  /// Why a partner cannot be sent to. Prints as one line.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private let outbox: D4FeedOutbox
  private let sender: D4Sender
  private let isOver: Flag

  private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
  }

  /// Makes a sender that does nothing yet.
  ///
  /// - Throws: an error whose text is one line for people.
  init(
    _ push: PartnerPush, _ feed: PartnerFeed, log: Logger,
    save: @escaping @Sendable (UInt64) throws -> Void
  ) throws {
    let key = try D4Key(file: try TextFile.octets(push.keyFile, max: D4PartnerSender.keyOctetsMax))
    guard !key.isSample else {
      throw Failure(description: "\(push.keyFile): holds the key of the D4 examples")
    }
    guard let uuid = SensorUUID(text: push.uuid) else {
      throw Failure(description: "\(push.uuid): not a UUID")
    }
    let type = D4Type(rawValue: push.type)
    var options = D4Sender.Options(
      target: try D4Target(url: push.url), uuid: uuid, key: key, type: type)
    options.authorities = push.authorityFile
    if type == .extended {
      options.metaHeader = D4MetaHeader.passivednsCOF(origins: feed.origins).json
    }
    let isOver = Flag()
    self.isOver = isOver
    let outbox = D4FeedOutbox(
      next: { try await D4PartnerSender.next(feed, type, isOver) },
      delivered: { position in
        try await Blocking.run { Result { try save(position) } }.get()
      })
    self.outbox = outbox
    let name = feed.partner.name
    sender = try D4Sender(options, outbox: outbox, group: MultiThreadedEventLoopGroup.singleton) {
      D4Events.log($0, of: "partner \(name)", to: log)
    }
  }

  /// The lines of the next chunk and its position.
  private static func next(
    _ feed: PartnerFeed, _ type: D4Type, _ isOver: Flag
  ) async throws -> (lines: [UInt8], position: UInt64)? {
    if type == .extended, feed.isOutdated {
      // The meta header that was sent does not name all whose records would follow.
      isOver.set()
      return nil
    }
    let result = await Blocking.run {
      () -> Result<(lines: [UInt8], position: UInt64)?, any Error> in
      Result {
        try feed.next().map { chunk in
          var (writer, lines) = (SharedRowWriter(stream: feed.log.name), [UInt8]())
          for record in chunk.records {
            if type == .passivedns {
              writer.appendPassiveDNS(record, to: &lines)
            } else {
              writer.appendCOF(record, to: &lines)
            }
          }
          return (lines, chunk.sequence)
        }
      }
    }
    do {
      return try result.get()
    } catch is PartnerPositionLost {
      // No later try finds it again: who started this one starts another.
      isOver.set()
      return nil
    }
  }

  func run() async throws {
    await withTaskCancellationHandler {
      // A task of its own: in one that is cancelled nothing can be waited for, not even the last
      // acknowledgements.
      _ = await Task { [sender] in await sender.run() }.value
    } onCancel: {
      sender.stop(withinSeconds: D4PartnerSender.stopSeconds)
    }
  }

  func arrived() {
    if isOver.isSet { outbox.end() } else { outbox.arrived() }
  }
}
