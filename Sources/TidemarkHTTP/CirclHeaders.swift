import DNSWire

/// What the `dribble` headers of a request ask for.
struct CirclHeaders: Sendable, Equatable {
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

  let filter: Filter
  /// Nil when no pages are asked for.
  let page: Page?

  /// Reads the headers; nil for those that are not there.
  ///
  /// - Parameters:
  ///   - filter: `dribble-filter-rrtype`.
  ///   - count: `dribble-paginate-count`.
  ///   - cursor: `dribble-paginate-cursor`.
  init(filter: String?, count: String?, cursor: String?) throws(CirclFault) {
    self.filter = CirclHeaders.filter(filter)
    page = try CirclHeaders.page(count: count, cursor: cursor)
  }

  private static func filter(_ text: String?) -> Filter {
    guard let text, !text.isEmpty else { return .all }
    return RRType(text).map { .only($0) } ?? .unknown
  }

  private static func page(count: String?, cursor: String?) throws(CirclFault) -> Page? {
    guard let count else {
      guard cursor == nil else { throw .cursorAlone }
      return nil
    }
    // A number too large for us is a large one all the same.
    guard isDecimal(count), let rows = Optional(Int(count) ?? .max), rows > 0 else { throw .count }
    let size = min(rows, CirclLimits.pageRowsMax)
    guard let cursor else { return Page(rows: size, cursor: nil) }
    guard isDecimal(cursor), let number = UInt64(cursor) else { throw .cursor }
    return Page(rows: size, cursor: number)
  }

  private static func isDecimal(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy(ASCII.isDigit)
  }
}
