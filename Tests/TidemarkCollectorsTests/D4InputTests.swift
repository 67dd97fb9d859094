import Foundation
import Synchronization
import Testing
import TidemarkCollectors

/// What a D4 client reads, on its way into a spool.
@Suite(.timeLimit(.minutes(10))) struct D4InputTests {
  private let folder = SpoolFolder()

  /// A spool in a folder of its own.
  private func spool(isMarked: Bool, hook: SpoolHook? = nil) throws -> D4Spool {
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
    return try D4Spool(
      folder: folder.path + "/spool", isLines: true, isMarked: isMarked, hook: hook)
  }

  private func text(_ spool: D4Spool) throws -> String {
    var octets: [UInt8] = []
    // A call reads no further than a file of the spool goes.
    while case let more = try spool.read(from: UInt64(octets.count), octetsMax: 1 << 20),
      !more.isEmpty
    { octets += more }
    return String(decoding: octets, as: UTF8.self)
  }

  private func until(_ isReached: () -> Bool) async {
    while !isReached() { await Task.yield() }
  }

  /// Whoever is told to end reads half a line and never its other half: it is none.
  @Test(arguments: [false, true])
  func halfALineOfStandardInputIsOneAtItsEndOnly(_ isAtEnd: Bool) async throws {
    defer { folder.remove() }
    let spool = try spool(isMarked: false)
    let pipe = Pipe()
    let input = D4Input(
      .standardInput, spool: spool, isLines: true,
      standardInput: pipe.fileHandleForReading.fileDescriptor)
    input.start { error in Issue.record("\(error)") }
    try pipe.fileHandleForWriting.write(contentsOf: Data("whole\nhal".utf8))
    await until { spool.end >= 6 }
    if isAtEnd {
      try pipe.fileHandleForWriting.close()
      await until { spool.isClosed }
    }
    input.stop()
    #expect(try text(spool) == (isAtEnd ? "whole\nhal\n" : "whole\n"))
    #expect(spool.isClosed)
  }

  /// Opening a pipe waits until somebody writes to it: the client could not even be stopped.
  @Test func aCaptureThatIsAPipeIsRefused() async throws {
    defer { folder.remove() }
    let spool = try spool(isMarked: true)
    let path = folder.path + "/capture.pcap"
    let status = unsafe mkfifo(path, 0o600)
    try #require(status == 0)
    let failures = Mutex<[String]>([])
    let input = D4Input(.file(path: path), spool: spool, isLines: false)
    input.start { error in failures.withLock { $0.append("\(error)") } }
    await until { spool.isClosed }
    input.stop()
    let texts = failures.withLock { $0 }
    #expect(texts == ["\(path): is no regular file"])
  }

  private final class Counter: Sendable {
    private let steps = Mutex(0)

    var renames: Int { steps.withLock { $0 } }

    func note(_ step: SpoolStep) { if step == .rename { steps.withLock { $0 += 1 } } }
  }

  /// What is remembered names all files: it is written once for those that are found together.
  @Test func aFolderIsRememberedOnceForManyFiles() async throws {
    defer { folder.remove() }
    let counter = Counter()
    let spool = try spool(isMarked: true) { step throws(SpoolError) in counter.note(step) }
    let files = folder.path + "/files"
    try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
    for number in 10..<60 {
      try Data("file \(number)".utf8).write(to: URL(fileURLWithPath: "\(files)/\(number)"))
    }
    let before = counter.renames
    let source = D4Input.Source.folder(path: files, isRaw: true)
    let input = D4Input(source, spool: spool, isLines: true)
    input.start { error in Issue.record("\(error)") }
    await until { input.account.files == 50 }
    input.stop()
    #expect(counter.renames - before == 1)
    let wanted = (10..<60).map { "file \($0)\n" }.joined()
    #expect(try text(spool) == wanted)
  }

  @Test func whatWasReadOfAFolderIsNotReadAgain() async throws {
    defer { folder.remove() }
    let files = folder.path + "/files"
    try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
    try Data("one".utf8).write(to: URL(fileURLWithPath: "\(files)/1"))
    for name in ["", "2"] {
      if !name.isEmpty { try Data("two".utf8).write(to: URL(fileURLWithPath: "\(files)/2")) }
      let spool = try spool(isMarked: true)
      let source = D4Input.Source.folder(path: files, isRaw: true)
      let input = D4Input(source, spool: spool, isLines: true)
      input.start { error in Issue.record("\(error)") }
      await until { input.account.files == 1 }
      input.stop()
      let found = try text(spool)
      #expect(found == (name.isEmpty ? "one\n" : "one\ntwo\n"))
    }
  }
}
