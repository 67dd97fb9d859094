import Crypto
import Glibc

/// How far a file is in a spool.
struct D4FileMark: Equatable {
  private static let magic = Array("file".utf8)
  private static let headOctets = 4_096

  /// What tells the file from others: its first octets.
  var identity: [UInt8]
  /// Octets of it in the spool; all when it was read to its end.
  var offset: UInt64

  init(identity: [UInt8], offset: UInt64) {
    self.identity = identity
    self.offset = offset
  }

  static func identity(of head: some Sequence<UInt8>) -> [UInt8] {
    Array(SHA256.hash(data: Array(head.prefix(headOctets))))
  }

  var encoded: [UInt8] {
    var encoder = SpoolEncoder(magic: D4FileMark.magic)
    encoder.append(identity)
    encoder.append(offset)
    return encoder.sealed()
  }

  init?(decoding octets: [UInt8]) {
    guard var decoder = SpoolDecoder(octets, magic: D4FileMark.magic),
      let identity = decoder.bytes(), let offset = decoder.longNumber(), decoder.isAtEnd
    else { return nil }
    self.init(identity: identity, offset: offset)
  }
}

/// The files of a folder that are in a spool: a hash of name, size and time of each.
struct D4FolderMark: Equatable {
  private static let magic = Array("fold".utf8)

  var files: Set<[UInt8]> = []

  init() {}

  static func identity(name: String, octets: UInt64, modified: Int) -> [UInt8] {
    Array(SHA256.hash(data: Array("\(octets) \(modified) \(name)".utf8)).prefix(16))
  }

  var encoded: [UInt8] {
    var encoder = SpoolEncoder(magic: D4FolderMark.magic)
    encoder.append(UInt32(clamping: files.count))
    for file in files.sorted(by: { $0.lexicographicallyPrecedes($1) }) { encoder.append(file) }
    return encoder.sealed()
  }

  init?(decoding octets: [UInt8]) {
    guard var decoder = SpoolDecoder(octets, magic: D4FolderMark.magic),
      let count = decoder.number()
    else { return nil }
    for _ in 0..<count {
      guard let file = decoder.bytes() else { return nil }
      files.insert(file)
    }
    guard decoder.isAtEnd else { return nil }
  }
}

/// Who takes from a queue, and the batch that the spool has last.
struct D4QueueMark: Equatable {
  private static let magic = Array("queu".utf8)

  var consumer: String
  var token: [UInt8] = []

  init(consumer: String) {
    self.consumer = consumer
  }

  var encoded: [UInt8] {
    var encoder = SpoolEncoder(magic: D4QueueMark.magic)
    encoder.append(Array(consumer.utf8))
    encoder.append(token)
    return encoder.sealed()
  }

  init?(decoding octets: [UInt8]) {
    guard var decoder = SpoolDecoder(octets, magic: D4QueueMark.magic),
      let consumer = decoder.bytes(), let token = decoder.bytes(), decoder.isAtEnd
    else { return nil }
    self.init(consumer: String(decoding: consumer, as: UTF8.self))
    self.token = token
  }
}

// MARK: - A folder

extension D4Input {
  /// Larger files are refused: they would have to be held whole.
  private static let fileOctetsMax: UInt64 = 64 << 20
  private static let lookMilliseconds = 1_000

  private struct Found {
    var name: String
    var octets: UInt64
    var modified: Int
    var identity: [UInt8]
  }

  /// Sends every file once it did not change between two looks.
  func watch(folder: String, isRaw: Bool) throws {
    var mark = D4FolderMark(decoding: spool.mark) ?? D4FolderMark()
    var before: Set<[UInt8]> = []
    while waitForRoom() {
      let files = try D4Input.list(folder)
      let now = Set(files.map(\.identity))
      mark.files.formIntersection(now)
      var uncommitted: Int?
      for file in files where before.contains(file.identity) && !isStopping {
        guard !mark.files.contains(file.identity) else { continue }
        if file.octets <= D4Input.fileOctetsMax,
          let octets = D4Input.content("\(folder)/\(file.name)", octets: Int(file.octets))
        {
          let payload = D4Input.payload(octets, isRaw: isRaw, isLines: isLines)
          try add(payload)
          uncommitted = (uncommitted ?? 0) + payload.count
          count { $0.files += 1 }
        } else {
          uncommitted = uncommitted ?? 0
          count { $0.filesRefused += 1 }
        }
        mark.files.insert(file.identity)
        // The mark names all files of the folder: written for each, it would be most of the work.
        if let octets = uncommitted, octets >= D4Input.commitOctets || spool.isFull {
          try spool.commit(mark: mark.encoded)
          uncommitted = nil
        }
        guard waitForRoom() else { break }
      }
      if uncommitted != nil { try spool.commit(mark: mark.encoded) }
      before = now
      pause(milliseconds: D4Input.lookMilliseconds)
    }
  }

  private static func list(_ folder: String) throws -> [Found] {
    guard unsafe access(folder, R_OK | X_OK) == 0 else {
      throw SpoolError.io(path: folder, code: errno)
    }
    var found: [Found] = []
    for name in FolderListing.names(in: folder).sorted() where !name.hasPrefix(".") {
      var status = stat()
      guard unsafe lstat("\(folder)/\(name)", &status) == 0,
        status.st_mode & S_IFMT == S_IFREG
      else { continue }
      let octets = UInt64(max(0, status.st_size))
      let identity = D4FolderMark.identity(
        name: name, octets: octets, modified: status.st_mtim.tv_sec)
      found.append(
        Found(
          name: name, octets: octets, modified: status.st_mtim.tv_sec, identity: identity))
    }
    return found
  }

  private static func content(_ path: String, octets: Int) -> [UInt8]? {
    guard let file = try? FileHandleReader(regular: path, followsLinks: false) else { return nil }
    var room = [UInt8](repeating: 0, count: octets + 1)
    guard let got = try? file.readArray(&room) else { return nil }
    return got <= octets ? Array(room[..<got]) : nil
  }

  /// A file as the D4 client sends it.
  static func payload(_ octets: [UInt8], isRaw: Bool, isLines: Bool) -> [UInt8] {
    guard isRaw else { return Base64.encoded(octets) + [0x0A] }
    return isLines && octets.last != 0x0A && !octets.isEmpty ? octets + [0x0A] : octets
  }
}

// MARK: - A queue

extension D4Input {
  private static let emptyMilliseconds = 250

  /// Takes batches; each is acknowledged when the spool has it durably, with its token.
  func take(_ list: String, from address: RedisAddress) throws {
    var mark: D4QueueMark
    if let known = D4QueueMark(decoding: spool.mark) {
      mark = known
    } else {
      mark = D4QueueMark(consumer: RedisQueue.makeToken())
      try spool.commit(mark: mark.encoded)
    }
    var wait = 1
    while !isStopping {
      do {
        let queue = try RedisQueue(
          try RedisConnection(address), list: list, consumer: mark.consumer)
        wait = 1
        while waitForRoom() {
          guard let batch = try queue.take() else {
            pause(milliseconds: D4Input.emptyMilliseconds)
            continue
          }
          if mark.token != batch.token {
            try add(batch.octets)
            mark.token = batch.token
            try spool.commit(mark: mark.encoded)
          }
          try queue.acknowledge(batch)
        }
      } catch let error as RedisError {
        report(.failed(error.description, retrySeconds: wait))
        pause(milliseconds: RetryWait.milliseconds(wait))
        wait = min(wait * 2, D4Input.retrySecondsMax)
      }
    }
  }
}

/// Base64 with padding (RFC 4648 section 4).
enum Base64 {
  private static let digits = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encoded(_ octets: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity((octets.count + 2) / 3 * 4)
    for start in stride(from: 0, to: octets.count, by: 3) {
      let group = octets[start..<min(start + 3, octets.count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for place in 0..<4 {
        out.append(
          place <= group.count ? digits[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
      }
    }
    return out
  }
}
