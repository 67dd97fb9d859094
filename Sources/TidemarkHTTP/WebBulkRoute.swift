import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkWeb

/// `/ui/bulk`: the form for a list, and its results where no script sends it in pieces.
struct WebBulkRoute: Route {
  let desk: WebDesk
  private let places = BulkPlaces()

  init(desk: WebDesk) { self.desk = desk }

  func respond(to exchange: Exchange) async throws -> Response {
    guard exchange.request.method == .post else {
      guard exchange.isHead || exchange.request.method == .get else {
        throw Problem.method(allowed: "GET, HEAD, POST")
      }
      return page(BulkPage.Settings(), nil, exchange)
    }
    // Before the body: it bounds how many of them are held.
    let place = try WebBulk.place(places)
    let form = try await desk.form(exchange, most: WebBulk.octetsMax)
    let settings = WebBulk.settings(form)
    let list = WebBulkList(settings.list)
    try WebBulk.check(list, linesMax: ServerLimits.bulkKeysMax)
    let source = WebBulkSource(
      list, try WebBulk.question(settings, exchange, desk), as: .kept,
      linesMax: BulkPage.pageLines, place: place)
    let answer = Answer(source, exchange.admission)
    while !answer.isDone {
      _ = try await ScanPool.shared.turn { try answer.nextPiece() }
    }
    let outcome = BulkPage.Outcome(lines: source.lines, note: WebBulkRoute.note(source.end))
    return page(settings, outcome, exchange)
  }

  private func page(
    _ settings: BulkPage.Settings, _ outcome: BulkPage.Outcome?, _ exchange: Exchange
  ) -> Response {
    desk.answer(
      BulkPage.page(settings, outcome, listMax: ServerLimits.bulkKeysMax), exchange)
  }

  private static func note(_ end: AnswerEnd?) -> String {
    switch end {
    case nil, .complete: ""
    case .limited:
      "Only the first \(BulkPage.pageLines) values were looked up. Send the others by"
        + " themselves, turn JavaScript on, or use tidemark lookup --bulk."
    case .exhausted(let kind):
      "The rest was not looked up: the list costs more \(kind.rawValue) than one request may."
    case .failed(let error): "The rest was not looked up: \(error.description)."
    }
  }
}

/// `POST /ui/bulk/run`: the statuses of a piece of a list for the page's script, and whole lists as
/// files: statuses as CSV (`as=csv`), or all rows (`as=rows`).
struct WebBulkRunRoute: Route {
  let desk: WebDesk
  private let places = BulkPlaces()

  init(desk: WebDesk) { self.desk = desk }

  func respond(to exchange: Exchange) async throws -> Response {
    let place = try WebBulk.place(places)
    let form = try await desk.form(exchange, most: WebBulk.octetsMax)
    let settings = WebBulk.settings(form)
    let question = try WebBulk.question(settings, exchange, desk)
    let list = WebBulkList(settings.list)
    switch form.value("as") {
    case "rows":
      return try await rows(list, settings, question, place, exchange)
    case "csv":
      try WebBulk.check(list, linesMax: ServerLimits.bulkKeysMax)
      let source = WebBulkSource(
        list, question, as: .csv, linesMax: ServerLimits.bulkKeysMax, place: place)
      return try await respond(
        source, WebDesk.downloadHeaders(type: "text/csv; charset=utf-8", name: "bulk.csv"),
        exchange)
    case nil, "":
      try WebBulk.check(list, linesMax: BulkPage.chunkLines)
      let source = WebBulkSource(
        list, question, as: .json, linesMax: BulkPage.chunkLines, place: place)
      var headers = WebDesk.headers
      headers[.contentType] = "application/x-ndjson"
      return try await respond(source, headers, exchange)
    case .some: throw Problem(.badRequest, "as: one of csv, rows")
    }
  }

  /// What `/api/v1/bulk` answers for the values that the lines were read as; lines that were not
  /// understood are left out.
  private func rows(
    _ list: WebBulkList, _ settings: BulkPage.Settings, _ question: WebBulkSource.Question,
    _ place: BulkPlaces.Place, _ exchange: Exchange
  ) async throws -> Response {
    try WebBulk.check(list, linesMax: ServerLimits.bulkKeysMax)
    var (list, body) = (list, [UInt8]())
    var hasMore = true
    while hasMore {
      let read = try await ScanPool.shared.turn { [list] in WebBulkRunRoute.keys(list) }
      body += read.keys
      (list, hasMore) = (read.rest, read.hasMore)
    }
    let source = BulkSource(
      try BulkKeys(body, start: 0), common: question.filters, limit: settings.rowsMax,
      showsActivity: false, place: place, granted: question.granted, caller: exchange.caller,
      desk.native)
    return try await respond(
      source, WebDesk.downloadHeaders(type: "application/x-ndjson", name: "bulk-rows.ndjson"),
      exchange)
  }

  /// Lines that are read in one turn: some milliseconds.
  private static let turnLines = 512

  /// The next lines as keys of `/api/v1/bulk`.
  private static func keys(
    _ list: WebBulkList
  ) -> (keys: [UInt8], rest: WebBulkList, hasMore: Bool) {
    var (list, keys) = (list, [UInt8]())
    for _ in 0..<turnLines {
      guard let (_, lookup) = list.next() else { return (keys, list, false) }
      guard let lookup else { continue }
      if lookup.hasPrefix("{") {
        // Such a line would be read as parameters.
        var json = JSONLine()
        json.add("value", lookup)
        keys += json.finished()
      } else {
        keys += Array(lookup.utf8) + [UInt8(ascii: "\n")]
      }
    }
    return (keys, list, true)
  }

  private func respond(
    _ source: any AnswerSource, _ headers: HTTPFields, _ exchange: Exchange
  ) async throws -> Response {
    try await Answer(source, exchange.admission).response(
      headers: headers, isHead: false, isQuick: false)
  }
}

/// What both ways to send a list have in common.
enum WebBulk {
  /// Body of a form with a list, octets: 100,000 names, each octet percent-encoded at worst.
  static let octetsMax = ServerLimits.bulkOctetsMax

  /// What the form says.
  static func settings(_ form: WebForm) -> BulkPage.Settings {
    var settings = BulkPage.Settings()
    settings.list = form.value("lines") ?? ""
    settings.rrtypes = String((form.value("rrtype") ?? "").filter { !$0.isWhitespace })
    settings.after = (form.value("after") ?? "").split(separator: " ").joined(separator: " ")
    if let most = form.value("rows_max").flatMap({ Int($0) }), BulkPage.rowChoices.contains(most) {
      settings.rowsMax = most
    }
    return settings
  }

  /// What every line is asked with.
  ///
  /// - Throws: ``Problem`` for filters that no line can do with.
  static func question(
    _ settings: BulkPage.Settings, _ exchange: Exchange, _ desk: WebDesk
  ) throws(Problem) -> WebBulkSource.Question {
    // Merged as on the page of a look-up, to which every line links.
    let filters = [
      ("merge", "true"), ("rrtype", settings.rrtypes), ("last_after", settings.after),
    ]
    .filter { !$0.1.isEmpty }.map { (name: $0.0, value: $0.1) }
    let question = WebBulkSource.Question(
      filters: filters, rowsMax: settings.rowsMax,
      granted: exchange.datasets(desk.native.registry), asOf: desk.clock(), service: desk.native)
    _ = try question.request("example.com")
    return question
  }

  static func place(_ places: BulkPlaces) throws(Problem) -> BulkPlaces.Place {
    guard let place = BulkPlaces.Place(places) else {
      throw Problem(
        .serviceUnavailable, "too many bulk look-ups are running; try again",
        headers: [.retryAfter: "1"])
    }
    return place
  }

  static func check(_ list: WebBulkList, linesMax: Int) throws(Problem) {
    guard list.count <= linesMax else {
      throw Problem(.contentTooLarge, "a list may have \(linesMax) lines here")
    }
  }
}
