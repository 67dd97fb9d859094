import Dispatch
import Logging
import Synchronization
import TidemarkControl
import TidemarkHTTP
import TidemarkModel
import TidemarkSharing
import TidemarkStore

/// The partners of a collector: who may ask for streams, and what is written for them or sent to
/// them without being asked for.
final class PartnerRun: Sendable {
  /// Makes what sends to a partner's D4 server.
  ///
  /// - Throws: an error whose text is one line for people.
  typealias SenderMaker =
    @Sendable (
      _ options: PartnerPush, _ feed: PartnerFeed,
      _ save: @escaping @Sendable (UInt64) throws -> Void
    ) throws -> any PartnerSender

  /// Time between two looks at the partners, seconds.
  private static let lookSeconds = 1

  private struct Push {
    let options: PartnerPush
    let task: Task<Void, Never>
    let sender: any PartnerSender
  }

  private struct State {
    var timer: RepeatingTimer?
    var pushes: [Int64: Push] = [:]
    var troubles = PartnerTroubles()
    /// What writes files, by partner; nil while it does.
    var writers: [Int64: ShareFiles]? = [:]
  }

  /// Opens streams to partners.
  let hub: PartnerHub
  /// Files that the process keeps open.
  let files: [String]
  private let book: PartnerBook
  private let store: any RecordStore
  private let makeSender: SenderMaker
  private let log: Logger
  private let state = Mutex(State())
  private let writing = DispatchQueue(label: "tidemark.partner-files")

  /// Opens the control database, and makes it if it is not there.
  ///
  /// - Parameters:
  ///   - control: its path.
  ///   - streamLog: the log of a stream; nil when there is none.
  /// - Throws: `ControlError`.
  init(
    control: String, store: any RecordStore, registry: Registry, origins: Origins,
    streamLog: @escaping @Sendable (String) -> StreamLog?, makeSender: @escaping SenderMaker,
    log: Logger
  ) throws {
    let database = try ControlDatabase(path: control, create: true)
    let clock: @Sendable () -> Int64 = { Int64(StandardStreams.now()) }
    book = try PartnerBook(database, clock: clock) { reason in
      log.error("partners: \(reason ?? "\(control) can be used again")")
    }
    files = ["", "-wal", "-shm"].map { control + $0 }
    hub = PartnerHub(
      directory: book, ledger: book.ledger, log: { streamLog($0) },
      originIDs: { origins.all }, datasetName: { registry.name(ofDataset: $0) }, clock: clock)
    self.store = store
    self.makeSender = makeSender
    self.log = log
  }

  /// Begins.
  func start() {
    book.start()
    let timer = RepeatingTimer(every: PartnerRun.lookSeconds) { [weak self] in self?.look() }
    state.withLock { $0.timer = timer }
  }

  /// Ends all pushes, and writes down what was released.
  func stop() async {
    let pushes = state.withLock { state in
      state.timer?.cancel()
      state.timer = nil
      defer { state.pushes = [:] }
      return Array(state.pushes.values)
    }
    for push in pushes { push.task.cancel() }
    for push in pushes { await push.task.value }
    let book = book
    await Blocking.run { book.synchronize() }
  }

  // MARK: What is done every second

  private func look() {
    let now = Int64(StandardStreams.now())
    let good = book.partners.filter { $0.isGood(at: now) }
    let ended = state.withLock { state in
      let ended = state.pushes.filter { id, push in
        !good.contains { $0.id == id && $0.outlets.push == push.options }
      }
      for id in ended.keys { state.pushes[id] = nil }
      state.troubles.keep(Set(good.map(\.id)))
      return ended
    }
    for push in ended.values { push.task.cancel() }
    for partner in good {
      if let options = partner.outlets.push { startPush(partner, options) }
    }
    writeFiles(good.filter { $0.outlets.files != nil })
  }

  private func writeFiles(_ partners: [Partner]) {
    let idle = state.withLock { state in
      defer { state.writers = nil }
      return state.writers
    }
    guard let idle else { return }
    writing.async { [self] in
      var writers: [Int64: ShareFiles] = [:]
      for partner in partners {
        guard var files = idle[partner.id] ?? ShareFiles(partner, hub: hub) else { continue }
        write(&files, of: partner)
        writers[partner.id] = files
      }
      let next = writers
      state.withLock { $0.writers = next }
    }
  }

  private func write(_ files: inout ShareFiles, of partner: Partner) {
    guard files.isDue(at: StandardStreams.now()), !isWaiting(partner, .files) else { return }
    do {
      while try files.writeNext(now: StandardStreams.now()) {}
      note(nil, of: partner, on: .files)
    } catch is PartnerRevoked {
    } catch PartnerRefusal.unknownStream {
      note("there is no stream \(partner.policy.stream)", of: partner, on: .files)
    } catch {
      note("\(error)", of: partner, on: .files)
    }
  }

  /// Says what is wrong with a partner's outlet, once.
  private func note(_ trouble: String?, of partner: Partner, on outlet: PartnerOutlet) {
    let now = Int64(StandardStreams.now())
    let isNews = state.withLock { state in
      state.troubles.note(trouble, of: partner.id, on: outlet, now: now)
    }
    if isNews, let trouble {
      log.error("partner \(partner.name), \(outlet.rawValue): \(trouble)")
    }
  }

  private func isWaiting(_ partner: Partner, _ outlet: PartnerOutlet) -> Bool {
    let now = Int64(StandardStreams.now())
    return state.withLock { $0.troubles.isWaiting(partner.id, on: outlet, now: now) }
  }

  // MARK: Pushes

  private func startPush(_ partner: Partner, _ options: PartnerPush) {
    if let push = state.withLock({ $0.pushes[partner.id] }) { return push.sender.arrived() }
    guard !isWaiting(partner, .push) else { return }
    do {
      let (store, key) = (store, PartnerPosition.key(of: partner))
      let feed = try open(partner, isForD4Types: options.type == 8)
      let sender = try makeSender(options, feed) { sequence in
        let batch = RecordBatch()
        batch.stateChanges = [.init(key: key, value: PartnerPosition.octets(sequence))]
        try store.apply(batch)
      }
      note(nil, of: partner, on: .push)
      state.withLock { state in
        guard state.timer != nil else { return }
        let task = Task { await self.run(sender, feed, partner, options) }
        state.pushes[partner.id] = Push(options: options, task: task, sender: sender)
      }
    } catch is PartnerRevoked {
    } catch PartnerRefusal.unknownStream {
      note("there is no stream \(partner.policy.stream)", of: partner, on: .push)
    } catch {
      note("\(error)", of: partner, on: .push)
    }
  }

  private func run(
    _ sender: any PartnerSender, _ feed: PartnerFeed, _ partner: Partner, _ options: PartnerPush
  ) async {
    let arrivals = feed.log.arrivals()
    let listening = Task { for await _ in arrivals { sender.arrived() } }
    do {
      try await sender.run()
    } catch is PartnerRevoked, is CancellationError {
    } catch {
      note("\(error)", of: partner, on: .push)
    }
    listening.cancel()
    // The next look starts another one, if there is to be one.
    state.withLock { state in
      if state.pushes[partner.id]?.options == options { state.pushes[partner.id] = nil }
    }
  }

  /// Opens a push's feed where it ended, or with what is left when the log has dropped that.
  private func open(_ partner: Partner, isForD4Types: Bool) throws -> PartnerFeed {
    let known = try store.state(PartnerPosition.key(of: partner))
    let position = known.flatMap { PartnerPosition.sequence($0) }
    do {
      return try hub.open(
        partner, stream: partner.policy.stream, from: position.map { .after($0) } ?? .oldest,
        outlet: .push, isForD4Types: isForD4Types)
    } catch let lost as PartnerPositionLost {
      log.error("partner \(partner.name): \(lost); going on with the oldest")
      return try hub.open(
        partner, stream: partner.policy.stream, from: .oldest, outlet: .push,
        isForD4Types: isForD4Types)
    }
  }
}
