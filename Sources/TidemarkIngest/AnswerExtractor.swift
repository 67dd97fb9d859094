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
  /// Records of an answer that are looked at. Resolvers refuse record sets of a tenth of that.
  public static let recordsMax = 1_000

  private var keys = RecordKeyWriter()
  private var chain = AnswerChain()
  private var duplicates = DuplicateFilter()
  private let filter: RecordFilter?

  /// Makes an extractor.
  ///
  /// - Parameter filter: records that are left out; nil keeps all.
  public init(filter: RecordFilter? = nil) {
    self.filter = filter
  }

  /// Adds the answer's observations to `batch`.
  ///
  /// - Parameters:
  ///   - parser: has just parsed the response, which the caller accepted.
  ///   - origin: what all observations of the source have in common.
  ///   - time: of the response.
  ///   - tally: says what became of each answer record; is added to.
  public mutating func extract(
    from parser: inout MessageParser, origin: ObservationOrigin, time: UnixSeconds,
    into batch: RecordBatch, tally: inout RecordTally
  ) {
    chain.connect(&parser)
    tally.offered += UInt64(parser.answers)
    let excess = max(parser.answers - AnswerExtractor.recordsMax, 0)
    tally.excess += UInt64(excess)
    tally.unconnected += UInt64(parser.answers - excess - chain.reached.count)
    duplicates.begin(expecting: chain.reached.count)
    var owner: MessageRange?
    for position in chain.reached.indices {
      let record = parser.record(chain.reached[position])
      guard AnswerExtractor.isStorable(record, question: parser.questionType) else {
        tally.neverStored += 1
        continue
      }
      if let reason = filter?.reason(of: record, in: parser) {
        tally.filtered.add(reason)
        continue
      }
      if !(owner.map { parser.isEqual($0, record.owner) } ?? false) {
        parser.withOctets(record.owner) { keys.setOwner(dataset: origin.dataset, rrname: $0) }
        owner = record.owner
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
  }

  /// Class IN, a type that is data, and not the stand-in for ANY of RFC 8482 section 4.2.
  static func isStorable(_ record: MessageRecord, question: RRType) -> Bool {
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
