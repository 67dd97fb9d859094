import DNSWire
import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkModel
import TidemarkQuery
import TidemarkStore
import TidemarkWeb

/// `GET /ui/search`: the records of what was typed, as a table or in time.
struct WebSearchRoute: Route {
  let desk: WebDesk

  func respond(to exchange: Exchange) async throws -> Response {
    let (search, others) = try WebSearch.read(exchange, desk.native, also: ["cursor"])
    guard !search.input.typed.isEmpty else { return desk.redirect("/", exchange) }
    var page = SearchPage(search.input, search.filters)
    page.datasets = search.datasets.map(\.name)
    page.sensors = search.sensors.map(\.name)
    page.exports = SearchExport.all(for: search.kind)
    if let note = search.unusedFilters { page.notes.append(note) }
    do {
      try await fill(&page, search, cursor: others["cursor"], exchange)
    } catch let problem as Problem where problem.status == .badRequest {
      // The page keeps what was typed, so that it can be put right.
      page.fault = problem.text
      return desk.answer(page.page, exchange, status: .badRequest)
    }
    return desk.answer(page.page, exchange)
  }

  private func fill(
    _ page: inout SearchPage, _ search: WebSearch, cursor: String?, _ exchange: Exchange
  ) async throws {
    if search.filters.view == .timeline {
      let timeline = try await WebTimeline.read(
        search, now: desk.clock(), limits: exchange.caller.limits, store: desk.native.store,
        for: desk.times.timeline)
      page.timeline = timeline.values
      page.rowsRead = timeline.bars.count
      page.isComplete = !timeline.hasMore
      return
    }
    let pages = WebPages(search, cursor: cursor, store: desk.native.store)
    let (outcome, place) = try await pages.collect(exchange)
    page.order = pages.order(outcome)
    page.summary = search.kind == .records ? outcome.summary : nil
    // A page further on in the store was not added up.
    page.rowsRead = outcome.summary == nil ? 0 : outcome.met
    if outcome.order == .store { page.rowsRead = min(page.rowsRead, WebLimits.newestRowsMax) }
    page.isComplete = outcome.isComplete
    page.isLater = cursor != nil
    page.rrtypes = outcome.summary?.rrtypes.map(\.rrtype.mnemonic) ?? []
    page.notes += pages.notes(outcome)
    page.cursor = pages.cursor(outcome.next, place)
    if page.cursor == nil, outcome.hasNext { page.notes.append(WebPages.cutNote) }
    page.table = try await search.table(of: outcome.rows)
  }
}

/// `GET /ui/rows`: further rows of a table, for the script that appends them. The field
/// `X-Tidemark-Cursor` says where those after them begin; without it there are none.
struct WebRowsRoute: Route {
  let desk: WebDesk

  func respond(to exchange: Exchange) async throws -> Response {
    let (search, others) = try WebSearch.read(exchange, desk.native, also: ["cursor"])
    let pages = WebPages(search, cursor: others["cursor"], store: desk.native.store)
    let (outcome, place) = try await pages.collect(exchange)
    var table = try await search.table(of: outcome.rows)
    let cursor = pages.cursor(outcome.next, place)
    if cursor == nil, outcome.hasNext { table.appendNote(WebPages.cutNote) }
    return desk.fragment(table.html.octets, exchange, cursor: cursor)
  }
}

/// The pages of a look-up: which one a cursor means, and what is said of it.
struct WebPages: Sendable {
  private let search: WebSearch
  private let cursor: String?
  private let store: any RecordStore

  /// - Parameters:
  ///   - cursor: nil for the first page; digits are a place in a sorted answer, all others one in
  ///     the store.
  init(_ search: WebSearch, cursor: String?, store: any RecordStore) {
    self.search = search
    self.cursor = cursor
    self.store = store
  }

  /// Reads the rows.
  func collect(
    _ exchange: Exchange
  ) async throws -> (outcome: WebRowCollector.Outcome, place: NativePage) {
    let offset = try offset()
    let place = try search.page(cursor: offset == nil ? cursor : nil)
    let filters = search.filters
    let mode: WebRowCollector.Mode
    if filters.sort != nil || offset != nil {
      mode = .sorted(
        filters.sort ?? .last, isDescending: filters.isDescending, offset: offset ?? 0)
    } else {
      mode = place.position == nil ? .probe : .store
    }
    let source = try WebRowSource(
      search, asOf: place.asOf, after: place.position, store: store)
    let collector = WebRowCollector(
      source, mode, size: filters.size, limits: exchange.caller.limits)
    return (try await collector.collect(), place)
  }

  /// The place in a sorted answer that the cursor means; nil for another cursor.
  private func offset() throws(Problem) -> Int? {
    guard let cursor, cursor.utf8.count <= 6,
      cursor.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let offset = Int(cursor)
    else { return nil }
    guard offset <= WebLimits.sortedRowsMax else {
      throw Problem(
        .badRequest, "cursor: sorted rows are shown up to row \(WebLimits.sortedRowsMax)")
    }
    return offset
  }

  /// What is said where rows follow and ``cursor(_:_:)`` is nil.
  static let cutNote =
    "Further rows cannot be reached from here, since the rdata of the last one is too long for an "
    + "address. An export has all of them."

  /// The cursor of the next page; nil when there is none, and when it is too long for an address.
  func cursor(_ next: WebRowCollector.Next, _ place: NativePage) -> String? {
    switch next {
    case .none: nil
    case .offset(let offset): String(offset)
    case .position(let position): place.cursor(position)
    }
  }

  /// How rows are ordered, for the page.
  func order(_ outcome: WebRowCollector.Outcome) -> SearchPage.Order {
    search.filters.sort == nil && outcome.order != .store ? .newest : outcome.order
  }

  /// What is said of an answer that is not whole, or not in the order asked for.
  func notes(_ outcome: WebRowCollector.Outcome) -> [String] {
    var notes: [String] = []
    let met = WebFigures.grouped(UInt64(outcome.met))
    if outcome.isSpent {
      notes.append(
        outcome.order == .store
          ? "The search took too long and was stopped after \(met) rows. “Further rows” goes on."
          : "Only \(met) rows could be read within what a page may take; these are sorted.")
    } else if outcome.order == .store, !outcome.isComplete, cursor == nil {
      let most = WebFigures.grouped(UInt64(min(outcome.met, WebLimits.newestRowsMax)))
      notes.append(
        "More than \(most) rows, shown in the order of the store. Sort by a column to have all of "
          + "them ordered.")
    }
    if case .sorted = outcome.order, case .none = outcome.next,
      outcome.met > WebLimits.sortedRowsMax, cursor != nil
    {
      notes.append("Sorted rows end here; an export has all of them.")
    }
    if outcome.damaged > 0 { notes.append("\(outcome.damaged) damaged rows were left out.") }
    return notes
  }
}
