import DNSWire
import TidemarkModel

/// From index keys back to record keys.
extension InverseKey {
  /// What ``appendRecordKey(of:to:)`` appended.
  public enum Rebuilt: Hashable, Sendable {
    /// The key of the one record that has the index key.
    case record
    /// What the keys of all candidates start with: those are the record's, for which
    /// ``isKey(_:ofRecord:)`` says so.
    case candidatePrefix
  }

  /// Appends the record key that an index key was made of.
  ///
  /// - Returns: nil, and nothing is appended, when the octets are no index key.
  public static func appendRecordKey(
    of key: Span<UInt8>, to out: inout [UInt8]
  ) -> Rebuilt? {
    guard let view = InverseKeyView(key) else { return nil }
    let start = out.count
    out.append(span: key.extracting(0..<RecordKey.datasetOctets))
    out.append(span: key.extracting(view.reversedName))
    RecordKey.appendType(view.rrtype, to: &out)
    let rest = key.extracting(view.rest)
    // The length of the rdata is known when the rdata is there, unless only its hash is.
    out.append(0)
    out.append(0)
    let rdataStart = out.count
    let isRebuilt =
      switch view.form {
      case .whole: appendIndexValue(key, view, to: &out)
      case .around: appendAround(key, view, rest, to: &out)
      case .verbatim: appendAll(rest, to: &out)
      case .hashed: appendPrefix(key, view, rest, to: &out)
      }
    guard isRebuilt else {
      out.removeSubrange(start...)
      return nil
    }
    if view.form == .hashed {
      out[rdataStart - 2] = rest[rest.count - hashedTailOctets]
      out[rdataStart - 1] = rest[rest.count - hashedTailOctets + 1]
      return .candidatePrefix
    }
    let length = out.count - rdataStart
    out[rdataStart - 2] = UInt8(truncatingIfNeeded: length >> 8)
    out[rdataStart - 1] = UInt8(truncatingIfNeeded: length)
    out.append(span: key.extracting((key.count - RecordKey.trailerOctets)..<key.count))
    return .record
  }

  /// True when `key` is one of the index keys of a record.
  public static func isKey(_ key: [UInt8], ofRecord record: Span<UInt8>) -> Bool {
    var keys = OctetStrings()
    guard appendKeys(ofRecord: record, to: &keys) else { return false }
    return (0..<keys.count).contains { keys[$0] == key }
  }

  /// True when no lower index key of the record lies in the range: a walk over the range that
  /// takes a record only then meets it once, although it may have several keys there.
  public static func isFirst(
    _ key: [UInt8], ofRecord record: Span<UInt8>, in range: KeyRange
  ) -> Bool {
    var keys = OctetStrings()
    guard appendKeys(ofRecord: record, to: &keys), keys.count > 1 else { return true }
    return !(0..<keys.count).contains {
      KeyRange.precedes(keys[$0], key) && range.contains(keys[$0])
    }
  }

  /// True when a record of this type cannot have more than one index key: the common case, told
  /// without making the keys.
  static func hasOneKey(_ record: Span<UInt8>) -> Bool {
    guard let view = RecordKeyView(record), view.vantage != .text else { return false }
    return switch view.rrtype {
    case .soa, .minfo, .rp, .px: false
    default: true
    }
  }

  private static func appendAll(_ rest: Span<UInt8>, to out: inout [UInt8]) -> Bool {
    out.append(span: rest)
    return true
  }

  private static func appendAround(
    _ key: Span<UInt8>, _ view: InverseKeyView, _ rest: Span<UInt8>, to out: inout [UInt8]
  ) -> Bool {
    guard rest.count > 0, Int(rest[0]) < rest.count else { return false }
    let before = 1 + Int(rest[0])
    out.append(span: rest.extracting(1..<before))
    guard appendIndexValue(key, view, to: &out) else { return false }
    out.append(span: rest.extracting(before..<rest.count))
    return true
  }

  private static func appendPrefix(
    _ key: Span<UInt8>, _ view: InverseKeyView, _ rest: Span<UInt8>, to out: inout [UInt8]
  ) -> Bool {
    guard rest.count > 0, rest.count == 1 + Int(rest[0]) + hashedTailOctets else { return false }
    if view.kind == .raw || view.kind == .text {
      return appendIndexValue(key, view, to: &out)
    }
    out.append(span: rest.extracting(1..<(1 + Int(rest[0]))))
    return true
  }

  /// Appends the rdata octets that the index value stands for.
  private static func appendIndexValue(
    _ key: Span<UInt8>, _ view: InverseKeyView, to out: inout [UInt8]
  ) -> Bool {
    let value = key.extracting(view.indexValue)
    switch view.kind {
    case .ipv4, .ipv6:
      out.append(span: value)
      return true
    case .name:
      return RecordKeyView.appendWireName(reversed: value, to: &out)
    case .raw, .text:
      var at = 0
      while at < value.count - 1 {
        var octet = value[at]
        if octet == 1 {
          at += 1
          guard (1...2).contains(value[at]) else { return false }
          octet = value[at] - 1
        }
        out.append(octet)
        at += 1
      }
      return true
    }
  }
}

/// Where the fields of an index key lie.
struct InverseKeyView {
  let kind: InverseKey.Kind
  /// With its closing 00, where the kind has one.
  let indexValue: Range<Int>
  let rrtype: RRType
  let reversedName: Range<Int>
  let form: InverseKey.Form
  /// Between form and trailer.
  let rest: Range<Int>

  /// Finds the fields; nil when the octets are no index key.
  init?(_ key: Span<UInt8>) {
    let start = RecordKey.datasetOctets + 1
    guard key.count > start, let kind = InverseKey.Kind(rawValue: key[start - 1]) else {
      return nil
    }
    let valueEnd: Int? =
      switch kind {
      case .ipv4: start + 4
      case .ipv6: start + 16
      case .name: RecordKeyView.reversedNameEnd(key, from: start)
      case .raw, .text: InverseKeyView.end(of: key, from: start)
      }
    guard let valueEnd, valueEnd + 2 <= key.count,
      let nameEnd = RecordKeyView.reversedNameEnd(key, from: valueEnd + 2),
      nameEnd + 1 + RecordKey.trailerOctets <= key.count,
      let form = InverseKey.Form(rawValue: key[nameEnd]),
      form == .whole
        || key.count - nameEnd - 2 - RecordKey.trailerOctets == Int(key[nameEnd + 1])
    else { return nil }
    self.kind = kind
    indexValue = start..<valueEnd
    rrtype = RRType(rawValue: UInt16(key[valueEnd]) << 8 | UInt16(key[valueEnd + 1]))
    reversedName = (valueEnd + 2)..<nameEnd
    self.form = form
    rest = (nameEnd + (form == .whole ? 1 : 2))..<(key.count - RecordKey.trailerOctets)
  }

  private static func end(of key: Span<UInt8>, from start: Int) -> Int? {
    for at in start..<key.count where key[at] == 0 { return at + 1 }
    return nil
  }
}
