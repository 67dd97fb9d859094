public import TidemarkModel
public import TidemarkStore

/// A store whose records also go to the streams of a ``Mixer``. Whoever writes through it is
/// mixed: sources and rows that are posted. Answers of the resolver, which no sensor saw, are
/// written past it.
public struct MixingStore: RecordStore {
  private let store: any RecordStore
  private let mixer: Mixer
  private let clock: @Sendable () -> UnixSeconds

  /// Puts a mixer in front of a store.
  ///
  /// - Parameters:
  ///   - store: the one that the mixer was made for.
  ///   - clock: seconds since 1970.
  public init(
    _ store: any RecordStore, mixer: Mixer, clock: @escaping @Sendable () -> UnixSeconds
  ) {
    self.store = store
    self.mixer = mixer
    self.clock = clock
  }

  /// Merges a batch and pools it; see ``RecordStore/apply(_:)``.
  @discardableResult
  public func apply(_ batch: RecordBatch) throws(StoreError) -> ApplySummary {
    try mixer.apply(batch, now: clock())
  }

  /// Shows rows; see ``RecordStore/scan(_:_:limit:_:)``.
  public func scan(
    _ family: StoreFamily, _ range: KeyRange, limit: Int,
    _ row: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Bool
  ) throws(StoreError) {
    try store.scan(family, range, limit: limit, row)
  }

  /// Shows values; see ``RecordStore/values(ofRecords:_:)``.
  public func values(
    ofRecords keys: OctetStrings, _ found: (_ index: Int, _ value: Span<UInt8>) -> Void
  ) throws(StoreError) {
    try store.values(ofRecords: keys, found)
  }

  /// The value of a state key, or nil.
  public func state(_ key: [UInt8]) throws(StoreError) -> [UInt8]? { try store.state(key) }

  /// Sizes, for people.
  public func statistics() throws(StoreError) -> StoreStatistics { try store.statistics() }
}
