import HTTPTypes
import Hummingbird
import NIOPosix
import TidemarkAccess
import TidemarkEnrichment

/// `POST /api/v1/operations/{id}/actions/{action}`: runs an action on one indicator. Nothing is
/// added to the library.
struct OperationActionRoute: Route {
  let desk: EnrichmentDesk

  func respond(to exchange: Exchange) async throws -> Response {
    guard exchange.request.method == .post else { throw Problem.method(allowed: "POST") }
    try exchange.requireNoParameters()
    let service = try desk.service(exchange)
    guard case .action(let operation, let action) = exchange.enrichmentPath else {
      throw Problem(OperationError.unknownAction)
    }
    let body = try await desk.body(Body.self, exchange)
    let indicator = try EnrichmentDesk.indicator(body.type, body.value)
    let result = try await desk.run(operation, action, on: indicator, service)
    return EnrichmentDesk.answer(ResultJSON.object(result), exchange)
  }

  private struct Body: Decodable {
    let type: String
    let value: String
  }
}

extension EnrichmentDesk {
  /// Runs an action on one indicator, when there is room for one more. Failures of the service are
  /// in the result.
  ///
  /// - Throws: ``Problem`` when there is nothing to run, or no room.
  func run(
    _ operation: String, _ action: String, on indicator: IndicatorKey,
    _ service: EnrichmentService
  ) async throws -> ActionResult {
    try await actions.work {
      do throws(OperationError) {
        return try await service.runner.run(
          operation: operation, action: action, on: indicator, away: ActionThreads.shared)
      } catch {
        throw Problem(error)
      }
    }
  }
}

extension ActionRunner {
  /// Runs an action on threads of its own: sources read the store, which takes up to seconds, and
  /// the threads of tasks serve connections.
  fileprivate func run(
    operation: String, action: String, on indicator: IndicatorKey, away threads: ActionThreads
  ) async throws(OperationError) -> ActionResult {
    let ended: Result<ActionResult, OperationError> = await withTaskExecutorPreference(threads) {
      do throws(OperationError) {
        return .success(try await run(operation: operation, action: action, on: indicator))
      } catch {
        return .failure(error)
      }
    }
    return try ended.get()
  }
}

/// The threads on which actions run.
final class ActionThreads: TaskExecutor {
  /// Those of this process.
  static let shared = ActionThreads()
  /// Most actions wait for others; those that read the store share two threads.
  private static let threadCount = 2

  private let pool: NIOThreadPool

  private init() {
    pool = NIOThreadPool(numberOfThreads: ActionThreads.threadCount)
    pool.start()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    pool.submit { _ in
      unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
    }
  }
}
