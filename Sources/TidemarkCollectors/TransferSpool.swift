import Glibc

/// A file without a name for the records of a transfer: it vanishes with its last reader, also when
/// the program is killed.
final class TransferSpool {
  private let descriptor: Int32
  private let folder: String
  private var buffer: [UInt8] = []
  private static let bufferOctets = 1 << 18

  /// Makes an empty file in a folder.
  init(folder: String) throws(TransferError) {
    guard let made = NamelessFile.make(in: folder) else { throw .io(path: folder, code: errno) }
    descriptor = made
    self.folder = folder
  }

  deinit { close(descriptor) }

  /// Takes octets and empties the array.
  func append(_ octets: inout [UInt8]) throws(TransferError) {
    buffer.append(contentsOf: octets)
    octets.removeAll(keepingCapacity: true)
    if buffer.count >= TransferSpool.bufferOctets { try flush() }
  }

  /// What was written, as a source.
  func source(path: String) throws -> ByteSource {
    try flush()
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else { throw TransferError.io(path: folder, code: errno) }
    return try ByteSource(file: FileHandleReader(owning: copy, path: path))
  }

  private func flush() throws(TransferError) {
    var done = 0
    while done < buffer.count {
      let wrote = unsafe buffer.withUnsafeBytes { bytes in
        unsafe Glibc.write(
          descriptor, bytes.baseAddress.map { unsafe $0 + done }, buffer.count - done)
      }
      if wrote < 0 {
        guard errno == EINTR else { throw .io(path: folder, code: errno) }
        continue
      }
      done += wrote
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
