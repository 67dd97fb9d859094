import HTTPTypes
import Hummingbird
import TidemarkWeb

/// `GET /ui/help`: what can be typed, which keys do what, what the words mean.
struct WebHelpRoute: Route {
  let desk: WebDesk

  init(desk: WebDesk) { self.desk = desk }

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    return desk.answer(HelpPage.page, exchange)
  }
}
