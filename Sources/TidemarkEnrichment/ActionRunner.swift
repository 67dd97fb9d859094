import FoundationEssentials
public import TidemarkModel

/// Runs actions by hand on one indicator, and keeps what they gave. It never adds anything to the
/// library: that is ``Library/add(_:now:)``, when somebody asks for it.
public struct ActionRunner: Sendable {
  /// Moments that a run needs.
  public struct Clock: Sendable {
    /// Seconds since 1970.
    public let now: @Sendable () -> UnixSeconds
    /// Milliseconds since any moment; never goes back.
    public let milliseconds: @Sendable () -> Int64

    /// Makes a clock.
    public init(
      now: @escaping @Sendable () -> UnixSeconds,
      milliseconds: @escaping @Sendable () -> Int64
    ) {
      self.now = now
      self.milliseconds = milliseconds
    }
  }

  private let registry: OperationRegistry
  private let sources: [String: any ActionSource]
  private let clock: Clock

  /// Makes a runner.
  ///
  /// - Parameter sources: by the id of the operation. One without a source fails as not configured.
  public init(registry: OperationRegistry, sources: [String: any ActionSource], clock: Clock) {
    self.registry = registry
    self.sources = sources
    self.clock = clock
  }

  /// Runs an action. Everything that goes wrong on the way to the service and back is in the
  /// result's status.
  ///
  /// - Throws: ``OperationError`` when there is nothing to run, ``OperationError/notOffered(_:)``
  ///   when the action does not take the indicator, or when the library cannot be written.
  public func run(
    operation operationID: String, action actionID: String, on indicator: IndicatorKey
  ) async throws(OperationError) -> ActionResult {
    let request = try registry.request(operationID, actionID, on: indicator)
    let isEnabled = try registry.isEnabled(operationID)
    let started = (seconds: clock.now(), milliseconds: clock.milliseconds())
    var answer: SourceAnswer?
    var failure: ActionFailure?
    do throws(ActionFailure) {
      let source = try source(of: request, isEnabled: isEnabled)
      answer = try await source.answer(request)
    } catch {
      failure = error
    }
    let remover = SecretRemover(request.configuration.secrets)
    let result = result(
      of: request, answer.map { clean($0, remover) }, failure.map { clean($0, remover) },
      startedAt: started.seconds,
      tookMilliseconds: Int(clamping: clock.milliseconds() - started.milliseconds))
    let raw = answer.map { clean($0.raw, remover) }
    do throws(LibraryError) {
      try registry.library.keep(result, raw: raw, now: clock.now())
    } catch {
      throw .library(error)
    }
    return result
  }

  private func source(
    of request: ActionRequest, isEnabled: Bool
  ) throws(ActionFailure) -> any ActionSource {
    guard isEnabled else {
      throw ActionFailure(.notConfigured, message: "the operation is disabled")
    }
    let missing = request.configuration.missing
    guard missing.isEmpty else {
      throw ActionFailure(
        .notConfigured, message: OperationError.missing(keys: missing).description)
    }
    guard let source = sources[request.operation.id] else {
      throw ActionFailure(.notConfigured, message: "the operation has no source here")
    }
    return source
  }

  private func result(
    of request: ActionRequest, _ answer: SourceAnswer?, _ failure: ActionFailure?,
    startedAt: UnixSeconds, tookMilliseconds: Int
  ) -> ActionResult {
    let tables = answer?.tables.filter { !$0.rows.isEmpty } ?? []
    let status: ActionStatus =
      if let failure { .failed(failure) } else if tables.isEmpty { .empty } else { .ok }
    return ActionResult(
      id: UUID().uuidString.lowercased(), operation: request.operation.id,
      action: request.action.id, indicator: request.indicator,
      sourceLabel: request.operation.source, startedAt: startedAt,
      tookMilliseconds: tookMilliseconds, source: answer?.source ?? "", status: status,
      heading: request.action.heading.replacing("{indicator}", with: request.indicator.value),
      notes: answer?.notes ?? [], tables: tables,
      isTruncated: answer.map { $0.isTruncated || $0.tables.contains(where: \.isTruncated) }
        ?? false)
  }

  private func clean(_ failure: ActionFailure, _ remover: SecretRemover) -> ActionFailure {
    var message = failure.message
    // The cut may have gone through a credential.
    if message.count == ActionFailure.messageMax {
      message.removeLast(min(message.count, remover.octetsMax))
    }
    return ActionFailure(failure.kind, code: failure.code, message: remover.clean(message))
  }

  private func clean(_ raw: RawAnswer, _ remover: SecretRemover) -> RawAnswer {
    var octets = raw.octets
    // The cut may have gone through a credential.
    if raw.isCut { octets.removeLast(min(octets.count, remover.octetsMax)) }
    return RawAnswer(
      contentType: remover.clean(raw.contentType), octets: remover.clean(octets),
      isCut: raw.isCut)
  }

  /// Takes credentials out of everything that is shown or kept but the raw answer.
  private func clean(_ answer: SourceAnswer, _ remover: SecretRemover) -> SourceAnswer {
    var answer = answer
    answer.source = remover.clean(answer.source)
    answer.notes = answer.notes.map {
      ResultNote(remover.clean($0.label), remover.clean($0.text))
    }
    answer.tables = answer.tables.map { table in
      var table = table
      table.finish(remover)
      return table
    }
    return answer
  }
}
