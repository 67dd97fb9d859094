import ArgumentParser
import Logging
import TidemarkCollectors
import TidemarkConfiguration
import TidemarkHTTP
import TidemarkIngest
import TidemarkMetrics
import TidemarkModel
import TidemarkRocksDB
import TidemarkSharing
import TidemarkStore

/// A collector or relay from its start to its end.
///
/// Sources are opened first, then privileges are given up, then the signals are waited for. What
/// ends it is SIGTERM or SIGINT: sources stop, what they gave is written, and the account of all is
/// printed.
actor CollectRun {
  private let file: ConfigurationFile
  private var configuration: CollectConfiguration
  private let sink: any CollectSink
  /// The store's or the spool's folder.
  private let folder: String
  /// Who the sensors are; nil while no source asked when the process began.
  private let sensors: (any SensorDirectory)?
  /// False when what is collected goes on to where nobody is told which stores it is from.
  private let takesShared: Bool
  private let writer: SinkWriter
  private let log: Logger
  private let board = AccountBoard()
  /// What is mixed for others.
  nonisolated let share: ShareRun?
  private var isTicking = false
  /// Why the HTTP server ended by itself.
  private(set) var serverFailure: String?
  private var running: [(configuration: SourceConfiguration, runner: any SourceRunner)] = []

  init(
    _ configuration: CollectConfiguration, file: ConfigurationFile, sink: any CollectSink,
    folder: String, metrics: PrometheusRegistry, sensors: (any SensorDirectory)?,
    share: ShareRun? = nil, takesShared: Bool = true
  ) {
    self.folder = folder
    self.takesShared = takesShared
    self.sensors = sensors
    self.share = share
    self.configuration = configuration
    flushSeconds = configuration.flushSeconds
    self.file = file
    self.sink = sink
    let log = CollectLog.make()
    self.log = log
    writer = SinkWriter(sink: sink) { error in
      log.error("cannot write, trying again: \(error)")
    }
    let board = self.board
    metrics.addCollector { board.families() }
    if let share { metrics.addCollector { share.families() } }
  }

  /// Opens all sources and gives up privileges.
  ///
  /// - Parameter files: further files that the process goes on using as another user.
  /// - Throws: `ExitCode` after the reason was printed.
  func start(giving files: [String]) async throws {
    for source in configuration.sources {
      do {
        try await open(source)
      } catch {
        StandardStreams.complain("tidemark: \(source.name): \(error)")
        await stop()
        throw ExitCode(ExitStatus.failure)
      }
    }
    if Privileges.isRoot, configuration.user == nil {
      log.warning("running as root; name a user in the configuration")
    }
    if let user = configuration.user {
      do {
        for path in [folder] + files {
          try Privileges.give(folder: path, toUser: user, group: configuration.group)
        }
        try Privileges.drop(toUser: user, group: configuration.group)
      } catch {
        StandardStreams.complain("tidemark: user \(user): \(error)")
        await stop()
        throw ExitCode(ExitStatus.failure)
      }
    }
    log.notice("collecting from \(running.count) sources")
  }

  private func open(_ source: SourceConfiguration) async throws {
    if source.needsRootHints, try FilterOptions.hints(at: configuration.rootHints).isEmpty {
      log.warning(
        "source \(source.name): no root hints; zones, and so bailiwicks, will stay unknown")
    }
    // Streams stay as they were at the start, whatever the configuration says by now.
    if share?.mixes == true, source.letsOthersNameSensors {
      throw ConfigurationFailure(text: "sensor \(SourceConfiguration.needsSensor)")
    }
    let intake = SourceIntake(name: source.name, writer: writer)
    let runner = try SourceRunners.make(
      source, intake: intake, configuration: configuration, sink: sink, sensors: sensors,
      takesOrigins: { [share, takesShared, log] in
        share?.takes(origins: $0, log) ?? (takesShared || $0.isEmpty)
      }, log: log)
    try await runner.start()
    running.append((source, runner))
    board.add(runner)
  }

  /// Seconds after which what was collected is written.
  nonisolated let flushSeconds: Int

  /// Writes what every source has, however little.
  func flush() {
    for source in running { source.runner.intake.flush() }
  }

  /// Closes windows whose time has come.
  func tickShare() async {
    // A window with much in it may take longer than the time between two ticks.
    guard !isTicking else { return }
    isTicking = true
    defer { isTicking = false }
    let log = log
    await Blocking.run { [share] in share?.tick(log) }
  }

  /// Logs the account of every source.
  func report() {
    for line in board.lines() + (share?.lines() ?? []) { log.info("\(line)") }
  }

  /// Reads the configuration again. What cannot be read or opened changes nothing.
  func reload() async {
    let new: CollectConfiguration
    do {
      new = try file.parse()
    } catch {
      log.error("the configuration stays as it was: \(error)")
      return
    }
    if new.streams != configuration.streams {
      log.warning("streams are shared as they were; start again to change them")
    }
    let isSameForAll = configuration.hasSameCommonSettings(as: new)
    let old = running
    running = []
    configuration = new
    for source in old {
      let isKept = isSameForAll && new.sources.contains(source.configuration)
      if isKept {
        running.append(source)
      } else {
        await end(source.runner)
      }
    }
    for source in new.sources
    where !running.contains(where: { $0.configuration.name == source.name }) {
      do {
        try await open(source)
      } catch {
        log.error("source \(source.name) is not collected from: \(error)")
      }
    }
    log.notice("collecting from \(running.count) sources")
  }

  /// Ends all sources and writes what they gave.
  func stop() async {
    // All at once: some may have to wait for a server that does not answer.
    let runners = running.map { $0.runner }
    await withTaskGroup(of: Void.self) { group in
      for runner in runners { group.addTask { await self.end(runner) } }
    }
    running = []
  }

  private func end(_ runner: any SourceRunner) async {
    await runner.stop()
    await Blocking.run { runner.intake.finish() }
    board.remove(runner)
  }

  /// Notes why the HTTP server ended.
  func serverFailed(_ text: String) { serverFailure = text }

  /// Gives up what cannot be written now.
  nonisolated func giveUp() { writer.giveUp() }

  /// Logs the totals. The last words.
  func sayTotals() {
    for line in board.lines() + (share?.lines() ?? []) { log.notice("\(line)") }
    if !board.isBalanced || share?.isBalanced == false {
      log.critical("an account does not balance; report this")
    }
  }
}

/// A sink that knows datasets by name.
protocol CollectSink: BatchSink {
  /// The number of a dataset, a new one for a new name.
  func dataset(named name: String) throws -> DatasetNumber
}

extension RelaySpool: CollectSink {}

extension StoreSink: CollectSink {
  func dataset(named name: String) throws -> DatasetNumber { try registry.addDataset(name) }
}

extension SourceConfiguration {
  /// True when the zones of servers have to be worked out, beginning at the root.
  fileprivate var needsRootHints: Bool { format == .pcap && vantage == .authority }
}

extension CollectConfiguration {
  /// True when nothing changed that every source depends on.
  func hasSameCommonSettings(as other: CollectConfiguration) -> Bool {
    filter == other.filter && rootHints == other.rootHints && isStrict == other.isStrict
      && takesDNSSEC == other.takesDNSSEC
  }
}
