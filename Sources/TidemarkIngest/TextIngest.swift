public import TidemarkModel

/// Adds what a text feed says to batches.
public struct TextIngest: ~Copyable {
  private let dataset: DatasetNumber
  private let vantage: Vantage
  private var keys = RecordKeyWriter()

  /// Makes the front end of one source.
  ///
  /// - Parameter vantage: where the feed's sensors sit, unless a record says otherwise.
  public init(dataset: DatasetNumber, vantage: Vantage) {
    self.dataset = dataset
    self.vantage = vantage
  }

  /// Adds every RR of an observation, each with the observation's times and count.
  ///
  /// - Returns: RRs added.
  @discardableResult
  public mutating func add(
    _ observation: borrowing TextObservation, sensor: SensorNumber, to batch: RecordBatch
  ) -> UInt64 {
    keys.setOwner(dataset: dataset, rrname: observation.rrname.span)
    for item in observation.items {
      let vantage = observation.vantage(of: item, standard: vantage)
      keys.finish(
        rrtype: observation.rrtype, rdata: observation.rdataOctets.span.extracting(item.range),
        vantage: vantage, bailiwick: observation.bailiwick)
      keys.withKey { key in
        batch.add(
          key: key, timeFirst: observation.timeFirst, timeLast: observation.timeLast,
          count: observation.count, sensor: sensor)
      }
    }
    return UInt64(observation.items.count)
  }
}
