import DNSWire
public import TidemarkModel

/// Neighbours in the inverse family: walks that bring the rdata of many records together.
extension InverseKey {
  /// Octets of an index key up to and with its type: what all records share whose rdata has the
  /// same address, name or first octets, and the same type.
  ///
  /// - Returns: nil when the octets are no index key.
  public static func groupEnd(of key: Span<UInt8>) -> Int? {
    InverseKeyView(key)?.reversedName.lowerBound
  }

  /// The index keys of everything but addresses.
  public static func rangeWithoutAddresses(dataset: DatasetNumber) -> KeyRange {
    var lower: [UInt8] = []
    RecordKey.appendDataset(dataset, to: &lower)
    let upper = lower + [Kind.text.rawValue + 1]
    lower.append(Kind.name.rawValue)
    return KeyRange(lower: lower, upper: upper)
  }
}
