import CPcap  // libpcap's headers bring poll(2) with them
import Dispatch
import Glibc
import Synchronization

/// Reads what a D4 client would read into a spool, on a thread of its own.
///
/// While the spool is full the source waits: nothing is dropped. Sources that can be read again
/// (files, folders, queues) go on where the spool ends, after whatever end of the process; standard
/// input has what the spool has.
public final class D4Input: Sendable {
  /// Where payload comes from.
  public enum Source: Sendable, Equatable {
    /// Standard input.
    case standardInput
    /// A file, read once to its end.
    case file(path: String)
    /// A folder to which files are added; each is sent once.
    ///
    /// - Parameter isRaw: as they are; otherwise each as one line of base64.
    case folder(path: String, isRaw: Bool)
    /// A list of a d4-core server, the oldest first.
    case queue(RedisAddress, list: String)

    /// True for sources whose position the spool must remember, see ``D4Spool``.
    public var isMarked: Bool { self != .standardInput }
  }

  /// What happened, for logs.
  public enum Event: Sendable, Equatable {
    /// The source cannot be read; tried again after so many seconds.
    case failed(String, retrySeconds: Int)
    /// The spool is full, and the source waits.
    case waiting
    /// The source goes on.
    case goingOn
  }

  /// What an input read, in this process.
  public struct Account: Sendable, Equatable {
    /// Octets put into the spool.
    public internal(set) var octets: UInt64 = 0
    /// Lines in them; 0 for types without lines.
    public internal(set) var lines: UInt64 = 0
    /// Files that were read whole.
    public internal(set) var files: UInt64 = 0
    /// Files that are too large, or could not be read.
    public internal(set) var filesRefused: UInt64 = 0
  }

  static let retrySecondsMax = 30
  private static let fullMilliseconds = 500

  let source: Source
  let spool: D4Spool
  let isLines: Bool
  let report: @Sendable (Event) -> Void
  private let queue = DispatchQueue(label: "tidemark.d4-input")
  private let hasEnded = DispatchGroup()
  private let wake = DispatchSemaphore(value: 0)
  private let isStopped = Mutex(false)
  private let sums = Mutex(Account())
  private let standardInput: Int32

  /// Makes an input that reads nothing yet.
  ///
  /// - Parameters:
  ///   - spool: marked when the source is.
  ///   - isLines: the payload is lines of text.
  ///   - standardInput: the descriptor of it, which stays the caller's.
  public init(
    _ source: Source, spool: D4Spool, isLines: Bool, standardInput: Int32 = 0,
    report: @escaping @Sendable (Event) -> Void = { _ in }
  ) {
    self.source = source
    self.spool = spool
    self.isLines = isLines
    self.standardInput = standardInput
    self.report = report
  }

  /// What was read so far.
  public var account: Account { sums.withLock { $0 } }

  /// Starts to read. At the source's end the spool is closed.
  ///
  /// - Parameter onFailure: told when the source cannot be read any further.
  public func start(onFailure: @escaping @Sendable (any Error) -> Void) {
    queue.async(group: hasEnded) { [self] in
      do {
        switch source {
        case .standardInput: try readStandardInput()
        case .file(let path): try readFile(path)
        case .folder(let path, let isRaw): try watch(folder: path, isRaw: isRaw)
        case .queue(let address, let list): try take(list, from: address)
        }
      } catch {
        onFailure(error)
      }
      spool.close()
    }
  }

  /// Ends reading; returns when everything that was read is in the spool.
  public func stop() {
    isStopped.withLock { $0 = true }
    wake.signal()
    hasEnded.wait()
  }

  var isStopping: Bool { isStopped.withLock { $0 } }

  /// Only stopping signals, so that what passes is the time given.
  func pause(milliseconds: Int) { _ = wake.wait(timeout: .now() + .milliseconds(milliseconds)) }

  func count(_ body: (inout Account) -> Void) { sums.withLock { body(&$0) } }

  /// Waits while the spool is full; false when it is time to end.
  func waitForRoom() -> Bool {
    var hasTold = false
    while spool.isFull, !isStopping {
      if !hasTold { report(.waiting) }
      hasTold = true
      pause(milliseconds: D4Input.fullMilliseconds)
    }
    if hasTold, !isStopping { report(.goingOn) }
    return !isStopping
  }

  /// Puts octets into the spool.
  func add(_ octets: [UInt8]) throws(SpoolError) {
    try spool.append(octets)
    let lines = isLines ? octets.reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) } : 0
    count {
      $0.octets += UInt64(octets.count)
      $0.lines += UInt64(lines)
    }
  }
}

/// Octets that come in pieces, cut into whole lines.
struct D4LineHolder {
  /// The start of a line whose end has not come.
  private(set) var held: [UInt8] = []
  private let isLines: Bool

  init(isLines: Bool) {
    self.isLines = isLines
  }

  /// Takes a piece.
  ///
  /// - Returns: what can be spooled. A line that has no end within all bounds comes in pieces.
  mutating func take(_ piece: some Collection<UInt8>) -> [UInt8] {
    held.append(contentsOf: piece)
    var whole = held.count
    if isLines {
      while whole > 0, held[whole - 1] != 0x0A { whole -= 1 }
      if whole == 0, held.count >= D4PayloadCutter.payloadOctetsMax { whole = held.count }
    }
    let octets = Array(held[..<whole])
    held.removeSubrange(..<whole)
    return octets
  }

  /// The end of the source: what is held becomes a line.
  mutating func finish() -> [UInt8] {
    guard !held.isEmpty else { return [] }
    defer { held = [] }
    return isLines ? held + [0x0A] : held
  }
}

// MARK: - Standard input and files

extension D4Input {
  private static let readOctets = 256 << 10
  static let commitOctets = 4 << 20
  /// So often a wait for input looks whether it is time to end, milliseconds.
  private static let inputMilliseconds: Int32 = 500

  private func readStandardInput() throws {
    var holder = D4LineHolder(isLines: isLines)
    var room = [UInt8](repeating: 0, count: D4Input.readOctets)
    while waitForRoom() {
      var entry = pollfd(fd: standardInput, events: Int16(POLLIN), revents: 0)
      let ready = unsafe poll(&entry, 1, D4Input.inputMilliseconds)
      guard ready > 0 else { continue }
      let got = unsafe room.withUnsafeMutableBytes { bytes in
        unsafe Glibc.read(standardInput, bytes.baseAddress, bytes.count)
      }
      if got < 0 {
        guard errno == EINTR || errno == EAGAIN else {
          throw SpoolError.io(path: "standard input", code: errno)
        }
        continue
      }
      guard got > 0 else { return try add(holder.finish()) }
      try add(holder.take(room[..<got]))
    }
    // Told to end: what is held is half a line, whose other half nobody will read.
  }

  /// Goes on behind what the spool has of the same file.
  private func readFile(_ path: String) throws {
    let mark = D4FileMark(decoding: spool.mark)
    let file = try FileHandleReader(regular: path, followsLinks: true)
    var room = [UInt8](repeating: 0, count: D4Input.readOctets)
    var holder = D4LineHolder(isLines: isLines)
    var identity = D4FileMark.identity(of: [])
    var skip: UInt64 = 0
    var offset: UInt64 = 0
    var uncommitted = 0
    while waitForRoom() {
      let got = try file.readArray(&room)
      guard got > 0 else {
        try add(holder.finish())
        try spool.commit(mark: D4FileMark(identity: identity, offset: .max).encoded)
        return count { $0.files += 1 }
      }
      if offset == 0 {
        identity = D4FileMark.identity(of: room[..<got])
        if let mark, mark.identity == identity { skip = mark.offset }
        if skip == .max { return }
      }
      let passed = Int(min(UInt64(got), skip > offset ? skip - offset : 0))
      offset += UInt64(got)
      try add(holder.take(room[passed..<got]))
      uncommitted += got
      if uncommitted >= D4Input.commitOctets {
        let done = offset - UInt64(holder.held.count)
        if done >= skip {
          try spool.commit(mark: D4FileMark(identity: identity, offset: done).encoded)
        }
        uncommitted = 0
      }
    }
  }
}
