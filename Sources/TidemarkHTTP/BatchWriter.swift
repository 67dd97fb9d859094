import HTTPTypes
import Synchronization
import TidemarkIngest
import TidemarkModel
import TidemarkStore

/// Writes batches of senders, each once.
final class BatchWriter: Sendable {
  enum Outcome: Sendable, Equatable {
    /// Written now.
    case stored(ApplySummary)
    /// Written before; so many observations were in it.
    case known(observations: UInt64)
  }

  private let store: any RecordStore
  /// Held from the question whether an id is known to the end of the write: of two requests with
  /// one id, the second finds what the first wrote.
  private let lock = Mutex(())
  private let readers = Mutex(0)
  private let account = Mutex(Accounting())

  init(store: any RecordStore) {
    self.store = store
  }

  /// What was stored under an id before, or nil.
  func observations(of id: BatchID) throws(StoreError) -> UInt64? {
    try store.state(id.stateKey).map { BatchID.observations(inStateValue: $0) }
  }

  /// Writes a batch together with its id, unless the id is known.
  func write(_ batch: RecordBatch, id: BatchID, now: UnixSeconds) throws(StoreError) -> Outcome {
    let result = lock.withLock { _ in
      Result { () throws(StoreError) in
        if let known = try observations(of: id) { return Outcome.known(observations: known) }
        batch.stateChanges = [
          RecordBatch.StateChange(
            key: id.stateKey,
            value: BatchID.stateValue(observations: batch.observations, time: now))
        ]
        return .stored(try store.apply(batch))
      }
    }
    return try result.get()
  }

  /// Asks for room to read a body; every return is followed by one ``leave()``.
  ///
  /// - Throws: ``Problem`` when too many are being read.
  func enterOrRefuse() throws(Problem) {
    let hasRoom = readers.withLock { readers in
      guard readers < ServerLimits.bodiesMax else { return false }
      readers += 1
      return true
    }
    guard hasRoom else {
      throw Problem(
        .serviceUnavailable, "too many bodies are being read; try again",
        headers: [.retryAfter: "1"])
    }
  }

  /// What became of everything that was posted. Balanced at every moment.
  var accounting: Accounting { account.withLock { $0 } }

  /// Adds what became of a body.
  func count(_ accounting: Accounting) {
    account.withLock { $0.add(accounting) }
  }

  func leave() {
    readers.withLock { $0 -= 1 }
  }
}
