import DNSWire
import HTTPTypes
import TidemarkQuery

/// What a request of the CIRCL interface asks for: the value in its path, and `dribble` headers.
struct CirclRequest: Sendable {
  /// Which types are asked for.
  enum Filter: Sendable, Equatable {
    case all
    case only(RRType)
    /// The type has no meaning here: nothing is found, and that is no error.
    case unknown
  }

  /// A page of the answer.
  struct Page: Sendable, Equatable {
    /// 1 to ``CirclLimits/pageRowsMax``.
    let rows: Int
    /// From the reply before; nil for the first page.
    let cursor: UInt64?
  }

  let value: CirclValue
  let filter: Filter
  /// Nil when no pages are asked for.
  let page: Page?
  /// False when the client does not want names to be looked up on its behalf.
  let wantsActive: Bool
  /// True for clients that know fewer types by name than by number.
  let wantsNumbers: Bool

  private static let filterField = HTTPField.Name("dribble-filter-rrtype")
  private static let countField = HTTPField.Name("dribble-paginate-count")
  private static let cursorField = HTTPField.Name("dribble-paginate-cursor")
  private static let passiveField = HTTPField.Name("dribble-disable-active-query")

  /// - Parameter rest: the path behind `/pdns/query`.
  /// - Throws: ``Problem`` 400.
  init(_ rest: ArraySlice<UInt8>, _ headers: HTTPFields) throws(Problem) {
    value = try CirclValue(rest)
    filter = CirclRequest.filter(CirclRequest.field(CirclRequest.filterField, headers))
    page = try CirclRequest.page(
      count: CirclRequest.field(CirclRequest.countField, headers),
      cursor: CirclRequest.field(CirclRequest.cursorField, headers))
    wantsActive = CirclRequest.field(CirclRequest.passiveField, headers) == nil
    wantsNumbers = CirclRequest.wantsNumbers(headers)
  }

  /// True for PyPDNS, which gives up a whole answer at a type that it knows no name for.
  static func wantsNumbers(_ headers: HTTPFields) -> Bool {
    headers[.userAgent]?.hasPrefix("PyPDNS") ?? false
  }

  private static func field(_ name: HTTPField.Name?, _ headers: HTTPFields) -> String? {
    name.flatMap { headers[$0] }
  }

  private static func filter(_ text: String?) -> Filter {
    guard let text, !text.isEmpty else { return .all }
    return RRType(text).map { .only($0) } ?? .unknown
  }

  private static func page(count: String?, cursor: String?) throws(Problem) -> Page? {
    guard let count else {
      guard cursor == nil else {
        throw Problem(.badRequest, "dribble-paginate-cursor needs dribble-paginate-count")
      }
      return nil
    }
    guard isDecimal(count), let rows = Optional(Int(count) ?? .max), rows > 0 else {
      throw Problem(
        .badRequest,
        "dribble-paginate-count: a whole number from 1 on; \(CirclLimits.pageRowsMax) is the most")
    }
    let size = min(rows, CirclLimits.pageRowsMax)
    guard let cursor else { return Page(rows: size, cursor: nil) }
    guard isDecimal(cursor), let number = UInt64(cursor) else { throw CirclCursors.unknown }
    return Page(rows: size, cursor: number)
  }

  private static func isDecimal(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy(ASCII.isDigit)
  }
}
