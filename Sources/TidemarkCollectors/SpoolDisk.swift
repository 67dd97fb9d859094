import Glibc

/// What a spool does to its folder, one system call or so each. Every step that changes the disk
/// asks the hook first, so that a test can let a spool die between any two of them.
struct SpoolDisk: Sendable {
  let folder: String
  private let hook: SpoolHook?

  init(folder: String, hook: SpoolHook?) {
    self.folder = folder
    self.hook = hook
  }

  /// Makes the folder and those inside it.
  func makeFolders(_ names: [String]) throws(SpoolError) {
    try step(.makeFolder)
    for path in [folder] + names.map({ "\(folder)/\($0)" }) {
      guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure(path) }
    }
  }

  /// Takes the lock of the folder; held until the descriptor is closed.
  func lock() throws(SpoolError) -> SpoolLock {
    let path = "\(folder)/lock"
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      throw code == EWOULDBLOCK ? .inUse(folder: folder) : .io(path: path, code: code)
    }
    return SpoolLock(descriptor: descriptor)
  }

  /// Makes an empty file, or empties it.
  func create(_ name: String) throws(SpoolError) -> SpoolOutput {
    try step(.create)
    let path = "\(folder)/\(name)"
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path) }
    return SpoolOutput(descriptor: descriptor, path: path)
  }

  func write(_ octets: [UInt8], to output: borrowing SpoolOutput) throws(SpoolError) {
    try step(.write)
    var done = 0
    while done < octets.count {
      let wrote = unsafe octets.withUnsafeBytes { bytes in
        unsafe Glibc.write(
          output.descriptor, bytes.baseAddress.map { unsafe $0 + done }, octets.count - done)
      }
      if wrote < 0 {
        guard errno == EINTR else { throw failure(output.path) }
        continue
      }
      done += wrote
    }
  }

  func sync(_ output: borrowing SpoolOutput) throws(SpoolError) {
    try step(.syncFile)
    guard fsync(output.descriptor) == 0 else { throw failure(output.path) }
  }

  func rename(_ name: String, to other: String) throws(SpoolError) {
    try step(.rename)
    guard unsafe Glibc.rename("\(folder)/\(name)", "\(folder)/\(other)") == 0 else {
      throw failure("\(folder)/\(name)")
    }
  }

  /// Gives a file a second name; one that it has already is fine.
  func link(_ name: String, as other: String) throws(SpoolError) {
    try step(.link)
    guard unsafe Glibc.link("\(folder)/\(name)", "\(folder)/\(other)") == 0 || errno == EEXIST
    else { throw failure("\(folder)/\(other)") }
  }

  /// Removes a file; one that is not there is fine.
  func remove(_ name: String) throws(SpoolError) {
    try step(.remove)
    guard unsafe unlink("\(folder)/\(name)") == 0 || errno == ENOENT else {
      throw failure("\(folder)/\(name)")
    }
  }

  /// Makes new names and removals durable.
  func syncFolder(_ name: String = ".") throws(SpoolError) {
    try step(.syncFolder)
    let path = "\(folder)/\(name)"
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure(path) }
  }

  /// Replaces a small file as a whole: after a crash it is the old one or the new one.
  func replace(_ name: String, with octets: [UInt8]) throws(SpoolError) {
    let output = try create("\(name).tmp")
    try write(octets, to: output)
    try sync(output)
    try rename("\(name).tmp", to: name)
  }

  /// Names and sizes of the regular files in a folder.
  func list(_ name: String = ".") throws(SpoolError) -> [(name: String, octets: UInt64)] {
    let path = "\(folder)/\(name)"
    guard let stream = unsafe opendir(path) else { throw failure(path) }
    defer { unsafe closedir(stream) }
    var files: [(name: String, octets: UInt64)] = []
    while let entry = unsafe readdir(stream) {
      let file = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      var status = stat()
      guard unsafe lstat("\(path)/\(file)", &status) == 0, status.st_mode & S_IFMT == S_IFREG
      else { continue }
      files.append((file, UInt64(max(status.st_size, 0))))
    }
    return files
  }

  /// A piece of a file; nil when there is no such file or it is too short.
  func read(_ name: String, at offset: UInt64, count: Int) throws(SpoolError) -> [UInt8]? {
    let path = "\(folder)/\(name)"
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw failure(path)
    }
    defer { close(descriptor) }
    var octets = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = unsafe octets.withUnsafeMutableBytes { room in
        unsafe pread(
          descriptor, room.baseAddress.map { unsafe $0 + done }, count - done,
          off_t(clamping: offset) + off_t(done))
      }
      if got == 0 { return nil }
      if got < 0 {
        guard errno == EINTR else { throw failure(path) }
        continue
      }
      done += got
    }
    return octets
  }

  private func step(_ step: SpoolStep) throws(SpoolError) {
    if let hook { try hook(step) }
  }

  private func failure(_ path: String) -> SpoolError { .io(path: path, code: errno) }
}

/// A change of the disk that is about to be made.
public enum SpoolStep: String, Sendable, CaseIterable {
  /// A folder is made.
  case makeFolder
  /// A file is made.
  case create
  /// Octets are written to it.
  case write
  /// They are made durable.
  case syncFile
  /// The file gets its final name.
  case rename
  /// A file gets a second name.
  case link
  /// A file is removed.
  case remove
  /// Names are made durable.
  case syncFolder
}

/// Called before each change of the disk; what it throws is what the change throws.
public typealias SpoolHook = @Sendable (SpoolStep) throws(SpoolError) -> Void

/// A file that is being written; closed with the value.
struct SpoolOutput: ~Copyable {
  let descriptor: Int32
  let path: String

  deinit { close(descriptor) }
}

/// The lock of a spool's folder, released with the value.
final class SpoolLock: Sendable {
  private let descriptor: Int32

  init(descriptor: Int32) { self.descriptor = descriptor }

  // Closing alone would leave the lock to a child process that was just being started.
  deinit {
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}

/// Why a spool cannot do what was asked. Each prints as one line.
public enum SpoolError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Another process works with the folder.
  case inUse(folder: String)
  /// The system refused; `code` is the `errno` of the call.
  case io(path: String, code: Int32)
  /// The spool's own state is damaged: without it, what was delivered is not known.
  case damagedState(path: String)
  /// A name of a sensor or dataset is empty, too long, or one too many.
  case badName(what: String)
  /// There is no memory for compressing.
  case outOfMemory

  /// One line for people.
  public var description: String {
    switch self {
    case .inUse(let folder): "\(folder): in use by another relay"
    case .io(let path, let code): "\(path): input/output error \(code)"
    case .damagedState(let path):
      "\(path): damaged; move the folder away to start a new spool, which counts what was sent and "
        + "not yet confirmed twice"
    case .badName(let what): "the spool takes no such \(what) name"
    case .outOfMemory: "no memory for compressing"
    }
  }
}
