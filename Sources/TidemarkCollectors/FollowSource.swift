import Dispatch
import Glibc
import Synchronization
import TidemarkCompression
public import TidemarkIngest
import TidemarkModel

/// Follows files into an intake, on a thread of its own.
public final class FollowSource: Sendable {
  /// Makes a decoder for a file.
  public typealias MakeDecoder = @Sendable (_ firstItem: UInt64) throws -> AnyDecoder

  /// Time between two looks when nothing is left to read, milliseconds.
  private static let lookMilliseconds = 500

  private let options: FileFollower.Options
  private let intake: SourceIntake
  private let sink: any BatchSink
  private let makeDecoder: MakeDecoder
  private let onEvent: @Sendable (FollowEvent) -> Void
  private let queue = DispatchQueue(label: "tidemark.follow")
  private let hasEnded = DispatchGroup()
  private let wake = DispatchSemaphore(value: 0)
  private let isStopped = Mutex(false)

  /// Makes a source.
  ///
  /// - Parameters:
  ///   - onEvent: told of truncations and the like, on the source's thread.
  public init(
    _ options: FileFollower.Options, intake: SourceIntake, sink: any BatchSink,
    makeDecoder: @escaping MakeDecoder, onEvent: @escaping @Sendable (FollowEvent) -> Void
  ) {
    self.options = options
    self.intake = intake
    self.sink = sink
    self.makeDecoder = makeDecoder
    self.onEvent = onEvent
  }

  /// Starts to read.
  ///
  /// - Parameter onFailure: told when the source ended without being stopped.
  /// - Throws: what the sink throws when it is asked for positions.
  public func start(onFailure: @escaping @Sendable (any Error) -> Void) throws {
    let prefix = FollowKey.prefix(identity: options.identity)
    let stored = try sink.states(prefix: prefix)
    queue.async(group: hasEnded) { [self] in
      let follower = FileFollower(options, stored: stored, now: FollowSource.now())
      if let change = follower.firstChange {
        // At once: what is rotated away before it is written would count as older than the start.
        intake.remember(change)
        intake.flush()
      }
      let client = Client(intake: intake, makeDecoder: makeDecoder, onEvent: onEvent)
      do {
        while !isStopped.withLock({ $0 }) {
          if try !follower.poll(now: FollowSource.now(), client: client) {
            // Only stopping signals, so that what passes here is the time between two looks.
            _ = wake.wait(timeout: .now() + .milliseconds(FollowSource.lookMilliseconds))
          }
        }
      } catch {
        onFailure(error)
      }
      client.closeAll()
    }
  }

  /// Ends reading; returns when everything that was read is in the intake.
  public func stop() {
    isStopped.withLock { $0 = true }
    wake.signal()
    hasEnded.wait()
  }

  private static func now() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// Hands windows to the intake, each file's with a decoder of its own.
  private final class Client: FollowerClient {
    private let intake: SourceIntake
    private let makeDecoder: MakeDecoder
    private let onEvent: @Sendable (FollowEvent) -> Void
    /// Decoders of files, and the items before the place where each began.
    private var decoders: [ObjectIdentifier: (decoder: AnyDecoder, base: UInt64)] = [:]

    init(
      intake: SourceIntake, makeDecoder: @escaping MakeDecoder,
      onEvent: @escaping @Sendable (FollowEvent) -> Void
    ) {
      self.intake = intake
      self.makeDecoder = makeDecoder
      self.onEvent = onEvent
    }

    func begin(_ file: FollowedFile, at start: FollowStart) throws {
      // Lines before the start are not read again, so that the decoder counts from there; a whole
      // file is read from its start, and what is stored of it is skipped.
      let isInside = start.offset > 0
      let decoder = try makeDecoder(isInside ? 0 : start.items)
      if isInside { decoder.prime(start.head.span) }
      decoders[ObjectIdentifier(file)] = (decoder, isInside ? start.items : 0)
    }

    func take(_ window: Span<UInt8>, of file: FollowedFile, isFinal: Bool) throws -> Int {
      guard let (decoder, base) = decoders[ObjectIdentifier(file)] else { return window.count }
      do throws(ImportError) {
        let taken = try intake.take(
          window, with: decoder, now: UnixSeconds(clamping: FollowSource.now() / 1_000_000_000),
          isFinal: isFinal, waits: true,
          position: { consumed, items in
            file.change(consumed: consumed, items: base + items, held: decoder.heldOctets)
          })
        return isFinal ? window.count : taken.consumed
      } catch {
        // What follows the damage cannot be read; the file is at its end.
        onEvent(.failed(.corrupt(path: file.path, offset: 0, reason: .damaged)))
        if let change = file.change(consumed: window.count, items: base + decoder.items) {
          intake.remember(change)
        }
        return window.count
      }
    }

    func end(_ file: FollowedFile) {
      guard let known = decoders.removeValue(forKey: ObjectIdentifier(file)) else { return }
      intake.close(known.decoder)
    }

    func note(_ event: FollowEvent, of file: FollowedFile) { onEvent(event) }

    func closeAll() {
      for known in decoders.values { intake.close(known.decoder) }
      decoders.removeAll()
    }
  }
}
