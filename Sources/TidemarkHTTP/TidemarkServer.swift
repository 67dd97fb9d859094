import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
public import TidemarkAccess
public import TidemarkIngest
public import TidemarkMetrics
public import TidemarkModel
public import TidemarkQuery
public import TidemarkSharing
public import TidemarkStore

/// The HTTP server: pages for people, `/pdns/query/<value>`, `/api/v1/…`, `/submit`, `/metrics` and
/// `/health`.
public struct TidemarkServer: Sendable {
  /// Version of this program.
  public static let version = "0.1.0"

  /// Where and how to serve.
  public struct Settings: Sendable {
    /// Address to listen on.
    public var host = "127.0.0.1"
    /// Port to listen on; 0 takes any free one.
    public var port = 8053
    /// Who publishes the records, a URI: `origin` of every row of `/pdns/query`. An empty one is
    /// replaced, since clients give up a whole answer without it.
    public var origin = Settings.originStandard
    /// What to show as who we are; nil serves without TLS.
    public var certificates: ServerCertificates?
    /// How long connections may take for what.
    public var connections = ConnectionLimits()
    /// How `/pdns/query` and the D4 routes answer.
    public var circl = CirclSettings()
    /// Asks the DNS of today before `/pdns/query` is answered, for callers who may and want that.
    public var active: (any ActiveResolving)?
    /// Where sensors register, and what `/metrics` says of them.
    public var sensors: (any SensorDirectory)?
    /// Who is served.
    public var access = AccessControl.open
    /// A header field that may hold a token, besides `Authorization` and `X-API-Key`. What is no
    /// name of a field is no field.
    public var tokenField: String?

    /// True for what can be the name of a header field (RFC 9110 section 5.1).
    public static func isFieldName(_ text: String) -> Bool { HTTPField.Name(text) != nil }
    /// What `/metrics` shows.
    public var metrics = PrometheusRegistry()
    /// What is left out of feeds that are posted; rows of other Tidemarks were filtered there.
    public var filter: RecordFilter?
    /// The streams that partners may have; nil: none.
    public var sharing: PartnerHub?
    /// What answers of the DomainTools interface are made of besides the records.
    public var domainTools = DomainToolsData()
    /// The library and the operations; nil: their routes say that there are none.
    public var enrichment: EnrichmentService?
    /// True to be a module server of MISP, too; its answers are made of what
    /// ``domainTools`` has.
    public var servesMISP = false
    /// How long pages may read.
    public var pageTimes = PageTimes()
    /// The clock against which times of observations are judged.
    public var clock: @Sendable () -> UnixSeconds = {
      UnixSeconds(clamping: Int64(Date().timeIntervalSince1970))
    }

    /// The origin of a server that was given none.
    public static let originStandard = "urn:tidemark:local"

    /// Makes settings for a server on loopback.
    public init() {}
  }

  private let settings: Settings
  private let responder: TidemarkResponder
  private let connections: ConnectionTable
  private let counts = ServerMetrics()

  /// Makes a server.
  ///
  /// - Parameters:
  ///   - store: open for writing, otherwise observations are refused.
  ///   - registry: the one that everybody who writes to the store shares: two would give out the
  ///     same number for different names. Nil makes one, for a store that nobody else writes to.
  /// - Throws: ``StoreError`` when the store's registry cannot be read.
  public init(
    store: any RecordStore, registry: Registry? = nil, settings: Settings = Settings()
  ) throws(StoreError) {
    self.settings = settings
    connections = TidemarkServer.table(settings)
    let shared: Registry
    if let registry { shared = registry } else { shared = try Registry(store: store) }
    let gate = TidemarkServer.gate(settings)
    let routes = try StoreRoutes(
      store: store, registry: shared,
      origin: settings.origin.isEmpty ? Settings.originStandard : settings.origin,
      circl: settings.circl, active: settings.active, metrics: settings.metrics,
      filter: settings.filter, sharing: settings.sharing, domainTools: settings.domainTools,
      enrichment: settings.enrichment,
      mispGate: settings.servesMISP ? gate : nil, gate: gate, sensors: settings.sensors,
      hasTLS: settings.certificates != nil, times: settings.pageTimes, clock: settings.clock)
    responder = TidemarkResponder(
      routes: routes, gate: gate, metrics: settings.metrics,
      sensors: settings.sensors)
    showCounts()
  }

  /// Makes a server without a store: `/metrics`, `/health`, and registration of sensors.
  public init(settings: Settings) {
    self.settings = settings
    connections = TidemarkServer.table(settings)
    responder = TidemarkResponder(
      routes: nil, gate: TidemarkServer.gate(settings), metrics: settings.metrics,
      sensors: settings.sensors)
    showCounts()
  }

  /// Half of the files that the process may have open are for connections, the others for the
  /// store.
  private static func table(_ settings: Settings) -> ConnectionTable {
    ConnectionTable(most: min(settings.connections.connections, DescriptorLimit.raise() / 2))
  }

  private func showCounts() {
    settings.metrics.addCollector { [counts, connections, certificates = settings.certificates] in
      counts.families(open: connections.count, certificates: certificates)
    }
  }

  private static func gate(_ settings: Settings) -> Gate {
    Gate(
      access: settings.access, field: settings.tokenField.flatMap { HTTPField.Name($0) },
      sessions: WebSessions(clock: { [clock = settings.clock] in Int64(clock()) }),
      isOnLoopback: ListenAddress.isLoopback(settings.host))
  }

  /// Every route, and what it asks for.
  public var routes: [ServedRoute] { responder.all }

  /// Serves until the task is cancelled or, if so asked, a signal comes; answers under way are
  /// finished first, if they are within ``ConnectionLimits/stop``.
  ///
  /// - Parameters:
  ///   - stopsOnSignals: true ends on SIGTERM and SIGINT.
  ///   - onListening: called once, with the port, when connections are taken.
  /// - Throws: what binding the address throws (`IOError` with `errnoCode`).
  public func run(
    stopsOnSignals: Bool, onListening: @escaping @Sendable (_ port: Int) -> Void
  ) async throws {
    var logger = Logger(label: "tidemark.http")
    logger.logLevel = .error
    let application = Application(
      responder: responder,
      server: HTTPServerBuilder { [settings, counts, connections] responder in
        ConnectionSetup(
          responder, certificates: settings.certificates, limits: settings.connections,
          metrics: counts, table: connections)
      },
      configuration: ApplicationConfiguration(
        address: .hostname(settings.host, port: settings.port),
        backlog: TidemarkServer.backlog),
      onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) },
      logger: logger)
    if stopsOnSignals {
      try await application.runService()
    } else {
      try await application.run()
    }
  }

  /// Connections that wait to be taken; the kernel caps it (`net.core.somaxconn`).
  private static let backlog = 4_096
}
