public import DNSWire
public import TidemarkModel

/// Picks the records of an accepted response that passive DNS may keep, and adds them to a batch.
///
/// Below a resolver only the answer section counts, and of it only what the question leads to: the
/// records of the queried name, and of names reached from it by CNAME and DNAME, in whatever order
/// they stand. A server that slips an unrelated name into its answer gains nothing.
public struct AnswerExtractor: ~Copyable {
  /// Names reached from the question. Longer chains exist only to make work; resolvers give up
  /// between 8 and 16.
  public static let chainNamesMax = 32

  /// What became of the records of one answer section.
  public struct Tally: Equatable, Sendable {
    /// Added to the batch.
    public var observations: UInt64 = 0
    /// Left out: owner not reached from the question.
    public var unconnected: UInt64 = 0
    /// Left out: type or class that is never stored.
    public var neverStored: UInt64 = 0
    /// Left out: repeats another record of the message.
    public var repeated: UInt64 = 0
  }

  private var keys = RecordKeyWriter()
  private var chain: [MessageRange] = []
  private var connected: [Bool] = []
  private var duplicates = DuplicateFilter()
  private var scratch: [UInt8] = []

  /// Makes an extractor.
  public init() {
    chain.reserveCapacity(AnswerExtractor.chainNamesMax)
    scratch.reserveCapacity(DNSLimits.nameOctetsMax)
  }

  /// Adds the answer's observations to `batch`.
  ///
  /// - Parameters:
  ///   - parser: has just parsed the response, which the caller accepted.
  ///   - origin: what all observations of the source have in common.
  ///   - time: of the response.
  public mutating func extract(
    from parser: inout MessageParser, origin: ObservationOrigin, time: UnixSeconds,
    into batch: RecordBatch
  ) -> Tally {
    var tally = Tally()
    let answers = parser.answers
    connect(&parser, answers: answers)
    duplicates.begin(expecting: answers)
    var owner: UInt32?
    for index in 0..<answers {
      let record = parser.record(index)
      guard connected[index] else {
        tally.unconnected += 1
        continue
      }
      guard AnswerExtractor.isStorable(record, question: parser.questionType) else {
        tally.neverStored += 1
        continue
      }
      if owner != record.owner.start {
        parser.withOctets(record.owner) { keys.setOwner(dataset: origin.dataset, rrname: $0) }
        owner = record.owner.start
      }
      parser.withOctets(record.rdata) {
        keys.finish(
          rrtype: record.type, rdata: $0, vantage: origin.vantage, bailiwick: .unknown)
      }
      keys.withKey { key in
        let hash = RecordBatch.hash(of: key)
        guard duplicates.insert(hash) else {
          tally.repeated += 1
          return
        }
        batch.add(
          key: key, hash: hash, timeFirst: time, timeLast: time, count: 1, sensor: origin.sensor)
        tally.observations += 1
      }
    }
    return tally
  }

  /// Marks the answers that the question leads to: one pass over the answers for each name reached,
  /// so that hostile messages cost no more than ``chainNamesMax`` passes.
  private mutating func connect(_ parser: inout MessageParser, answers: Int) {
    connected.removeAll(keepingCapacity: true)
    for _ in 0..<answers { connected.append(false) }
    chain.removeAll(keepingCapacity: true)
    chain.append(parser.questionName)
    var next = 0
    while next < chain.count {
      let name = chain[next]
      next += 1
      for index in 0..<answers {
        let record = parser.record(index)
        if record.type == .dname {
          followDNAME(record, at: index, from: name, &parser)
        } else if !connected[index], parser.isEqual(record.owner, name) {
          connected[index] = true
          if record.type == .cname { addToChain(record.rdata, parser) }
        }
      }
    }
  }

  /// A DNAME redirects the names below its owner (RFC 6672 section 2.2).
  private mutating func followDNAME(
    _ record: MessageRecord, at index: Int, from name: MessageRange,
    _ parser: inout MessageParser
  ) {
    guard parser.isName(name, below: record.owner) else { return }
    connected[index] = true
    let prefix = Int(name.count) - Int(record.owner.count)
    guard prefix > 0, prefix + Int(record.rdata.count) <= DNSLimits.nameOctetsMax else { return }
    scratch.removeAll(keepingCapacity: true)
    parser.withOctets(name) { for octet in 0..<prefix { scratch.append($0[octet]) } }
    parser.withOctets(record.rdata) { for octet in $0.indices { scratch.append($0[octet]) } }
    if let target = parser.addName(scratch.span) { addToChain(target, parser) }
  }

  private func isInChain(_ name: MessageRange, _ parser: borrowing MessageParser) -> Bool {
    for known in chain where parser.isEqual(known, name) { return true }
    return false
  }

  private mutating func addToChain(_ name: MessageRange, _ parser: borrowing MessageParser) {
    guard chain.count < AnswerExtractor.chainNamesMax, !isInChain(name, parser) else { return }
    chain.append(name)
  }

  /// Class IN, a type that is data, and not the stand-in for ANY of RFC 8482 section 4.2.
  private static func isStorable(_ record: MessageRecord, question: RRType) -> Bool {
    guard record.recordClass == 1 else { return false }
    switch record.type.rawValue {
    case 0, 41, 249...255: return false
    case 24: return record.owner.count > 1
    case 13: return question != .any
    default: return true
    }
  }
}

/// What all observations of a source have in common.
public struct ObservationOrigin: Sendable, Equatable {
  /// Registry number of the dataset.
  public var dataset: DatasetNumber
  /// Registry number of the sensor.
  public var sensor: SensorNumber
  /// Where the source sees answers.
  public var vantage: Vantage

  /// Makes an origin.
  public init(dataset: DatasetNumber, sensor: SensorNumber, vantage: Vantage) {
    self.dataset = dataset
    self.sensor = sensor
    self.vantage = vantage
  }
}

/// Which 64-bit hashes were seen in one message. Cleared by counting up, not by writing.
struct DuplicateFilter {
  private var stamps: [UInt32] = Array(repeating: 0, count: 64)
  private var hashes: [UInt64] = Array(repeating: 0, count: 64)
  private var stamp: UInt32 = 0
  private var isSingle = true

  mutating func begin(expecting count: Int) {
    isSingle = count < 2
    if count * 2 > stamps.count {
      var size = stamps.count
      while size < count * 2 { size *= 2 }
      stamps = Array(repeating: 0, count: size)
      hashes = Array(repeating: 0, count: size)
      stamp = 0
    }
    if stamp == .max {
      for index in stamps.indices { stamps[index] = 0 }
      stamp = 0
    }
    stamp += 1
  }

  /// Returns false when the hash was there already.
  mutating func insert(_ hash: UInt64) -> Bool {
    if isSingle { return true }
    let mask = stamps.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while stamps[slot] == stamp {
      if hashes[slot] == hash { return false }
      slot = (slot + 1) & mask
    }
    stamps[slot] = stamp
    hashes[slot] = hash
    return true
  }
}
