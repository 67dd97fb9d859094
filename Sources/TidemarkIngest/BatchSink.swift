public import TidemarkModel

/// Where batches go: a store, or another Tidemark.
public protocol BatchSink: Sendable {
  /// Writes a batch, all or nothing, together with its state changes.
  ///
  /// - Returns: records that are new.
  /// - Throws: nothing of the batch is stored then.
  func write(_ batch: RecordBatch) throws -> UInt64

  /// Rows of the state family whose keys start with a prefix.
  func states(prefix: [UInt8]) throws -> [(key: [UInt8], value: [UInt8])]

  /// The number of a sensor, a new one for a new name.
  func sensor(named name: String) throws -> SensorNumber

  /// True when batches should keep apart what their sensors contributed
  /// (``RecordBatch/keepsSensorsApart``).
  var wantsSensorsApart: Bool { get }
}

extension BatchSink {
  /// False: a store merges sensors anyway.
  public var wantsSensorsApart: Bool { false }
}
