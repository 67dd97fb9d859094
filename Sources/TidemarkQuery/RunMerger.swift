import DNSWire
import TidemarkModel
import TidemarkStore

/// Runs of several datasets as one sequence in key order: equal runs are one.
final class RunMerger {
  /// What ``step(_:)`` came to.
  enum Step {
    /// ``key`` and ``span`` are the next run.
    case run
    /// The budget is spent.
    case paused
    /// No run is left.
    case end
  }

  /// Reversed name and type of the run.
  private(set) var key: [UInt8] = []
  /// Times and count of the run.
  private(set) var span = SeenSpan(timeFirst: 0, timeLast: 0, count: 0)
  /// Records that could not be read.
  var damaged: Int { readers.reduce(0) { $0 + $1.damaged } }

  private let readers: [RunReader]
  /// The run that is being put together; it is complete when no reader has more of it.
  private var pendingKey: [UInt8] = []
  private var pendingSpan: SeenSpan?

  init(_ readers: [RunReader]) {
    self.readers = readers
  }

  /// Reads records until the next run is complete.
  ///
  /// - Parameter budget: records that may still be searched; it may go below 0 by a page.
  func step(_ budget: inout Int) throws(StoreError) -> Step {
    while true {
      for reader in readers where !reader.hasRun {
        while !reader.hasRun, !reader.isFinished {
          guard budget > 0 else { return .paused }
          budget -= try reader.readPage()
        }
      }
      guard let reader = lowest() else { return finish() }
      if let pending = pendingSpan {
        let known = pendingKey
        guard reader.withKey({ OctetCopy.equal($0, known.span) }) else {
          emit(pending)
          pendingSpan = nil
          return .run
        }
        pendingSpan?.merge(reader.span)
      } else {
        reader.withKey { OctetCopy.replace(&pendingKey, with: $0) }
        pendingSpan = reader.span
      }
      reader.drop()
    }
  }

  private func finish() -> Step {
    guard let pending = pendingSpan else { return .end }
    emit(pending)
    pendingSpan = nil
    return .run
  }

  private func emit(_ pending: SeenSpan) {
    swap(&key, &pendingKey)
    span = pending
  }

  /// The reader whose run comes first.
  private func lowest() -> RunReader? {
    var best: RunReader?
    for reader in readers where reader.hasRun {
      guard let known = best else {
        best = reader
        continue
      }
      let isLower = reader.withKey { candidate in
        known.withKey { OctetCopy.precedes(candidate, $0) }
      }
      if isLower { best = reader }
    }
    return best
  }
}

/// The two parts of a run's key.
enum RunKey {
  /// Octets of the type behind the name.
  static let typeOctets = 2

  /// The type of a run.
  static func rrtype(_ key: [UInt8]) -> RRType {
    let at = key.count - typeOctets
    guard at >= 0 else { return RRType(rawValue: 0) }
    return RRType(rawValue: UInt16(key[at]) << 8 | UInt16(key[at + 1]))
  }

  /// The reversed name of a run, closed.
  static func name(_ key: [UInt8]) -> ArraySlice<UInt8> { key.dropLast(typeOctets) }
}
