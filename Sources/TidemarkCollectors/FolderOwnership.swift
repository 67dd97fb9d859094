import Glibc

extension Privileges {
  /// Gives a folder and everything in it to a user, so that a process that was root when it opened
  /// them can go on as that user. Links are not followed.
  ///
  /// - Throws: ``Failure``; what was given away stays so.
  public static func give(folder: String, toUser user: String, group: String?) throws(Failure) {
    let account = try find(user: user)
    let owner = try group.map { name throws(Failure) in try find(group: name) } ?? account.group
    try give(folder, user: account.user, group: owner, depth: 0)
  }

  private static func give(
    _ path: String, user: uid_t, group: gid_t, depth: Int
  ) throws(Failure) {
    // A store and a spool are two folders deep; anything deeper is none of ours.
    guard depth < 4 else { return }
    guard unsafe lchown(path, user, group) == 0 || errno == ENOENT else {
      throw .refused(call: "chown \(path)", code: errno)
    }
    var status = stat()
    guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
      let folder = unsafe opendir(path)
    else { return }
    defer { unsafe closedir(folder) }
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { octets in
        unsafe String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name != ".", name != ".." else { continue }
      try give("\(path)/\(name)", user: user, group: group, depth: depth + 1)
    }
  }
}
