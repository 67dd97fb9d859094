import TidemarkModel
import TidemarkStore

/// Which parts of the journal are in the store.
struct MixJournal: Sendable {
  /// The number of the next part.
  private(set) var end: UInt64
  /// Octets of all parts.
  private(set) var octets = 0
  /// Octets of each part, without a gap up to ``end``.
  private var sizes: ArraySlice<Int> = []

  /// Finds the parts of a store.
  init(store: any RecordStore) throws(StoreError) {
    var sizes: ArraySlice<Int> = []
    var last: UInt64 = 0
    try store.scan(.state, MixKey.journal, limit: .max) { key, value in
      last = MixKey.number(of: Array(copying: key)) ?? last
      sizes.append(value.count)
      return true
    }
    // Parts that everybody is done with are gone; their numbers are not used again.
    end = max(last + 1, try MixJournal.farthestPosition(in: store))
    self.sizes = sizes
    octets = sizes.reduce(0, +)
  }

  /// The lowest number of a part that is there; ``end`` when there is none.
  var first: UInt64 { end - UInt64(sizes.count) }

  /// Adds parts that were written.
  mutating func append(_ parts: [[UInt8]]) {
    for part in parts {
      sizes.append(part.count)
      octets += part.count
    }
    end += UInt64(parts.count)
  }

  /// What removes all parts below a number from the store.
  func removals(before number: UInt64) -> [RecordBatch.StateChange] {
    (min(first, number)..<number).map { .init(key: MixKey.journal($0), value: nil) }
  }

  /// Forgets the parts below a number.
  mutating func remove(before number: UInt64) {
    while first < number, let size = sizes.popFirst() { octets -= size }
  }

  /// Reads a part.
  static func part(
    _ number: UInt64, of store: any RecordStore
  ) throws(StoreError) -> MixJournalPart {
    guard let octets = try store.state(MixKey.journal(number)),
      let part = try? MixJournalPart(decoding: octets)
    else {
      throw .corrupt(family: .state, detail: "part \(number) of the sharing journal is damaged")
    }
    return part
  }

  private static func farthestPosition(
    in store: any RecordStore
  ) throws(StoreError) -> UInt64 {
    var page = KeyValuePage()
    _ = try store.read(.state, MixKey.states, limit: .max, into: &page)
    var farthest: UInt64 = 1
    for index in 0..<page.count {
      guard let state = try? MixState(decoding: page.values[index]) else {
        throw .corrupt(family: .state, detail: "the state of a stream is damaged")
      }
      if !state.isAbandoned { farthest = max(farthest, state.journal) }
    }
    return farthest
  }
}
