import Synchronization
import Testing
import TidemarkCollectors

@Suite struct D4SpoolTests {
  private let folder = SpoolFolder()

  private func open(
    isLines: Bool = true, isMarked: Bool = false, segmentOctets: UInt64 = 32
  ) throws -> D4Spool {
    try D4Spool(
      folder: folder.path, isLines: isLines, isMarked: isMarked, maxOctets: 64,
      segmentOctets: segmentOctets)
  }

  private func all(_ spool: D4Spool) throws -> String {
    var octets: [UInt8] = []
    while spool.delivered + UInt64(octets.count) < spool.end {
      octets += try spool.read(from: spool.delivered + UInt64(octets.count), octetsMax: 7)
    }
    return String(decoding: octets, as: UTF8.self)
  }

  private func append(_ text: String, to spool: D4Spool) throws {
    try spool.append(Array(text.utf8))
  }

  @Test func keepsOctetsInOrderOverFilesAndLives() throws {
    defer { folder.remove() }
    var text = ""
    for life in 0..<4 {
      let spool = try open()
      #expect(try all(spool) == text)
      for number in 0..<5 {
        try append("life \(life) line \(number)\n", to: spool)
        text += "life \(life) line \(number)\n"
      }
    }
    #expect(folder.files(ending: ".octets").count > 2)
    #expect(try all(try open()) == text)
  }

  @Test func forgetsWhatIsDelivered() throws {
    defer { folder.remove() }
    do {
      let spool = try open()
      for number in 0..<9 { try append("line number \(number)\n", to: spool) }
      try spool.deliver(through: spool.end)
      #expect(folder.files(ending: ".octets").count == 1)
      try append("last\n", to: spool)
    }
    let spool = try open()
    #expect(try all(spool) == "last\n")
  }

  /// What was delivered and not saved is given again; never less.
  @Test func neverForgetsWhatIsNotDelivered() throws {
    defer { folder.remove() }
    do {
      let spool = try open()
      try append("one\ntwo\nthree\n", to: spool)
      try spool.deliver(through: 4)
      #expect(spool.waiting == 10)
    }
    #expect(try all(try open()).hasSuffix("two\nthree\n"))
  }

  /// A process that died while it wrote leaves half a line, which must not join the next one.
  @Test func cutsOffHalfALine() throws {
    defer { folder.remove() }
    do { try append("whole\n", to: try open()) }
    let name = try #require(folder.files(ending: ".octets").last)
    try folder.damage(name) { $0 += Array("hal".utf8) }
    let spool = try open()
    #expect(try all(spool) == "whole\n")
    try append("next\n", to: spool)
    #expect(try all(spool) == "whole\nnext\n")
    #expect(spool.end == 11)
  }

  @Test func keepsHalfALineOfOtherPayload() throws {
    defer { folder.remove() }
    do { try append("\u{1}\u{2}", to: try open(isLines: false)) }
    #expect(try all(try open(isLines: false)) == "\u{1}\u{2}")
  }

  /// A source that can be read again reads again what was not committed.
  @Test func countsMarkedOctetsUpToTheCommit() throws {
    defer { folder.remove() }
    do {
      let spool = try open(isMarked: true)
      #expect(spool.mark.isEmpty)
      try append("committed\n", to: spool)
      try spool.commit(mark: [1, 2, 3])
      try append("not\n", to: spool)
      try append(String(repeating: "in another file\n", count: 4), to: spool)
    }
    let spool = try open(isMarked: true)
    #expect(spool.mark == [1, 2, 3])
    #expect(try all(spool) == "committed\n")
    try append("again\n", to: spool)
    #expect(try all(spool) == "committed\nagain\n")
  }

  /// A line beyond all bounds comes in pieces, and its source goes on behind the last one.
  @Test func keepsWhatWasCommittedAlthoughItIsNoWholeLine() throws {
    defer { folder.remove() }
    do {
      let spool = try open(isMarked: true)
      try append("whole\npart of a line", to: spool)
      try spool.commit(mark: [1])
    }
    let spool = try open(isMarked: true)
    try append(" and its end\n", to: spool)
    #expect(try all(spool) == "whole\npart of a line and its end\n")
  }

  /// Otherwise whoever reads asks for the missing octets again and again.
  @Test func saysThatOctetsAreMissing() throws {
    defer { folder.remove() }
    do {
      let spool = try open()
      for _ in 0..<2 { try append(String(repeating: "x", count: 31) + "\n", to: spool) }
    }
    let first = try #require(folder.files(ending: ".octets").first)
    try folder.damage(first) { $0.removeLast(5) }
    let spool = try open()
    #expect(try spool.read(from: 0, octetsMax: 100).count == 27)
    #expect(throws: SpoolError.damagedState(path: folder.path)) {
      try spool.read(from: 27, octetsMax: 100)
    }
    #expect(try spool.read(from: 32, octetsMax: 100).count == 32)
    #expect(try spool.read(from: 64, octetsMax: 100).isEmpty, "the end is no gap")
  }

  @Test func isFullUntilSomethingIsDelivered() throws {
    defer { folder.remove() }
    let spool = try open()
    try append(String(repeating: "x", count: 63) + "\n", to: spool)
    #expect(spool.isFull)
    try spool.deliver(through: 64)
    #expect(!spool.isFull)
  }

  @Test func refusesASecondProcess() throws {
    defer { folder.remove() }
    let spool = try open()
    #expect(throws: SpoolError.inUse(folder: folder.path)) { try open() }
    #expect(spool.waiting == 0)
  }

  @Test func refusesADamagedState() throws {
    defer { folder.remove() }
    do { try append("x\n", to: try open()) }
    try folder.damage("state") { $0[10] ^= 1 }
    #expect(throws: SpoolError.damagedState(path: folder.path + "/state")) { try open() }
  }

  /// Whatever step fails, and whatever life ends there: what was added without an error is there,
  /// in order; what failed is there at most once more.
  @Test(arguments: 0..<24)
  func losesNothingWhenTheDiskFails(_ failing: Int) throws {
    defer { folder.remove() }
    let steps = StepCounter(failing: failing)
    var added: [String] = []
    do {
      let spool = try D4Spool(
        folder: folder.path, isLines: true, isMarked: false, segmentOctets: 16,
        hook: { step throws(SpoolError) in try steps.take(step) })
      for number in 0..<8 {
        let line = "line \(number)\n"
        if (try? spool.append(Array(line.utf8))) != nil { added.append(line) }
        if number == 4 { try? spool.deliver(through: UInt64(added[0].utf8.count)) }
      }
    } catch {
      return
    }
    let spool = try open()
    let lines = try all(spool).split(separator: "\n").map { $0 + "\n" }
    #expect(Array(lines.suffix(added.count - 1)) == added.dropFirst().map { $0[...] })
  }
}

/// Fails one step of the disk.
private final class StepCounter: Sendable {
  private let left: Mutex<Int>

  init(failing: Int) { left = Mutex(failing) }

  func take(_ step: SpoolStep) throws(SpoolError) {
    let isFailing = left.withLock { left in
      left -= 1
      return left == -1
    }
    if isFailing { throw .io(path: step.rawValue, code: 5) }
  }
}
