/// Octets of integers and packets, written independently of the code under test.
func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }
func big(_ value: UInt32) -> [UInt8] { big(UInt16(value >> 16)) + big(UInt16(value & 0xFFFF)) }
func little(_ value: UInt16) -> [UInt8] { big(value).reversed() }
func little(_ value: UInt32) -> [UInt8] { big(value).reversed() }

/// Sum of 16-bit words, one at a time (RFC 1071).
func checksum(_ octets: [UInt8]) -> UInt16 {
  var sum: UInt32 = 0
  for index in stride(from: 0, to: octets.count, by: 2) {
    sum += UInt32(octets[index]) << 8
    sum += index + 1 < octets.count ? UInt32(octets[index + 1]) : 0
    sum = (sum & 0xFFFF) + (sum >> 16)
  }
  return UInt16(sum)
}

enum Packet {
  static let client: [UInt8] = [192, 0, 2, 10]
  static let server: [UInt8] = [198, 51, 100, 53]
  static let client6: [UInt8] = [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [10]
  static let server6: [UInt8] = [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [53]

  /// A DNS message of `count` octets: header, then filler.
  static func message(id: UInt16, isResponse: Bool = true, count: Int = 40) -> [UInt8] {
    let header = big(id) + [isResponse ? 0x84 : 0, 0] + big(UInt16(1)) + big(UInt16(0))
    let head = header + big(UInt16(0)) + big(UInt16(0))
    return head + (0..<max(0, count - 12)).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ Int(id)) }
  }

  static func udp(
    _ payload: [UInt8], from: UInt16 = 53, to: UInt16 = 40_000, source: [UInt8] = server,
    destination: [UInt8] = client, checksum given: UInt16? = nil
  ) -> [UInt8] {
    let head = big(from) + big(to) + big(UInt16(8 + payload.count))
    let pseudo = source + destination + [0, 17] + big(UInt16(8 + payload.count))
    let sum = ~checksum(pseudo + head + payload)
    return head + big(given ?? (sum == 0 ? 0xFFFF : sum)) + payload
  }

  static func ipv4(
    _ payload: [UInt8], proto: UInt8 = 17, source: [UInt8] = server,
    destination: [UInt8] = client, id: UInt16 = 1, offset: Int = 0, more: Bool = false
  ) -> [UInt8] {
    let place = UInt16(offset / 8) | (more ? 0x2000 : 0)
    let head = [0x45, 0] + big(UInt16(20 + payload.count)) + big(id) + big(place)
    return head + [64, proto, 0, 0] + source + destination + payload
  }

  static func ipv6(
    _ payload: [UInt8], next: UInt8 = 17, source: [UInt8] = server6,
    destination: [UInt8] = client6
  ) -> [UInt8] {
    [0x60, 0, 0, 0] + big(UInt16(payload.count)) + [next, 64] + source + destination + payload
  }

  static func fragment6(
    _ piece: [UInt8], next: UInt8 = 17, offset: Int, more: Bool, id: UInt32 = 7
  ) -> [UInt8] {
    ipv6([next, 0] + big(UInt16(offset) | (more ? 1 : 0)) + big(id) + piece, next: 44)
  }

  static func ethernet(_ type: UInt16, _ payload: [UInt8]) -> [UInt8] {
    [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1] + big(type) + payload
  }

  struct Flags: OptionSet {
    let rawValue: UInt8
    static let fin = Flags(rawValue: 1)
    static let syn = Flags(rawValue: 2)
    static let reset = Flags(rawValue: 4)
  }

  /// A segment from the server, in IPv4.
  static func tcp(
    _ payload: [UInt8] = [], at sequence: UInt32, _ flags: Flags = [], from: UInt16 = 53,
    to: UInt16 = 50_000
  ) -> [UInt8] {
    let ports = big(from) + big(to) + big(sequence) + big(UInt32(0))
    let segment = ports + [0x50, flags.rawValue | 0x10] + big(UInt16(1024)) + [0, 0, 0, 0]
    return ipv4(segment + payload, proto: 6)
  }

  /// A message with its length prefix.
  static func prefixed(_ message: [UInt8]) -> [UInt8] { big(UInt16(message.count)) + message }
}

/// Capture files.
enum Capture {
  static func pcapHeader(
    magic: UInt32 = 0xA1B2_C3D4, snap: UInt32 = 65_535, link: UInt32 = 101, minor: UInt16 = 4,
    isBig: Bool = false
  ) -> [UInt8] {
    let word = { (value: UInt32) in isBig ? big(value) : little(value) }
    let version = isBig ? big(UInt16(2)) + big(minor) : little(UInt16(2)) + little(minor)
    return word(magic) + version + word(0) + word(0) + word(snap) + word(link)
  }

  static func record(
    _ octets: [UInt8], seconds: UInt32 = 1, fraction: UInt32 = 0, original: Int? = nil,
    isBig: Bool = false, extra: Int = 0
  ) -> [UInt8] {
    let words = [seconds, fraction, UInt32(octets.count), UInt32(original ?? octets.count)]
    return words.flatMap { isBig ? big($0) : little($0) } + Array(repeating: 0, count: extra)
      + octets
  }

  static func block(_ type: UInt32, _ body: [UInt8], isBig: Bool = false) -> [UInt8] {
    let padded = body + Array(repeating: 0, count: (4 - body.count % 4) % 4)
    let total = UInt32(padded.count + 12)
    let word = { (value: UInt32) in isBig ? big(value) : little(value) }
    return word(type) + word(total) + padded + word(total)
  }

  static func section(isBig: Bool = false) -> [UInt8] {
    let magic = isBig ? big(UInt32(0x1A2B_3C4D)) : little(UInt32(0x1A2B_3C4D))
    let version = isBig ? [0, 1, 0, 0] : [1, 0, 0, 0] as [UInt8]
    return block(
      0x0A0D_0D0A, magic + version + Array(repeating: 255, count: 8), isBig: isBig)
  }

  static func interface(
    link: UInt16 = 101, options: [UInt8] = [], isBig: Bool = false
  ) -> [UInt8] {
    let head = isBig ? big(link) : little(link)
    return block(1, head + [0, 0] + [0, 0, 0, 0] + options, isBig: isBig)
  }

  static func option(_ code: UInt16, _ value: [UInt8]) -> [UInt8] {
    little(code) + little(UInt16(value.count)) + value
      + Array(repeating: 0, count: (4 - value.count % 4) % 4)
  }

  static func enhanced(
    _ octets: [UInt8], ticks: UInt64, interface: UInt32 = 0, isBig: Bool = false
  ) -> [UInt8] {
    let high = UInt32(ticks >> 32)
    let low = UInt32(truncatingIfNeeded: ticks)
    let words = [interface, high, low, UInt32(octets.count), UInt32(octets.count)]
    return block(6, words.flatMap { isBig ? big($0) : little($0) } + octets, isBig: isBig)
  }
}
