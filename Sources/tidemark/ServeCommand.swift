import ArgumentParser
import Glibc
import NIOCore
import TidemarkConfiguration
import TidemarkHTTP
import TidemarkIngest
import TidemarkMetrics
import TidemarkProviders
import TidemarkRocksDB
import TidemarkSharing
import TidemarkStore

/// `tidemark serve`: a store over HTTP.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serves a store over HTTP.",
    discussion: """
      Routes, and what describes them:

        /                               pages for people   docs/guides/analyst.md
        /pdns/query/                    CIRCL 1 and 2      docs/reference/circl.md
        /query/, /fquery/, /info        D4 analyzer        docs/reference/circl.md
        /dnsdb/, /lookup/, /summarize/  DNSDB 2 and 1      docs/reference/dnsdb.md
        /api/v1/                        native             docs/reference/native.md
        /submit                         FEVER and balboa   docs/reference/native.md
        /v1/                            DomainTools        docs/guides/integrations.md
        /modules, /query                MISP modules       docs/guides/integrations.md
        /health, /metrics               watching           docs/reference/http.md

      SIGTERM and SIGINT end it after the answers under way, at the latest ten seconds later.
      SIGHUP reads the certificate again, as does every change of its files.

      Addresses that others can reach need TLS and tokens; tidemark token create makes tokens.
      """)

  @OptionGroup var store: StoreOption
  @Option(help: "Address and port, for example 127.0.0.1:8053 or [::1]:8053.")
  var listen = "127.0.0.1:8053"
  @Option(help: "Who publishes the records, a URI; default: the address served.")
  var origin: String?
  @Option(help: "Memory for what was read of the store, MiB, 32 or more.")
  var cache = 256
  @OptionGroup(title: "CIRCL interface") var circl: CirclOptions
  @OptionGroup(title: "Active look-ups") var active: ActiveOptions
  @OptionGroup(title: "Enrichment") var enrichment: ServedEnrichmentOptions
  @OptionGroup var tls: TLSOptions
  @OptionGroup var access: AccessOptions

  /// Largest cache, MiB: a terabyte.
  private static let cacheMax = 1 << 20

  /// True when connections are encrypted.
  private var hasTLS: Bool { tls.tlsCertificate != nil }

  func validate() throws {
    let address = try ServeCommand.address(listen)
    try access.settings.check(host: address.host, hasTLS: hasTLS)
    guard (32...ServeCommand.cacheMax).contains(cache) else {
      throw ValidationError("--cache: from 32 to \(ServeCommand.cacheMax) MiB")
    }
    if let origin, origin.isEmpty || origin.unicodeScalars.contains(where: { $0.value <= 0x20 }) {
      throw ValidationError("--origin: a URI without blanks")
    }
  }

  func run() async throws {
    let address = try ServeCommand.address(listen)
    do {
      let opened = try store.openForWriting(cacheOctets: cache << 20)
      let gate = try access.settings.open(beside: store.path, host: address.host)
      let certificates = try tls.certificates()
      let (registry, metrics) = (try Registry(store: opened), PrometheusRegistry())
      let resolver = try active.configuration()?.start(
        store: opened, registry: registry, metrics: metrics)
      let served = try ServedEnrichment.open(
        besideStore: store.path, opened: opened, library: enrichment.library)
      let server = try ServeCommand.server(
        opened, registry: registry, listen: listen, origin: origin,
        circl: circl.configuration.settings,
        active: resolver, metrics: metrics, enrichment: served,
        servesMISP: enrichment.mispModules, gate: gate, certificates: certificates)
      try await serveWHOIS(served)
      let path = store.path
      let scheme = certificates == nil ? "http" : "https"
      let renewal = CertificateRenewal(certificates, onHangup: true) { text, _ in
        StandardStreams.complain("tidemark: \(text)")
      }
      defer { renewal.stop() }
      do {
        try await server.run(stopsOnSignals: true) { port in
          let place = ListenAddress(host: address.host, port: port)
          _ = StandardStreams.write(
            Array("tidemark: serving \(path) on \(scheme)://\(place)\n".utf8))
        }
      } catch {
        ServeCommand.leave("\(address): \(ServeCommand.text(error))")
      }
      gate.close()
      ServeCommand.leave(nil)
    } catch let error as StoreError {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    } catch let error as ActiveResolverError {
      StandardStreams.complain("tidemark: \(error)")
      throw ExitCode(ExitStatus.failure)
    }
  }

  /// Answers on the WHOIS port, if there is to be one.
  private func serveWHOIS(_ served: ServedEnrichment?) async throws {
    guard let whoisPort = enrichment.whoisPort else { return }
    guard let served else { ServeCommand.leave("--whois-port: there is no library") }
    let address = try ServeCommand.address(whoisPort, setting: "--whois-port")
    do {
      let place = try await served.serveWHOIS(on: address)
      _ = StandardStreams.write(Array("tidemark: answering WHOIS on \(place)\n".utf8))
    } catch {
      ServeCommand.leave("\(address): \(ServeCommand.text(error))")
    }
  }

  /// Makes a server.
  ///
  /// - Parameters:
  ///   - store: nil serves `/metrics` and `/health` alone.
  ///   - registry: the one of whoever else writes to the store.
  ///   - listen: address and port.
  ///   - filter: what is left out of feeds that are posted.
  ///   - sharing: the streams that partners may have; nil: none.
  ///   - enrichment: the library and the operations; nil: none.
  ///   - servesMISP: answers as a module server of MISP, too.
  ///   - gate: who is served.
  ///   - certificates: nil serves without TLS.
  static func server(
    _ store: (any RecordStore)?, registry: Registry? = nil, listen: String, origin: String? = nil,
    circl: CirclSettings = CirclSettings(), active: ActiveResolver? = nil,
    metrics: PrometheusRegistry, filter: RecordFilter? = nil, sharing: PartnerHub? = nil,
    enrichment: ServedEnrichment? = nil, servesMISP: Bool = false,
    gate: OpenGate, certificates: ServerCertificates? = nil
  ) throws -> TidemarkServer {
    let address = try ServeCommand.address(listen)
    var settings = TidemarkServer.Settings()
    settings.host = address.host
    settings.port = address.port
    settings.origin = origin ?? "\(certificates == nil ? "http" : "https")://\(address)/"
    settings.circl = circl
    settings.active = active
    settings.metrics = metrics
    settings.filter = filter
    settings.sharing = sharing
    enrichment?.serve(in: &settings)
    settings.servesMISP = servesMISP
    settings.certificates = certificates
    settings.access = gate.access
    settings.tokenField = gate.tokenField
    settings.sensors = gate.sensors
    guard let store else { return TidemarkServer(settings: settings) }
    return try TidemarkServer(store: store, registry: registry, settings: settings)
  }

  /// Reads an address, or says what is wrong as errors of the command line are said.
  static func address(_ text: String, setting: String = "--listen") throws -> ListenAddress {
    do {
      return try ListenAddress(text)
    } catch {
      throw ValidationError("\(setting): \(error.description)")
    }
  }

  /// Why a server ended, in words.
  static func text(_ error: any Error) -> String {
    guard let error = error as? IOError else { return "\(error)" }
    return "cannot listen: " + (unsafe String(cString: strerror(error.errnoCode)))
  }

  /// Ends the process without its exit handlers.
  ///
  /// Threads of the event loops let go of the store some time after the server has ended. RocksDB
  /// would be closed there while the exit handlers tear down what it needs. Everything that was
  /// acknowledged is in its synced log, so nothing is left to be written.
  static func leave(_ complaint: String?) -> Never {
    if let complaint { StandardStreams.complain("tidemark: \(complaint)") }
    _exit(complaint == nil ? 0 : ExitStatus.failure)
  }
}
