import Crypto
import TidemarkCompression
import TidemarkModel

/// Writes what a D4 analyzer has in its database into a file of the lines that ``D4RedisReader``
/// reads, packed by zstd.
///
/// | key | kind | content |
/// | --- | --- | --- |
/// | `r:<rrname>:<type>` | set | rdata |
/// | `s:<rrname>:<rdata>:<type>` | text | first seen |
/// | `l:<rrname>:<rdata>:<type>` | text | last seen |
/// | `o:<rrname>:<rdata>:<type>` | text | count |
///
/// The sets are walked (`SCAN`, `SSCAN`): only they say where a name ends and rdata with colons
/// begins. The other keys are asked for by many `MGET` at once. Nothing of the size of the database
/// is held but a number for each set, because a walk may come by the same set twice.
struct D4RedisDump {
  /// What was written.
  struct Result: Equatable {
    /// Lines.
    var lines: UInt64 = 0
    /// The same for the same lines in whatever order.
    var fingerprint: [UInt8] = []
  }

  /// Bounds on single steps.
  struct Limits {
    var scanCount = 1_000
    var setsAtOnce = 64
    var membersAtOnce = 256
    var commandsAtOnce = 8
    var blockOctets = 4 << 20
    init() {}
  }

  private let connection: RedisConnection
  private let limits: Limits
  private let write: ([UInt8]) throws -> Void
  private let progress: (UInt64) -> Void
  private var seen: Set<Int> = []
  private var block: [UInt8] = []
  private var sum = LineSum()
  private var lines: UInt64 = 0

  /// Makes a dump.
  ///
  /// - Parameters:
  ///   - write: takes packed octets.
  ///   - progress: told the lines so far.
  init(
    _ connection: RedisConnection, limits: Limits = Limits(),
    write: @escaping ([UInt8]) throws -> Void, progress: @escaping (UInt64) -> Void = { _ in }
  ) {
    self.connection = connection
    self.limits = limits
    self.write = write
    self.progress = progress
  }

  /// Reads everything.
  ///
  /// - Throws: ``RedisError``, and what `write` throws.
  mutating func run() throws -> Result {
    var cursor: [UInt8] = [0x30]
    repeat {
      let reply = try connection.call(
        [
          Array("SCAN".utf8), cursor, Array("MATCH".utf8), Array("r:*".utf8),
          Array("COUNT".utf8), Array(String(limits.scanCount).utf8),
        ])
      let (next, keys) = try D4RedisDump.page(reply, of: "SCAN")
      cursor = next
      var sets: [D4RedisSet] = []
      for key in keys {
        // Two sets with one hash among a hundred million: one in four thousand such databases.
        guard let set = D4RedisSet(key: key), seen.insert(set.key.hashValue).inserted else {
          continue
        }
        sets.append(set)
      }
      for start in stride(from: 0, to: sets.count, by: limits.setsAtOnce) {
        try readSets(Array(sets[start..<min(start + limits.setsAtOnce, sets.count)]))
      }
      progress(lines)
    } while cursor != [0x30]
    try flush()
    return Result(lines: lines, fingerprint: sum.octets)
  }

  private static func page(
    _ reply: RedisReply, of command: String
  ) throws(RedisError) -> (cursor: [UInt8], items: [[UInt8]]) {
    guard let parts = reply.elements, parts.count == 2, let cursor = parts[0].text,
      let items = parts[1].elements
    else { throw .unexpectedReply(command: command) }
    return (cursor, items.compactMap(\.text))
  }

  /// Reads the members of some sets and what belongs to each.
  private mutating func readSets(_ sets: [D4RedisSet]) throws {
    let count = Array(String(limits.scanCount).utf8)
    func walk(_ set: D4RedisSet, from cursor: [UInt8]) -> [[UInt8]] {
      [Array("SSCAN".utf8), set.key, cursor, Array("COUNT".utf8), count]
    }
    let replies = try connection.pipeline(sets.map { walk($0, from: [0x30]) })
    var members: [(set: D4RedisSet, rdata: [UInt8])] = []
    for (set, first) in zip(sets, replies) {
      guard case .array = first else {
        // A key of another kind under the name of a set: counted as a record without fields.
        append([set.rrname, set.type, [], [], [], []])
        continue
      }
      var (cursor, items) = try D4RedisDump.page(first, of: "SSCAN")
      let isLong = cursor != [0x30]
      var known = Set(items)
      members += items.map { (set, $0) }
      while cursor != [0x30] {
        (cursor, items) = try D4RedisDump.page(
          try connection.call(walk(set, from: cursor)), of: "SSCAN")
        for item in items where known.insert(item).inserted { members.append((set, item)) }
        if members.count >= limits.membersAtOnce * limits.commandsAtOnce {
          try readMembers(&members)
        }
      }
      if isLong || members.count >= limits.membersAtOnce * limits.commandsAtOnce {
        try readMembers(&members)
      }
    }
    try readMembers(&members)
  }

  /// Asks for times and counts, and writes the lines.
  private mutating func readMembers(
    _ members: inout [(set: D4RedisSet, rdata: [UInt8])]
  ) throws {
    defer { members.removeAll(keepingCapacity: true) }
    let atOnce = limits.membersAtOnce * limits.commandsAtOnce
    for start in stride(from: 0, to: members.count, by: atOnce) {
      let some = members[start..<min(start + atOnce, members.count)]
      var commands: [[[UInt8]]] = []
      for begin in stride(from: some.startIndex, to: some.endIndex, by: limits.membersAtOnce) {
        var command = [Array("MGET".utf8)]
        for member in some[begin..<min(begin + limits.membersAtOnce, some.endIndex)] {
          for letter in "slo".utf8 { command.append(member.set.key(letter, rdata: member.rdata)) }
        }
        commands.append(command)
      }
      var values: [RedisReply] = []
      for reply in try connection.pipeline(commands) {
        guard let elements = reply.elements else {
          throw RedisError.unexpectedReply(command: "MGET")
        }
        values += elements
      }
      guard values.count == 3 * some.count else {
        throw RedisError.unexpectedReply(command: "MGET")
      }
      for (index, member) in some.enumerated() {
        append(
          [member.set.rrname, member.set.type, member.rdata]
            + (0..<3).map { values[3 * index + $0].text ?? [] })
      }
      if block.count >= limits.blockOctets { try flush() }
    }
  }

  private mutating func append(_ columns: [[UInt8]]) {
    let start = block.count
    D4RedisLine.append(columns, to: &block)
    sum.add(block[start...])
    lines += 1
  }

  private mutating func flush() throws {
    guard !block.isEmpty else { return }
    var packed: [UInt8] = []
    try ZstdCompressor().append(block.span, to: &packed)
    block.removeAll(keepingCapacity: true)
    try write(packed)
  }
}

/// The key of a set.
private struct D4RedisSet {
  let key: [UInt8]
  let rrname: [UInt8]
  let type: [UInt8]

  /// - Parameter key: `r:<rrname>:<type>`; the type has no colon.
  init?(key: [UInt8]) {
    guard key.starts(with: "r:".utf8), let colon = key.lastIndex(of: 0x3A), colon > 1 else {
      return nil
    }
    self.key = key
    rrname = Array(key[2..<colon])
    type = Array(key[(colon + 1)...])
  }

  /// The key of a text that belongs to a member.
  func key(_ letter: UInt8, rdata: [UInt8]) -> [UInt8] {
    [letter, 0x3A] + rrname + [0x3A] + rdata + [0x3A] + type
  }
}

/// A sum over lines that their order does not change: of their hashes, 128 bits.
private struct LineSum {
  private var high: UInt64 = 0
  private var low: UInt64 = 0

  mutating func add(_ line: ArraySlice<UInt8>) {
    let hash = Array(SHA256.hash(data: line))
    high &+= LineSum.number(hash[..<8])
    low &+= LineSum.number(hash[8..<16])
  }

  var octets: [UInt8] {
    [high, low].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
    }
  }

  private static func number(_ octets: ArraySlice<UInt8>) -> UInt64 {
    octets.reduce(0) { $0 << 8 | UInt64($1) }
  }
}
