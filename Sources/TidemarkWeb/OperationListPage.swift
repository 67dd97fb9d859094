import TidemarkEnrichment

/// `/ui/operations`: the operations and how they are set up.
public struct OperationListPage: Sendable {
  /// Every operation.
  public let operations: [OperationState]

  /// Makes the page.
  public init(_ operations: [OperationState]) { self.operations = operations }

  /// The page.
  public var page: Page {
    let values: PageValues = ["operations": operations.map { OperationListPage.values($0) }]
    return Page(.operations, title: "Operations", template: "operations", values: values)
  }

  /// What every page says of an operation.
  static func values(_ state: OperationState) -> PageValues {
    let operation = state.operation
    return [
      "id": operation.id, "name": operation.displayName, "description": operation.description,
      "author": operation.author, "version": operation.version, "source": operation.source,
      "link": LibraryLink.operation(operation.id), "is_enabled": state.isEnabled,
      "is_configured": state.missing.isEmpty, "missing": state.missing.joined(separator: ", "),
      "reach": state.reach, "warnings": state.warnings, "action_count": operation.actions.count,
      "works_with": OperationListPage.types(
        operation.actions.reduce(into: Set()) { $0.formUnion($1.accepts) }),
    ]
  }

  /// The labels of types, in the order of all types.
  static func types(_ types: Set<IndicatorType>) -> String {
    IndicatorType.allCases.filter(types.contains).map(\.label).joined(separator: ", ")
  }
}
