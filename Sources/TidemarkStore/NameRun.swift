/// A run: neighbours of the names family in one row, because a step from row to row costs several
/// times as much as a name (docs/notes/0010-names-in-runs.md).
///
/// The key is ``prefix`` and the key of the run's last name; the value is the keys of its names in
/// order, each without what it shares with the one before. Runs do not overlap, so the first one
/// whose key is at or behind a name's is the only one that may hold it.
public enum NameRun {
  /// What keys of runs start with: dataset 0, which no name has.
  public static let prefix: [UInt8] = [0, 0]
  /// Behind all runs, and before all rows of single names.
  public static let end: [UInt8] = [0, 1]
  /// Longest names key that is read from a run. A dataset and a name whose octets are all escaped
  /// have about half as many.
  public static let keyOctetsMax = 1_024

  /// Appends the value of a run.
  ///
  /// - Parameters:
  ///   - names: names keys.
  ///   - indices: those of the run, ascending.
  public static func append(_ names: OctetStrings, _ indices: Range<Int>, to value: inout [UInt8]) {
    for index in indices {
      let shared = index == indices.lowerBound ? 0 : sharedOctets(names, index - 1, index)
      names.withSpan(index) { name in
        let rest = name.count - shared
        value.append(UInt8(shared))
        value.append(UInt8(min(rest, 255)))
        if rest >= 255 { value += [UInt8(rest >> 8), UInt8(rest & 255)] }
        value.append(span: name.extracting(shared..<name.count))
      }
    }
  }

  private static func sharedOctets(_ names: OctetStrings, _ left: Int, _ right: Int) -> Int {
    names.withSpan(left) { left in
      names.withSpan(right) { right in
        let most = min(left.count, right.count, 255)
        var shared = 0
        while shared < most, left[shared] == right[shared] { shared += 1 }
        return shared
      }
    }
  }
}

/// Reads the value of a run, name by name.
public struct NameRunReader: Sendable {
  private var run: [UInt8] = []
  private var at = 0
  private var room = [UInt8](repeating: 0, count: NameRun.keyOctetsMax)
  private var count = 0

  /// Makes a reader without a run.
  public init() {}

  /// Begins a run: its first name is at hand.
  ///
  /// - Throws: ``StoreError/corrupt(family:detail:)``; a run has at least one name.
  public mutating func begin(_ value: Span<UInt8>) throws(StoreError) {
    run.removeAll(keepingCapacity: true)
    run.append(span: value)
    at = 0
    count = 0
    guard try next() else { throw NameRunReader.damaged }
  }

  /// Goes to the next name.
  ///
  /// - Returns: false when there is none.
  /// - Throws: ``StoreError/corrupt(family:detail:)``.
  @inline(__always)
  public mutating func next() throws(StoreError) -> Bool {
    guard at < run.count else { return false }
    guard run.count - at >= 2 else { throw NameRunReader.damaged }
    let shared = Int(run[at])
    var rest = Int(run[at + 1])
    at += 2
    if rest == 255 {
      guard run.count - at >= 2 else { throw NameRunReader.damaged }
      rest = Int(run[at]) << 8 | Int(run[at + 1])
      at += 2
    }
    guard shared <= count, rest <= run.count - at, shared + rest <= room.count else {
      throw NameRunReader.damaged
    }
    let from = at
    unsafe room.withUnsafeMutableBytes { target in
      unsafe run.withUnsafeBytes { source in
        unsafe UnsafeMutableRawBufferPointer(rebasing: target[shared...]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: source[from..<(from + rest)]))
      }
    }
    at += rest
    count = shared + rest
    return true
  }

  /// Calls `body` with the key of the name at hand.
  @inline(__always)
  public func withName<R>(_ body: (Span<UInt8>) -> R) -> R {
    body(room.span.extracting(0..<count))
  }

  private static let damaged = StoreError.corrupt(
    family: .names, detail: "a run of names is damaged")
}
