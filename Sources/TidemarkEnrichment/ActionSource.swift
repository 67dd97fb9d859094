/// Runs the actions of one operation: asks a service, or our own records, and fills tables.
///
/// A source never sees the library, so that running an action cannot write to it.
public protocol ActionSource: Sendable {
  /// Answers one request within its time.
  ///
  /// - Throws: ``ActionFailure`` with the code and the words of the service.
  func answer(_ request: ActionRequest) async throws(ActionFailure) -> SourceAnswer
}

/// What a source is asked.
public struct ActionRequest: Sendable {
  /// The operation.
  public let operation: Operation
  /// One of its actions; shapes of tables are found there.
  public let action: Action
  /// An indicator that the action takes.
  public let indicator: IndicatorKey
  /// Settings, secrets too; nothing required is missing.
  public let configuration: OperationConfiguration

  /// Makes a request.
  public init(
    operation: Operation, action: Action, indicator: IndicatorKey,
    configuration: OperationConfiguration
  ) {
    self.operation = operation
    self.action = action
    self.indicator = indicator
    self.configuration = configuration
  }

  /// Starts a table of the action.
  ///
  /// - Parameters:
  ///   - id: the id of a shape; one that the action does not have is an error of ours.
  ///   - word: what a repeated table is about.
  public func table(_ id: String, word: String? = nil) -> ResultTable {
    guard let spec = action.table(id) else {
      preconditionFailure("\(action.id) has no table \(id)")
    }
    return ResultTable(spec, word: word, rowsMax: configuration.rowsMax)
  }
}

/// What a source answers.
public struct SourceAnswer: Sendable {
  /// Where it came from; credentials in it are taken out.
  public var source: String
  /// What the service sent, as it came.
  public var raw: RawAnswer
  /// Lines above the tables.
  public var notes: [ResultNote] = []
  /// Tables; those without rows are left out.
  public var tables: [ResultTable] = []
  /// True when the service says, or the source knows, that there is more than the tables tell.
  public var isTruncated = false

  /// Makes an answer without tables.
  public init(source: String, raw: RawAnswer) {
    self.source = source
    self.raw = raw
  }
}
