import Glibc

/// Which files of a folder are followed: a path whose last component may hold `*`, `?` and `[…]`.
///
/// Files that a rotation made of them belong to it as well: `dns.log` also finds `dns.log.1`,
/// `dns.log.2.gz`, `dns.log-20250101`, `dns-20250101.log` and `dns.2025-01-01.log.gz`. Hidden files
/// are never found.
public struct FollowPattern: Sendable, Equatable {
  /// The folder.
  public let folder: String
  /// The last component.
  public let name: String
  /// True when it names one file, so that its rotated ones are read before it.
  public var isPlain: Bool { !name.contains { "*?[".contains($0) } }

  private let rotatedNames: [String]

  /// What a name is to a pattern.
  enum Role: Equatable {
    /// It matches; a writer may be at it.
    case current
    /// A rotation made it of a file that matched.
    case rotated
  }

  /// A pattern from a path.
  public init(_ path: String) {
    if let slash = path.lastIndex(of: "/") {
      folder = slash == path.startIndex ? "/" : String(path[..<slash])
      name = String(path[path.index(after: slash)...])
    } else {
      folder = "."
      name = path
    }
    var rotated = ["\(name).*", "\(name)-*"]
    if let dot = name.lastIndex(of: "."), dot != name.startIndex {
      let (stem, end) = (name[..<dot], name[dot...])
      for separator in ["-", "."] {
        rotated.append("\(stem)\(separator)*\(end)")
        rotated.append("\(stem)\(separator)*\(end).*")
      }
    }
    rotatedNames = rotated
  }

  /// What a name in the folder is; nil for strangers.
  func role(of candidate: String) -> Role? {
    func matches(_ pattern: String) -> Bool {
      unsafe fnmatch(pattern, candidate, FNM_PERIOD) == 0
    }
    if matches(name) { return .current }
    return rotatedNames.contains(where: matches) ? .rotated : nil
  }
}

/// What the file system says about a file.
struct FileStatus: Equatable {
  /// Names the file as long as it exists; a later file may get the same.
  struct Key: Hashable {
    let device: UInt64
    let number: UInt64
  }

  let key: Key
  let size: UInt64
  /// Nanoseconds since the epoch.
  let modified: Int64

  /// Of a file by its path; nil when there is none, or it is no file.
  init?(path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// Of an open file.
  init?(descriptor: Int32) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  private init?(_ status: stat) {
    guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    key = Key(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
    size = UInt64(max(status.st_size, 0))
    modified =
      Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
  }
}

/// Names in folders.
enum FolderListing {
  /// The names in a folder; none when it cannot be read.
  static func names(in path: String) -> [String] {
    guard let folder = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
      names.append(
        unsafe withUnsafeBytes(of: entry.pointee.d_name) { octets in
          unsafe String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names
  }
}
