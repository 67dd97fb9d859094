import Crypto
import Glibc

/// A file that says how many keys of a list are done.
///
/// One line: `tidemark-bulk 1 KEYS SHA256`, the hash over the keys done, each with a line feed, so
/// that another list is noticed. The file is replaced in one step after each key whose rows were
/// written. Rows of the key under way may be there twice after a crash, and none is missing.
struct BulkCheckpoint {
  /// Why a checkpoint cannot be used.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private static let mark = "tidemark-bulk 1"
  private static let octetsMax = 256

  /// Keys that an earlier run finished.
  let done: Int
  private let path: String
  private let doneHash: String
  private var hash = SHA256()
  private var keys = 0
  private var isStopped = false

  /// Reads a checkpoint; one that does not exist starts at the first key.
  init(path: String) throws(Failure) {
    self.path = path
    guard unsafe access(path, F_OK) == 0 else {
      done = 0
      doneHash = ""
      return
    }
    let text: String
    do {
      text = try TextFile.read(path, octetsMax: BulkCheckpoint.octetsMax)
    } catch {
      throw Failure(description: "--resume: \(error)")
    }
    let words = text.split(whereSeparator: \.isWhitespace)
    guard words.count == 4, "\(words[0]) \(words[1])" == BulkCheckpoint.mark,
      let count = Int(words[2]), count >= 0
    else { throw Failure(description: "--resume: \(path) is no checkpoint of a bulk look-up") }
    done = count
    doneHash = String(words[3])
  }

  /// Takes the next key of the list. Keys are taken in order, before any of them is noted.
  ///
  /// - Returns: true when an earlier run finished it.
  /// - Throws: ``Failure`` when the keys that were done are others than those of the list.
  mutating func skips(_ key: String) throws(Failure) -> Bool {
    guard keys < done else { return false }
    add(key)
    if keys == done, text(of: hash) != doneHash { throw otherList }
    return true
  }

  /// Leaves the checkpoint as it is from here on: the next key is not done.
  mutating func stop() { isStopped = true }

  /// Notes that the next key of those that were not skipped is done.
  mutating func finish(_ key: String) throws(Failure) {
    guard !isStopped else { return }
    add(key)
    try write()
  }

  private mutating func add(_ key: String) {
    keys += 1
    hash.update(data: Array((key + "\n").utf8))
  }

  private func write() throws(Failure) {
    let line = Array("\(BulkCheckpoint.mark) \(keys) \(text(of: hash))\n".utf8)
    let fresh = path + ".new"
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
    let descriptor = unsafe open(fresh, flags, 0o600)
    guard descriptor >= 0 else { throw failure(fresh) }
    let isWritten = StandardStreams.write(line, to: descriptor)
    guard close(descriptor) == 0, isWritten, unsafe rename(fresh, path) == 0 else {
      throw failure(path)
    }
  }

  /// Checks the end of the list.
  func end() throws(Failure) {
    if keys < done { throw otherList }
  }

  private var otherList: Failure {
    Failure(description: "--resume: \(path) is of another list")
  }

  private func failure(_ path: String) -> Failure {
    Failure(description: "--resume: \(path): \(unsafe String(cString: strerror(errno)))")
  }

  private func text(of hash: SHA256) -> String {
    hash.finalize().map { octet in
      let digits = String(octet, radix: 16)
      return digits.utf8.count < 2 ? "0" + digits : digits
    }.joined()
  }
}
