public import TidemarkEnrichment

/// Lines of JSON for the command line, as the routes of enrichment answer.
public enum EnrichmentJSON {
  /// An operation with its settings as they are now; never a secret.
  public static func operation(
    _ operation: Operation, in registry: OperationRegistry
  ) throws(OperationError) -> [UInt8] {
    try OperationJSON.object(operation, registry).finished()
  }

  /// An indicator as a list has it.
  public static func indicator(_ indicator: Indicator) -> [UInt8] {
    var json = IndicatorJSON.key(indicator.key)
    IndicatorJSON.add(indicator, to: &json)
    return json.finished()
  }

  /// What is known about an indicator, what can be asked about it, and what was.
  ///
  /// - Throws: ``LibraryError``, ``OperationError``.
  public static func page(
    of key: IndicatorKey, in registry: OperationRegistry, _ library: Library
  ) throws -> [UInt8] {
    try IndicatorJSON.page(of: key, registry, library).finished()
  }

  /// A result, with what became of its ticked rows if there were some.
  public static func result(_ result: ActionResult, _ outcome: SelectionOutcome?) -> [UInt8] {
    var json = ResultJSON.object(result)
    if let outcome { json.add("outcome", ResultJSON.object(outcome)) }
    return json.finished()
  }
}

extension IndicatorJSON {
  /// What is known about an indicator, what can be asked about it, and what was.
  ///
  /// - Throws: ``LibraryError``, ``OperationError``.
  static func page(
    of key: IndicatorKey, _ registry: OperationRegistry, _ library: Library
  ) throws -> JSONLine {
    var json = IndicatorJSON.key(key)
    let found = try library.indicator(key)
    json.add("in_library", found != nil)
    var (attributes, relations): ([Attribute], [Relation]) = ([], [])
    if let found {
      add(found, to: &json)
      attributes = try library.attributes(of: found)
      relations = try library.relations(of: found)
    }
    json.add("attributes", attributes.map(attribute))
    json.add("relations", relations.map { relation($0, from: key) })
    json.add("truncated", max(attributes.count, relations.count) >= LibraryLimits.readMax)
    json.add("actions", try registry.offers(for: key.type).map(offer))
    json.add("results", try library.results(about: key).map(past))
    return json
  }
}
