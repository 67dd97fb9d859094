public import DNSWire
public import TidemarkModel

/// Keys of the `names` family: dataset · rrname left to right, labels encoded as in ``RecordKey``.
/// So `www.example.*` is one range, and a walk over all keys meets every owner name once.
public enum NamesKey {
  /// Appends the key of an owner name.
  ///
  /// - Parameter rrname: one complete canonical wire name.
  public static func append(
    dataset: DatasetNumber, rrname: Span<UInt8>, to out: inout [UInt8]
  ) {
    RecordKey.appendDataset(dataset, to: &out)
    RecordKey.appendForwardName(rrname, to: &out)
  }

  /// The key of a record's owner name; nil when the octets are no record key.
  public static func key(ofRecord key: Span<UInt8>) -> [UInt8]? {
    guard let end = RecordKeyView.reversedNameEnd(key, from: RecordKey.datasetOctets) else {
      return nil
    }
    var keys = OctetStrings()
    append(ofRecord: key, nameEnd: end, to: &keys)
    return keys[0]
  }

  /// Appends the key of a record's owner name: the same labels in the other direction.
  ///
  /// - Parameter nameEnd: ``RecordKeyView/reversedNameEnd(_:from:)`` of the record key.
  public static func append(
    ofRecord key: Span<UInt8>, nameEnd: Int, to keys: inout OctetStrings
  ) {
    keys.append { out in
      out.append(span: key.extracting(0..<RecordKey.datasetOctets))
      // Walks back over the labels, each with its 00: the encoded form needs no decoding.
      var labelEnd = nameEnd - 1
      while labelEnd > RecordKey.datasetOctets {
        var start = labelEnd - 1
        while start > RecordKey.datasetOctets, key[start - 1] != 0 { start -= 1 }
        out.append(span: key.extracting(start..<labelEnd))
        labelEnd = start
      }
      out.append(0)
    }
  }

  /// The keys of names whose first labels are those of `name`: `www.example` finds
  /// `www.example.com`, `www.example.net` and `www.example` itself.
  public static func range(dataset: DatasetNumber, startingWith name: DomainName) -> KeyRange {
    var prefix: [UInt8] = []
    RecordKey.appendDataset(dataset, to: &prefix)
    RecordKey.appendForwardName(name.wire.span, closed: false, to: &prefix)
    return .prefix(prefix)
  }

  /// All names of a dataset.
  public static func range(dataset: DatasetNumber) -> KeyRange {
    var prefix: [UInt8] = []
    RecordKey.appendDataset(dataset, to: &prefix)
    return .prefix(prefix)
  }

  /// Appends the canonical wire form of a key's name.
  ///
  /// - Returns: false when the octets are no names key; `out` is then unchanged.
  public static func appendName(of key: Span<UInt8>, to out: inout [UInt8]) -> Bool {
    let start = out.count
    var at = RecordKey.datasetOctets
    while at < key.count, key[at] != 0 {
      let lengthAt = out.count
      out.append(0)
      while at < key.count, key[at] != 0 {
        var octet = key[at]
        if octet == 1 {
          at += 1
          guard at < key.count, (1...2).contains(key[at]) else {
            out.removeSubrange(start...)
            return false
          }
          octet = key[at] - 1
        }
        out.append(octet)
        at += 1
      }
      let length = out.count - lengthAt - 1
      guard length <= DNSLimits.labelOctetsMax else {
        out.removeSubrange(start...)
        return false
      }
      out[lengthAt] = UInt8(length)
      at += 1
    }
    out.append(0)
    guard at == key.count - 1, out.count - start <= DNSLimits.nameOctetsMax else {
      out.removeSubrange(start...)
      return false
    }
    return true
  }
}
