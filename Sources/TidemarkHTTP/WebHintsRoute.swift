import HTTPTypes
import Hummingbird
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkWeb

/// `GET /ui/hints?v=…`: what hangs on values, for the script of a page, which asks as they come
/// into sight.
///
/// `v` has up to ``valuesMax`` values joined by `~`, each percent-encoded; `q` is the value of the
/// page, which does not count among the others. Values that were not counted in time are missing in
/// the answer; the first one never is.
struct WebHintsRoute: Route {
  /// Values of one request.
  static let valuesMax = 50

  let desk: WebDesk

  func respond(to exchange: Exchange) async throws -> Response {
    try exchange.requireGet()
    var parameters = try exchange.pageParameters()
    let texts = PivotTrail.list(parameters.take("v") ?? "", most: WebHintsRoute.valuesMax + 1)
    let besides = parameters.take("q").flatMap { PivotValue(typed: $0) }
    try parameters.finish()
    guard !texts.isEmpty else { throw Problem(.badRequest, "v: give the values") }
    guard texts.count <= WebHintsRoute.valuesMax else {
      throw Problem(.badRequest, "v: at most \(WebHintsRoute.valuesMax) values")
    }
    let asked = texts.compactMap { text in PivotValue(text: text).map { (text, $0) } }
    let hints = try await desk.hints(
      asked.map(\.1), besides: besides, exchange)
    var lines = zip(asked, hints).map { WebHintsRoute.json($0.0.0, $0.1) }
    // What is neither name nor address has no hint: that is an answer too.
    for text in texts where PivotValue(text: text) == nil {
      var line = JSONLine()
      line.add("value", text)
      line.add("text", "")
      line.add("badges", [JSONLine]())
      lines.append(line)
    }
    var json = JSONLine()
    json.add("hints", lines)
    return desk.json(json.finished(), exchange)
  }

  /// - Parameter text: the value as it was asked for.
  private static func json(_ text: String, _ hint: PivotHint) -> JSONLine {
    var line = JSONLine()
    line.add("value", text)
    line.add("text", hint.text)
    line.add("names", UInt64(clamping: hint.names.count))
    line.add("names_more", hint.names.hasMore)
    line.add("values", UInt64(clamping: hint.values.count))
    line.add("values_more", hint.values.hasMore)
    line.add("noise", hint.isNoise)
    line.add(
      "badges",
      hint.badges.map { badge in
        var json = JSONLine()
        json.add("style", badge.kind.style)
        json.add("label", badge.kind.label)
        json.add("title", badge.title)
        return json
      })
    return line
  }
}
