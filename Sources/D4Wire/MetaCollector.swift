/// Puts together the JSON object of a meta header from the payloads of several packets.
///
/// Line feeds are dropped wherever they are, as the reference server does. The end of the object is
/// found octet by octet, so that the work is the same however the object is cut.
struct MetaCollector {
  private var octets: [UInt8] = []
  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  private var isComplete = false

  /// Takes the payload of a packet.
  ///
  /// - Returns: the header when this payload completes it.
  mutating func take(_ payload: Span<UInt8>) throws(D4Fault) -> D4MetaHeader? {
    var found: D4MetaHeader?
    for index in payload.indices {
      let octet = payload[index]
      if octet == 0x0A { continue }
      if isComplete || octets.isEmpty {
        if MetaReader.isBlank(octet) { continue }
        guard !isComplete, octet == UInt8(ascii: "{") else { throw .badMetaHeader }
      }
      guard octets.count < D4MetaHeader.octetCountMax else { throw .longMetaHeader }
      octets.append(octet)
      follow(octet)
      guard depth == 0 else { continue }
      found = try D4MetaHeader(json: octets.span)
      isComplete = true
      octets = []
    }
    return found
  }

  /// Keeps count of brackets outside of strings; which is closed by which is the reader's matter.
  private mutating func follow(_ octet: UInt8) {
    if isInString {
      if isEscaped {
        isEscaped = false
      } else if octet == UInt8(ascii: "\\") {
        isEscaped = true
      } else if octet == UInt8(ascii: "\"") {
        isInString = false
      }
      return
    }
    switch octet {
    case UInt8(ascii: "\""): isInString = true
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
    default: break
    }
  }
}
