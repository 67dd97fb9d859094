import Glibc

/// Small files read whole.
enum TextFile {
  /// Why a file could not be read.
  struct Failure: Error, CustomStringConvertible {
    let path: String
    let reason: String
    var description: String { "\(path): \(reason)" }
  }

  /// The text of a file, or a ``Failure``.
  static func read(_ path: String, octetsMax: Int) throws(Failure) -> String {
    String(decoding: try octets(path, max: octetsMax), as: UTF8.self)
  }

  /// The octets of a file, or a ``Failure``.
  static func octets(_ path: String, max octetsMax: Int) throws(Failure) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var octets = [UInt8](repeating: 0, count: octetsMax + 1)
    var count = 0
    while count < octets.count {
      let got = unsafe octets.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress.map { unsafe $0 + count }, $0.count - count)
      }
      if got < 0 {
        if errno == EINTR { continue }
        throw failure(path)
      }
      if got == 0 { return Array(octets[..<count]) }
      count += got
    }
    throw Failure(path: path, reason: "longer than \(octetsMax) octets")
  }

  fileprivate static func failure(_ path: String) -> Failure {
    Failure(path: path, reason: unsafe String(cString: strerror(errno)))
  }
}

/// A file read in pieces.
final class TextFileReader {
  private let descriptor: Int32
  private let path: String

  /// Opens a file; `-` is standard input.
  init(path: String) throws(TextFile.Failure) {
    self.path = path
    descriptor = path == "-" ? dup(STDIN_FILENO) : unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw TextFile.failure(path) }
  }

  deinit { close(descriptor) }

  /// Fills the start of an array.
  ///
  /// - Returns: how many octets were read; 0 at the end.
  func read(into octets: inout [UInt8]) throws(TextFile.Failure) -> Int {
    while true {
      let got = unsafe octets.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      if got >= 0 { return got }
      if errno != EINTR { throw TextFile.failure(path) }
    }
  }
}
