#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The little that is asked of the file system directly.
enum Files {
  /// True when the path names anything.
  static func exist(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  /// Removes a file, if it is there.
  static func remove(_ path: String) { unsafe unlink(path) }

  /// True for a directory without entries.
  static func isEmptyDirectory(_ path: String) -> Bool { names(in: path)?.isEmpty ?? false }

  /// The entries of a directory; nil when it cannot be read.
  static func names(in path: String) -> [String]? {
    guard let directory = unsafe opendir(path) else { return nil }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
        unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Octets that a process without privileges can still write where `path` is; nil when the system
  /// does not tell.
  static func octetsFree(_ path: String) -> UInt64? {
    var system = statvfs()
    guard unsafe statvfs(path, &system) == 0 else { return nil }
    let (octets, overflow) = UInt64(system.f_bavail).multipliedReportingOverflow(
      by: UInt64(system.f_frsize))
    return overflow ? nil : octets
  }

  /// The process that has the directory open for writing; nil when nobody has, or the system does
  /// not tell.
  ///
  /// Not to be called while this process has it open: closing the file would drop its own lock.
  static func lockHolder(ofDirectory path: String) -> Int32? {
    let file = unsafe open(path + "/LOCK", O_RDWR | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { _ = close(file) }
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    guard unsafe fcntl(file, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK), lock.l_pid > 0
    else { return nil }
    return lock.l_pid
  }

  /// This process.
  static var thisProcess: Int32 { getpid() }
}

/// A directory of our own below the system's place for temporary files, removed with its files
/// when the value goes away.
final class TemporaryDirectory {
  let path: String

  /// Nil when none can be made.
  init?() {
    let base = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    var template = Array((base + "/tidemark-XXXXXX").utf8CString)
    guard unsafe mkdtemp(&template) != nil else { return nil }
    path = unsafe template.withUnsafeBufferPointer { name in
      unsafe name.baseAddress.map { unsafe String(cString: $0) } ?? ""
    }
  }

  deinit {
    for name in Files.names(in: path) ?? [] { unsafe unlink(path + "/" + name) }
    unsafe rmdir(path)
  }
}
