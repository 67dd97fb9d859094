import TidemarkModel

/// Octets of the `state` family that sharing wrote are not what it writes.
struct MixDamage: Error, Equatable {}

/// Appends numbers in the forms that sharing stores: big-endian of fixed size in keys, unsigned
/// LEB128 in values.
enum MixWriter {
  static func append(_ value: UInt64, to out: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    out.append(UInt8(truncatingIfNeeded: rest))
  }

  static func append(octets: Span<UInt8>, to out: inout [UInt8]) {
    append(UInt64(octets.count), to: &out)
    for index in octets.indices { out.append(octets[index]) }
  }

  static func appendBigEndian(_ value: UInt64, octets: Int, to out: inout [UInt8]) {
    for octet in (0..<octets).reversed() {
      out.append(UInt8(truncatingIfNeeded: value >> UInt64(octet * 8)))
    }
  }

  static func append(_ sensors: SensorSet, to out: inout [UInt8]) {
    let numbers = sensors.numbers
    append(UInt64(numbers.count), to: &out)
    var previous: SensorNumber = 0
    for number in numbers {
      append(UInt64(number - previous), to: &out)
      previous = number
    }
  }

  /// A difference of times: small numbers of either sign stay short.
  static func append(difference: Int64, to out: inout [UInt8]) {
    append(UInt64(bitPattern: (difference << 1) ^ (difference >> 63)), to: &out)
  }
}

/// Reads what ``MixWriter`` appended.
struct MixReader {
  let octets: [UInt8]
  private(set) var at = 0

  init(_ octets: [UInt8]) {
    self.octets = octets
  }

  var isAtEnd: Bool { at == octets.count }

  @inline(__always)
  mutating func octet() throws(MixDamage) -> UInt8 {
    guard at < octets.count else { throw MixDamage() }
    let octet = octets[at]
    at += 1
    return octet
  }

  @inline(__always)
  mutating func number() throws(MixDamage) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while at < octets.count, shift < 64 {
      let octet = octets[at]
      at += 1
      value |= UInt64(octet & 0x7F) << shift
      if octet < 0x80 { return value }
      shift += 7
    }
    throw MixDamage()
  }

  mutating func number(atMost limit: UInt64) throws(MixDamage) -> UInt64 {
    let value = try number()
    guard value <= limit else { throw MixDamage() }
    return value
  }

  mutating func difference() throws(MixDamage) -> Int64 {
    let value = try number()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  mutating func time() throws(MixDamage) -> UnixSeconds {
    UnixSeconds(try number(atMost: UInt64(UnixSeconds.max)))
  }

  mutating func bigEndian(octets count: Int) throws(MixDamage) -> UInt64 {
    var value: UInt64 = 0
    for _ in 0..<count { value = value << 8 | UInt64(try octet()) }
    return value
  }

  /// So many octets, whose number does not stand before them.
  mutating func range(_ count: UInt64) throws(MixDamage) -> Range<Int> {
    guard count <= UInt64(octets.count - at) else { throw MixDamage() }
    defer { at += Int(count) }
    return at..<(at + Int(count))
  }

  /// Octets behind their number.
  mutating func octetString() throws(MixDamage) -> [UInt8] {
    let place = try range(try number())
    return Array(octets[place])
  }

  mutating func sensors() throws(MixDamage) -> SensorSet {
    var sensors = SensorSet()
    var number: UInt64 = 0
    for _ in 0..<(try self.number(atMost: UInt64(SensorSet.numberMax) + 1)) {
      number += try self.number(atMost: UInt64(SensorSet.numberMax))
      guard number <= UInt64(SensorSet.numberMax) else { throw MixDamage() }
      sensors.insert(SensorNumber(number))
    }
    return sensors
  }
}

extension [UInt8] {
  /// A copy of octets that lie elsewhere.
  init(copying span: Span<UInt8>) {
    self = unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
  }
}
