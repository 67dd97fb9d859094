import Crypto
import HTTPTypes
import NIOPosix
import Synchronization
import TidemarkModel
import TidemarkStore

/// Where the pages of CIRCL replies begin. A cursor on the wire is a number of 63 bits, too short
/// for a place in the store: it stands for a row of the `state` family (docs/formats/storage.md),
/// so that a cursor survives a restart of the server.
///
/// While the store cannot be written, cursors are kept in memory: queries go on when writing has to
/// stop, and such a cursor is lost with the process.
final class CirclCursors: Sendable {
  /// The first octet of the rows' keys.
  static let stateTag = UInt8(ascii: "p")
  /// What a cursor that cannot be used is answered with: starting again in silence would repeat
  /// rows.
  static let unknown = Problem(
    .badRequest,
    "dribble-paginate-cursor: not known here, too old, or of another value, type or token")

  /// What a cursor is bound to.
  struct Binding: Equatable {
    /// 16 octets of a hash.
    let octets: [UInt8]

    /// - Parameter datasets: granted names; nil for all.
    init(value: String, filter: CirclHeaders.Filter, expands: Bool, datasets: Set<String>?) {
      var parts = [Array(value.lowercased().utf8), Array("\(filter)\(expands)".utf8)]
      if let datasets { parts += datasets.sorted().map { Array($0.utf8) } }
      var hash = SHA256()
      for part in parts {
        hash.update(data: StoreFormat.encode(UInt32(truncatingIfNeeded: part.count)))
        hash.update(data: part)
      }
      octets = Array(hash.finalize().prefix(Binding.count))
    }

    static let count = 16
  }

  private struct State {
    /// Rows in the store; nil before they were counted.
    var stored: Int?
    /// The last key that was pruned: what lies before it is gone and need not be looked at.
    var pruned: [UInt8] = []
    /// Rows while the store cannot be written, oldest first.
    var inMemory: [(id: UInt64, value: [UInt8])] = []
  }

  private static let form: UInt8 = 1
  /// 2020-01-01, so that 31 bits of seconds last until 2088.
  private static let epoch: UnixSeconds = 1_577_836_800

  private let store: any RecordStore
  private let clock: @Sendable () -> UnixSeconds
  private let state = Mutex(State())

  init(store: any RecordStore, clock: @escaping @Sendable () -> UnixSeconds) {
    self.store = store
    self.clock = clock
  }

  /// Keeps a place.
  ///
  /// - Returns: 1 to 2^63-1; grows with time.
  func save(_ place: CirclPlace, _ binding: Binding) throws(StoreError) -> UInt64 {
    let now = clock()
    let id = CirclCursors.id(at: now)
    let value = [CirclCursors.form] + StoreFormat.encode(now) + binding.octets + place.octets
    let old = try oldKeys(now: now)
    let batch = RecordBatch(capacity: 1)
    batch.stateChanges =
      [RecordBatch.StateChange(key: CirclCursors.key(id), value: value)]
      + old.map { RecordBatch.StateChange(key: $0, value: nil) }
    do {
      try store.apply(batch)
      state.withLock { $0.stored = ($0.stored ?? 0) + 1 - old.count }
    } catch {
      state.withLock { state in
        // What was to be removed is looked for again.
        state.stored = nil
        state.pruned = []
        if state.inMemory.count >= CirclLimits.cursorsInMemoryMax { state.inMemory.removeFirst() }
        state.inMemory.append((id, value))
      }
    }
    return id
  }

  /// The place of a cursor; nil when there is none, it is too old, or bound to something else.
  func place(_ id: UInt64, _ binding: Binding) throws(StoreError) -> CirclPlace? {
    let kept = state.withLock { state in state.inMemory.first { $0.id == id }?.value }
    let stored = kept == nil ? try store.state(CirclCursors.key(id)) : kept
    guard let value = stored, value.count > 5 + Binding.count, value[0] == CirclCursors.form,
      let saved = StoreFormat.decode(Array(value[1..<5])),
      UInt64(clock()) < UInt64(saved) + UInt64(CirclLimits.cursorSeconds),
      Array(value[5..<(5 + Binding.count)]) == binding.octets
    else { return nil }
    return CirclPlace(octets: value[(5 + Binding.count)...])
  }

  /// Keys to remove with the next write: too old, or too many.
  private func oldKeys(now: UnixSeconds) throws(StoreError) -> [[UInt8]] {
    let result: Result<[[UInt8]], StoreError> = state.withLock { state in
      do throws(StoreError) {
        if state.stored == nil { state.stored = try countRows() }
        let surplus = (state.stored ?? 0) - CirclLimits.cursorsMax
        let oldest = CirclCursors.id(at: now.subtractingNoWrap(CirclLimits.cursorSeconds), low: 0)
        var keys: [[UInt8]] = []
        let range = CirclCursors.rows.after(state.pruned)
        try store.scan(.state, range, limit: CirclLimits.cursorsPrunedAtOnce) { key, _ in
          var copy: [UInt8] = []
          for index in key.indices { copy.append(key[index]) }
          guard copy.lexicographicallyPrecedes(CirclCursors.key(oldest)) || keys.count < surplus
          else { return false }
          keys.append(copy)
          return true
        }
        if let last = keys.last { state.pruned = last }
        return .success(keys)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private func countRows() throws(StoreError) -> Int {
    var count = 0
    try store.scan(.state, CirclCursors.rows, limit: 2 * CirclLimits.cursorsMax) { _, _ in
      count += 1
      return true
    }
    return count
  }

  private static let rows = KeyRange.prefix([stateTag])

  private static func key(_ id: UInt64) -> [UInt8] {
    [stateTag] + StoreFormat.encode(UInt32(truncatingIfNeeded: id >> 32))
      + StoreFormat.encode(UInt32(truncatingIfNeeded: id))
  }

  /// Seconds in the upper half, without its first bit, and a random number other than zero.
  private static func id(
    at time: UnixSeconds, low: UInt32 = .random(in: 1...UInt32.max)
  ) -> UInt64 {
    UInt64(time.subtractingNoWrap(epoch) & 0x7FFF_FFFF) << 32 | UInt64(low)
  }
}

extension UnixSeconds {
  /// The difference, 0 when it would be negative.
  fileprivate func subtractingNoWrap(_ other: UnixSeconds) -> UnixSeconds {
    self > other ? self - other : 0
  }
}
