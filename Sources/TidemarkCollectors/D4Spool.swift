import Synchronization

/// Payload on disk until a D4 server has it: octets in the order in which they came, in files of
/// some megabytes, and how far they are delivered.
///
/// Offsets count from the first octet that the spool ever held. A spool is *marked* when its source
/// can be read again: octets then count only up to the last ``commit(mark:)``, which makes them
/// durable together with the position of the source. Otherwise everything counts that a file holds;
/// of lines, up to the last whole one.
///
/// - Concurrency: any thread; one that appends, one that reads.
public final class D4Spool: Sendable {
  /// Octets of a spool unless told otherwise.
  public static let maxOctetsStandard: UInt64 = 2 << 30
  /// Octets of a file.
  public static let segmentOctetsStandard: UInt64 = 8 << 20

  private struct Contents {
    var state: D4SpoolState
    /// Files, the oldest first: where each begins and ends.
    var segments: [Range<UInt64>] = []
    var end: UInt64
    var delivered: UInt64
    var output: D4SpoolOutput?
    var isClosed = false
    var onChange: [@Sendable () -> Void] = []
  }

  private let disk: SpoolDisk
  private let folderLock: SpoolLock
  private let maxOctets: UInt64
  private let segmentOctets: UInt64
  private let contents: Mutex<Contents>
  /// Delivered octets after which the position is saved although more are under way.
  private static let saveOctets: UInt64 = 1 << 20

  /// Opens the spool in a folder, or makes one.
  ///
  /// - Parameters:
  ///   - isLines: what a file ends with that is no whole line is cut off.
  ///   - isMarked: see ``D4Spool``.
  ///   - maxOctets: octets at which ``isFull`` becomes true.
  /// - Throws: ``SpoolError``.
  public init(
    folder: String, isLines: Bool, isMarked: Bool,
    maxOctets: UInt64 = D4Spool.maxOctetsStandard,
    segmentOctets: UInt64 = D4Spool.segmentOctetsStandard, hook: SpoolHook? = nil
  ) throws(SpoolError) {
    disk = SpoolDisk(folder: folder, hook: hook)
    self.maxOctets = maxOctets
    self.segmentOctets = segmentOctets
    try disk.makeFolders([])
    folderLock = try disk.lock()
    let files = try disk.list()
    var starts: [(start: UInt64, octets: UInt64)] = []
    for file in files {
      if let start = D4SpoolState.start(ofName: file.name) { starts.append((start, file.octets)) }
    }
    starts.sort { $0.start < $1.start }
    let state = try D4SpoolState.open(hasFiles: !starts.isEmpty, on: disk)
    var contents = Contents(state: state, end: state.delivered, delivered: state.delivered)
    for (index, file) in starts.enumerated() {
      var end = file.start + file.octets
      if index + 1 < starts.count { end = min(end, starts[index + 1].start) }
      if isMarked { end = min(end, state.end) }
      guard end > file.start, end > state.delivered else {
        try disk.remove(D4SpoolState.name(file.start))
        continue
      }
      contents.segments.append(file.start..<end)
    }
    if let last = contents.segments.last {
      // What was committed is whole, whatever it ends with.
      let isCut = isLines && !isMarked
      let end = isCut ? try D4Spool.wholeEnd(of: last, on: disk) : last.upperBound
      contents.segments[contents.segments.count - 1] = last.lowerBound..<end
      contents.end = max(end, state.delivered)
    }
    self.contents = Mutex(contents)
  }

  /// The end of the last whole line of a file.
  private static func wholeEnd(
    of segment: Range<UInt64>, on disk: SpoolDisk
  ) throws(SpoolError) -> UInt64 {
    let name = D4SpoolState.name(segment.lowerBound)
    let pieceOctets: UInt64 = 65_536
    var end = segment.upperBound
    while end > segment.lowerBound {
      let start = max(segment.lowerBound, end > pieceOctets ? end - pieceOctets : 0)
      guard
        let piece = try disk.read(
          name, at: start - segment.lowerBound, count: Int(end - start))
      else { throw .damagedState(path: "\(disk.folder)/\(name)") }
      if let last = piece.lastIndex(of: 0x0A) { return start + UInt64(last) + 1 }
      end = start
    }
    return segment.lowerBound
  }

  /// The position of the source that belongs to the octets in the spool; empty when there is none.
  public var mark: [UInt8] { contents.withLock { $0.state.mark } }
  /// The offset behind the last octet.
  public var end: UInt64 { contents.withLock { $0.end } }
  /// The offset of the first octet that is not delivered.
  public var delivered: UInt64 { contents.withLock { $0.delivered } }
  /// Octets that are not delivered.
  public var waiting: UInt64 { contents.withLock { $0.end - $0.delivered } }
  /// True when the source should wait.
  public var isFull: Bool { waiting >= maxOctets }
  /// True when nothing will be added any more.
  public var isClosed: Bool { contents.withLock { $0.isClosed } }

  /// Calls back, on any thread, whenever octets came or were delivered.
  public func onChange(_ callback: @escaping @Sendable () -> Void) {
    contents.withLock { $0.onChange.append(callback) }
  }

  /// Adds octets; of lines, whole ones.
  ///
  /// - Throws: ``SpoolError``; they may be given again, and are doubled if the process ends
  ///   between.
  public func append(_ octets: [UInt8]) throws(SpoolError) {
    guard !octets.isEmpty else { return }
    let callbacks = try contents.withLock { contents throws(SpoolError) in
      do throws(SpoolError) {
        let output = try output(&contents)
        try disk.write(octets, to: output.file)
      } catch {
        // What part of it was written is not known: another file begins where it should.
        contents.output = nil
        throw error
      }
      contents.end += UInt64(octets.count)
      let last = contents.segments.count - 1
      contents.segments[last] = contents.segments[last].lowerBound..<contents.end
      return contents.onChange
    }
    for callback in callbacks { callback() }
  }

  private func output(_ contents: inout Contents) throws(SpoolError) -> D4SpoolOutput {
    if let output = contents.output, let last = contents.segments.last,
      last.upperBound - last.lowerBound < segmentOctets
    {
      return output
    }
    if let old = contents.output { try disk.sync(old.file) }
    contents.output = nil
    // The file holds octets of an earlier life only if it holds nothing that counts.
    let output = D4SpoolOutput(try disk.create(D4SpoolState.name(contents.end)))
    if contents.segments.last?.lowerBound == contents.end { contents.segments.removeLast() }
    contents.segments.append(contents.end..<contents.end)
    contents.output = output
    return output
  }

  /// Makes what was added durable, together with the position of its source.
  ///
  /// - Throws: ``SpoolError``; the position is the one before then.
  public func commit(mark: [UInt8]) throws(SpoolError) {
    try contents.withLock { contents throws(SpoolError) in
      if let output = contents.output { try disk.sync(output.file) }
      try disk.syncFolder()
      var next = contents.state
      next.mark = mark
      next.end = contents.end
      next.delivered = contents.delivered
      try save(next, &contents)
    }
  }

  /// Nothing will be added any more.
  public func close() {
    let callbacks = contents.withLock { contents in
      contents.isClosed = true
      return contents.onChange
    }
    for callback in callbacks { callback() }
  }

  /// Octets from an offset on, up to the end of the file that holds them.
  ///
  /// - Returns: empty at the end.
  /// - Throws: ``SpoolError``; also when octets of the spool are missing.
  public func read(from offset: UInt64, octetsMax: Int) throws(SpoolError) -> [UInt8] {
    let (segment, end) = contents.withLock { contents in
      (contents.segments.first { $0.contains(offset) }, contents.end)
    }
    guard let segment else {
      // A file is shorter than it was: whoever waits for the missing octets waits for ever.
      guard offset >= end else { throw .damagedState(path: disk.folder) }
      return []
    }
    let name = D4SpoolState.name(segment.lowerBound)
    let count = min(UInt64(max(0, octetsMax)), segment.upperBound - offset)
    let octets = try disk.read(name, at: offset - segment.lowerBound, count: Int(count))
    guard let octets else { throw .damagedState(path: "\(disk.folder)/\(name)") }
    return octets
  }

  /// Says that everything before an offset is delivered. Files without anything else are removed.
  public func deliver(through offset: UInt64) throws(SpoolError) {
    let callbacks = try contents.withLock { contents throws(SpoolError) in
      contents.delivered = min(max(contents.delivered, offset), contents.end)
      let isAll = contents.delivered == contents.end
      if isAll || contents.delivered - contents.state.delivered >= D4Spool.saveOctets {
        var next = contents.state
        next.delivered = contents.delivered
        next.end = max(next.end, next.delivered)
        try save(next, &contents)
        try removeDelivered(&contents)
      }
      return contents.onChange
    }
    for callback in callbacks { callback() }
  }

  private func removeDelivered(_ contents: inout Contents) throws(SpoolError) {
    while contents.segments.count > 1, let first = contents.segments.first,
      first.upperBound <= contents.state.delivered
    {
      try disk.remove(D4SpoolState.name(first.lowerBound))
      contents.segments.removeFirst()
    }
  }

  private func save(_ next: D4SpoolState, _ contents: inout Contents) throws(SpoolError) {
    try disk.replace(D4SpoolState.fileName, with: next.encoded)
    try disk.syncFolder()
    contents.state = next
  }
}

/// A file that is being written; shared with nobody.
final class D4SpoolOutput: Sendable {
  let file: SpoolOutput

  init(_ file: consuming SpoolOutput) { self.file = file }
}

/// What a spool of octets remembers beside its files.
struct D4SpoolState: Sendable, Equatable {
  static let fileName = "state"
  static let magic = Array("TMD4SP01".utf8)
  private static let nameDigits = 20
  private static let nameEnding = ".octets"

  /// Everything before this offset is delivered.
  var delivered: UInt64 = 0
  /// The offset behind what was committed.
  var end: UInt64 = 0
  /// The source's position at ``end``.
  var mark: [UInt8] = []

  static func name(_ start: UInt64) -> String {
    let digits = String(start)
    return String(repeating: "0", count: nameDigits - digits.utf8.count) + digits + nameEnding
  }

  static func start(ofName name: String) -> UInt64? {
    guard name.utf8.count == nameDigits + nameEnding.utf8.count, name.hasSuffix(nameEnding) else {
      return nil
    }
    return UInt64(name.prefix(nameDigits))
  }

  static func open(hasFiles: Bool, on disk: SpoolDisk) throws(SpoolError) -> D4SpoolState {
    let path = "\(disk.folder)/\(fileName)"
    guard let size = try disk.list().first(where: { $0.name == fileName })?.octets else {
      // The state comes before the first file.
      guard !hasFiles else { throw .damagedState(path: path) }
      let state = D4SpoolState()
      try disk.replace(fileName, with: state.encoded)
      try disk.syncFolder()
      return state
    }
    guard let octets = try disk.read(fileName, at: 0, count: Int(clamping: size)),
      let state = D4SpoolState(decoding: octets)
    else { throw .damagedState(path: path) }
    return state
  }

  var encoded: [UInt8] {
    var encoder = SpoolEncoder(magic: D4SpoolState.magic)
    encoder.append(delivered)
    encoder.append(end)
    encoder.append(mark)
    return encoder.sealed()
  }

  init() {}

  init?(decoding octets: [UInt8]) {
    guard var decoder = SpoolDecoder(octets, magic: D4SpoolState.magic),
      let delivered = decoder.longNumber(), let end = decoder.longNumber(),
      let mark = decoder.bytes(), decoder.isAtEnd, delivered <= end
    else { return nil }
    self.delivered = delivered
    self.end = end
    self.mark = mark
  }
}
