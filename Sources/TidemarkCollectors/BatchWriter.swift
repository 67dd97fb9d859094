import Dispatch
import Synchronization
import TidemarkIngest
import TidemarkModel

/// Writes one batch while the next is filled: two batches, one thread beside the caller's.
///
/// The caller waits when the writer is slower, so memory stays at two batches. Batches are written
/// in order; after a failure nothing more is written.
final class BatchWriter {
  private struct Outcome: Sendable {
    var created: UInt64 = 0
    var observations: UInt64 = 0
    var failure: (any Error)?
  }

  /// What both threads touch.
  private final class Results: Sendable {
    let outcome = Mutex(Outcome())
  }

  /// Records made and observations written by finished batches.
  var written: (created: UInt64, observations: UInt64) {
    results.outcome.withLock { ($0.created, $0.observations) }
  }

  private let sink: any BatchSink
  private let queue = DispatchQueue(label: "tidemark.batch-writer")
  private let inFlight = DispatchGroup()
  private let results = Results()
  private var spare: RecordBatch?

  init(sink: any BatchSink, spare: RecordBatch) {
    self.sink = sink
    self.spare = spare
  }

  /// Hands a batch over and returns an empty one.
  ///
  /// - Throws: the failure of an earlier batch; this one is not written then.
  func submit(_ batch: RecordBatch) throws -> RecordBatch {
    try wait()
    let next = spare ?? RecordBatch()
    spare = batch
    queue.async(group: inFlight) { [sink, results] in
      let observations = batch.observations
      let result = Result { try sink.write(batch) }
      batch.removeAll()
      results.outcome.withLock {
        switch result {
        case .success(let created):
          $0.created += created
          $0.observations += observations
        case .failure(let error): $0.failure = error
        }
      }
    }
    return next
  }

  /// Waits for the batch in flight.
  ///
  /// - Throws: its failure, or that of an earlier one.
  func wait() throws {
    inFlight.wait()
    if let failure = results.outcome.withLock({ $0.failure }) { throw failure }
  }
}
