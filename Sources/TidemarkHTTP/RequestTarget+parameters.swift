import HTTPTypes

extension RequestTarget {
  /// The names and values of the query, decoded, in their order.
  ///
  /// - Throws: ``Problem`` for bad escapes, octets that are not UTF-8, and names given twice.
  func parameters() throws(Problem) -> [(name: String, value: String)] {
    do {
      return try pairs()
    } catch {
      switch error {
      case .notEncoded: throw Problem(.badRequest, "the query is not percent-encoded UTF-8")
      case .twice(let name): throw Problem(.badRequest, "the parameter \(name) is given twice")
      }
    }
  }
}
