import Dispatch
import Glibc
import Synchronization
public import TidemarkIngest
import TidemarkModel

/// Takes the entries of a ``RedisQueue`` into an intake, each exactly once, on a thread of its own.
///
/// A batch is acknowledged after the store has it, together with its token; see ``RedisQueue``.
public final class QueueSource: Sendable {
  /// What is taken.
  public struct Options: Sendable {
    /// The server.
    public var address: RedisAddress
    /// The key of the list.
    public var list: String
    /// A text that no other source of the store has.
    public var identity: String
    /// Bounds on batches.
    public var limits = RedisQueue.Limits()
    /// Bounds on the connection.
    public var connection = RedisConnection.Limits()

    /// Standard bounds.
    public init(address: RedisAddress, list: String, identity: String) {
      self.address = address
      self.list = list
      self.identity = identity
    }
  }

  /// What happened, for logs.
  public enum Event: Sendable, Equatable {
    /// Taking begins; so many entries wait.
    case connected(waiting: Int64)
    /// The server cannot be asked; tried again after so many seconds.
    case failed(String, retrySeconds: Int)
    /// A list with entries that another consumer took and never acknowledged.
    case heldByAnother(name: String, entries: Int64)
    /// The store has the batch already: a crash came before the acknowledgement.
    case known
    /// An entry cannot be read, nor what follows in its batch.
    case damaged(String)
  }

  /// Time between two looks at an empty queue, milliseconds.
  private static let lookMilliseconds = 250
  private static let retrySecondsMax = 30

  private let options: Options
  private let intake: SourceIntake
  private let sink: any BatchSink
  private let makeDecoder: @Sendable () throws -> AnyDecoder
  private let onEvent: @Sendable (Event) -> Void
  private let queue = DispatchQueue(label: "tidemark.queue")
  private let hasEnded = DispatchGroup()
  private let wake = DispatchSemaphore(value: 0)
  private let isStopped = Mutex(false)

  /// Makes a source.
  ///
  /// - Parameter onEvent: called on the source's thread.
  public init(
    _ options: Options, intake: SourceIntake, sink: any BatchSink,
    makeDecoder: @escaping @Sendable () throws -> AnyDecoder,
    onEvent: @escaping @Sendable (Event) -> Void
  ) {
    self.options = options
    self.intake = intake
    self.sink = sink
    self.makeDecoder = makeDecoder
    self.onEvent = onEvent
  }

  /// Starts to take.
  ///
  /// - Parameter onFailure: told when the source ended without being stopped.
  /// - Throws: what the sink throws when it is asked for the position, and what `makeDecoder`
  ///   throws.
  public func start(onFailure: @escaping @Sendable (any Error) -> Void) throws {
    let prefix = QueuePosition.prefix(identity: options.identity)
    let stored = try sink.states(prefix: prefix)
    let decoder = try makeDecoder()
    queue.async(group: hasEnded) { [self] in
      let worker = Worker(
        source: self, prefix: prefix, stored: stored, decoder: decoder)
      do {
        try worker.run()
      } catch {
        onFailure(error)
      }
      intake.close(decoder)
    }
  }

  /// Ends taking; returns when everything that was taken is stored or still in the queue.
  public func stop() {
    isStopped.withLock { $0 = true }
    wake.signal()
    hasEnded.wait()
  }

  private var isStopping: Bool { isStopped.withLock { $0 } }

  /// Only stopping signals, so that what passes is the time given.
  private func pause(milliseconds: Int) {
    _ = wake.wait(timeout: .now() + .milliseconds(milliseconds))
  }

  /// The batch was given up: the collector ends and the store cannot be written.
  private struct NotStored: Error, CustomStringConvertible {
    let description = "a batch could not be stored; it stays in the queue"
  }

  /// What the source's thread alone touches.
  private final class Worker {
    private let source: QueueSource
    private let prefix: [UInt8]
    private let decoder: AnyDecoder
    private var consumer: String?
    private var position: QueuePosition?

    init(
      source: QueueSource, prefix: [UInt8], stored: [(key: [UInt8], value: [UInt8])],
      decoder: AnyDecoder
    ) {
      self.source = source
      self.prefix = prefix
      self.decoder = decoder
      for row in stored {
        switch row.key.last.flatMap(QueuePosition.Row.init(rawValue:)) {
        case .consumer: consumer = String(validating: row.value, as: UTF8.self)
        case .batch: position = QueuePosition(decoding: row.value)
        case nil: continue
        }
      }
    }

    func run() throws {
      var wait = 1
      while !source.isStopping {
        do throws(RedisError) {
          let queue = try connect()
          wait = 1
          while !source.isStopping {
            guard let batch = try queue.take() else {
              source.pause(milliseconds: QueueSource.lookMilliseconds)
              continue
            }
            guard store(batch) else { throw .refused(NotStored().description) }
            try queue.acknowledge(batch)
          }
        } catch {
          if hasLost { throw NotStored() }
          source.onEvent(.failed(error.description, retrySeconds: wait))
          source.pause(milliseconds: RetryWait.milliseconds(wait))
          wait = min(wait * 2, QueueSource.retrySecondsMax)
        }
      }
    }

    private func connect() throws(RedisError) -> RedisQueue {
      let options = source.options
      let connection = try RedisConnection(options.address, limits: options.connection)
      let queue = try RedisQueue(
        connection, list: options.list, consumer: ownConsumer(), limits: options.limits)
      source.onEvent(.connected(waiting: try queue.waiting()))
      for other in try queue.heldByOthers() {
        source.onEvent(.heldByAnother(name: other.name, entries: other.entries))
      }
      return queue
    }

    /// The id of this store's consumer, durable before anything is taken under it.
    private func ownConsumer() -> String {
      if let consumer { return consumer }
      let made = RedisQueue.makeToken()
      source.intake.remember(
        RecordBatch.StateChange(
          key: prefix + [QueuePosition.Row.consumer.rawValue], value: Array(made.utf8)))
      source.intake.finish()
      consumer = made
      return made
    }

    /// Stores what of a batch is not stored yet; false when the store gave up.
    private func store(_ batch: RedisQueue.Batch) -> Bool {
      var start = 0
      if let position, position.token == batch.token {
        start = Int(clamping: min(position.offset, UInt64(batch.octets.count)))
        source.onEvent(.known)
      }
      let (token, prefix, from) = (batch.token, prefix, start)
      if start < batch.octets.count {
        do throws(ImportError) {
          _ = try source.intake.take(
            batch.octets.span.extracting(start..<batch.octets.count), with: decoder,
            now: QueueSource.now(), waits: true,
            position: { consumed, _ in
              QueuePosition(token: token, offset: UInt64(from + consumed)).change(prefix: prefix)
            })
        } catch {
          source.onEvent(.damaged("\(error)"))
        }
      }
      let end = QueuePosition(token: token, offset: UInt64(batch.octets.count))
      source.intake.remember(end.change(prefix: prefix))
      source.intake.finish()
      guard !hasLost else { return false }
      position = end
      return true
    }

    /// True when a batch of this source was given up: nothing may be acknowledged any more.
    private var hasLost: Bool {
      source.intake.accounting.dropped.contains { $0.name == "sink-failed" }
    }
  }

  private static func now() -> UnixSeconds { UnixSeconds(clamping: time(nil)) }
}
