import Synchronization

/// How often things happened to a source, by names of ours.
final class EventCounts: Sendable {
  private let counts = Mutex<[(name: String, count: UInt64)]>([])

  func add(_ name: String, _ count: UInt64 = 1) {
    counts.withLock { counts in
      if let at = counts.firstIndex(where: { $0.name == name }) {
        counts[at].count += count
      } else {
        counts.append((name, count))
      }
    }
  }

  var all: [(name: String, count: UInt64)] { counts.withLock { $0 } }
}
