/// Builds DNS messages octet by octet, so that tests do not rest on an encoder of ours.
struct MessageBuilder {
  private(set) var octets: [UInt8]
  private var counts: [UInt16] = [0, 0, 0, 0]

  init(id: UInt16 = 1, flags: UInt16 = 0x8180) {
    octets = [UInt8(id >> 8), UInt8(id & 0xFF), UInt8(flags >> 8), UInt8(flags & 0xFF)]
    octets += [UInt8](repeating: 0, count: 8)
  }

  static func name(_ text: String) -> [UInt8] {
    text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
  }

  mutating func question(_ name: String, type: UInt16 = 1, class qclass: UInt16 = 1) {
    question(raw: MessageBuilder.name(name), type: type, class: qclass)
  }

  mutating func question(raw name: [UInt8], type: UInt16 = 1, class qclass: UInt16 = 1) {
    octets += name + word(type) + word(qclass)
    count(0)
  }

  /// Adds a record.
  ///
  /// - Parameter section: 1 answer, 2 authority, 3 additional.
  mutating func record(
    _ owner: [UInt8], type: UInt16, rdata: [UInt8], section: Int = 1, class rclass: UInt16 = 1,
    ttl: UInt32 = 300
  ) {
    octets += owner + word(type) + word(rclass)
    octets += word(UInt16(ttl >> 16)) + word(UInt16(ttl & 0xFFFF))
    octets += word(UInt16(rdata.count)) + rdata
    count(section)
  }

  mutating func record(_ owner: String, a address: [UInt8], section: Int = 1) {
    record(MessageBuilder.name(owner), type: 1, rdata: address, section: section)
  }

  mutating func record(_ owner: String, cname target: String) {
    record(MessageBuilder.name(owner), type: 5, rdata: MessageBuilder.name(target))
  }

  /// Overwrites a section's count, to lie.
  mutating func claim(_ count: UInt16, section: Int) {
    octets[4 + section * 2] = UInt8(count >> 8)
    octets[5 + section * 2] = UInt8(count & 0xFF)
  }

  private mutating func count(_ section: Int) {
    counts[section] += 1
    claim(counts[section], section: section)
  }

  private func word(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }
}
