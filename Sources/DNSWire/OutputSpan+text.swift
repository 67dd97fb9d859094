/// Text in memory that was made room for. Several short texts and numbers that always stand
/// together are written so: each append to an array costs more than the text it adds.
///
/// ```swift
/// out.append(addingCapacity: 9 + OutputSpan<UInt8>.decimalOctetsMax) { text in
///   text.append(",\"count\":")
///   text.appendDecimal(count)
/// }
/// ```
extension OutputSpan<UInt8> {
  /// Octets of the longest number that ``appendDecimal(_:)`` writes.
  @inline(__always) public static var decimalOctetsMax: Int { 20 }

  /// Appends a text of the program. It is an error of the program when there is no room.
  @inline(__always)
  public mutating func append(_ text: StaticString) {
    let octets = unsafe UnsafeRawBufferPointer(
      start: text.utf8Start, count: text.utf8CodeUnitCount)
    unsafe withUnsafeMutableBufferPointer { room, count in
      precondition(octets.count <= room.count - count, "no room was made for this text")
      let rest = unsafe UnsafeMutableRawBufferPointer(
        UnsafeMutableBufferPointer(rebasing: room[count...]))
      unsafe rest.copyMemory(from: octets)
      count += octets.count
    }
  }

  /// Appends `value` in decimal without leading zeros, from its end, two digits a step: below 100,
  /// n · 103 / 1,024 is n / 10. It is an error of the program when there is no room.
  public mutating func appendDecimal(_ value: UInt64) {
    let octets = OutputSpan.decimalOctets(of: value)
    unsafe withUnsafeMutableBufferPointer { room, count in
      precondition(octets <= room.count - count, "no room was made for this number")
      count += octets
      var at = count
      var rest = value
      while rest >= 100 {
        let next = rest / 100
        let pair = UInt32(truncatingIfNeeded: rest &- next &* 100)
        let tens = (pair &* 103) >> 10
        at -= 2
        unsafe room[at] = ASCII.zero + UInt8(truncatingIfNeeded: tens)
        unsafe room[at + 1] = ASCII.zero + UInt8(truncatingIfNeeded: pair &- tens &* 10)
        rest = next
      }
      if rest >= 10 {
        at -= 2
        unsafe room[at + 1] = ASCII.zero + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } else {
        at -= 1
      }
      unsafe room[at] = ASCII.zero + UInt8(truncatingIfNeeded: rest)
    }
  }

  /// Digits of `value`.
  private static func decimalOctets(of value: UInt64) -> Int {
    var rest = value
    var octets = 1
    while rest >= 10_000 {
      rest /= 10_000
      octets += 4
    }
    return octets + (rest >= 1_000 ? 3 : rest >= 100 ? 2 : rest >= 10 ? 1 : 0)
  }
}
