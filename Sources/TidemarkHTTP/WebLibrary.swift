import HTTPTypes
import Hummingbird
import TidemarkAccess
import TidemarkEnrichment
import TidemarkWeb

/// What pages of the library begin with. The rules are those of the JSON routes, and in their code:
/// ``EnrichmentDesk/service(_:)`` and ``EnrichmentService``.
extension WebDesk {
  /// The library, for those who may have it; nil where there is none, for pages that say so.
  ///
  /// - Throws: ``Problem``: 403 for tokens of some datasets only.
  func library(_ exchange: Exchange) throws(Problem) -> EnrichmentService? {
    enrichment.service == nil ? nil : try enrichment.service(exchange)
  }

  /// The page of a server without a library.
  func noLibrary(_ section: PageSection, _ exchange: Exchange) -> Response {
    answer(NoLibraryPage.page(section), exchange, status: .serviceUnavailable)
  }
}

extension Exchange {
  /// What the path of a page names.
  var webPath: EnrichmentPath? { EnrichmentPath(web: target) }

  /// Refuses callers without a scope in the words of the JSON routes.
  func requireScope(_ scope: Scope) throws(Problem) {
    guard caller.may(scope) else { throw RouteFamily.native.problem(.forbidden(scope)) }
  }

  /// Parameters of a page's address; empty ones count as not given.
  func pageParameters() throws(Problem) -> ParameterReader {
    ParameterReader(try target.parameters().filter { !$0.value.isEmpty })
  }
}

extension WebForm {
  /// A field that has something in it.
  func text(_ name: String) -> String? {
    value(name).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// One of several words; nil when the field is empty.
  ///
  /// - Throws: ``Problem`` for another word.
  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, _ type: Choice.Type
  ) throws(Problem) -> Choice? {
    guard let word = text(name) else { return nil }
    guard let choice = Choice(rawValue: word) else {
      let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw Problem(.badRequest, "\(name): one of \(known)")
    }
    return choice
  }
}
