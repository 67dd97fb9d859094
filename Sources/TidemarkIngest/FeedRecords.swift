import DNSWire
import TidemarkModel

/// Adds the records of binary feeds to batches: those that come ready-made, without a DNS message
/// around them. Keeps the account of everything that the feed offers.
struct FeedRecords: ~Copyable {
  /// What the records of one RRset or message share.
  struct Sighting {
    var timeFirst: UnixSeconds
    var timeLast: UnixSeconds
    var count: UInt64
    var sensor: SensorNumber
  }

  private(set) var offered: UInt64 = 0
  private var reasons = FeedReasonCounts()
  private var filtered = FilterCounts()
  private let filter: RecordFilter?
  private let dataset: DatasetNumber
  private var keys = RecordKeyWriter()
  private var duplicates = DuplicateFilter()

  init(settings: SourceSettings) {
    filter = settings.filter
    dataset = settings.origin.dataset
  }

  /// Offers records that all end the same way.
  mutating func refuse(_ reason: FeedReason, _ records: UInt64 = 1) {
    offered += records
    reasons.add(reason, records)
  }

  /// Starts a message or RRset of so many records; no two of them may be the same.
  mutating func begin(records: Int) { duplicates.begin(expecting: records) }

  /// Sets the owner of the records that follow.
  mutating func setOwner(_ rrname: Span<UInt8>) {
    keys.setOwner(dataset: dataset, rrname: rrname)
  }

  /// Offers a record of the owner.
  ///
  /// - Parameters:
  ///   - rrname: the owner again, for the filter.
  ///   - rdata: canonical wire octets, or text with ``Vantage/text``.
  mutating func add(
    rrname: Span<UInt8>, rrtype: RRType, rdata: Span<UInt8>, vantage: Vantage,
    bailiwick: Bailiwick, _ sighting: Sighting, to batch: RecordBatch
  ) {
    offered += 1
    if let reason = filter?.reason(rrname: rrname, rrtype: rrtype, rdata: rdata) {
      filtered.add(reason)
      return
    }
    keys.finish(rrtype: rrtype, rdata: rdata, vantage: vantage, bailiwick: bailiwick)
    keys.withKey { key in
      let hash = RecordBatch.hash(of: key)
      guard duplicates.insert(hash) else {
        reasons.add(.repeated)
        return
      }
      batch.add(
        key: key, hash: hash, timeFirst: sighting.timeFirst, timeLast: sighting.timeLast,
        count: sighting.count, sensor: sighting.sensor)
    }
  }

  func account(into accounting: inout Accounting) {
    accounting.offered += offered
    reasons.account(into: &accounting)
    filtered.account(into: &accounting)
  }

  /// False for types that no stored record can have: question types and those of transport.
  static func isStorable(_ type: RRType, rrname: Span<UInt8>) -> Bool {
    switch type.rawValue {
    case 0, 41, 128, 249...255: false
    case 24: rrname.count > 1
    default: true
    }
  }
}

/// Numbers of the sensors that a feed names; remembers the last one, which is nearly always the
/// next one too.
struct FeedSensors {
  private let standard: SensorNumber
  private let lookup: SensorLookup?
  private var last: (name: [UInt8], number: SensorNumber) = ([], 0)

  init(settings: SourceSettings) {
    standard = settings.origin.sensor
    lookup = settings.sensorOf
  }

  /// True when the feed's names are wanted.
  var takesNames: Bool { lookup != nil }

  /// The number for a name; the source's own sensor when names are not wanted or this one is empty.
  mutating func number(_ name: Span<UInt8>) -> SensorNumber {
    guard let lookup, name.count > 0 else { return standard }
    if !isLast(name) {
      var octets: [UInt8] = []
      octets.reserveCapacity(name.count)
      for index in name.indices { octets.append(name[index]) }
      last = (octets, lookup(octets))
    }
    return last.number
  }

  private func isLast(_ name: Span<UInt8>) -> Bool {
    guard name.count == last.name.count else { return false }
    for index in name.indices where name[index] != last.name[index] { return false }
    return true
  }
}
