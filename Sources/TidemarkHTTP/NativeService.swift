import HTTPTypes
import Hummingbird
import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// What every native route needs.
struct NativeService: Sendable {
  let store: any RecordStore
  let registry: Registry
  let cursors: PageCursor
  let clock: @Sendable () -> UnixSeconds

  static let ndjson: HTTPFields = [
    .contentType: "application/x-ndjson", .vary: RouteFamily.native.vary,
  ]
  static let json: HTTPFields = [
    .contentType: "application/json", .vary: RouteFamily.native.vary,
  ]

  /// Reads what every route begins with whose rows are added up: the look-up, and the most rows to
  /// meet.
  ///
  /// - Returns: also the parameters that are left, which the caller takes and finishes.
  func countedSearch(
    _ exchange: Exchange
  ) throws(Problem) -> (request: LookupRequest, rowsMax: Int?, left: ParameterReader) {
    try exchange.requireGet()
    var parameters = ParameterReader(try exchange.target.parameters())
    let request = try LookupRequest(
      &parameters, granted: exchange.datasets(registry), now: clock(), self)
    return (request, try parameters.number("max_rows", ServerLimits.limitRange), parameters)
  }

  /// Reads the datasets that a query asks for, or all those that the caller may read.
  func datasets(_ parameters: inout ParameterReader, _ granted: [DatasetNumber]) throws(Problem)
    -> [DatasetNumber]
  {
    guard let words = parameters.words("dataset") else { return granted }
    var datasets: [DatasetNumber] = []
    for word in words {
      // A dataset that is not granted looks like one that does not exist.
      guard let number = registry.dataset(word), granted.contains(number) else {
        throw Problem(.badRequest, "dataset: there is no dataset \(word)")
      }
      if !datasets.contains(number) { datasets.append(number) }
    }
    return datasets
  }
}

/// A page of a native answer: where it starts, and what its cursors belong to.
struct NativePage: Sendable {
  /// Parameters that only say how much is shown: pages may differ in them.
  static let shown: Set<String> = ["limit", "cursor", "activity"]

  /// The time that relative times count from.
  let asOf: UnixSeconds
  /// Where to go on; nil at the start.
  let position: [UInt8]?
  private let query: CursorQuery
  private let cursors: PageCursor

  /// Takes `cursor`.
  ///
  /// - Parameter all: every parameter of the request.
  init(
    _ route: String, _ all: [(name: String, value: String)], _ parameters: inout ParameterReader,
    granted: Set<String>?, _ service: NativeService
  ) throws(Problem) {
    cursors = service.cursors
    query = CursorQuery(
      route: route, parameters: all.filter { !NativePage.shown.contains($0.name) },
      granted: granted)
    if let text = parameters.take("cursor") {
      let parts = try cursors.open(text, of: query)
      asOf = parts.asOf
      position = parts.position
    } else {
      asOf = service.clock()
      position = nil
    }
  }

  /// The first page of a query, for one key of many.
  ///
  /// - Parameter all: every parameter that an equal request would have.
  init(
    _ route: String, _ all: [(name: String, value: String)], asOf: UnixSeconds,
    granted: Set<String>?, _ service: NativeService
  ) {
    self.asOf = asOf
    position = nil
    cursors = service.cursors
    query = CursorQuery(
      route: route, parameters: all.filter { !NativePage.shown.contains($0.name) },
      granted: granted)
  }

  /// A cursor that goes on behind a position; nil when it would be too long.
  func cursor(_ position: [UInt8]) -> String? { cursors.text(position, asOf: asOf, of: query) }
}

extension JSONLine {
  /// Adds how an answer ended: `end`, and what there is to say besides.
  mutating func add(_ end: AnswerEnd) {
    switch end {
    case .complete: add("end", "complete")
    case .limited: add("end", "limited")
    case .exhausted(let kind):
      add("end", "limited")
      add("reason", kind.rawValue)
    case .failed(let error):
      add("end", "failed")
      add("error", error.description)
    }
  }
}
