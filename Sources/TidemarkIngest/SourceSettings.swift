public import TidemarkModel

/// Finds the number of a sensor that a feed names.
public typealias SensorLookup = @Sendable (_ name: [UInt8]) -> SensorNumber

/// Finds the number of a dataset that a feed names; nil for a name that is none.
public typealias DatasetLookup = @Sendable (_ name: [UInt8]) -> DatasetNumber?

/// What every decoder is told about its source.
public struct SourceSettings: Sendable {
  /// Dataset, vantage, and the sensor for everything unless the feed names its own.
  public var origin: ObservationOrigin
  /// Numbers of the sensors that the feed names; nil when all records belong to the origin's.
  public var sensorOf: SensorLookup?
  /// Numbers of the datasets that the feed names; nil when all records go to the origin's. Only for
  /// feeds that are trusted with every dataset: exports of our own.
  public var datasetOf: DatasetLookup?
  /// Records that are left out; nil keeps all.
  public var filter: RecordFilter?
  /// Responses in packets whose query was not seen.
  public var unmatched = CaptureIngest.Unmatched.refuse
  /// Zones and sections, for sources above a resolver.
  public var authority = AuthoritySettings()
  /// The collector's clock when the source is opened.
  public var now: UnixSeconds
  /// Items before this one were stored by an earlier run: they are read, because later ones may
  /// build on them, and give no observations.
  public var firstItem: UInt64 = 0

  /// Makes settings without a filter, for a source that is read from its start.
  public init(origin: ObservationOrigin, now: UnixSeconds) {
    self.origin = origin
    self.now = now
  }
}
