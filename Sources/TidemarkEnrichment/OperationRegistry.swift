/// The operations that there are, whether they are enabled, and their settings. What is decided is
/// kept in the library, so that every process that has it open sees it.
///
/// - Concurrency: any thread.
public final class OperationRegistry: Sendable {
  /// All operations, enabled or not.
  public let operations: [Operation]
  let library: Library

  /// Makes a registry over what a library holds.
  public init(operations: [Operation] = OperationCatalogue.all, library: Library) {
    self.operations = operations
    self.library = library
  }

  /// A setting as it may be shown: never a secret.
  public struct ShownParameter: Sendable, Equatable {
    /// The setting.
    public let spec: ParameterSpec
    /// What holds; nil when nothing does, and for secrets.
    public let value: String?
    /// True when somebody set it.
    public let isSet: Bool
  }

  /// An action with its operation.
  public struct Offer: Sendable, Equatable {
    /// The operation.
    public let operation: Operation
    /// The action.
    public let action: Action
  }

  /// The operation of an id.
  ///
  /// - Throws: ``OperationError/unknownOperation``.
  public func operation(_ id: String) throws(OperationError) -> Operation {
    guard let operation = operations.first(where: { $0.id == id }) else {
      throw .unknownOperation
    }
    return operation
  }

  /// True when an operation was enabled, or is from the start (``Operation/isEnabledAtFirst``).
  public func isEnabled(_ id: String) throws(OperationError) -> Bool {
    let operation = try operation(id)
    let decided = try libraryWork { () throws(LibraryError) in
      try library.isEnabled(operation: operation.id)
    }
    return decided ?? operation.isEnabledAtFirst
  }

  /// Enables or disables an operation. One that lacks settings can be enabled, and says so when it
  /// is run.
  public func setEnabled(_ id: String, _ isEnabled: Bool) throws(OperationError) {
    let id = try operation(id).id
    try libraryWork { () throws(LibraryError) in
      try library.setEnabled(isEnabled, operation: id)
    }
  }

  /// Settings as they may be shown, in the order of the operation.
  public func shownParameters(_ id: String) throws(OperationError) -> [ShownParameter] {
    let operation = try operation(id)
    let values = try values(of: operation)
    return operation.parameters.map { spec in
      let value = spec.kind == .secret ? nil : values[spec.key] ?? spec.standard
      return ShownParameter(spec: spec, value: value, isSet: values[spec.key] != nil)
    }
  }

  /// Changes settings: all of those given, or none. Others stay as they are, secrets too.
  ///
  /// Who changes where requests go (``ParameterSpec/redirection``) gives every secret that is set
  /// again, or takes it back: nobody can have a secret sent to a place of their own without it.
  ///
  /// - Parameter changes: values by key; nil or an empty text takes a value back.
  /// - Throws: ``OperationError``, which never holds a value.
  public func configure(_ id: String, _ changes: [String: String?]) throws(OperationError) {
    let operation = try operation(id)
    let before = try values(of: operation)
    var values = before
    for (key, text) in changes {
      guard let spec = operation.parameters.first(where: { $0.key == key }) else {
        throw .unknownParameter(key: key)
      }
      if let text, !text.isEmpty {
        values[key] = try spec.normal(text)
      } else {
        values[key] = nil
      }
    }
    let complete = values
    let changed = operation.parameters.filter {
      $0.redirects(from: before[$0.key], to: complete[$0.key])
    }
    let kept = operation.parameters.filter {
      $0.kind == .secret && before[$0.key] != nil && changes.index(forKey: $0.key) == nil
    }
    guard changed.isEmpty || kept.isEmpty else {
      throw .secretsNeeded(changed: changed.map(\.key), secrets: kept.map(\.key))
    }
    try libraryWork { () throws(LibraryError) in
      try library.setValues(complete, operation: operation.id)
    }
  }

  /// What a source is asked when an action runs now; whether the operation is enabled and complete
  /// is another question.
  ///
  /// - Throws: ``OperationError``, ``OperationError/notOffered(_:)`` when the action does not take
  ///   the indicator.
  public func request(
    _ operationID: String, _ actionID: String, on indicator: IndicatorKey
  ) throws(OperationError) -> ActionRequest {
    let operation = try operation(operationID)
    guard let action = operation.action(actionID) else { throw .unknownAction }
    guard action.accepts.contains(indicator.type) else { throw .notOffered(indicator.type) }
    return ActionRequest(
      operation: operation, action: action, indicator: indicator,
      configuration: try configuration(of: operation))
  }

  /// Settings for a source, secrets too.
  private func configuration(
    of operation: Operation
  ) throws(OperationError) -> OperationConfiguration {
    OperationConfiguration(operation, values: try values(of: operation))
  }

  /// Actions of enabled operations that take indicators of a type, in the order of the buttons.
  public func offers(for type: IndicatorType) throws(OperationError) -> [Offer] {
    var offers: [Offer] = []
    for operation in operations {
      guard try isEnabled(operation.id) else { continue }
      for action in operation.actions where action.accepts.contains(type) {
        offers.append(Offer(operation: operation, action: action))
      }
    }
    return offers
  }

  private func values(of operation: Operation) throws(OperationError) -> [String: String] {
    try libraryWork { () throws(LibraryError) in try library.values(operation: operation.id) }
  }

  private func libraryWork<Value>(
    _ body: () throws(LibraryError) -> Value
  ) throws(OperationError) -> Value {
    do throws(LibraryError) { return try body() } catch { throw .library(error) }
  }
}
