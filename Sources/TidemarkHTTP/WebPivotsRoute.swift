import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkWeb

/// `GET /ui/pivots?q=…`: what hangs on a value, newest first.
struct WebPivotsRoute: Route {
  let desk: WebDesk

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    var parameters = try exchange.pageParameters()
    let text = parameters.take("q") ?? ""
    let trail = PivotTrail(text: parameters.take("trail"))
    try parameters.finish()
    guard !text.isEmpty else { return desk.answer(PivotsPage.empty(""), exchange) }
    let question: PivotQuestion
    do {
      question = try PivotQuestion(typed: text)
    } catch {
      let page = PivotsPage.empty(text, problem: "This cannot be looked up: \(error.description).")
      return desk.answer(page, exchange, status: .badRequest)
    }
    return desk.answer(try await page(question, trail, exchange), exchange)
  }

  private func page(
    _ question: PivotQuestion, _ trail: PivotTrail, _ exchange: Exchange
  ) async throws -> Page {
    let most = min(PivotTable.rowsStandard, exchange.caller.limits.rows)
    let reader = PivotReader(
      question, datasets: exchange.datasets(desk.native.registry), most: most,
      store: desk.native.store)
    let end = desk.end(exchange, after: desk.times.pivots)
    var (read, isLate) = try await desk.inTurns(reader, until: end) { try $0.step() }
    if isLate { read.stop() }
    var values: [PivotValue] = []
    if let value = question.value { values.append(value) }
    for value in read.tables.flatMap(\.rows).compactMap(\.value) where !values.contains(value) {
      guard values.count < WebHintsRoute.valuesMax else { break }
      values.append(value)
    }
    var hints = try await desk.hints(
      values, besides: question.value, exchange)
    let own = question.value == nil || hints.isEmpty ? nil : hints.removeFirst()
    return PivotsPage.page(question, read, own: own, hints: hints, trail: trail)
  }
}
