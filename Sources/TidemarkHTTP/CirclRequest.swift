import HTTPTypes
import TidemarkQuery

/// What a request of the CIRCL interface asks for: the value in its path, and `dribble` headers.
struct CirclRequest: Sendable {
  let value: CirclValue
  let filter: CirclHeaders.Filter
  /// Nil when no pages are asked for.
  let page: CirclHeaders.Page?
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
  init(_ rest: ArraySlice<UInt8>, _ fields: HTTPFields) throws(Problem) {
    value = try CirclValue.read(rest)
    let headers: CirclHeaders
    do {
      headers = try CirclHeaders(
        filter: CirclRequest.field(CirclRequest.filterField, fields),
        count: CirclRequest.field(CirclRequest.countField, fields),
        cursor: CirclRequest.field(CirclRequest.cursorField, fields))
    } catch {
      throw Problem(error)
    }
    filter = headers.filter
    page = headers.page
    wantsActive = CirclRequest.field(CirclRequest.passiveField, fields) == nil
    wantsNumbers = CirclRequest.wantsNumbers(fields)
  }

  /// True for PyPDNS, which gives up a whole answer at a type that it knows no name for.
  static func wantsNumbers(_ headers: HTTPFields) -> Bool {
    headers[.userAgent]?.hasPrefix("PyPDNS") ?? false
  }

  private static func field(_ name: HTTPField.Name?, _ headers: HTTPFields) -> String? {
    name.flatMap { headers[$0] }
  }
}

extension CirclValue {
  /// As the initializer, in the words of an answer.
  ///
  /// - Throws: ``Problem`` 400.
  static func read(_ rest: ArraySlice<UInt8>) throws(Problem) -> CirclValue {
    do {
      return try CirclValue(rest)
    } catch {
      throw Problem(error)
    }
  }
}

extension Problem {
  /// What is said of a request that cannot be read.
  init(_ fault: CirclFault) {
    switch fault {
    case .escape:
      self.init(.badRequest, "a percent sign in the value is not followed by two digits")
    case .notText: self.init(.badRequest, "the value is not printable UTF-8")
    case .value(let error): self.init(.badRequest, error.description)
    case .count:
      self.init(
        .badRequest,
        "dribble-paginate-count: a whole number from 1 on; \(CirclLimits.pageRowsMax) is the most")
    case .cursorAlone:
      self.init(.badRequest, "dribble-paginate-cursor needs dribble-paginate-count")
    case .cursor: self = CirclCursors.unknown
    }
  }
}
