/// Builds dnstap payloads and Frame Streams octet by octet.
struct DnstapBuilder {
  static let contentType = Array("protobuf:dnstap.Dnstap".utf8)
  static let ready = control(4, contentType)
  static let accept = control(1, contentType)
  static let start = control(2, contentType)
  static let stop = control(3)
  static let finish = control(5)

  /// dnstap.proto, Message.Type.
  var type: UInt64 = 4
  var message: [UInt8]? = []
  var zone: [UInt8]? = MessageBuilder.name("example.com")
  var queryTime: UInt64? = 1_700_000_000
  var responseTime: UInt64? = 1_700_000_001
  var identity: String?
  var policyAction: UInt64?
  var kind: UInt64 = 1

  /// The octets of a client that must never get anywhere.
  static let client: [UInt8] = [198, 51, 100, 77]

  var payload: [UInt8] {
    var body = number(1, type) + number(2, 1) + number(3, 1)
    body += octets(4, DnstapBuilder.client) + octets(5, [192, 0, 2, 53])
    body += number(6, 47_110) + number(7, 53)
    if let queryTime { body += number(8, queryTime) + fixed32(9, 900_000_000) }
    body += octets(10, [0, 1, 2, 3])
    if let zone { body += octets(11, zone) }
    if let responseTime { body += number(12, responseTime) + fixed32(13, 999_999_999) }
    if let message { body += octets(14, message) }
    if let policyAction {
      body += octets(15, octets(1, Array("RPZ".utf8)) + number(3, policyAction))
    }
    let head = identity.map { octets(1, Array($0.utf8)) } ?? []
    return head + octets(2, Array("server 1".utf8)) + octets(14, body) + number(15, kind)
  }

  var frame: [UInt8] { DnstapBuilder.frame(payload) }

  static func frame(_ octets: [UInt8]) -> [UInt8] { word(UInt32(octets.count)) + octets }

  private static func control(_ type: UInt32, _ contentType: [UInt8] = []) -> [UInt8] {
    let field =
      contentType.isEmpty ? [] : word(1) + word(UInt32(contentType.count)) + contentType
    return word(0) + word(UInt32(4 + field.count)) + word(type) + field
  }

  private static func word(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
  }

  private func varint(_ value: UInt64) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
  }

  private func number(_ field: UInt64, _ value: UInt64) -> [UInt8] {
    varint(field << 3) + varint(value)
  }

  private func octets(_ field: UInt64, _ octets: [UInt8]) -> [UInt8] {
    varint(field << 3 | 2) + varint(UInt64(octets.count)) + octets
  }

  private func fixed32(_ field: UInt64, _ value: UInt32) -> [UInt8] {
    varint(field << 3 | 5) + (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
