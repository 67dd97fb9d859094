import TidemarkAccess
import Hummingbird
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkWeb

/// `GET /`: the first page.
struct WebHomeRoute: Route {
  let desk: WebDesk
  private let surveys = HomeSurveys()

  init(desk: WebDesk) {
    self.desk = desk
  }

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    let store = desk.native.store
    let registry = desk.native.registry
    let granted = exchange.datasets(registry)
    var home = HomePage(now: desk.clock())
    home.survey = try await surveys.survey(
      granted, store: store, now: home.now, for: desk.times.survey)
    home.datasets = granted.compactMap { registry.name(ofDataset: $0) }
    if exchange.caller.datasets == nil {
      home.sensors = registry.sensors.count
      if !home.survey.isComplete {
        home.records = try await ScanPool.shared.run {
          try store.statistics().families.first { $0.family == .records }?.keys
        }
      }
    }
    return desk.answer(home.page, exchange)
  }
}

/// `GET /ui/`: leads to the first page, for whoever shortens an address by hand.
struct WebStartRoute: Route {
  let desk: WebDesk

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    return desk.redirect("/", exchange)
  }
}
