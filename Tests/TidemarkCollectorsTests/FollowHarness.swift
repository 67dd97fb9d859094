import Foundation
import Testing
import TidemarkCollectors
import TidemarkModel

/// Collects the lines of followed files as a collector does: what is not committed is lost in a
/// crash, together with the positions that belong to it.
final class LineClient: FollowerClient {
  private(set) var committed: [String] = []
  private(set) var state: [[UInt8]: [UInt8]] = [:]
  private(set) var events: [FollowEvent] = []
  private(set) var starts: [FollowStart] = []
  /// Most octets used of a window; a collector whose batches are full uses none.
  var appetite = Int.max

  private var pending: [String] = []
  private var changes: [[UInt8]: [UInt8]] = [:]
  private var open: [ObjectIdentifier: (items: UInt64, line: [UInt8])] = [:]

  var openCount: Int { open.count }

  func begin(_ file: FollowedFile, at start: FollowStart) throws {
    try #require(open[ObjectIdentifier(file)] == nil, "\(file.path) begun twice")
    open[ObjectIdentifier(file)] = (start.items, [])
    starts.append(start)
  }

  func take(_ window: Span<UInt8>, of file: FollowedFile, isFinal: Bool) throws -> Int {
    var (items, line) = try #require(open[ObjectIdentifier(file)], "\(file.path) not begun")
    var used = 0
    while used < window.count, used < appetite || line.count > 0 {
      let octet = window[used]
      used += 1
      guard octet == UInt8(ascii: "\n") else {
        line.append(octet)
        continue
      }
      pending.append(String(decoding: line, as: UTF8.self))
      items += 1
      line.removeAll()
    }
    if isFinal, used == window.count, !line.isEmpty {
      pending.append(String(decoding: line, as: UTF8.self))
      items += 1
      line.removeAll()
    }
    open[ObjectIdentifier(file)] = (items, line)
    if let change = file.change(consumed: used, items: items) { changes[change.key] = change.value }
    return used
  }

  func end(_ file: FollowedFile) {
    #expect(open.removeValue(forKey: ObjectIdentifier(file)) != nil, "\(file.path) ended twice")
  }

  func note(_ event: FollowEvent, of file: FollowedFile) { events.append(event) }

  func write(_ change: RecordBatch.StateChange?) {
    if let change { state[change.key] = change.value }
  }

  func commit() {
    committed += pending
    state.merge(changes) { $1 }
    forget()
  }

  func crash() {
    forget()
    open.removeAll()
  }

  private func forget() {
    pending.removeAll()
    changes.removeAll()
  }
}

/// A folder with a log, its writer, its rotation, and a follower that may be killed at any time.
final class FollowedFolder {
  let folder: ScratchFolder
  let client = LineClient()
  /// The clock of follower and files, nanoseconds.
  private(set) var now: Int64 = 1_700_000_000_000_000_000
  private(set) var written: [String] = []
  /// What every new file begins with: lines that start with `#` and need not be read once.
  var header = ""
  private let options: FileFollower.Options
  private var follower: FileFollower?

  init(
    _ names: [String] = ["dns.log"], content: FileFollower.Content = .lines
  ) throws {
    folder = try ScratchFolder()
    let root = folder.url
    options = FileFollower.Options(
      paths: names.map { root.appendingPathComponent($0).path }, content: content,
      identity: "test")
  }

  func path(_ name: String) -> String { folder.url.appendingPathComponent(name).path }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  /// Lets time pass, then looks and reads until nothing is left.
  func poll(after seconds: Double = 10) throws {
    let follower = try self.follower ?? start()
    now += Int64(seconds * 1e9)
    var rounds = 0
    while try follower.poll(now: now, client: client) {
      rounds += 1
      try #require(rounds < 10_000, "never comes to an end")
    }
  }

  private func start() throws -> FileFollower {
    let follower = FileFollower(
      options, stored: client.state.map { (key: $0.key, value: $0.value) }, now: now)
    client.write(follower.firstChange)
    self.follower = follower
    return follower
  }

  func restart() {
    client.commit()
    crash()
  }

  func crash() {
    client.crash()
    follower = nil
  }

  /// Writes a file that begins with nothing else.
  func create(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
    try stamp(name)
  }

  /// Adds octets to a file, which is created if need be.
  func append(_ text: String, to name: String = "dns.log") throws {
    if !exists(name) {
      try Data(header.utf8).write(to: URL(fileURLWithPath: path(name)))
    }
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path(name)))
    try file.seekToEnd()
    try file.write(contentsOf: Data(text.utf8))
    try file.close()
    try stamp(name)
  }

  /// Adds lines that occur once in the folder's life.
  func write(_ count: Int = 3, to name: String = "dns.log") throws {
    var text = ""
    for _ in 0..<count {
      let line = "line \(written.count) of \(name)"
      written.append(line)
      text += line + "\n"
    }
    try append(text, to: name)
  }

  /// Expects a line that was written by other means.
  func wasWritten(_ line: String) { written.append(line) }

  func move(_ name: String, to other: String) throws {
    try FileManager.default.moveItem(atPath: path(name), toPath: path(other))
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(name)) }

  func copy(_ name: String, to other: String) throws {
    try Data(contentsOf: URL(fileURLWithPath: path(name)))
      .write(to: URL(fileURLWithPath: path(other)))
    try stamp(other)
  }

  /// Gives a file the time of the clock, or an earlier one.
  func stamp(_ name: String, secondsAgo: Double = 0) throws {
    let time = Date(timeIntervalSince1970: Double(now) / 1e9 - secondsAgo)
    try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path(name))
  }

  func truncate(_ name: String = "dns.log") throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path(name)))
    try file.truncate(atOffset: 0)
    try file.write(contentsOf: Data(header.utf8))
    try file.close()
    try stamp(name)
  }

  /// Compresses beside the original, with its time, as gzip does before it deletes it.
  func compress(_ name: String, keepsTime: Bool = true) throws {
    let octets = Array(try Data(contentsOf: URL(fileURLWithPath: path(name))))
    _ = try folder.write(try folder.pack(octets, with: ["gzip", "-c"]), "\(name).gz")
    guard keepsTime else { return try stamp("\(name).gz") }
    let time = try FileManager.default.attributesOfItem(atPath: path(name))[.modificationDate]
    try FileManager.default.setAttributes(
      [.modificationDate: try #require(time)], ofItemAtPath: path("\(name).gz"))
  }

  /// Commits, and compares with what was written: each line once, no other line.
  func check(_ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation) {
    client.commit()
    let got = client.committed.filter { !$0.hasPrefix("#") }.sorted()
    let wanted = written.sorted()
    let doubled = Dictionary(grouping: got) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
    let missing = Set(wanted).subtracting(got).sorted()
    #expect(
      got == wanted, "\(comment): doubled \(doubled), missing \(missing)",
      sourceLocation: sourceLocation)
  }
}
