import Glibc

/// The file of a database, before SQLite sees it.
///
/// An existing file is only looked at by name: closing a descriptor of it would drop the locks that
/// SQLite holds in this process.
struct DatabaseFile: Equatable {
  private let device: UInt64
  private let number: UInt64

  /// Finds the file, or makes an empty one that only its owner can read and write.
  init<Schema: DatabaseSchema>(
    _ schema: Schema.Type, path: String, create: Bool
  ) throws(Schema.Failure) {
    if create {
      let file = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
      if file >= 0 {
        // The owner may write whatever the mask of the process says.
        _ = fchmod(file, 0o600)
        close(file)
      } else if errno != EEXIST {
        throw .unusable(path: path, reason: DatabaseFile.reason(errno))
      }
    }
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      if errno == ENOENT { throw .notThere(path: path) }
      throw .unusable(path: path, reason: DatabaseFile.reason(errno))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .unusable(path: path, reason: "is not a file")
    }
    guard status.st_mode & Schema.modeRefused == 0 else {
      throw .unusable(path: path, reason: Schema.modeReason)
    }
    (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino))
  }

  private static func reason(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
