/// Where the names of a message went, by the message offset of each label: a pointer to any part of
/// a name that was decoded before finds it without walking labels or following pointers again.
///
/// So each label of a message is walked once, however many names share it, and the time a message
/// takes grows with its size.
@safe struct NameMemo: ~Copyable {
  /// Offsets that a pointer's 14 bits can name.
  private static let offsets = 1 << 14
  /// Literal runs of labels in one name: the first one and one behind each pointer.
  private static let runsMax = DNSLimits.pointersPerNameMax + 2

  private struct Entry {
    /// Of the message that wrote the entry.
    var stamp: UInt32
    var start: UInt32
    var count: UInt32
  }

  private struct Run {
    var messageOffset: Int
    var arenaOffset: Int
  }

  private let entries: UnsafeMutablePointer<Entry>
  private let runs: UnsafeMutablePointer<Run>
  private var runCount = 0
  private var stamp: UInt32 = 0

  init() {
    unsafe entries = .allocate(capacity: NameMemo.offsets)
    unsafe entries.initialize(
      repeating: Entry(stamp: 0, start: 0, count: 0), count: NameMemo.offsets)
    unsafe runs = .allocate(capacity: NameMemo.runsMax)
  }

  deinit {
    unsafe entries.deallocate()
    unsafe runs.deallocate()
  }

  /// Forgets the last message.
  @inline(__always)
  mutating func clear() {
    stamp &+= 1
    guard stamp == 0 else { return }
    for offset in 0..<NameMemo.offsets { unsafe entries[offset].stamp = 0 }
    stamp = 1
  }

  /// The name, or the rest of a name, that was decoded at an offset of the message.
  @inline(__always)
  func find(messageOffset: Int) -> MessageRange? {
    precondition(messageOffset >= 0 && messageOffset < NameMemo.offsets, "not a pointer's target")
    let entry = unsafe entries[messageOffset]
    guard entry.stamp == stamp else { return nil }
    return MessageRange(start: Int(entry.start), count: Int(entry.count))
  }

  /// A name starts.
  @inline(__always)
  mutating func beginName(messageOffset: Int, arenaOffset: Int) {
    unsafe runs[0] = Run(messageOffset: messageOffset, arenaOffset: arenaOffset)
    runCount = 1
  }

  /// The name goes on elsewhere in the message.
  @inline(__always)
  mutating func addRun(messageOffset: Int, arenaOffset: Int) {
    precondition(runCount < NameMemo.runsMax, "pointers are counted")
    unsafe runs[runCount] = Run(messageOffset: messageOffset, arenaOffset: arenaOffset)
    runCount += 1
  }

  /// The name is complete in the arena: files it under every label.
  ///
  /// - Parameter literalEnd: end of the labels that stood in the message; behind it stands what was
  ///   known before. nil when nothing was.
  @inline(__always)
  mutating func endName(
    _ arena: UnsafePointer<UInt8>, literalEnd: Int? = nil, arenaEnd: Int
  ) {
    let last = runCount - 1
    for index in 0..<last {
      unsafe file(runs[index], to: runs[index + 1].arenaOffset, arenaEnd: arenaEnd, arena)
    }
    unsafe file(runs[last], to: literalEnd ?? arenaEnd, arenaEnd: arenaEnd, arena)
  }

  /// Files the labels of a run; one without labels, which is a pointer, under its own offset.
  @inline(__always)
  private func file(_ run: Run, to end: Int, arenaEnd: Int, _ arena: UnsafePointer<UInt8>) {
    var messageOffset = run.messageOffset
    var arenaOffset = run.arenaOffset
    repeat {
      guard messageOffset < NameMemo.offsets else { return }
      unsafe entries[messageOffset] = Entry(
        stamp: stamp, start: UInt32(truncatingIfNeeded: arenaOffset),
        count: UInt32(truncatingIfNeeded: arenaEnd - arenaOffset))
      guard arenaOffset < end else { return }
      let step = 1 + Int(unsafe arena[arenaOffset])
      messageOffset += step
      arenaOffset += step
    } while arenaOffset < end
  }
}
