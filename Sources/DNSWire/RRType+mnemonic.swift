/// Mnemonics of types: what records, queries and bit maps show (IANA registry; RFC 3597 section 5).
extension RRType: CustomStringConvertible, LosslessStringConvertible {
  /// The registered mnemonic in upper case; nil for a number without one.
  public var registeredMnemonic: String? {
    let index = Int(rawValue)
    if index < Mnemonics.low.count {
      let name = Mnemonics.low[index]
      return name.isEmpty ? nil : name
    }
    return Mnemonics.high.first { $0.number == rawValue }?.name
  }

  /// The registered mnemonic, or `TYPEnnn`.
  public var mnemonic: String {
    registeredMnemonic ?? "TYPE\(rawValue)"
  }

  /// The same as ``mnemonic``.
  public var description: String { mnemonic }

  /// Appends ``mnemonic`` to `out` without allocation beyond its growth.
  public func appendMnemonic(to out: inout [UInt8]) {
    guard let name = registeredMnemonic else {
      out.append(contentsOf: "TYPE".utf8)
      ASCII.appendDecimal(UInt64(rawValue), to: &out)
      return
    }
    out.append(contentsOf: name.utf8)
  }

  /// Reads a mnemonic in any letter case, `TYPEnnn`, or a decimal number up to 65535.
  ///
  /// - Returns: nil for anything else.
  public init?(mnemonic text: Span<UInt8>) {
    guard let key = Mnemonics.key(text) else { return nil }
    if let number = Mnemonics.number(of: key) {
      self.init(rawValue: number)
      return
    }
    var at = 0
    if text.count > 4, key >> UInt128(8 * (text.count - 4)) == Mnemonics.typePrefix { at = 4 }
    guard at < text.count, text.count - at <= 5 else { return nil }
    var value = 0
    while at < text.count {
      guard ASCII.isDigit(text[at]) else { return nil }
      value = value * 10 + Int(text[at] &- ASCII.zero)
      at += 1
    }
    guard let number = UInt16(exactly: value) else { return nil }
    self.init(rawValue: number)
  }

  /// Reads a mnemonic in any letter case, `TYPEnnn`, or a decimal number up to 65535.
  public init?(mnemonic: String) {
    let octets = Array(mnemonic.utf8)
    self.init(mnemonic: octets.span)
  }

  /// The same as ``init(mnemonic:)``.
  public init?(_ description: String) {
    self.init(mnemonic: description)
  }
}

/// The registry, and the two orders in which it is searched.
private enum Mnemonics {
  struct Entry: Sendable {
    let number: UInt16
    let name: String
  }

  /// `TYPE` as a ``key(_:)``.
  static let typePrefix: UInt128 = 0x5459_5045

  /// Names by number, empty where none is registered; small strings, so reading allocates nothing.
  static let low: [String] = {
    var names = [String](repeating: "", count: 512)
    for entry in registry where Int(entry.number) < names.count {
      names[Int(entry.number)] = entry.name
    }
    return names
  }()

  /// Entries whose number is too large for ``low``.
  static let high: [Entry] = registry.filter { $0.number >= 512 }

  /// Keys in ascending order, for binary search.
  static let sorted: [(key: UInt128, number: UInt16)] =
    registry.compactMap { entry in
      let octets = Array(entry.name.utf8)
      return key(octets.span).map { ($0, entry.number) }
    }
    .sorted { $0.key < $1.key }

  /// The upper-cased octets of 1–16 octets of text as one big-endian number.
  static func key(_ text: Span<UInt8>) -> UInt128? {
    guard text.count > 0, text.count <= 16 else { return nil }
    var key: UInt128 = 0
    for index in 0..<text.count {
      let octet = text[index]
      key = key << 8 | UInt128(octet &- 0x61 < 26 ? octet & 0xDF : octet)
    }
    return key
  }

  static func number(of key: UInt128) -> UInt16? {
    var low = 0
    var high = sorted.count
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle].key == key { return sorted[middle].number }
      if sorted[middle].key < key { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  private static func entries(_ first: UInt16, _ names: [String]) -> [Entry] {
    names.enumerated().compactMap { offset, name in
      name.isEmpty ? nil : Entry(number: first + UInt16(offset), name: name)
    }
  }

  static let registry: [Entry] =
    entries(
      1,
      [
        "A", "NS", "MD", "MF", "CNAME", "SOA", "MB", "MG", "MR", "NULL", "WKS", "PTR",
        "HINFO", "MINFO", "MX", "TXT", "RP", "AFSDB", "X25", "ISDN", "RT", "NSAP",
        "NSAP-PTR", "SIG", "KEY", "PX", "GPOS", "AAAA", "LOC", "NXT", "EID", "NIMLOC",
        "SRV", "ATMA", "NAPTR", "KX", "CERT", "A6", "DNAME", "SINK", "OPT", "APL", "DS",
        "SSHFP", "IPSECKEY", "RRSIG", "NSEC", "DNSKEY", "DHCID", "NSEC3", "NSEC3PARAM",
        "TLSA", "SMIMEA", "", "HIP", "NINFO", "RKEY", "TALINK", "CDS", "CDNSKEY",
        "OPENPGPKEY", "CSYNC", "ZONEMD", "SVCB", "HTTPS", "DSYNC", "HHIT", "BRID",
      ])
    + entries(
      99,
      [
        "SPF", "UINFO", "UID", "GID", "UNSPEC", "NID", "L32", "L64", "LP", "EUI48",
        "EUI64",
      ])
    + entries(128, ["NXNAME"])
    + entries(
      249,
      [
        "TKEY", "TSIG", "IXFR", "AXFR", "MAILB", "MAILA", "ANY", "URI", "CAA", "AVC",
        "DOA", "AMTRELAY", "RESINFO", "WALLET", "CLA", "IPN",
      ])
    + entries(32768, ["TA", "DLV"])
}
