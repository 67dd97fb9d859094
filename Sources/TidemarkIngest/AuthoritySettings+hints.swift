public import DNSWire

extension AuthoritySettings {
  /// Takes the records of a file of hints, or of a whole zone near the root, which saves the time
  /// until the servers of top-level domains are seen.
  public static func hints(from records: [ZoneRecord]) -> [Hint] {
    records.compactMap { record in
      switch record.type {
      case .ns, .a, .aaaa:
        Hint(owner: record.owner.wire, rrtype: record.type, rdata: record.rdata)
      default: nil
      }
    }
  }

  /// The settings as one text: equal for settings under which a source says the same, so that a
  /// source read under others is known as another one.
  public var identity: String {
    // FNV-1a; only told apart from the operator's own other files.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for hint in hints {
      let (high, low) = (hint.rrtype.rawValue >> 8, hint.rrtype.rawValue & 0xFF)
      for octet in hint.owner + [UInt8(high), UInt8(low)] + hint.rdata {
        hash = (hash ^ UInt64(octet)) &* 0x100_0000_01B3
      }
    }
    return "authority1 \(isStrict) \(takesDNSSEC) \(holdSeconds) \(holdOctets) \(zonesMax) "
      + "\(serversMax) \(hints.count) \(String(hash, radix: 16))"
  }
}
