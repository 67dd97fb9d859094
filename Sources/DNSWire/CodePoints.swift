/// Mnemonics of numbers inside rdata other than record types.
enum CodePoints {
  /// A number's mnemonic, or nil where programs disagree about it or none is registered.
  static func algorithm(_ number: UInt8) -> String? {
    switch number {
    case 1: "RSAMD5"
    case 2: "DH"
    case 3: "DSA"
    case 5: "RSASHA1"
    case 8: "RSASHA256"
    case 10: "RSASHA512"
    case 12: "ECCGOST"
    case 13: "ECDSAP256SHA256"
    case 14: "ECDSAP384SHA384"
    case 15: "ED25519"
    case 16: "ED448"
    case 252: "INDIRECT"
    case 253: "PRIVATEDNS"
    case 254: "PRIVATEOID"
    default: nil
    }
  }

  /// Spellings of algorithms that ``algorithm(_:)`` leaves out.
  private static let otherAlgorithms: [(name: String, number: UInt8)] = [
    ("DSA-NSEC3-SHA1", 6), ("DSANSEC3SHA1", 6), ("NSEC3DSA", 6),
    ("RSASHA1-NSEC3-SHA1", 7), ("RSASHA1NSEC3SHA1", 7), ("NSEC3RSASHA1", 7), ("ECC", 4),
    ("MLDSA44", 18),
  ]

  /// A DNSSEC algorithm by its mnemonic in any letter case.
  static func algorithm(named text: Span<UInt8>) -> UInt8? {
    for number in UInt8.min...UInt8.max {
      if let name = algorithm(number), matches(text, name) { return number }
    }
    return otherAlgorithms.first { matches(text, $0.name) }?.number
  }

  /// The certificate types of RFC 4398 section 2.1.
  static func certificateType(_ number: UInt16) -> String? {
    switch number {
    case 1: "PKIX"
    case 2: "SPKI"
    case 3: "PGP"
    case 4: "IPKIX"
    case 5: "ISPKI"
    case 6: "IPGP"
    case 7: "ACPKIX"
    case 8: "IACPKIX"
    case 253: "URI"
    case 254: "OID"
    default: nil
    }
  }

  /// A certificate type by its mnemonic in any letter case.
  static func certificateType(named text: Span<UInt8>) -> UInt16? {
    (1...254).first { number in certificateType(number).map { matches(text, $0) } ?? false }
  }

  /// The schemes of RFC 9859 that have a name.
  static func synchronisationScheme(named text: Span<UInt8>) -> UInt8? {
    matches(text, "NOTIFY") ? 1 : nil
  }

  /// True when `text` is `name`, which is in upper case, in any letter case.
  static func matches(_ text: Span<UInt8>, _ name: String) -> Bool {
    let octets = name.utf8
    guard text.count == octets.count else { return false }
    var index = 0
    for octet in octets {
      guard ASCII.lowered(text[index]) == ASCII.lowered(octet) else { return false }
      index += 1
    }
    return true
  }
}
