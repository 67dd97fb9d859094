public import DNSWire

/// Where the fields of a record key lie. Made once per row, then fields are read in place.
public struct RecordKeyView: Sendable {
  /// Registry number of the dataset.
  public let dataset: DatasetNumber
  /// The reversed name with its final 00.
  public let reversedName: Range<Int>
  /// The record type.
  public let rrtype: RRType
  /// Canonical wire rdata, or text when ``vantage`` is ``Vantage/text``.
  public let rdata: Range<Int>
  /// Where it was seen.
  public let vantage: Vantage
  /// Apex of the zone that the data is authoritative for.
  public let bailiwick: Bailiwick

  /// Finds the fields; nil when the octets are not a record key.
  public init?(_ key: Span<UInt8>) {
    guard let nameEnd = RecordKeyView.reversedNameEnd(key, from: RecordKey.datasetOctets),
      key.count >= nameEnd + 4 + RecordKey.trailerOctets,
      key.count - nameEnd - 4 - RecordKey.trailerOctets
        == Int(key[nameEnd + 2]) << 8 | Int(key[nameEnd + 3])
    else { return nil }
    guard let vantage = Vantage(rawValue: key[key.count - 2]) else { return nil }
    dataset = UInt16(key[0]) << 8 | UInt16(key[1])
    reversedName = RecordKey.datasetOctets..<nameEnd
    rrtype = RRType(rawValue: UInt16(key[nameEnd]) << 8 | UInt16(key[nameEnd + 1]))
    rdata = (nameEnd + 4)..<(key.count - 2)
    self.vantage = vantage
    bailiwick = Bailiwick(rawValue: key[key.count - 1])
  }

  /// The offset behind the final 00 of the name that starts at `start`; nil when there is none.
  public static func reversedNameEnd(_ key: Span<UInt8>, from start: Int) -> Int? {
    var at = start
    var labelStart = true
    while at < key.count {
      let octet = key[at]
      at += 1
      if octet == RecordKey.labelEnd {
        if labelStart { return at }
        labelStart = true
      } else {
        labelStart = false
      }
    }
    return nil
  }

  /// Appends the canonical wire form of a reversed name.
  ///
  /// - Parameters:
  ///   - reversed: labels from the root with the final 00, as ``RecordKey`` writes them.
  ///   - out: receives the name; its old content is kept.
  /// - Returns: false when the octets are not a reversed name; `out` is then unchanged.
  public static func appendWireName(reversed: Span<UInt8>, to out: inout [UInt8]) -> Bool {
    var starts = InlineArray<128, UInt16>(repeating: 0)
    var labels = 0
    var at = 0
    while at < reversed.count, reversed[at] != RecordKey.labelEnd {
      guard labels < DNSLimits.labelsMax, at <= RecordKey.reversedNameOctetsMax else {
        return false
      }
      starts[labels] = UInt16(at)
      labels += 1
      while at < reversed.count, reversed[at] != RecordKey.labelEnd { at += 1 }
      at += 1
    }
    guard at < reversed.count else { return false }
    let start = out.count
    var label = labels
    while label > 0 {
      label -= 1
      guard appendWireLabel(reversed, from: Int(starts[label]), to: &out) else {
        out.removeSubrange(start...)
        return false
      }
    }
    out.append(0)
    guard out.count - start <= DNSLimits.nameOctetsMax else {
      out.removeSubrange(start...)
      return false
    }
    return true
  }

  private static func appendWireLabel(
    _ reversed: Span<UInt8>, from start: Int, to out: inout [UInt8]
  ) -> Bool {
    let lengthAt = out.count
    out.append(0)
    var at = start
    while reversed[at] != RecordKey.labelEnd {
      var octet = reversed[at]
      at += 1
      if octet == RecordKey.escape {
        octet = reversed[at] &- 1
        guard octet <= 1 else { return false }
        at += 1
      }
      out.append(octet)
    }
    let length = out.count - lengthAt - 1
    guard length <= DNSLimits.labelOctetsMax else { return false }
    out[lengthAt] = UInt8(length)
    return true
  }
}
