import ArgumentParser
import Dispatch
import Glibc
import Logging
import TidemarkCollectors
import TidemarkConfiguration
import TidemarkHTTP
import TidemarkIngest
import TidemarkMetrics
import TidemarkModel
import TidemarkRocksDB
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
      let sink = StoreSink(store: store, registry: registry)
      let run = CollectRun(
        configuration, file: file, sink: sink, folder: storePath, metrics: metrics)
      var server: TidemarkServer?
      var certificates: ServerCertificates?
      let gate = try configuration.http?.openGate(beside: storePath)
      if let http = configuration.http, let gate {
        certificates = try TLSOptions.certificates(http.tlsCertificate, http.tlsKey)
        server = try ServeCommand.server(
          store, registry: registry, listen: http.listen, metrics: metrics,
          filter: try configuration.filter.recordFilter(), gate: gate, certificates: certificates)
      }
      try await run.serveAndWait(server, gate, certificates)
    } catch let error as StoreError {
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
    let metrics = PrometheusRegistry()
    do {
      let target = try RelayTarget(
        url: relay.url, authorities: relay.authorityFile, tokenFile: relay.tokenFile)
      let spool = try RelaySpool(folder: relay.spool, maxOctets: UInt64(relay.spoolOctetsMax))
      let run = CollectRun(
        configuration, file: file, sink: spool, folder: relay.spool, metrics: metrics)
      metrics.addCollector { SpoolMetrics.families(spool.account) }
      let transport = try RelayHTTPTransport(target: target)
      var server: TidemarkServer?
      var certificates: ServerCertificates?
      let gate = try configuration.http?.openGate(beside: relay.spool)
      if let http = configuration.http, let gate {
        certificates = try TLSOptions.certificates(http.tlsCertificate, http.tlsKey)
        server = try ServeCommand.server(
          nil, listen: http.listen, metrics: metrics, gate: gate, certificates: certificates)
      }
      let log = CollectLog.make()
      let sender = RelaySender(spool: spool, transport: transport) { event in
        SpoolMetrics.log(event, to: log)
      }
      let sending = Task { await sender.run() }
      try await run.serveAndWait(server, gate, certificates)
      // What was read last is in the spool by now, and is sent if the server is quick.
      sending.cancel()
      _ = await sending.result
      try await transport.shutdown()
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
    _ server: TidemarkServer?, _ gate: OpenGate?, _ certificates: ServerCertificates?
  ) async throws {
    let signals = ProcessSignals()
    try await start(giving: gate?.files ?? [])
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
    obeying.cancel()
    gate?.close()
    sayTotals()
    if let serverFailure { ServeCommand.leave(serverFailure) }
  }

  private func startTimers() -> [any DispatchSourceTimer] {
    let queue = DispatchQueue(label: "tidemark.timers")
    func every(
      _ seconds: Int, _ body: @escaping @Sendable () async -> Void
    ) -> any DispatchSourceTimer {
      let timer = DispatchSource.makeTimerSource(queue: queue)
      timer.schedule(deadline: .now() + .seconds(seconds), repeating: .seconds(seconds))
      timer.setEventHandler { Task { await body() } }
      timer.resume()
      return timer
    }
    return [
      every(flushSeconds) { await self.flush() },
      every(CollectRun.reportSeconds) { await self.report() },
    ]
  }
}
