import Foundation
import Testing
import TidemarkCollectors

/// Files that grow, rotate and vanish: each line is read exactly once.
@Suite struct FileFollowerTests {
  /// A way to rotate: steps after each of which a follower may look, be killed, or start again.
  struct Scheme: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let steps: [@Sendable (FollowedFolder) throws -> Void]
  }

  static let schemes: [Scheme] = [
    Scheme(
      testDescription: "rename and create",
      steps: [
        { try $0.write() }, { try $0.write() },
        { try $0.move("dns.log", to: "dns.log.1") },
        { try $0.write(to: "dns.log.1") },  // the writer still has the old one open
        { try $0.write() },
        { try $0.move("dns.log.1", to: "dns.log.2") },
        { try $0.move("dns.log", to: "dns.log.1") }, { try $0.write() }, { try $0.write() },
      ]),
    Scheme(
      testDescription: "date in the name",
      steps: [
        { try $0.write() }, { try $0.write() },
        { try $0.move("dns.log", to: "dns-20250101.log") }, { try $0.write() },
        { try $0.move("dns.log", to: "dns.log-20250102") }, { try $0.write() },
      ]),
    Scheme(
      testDescription: "copy and truncate",
      steps: [
        { try $0.write() }, { try $0.write(40) },
        {
          try $0.write(2); try $0.copy("dns.log", to: "dns.log.1"); try $0.truncate()
        },
        { try $0.write() }, { try $0.write(60) },
        {
          try $0.move("dns.log.1", to: "dns.log.2")
          try $0.copy("dns.log", to: "dns.log.1")
          try $0.truncate()
          try $0.write(200)  // longer at once than it was when it was cut
        },
        { try $0.write() },
      ]),
    Scheme(
      testDescription: "copy seen before the truncation",
      steps: [
        { try $0.write(80) }, { try $0.copy("dns.log", to: "dns.log.1") },
        { try $0.truncate() }, { try $0.write() },
      ]),
    Scheme(
      testDescription: "half a copy seen before the truncation",
      steps: [
        { try $0.write(80) },
        {
          let whole = try String(contentsOfFile: $0.path("dns.log"), encoding: .utf8)
          try $0.append(String(whole.prefix(400)), to: "dns.log.1")
        },
        {
          let whole = try String(contentsOfFile: $0.path("dns.log"), encoding: .utf8)
          try $0.append(String(whole.dropFirst(400)), to: "dns.log.1")
          try $0.truncate()
        },
        { try $0.write() },
      ]),
    Scheme(
      testDescription: "compression of the rotated",
      steps: [
        { try $0.write(50) }, { try $0.write(50) },
        { try $0.move("dns.log", to: "dns.log.1") }, { try $0.write() },
        { try $0.compress("dns.log.1") }, { try $0.remove("dns.log.1") },
        { try $0.write() },
        {
          try $0.move("dns.log.1.gz", to: "dns.log.2.gz")
          try $0.move("dns.log", to: "dns.log.1")
        },
        {
          try $0.compress("dns.log.1", keepsTime: false); try $0.remove("dns.log.1")
        },
        { try $0.write() },
      ]),
    Scheme(
      testDescription: "a header that all files begin with",
      steps: [
        {
          $0.header = header; try $0.write(0)
        }, { try $0.write() },
        { try $0.move("dns.log", to: "dns.log.1") }, { try $0.write(0) }, { try $0.write() },
        { try $0.move("dns.log.1", to: "dns.log.2") },
        { try $0.move("dns.log", to: "dns.log.1") }, { try $0.write(0) },
        {
          try $0.compress("dns.log.2"); try $0.remove("dns.log.2")
        }, { try $0.write() },
      ]),
    Scheme(
      testDescription: "lines in pieces",
      steps: [
        { try $0.write() }, { try $0.append("li", to: "dns.log") },
        {
          try $0.append("ne x\n", to: "dns.log"); $0.wasWritten("line x")
        },
        { try $0.append("li", to: "dns.log") },
        { try $0.move("dns.log", to: "dns.log.1") },
        {
          try $0.append("ne y\n", to: "dns.log.1"); $0.wasWritten("line y")
        },
        { try $0.write() },
      ]),
    Scheme(
      testDescription: "a line longer than a window",
      steps: [
        { try $0.write() },
        { try $0.append(String(repeating: "x", count: 3 << 20), to: "dns.log") },
        {
          try $0.append("\n", to: "dns.log")
          $0.wasWritten(String(repeating: "x", count: 3 << 20))
        },
        { try $0.write() },
      ]),
  ]

  private static let header = (0..<20).map { "#header \($0)\n" }.joined()

  enum Interruption: CaseIterable, Sendable {
    /// It looks after every step and runs on.
    case none
    /// It starts again with all that it read.
    case restart
    /// What was read since the step before is lost with its positions.
    case crash
    /// It does not run while the rest of the steps happen, all but the last two.
    case absence
  }

  @Test(arguments: schemes, Interruption.allCases)
  func readsEachLineOnce(_ scheme: Scheme, _ interruption: Interruption) throws {
    // Half a second between looks: nothing is complete yet. Ten: everything is.
    for pause in [0.5, 10] {
      for at in scheme.steps.indices {
        let folder = try FollowedFolder()
        try folder.poll(after: pause)
        for (index, step) in scheme.steps.enumerated() {
          try step(folder)
          if interruption == .absence, index > at, index < scheme.steps.count - 2 { continue }
          if interruption == .absence, index == at { folder.restart() }
          // A line in pieces is complete only if time passes between looks.
          try folder.poll(after: scheme.testDescription == "lines in pieces" ? 0.5 : pause)
          if index == at, interruption == .crash { folder.crash() } else { folder.client.commit() }
          if index == at, interruption == .restart { folder.restart() }
        }
        for _ in 0..<3 { try folder.poll() }
        folder.check("\(interruption) at step \(at), \(pause) s between looks")
        #expect(!folder.client.events.contains { if case .failed = $0 { true } else { false } })
      }
    }
  }

  /// Operations in any order, with restarts and crashes in between.
  @Test(arguments: 0..<16, [0, 30, 300])
  func readsEachLineOnceInAnyOrder(_ seed: Int, headerLines: Int) throws {
    var dice = Dice(seed: UInt64(seed) &+ 1)
    let folder = try FollowedFolder()
    folder.header = (0..<headerLines).map { "#header \($0)\n" }.joined()
    try folder.poll()
    var history: [String] = []
    for _ in 0..<40 {
      history.append(try RandomRotation.step(folder, &dice))
    }
    for _ in 0..<3 { try folder.poll() }
    folder.check("seed \(seed), \(headerLines): \(history.joined(separator: ", "))")
  }

  @Test func leavesWhatWasRotatedBeforeTheFirstStart() throws {
    let folder = try FollowedFolder()
    try folder.append("old\n", to: "dns.log.1")
    try folder.stamp("dns.log.1", secondsAgo: 3_600)
    try folder.write()
    try folder.poll()
    try folder.poll()
    folder.check("only the current file")
  }

  @Test func finishesADeletedFileThatItHasOpen() throws {
    let folder = try FollowedFolder()
    try folder.write()
    try folder.poll()
    let writer = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path("dns.log")))
    try folder.remove("dns.log")
    try writer.seekToEnd()
    try writer.write(contentsOf: Data("last\n".utf8))
    folder.wasWritten("last")
    try folder.write()
    for _ in 0..<3 { try folder.poll() }
    folder.check("deleted while open")
    #expect(folder.client.events.isEmpty)
    #expect(folder.client.openCount == 1, "the deleted file was let go")
  }

  @Test func tellsOfATruncationWithoutACopy() throws {
    let folder = try FollowedFolder()
    try folder.write(5)
    try folder.poll()
    try folder.truncate()
    try folder.write(1)
    for _ in 0..<3 { try folder.poll() }
    folder.check("it starts again")
    #expect(folder.client.events == [.truncated])
  }

  @Test func tellsNothingOfATruncationWithACopy() throws {
    let folder = try FollowedFolder()
    try folder.write(5)
    try folder.poll()
    try folder.write(5)
    try folder.copy("dns.log", to: "dns.log.1")
    try folder.truncate()
    for _ in 0..<8 { try folder.poll(after: 1) }
    folder.check("the copy has the rest")
    for _ in 0..<3 { try folder.poll() }
    #expect(folder.client.events.isEmpty)
  }

  @Test func readsFilesOfAPatternTogether() throws {
    let folder = try FollowedFolder(["*.json", "*.csv"])
    for number in 0..<300 { try folder.write(2, to: "eve-\(number).json") }
    try folder.write(2, to: "a.csv")
    try folder.append("stranger\n", to: "a.txt")
    try folder.append("hidden\n", to: ".a.json")
    try folder.poll()
    for number in 0..<300 { try folder.write(1, to: "eve-\(number).json") }
    try folder.poll()
    folder.check("more files than may be open")
  }

  @Test func givesTheHeadOfAFileThatItGoesOnWith() throws {
    let folder = try FollowedFolder()
    try folder.write(3)
    try folder.poll()
    folder.restart()
    try folder.write(1)
    try folder.poll()
    let head = folder.written.prefix(3).map { "\($0)\n" }.joined()
    #expect(folder.client.starts.last?.head == Array(head.utf8))
    #expect(folder.client.starts.last?.items == 3)
  }

  @Test func comesAgainWithWhatWasNotUsed() throws {
    let folder = try FollowedFolder()
    folder.client.appetite = 0
    try folder.write(3)
    try folder.poll()
    folder.check("nothing is used", wanted: [])
    folder.client.appetite = 1
    try folder.write(3)
    try folder.poll()
    folder.check("a line at a time")
    folder.restart()
    try folder.write(3)
    try folder.poll()
    folder.check("from between two lines of a window")
  }

  @Test func readsWholeFilesOnceWhenTheyNoLongerChange() throws {
    let folder = try FollowedFolder(["*.pcap", "*.gz"], content: .whole)
    try folder.write(3, to: "a.pcap")
    try folder.poll(after: 1)
    #expect(folder.client.starts.isEmpty, "it may still be written")
    try folder.poll(after: 1)
    try folder.write(1, to: "a.pcap")
    try folder.poll(after: 4.5)
    #expect(folder.client.starts.isEmpty, "it was changed a moment ago")
    try folder.poll(after: 10)
    try folder.poll()
    folder.check("read when complete")
    #expect(folder.client.openCount == 0)
    // Another name, another packing: the same file.
    try folder.compress("a.pcap")
    try folder.copy("a.pcap", to: "b.pcap")
    for _ in 0..<2 { try folder.poll() }
    folder.check("copies add nothing")
    folder.restart()
    for _ in 0..<2 { try folder.poll() }
    folder.check("nor after a restart")
  }

  @Test func readsAWholeFileFromItsStartAgainAfterACrash() throws {
    let folder = try FollowedFolder(["*.pcap"], content: .whole)
    try folder.append(String(repeating: "y\n", count: 2 << 20), to: "a.pcap")
    folder.client.appetite = 1 << 20
    try folder.poll()
    folder.restart()
    try folder.append("z\n", to: "a.pcap")
    for _ in 0..<2 { try folder.poll() }
    let start = try #require(folder.client.starts.last)
    #expect(start.offset == 0)
    #expect(start.items == 2 << 20)
  }

  @Test func reportsDamageAndReadsTheOthers() throws {
    let folder = try FollowedFolder(["*.gz", "*.log"])
    try folder.write(2_000, to: "a.log")
    try folder.compress("a.log")
    try folder.remove("a.log")
    let packed = try Data(contentsOf: URL(fileURLWithPath: folder.path("a.log.gz")))
    try packed.prefix(packed.count / 2).write(to: URL(fileURLWithPath: folder.path("a.log.gz")))
    try folder.stamp("a.log.gz", secondsAgo: 60)
    try folder.write(3, to: "b.log")
    try folder.poll()
    #expect(folder.client.events.count == 1)
    try packed.write(to: URL(fileURLWithPath: folder.path("a.log.gz")))
    try folder.stamp("a.log.gz")
    for _ in 0..<2 { try folder.poll() }
    folder.check("the rest comes with the rest of the file")
  }
}

extension FollowedFolder {
  func check(
    _ comment: Comment, wanted: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    client.commit()
    #expect(client.committed == wanted, comment, sourceLocation: sourceLocation)
  }
}

/// A generator whose seed is the test's argument.
struct Dice: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 29)
  }

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
}

/// What writers, rotations and accidents do to a log, one step at a time.
enum RandomRotation {
  static func step(_ folder: FollowedFolder, _ dice: inout Dice) throws -> String {
    switch dice.below(13) {
    case 0...2:
      let count = 1 + dice.below(60)
      try folder.write(count)
      return "write \(count)"
    case 3:
      try shift(folder)
      if folder.exists("dns.log") { try folder.move("dns.log", to: "dns.log.1") }
      return "rename"
    case 4:
      guard folder.exists("dns.log") else { return "-" }
      try shift(folder)
      try folder.copy("dns.log", to: "dns.log.1")
      try folder.truncate()
      return "copytruncate"
    case 5:
      let names = (1..<9).map { "dns.log.\($0)" }.filter(folder.exists)
      guard let name = names.last else { return "-" }
      try folder.compress(name, keepsTime: dice.below(2) == 0)
      let removes = dice.below(2) == 0
      if removes { try folder.remove(name) }
      return "compress \(name)\(removes ? "" : ", kept")"
    case 12:
      guard folder.exists("dns.log") else { return "-" }
      return try slowCopy(folder, &dice)
    case 6:
      folder.restart()
      return "restart"
    case 7:
      folder.crash()
      return "crash"
    case 8:
      folder.client.commit()
      return "commit"
    default:
      let pause = [0.01, 0.5, 10][dice.below(3)]
      try folder.poll(after: pause)
      return "poll \(pause)"
    }
  }

  /// A copytruncate that is looked at half way, and perhaps survives the follower.
  private static func slowCopy(_ folder: FollowedFolder, _ dice: inout Dice) throws -> String {
    try shift(folder)
    let whole = try String(contentsOfFile: folder.path("dns.log"), encoding: .utf8)
    let half = whole.prefix(dice.below(whole.count + 1))
    try folder.create("dns.log.1", String(half))
    let pause = [0.01, 0.5, 10][dice.below(3)]
    let fate = dice.below(3)
    if fate == 0 { folder.crash() }
    if fate == 1 { folder.restart() }
    try folder.poll(after: pause)
    try folder.append(String(whole.dropFirst(half.count)), to: "dns.log.1")
    if dice.below(2) == 0 { try folder.poll(after: pause) }
    try folder.truncate()
    return "slow copytruncate \(half.count) of \(whole.count), \(pause), \(fate)"
  }

  /// Makes room for a new `dns.log.1`.
  private static func shift(_ folder: FollowedFolder) throws {
    for number in (1..<40).reversed() {
      for end in ["", ".gz"] where folder.exists("dns.log.\(number)\(end)") {
        try folder.move("dns.log.\(number)\(end)", to: "dns.log.\(number + 1)\(end)")
      }
    }
  }
}
