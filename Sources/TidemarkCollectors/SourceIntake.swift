import Dispatch
import Synchronization
public import TidemarkIngest
public import TidemarkModel

/// One source while it runs: the batch that is being filled, the one that is being written, and
/// the account of what became of everything.
///
/// Any number of streams (connections, files, a capture) feed it, one at a time. Memory stays at
/// two batches: a stream that comes when both are in use waits, or is told to come again.
///
/// What is visible of the account is what was committed, so that it balances at every moment:
/// `offered = stored + merged + filtered + malformed + dropped`.
public final class SourceIntake: Sendable {
  /// Makes the change of the state family that belongs to octets of a window: the position behind
  /// the first `consumed` octets and `items` items.
  public typealias Position = (_ consumed: Int, _ items: UInt64) -> RecordBatch.StateChange?

  /// What became of a window.
  public struct Taken: Sendable {
    /// Octets of the window that were used.
    public var consumed = 0
    /// True when both batches are in use: come again with the rest, see ``whenReady(_:)``.
    public var isBusy = false
    /// The source has ended, or cannot be read any further.
    public var isAtEnd = false
  }

  /// The source's name in logs and metrics.
  public let name: String

  private struct State {
    var filling: RecordBatch
    var spare: RecordBatch?
    /// Positions that belong to what ``filling`` holds, by key.
    var positions: [[UInt8]: [UInt8]] = [:]
    /// Accounts of open streams, as of their last window.
    var open: [ObjectIdentifier: Accounting] = [:]
    /// Account of all streams that were closed.
    var closed = Accounting()
    var waiting: [@Sendable () -> Void] = []
    /// The account changed since the last batch was sealed.
    var isDirty = false
  }

  private struct Published {
    var accounting = Accounting()
    var stored: UInt64 = 0
    var merged: UInt64 = 0
    /// Records that were given up with batches that could not be written.
    var lost: UInt64 = 0
  }

  private let state: Mutex<State>
  private let published = Mutex(Published())
  private let isWritten = DispatchGroup()
  private let writer: SinkWriter

  /// Makes the intake of one source.
  public init(name: String, writer: SinkWriter) {
    self.name = name
    self.writer = writer
    let isApart = writer.sink.wantsSensorsApart
    state = Mutex(
      State(
        filling: RecordBatch(keepsSensorsApart: isApart),
        spare: RecordBatch(keepsSensorsApart: isApart)))
  }

  /// Everything committed so far. Balanced at every moment.
  public var accounting: Accounting {
    published.withLock { published in
      var accounting = published.accounting
      accounting.stored = published.stored
      accounting.merged = published.merged
      if published.lost > 0 {
        accounting.dropped.append(.init(name: "sink-failed", count: published.lost))
      }
      return accounting
    }
  }

  /// Decodes a window of a stream.
  ///
  /// - Parameters:
  ///   - decoder: the stream's; nobody else may use it.
  ///   - isFinal: the stream ends with this window.
  ///   - waits: true waits for the writer when both batches are in use; false comes back busy.
  ///   - position: of sources that can be read again.
  /// - Throws: ``ImportError`` when the stream cannot be read any further.
  public func take(
    _ window: Span<UInt8>, with decoder: AnyDecoder, now: UnixSeconds, isFinal: Bool = false,
    waits: Bool, position: Position? = nil
  ) throws(ImportError) -> Taken {
    var taken = Taken()
    while true {
      let failure: ImportError? = withState { state in
        decode(window, with: decoder, now: now, isFinal: isFinal, position, &state, &taken)
      }
      if let failure { throw failure }
      guard taken.isBusy, waits else { return taken }
      isWritten.wait()
      taken.isBusy = false
    }
  }

  /// Decodes a chunk of a stream whole, into one batch however full that gets, so that the chunk
  /// and the position behind it are stored in one step or not at all.
  ///
  /// - Parameters:
  ///   - chunk: small against a batch: batches overshoot by it.
  ///   - decoder: the stream's; nobody else may use it.
  ///   - isFinal: no item goes on behind the chunk. The decoder can be used again all the same.
  ///   - position: the change of the state family that says that the chunk is stored.
  /// - Returns: false when both batches are in use and nothing was taken: come again, see
  ///   ``whenReady(_:)``.
  public func takeWhole(
    _ chunk: Span<UInt8>, with decoder: AnyDecoder, now: UnixSeconds, isFinal: Bool,
    position: RecordBatch.StateChange?
  ) -> Bool {
    withState { state in
      if BatchLimits.isFull(state.filling) {
        guard state.spare != nil else { return false }
        seal(&state)
      }
      decoder.now = now
      SourceIntake.decode(chunk, with: decoder, isFinal: isFinal, &state)
      note(decoder, &state)
      if let position, let value = position.value { state.positions[position.key] = value }
      return true
    }
  }

  /// Calls back as soon as a batch is free; at once when one is.
  public func whenReady(_ callback: @escaping @Sendable () -> Void) {
    let isReady = withState { state in
      if state.spare == nil { state.waiting.append(callback) }
      return state.spare != nil
    }
    if isReady { callback() }
  }

  /// Ends a stream: its account stays with the source.
  public func close(_ decoder: AnyDecoder) {
    withState { state in
      note(decoder, &state)
      if let account = state.open.removeValue(forKey: ObjectIdentifier(decoder)) {
        state.closed.add(account)
      }
    }
  }

  /// Adds to the account what no decoder sees: what a kernel or a socket dropped.
  public func count(_ accounting: Accounting) {
    withState { state in
      state.closed.add(accounting)
      state.isDirty = true
    }
  }

  /// Writes a change of the state family with the next batch.
  public func remember(_ change: RecordBatch.StateChange) {
    guard let value = change.value else { return }
    withState { $0.positions[change.key] = value }
  }

  /// Writes what there is, unless a batch is being written.
  public func flush() {
    withState { state in
      let isIdle = state.filling.isEmpty && state.positions.isEmpty && !state.isDirty
      guard state.spare != nil, !isIdle else { return }
      seal(&state)
    }
  }

  /// Writes what there is and waits until it is written.
  public func finish() {
    isWritten.wait()
    flush()
    isWritten.wait()
  }

  private func withState<R>(_ body: (inout State) -> R) -> R {
    // The lock is held while a window is decoded: streams of one source take turns.
    state.withLock { body(&$0) }
  }

  private func decode(
    _ window: Span<UInt8>, with decoder: AnyDecoder, now: UnixSeconds, isFinal: Bool,
    _ position: Position?, _ state: inout State, _ taken: inout Taken
  ) -> ImportError? {
    decoder.now = now
    defer {
      note(decoder, &state)
      if let change = position?(taken.consumed, decoder.items), let value = change.value {
        state.positions[change.key] = value
      }
    }
    while true {
      do throws(ImportError) {
        let step = try decoder.decode(
          window, at: &taken.consumed, isFinal: isFinal, into: state.filling)
        switch step {
        case .needsInput: return nil
        case .end:
          taken.isAtEnd = true
          return nil
        case .batchIsFull:
          guard state.spare != nil else {
            taken.isBusy = true
            return nil
          }
          note(decoder, &state)
          if let change = position?(taken.consumed, decoder.items), let value = change.value {
            state.positions[change.key] = value
          }
          seal(&state)
        }
      } catch {
        return error
      }
    }
  }

  /// Decodes all of a chunk. What cannot be read of it counts as one record.
  private static func decode(
    _ chunk: Span<UInt8>, with decoder: AnyDecoder, isFinal: Bool, _ state: inout State
  ) {
    var at = 0
    do throws(ImportError) {
      while try decoder.decode(chunk, at: &at, isFinal: isFinal, into: state.filling)
        == .batchIsFull
      {}
    } catch {
      let reason = if case .truncated = error { "truncated" } else { "unreadable" }
      var account = Accounting()
      account.offered = 1
      account.malformed = [.init(name: reason, count: 1)]
      state.closed.add(account)
      state.isDirty = true
    }
  }

  private func note(_ decoder: AnyDecoder, _ state: inout State) {
    var account = Accounting()
    decoder.account(into: &account)
    if state.open.updateValue(account, forKey: ObjectIdentifier(decoder)) != account {
      state.isDirty = true
    }
  }

  /// Hands the batch that was filled to the writer, with the positions and the account that belong
  /// to it. There must be a spare one.
  private func seal(_ state: inout State) {
    guard let spare = state.spare else { return }
    let batch = state.filling
    state.filling = spare
    state.spare = nil
    state.isDirty = false
    for (key, value) in state.positions.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      batch.stateChanges.append(RecordBatch.StateChange(key: key, value: value))
    }
    state.positions.removeAll()
    let account = state.open.values.reduce(into: state.closed) { $0.add($1) }
    guard !batch.isEmpty else {
      commit(account, observations: 0, created: 0)
      free(batch, &state)
      return
    }
    isWritten.enter()
    let observations = batch.observations
    writer.submit(batch) { [self] created in
      commit(account, observations: observations, created: created)
      let waiting = withState { state in
        free(batch, &state)
        defer { state.waiting.removeAll() }
        return state.waiting
      }
      isWritten.leave()
      for callback in waiting { callback() }
    }
  }

  private func free(_ batch: RecordBatch, _ state: inout State) {
    batch.removeAll()
    state.spare = batch
  }

  /// - Parameter created: nil when the batch was given up.
  private func commit(_ accounting: Accounting, observations: UInt64, created: UInt64?) {
    published.withLock {
      $0.accounting = accounting
      guard let created else {
        $0.lost += observations
        return
      }
      $0.stored += created
      $0.merged += observations - created
    }
  }
}
