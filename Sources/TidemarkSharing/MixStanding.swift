import TidemarkModel
import TidemarkStore

/// Whom a stream takes contributions from, by the numbers of the store. Looked up once a round:
/// what an owner or an operator decides is seen in the next one.
struct MixStanding {
  private enum Known {
    static let unasked: UInt8 = 0
    static let refused: UInt8 = 1
    /// Added to a marking.
    static let taken: UInt8 = 2
  }

  private let settings: MixSettings
  private let registry: Registry
  private let directory: (any SensorDirectory)?
  /// By sensor number.
  private var sensors: [UInt8] = []
  private var datasets: [DatasetNumber: Bool] = [:]
  /// What was asked last: records come sorted by dataset.
  private var lastDataset: (number: DatasetNumber, takes: Bool)?
  private var owners: [SensorNumber: String] = [:]

  init(settings: MixSettings, registry: Registry, directory: (any SensorDirectory)?) {
    self.settings = settings
    self.registry = registry
    self.directory = directory
  }

  /// Looks everybody up again.
  mutating func beginRound() {
    for index in sensors.indices { sensors[index] = Known.unasked }
    datasets.removeAll(keepingCapacity: true)
    lastDataset = nil
    owners.removeAll(keepingCapacity: true)
  }

  /// True when the stream pools records of a dataset.
  mutating func takes(_ dataset: DatasetNumber) -> Bool {
    if let last = lastDataset, last.number == dataset { return last.takes }
    defer { lastDataset = datasets[dataset].map { (dataset, $0) } }
    if let known = datasets[dataset] { return known }
    let takes = registry.name(ofDataset: dataset).map(settings.datasets.contains) ?? false
    datasets[dataset] = takes
    return takes
  }

  /// The marking of what a sensor contributes; nil when the stream does not take it.
  mutating func marking(of sensor: SensorNumber) -> TLP? {
    let index = Int(sensor)
    while sensors.count <= index { sensors.append(Known.unasked) }
    if sensors[index] == Known.unasked {
      let marking = ask(sensor)
      sensors[index] =
        marking.map { Known.taken + UInt8(truncatingIfNeeded: $0.rawValue) } ?? Known.refused
    }
    let known = sensors[index]
    return known == Known.refused ? nil : TLP(rawValue: Int(known - Known.taken))
  }

  /// The strictest marking of sensors; nil when the stream does not take one of them.
  mutating func marking(of set: SensorSet) -> TLP? {
    var strictest = TLP.clear
    for number in set.sequence {
      guard let tlp = marking(of: number) else { return nil }
      strictest = max(strictest, tlp)
    }
    return strictest
  }

  /// How many of these sensors count as distinct, of those that the stream takes.
  mutating func voices(of set: SensorSet) -> Int {
    var count = 0
    var names = Set<String>()
    for number in set.sequence where marking(of: number) != nil {
      let owner = settings.voice == .owners ? owner(of: number) : ""
      if owner.isEmpty { count += 1 } else { names.insert(owner) }
    }
    return count + names.count
  }

  private mutating func owner(of sensor: SensorNumber) -> String {
    if let known = owners[sensor] { return known }
    let name = registry.name(ofSensor: sensor) ?? ""
    let owner = directory?.profile(named: name)?.owner ?? ""
    owners[sensor] = owner
    return owner
  }

  private func ask(_ sensor: SensorNumber) -> TLP? {
    guard let name = registry.name(ofSensor: sensor), !name.isEmpty,
      !settings.excludedSensors.contains(name)
    else { return nil }
    var tlp = settings.tlpDefault
    var mixClass = SensorProfile.standardClass
    if let profile = directory?.profile(named: name) {
      // Whoever knows a shared secret can invent sensors: an operator has to have looked at them.
      guard profile.state == .approved else { return nil }
      tlp = profile.tlp
      mixClass = profile.mixClass
    }
    return tlp <= settings.tlpMax && settings.classes.contains(mixClass) ? tlp : nil
  }
}

extension SensorSet {
  /// The numbers, ascending, without making a list of them.
  var sequence: Numbers { Numbers(word: low, rest: high[...]) }

  struct Numbers: Sequence, IteratorProtocol {
    fileprivate var word: UInt64
    fileprivate var rest: ArraySlice<UInt64>
    private var base: SensorNumber = 0

    fileprivate init(word: UInt64, rest: ArraySlice<UInt64>) {
      self.word = word
      self.rest = rest
    }

    mutating func next() -> SensorNumber? {
      while word == 0 {
        guard let following = rest.popFirst() else { return nil }
        word = following
        base += 64
      }
      defer { word &= word - 1 }
      return base + SensorNumber(word.trailingZeroBitCount)
    }
  }
}
