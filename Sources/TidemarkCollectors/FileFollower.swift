public import TidemarkModel

/// Reads files as they grow, through every kind of rotation, each octet exactly once.
///
/// A file is what it holds, whatever it is called: its position is stored with a hash of its first
/// octets and of those before the position. So it is found again after it was renamed, copied and
/// cut (copytruncate), compressed, or moved while nobody looked; and a copy of a file that is being
/// read is not read.
///
///     let stored = try sink.states(prefix: FollowKey.prefix(identity: options.identity))
///     let follower = FileFollower(options, stored: stored, now: now())
///     if let change = follower.firstChange { … write it before anything else … }
///     while try follower.poll(now: now(), client: client) {}   // and again every second
///
/// It never waits and reads no clock. Limits: a file is known by at most 65,536 positions of one
/// follower, at most 256 files are open, a window has about 1 MiB.
///
/// - Concurrency: one thread at a time.
public final class FileFollower {
  /// Octets read at a time.
  public static let chunkOctets = 1 << 20
  /// Files that are open at the same time; others are opened again when they change.
  public static let openFilesMax = 256

  /// What the files hold.
  public enum Content: Sendable, Equatable {
    /// Lines, or objects that end where a line ends: read while they are written.
    case lines
    /// Something that makes sense as a whole: read one file after another, each as soon as it no
    /// longer changes, and from its start.
    case whole
  }

  /// What is followed, and how.
  public struct Options: Sendable {
    /// Paths; the last component may be a pattern.
    public var patterns: [FollowPattern]
    /// What the files hold.
    public var content: Content
    /// See ``FollowKey/prefix(identity:)``.
    public var identity: String
    /// A file that has not changed for so long is complete, nanoseconds: whole files, compressed
    /// files, and what was rotated away.
    public var settleNanoseconds: Int64 = 5_000_000_000

    /// Makes options.
    public init(paths: [String], content: Content, identity: String) {
      patterns = paths.map { FollowPattern($0) }
      self.content = content
      self.identity = identity
    }
  }

  /// To be written before anything is read, when this follower never ran before: from now on,
  /// rotated files are read too. Nil otherwise.
  public let firstChange: RecordBatch.StateChange?

  let options: Options
  let start: Int64
  var files: [FileStatus.Key: FollowedFile] = [:]
  var slots: FollowSlots
  /// Files that were cut, with the positions that they left, as long as the copies that rotations
  /// make of them may still turn up.
  var cut: [(file: FollowedFile, slot: UInt32, time: Int64)] = []
  /// When the folders were looked at.
  var lookedAt = Int64.min
  /// Something was found that only looking at the folders explains.
  var mustLook = false

  private let prefix: [UInt8]
  private var buffer: [UInt8] = []
  private var isBusy = false
  private var turn = 0

  /// Makes a follower.
  ///
  /// - Parameters:
  ///   - stored: rows of the `state` family below ``FollowKey/prefix(identity:)``.
  ///   - now: nanoseconds since the epoch.
  public init(_ options: Options, stored: [(key: [UInt8], value: [UInt8])], now: Int64) {
    self.options = options
    prefix = FollowKey.prefix(identity: options.identity)
    slots = FollowSlots()
    var start: Int64?
    for (key, value) in stored {
      guard let number = FollowKey.number(key, prefix: prefix) else { continue }
      if number == FollowKey.follower {
        start = FollowKey.start(value)
      } else if let position = FollowPosition(decoding: value) {
        slots.set(number, position)
      }
    }
    self.start = start ?? now
    firstChange =
      start == nil
      ? RecordBatch.StateChange(
        key: FollowKey.key(FollowKey.follower, prefix: prefix),
        value: FollowKey.encode(start: now)) : nil
  }

  /// Looks what changed, and reads at most one window of each file.
  ///
  /// - Parameter now: nanoseconds since the epoch.
  /// - Returns: true when there may be more to read at once.
  /// - Throws: what the client throws; the window it was given comes again.
  public func poll(now: Int64, client: some FollowerClient) throws -> Bool {
    // Between two windows of a long file there is no need to look at all the others again.
    if !isBusy || mustLook || now < lookedAt || now - lookedAt >= 1_000_000_000 {
      look(now: now, client: client)
    }
    isBusy = false
    for queue in queues() {
      for file in queue {
        let hasRead = try read(file, now: now, client: client)
        isBusy = isBusy || hasRead
        if hasRead { break }
      }
    }
    isBusy = isBusy || mustLook
    closeIdle()
    return isBusy
  }

  /// Files to read, those of a queue one after another: of whole files one at a time, of lines the
  /// rotated ones of a name before the current one.
  private func queues() -> [[FollowedFile]] {
    var queues: [[FollowedFile]] = []
    var shared: [Int: [FollowedFile]] = [:]
    for file in files.values where file.state == .reading {
      if options.content == .whole {
        shared[0, default: []].append(file)
      } else if options.patterns[file.pattern].isPlain {
        shared[file.pattern, default: []].append(file)
      } else {
        queues.append([file])
      }
    }
    for queue in shared.values {
      queues.append(
        queue.sorted { one, other in
          if one.hasBegun != other.hasBegun, options.content == .whole { return one.hasBegun }
          if one.role != other.role { return one.role == .rotated }
          if one.status.modified != other.status.modified {
            return one.status.modified < other.status.modified
          }
          return one.path > other.path
        })
    }
    return queues
  }

  /// Reads a window; true when something was done, so that there may be more.
  private func read(
    _ file: FollowedFile, now: Int64, client: some FollowerClient
  ) throws -> Bool {
    let canEnd = options.content == .whole || file.role == .rotated
    if file.isIdle, !canEnd || !isSettled(file, now: now) { return false }
    guard let reader = open(file, client: client) else { return false }
    buffer.removeAll(keepingCapacity: true)
    buffer.append(contentsOf: file.carry)
    // A client that uses nothing for now is not given ever more.
    let room = file.carry.count >= 2 * FileFollower.chunkOctets ? 0 : FileFollower.chunkOctets
    var got = 0
    do throws(SourceError) {
      got = try reader.read(
        at: file.offset + UInt64(file.carry.count), count: room, into: &buffer)
    } catch {
      fail(file, error, client: client)
      return false
    }
    // After reading, so that what was read is known to be of this file.
    guard isUnchanged(file, reader) else {
      cut(file, client: client)
      return true
    }
    let isFinal = room > 0 && got < room && isComplete(file, reader, now: now)
    let given = given(got: got, isFinal: isFinal)
    guard given.count > 0 || isFinal else {
      if got > 0 { file.carry = Array(buffer[...]) }
      file.isIdle = got < room
      return false
    }
    if !file.hasBegun, given.count > 0 { try begin(file, reader, client: client) }
    return try give(file, given, isFinal: isFinal, client: client)
  }

  /// How much of the buffer is given, and whether it ends where a line ends.
  private func given(got: Int, isFinal: Bool) -> (count: Int, isWhole: Bool) {
    if options.content == .whole || isFinal { return (buffer.count, true) }
    if let last = buffer.lastIndex(of: UInt8(ascii: "\n")) { return (last + 1, true) }
    return buffer.count >= FileFollower.chunkOctets ? (buffer.count, false) : (0, false)
  }

  private func give(
    _ file: FollowedFile, _ given: (count: Int, isWhole: Bool), isFinal: Bool,
    client: some FollowerClient
  ) throws -> Bool {
    if file.slot == nil, given.count > 0 { file.slot = slots.allocate(for: file) }
    var used = 0
    if file.hasBegun {
      used = try file.offer(
        &buffer, count: given.count, isWhole: given.isWhole, isFinal: isFinal, to: client)
    }
    let isEnded = isFinal && used == given.count
    if let slot = file.slot, file.boundary.offset > 0 {
      slots.set(slot, file.position(at: file.boundary, isAtEnd: isEnded))
    }
    if isEnded { end(file, client: client) }
    return used > 0 || isEnded
  }

  private func begin(
    _ file: FollowedFile, _ reader: FollowReader, client: some FollowerClient
  ) throws {
    var head: [UInt8] = []
    if file.offset > 0 {
      let count = Int(min(file.offset, UInt64(FollowStart.headOctetsMax)))
      // The buffer holds what comes next; a compressed file is unpacked again for its head.
      _ = try reader.read(at: 0, count: count, into: &head)
    }
    try client.begin(file, at: FollowStart(offset: file.offset, items: file.items, head: head))
    file.hasBegun = true
  }

  /// True when nothing will be added, so that a line without an end is one.
  private func isComplete(_ file: FollowedFile, _ reader: FollowReader, now: Int64) -> Bool {
    if reader.isCompressed { return reader.hasEnded }
    let canEnd = options.content == .whole || file.role == .rotated
    return canEnd && isSettled(file, now: now)
  }

  func isSettled(_ file: FollowedFile, now: Int64) -> Bool {
    now - file.status.modified >= options.settleNanoseconds
      || now - file.changedAt >= options.settleNanoseconds
  }

  func change(_ slot: UInt32, _ position: FollowPosition) -> RecordBatch.StateChange {
    RecordBatch.StateChange(key: FollowKey.key(slot, prefix: prefix), value: position.encoded)
  }

  /// Closes what has nothing to read, beyond the limit.
  private func closeIdle() {
    let open = files.values.filter { $0.reader != nil }
    guard open.count > FileFollower.openFilesMax else { return }
    let idle = open.filter { !$0.hasBegun || $0.misses == 0 && $0.role == .current }
      .sorted { $0.changedAt < $1.changedAt }
    for file in idle.prefix(open.count - FileFollower.openFilesMax) { file.reader = nil }
  }
}
