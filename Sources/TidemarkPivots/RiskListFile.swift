import Crypto
import Glibc

/// Why the folder of lists cannot be used. Each prints as one line.
public enum RiskListFolderError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A name that cannot be that of a file, or is too long.
  case badName
  /// There is no list of this name.
  case unknownList(name: String)
  /// The description of a list is damaged or of a later version.
  case badDescription(path: String)
  /// The octets are not those that the description tells of.
  case otherOctets(path: String)
  /// The list itself cannot be taken.
  case list(name: String, RiskListError)
  /// The list has less than half of the entries that it had: it was not written.
  case shrunk(name: String, entries: Int, before: Int)
  /// The operating system refused.
  case system(path: String, reason: String)

  /// One line for people.
  public var description: String {
    switch self {
    case .badName:
      "the name of a list has 1 to \(RiskListFolder.nameOctetsMax) letters (ASCII), digits, "
        + "hyphens, underscores and dots, no dot in front"
    case .unknownList(let name): "there is no list \(name)"
    case .badDescription(let path): "\(path): damaged, or of a later version"
    case .otherOctets(let path): "\(path): not the list that was written; update it"
    case .list(let name, let error): "list \(name): \(error)"
    case .shrunk(let name, let entries, let before):
      RiskListNotice.shrunk(name: name, entries: entries, before: before).description
    case .system(let path, let reason): "\(path): \(reason)"
    }
  }

  /// What the operating system said last.
  static func system(path: String) -> RiskListFolderError {
    .system(path: path, reason: unsafe String(cString: strerror(errno)))
  }
}

/// Files of the folder of lists.
enum RiskListFile {
  /// Writes a file and brings it to the disk, under a name that nobody reads yet.
  static func write(_ octets: [UInt8], to path: String) throws(RiskListFolderError) {
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC
    let file = unsafe open(path, flags, 0o640)
    guard file >= 0 else { throw .system(path: path) }
    defer { close(file) }
    var at = 0
    while at < octets.count {
      let count = unsafe octets.withUnsafeBytes {
        unsafe Glibc.write(file, $0.baseAddress.map { unsafe $0 + at }, octets.count - at)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .system(path: path) }
      at += count
    }
    guard fsync(file) == 0 else { throw .system(path: path) }
  }

  /// Gives a file its name, and brings that to the disk.
  static func rename(_ path: String, to final: String, in folder: String)
    throws(RiskListFolderError)
  {
    guard unsafe Glibc.rename(path, final) == 0 else { throw .system(path: final) }
    let place = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard place >= 0 else { throw .system(path: folder) }
    defer { close(place) }
    guard fsync(place) == 0 else { throw .system(path: folder) }
  }

  /// The octets of a file; nil when it is not there.
  static func read(_ path: String, octetsMax: Int) throws(RiskListFolderError) -> [UInt8]? {
    let file = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw .system(path: path)
    }
    defer { close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0 else { throw .system(path: path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .system(path: path, reason: "is not a file")
    }
    guard status.st_size <= octetsMax else {
      throw .system(path: path, reason: "longer than \(octetsMax) octets")
    }
    var octets = [UInt8](repeating: 0, count: Int(status.st_size))
    var at = 0
    while at < octets.count {
      let count = unsafe octets.withUnsafeMutableBytes { room in
        unsafe Glibc.read(file, room.baseAddress.map { unsafe $0 + at }, room.count - at)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .system(path: path) }
      if count == 0 { break }
      at += count
    }
    octets.removeLast(octets.count - at)
    return octets
  }

  /// Names in a folder, in any order; none when it is not there.
  static func names(in folder: String) throws(RiskListFolderError) -> [String] {
    guard let place = unsafe opendir(folder) else {
      if errno == ENOENT { return [] }
      throw .system(path: folder)
    }
    defer { unsafe _ = closedir(place) }
    var names: [String] = []
    while let entry = unsafe readdir(place) {
      let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { octets in
        unsafe String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
      }
      names.append(name)
    }
    return names
  }

  /// SHA-256, lower-case hexadecimal digits.
  static func digest(_ octets: [UInt8]) -> String {
    SHA256.hash(data: octets).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
