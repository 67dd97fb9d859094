import Synchronization
public import TidemarkModel

/// The names of a store's datasets and sensors, and the small numbers that stand for them in keys
/// and values. Numbers are given out once and never again, so a stored number never changes its
/// meaning.
///
/// - Concurrency: any thread. A new name costs one synced write; known names cost none.
public final class Registry: Sendable {
  /// Longest name, octets of UTF-8.
  public static let nameOctetsMax = 255
  /// The name of ``DatasetNumber/main``.
  public static let mainDataset = "main"

  private struct Names {
    var datasets: [String: DatasetNumber] = [:]
    var datasetNames: [DatasetNumber: String] = [:]
    var sensors: [String: SensorNumber] = [:]
    var sensorNames: [SensorNumber: String] = [:]
  }

  private let store: any RecordStore
  private let names: Mutex<Names>

  /// Reads the names of a store.
  ///
  /// - Throws: ``StoreError``, ``StoreError/corrupt(family:detail:)`` for rows that are no names.
  public init(store: any RecordStore) throws(StoreError) {
    self.store = store
    names = Mutex(try Registry.load(from: store))
  }

  /// The number of a dataset, a new one if the name is new.
  ///
  /// - Parameter name: 1 to ``nameOctetsMax`` octets.
  /// - Throws: ``StoreError/registryFull(what:limit:)``,
  ///   ``StoreError/badRegistryName(what:detail:)``, or what the write throws.
  public func addDataset(_ name: String) throws(StoreError) -> DatasetNumber {
    try Registry.check(name, what: "dataset")
    let result: Result<DatasetNumber, StoreError> = names.withLock { names in
      if let known = names.datasets[name] { return .success(known) }
      let highest = names.datasetNames.keys.max() ?? .main
      guard highest < DatasetNumber.max else {
        return .failure(.registryFull(what: "dataset", limit: Int(DatasetNumber.max)))
      }
      return write(StateKey.dataset(highest + 1), name).map {
        names.datasets[name] = highest + 1
        names.datasetNames[highest + 1] = name
        return highest + 1
      }
    }
    return try result.get()
  }

  /// The number of a sensor, a new one if the name is new. The empty name is sensor 0.
  ///
  /// - Throws: as ``addDataset(_:)``.
  public func addSensor(_ name: String) throws(StoreError) -> SensorNumber {
    if name.isEmpty { return 0 }
    try Registry.check(name, what: "sensor")
    let result: Result<SensorNumber, StoreError> = names.withLock { names in
      if let known = names.sensors[name] { return .success(known) }
      let highest = names.sensorNames.keys.max() ?? 0
      guard highest < SensorSet.numberMax else {
        return .failure(.registryFull(what: "sensor", limit: Int(SensorSet.numberMax)))
      }
      return write(StateKey.sensor(highest + 1), name).map {
        names.sensors[name] = highest + 1
        names.sensorNames[highest + 1] = name
        return highest + 1
      }
    }
    return try result.get()
  }

  /// The number of a dataset; nil when the store has no such dataset.
  public func dataset(_ name: String) -> DatasetNumber? {
    names.withLock { $0.datasets[name] }
  }

  /// The name of a dataset; nil for a number that was never given out.
  public func name(ofDataset number: DatasetNumber) -> String? {
    names.withLock { $0.datasetNames[number] }
  }

  /// The number of a sensor; nil when the store has no such sensor.
  public func sensor(_ name: String) -> SensorNumber? {
    name.isEmpty ? 0 : names.withLock { $0.sensors[name] }
  }

  /// The name of a sensor, empty for sensor 0; nil for a number that was never given out.
  public func name(ofSensor number: SensorNumber) -> String? {
    number == 0 ? "" : names.withLock { $0.sensorNames[number] }
  }

  /// All datasets by number, ascending; `main` is always there.
  public var datasets: [(number: DatasetNumber, name: String)] {
    names.withLock { $0.datasetNames.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
  }

  /// All named sensors by number, ascending.
  public var sensors: [(number: SensorNumber, name: String)] {
    names.withLock { $0.sensorNames.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
  }

  /// Reads the names again: a store opened beside a writer learns what the writer added.
  public func reload() throws(StoreError) {
    let fresh = try Registry.load(from: store)
    names.withLock { $0 = fresh }
  }

  private func write(_ key: [UInt8], _ name: String) -> Result<Void, StoreError> {
    let batch = RecordBatch()
    batch.stateChanges = [RecordBatch.StateChange(key: key, value: Array(name.utf8))]
    do throws(StoreError) {
      try store.apply(batch)
      return .success(())
    } catch {
      return .failure(error)
    }
  }

  private static func check(_ name: String, what: String) throws(StoreError) {
    guard !name.isEmpty else { throw .badRegistryName(what: what, detail: "it is empty") }
    guard name.utf8.count <= nameOctetsMax else {
      throw .badRegistryName(what: what, detail: "it is longer than \(nameOctetsMax) octets")
    }
  }

  private static func load(from store: any RecordStore) throws(StoreError) -> Names {
    var names = Names()
    names.datasets[mainDataset] = .main
    names.datasetNames[.main] = mainDataset
    for (key, name) in try rows(StateKey.datasets, octets: 2, of: store) {
      let number = DatasetNumber(truncatingIfNeeded: key)
      names.datasets[name] = number
      names.datasetNames[number] = name
    }
    for (key, name) in try rows(StateKey.sensors, octets: 4, of: store) {
      names.sensors[name] = key
      names.sensorNames[key] = name
    }
    return names
  }

  /// Numbers and names of a registry.
  private static func rows(
    _ range: KeyRange, octets: Int, of store: any RecordStore
  ) throws(StoreError) -> [(UInt32, String)] {
    var page = KeyValuePage()
    _ = try store.read(.state, range, limit: .max, into: &page)
    var rows: [(UInt32, String)] = []
    for index in 0..<page.count {
      let number = page.keys[index].dropFirst()
      guard number.count == octets, let name = String(validating: page.values[index], as: UTF8.self)
      else { throw .corrupt(family: .state, detail: "a registry row is damaged") }
      rows.append((number.reduce(0) { $0 << 8 | UInt32($1) }, name))
    }
    return rows
  }
}
