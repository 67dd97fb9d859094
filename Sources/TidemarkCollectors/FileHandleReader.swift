import Glibc
import TidemarkCompression

/// A file descriptor of our own, read from the start to the end.
final class FileHandleReader {
  private let descriptor: Int32
  let path: String
  /// Octets in the file when it was opened.
  let size: UInt64
  let isRegular: Bool
  /// When the file was last written, seconds since 1970.
  let modified: Int

  /// Opens a file for reading.
  convenience init(path: String) throws(SourceError) {
    let opened = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else { throw FileHandleReader.openError(path, errno) }
    try self.init(owning: opened, path: path)
  }

  /// Opens a regular file for reading, and nothing at which that could wait.
  ///
  /// - Parameter followsLinks: false refuses a symbolic link.
  convenience init(regular path: String, followsLinks: Bool) throws(SourceError) {
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW)
    let opened = unsafe open(path, flags)
    guard opened >= 0 else { throw FileHandleReader.openError(path, errno) }
    try self.init(owning: opened, path: path)
    guard isRegular else { throw .notAFile(path: path) }
  }

  /// Takes over a descriptor; it is closed with the reader, and at once when an error is thrown.
  init(owning descriptor: Int32, path: String) throws(SourceError) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw .io(path: path, code: code)
    }
    let kind = status.st_mode & S_IFMT
    guard kind != S_IFDIR else {
      close(descriptor)
      throw .isDirectory(path: path)
    }
    self.descriptor = descriptor
    self.path = path
    isRegular = kind == S_IFREG
    modified = status.st_mtim.tv_sec
    size = isRegular ? UInt64(max(status.st_size, 0)) : 0
  }

  deinit { close(descriptor) }

  /// Fills a buffer; fewer octets than it holds only at the end of the file.
  func read(into buffer: UnsafeMutableRawBufferPointer) -> Result<Int, SourceError> {
    var filled = 0
    while filled < buffer.count {
      let got = unsafe Glibc.read(
        descriptor, buffer.baseAddress.map { unsafe $0 + filled }, buffer.count - filled)
      if got == 0 { break }
      if got < 0 {
        guard errno == EINTR else { return .failure(.io(path: path, code: errno)) }
        continue
      }
      filled += got
      // A pipe or terminal gives what it has; waiting for a full buffer would delay it.
      if !isRegular { break }
    }
    return .success(filled)
  }

  /// Goes back to the start.
  func rewind() throws(SourceError) {
    guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw .io(path: path, code: errno) }
  }

  /// Copies everything that is left into a file without a name, so that it can be read twice.
  ///
  /// - Parameter folder: a folder with room for it; the file vanishes with its reader.
  func spooled(in folder: String) throws(SourceError) -> FileHandleReader {
    guard let file = NamelessFile.make(in: folder) else { throw .io(path: folder, code: errno) }
    var buffer = [UInt8](repeating: 0, count: DecompressionLimits.inputChunkOctets)
    do throws(SourceError) {
      while true {
        let got = try readArray(&buffer)
        if got == 0 { break }
        try write(buffer, count: got, to: file, folder: folder)
      }
    } catch {
      close(file)
      throw error
    }
    guard lseek(file, 0, SEEK_SET) == 0 else {
      let code = errno
      close(file)
      throw .io(path: folder, code: code)
    }
    return try FileHandleReader(owning: file, path: path)
  }

  /// Fills an array; see ``read(into:)``.
  func readArray(_ buffer: inout [UInt8]) throws(SourceError) -> Int {
    try unsafe buffer.withUnsafeMutableBytes { unsafe read(into: $0) }.get()
  }

  private func write(
    _ buffer: [UInt8], count: Int, to file: Int32, folder: String
  ) throws(SourceError) {
    var done = 0
    while done < count {
      let wrote = unsafe buffer.withUnsafeBytes { bytes in
        unsafe Glibc.write(file, bytes.baseAddress.map { unsafe $0 + done }, count - done)
      }
      if wrote < 0 {
        guard errno == EINTR else { throw .io(path: folder, code: errno) }
        continue
      }
      done += wrote
    }
  }

  private static func openError(_ path: String, _ code: Int32) -> SourceError {
    switch code {
    case ENOENT, ENOTDIR: .notFound(path: path)
    case EACCES, EPERM: .notReadable(path: path)
    default: .io(path: path, code: code)
    }
  }
}
