extension FileFollower {
  /// Finds out what became of the files: new, changed, cut, gone; and which is which.
  func look(now: Int64, client: some FollowerClient) {
    (lookedAt, mustLook) = (now, false)
    find(now: now)
    for file in Array(files.values) where file.misses > 0 { miss(file, now: now, client: client) }
    // Those that were cut give their positions up before others are compared with them.
    for file in files.values where file.state == .reading && file.changedAt == now {
      guard let reader = open(file, client: client), !isUnchanged(file, reader) else { continue }
      cut(file, client: client)
    }
    for file in files.values where file.state == .copy {
      if file.original?.state != .reading { file.reset() }
    }
    let unknown = files.values.filter { $0.state == .unexamined }.sorted { one, other in
      if one.role != other.role { return one.role == .current }
      if one.status.modified != other.status.modified {
        return one.status.modified < other.status.modified
      }
      return one.path < other.path
    }
    for file in unknown {
      examine(file, now: now, client: client)
      if file.state != .reading { file.reader = nil }
    }
    cut.removeAll { slots.owner($0.slot) != nil }
    for (file, _, time) in cut where now - time > 2 * options.settleNanoseconds {
      client.note(.truncated, of: file)
    }
    cut.removeAll { now - $0.time > 2 * options.settleNanoseconds }
  }

  /// Goes through the folders.
  private func find(now: Int64) {
    for file in files.values { file.misses += 1 }
    for (index, pattern) in options.patterns.enumerated() {
      for name in FolderListing.names(in: pattern.folder) {
        guard let role = pattern.role(of: name) else { continue }
        // A folder of whole files gets each once; nothing in it is rotated.
        guard role == .current || options.content == .lines else { continue }
        let path = "\(pattern.folder)/\(name)"
        guard let status = FileStatus(path: path) else { continue }
        found(path, status, role, pattern: index, now: now)
      }
    }
  }

  private func found(
    _ path: String, _ status: FileStatus, _ role: FollowPattern.Role, pattern: Int, now: Int64
  ) {
    guard let file = files[status.key] else {
      files[status.key] = FollowedFile(
        path: path, status: status, role: role, pattern: pattern, now: now, follower: self)
      return
    }
    // Of several names of a file the one that matches counts.
    if file.misses > 0 || role == .current { (file.path, file.role) = (path, role) }
    file.misses = 0
    update(file, status, now: now)
  }

  private func update(_ file: FollowedFile, _ status: FileStatus, now: Int64) {
    guard file.status != status else { return }
    file.status = status
    file.changedAt = now
    file.isIdle = false
    switch file.state {
    case .copy, .ended, .ignored: file.reset()
    case .unexamined, .reading: break
    }
  }

  /// A file was not found. As long as it is open it can be read to its end.
  private func miss(_ file: FollowedFile, now: Int64, client: some FollowerClient) {
    if file.state == .reading, let reader = file.reader {
      file.role = .rotated
      if let status = FileStatus(descriptor: reader.descriptor) {
        update(file, status, now: now)
      }
      return
    }
    // A rename may hide a file from one look.
    guard file.misses > 1 else { return }
    if file.state == .reading {
      if !isCompressedAndUnread(file), file.status.size > file.offset {
        client.note(.vanished(unread: file.status.size - file.offset), of: file)
      }
      close(file, client: client)
    }
    files[file.status.key] = nil
  }

  /// How much of a compressed file is unread cannot be told by its size.
  private func isCompressedAndUnread(_ file: FollowedFile) -> Bool {
    file.reader?.isCompressed ?? false
  }

  /// Decides what an unknown file is.
  private func examine(_ file: FollowedFile, now: Int64, client: some FollowerClient) {
    guard file.status.size > 0, let reader = open(file, client: client) else { return }
    let isSettled = isSettled(file, now: now)
    // What was rotated may be a copy that is not finished, and does not show yet of what.
    // One that is written to all the time is decided upon in the end.
    let mayBePart = reader.isCompressed || options.content == .whole || file.role == .rotated
    let isOld = !reader.isCompressed && now - file.foundAt >= 12 * options.settleNanoseconds
    guard isSettled || isOld || !mayBePart && file.status.size >= 6 else { return }
    do throws(SourceError) {
      guard try readHead(of: file, reader) else { return }
      let (original, beginning) = try relatives(of: file, reader, client: client)
      if let original {
        (file.state, file.original) = (.copy, original)
        return
      }
      // Before the beginnings: a new file of which there is no more than a header begins all.
      try claim(file, reader)
      if file.state == .unexamined, let beginning {
        take(over: beginning, by: file, client: client)
      }
    } catch {
      fail(file, error, client: client)
      return
    }
    guard file.state == .unexamined else { return }
    file.state =
      file.role == .rotated && file.status.modified <= start ? .ignored : .reading
  }

  private func readHead(
    of file: FollowedFile, _ reader: FollowReader
  ) throws(SourceError) -> Bool {
    var head: [UInt8] = []
    _ = try reader.read(at: 0, count: FollowPosition.headOctetsMax, into: &head)
    file.head = head
    return !head.isEmpty
  }

  /// Compares a file with those that are being read.
  ///
  /// - Returns: one that holds all of it, so that it is the copy that a rotation makes before it
  ///   cuts the original or deletes it, to be looked at again when that happens; and one that it
  ///   goes on behind.
  private func relatives(
    of file: FollowedFile, _ reader: FollowReader, client: some FollowerClient
  ) throws(SourceError) -> (original: FollowedFile?, beginning: FollowedFile?) {
    var beginning: FollowedFile?
    for other in Array(files.values) where other !== file && other.state == .reading {
      guard !other.head.isEmpty, let source = open(other, client: client) else { continue }
      if other.head.count < FollowPosition.headOctetsMax, isUnchanged(other, source) {
        _ = try readHead(of: other, source)
      }
      let common = min(file.head.count, other.head.count)
      guard common > 0, file.head.prefix(common).elementsEqual(other.head.prefix(common)) else {
        continue
      }
      switch try likeness(reader, source) {
      case .begins: return (other, nil)
      case .goesOn: beginning = other
      case .different:
        // It may have been cut since it was looked at.
        if !isUnchanged(other, source) { cut(other, client: client) }
      }
    }
    return (nil, beginning)
  }

  /// What two files have in common.
  private enum Likeness {
    case different
    /// One begins the other, or they are the same.
    case begins
    /// The other begins this one, which goes on behind it.
    case goesOn
  }

  /// Compares the last octets that both files have.
  private func likeness(
    _ one: FollowReader, _ other: FollowReader
  ) throws(SourceError) -> Likeness {
    var first = try one.tail(upTo: .max)
    let second = try other.tail(upTo: first.end)
    let isLonger = second.end < first.end
    if isLonger { first = try one.tail(upTo: second.end) }
    guard first.end == second.end, first.end > 0, first.octets == second.octets else {
      return .different
    }
    return isLonger ? .goesOn : .begins
  }

  /// A file that begins with all of another goes on in its place: the other is an unfinished copy,
  /// or a new file that has no more than the header of all.
  private func take(
    over other: FollowedFile, by file: FollowedFile, client: some FollowerClient
  ) {
    let (slot, place, items) = (other.slot, other.boundary, other.items)
    close(other, client: client)
    other.reset()
    other.state = .copy
    other.original = file
    file.state = .reading
    guard let slot, place.offset > 0 else { return }
    slots.assign(slot, to: file)
    file.items = items
    guard options.content == .lines else { return }
    (file.offset, file.tail, file.boundary) = (place.offset, place.tail, place)
  }

  /// Looks for the position of a file.
  private func claim(_ file: FollowedFile, _ reader: FollowReader) throws(SourceError) {
    for slot in slots.candidates(head: file.head) {
      guard let position = slots[slot], position.offset > 0 else { continue }
      if let owner = slots.owner(slot), owner !== file, owner.state == .reading { continue }
      if reader.isCompressed, position.isAtEnd,
        position.modified / 1_000_000_000 == file.status.modified / 1_000_000_000
      {
        // Unpacking all of it would tell the same: it was read, then compressed.
        slots.assign(slot, to: file)
        file.state = .ended
        return
      }
      let found = try reader.tail(upTo: position.offset)
      guard found.end == position.offset else { continue }
      let tail = Array(found.octets.suffix(position.tail.count))
      guard FollowPosition.Digest(of: tail) == position.tail else { continue }
      try adopt(file, slot, position, tail: tail, reader)
      return
    }
  }

  private func adopt(
    _ file: FollowedFile, _ slot: UInt32, _ position: FollowPosition, tail: [UInt8],
    _ reader: FollowReader
  ) throws(SourceError) {
    slots.assign(slot, to: file)
    file.items = position.items
    var next: [UInt8] = []
    let more = try reader.read(at: position.offset, count: 1, into: &next)
    if position.isAtEnd, more == 0 {
      file.state = .ended
      return
    }
    file.state = .reading
    guard options.content == .lines else { return }
    file.offset = position.offset
    file.tail = tail
    file.boundary = (position.offset, tail)
  }

  /// The descriptor of a file, opened again when it was closed.
  func open(_ file: FollowedFile, client: some FollowerClient) -> FollowReader? {
    if let reader = file.reader { return reader }
    do throws(SourceError) {
      let reader = try FollowReader(path: file.path)
      // Another file may have got the name since; the next look will tell.
      guard FileStatus(descriptor: reader.descriptor)?.key == file.status.key else { return nil }
      file.reader = reader
      return reader
    } catch {
      if case .notFound = error { return nil }
      fail(file, error, client: client)
      return nil
    }
  }

  /// True when the octets before the position are still those that were read. What is compressed is
  /// not changed, only replaced.
  func isUnchanged(_ file: FollowedFile, _ reader: FollowReader) -> Bool {
    guard !reader.isCompressed else { return true }
    let known = file.tail + file.carry
    var found: [UInt8] = []
    let start = file.offset - UInt64(file.tail.count)
    let got = try? reader.read(at: start, count: known.count, into: &found)
    return got == known.count && found == known
  }

  /// A file was cut or overwritten: it is another one from now on.
  func cut(_ file: FollowedFile, client: some FollowerClient) {
    if let slot = file.slot { cut.append((file, slot, lookedAt)) }
    mustLook = true
    close(file, client: client)
    file.reset()
  }

  /// A file was read to its end.
  func end(_ file: FollowedFile, client: some FollowerClient) {
    close(file, client: client)
    file.state = .ended
    file.head = []
    file.carry = []
  }

  /// A file cannot be read until it changes.
  func fail(_ file: FollowedFile, _ error: SourceError, client: some FollowerClient) {
    client.note(.failed(error), of: file)
    close(file, client: client)
    file.reset()
    file.state = .ended
  }

  private func close(_ file: FollowedFile, client: some FollowerClient) {
    if file.hasBegun { client.end(file) }
    file.hasBegun = false
    file.reader = nil
  }
}
