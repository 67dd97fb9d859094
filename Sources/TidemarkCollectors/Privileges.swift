import CPcap
import Glibc

/// Gives privileges up, for good, once everything that needs them is open.
public enum Privileges {
  /// Why privileges could not be given up. The process must not go on then.
  public enum Failure: Error, Equatable, Sendable, CustomStringConvertible {
    /// No such user.
    case unknownUser(String)
    /// No such group.
    case unknownGroup(String)
    /// The user is root.
    case userIsRoot(String)
    /// A call failed; `code` is its `errno`.
    case refused(call: String, code: Int32)
    /// Everything succeeded, and yet a privilege is still there or can be had again.
    case stillPrivileged(String)

    /// One sentence for people.
    public var description: String {
      switch self {
      case .unknownUser(let name): "no user '\(name)'"
      case .unknownGroup(let name): "no group '\(name)'"
      case .userIsRoot(let name): "'\(name)' is root; privileges would not be given up"
      case .refused(let call, let code): "\(call): error \(code)"
      case .stillPrivileged(let what): "privileges were given up in vain: \(what)"
      }
    }
  }

  /// True when the process is root: it should name a user to become.
  public static var isRoot: Bool { geteuid() == 0 }

  /// Becomes an ordinary user without capabilities, and makes sure that nothing leads back.
  ///
  /// Afterwards no program that this process starts can gain privileges either, and no other
  /// process of the user can read its memory.
  ///
  /// - Parameters:
  ///   - user: the user to become; nil stays who one is and gives up capabilities only.
  ///   - group: nil for the user's own group.
  /// - Throws: ``Failure``. Some of the privileges may be gone then.
  /// - Concurrency: for all threads of the process, those included that the C library's `setuid`
  ///   passes over. Call it once, while no other thread starts threads.
  public static func drop(toUser user: String?, group: String?) throws(Failure) {
    var target: (user: uid_t, group: gid_t)?
    if let user {
      var account = try find(user: user)
      guard account.user != 0 else { throw .userIsRoot(user) }
      if let group { account.group = try find(group: group) }
      try become(user: account.user, group: account.group)
      target = account
    }
    try check(tidemark_drop_capabilities(), "capset")
    try check(tidemark_no_new_privileges(), "prctl(PR_SET_NO_NEW_PRIVS)")
    try check(tidemark_not_dumpable(), "prctl(PR_SET_DUMPABLE)")
    for (thread, _) in try privilegedThreads() {
      // Whether it did is looked at below.
      _ = tidemark_drop_in_thread(
        thread, target == nil ? 0 : 1, target?.user ?? 0, target?.group ?? 0)
    }
    if target != nil { try refuseReturn() }
    if let (_, line) = try privilegedThreads().first {
      throw .stillPrivileged("a thread has \(line)")
    }
  }

  private static func become(user: uid_t, group: gid_t) throws(Failure) {
    var groups = [group]
    if geteuid() == 0 { try check(unsafe setgroups(1, &groups), "setgroups") }
    // Called by root, these set the saved ids too.
    try check(setgid(group), "setgid")
    try check(setuid(user), "setuid")
    guard getuid() == user, geteuid() == user, getgid() == group, getegid() == group else {
      throw .stillPrivileged("the user or group did not change")
    }
  }

  /// Tries to become root again.
  private static func refuseReturn() throws(Failure) {
    guard setuid(0) != 0, seteuid(0) != 0, geteuid() != 0 else {
      throw .stillPrivileged("root can be had again")
    }
    guard getegid() == 0 || setegid(0) != 0 else {
      throw .stillPrivileged("the group of root can be had again")
    }
  }

  /// Threads that the kernel still grants something, and what.
  private static func privilegedThreads() throws(Failure) -> [(thread: Int32, line: String)] {
    let folder = "/proc/self/task"
    let names = FolderListing.names(in: folder)
    guard !names.isEmpty else { throw .stillPrivileged("\(folder) cannot be read") }
    var found: [(thread: Int32, line: String)] = []
    for name in names {
      guard let thread = Int32(name), let status = read("\(folder)/\(name)/status") else {
        continue
      }
      let line = status.split(separator: "\n").first { line in
        ["CapPrm:", "CapEff:", "CapAmb:"].contains { line.hasPrefix($0) }
          && line.drop { $0 != ":" }.contains { $0.isHexDigit && $0 != "0" }
      }
      if let line { found.append((thread, String(line))) }
    }
    return found
  }

  private static func read(_ path: String) -> String? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var octets = [UInt8](repeating: 0, count: 8_192)
    let count = unsafe octets.withUnsafeMutableBytes { buffer in
      unsafe Glibc.read(file, buffer.baseAddress, buffer.count)
    }
    return count > 0 ? String(decoding: octets.prefix(count), as: UTF8.self) : nil
  }

  static func find(user: String) throws(Failure) -> (user: uid_t, group: gid_t) {
    var entry = unsafe passwd()
    var result: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    let code = unsafe getpwnam_r(user, &entry, &buffer, buffer.count, &result)
    guard unsafe code == 0 && result != nil else { throw .unknownUser(user) }
    return unsafe (entry.pw_uid, entry.pw_gid)
  }

  static func find(group: String) throws(Failure) -> gid_t {
    var entry = unsafe Glibc.group()
    var result: UnsafeMutablePointer<Glibc.group>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    let code = unsafe getgrnam_r(group, &entry, &buffer, buffer.count, &result)
    guard unsafe code == 0 && result != nil else { throw .unknownGroup(group) }
    return unsafe entry.gr_gid
  }

  private static func check(_ result: Int32, _ call: String) throws(Failure) {
    guard result == 0 else { throw .refused(call: call, code: errno) }
  }
}
