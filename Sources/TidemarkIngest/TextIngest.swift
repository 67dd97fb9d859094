public import TidemarkModel

/// Adds what a text feed says to batches, and leaves out what a filter names.
public struct TextIngest: ~Copyable {
  private let vantage: Vantage
  private let filter: RecordFilter?
  private var filtered = FilterCounts()
  private var names: FeedNames
  private var badDatasets: UInt64 = 0
  private var keys = RecordKeyWriter()

  /// Makes the front end of one source.
  public init(settings: SourceSettings) {
    vantage = settings.origin.vantage
    filter = settings.filter
    names = FeedNames(settings: settings)
  }

  /// Adds every RR of an observation, each with the observation's times, count, sensors and days.
  public mutating func add(_ observation: borrowing TextObservation, to batch: RecordBatch) {
    guard let dataset = names.dataset(of: observation) else {
      badDatasets += UInt64(observation.items.count)
      return
    }
    keys.setOwner(dataset: dataset, rrname: observation.rrname.span)
    // Exports of our own say more than other feeds.
    let isPlain = observation.sensors.isEmpty && observation.activity.isEmpty
    let sensor = names.sensor(of: observation)
    let value = isPlain ? nil : value(of: observation)
    for item in observation.items where prepareKey(item, of: observation) {
      keys.withKey { key in
        if let value {
          batch.add(key: key, value: value)
        } else {
          batch.add(
            key: key, timeFirst: observation.timeFirst, timeLast: observation.timeLast,
            count: observation.count, sensor: sensor)
        }
      }
    }
  }

  /// Adds what was left out, by reason.
  public func account(into accounting: inout Accounting) {
    filtered.account(into: &accounting)
    if badDatasets > 0 {
      accounting.dropped.append(Accounting.Reason(name: "bad-dataset", count: badDatasets))
    }
  }

  /// Completes the key of an RR; false when the filter leaves the RR out.
  @inline(__always)
  private mutating func prepareKey(
    _ item: TextObservation.Item, of observation: borrowing TextObservation
  ) -> Bool {
    let rdata = observation.rdataOctets.span.extracting(item.range)
    if let reason = filter?.reason(
      rrname: observation.rrname.span, rrtype: observation.rrtype, rdata: rdata)
    {
      filtered.add(reason)
      return false
    }
    keys.finish(
      rrtype: observation.rrtype, rdata: rdata,
      vantage: observation.vantage(of: item, standard: vantage),
      bailiwick: observation.bailiwick)
    return true
  }

  private mutating func value(of observation: borrowing TextObservation) -> RecordValue {
    RecordValue(
      timeFirst: observation.timeFirst, timeLast: observation.timeLast, count: observation.count,
      sensors: names.sensors(of: observation), activity: observation.activity)
  }
}
