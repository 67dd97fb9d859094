import DNSWire
import TidemarkModel

/// Which records of an answer the question leads to: those of the queried name, and of names that
/// CNAME and DNAME reach from it, in whatever order they stand.
///
/// Small answers, nearly all, are scanned once for each name reached. Large ones are filed by owner
/// first, so that a hostile message costs no more than an honest one of its size. Of the largest,
/// the first ``AnswerExtractor/recordsMax`` records are looked at.
struct AnswerChain {
  /// Answers up to which scanning is cheaper than filing.
  private static let scannedMax = 12
  /// DNAME records that are followed; an honest answer has one or two.
  private static let dnamesMax = 8

  /// The queried name and the names reached from it, in the order of discovery.
  private(set) var names: [MessageRange] = []
  /// The answers that the question leads to, those of one owner behind one another.
  private(set) var reached: [Int] = []
  private var connected: [Bool] = []
  private var scratch: [UInt8] = []
  private var owners = OwnerIndex()
  private var dnames: [Int] = []

  init() {
    names.reserveCapacity(AnswerExtractor.chainNamesMax)
    scratch.reserveCapacity(DNSLimits.nameOctetsMax)
  }

  /// Follows the chain of the message just parsed.
  mutating func connect(_ parser: inout MessageParser) {
    let answers = min(parser.answers, AnswerExtractor.recordsMax)
    connected.removeAll(keepingCapacity: true)
    connected.append(contentsOf: repeatElement(false, count: answers))
    reached.removeAll(keepingCapacity: true)
    names.removeAll(keepingCapacity: true)
    names.append(parser.questionName)
    dnames.removeAll(keepingCapacity: true)
    for index in 0..<answers
    where parser.record(index).type == .dname && dnames.count < AnswerChain.dnamesMax {
      dnames.append(index)
    }
    let isFiled = answers > AnswerChain.scannedMax
    if isFiled { owners.fill(parser, answers: answers) }
    var next = 0
    while next < names.count {
      let name = names[next]
      next += 1
      for position in dnames.indices { followDNAME(at: dnames[position], from: name, &parser) }
      if isFiled {
        var index = owners.first(name, parser)
        while index >= 0 {
          reach(index, from: name, parser)
          index = owners.next(after: index)
        }
      } else {
        for index in 0..<answers { reach(index, from: name, parser) }
      }
    }
  }

  @inline(__always)
  private mutating func reach(
    _ index: Int, from name: MessageRange, _ parser: borrowing MessageParser
  ) {
    guard !connected[index] else { return }
    let record = parser.record(index)
    guard record.type != .dname, parser.isEqual(record.owner, name) else { return }
    connected[index] = true
    reached.append(index)
    if record.type == .cname { add(record.rdata, parser) }
  }

  /// A DNAME redirects the names below its owner (RFC 6672 section 2.2).
  private mutating func followDNAME(
    at index: Int, from name: MessageRange, _ parser: inout MessageParser
  ) {
    let record = parser.record(index)
    guard parser.isName(name, below: record.owner) else { return }
    if !connected[index] { reached.append(index) }
    connected[index] = true
    let prefix = Int(name.count) - Int(record.owner.count)
    guard prefix > 0, prefix + Int(record.rdata.count) <= DNSLimits.nameOctetsMax else { return }
    scratch.removeAll(keepingCapacity: true)
    parser.withOctets(name) { for octet in 0..<prefix { scratch.append($0[octet]) } }
    parser.withOctets(record.rdata) { for octet in $0.indices { scratch.append($0[octet]) } }
    if let target = parser.addName(scratch.span) { add(target, parser) }
  }

  private mutating func add(_ name: MessageRange, _ parser: borrowing MessageParser) {
    guard names.count < AnswerExtractor.chainNamesMax else { return }
    for known in names where parser.isEqual(known, name) { return }
    names.append(name)
  }
}

/// Answers filed by their owners' hashes.
private struct OwnerIndex {
  private var heads: [Int32] = []
  private var links: [Int32] = []
  private var hashes: [UInt64] = []
  private var mask = 0
  /// Hashes of the last names, by where they stand: answers share their owners.
  private var memo: [(start: UInt32, count: UInt32, hash: UInt64)] = Array(
    repeating: (0, 0, 0), count: 64)

  /// Files all answers, the last first, so that each list is in message order.
  mutating func fill(_ parser: borrowing MessageParser, answers: Int) {
    var size = 32
    while size < answers { size *= 2 }
    mask = size - 1
    reset(size: size, answers: answers)
    for slot in memo.indices { memo[slot].count = 0 }
    var index = answers
    while index > 0 {
      index -= 1
      let hash = hash(of: parser.record(index).owner, parser)
      let slot = Int(truncatingIfNeeded: hash) & mask
      hashes[index] = hash
      links[index] = heads[slot]
      heads[slot] = Int32(index)
    }
  }

  /// The first answer whose owner has the name's hash; -1 for none.
  func first(_ name: MessageRange, _ parser: borrowing MessageParser) -> Int {
    let hash = parser.withOctets(name) { RecordBatch.hash(of: $0) }
    return find(hash, from: heads[Int(truncatingIfNeeded: hash) & mask])
  }

  /// The next answer whose owner has the same hash.
  func next(after index: Int) -> Int { find(hashes[index], from: links[index]) }

  private func find(_ hash: UInt64, from start: Int32) -> Int {
    var index = Int(start)
    while index >= 0, hashes[index] != hash { index = Int(links[index]) }
    return index
  }

  private mutating func reset(size: Int, answers: Int) {
    heads.removeAll(keepingCapacity: true)
    heads.append(contentsOf: repeatElement(-1, count: size))
    if links.count < answers {
      links.append(contentsOf: repeatElement(-1, count: answers - links.count))
      hashes.append(contentsOf: repeatElement(0, count: answers - hashes.count))
    }
  }

  @inline(__always)
  private mutating func hash(
    of name: MessageRange, _ parser: borrowing MessageParser
  ) -> UInt64 {
    let slot = Int(name.start) & 63
    if memo[slot].start == name.start, memo[slot].count == name.count { return memo[slot].hash }
    let hash = parser.withOctets(name) { RecordBatch.hash(of: $0) }
    memo[slot] = (name.start, name.count, hash)
    return hash
  }
}
