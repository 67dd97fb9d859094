/// Parameters of SVCB and HTTPS (RFC 9460 sections 2.1, 2.2 and 7).
///
/// Keys registered later than RFC 9460 are written as `keyNNN` with their octets, which every
/// program reads; their names are read too.
enum ServiceParameters {
  /// The keys whose values have a structure, in wire form or only in text.
  enum Key {
    static let mandatory: UInt16 = 0
    static let alpn: UInt16 = 1
    static let noDefaultALPN: UInt16 = 2
    static let port: UInt16 = 3
    static let ipv4Hint: UInt16 = 4
    static let ech: UInt16 = 5
    static let ipv6Hint: UInt16 = 6
    /// A URI template (RFC 9461 section 5).
    static let dohPath: UInt16 = 7
    /// No value (RFC 9540 section 4).
    static let ohttp: UInt16 = 8
    /// Numbers of TLS groups.
    static let tlsSupportedGroups: UInt16 = 9
    /// Segments of a path, laid out like ``alpn``.
    static let docPath: UInt16 = 10
    /// Reserved: a parameter with this key is malformed.
    static let invalid: UInt16 = 65_535
  }

  static func name(of key: UInt16) -> String? {
    switch key {
    case Key.mandatory: "mandatory"
    case Key.alpn: "alpn"
    case Key.noDefaultALPN: "no-default-alpn"
    case Key.port: "port"
    case Key.ipv4Hint: "ipv4hint"
    case Key.ech: "ech"
    case Key.ipv6Hint: "ipv6hint"
    default: nil
    }
  }

  static func appendName(of key: UInt16, to out: inout [UInt8]) {
    if let name = name(of: key) {
      out.append(contentsOf: name.utf8)
    } else {
      out.append(contentsOf: "key".utf8)
      ASCII.appendDecimal(UInt64(key), to: &out)
    }
  }

  /// True when keys ascend, values have their key's structure, every mandatory key is there, and
  /// `no-default-alpn` does not stand without `alpn`.
  static func isWellFormed(_ rdata: Span<UInt8>, from start: Int) -> Bool {
    var at = start
    var keyMin = 0
    var hasALPN = false
    while at < rdata.count {
      guard let parameter = Parameter(rdata, at: at), Int(parameter.key) >= keyMin else {
        return false
      }
      guard parameter.key != Key.invalid, isWellFormed(parameter, in: rdata) else {
        return false
      }
      if parameter.key == Key.mandatory {
        guard hasMandatoryKeys(parameter.value, in: rdata) else { return false }
      }
      hasALPN = hasALPN || parameter.key == Key.alpn
      guard parameter.key != Key.noDefaultALPN || hasALPN else { return false }
      keyMin = Int(parameter.key) + 1
      at = parameter.value.upperBound
    }
    return true
  }

  /// One key with the place of its value.
  struct Parameter {
    let key: UInt16
    let value: Range<Int>

    /// Reads key and length; nil when the value does not fit.
    init?(_ rdata: Span<UInt8>, at: Int) {
      guard rdata.count - at >= 4 else { return nil }
      key = UInt16(bigEndian: rdata, at: at)
      let length = Int(UInt16(bigEndian: rdata, at: at + 2))
      guard rdata.count - at - 4 >= length else { return nil }
      value = (at + 4)..<(at + 4 + length)
    }
  }

  private static func isWellFormed(_ parameter: Parameter, in rdata: Span<UInt8>) -> Bool {
    let value = parameter.value
    return switch parameter.key {
    case Key.mandatory: !value.isEmpty && value.count % 2 == 0
    case Key.alpn: isIdentifierList(rdata, value)
    case Key.noDefaultALPN: value.isEmpty
    case Key.port: value.count == 2
    case Key.ipv4Hint: !value.isEmpty && value.count % 4 == 0
    case Key.ech: !value.isEmpty
    case Key.ipv6Hint: !value.isEmpty && value.count % 16 == 0
    default: true
    }
  }

  private static func isIdentifierList(_ rdata: Span<UInt8>, _ value: Range<Int>) -> Bool {
    var at = value.lowerBound
    while at < value.upperBound {
      let length = Int(rdata[at])
      guard length > 0, value.upperBound - at > length else { return false }
      at += 1 + length
    }
    return !value.isEmpty
  }

  /// True when the listed keys ascend, do not list the list, and follow it as parameters.
  ///
  /// Both lists ascend, so one walk over each answers for all keys.
  private static func hasMandatoryKeys(_ list: Range<Int>, in rdata: Span<UInt8>) -> Bool {
    var next = list.upperBound
    var keyMin: UInt16 = 1
    for at in stride(from: list.lowerBound, to: list.upperBound, by: 2) {
      let key = UInt16(bigEndian: rdata, at: at)
      guard key >= keyMin, key < Key.invalid else { return false }
      while let parameter = Parameter(rdata, at: next), parameter.key < key {
        next = parameter.value.upperBound
      }
      guard let parameter = Parameter(rdata, at: next), parameter.key == key else {
        return false
      }
      keyMin = key + 1
    }
    return true
  }
}
