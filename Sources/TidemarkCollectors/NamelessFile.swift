import Glibc

/// Files that no folder lists: they vanish with their last descriptor, also when the program is
/// killed.
enum NamelessFile {
  /// Makes an empty file.
  ///
  /// - Parameter folder: a folder on the disk that is to hold it.
  /// - Returns: its descriptor, nil with `errno` when the system refuses.
  static func make(in folder: String) -> Int32? {
    // mkstemp(3) puts letters of its own in place of the six X.
    var template = Array("\(folder)/tidemark-spool-XXXXXX".utf8CString)
    let descriptor = unsafe mkstemp(&template)
    guard descriptor >= 0 else { return nil }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    unsafe unlink(template)
    return descriptor
  }
}
