import CaptureFormats
import DNSWire
import TidemarkModel

/// Decides about every record of an authoritative response, and adds those that are kept.
///
/// A message goes through ``judge(_:source:)``, perhaps ``settleUnverified(_:)``,
/// ``learn(_:time:)`` and ``emit(_:origin:time:into:tally:)``; all but the first read the verdicts
/// of the first.
struct AuthorityJudge: ~Copyable {
  /// Which zones a server answers for, as known at the time of a response.
  enum Source {
    /// The feed says it: the zone's apex among the octets of the message.
    case zone(MessageRange)
    /// To be looked up by the server's address.
    case server(FlowAddress, UnixSeconds)
  }

  let settings: AuthoritySettings
  var tracker: BailiwickTracker
  var chain = AnswerChain()
  /// What is done with each record of the message.
  var verdicts: [Verdict] = []
  var targets = TargetNames()
  var memo = ZoneMemo()
  private var keys = RecordKeyWriter()
  /// The owner that ``keys`` holds.
  private var owner: MessageRange?
  private var duplicates = DuplicateFilter()
  private let filter: RecordFilter?

  init(settings: AuthoritySettings, filter: RecordFilter?) {
    self.settings = settings
    self.filter = filter
    tracker = BailiwickTracker(settings: settings)
  }

  /// Adds what the verdicts let through, and counts every record once.
  mutating func emit(
    _ parser: borrowing MessageParser, origin: ObservationOrigin, time: UnixSeconds,
    into batch: RecordBatch, tally: inout RecordTally
  ) {
    tally.offered += UInt64(parser.recordCount)
    duplicates.begin(expecting: parser.recordCount)
    owner = nil
    // The answers of one owner behind one another, which is not how they need to stand.
    for position in chain.reached.indices {
      emit(chain.reached[position], parser, origin, time, batch, &tally)
    }
    for index in 0..<parser.recordCount {
      if verdicts[index].bailiwick == nil {
        tally.add(verdicts[index])
      } else if index >= parser.answers {
        emit(index, parser, origin, time, batch, &tally)
      }
    }
  }

  /// Adds one record, if its verdict lets it through.
  @inline(__always)
  private mutating func emit(
    _ index: Int, _ parser: borrowing MessageParser, _ origin: ObservationOrigin,
    _ time: UnixSeconds, _ batch: RecordBatch, _ tally: inout RecordTally
  ) {
    guard let bailiwick = verdicts[index].bailiwick else { return }
    let record = parser.record(index)
    if let reason = filter?.reason(of: record, in: parser) {
      tally.filtered.add(reason)
      return
    }
    if !(owner.map { parser.isEqual($0, record.owner) } ?? false) {
      parser.withOctets(record.owner) { keys.setOwner(dataset: origin.dataset, rrname: $0) }
      owner = record.owner
    }
    parser.withOctets(record.rdata) {
      keys.finish(rrtype: record.type, rdata: $0, vantage: origin.vantage, bailiwick: bailiwick)
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
