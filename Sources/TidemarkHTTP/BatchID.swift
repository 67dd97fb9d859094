public import TidemarkModel

/// What a sender calls a batch of observations, so that sending it again stores nothing twice.
public struct BatchID: Sendable, Hashable {
  /// Longest id, octets.
  public static let octetsMax = 128

  /// 1 to ``octetsMax`` visible ASCII octets.
  public let octets: [UInt8]

  /// Takes an id; nil when it is empty, too long, or has anything but visible ASCII (0x21–0x7E).
  public init?(_ text: String) {
    let octets = Array(text.utf8)
    guard (1...BatchID.octetsMax).contains(octets.count),
      octets.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return nil }
    self.octets = octets
  }

  /// Key in the `state` family: the octet `b`, then the id.
  public var stateKey: [UInt8] { [UInt8(ascii: "b")] + octets }

  /// Value of ``stateKey``: observations stored, eight octets, and when, four octets of seconds
  /// since 1970, both big-endian. The time lets old ids be removed one day.
  public static func stateValue(observations: UInt64, time: UnixSeconds) -> [UInt8] {
    var octets: [UInt8] = []
    for shift in stride(from: UInt64(56), through: 0, by: -8) {
      octets.append(UInt8(truncatingIfNeeded: observations >> shift))
    }
    for shift in stride(from: UInt32(24), through: 0, by: -8) {
      octets.append(UInt8(truncatingIfNeeded: time >> shift))
    }
    return octets
  }

  /// Reads the observations of ``stateValue(observations:time:)``; 0 for anything else.
  public static func observations(inStateValue octets: [UInt8]) -> UInt64 {
    guard octets.count == 12 else { return 0 }
    return octets.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
