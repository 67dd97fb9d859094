import CPcap  // libpcap's headers bring those of sockets and poll(2) with them
import Glibc

/// A unix stream socket in the file system: bound with its final mode before anybody can connect.
struct UnixSocketFile {
  /// The socket, bound and not yet listening. Whoever listens on it closes it.
  let descriptor: Int32
  private let path: String
  private let device: dev_t
  private let inode: ino_t

  /// Binds a socket. What a program left there that is gone is removed.
  ///
  /// - Parameters:
  ///   - mode: permissions; writing is what connecting needs.
  ///   - group: owner group; nil keeps the process's.
  init(path: String, mode: mode_t, group: String?) throws(StreamError) {
    var address = try UnixSocketFile.address(path)
    try UnixSocketFile.removeStale(path, &address)
    let gid = try group.map(UnixSocketFile.groupID)
    let made = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard made >= 0 else { throw .system("\(path): \(UnixSocketFile.error())") }
    guard unsafe UnixSocketFile.call(bind, made, &address) == 0 else {
      defer { close(made) }
      throw .system("\(path): \(UnixSocketFile.error())")
    }
    var status = stat()
    // Until `listen`, connecting fails, so that nobody gets in before these have taken effect.
    guard unsafe chmod(path, mode) == 0, gid.map({ unsafe chown(path, .max, $0) }) ?? 0 == 0,
      unsafe lstat(path, &status) == 0
    else {
      defer {
        close(made)
        unsafe unlink(path)
      }
      throw .system("\(path): \(UnixSocketFile.error())")
    }
    self.path = path
    descriptor = made
    device = status.st_dev
    inode = status.st_ino
  }

  /// Removes the file unless another one has taken its place.
  func remove() {
    var status = stat()
    guard unsafe lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else {
      return
    }
    unsafe unlink(path)
  }

  /// Removes a socket that nobody answers on.
  private static func removeStale(
    _ path: String, _ address: inout sockaddr_un
  ) throws(StreamError) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else {
      guard errno == ENOENT else { throw .system("\(path): \(error())") }
      return
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    let probe = socket(AF_UNIX, Int32(kind), 0)
    guard probe >= 0 else { throw .system("\(path): \(error())") }
    defer { close(probe) }
    // EAGAIN: somebody listens, and is busy.
    guard unsafe call(connect, probe, &address) != 0, errno == ECONNREFUSED else {
      throw .inUse(path)
    }
    guard unsafe unlink(path) == 0 || errno == ENOENT else { throw .system("\(path): \(error())") }
  }

  private static func address(_ path: String) throws(StreamError) -> sockaddr_un {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let octets = Array(path.utf8)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard !octets.isEmpty, octets.count < room else { throw .pathTooLong(path) }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: octets) }
    return address
  }

  private static func call(
    _ function: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32, _ descriptor: Int32,
    _ address: inout sockaddr_un
  ) -> Int32 {
    unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  private static func groupID(_ name: String) throws(StreamError) -> gid_t {
    var entry = unsafe group()
    var found: UnsafeMutablePointer<group>?
    var buffer = [CChar](repeating: 0, count: 65_536)
    let size = buffer.count
    let status = unsafe buffer.withUnsafeMutableBufferPointer {
      unsafe getgrnam_r(name, &entry, $0.baseAddress, size, &found)
    }
    guard status == 0, unsafe found != nil else { throw .unknownGroup(name) }
    return unsafe entry.gr_gid
  }

  private static func error() -> String {
    unsafe String(cString: strerror(errno))
  }
}
