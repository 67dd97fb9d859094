import Synchronization
public import TidemarkModel
public import TidemarkStore

/// What a stream let out, in chunks that are numbered from 1 without a gap: whoever remembers a
/// number can go on behind it. The oldest chunks are removed by time and size.
///
/// - Concurrency: any thread; readers do not wait for the mixer.
public final class StreamLog: Sendable {
  /// Time and size of a chunk.
  struct Mark: Equatable, Sendable {
    var sequence: UInt64
    var releasedAt: UnixSeconds
    var octets: UInt64
  }

  private struct State {
    /// Without a gap, ascending; behind `trimmed` of them that are gone.
    var marks: [Mark] = []
    var trimmed = 0
    /// The number of the next chunk.
    var next: UInt64 = 1
    var octets: UInt64 = 0
    /// Chunks read last: readers of one stream mostly ask for the same.
    var cached: [SharedChunk] = []
    var waiting: [Int: AsyncStream<Void>.Continuation] = [:]
    var waiterNumber = 0

    var live: ArraySlice<Mark> { marks[trimmed...] }
  }

  /// Chunks that are kept decoded.
  private static let cachedMax = 4

  /// The stream's name.
  public let name: String
  /// Times of its records are rounded down to multiples of this.
  public let coarsenSeconds: UnixSeconds
  private let store: any RecordStore
  private let state: Mutex<State>

  /// Opens the log of a stream; an empty one if there is none.
  ///
  /// - Parameter coarsenSeconds: as the stream's settings have it; for who only reads what is
  ///   stored, it makes no difference.
  /// - Throws: ``StoreError``.
  public init(
    name: String, store: any RecordStore, coarsenSeconds: UnixSeconds = 1
  ) throws(StoreError) {
    self.name = name
    self.coarsenSeconds = coarsenSeconds
    self.store = store
    state = Mutex(try StreamLog.load(name, store))
  }

  /// The chunk with the lowest number above `sequence`; nil when there is none yet.
  ///
  /// Compare its number with `sequence + 1`, or ``bounds`` before: when older chunks were removed,
  /// the one that is given is not the next one.
  public func next(after sequence: UInt64) throws(StoreError) -> SharedChunk? {
    let (wanted, cached) = state.withLock { state -> (UInt64?, SharedChunk?) in
      guard let first = state.live.first, let last = state.live.last, last.sequence > sequence
      else { return (nil, nil) }
      let wanted = max(first.sequence, sequence + 1)
      return (wanted, state.cached.first { $0.sequence == wanted })
    }
    if let cached { return cached }
    guard let wanted else { return nil }
    guard let chunk = try stored(from: wanted) else { return nil }
    state.withLock { state in
      if state.cached.count == StreamLog.cachedMax { state.cached.removeFirst() }
      state.cached.append(chunk)
    }
    return chunk
  }

  /// The first chunk from a number on: those from it may have been removed since it was chosen.
  private func stored(from sequence: UInt64) throws(StoreError) -> SharedChunk? {
    var range = MixKey.chunks(name)
    range.lower = MixKey.chunk(name, sequence)
    var page = KeyValuePage()
    _ = try store.read(.state, range, limit: 1, into: &page)
    guard let key = page.lastKey, let found = MixKey.number(of: key) else { return nil }
    do {
      return try SharedChunk(decoding: page.values[0], sequence: found)
    } catch {
      throw .corrupt(family: .state, detail: "chunk \(found) of stream \(name) is damaged")
    }
  }

  /// The lowest and the highest number of chunks that are kept; nil when there is none.
  public var bounds: (first: UInt64, last: UInt64)? {
    state.withLock { state in
      guard let first = state.live.first, let last = state.live.last else { return nil }
      return (first.sequence, last.sequence)
    }
  }

  /// The number that the next chunk will have; 1 when nothing was ever released.
  public var nextSequence: UInt64 { state.withLock { $0.next } }

  /// Chunks kept, and their octets.
  public var size: (chunks: Int, octets: UInt64) {
    state.withLock { ($0.live.count, $0.octets) }
  }

  /// One element after each release, as long as somebody listens; several releases may give one.
  /// Begin to listen before you look for a chunk, and none is missed.
  public func arrivals() -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let number = state.withLock { state in
      state.waiterNumber += 1
      state.waiting[state.waiterNumber] = continuation
      return state.waiterNumber
    }
    continuation.onTermination = { [weak self] _ in
      self?.state.withLock { _ = $0.waiting.removeValue(forKey: number) }
    }
    return stream
  }
}

/// The mixer's side.
extension StreamLog {
  /// What writes records as further chunks and removes what is kept long enough.
  struct Change {
    var rows: [RecordBatch.StateChange] = []
    /// The number of the chunk that comes after these.
    fileprivate(set) var nextSequence: UInt64
    fileprivate var added: [Mark] = []
    fileprivate var removed = 0
  }

  /// Plans to append records, in this order. Nothing is changed before ``made(_:)``.
  ///
  /// - Parameter records: none for only removing what is old.
  func append(
    _ records: [SharedRecord], now: UnixSeconds, settings: MixSettings
  ) -> Change {
    var sequence = nextSequence
    var change = Change(nextSequence: sequence)
    var start = 0
    while start < records.count {
      let end = StreamLog.endOfChunk(records, from: start)
      let chunk = SharedChunk(
        sequence: sequence, releasedAt: now, records: Array(records[start..<end]))
      let octets = chunk.encoded()
      let mark = Mark(sequence: sequence, releasedAt: now, octets: UInt64(octets.count))
      change.rows.append(.init(key: MixKey.chunk(name, sequence), value: octets))
      change.rows.append(
        .init(key: MixKey.mark(name, sequence), value: StreamLog.encode(mark)))
      change.added.append(mark)
      sequence += 1
      start = end
    }
    change.nextSequence = sequence
    addRemovals(to: &change, now: now, settings: settings)
    return change
  }

  /// True when a chunk was kept for its time.
  func hasExpired(now: UnixSeconds, settings: MixSettings) -> Bool {
    state.withLock { state in
      state.live.first.map { UInt64($0.releasedAt) < StreamLog.keptFrom(now, settings) } ?? false
    }
  }

  private static func keptFrom(_ now: UnixSeconds, _ settings: MixSettings) -> UInt64 {
    UInt64(now) - min(UInt64(now), UInt64(max(settings.retentionSeconds, 0)))
  }

  /// Shows readers what was written.
  func made(_ change: Change) {
    let waiting = state.withLock { state -> [AsyncStream<Void>.Continuation] in
      for mark in state.live.prefix(change.removed) { state.octets -= mark.octets }
      state.trimmed += change.removed
      if state.trimmed > state.marks.count / 2 {
        state.marks.removeFirst(state.trimmed)
        state.trimmed = 0
      }
      let first = state.live.first?.sequence ?? .max
      state.cached.removeAll { $0.sequence < first }
      state.marks += change.added
      state.octets += change.added.reduce(0) { $0 + $1.octets }
      state.next = change.nextSequence
      return change.added.isEmpty ? [] : Array(state.waiting.values)
    }
    for continuation in waiting { continuation.yield() }
  }

  private func addRemovals(to change: inout Change, now: UnixSeconds, settings: MixSettings) {
    let (kept, octets) = state.withLock { (Array($0.live), $0.octets) }
    var rest = octets + change.added.reduce(0) { $0 + $1.octets }
    let keptFrom = StreamLog.keptFrom(now, settings)
    for mark in kept {
      guard UInt64(mark.releasedAt) < keptFrom || rest > settings.retentionOctets else { break }
      change.rows.append(.init(key: MixKey.chunk(name, mark.sequence), value: nil))
      change.rows.append(.init(key: MixKey.mark(name, mark.sequence), value: nil))
      change.removed += 1
      rest -= mark.octets
    }
  }

  private static func endOfChunk(_ records: [SharedRecord], from start: Int) -> Int {
    var end = start
    var weight = 0
    while end < records.count, end - start < SharedChunk.recordsMax {
      weight += records[end].weight
      if weight > SharedChunk.weightMax, end > start { break }
      end += 1
    }
    return end
  }

  private static func encode(_ mark: Mark) -> [UInt8] {
    var out: [UInt8] = []
    MixWriter.appendBigEndian(UInt64(mark.releasedAt), octets: 4, to: &out)
    MixWriter.appendBigEndian(mark.octets, octets: 8, to: &out)
    return out
  }

  private static func load(
    _ name: String, _ store: any RecordStore
  ) throws(StoreError) -> State {
    var state = State()
    var isDamaged = false
    try store.scan(.state, MixKey.marks(name), limit: .max) { key, value in
      var reader = MixReader(Array(copying: value))
      guard let sequence = MixKey.number(of: Array(copying: key)),
        let releasedAt = try? reader.bigEndian(octets: 4),
        let size = try? reader.bigEndian(octets: 8), reader.isAtEnd,
        state.marks.isEmpty || sequence == state.next
      else {
        isDamaged = true
        return false
      }
      state.marks.append(
        Mark(sequence: sequence, releasedAt: UnixSeconds(releasedAt), octets: size))
      state.octets += size
      state.next = sequence + 1
      return true
    }
    guard !isDamaged else {
      throw .corrupt(family: .state, detail: "the log of stream \(name) is damaged")
    }
    // A log whose chunks were all removed goes on with its numbers.
    state.next = max(state.next, try MixState.nextSequence(of: name, in: store))
    return state
  }
}
