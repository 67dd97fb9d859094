/// A small number that stands for a sensor in one store; the store's registry has the names.
/// Number 0 is the sensor without a name.
public typealias SensorNumber = UInt32

/// Which sensors saw a record: a set of small numbers, merged by union.
public struct SensorSet: Hashable, Sendable {
  /// Highest sensor number that a set can hold. A record seen by every sensor costs 8 KiB then.
  public static let numberMax: SensorNumber = 65_535

  /// Sensors 0–63, one bit each. Nearly every set fits here.
  public private(set) var low: UInt64
  /// Sensors from 64 on, 64 a word; the last word is never 0.
  public private(set) var high: [UInt64]

  /// No sensor.
  public init() {
    low = 0
    high = []
  }

  /// Takes sensors 0–63 as bits.
  public init(low: UInt64) {
    self.low = low
    high = []
  }

  /// One sensor.
  public init(_ sensor: SensorNumber) {
    self.init()
    insert(sensor)
  }

  /// True when no sensor is in the set.
  public var isEmpty: Bool { low == 0 && high.isEmpty }

  /// Sensors in the set.
  public var count: Int { high.reduce(low.nonzeroBitCount) { $0 + $1.nonzeroBitCount } }

  /// The lowest number, nil for an empty set.
  var lowest: SensorNumber? {
    if low != 0 { return SensorNumber(low.trailingZeroBitCount) }
    guard let word = high.firstIndex(where: { $0 != 0 }) else { return nil }
    return SensorNumber((word + 1) * 64 + high[word].trailingZeroBitCount)
  }

  /// Adds a sensor. Numbers above ``numberMax`` are a bug of the caller.
  public mutating func insert(_ sensor: SensorNumber) {
    precondition(sensor <= SensorSet.numberMax, "sensor number out of range")
    guard sensor >= 64 else {
      low |= 1 << UInt64(sensor)
      return
    }
    let word = Int(sensor / 64) - 1
    while high.count <= word { high.append(0) }
    high[word] |= 1 << UInt64(sensor % 64)
  }

  /// True when `sensor` is in the set.
  public func contains(_ sensor: SensorNumber) -> Bool {
    if sensor < 64 { return low & (1 << UInt64(sensor)) != 0 }
    let word = Int(sensor / 64) - 1
    return word < high.count && high[word] & (1 << UInt64(sensor % 64)) != 0
  }

  /// Empties the set.
  public mutating func removeAll() {
    low = 0
    if !high.isEmpty { high = [] }
  }

  /// Adds every sensor of `other`.
  public mutating func formUnion(_ other: SensorSet) {
    low |= other.low
    if other.high.isEmpty { return }
    while high.count < other.high.count { high.append(0) }
    for index in other.high.indices { high[index] |= other.high[index] }
  }

  /// The numbers, ascending.
  public var numbers: [SensorNumber] {
    var result: [SensorNumber] = []
    for (word, bits) in ([low] + high).enumerated() {
      var rest = bits
      while rest != 0 {
        result.append(SensorNumber(word * 64 + rest.trailingZeroBitCount))
        rest &= rest - 1
      }
    }
    return result
  }

  /// Octets of the set, least significant first, without trailing zero octets.
  func appendOctets(to out: inout [UInt8]) {
    let start = out.count
    var word = low
    var index = 0
    while true {
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        out.append(UInt8(truncatingIfNeeded: word >> shift))
      }
      guard index < high.count else { break }
      word = high[index]
      index += 1
    }
    while out.count > start, out[out.count - 1] == 0 { out.removeLast() }
  }

  /// Adds the sensors whose bit is set in the `index`-th octet of the form written above.
  mutating func insert(octet: UInt8, at index: Int) {
    guard octet != 0 else { return }
    if index < 8 {
      low |= UInt64(octet) << UInt64(index * 8)
      return
    }
    let word = index / 8 - 1
    while high.count <= word { high.append(0) }
    high[word] |= UInt64(octet) << UInt64(index % 8 * 8)
  }
}
