import Glibc

/// Why a file of a partner's folder cannot be read or written. Prints as one line.
public struct ShareFileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// Why.
  public let reason: String

  /// One line for people.
  public var description: String { "\(path): \(reason)" }

  init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  /// What the operating system said last.
  init(path: String) {
    self.init(path: path, reason: unsafe String(cString: strerror(errno)))
  }
}

/// A file that takes its name when it is complete and on the disk: nobody sees half of it.
final class ShareFile {
  private let folder: String
  private let path: String
  private let temporary: String
  private var descriptor: Int32

  /// Opens a file under a name of its own, in place of what a process that was killed left there.
  init(folder: String, name: String) throws(ShareFileError) {
    self.folder = folder
    path = "\(folder)/\(name)"
    temporary = path + ".tmp"
    descriptor = unsafe open(
      temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { throw ShareFileError(path: temporary) }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    _ = unsafe unlink(temporary)
  }

  func write(_ octets: [UInt8]) throws(ShareFileError) {
    var at = 0
    while at < octets.count {
      let written = unsafe octets.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress.map { unsafe $0 + at }, octets.count - at)
      }
      if written < 0 {
        if errno == EINTR { continue }
        throw ShareFileError(path: temporary)
      }
      at += written
    }
  }

  /// Gives the file its name.
  func finish() throws(ShareFileError) {
    guard fsync(descriptor) == 0, close(descriptor) == 0 else {
      throw ShareFileError(path: temporary)
    }
    descriptor = -1
    guard unsafe rename(temporary, path) == 0 else { throw ShareFileError(path: path) }
    let place = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard place >= 0 else { throw ShareFileError(path: folder) }
    defer { close(place) }
    guard fsync(place) == 0 else { throw ShareFileError(path: folder) }
  }

  /// Makes a folder, if it is not there.
  static func make(folder: String) throws(ShareFileError) {
    guard unsafe mkdir(folder, 0o750) == 0 || errno == EEXIST else {
      throw ShareFileError(path: folder)
    }
  }

  static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  /// The octets of a file; nil when it is not there.
  static func read(_ path: String, octetsMax: Int) throws(ShareFileError) -> [UInt8]? {
    guard let file = try ShareFileReader(path) else { return nil }
    var octets: [UInt8] = []
    while true {
      let piece = try file.read(1 << 16)
      if piece.isEmpty { return octets }
      octets += piece
      guard octets.count <= octetsMax else {
        throw ShareFileError(path: path, reason: "longer than \(octetsMax) octets")
      }
    }
  }
}

/// A file that is read from its start to its end.
///
/// - Concurrency: one user at a time.
final class ShareFileReader: @unchecked Sendable {
  private let path: String
  private let descriptor: Int32

  /// Opens a file; nil when it is not there.
  init?(_ path: String) throws(ShareFileError) {
    self.path = path
    descriptor = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw ShareFileError(path: path)
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The next octets; none at the end.
  func read(_ count: Int) throws(ShareFileError) -> [UInt8] {
    var octets = [UInt8](repeating: 0, count: count)
    while true {
      let got = unsafe octets.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      if got >= 0 {
        octets.removeLast(count - got)
        return octets
      }
      if errno != EINTR { throw ShareFileError(path: path) }
    }
  }
}
