import TidemarkIngest
import TidemarkModel

/// What a spool has in memory about its folder, changed only after the folder was: whatever fails,
/// the two say the same.
struct SpoolContents: Sendable {
  /// Files that were refused or are damaged, the oldest first; they make room before others do.
  private struct SetAside: Sendable {
    var name: String
    var octets: UInt64
  }

  private(set) var state: SpoolState
  /// Waiting files, the oldest first.
  private(set) var files: [SpoolFile] = []
  /// Positions of sources, those of waiting files included.
  private(set) var positions: [[UInt8]: [UInt8]] = [:]

  private var setAside: [SetAside] = []
  private var octets: UInt64 = 0
  private var namesAreSaved = true
  private var sensorNumbers: [String: SensorNumber] = [:]

  var account: SpoolAccount {
    var account = state.account
    account.octets = octets
    account.batchesWaiting = UInt64(files.count)
    for file in files {
      account.rowsWaiting += file.rowsLeft
      account.rowsDelivered += file.rowsDelivered
      account.rowsLeftOut += file.rowsLeftOut
      account.rowsRefused += file.rowsRefused
    }
    return account
  }

  /// Reads a folder, removes what an earlier run left behind, sets damaged files aside.
  init(opening disk: SpoolDisk) throws(SpoolError) {
    let names = try disk.list()
    state = try SpoolContents.openState(names, on: disk)
    for (number, name) in state.sensors.enumerated() { sensorNumbers[name] = SensorNumber(number) }
    for file in names where file.name.hasSuffix(".tmp") { try disk.remove(file.name) }
    for folder in [RelaySpool.refusedFolder, RelaySpool.damagedFolder] {
      for file in try disk.list(folder).sorted(by: { $0.name < $1.name }) {
        setAside.append(SetAside(name: "\(folder)/\(file.name)", octets: file.octets))
        octets += file.octets
      }
    }
    for (name, size) in names.sorted(by: { $0.name < $1.name }) {
      guard let sequence = SpoolFile.sequence(ofName: name) else { continue }
      state.lastSequence = max(state.lastSequence, sequence)
      if sequence <= state.doneThrough || state.removed.contains(sequence) {
        try disk.remove(name)
      } else if let file = try SpoolFile.read(name, octets: size, sequence: sequence, from: disk) {
        files.append(file)
        octets += size
      } else {
        try setDamagedAside(name, octets: size, sequence: sequence, on: disk)
      }
    }
    positions = state.positions
    for file in files { apply(file.changes) }
  }

  private static func openState(
    _ names: [(name: String, octets: UInt64)], on disk: SpoolDisk
  ) throws(SpoolError) -> SpoolState {
    let path = "\(disk.folder)/state"
    guard let size = names.first(where: { $0.name == "state" })?.octets else {
      // The state comes before the first batch: batches without it are not a spool of ours.
      guard !names.contains(where: { SpoolFile.sequence(ofName: $0.name) != nil }) else {
        throw .damagedState(path: path)
      }
      let state = SpoolState(
        id: (0..<SpoolState.idOctets).map { _ in UInt8.random(in: .min ... .max) })
      try disk.replace("state", with: state.encoded)
      try disk.syncFolder()
      return state
    }
    guard let octets = try disk.read("state", at: 0, count: Int(clamping: size)),
      let state = SpoolState(decoding: octets)
    else { throw .damagedState(path: path) }
    return state
  }

  // MARK: Names

  mutating func sensor(named name: String) throws(SpoolError) -> SensorNumber {
    if let known = sensorNumbers[name] { return known }
    guard name.utf8.count <= RelaySpool.nameOctetsMax, state.sensors.count <= SensorSet.numberMax
    else { throw .badName(what: "sensor") }
    let number = SensorNumber(state.sensors.count)
    state.sensors.append(name)
    sensorNumbers[name] = number
    namesAreSaved = false
    return number
  }

  mutating func dataset(named name: String) throws(SpoolError) -> DatasetNumber {
    if let at = state.datasets.firstIndex(of: name) { return DatasetNumber(at + 1) }
    guard (1...RelaySpool.nameOctetsMax).contains(name.utf8.count),
      state.datasets.count < DatasetNumber.max
    else { throw .badName(what: "dataset") }
    state.datasets.append(name)
    namesAreSaved = false
    return DatasetNumber(state.datasets.count)
  }

  mutating func saveNames(on disk: SpoolDisk) throws(SpoolError) {
    if !namesAreSaved { try save(state, on: disk) }
  }

  // MARK: Files

  /// Gives a finished file its name, after making room for it. When it alone is too large, it is
  /// dropped.
  mutating func add(
    _ partial: SpoolFile, named name: String, maxOctets: UInt64, on disk: SpoolDisk
  ) throws(SpoolError) {
    var file = partial
    file.sequence = state.lastSequence + 1
    try makeRoom(for: file.octets, maxOctets: maxOctets, on: disk)
    guard file.octets <= maxOctets else {
      var next = state
      next.drop(file)
      try save(next, on: disk)
      try? disk.remove(name)
      apply(file.changes)
      return
    }
    try disk.rename(name, to: SpoolFile.name(file.sequence))
    // When this fails, the name is given to the next file: the caller has its batch still.
    try disk.syncFolder()
    state.lastSequence = file.sequence
    files.append(file)
    octets += file.octets
    apply(file.changes)
  }

  private mutating func makeRoom(
    for size: UInt64, maxOctets: UInt64, on disk: SpoolDisk
  ) throws(SpoolError) {
    while octets + size > maxOctets, let oldest = setAside.first {
      try disk.remove(oldest.name)
      octets -= oldest.octets
      setAside.removeFirst()
    }
    var next = state
    var dropped = 0
    var left = octets
    while left + size > maxOctets, dropped < files.count {
      left -= files[dropped].octets
      next.drop(files[dropped])
      dropped += 1
    }
    guard dropped > 0 else { return }
    try save(next, on: disk)
    let names = files[..<dropped].map { SpoolFile.name($0.sequence) }
    files.removeFirst(dropped)
    octets = left
    // Whatever is left of them is removed when the spool is opened the next time.
    for name in names { try? disk.remove(name) }
  }

  mutating func nextPart(on disk: SpoolDisk, id: String) throws(SpoolError) -> SpoolPart? {
    while let file = files.first {
      guard file.partsDone < file.parts.count else {
        try removeFirst(on: disk)
        continue
      }
      let part = file.parts[file.partsDone]
      guard let octets = try file.body(part, from: disk) else {
        try removeDamagedFirst(on: disk)
        continue
      }
      return SpoolPart(part, octets: octets, of: file, index: file.partsDone, id: id)
    }
    return nil
  }

  func part(
    after last: SpoolPart, on disk: SpoolDisk, id: String
  ) throws(SpoolError) -> SpoolPart? {
    for file in files where file.sequence >= last.sequence {
      let index = file.sequence == last.sequence ? last.index + 1 : 0
      guard index < file.parts.count else { continue }
      let part = file.parts[index]
      guard let octets = try file.body(part, from: disk) else { return nil }
      return SpoolPart(part, octets: octets, of: file, index: index, id: id)
    }
    return nil
  }

  mutating func finish(
    _ part: SpoolPart, isRefused: Bool, leftOut: UInt64, on disk: SpoolDisk
  ) throws(SpoolError) {
    guard let first = files.first, first.sequence == part.sequence else {
      // Its file was dropped while it was under way, and its rows counted so.
      if isRefused || state.account.rowsDropped < part.rows { return }
      state.account.rowsDropped -= part.rows
      state.account.rowsDelivered += part.rows
      state.account.rowsLeftOut += leftOut
      return
    }
    guard first.partsDone == part.index else { return }
    files[0].partsDone += 1
    if isRefused {
      files[0].rowsRefused += part.rows
    } else {
      files[0].rowsDelivered += part.rows
      files[0].rowsLeftOut += leftOut
    }
    if files[0].partsDone == files[0].parts.count { try removeFirst(on: disk) }
  }

  /// Removes the oldest file, whose parts are all done.
  private mutating func removeFirst(on disk: SpoolDisk) throws(SpoolError) {
    let file = files[0]
    let name = SpoolFile.name(file.sequence)
    var next = state
    next.finish(file)
    let isRefused = file.rowsRefused > 0
    if isRefused { try keep(name, in: RelaySpool.refusedFolder, on: disk) }
    try save(next, on: disk)
    files.removeFirst()
    if isRefused {
      setAside.append(
        SetAside(name: "\(RelaySpool.refusedFolder)/\(name)", octets: file.octets))
    } else {
      octets -= file.octets
    }
    try? disk.remove(name)
  }

  /// Sets the oldest file aside, of which a body turned out to be damaged.
  private mutating func removeDamagedFirst(on disk: SpoolDisk) throws(SpoolError) {
    let file = files[0]
    let name = SpoolFile.name(file.sequence)
    var next = state
    next.giveUp(file)
    try keep(name, in: RelaySpool.damagedFolder, on: disk)
    try save(next, on: disk)
    files.removeFirst()
    setAside.append(SetAside(name: "\(RelaySpool.damagedFolder)/\(name)", octets: file.octets))
    try? disk.remove(name)
  }

  /// Sets a file aside whose index cannot be read.
  private mutating func setDamagedAside(
    _ name: String, octets size: UInt64, sequence: UInt64, on disk: SpoolDisk
  ) throws(SpoolError) {
    var next = state
    next.removed.insert(sequence)
    next.account.batchesDamaged += 1
    try keep(name, in: RelaySpool.damagedFolder, on: disk)
    try save(next, on: disk)
    setAside.append(SetAside(name: "\(RelaySpool.damagedFolder)/\(name)", octets: size))
    octets += size
    try disk.remove(name)
  }

  private func keep(
    _ name: String, in folder: String, on disk: SpoolDisk
  ) throws(SpoolError) {
    try disk.link(name, as: "\(folder)/\(name)")
    try disk.syncFolder(folder)
  }

  private mutating func apply(_ changes: [RecordBatch.StateChange]) {
    for change in changes { positions[change.key] = change.value }
  }

  /// Makes a new state durable, and then the one in memory.
  private mutating func save(_ next: SpoolState, on disk: SpoolDisk) throws(SpoolError) {
    try disk.replace("state", with: next.encoded)
    // When this fails, the state on disk may be ahead of the one in memory. Either is right: what
    // is done twice because of it has the same name and the same id.
    try disk.syncFolder()
    state = next
    namesAreSaved = true
  }
}

extension SpoolState {
  /// The file is dropped because the spool is full.
  fileprivate mutating func drop(_ file: SpoolFile) {
    end(file)
    account.batchesDropped += 1
    account.rowsDropped += file.rowsLeft
  }

  /// All parts of the file are done.
  fileprivate mutating func finish(_ file: SpoolFile) {
    end(file)
    if file.rowsRefused > 0 {
      account.batchesRefused += 1
    } else {
      account.batchesDelivered += 1
    }
  }

  /// A part of the file is damaged.
  fileprivate mutating func giveUp(_ file: SpoolFile) {
    end(file)
    account.batchesDamaged += 1
    account.rowsDamaged += file.rowsLeft
  }

  private mutating func end(_ file: SpoolFile) {
    fold(file.changes)
    doneThrough = max(doneThrough, file.sequence)
    lastSequence = max(lastSequence, file.sequence)
    account.rowsDelivered += file.rowsDelivered
    account.rowsLeftOut += file.rowsLeftOut
    account.rowsRefused += file.rowsRefused
  }
}

extension SpoolPart {
  fileprivate init(
    _ part: SpoolFile.Part, octets: [UInt8], of file: SpoolFile, index: Int, id: String
  ) {
    self.init(
      batchID: "\(id)-\(file.sequence)-\(index)",
      dataset: String(decoding: part.dataset, as: UTF8.self), octets: octets, rows: part.rows,
      sequence: file.sequence, index: index)
  }
}
