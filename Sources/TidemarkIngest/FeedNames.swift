import TidemarkModel

/// The sensors and the dataset that a text feed names, as numbers. Neighbours in a feed mostly have
/// the same, so that the last ones are kept.
struct FeedNames {
  private let origin: ObservationOrigin
  private let sensorOf: SensorLookup?
  private let datasetOf: DatasetLookup?
  private var lastSensor: (name: [UInt8], number: SensorNumber) = ([], 0)
  private var lastSet: (octets: [UInt8], ranges: [Range<Int>], numbers: SensorSet) = (
    [], [], SensorSet()
  )
  private var lastDataset: (name: [UInt8], number: DatasetNumber?)

  init(settings: SourceSettings) {
    origin = settings.origin
    sensorOf = settings.sensorOf
    datasetOf = settings.datasetOf
    lastDataset = ([], settings.origin.dataset)
  }

  /// The sensor of the configuration, or the only one that the feed names.
  mutating func sensor(of observation: borrowing TextObservation) -> SensorNumber {
    guard let sensorOf, !observation.sensorID.isEmpty else { return origin.sensor }
    if lastSensor.name != observation.sensorID {
      lastSensor = (observation.sensorID, sensorOf(observation.sensorID))
    }
    return lastSensor.number
  }

  /// All sensors of an observation that names several.
  mutating func sensors(of observation: borrowing TextObservation) -> SensorSet {
    guard let sensorOf, !observation.sensors.isEmpty else {
      return SensorSet(sensor(of: observation))
    }
    if lastSet.ranges != observation.sensors || lastSet.octets != observation.sensorsOctets {
      var numbers = SensorSet()
      for range in observation.sensors {
        numbers.insert(sensorOf(Array(observation.sensorsOctets[range])))
      }
      lastSet = (observation.sensorsOctets, observation.sensors, numbers)
    }
    var numbers = lastSet.numbers
    if !observation.sensorID.isEmpty { numbers.insert(sensor(of: observation)) }
    return numbers
  }

  /// The dataset of the configuration, or the one that the feed names and may name; nil when that
  /// is no dataset.
  mutating func dataset(of observation: borrowing TextObservation) -> DatasetNumber? {
    guard let datasetOf, !observation.datasetName.isEmpty else { return origin.dataset }
    if lastDataset.name != observation.datasetName {
      lastDataset = (observation.datasetName, datasetOf(observation.datasetName))
    }
    return lastDataset.number
  }
}
