import D4Wire
import HTTPTypes
import Hummingbird
import NIOPosix
import TidemarkAccess
import TidemarkModel
import TidemarkSharing
import TidemarkStore
import TidemarkWeb

/// `GET /ui/service`: what the server holds, who feeds it, who is fed and who may ask; a part of it
/// by `part`. As with `/metrics`, all but the outlines are for callers with the scope `admin`.
struct WebServiceRoute: Route {
  let desk: WebDesk
  private let rates = SensorRates()

  init(desk: WebDesk) { self.desk = desk }

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    var parameters = try exchange.pageParameters()
    let word = parameters.take("part") ?? ServicePart.overview.rawValue
    try parameters.finish()
    guard let part = ServicePart(rawValue: word) else {
      let parts = ServicePart.allCases.map(\.rawValue).joined(separator: ", ")
      throw Problem(.notFound, "part: one of \(parts)")
    }
    let content = try await content(part, exchange)
    return desk.answer(ServicePage.page(content, now: desk.clock()), exchange)
  }

  private func content(_ part: ServicePart, _ exchange: Exchange) async throws -> ServiceContent {
    let mayAdmin = exchange.caller.may(.admin)
    if part == .overview { return .overview(try await overview(exchange, mayAdmin: mayAdmin)) }
    guard mayAdmin else { return .withheld(part) }
    switch part {
    case .overview, .sensors: return .sensors(sensors())
    case .sources: return .sources(ServiceFigures(desk.metrics).sources)
    case .sharing: return .sharing(sharing())
    case .tokens:
      return .tokens(
        ServiceTokens(
          desk.access.accounts, desk.access.counts, isRequired: desk.access.requiresTokens))
    }
  }

  private func overview(_ exchange: Exchange, mayAdmin: Bool) async throws -> ServiceOverview {
    let uptime = (ContinuousClock.now - desk.started).components.seconds
    var overview = ServiceOverview(
      version: TidemarkServer.version, uptimeSeconds: UInt64(clamping: uptime))
    let registry = desk.native.registry
    overview.datasets = exchange.datasets(registry).compactMap(registry.name(ofDataset:)).sorted()
    var statistics: StoreStatistics?
    do {
      statistics = try await NIOThreadPool.singleton.runIfActive { [store = desk.native.store] in
        _ = try store.state(StateKey.format)
        return try store.statistics()
      }
    } catch let error as StoreError {
      overview.failure = error.description
    }
    // The sum is that of all datasets.
    if mayAdmin || exchange.caller.datasets == nil {
      overview.records = statistics?.families.first { $0.family == .records }?.keys
    }
    guard mayAdmin else {
      // What went wrong may name a file of this machine.
      if overview.failure != nil { overview.failure = "ask its operator" }
      return overview
    }
    let figures = ServiceFigures(desk.metrics)
    var details = ServiceOverview.Details()
    details.statistics = statistics
    details.sensors = registry.sensors.count
    details.connections = figures.connections
    details.requests = figures.requests
    overview.details = details
    return overview
  }

  private func sensors() -> ServiceSensors {
    guard let directory = desk.sensors else {
      return ServiceSensors([], unknownAttempts: 0, isKnown: false)
    }
    let sums = directory.activities()
    let perMinute = rates.perMinute(sums, now: desk.clock())
    let sensors = sums.map { sum in
      let profile = directory.profile(of: sum.uuid)
      var sensor = ServiceSensor(
        name: sum.name, uuid: sum.uuid.description, state: profile?.state ?? sum.state)
      sensor.owner = profile?.owner ?? ""
      sensor.tlp = profile?.tlp
      sensor.dataset = profile?.dataset ?? ""
      sensor.lastSeen = sum.lastSeen
      sensor.packets = sum.packets
      sensor.records = sum.records
      sensor.losses = sum.losses
      sensor.recordsPerMinute = perMinute[sum.uuid]
      sensor.clockOffset = sum.clockOffset
      sensor.lastError = sum.lastError ?? ""
      sensor.lastErrorSeen = sum.lastErrorSeen
      return sensor
    }
    return ServiceSensors(sensors, unknownAttempts: directory.unknownAttempts)
  }

  private func sharing() -> ServiceSharing {
    let streams = ServiceFigures(desk.metrics).streams
    guard let hub = desk.sharing else {
      return ServiceSharing(streams: streams, receivers: [], isOn: !streams.isEmpty)
    }
    let (totals, open) = (hub.ledger.totals, hub.streams)
    let receivers = hub.directory.partners.map { partner in
      var receiver = ServiceSharing.Receiver(partner)
      receiver.releases = totals.filter { $0.partner == partner.id }
      receiver.streams = open.filter { $0.partner == partner.id }
      return receiver
    }
    return ServiceSharing(streams: streams, receivers: receivers, isOn: true)
  }
}
