import ArgumentParser
import Dispatch
import Glibc
import Logging
import NIOPosix
import TidemarkCollectors
import TidemarkConfiguration
import TidemarkHTTP
import TidemarkIngest
import TidemarkMetrics
import TidemarkModel
import TidemarkProviders
import TidemarkRocksDB
import TidemarkSharing
import TidemarkStore

extension CollectRun {
  /// Time between two accounts in the log, seconds.
  private static let reportSeconds = 60

  /// Collects into a store until told to end.
  static func collect(
    _ configuration: CollectConfiguration, file: ConfigurationFile, storePath: String
  ) async throws {
    let metrics = PrometheusRegistry()
    do {
      let store = try RocksDBStore(path: storePath, mode: .write(create: true))
      // One for sources and server: two would give one number to two names.
      let registry = try Registry(store: store)
      let gate = try configuration.openGate(beside: storePath)
      let share = try ShareRun.open(
        configuration.streams, store: store, registry: registry, directory: gate?.sensors)
      let mixed: any RecordStore = share?.store ?? store
      let sink = StoreSink(
        store: mixed, registry: registry, wantsSensorsApart: share?.mixes == true)
      let run = CollectRun(
        configuration, file: file, sink: sink, folder: storePath, metrics: metrics,
        sensors: gate?.sensors, share: share)
      var partners: PartnerRun?
      if let share, share.mixes {
        partners = try PartnerRun.open(
          configuration, beside: storePath, share, store: store, registry)
      }
      var server: TidemarkServer?
      var certificates: ServerCertificates?
      var served: ServedEnrichment?
      if let http = configuration.http, let gate {
        certificates = try TLSOptions.certificates(http.tlsCertificate, http.tlsKey)
        served = try ServedEnrichment.open(
          besideStore: storePath, opened: mixed, library: nil)
        let resolver = try http.active?.start(
          store: store, registry: registry, metrics: metrics)
        server = try ServeCommand.server(
          mixed, registry: registry, listen: http.listen, origin: http.origin,
          circl: http.circl?.settings ?? CirclSettings(), active: resolver, metrics: metrics,
          filter: try configuration.filter.recordFilter(), sharing: partners?.hub,
          enrichment: served, gate: gate, certificates: certificates)
      }
      try await run.serveAndWait(
        server, gate, certificates, files: (partners?.files ?? []) + (served?.files ?? []),
        partners)
    } catch let error as StoreError {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    } catch let error as ActiveResolverError {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
    ServeCommand.leave(nil)
  }

  /// Collects into a spool and sends to another Tidemark until told to end.
  static func relay(
    _ configuration: CollectConfiguration, file: ConfigurationFile,
    relay: CollectConfiguration.Relay
  ) async throws {
    try await spooling(configuration, file: file, relay: relay) {
      let target = try RelayTarget(
        url: relay.url, authorities: relay.authorityFile, tokenFile: relay.tokenFile)
      let spool = try RelaySpool(folder: relay.spool, maxOctets: UInt64(relay.spoolOctetsMax))
      let transport = try RelayHTTPTransport(target: target)
      let log = CollectLog.make()
      let sender = RelaySender(spool: spool, transport: transport) { event in
        SpoolMetrics.log(event, to: log)
      }
      let sending = Task { await sender.run() }
      return (
        spool,
        {
          // What was read last is in the spool by now, and is sent if the server is quick.
          sending.cancel()
          _ = await sending.result
          try await transport.shutdown()
        }
      )
    }
  }

  /// Collects into a spool and sends to a D4 server until told to end.
  static func relay(
    _ configuration: CollectConfiguration, file: ConfigurationFile,
    relay: CollectConfiguration.Relay, d4: D4RelaySettings
  ) async throws {
    try await spooling(configuration, file: file, relay: relay) {
      let spool = try RelaySpool(
        folder: relay.spool, maxOctets: UInt64(relay.spoolOctetsMax),
        partOctets: D4RelayOutbox.partOctets)
      let outbox = D4RelayOutbox(
        spool, type: d4.options.type, clock: { StandardStreams.now() })
      let log = CollectLog.make()
      let sender = try D4Sender(
        d4.options, outbox: outbox, group: MultiThreadedEventLoopGroup.singleton
      ) { D4Events.log($0, to: log) }
      let sending = Task { await sender.run() }
      return (
        spool,
        {
          sender.stop(withinSeconds: D4ClientRun.stopSeconds)
          _ = await sending.value
          let sent = sender.account
          log.notice(
            """
            d4: octets delivered=\(sent.octetsDelivered) sent=\(sent.octets) \
            again=\(sent.octetsAgain) packets=\(sent.packets) connections=\(sent.connections) \
            failures=\(sent.failures)
            """)
          for reason in outbox.leftOut { log.notice("d4: \(reason.name)=\(reason.count)") }
        }
      )
    }
  }

  /// What sends from a spool: the spool, and how to end sending.
  private typealias Sending = (spool: RelaySpool, end: @Sendable () async throws -> Void)

  private static func spooling(
    _ configuration: CollectConfiguration, file: ConfigurationFile,
    relay: CollectConfiguration.Relay, _ open: () throws -> Sending
  ) async throws {
    let metrics = PrometheusRegistry()
    do {
      let sending = try open()
      let spool = sending.spool
      let gate = try configuration.openGate(beside: relay.spool)
      let run = CollectRun(
        configuration, file: file, sink: spool, folder: relay.spool, metrics: metrics,
        sensors: gate?.sensors, takesShared: !D4Target.isURL(relay.url))
      metrics.addCollector { SpoolMetrics.families(spool.account) }
      var server: TidemarkServer?
      var certificates: ServerCertificates?
      if let http = configuration.http, let gate {
        certificates = try TLSOptions.certificates(http.tlsCertificate, http.tlsKey)
        server = try ServeCommand.server(
          nil, listen: http.listen, metrics: metrics, gate: gate, certificates: certificates)
      }
      try await run.serveAndWait(server, gate, certificates)
      try await sending.end()
    } catch let error as ExitCode {
      throw error
    } catch {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
    ServeCommand.leave(nil)
  }

  /// Runs sources, server and timers until the end is asked for.
  private func serveAndWait(
    _ server: TidemarkServer?, _ gate: OpenGate?, _ certificates: ServerCertificates?,
    files: [String] = [], _ partners: PartnerRun? = nil
  ) async throws {
    let signals = ProcessSignals()
    try await start(giving: (gate?.files ?? []) + files)
    partners?.start()
    let log = CollectLog.make()
    let renewal = CertificateRenewal(certificates, onHangup: false) { text, isBad in
      log.log(level: isBad ? .error : .notice, "\(text)")
    }
    defer { renewal.stop() }
    // Never cancelled: the process ends under it. A server that is cancelled while it takes a
    // connection stops the process in its own way, before the totals are said.
    Task {
      do {
        try await server?.run(stopsOnSignals: false) { _ in }
      } catch {
        // Whoever configured the server relies on it.
        serverFailed("http: \(ServeCommand.text(error))")
        kill(getpid(), SIGTERM)
      }
    }
    let timers = startTimers()
    let (end, ending) = AsyncStream.makeStream(of: Void.self)
    let obeying = Task {
      for await wish in signals.wishes {
        switch wish {
        case .reload:
          renewal.reload()
          await reload()
        case .end:
          // The first one ends the wait below; whoever asks again is in a hurry.
          if case .terminated = ending.yield() { giveUp() }
          ending.finish()
        }
      }
    }
    for await _ in end { break }
    for timer in timers { timer.cancel() }
    await stop()
    await partners?.stop()
    obeying.cancel()
    gate?.close()
    sayTotals()
    if let serverFailure { ServeCommand.leave(serverFailure) }
  }

  private func startTimers() -> [RepeatingTimer] {
    let queue = DispatchQueue(label: "tidemark.timers")
    func every(_ seconds: Int, _ body: @escaping @Sendable () async -> Void) -> RepeatingTimer {
      RepeatingTimer(every: seconds, queue: queue) { Task { await body() } }
    }
    return [
      every(flushSeconds) { await self.flush() },
      every(CollectRun.reportSeconds) { await self.report() },
    ] + (share == nil ? [] : [every(1) { await self.tickShare() }])
  }
}
