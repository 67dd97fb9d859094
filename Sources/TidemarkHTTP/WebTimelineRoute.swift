import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkModel
import TidemarkWeb

/// `GET /ui/timeline`: the bars of a look-up as ``TimelineJSON``; parameters as of `/ui/search`.
struct WebTimelineRoute: Route {
  let desk: WebDesk

  init(desk: WebDesk) { self.desk = desk }

  func respond(to exchange: Exchange) async throws -> Response {
    let (search, _) = try WebSearch.read(exchange, desk.native)
    let timeline = try await WebTimeline.read(
      search, now: desk.clock(), limits: exchange.caller.limits, store: desk.native.store)
    return desk.json(timeline.json, exchange)
  }
}
