public import DNSWire

/// The identity of a record as octets that sort: dataset · reversed rrname · rrtype · length and
/// octets of the rdata · vantage · bailiwick (docs/formats/storage.md, "Record key").
///
/// | field | octets | meaning |
/// | --- | --- | --- |
/// | dataset | 2 | registry number, big-endian |
/// | rrname | 1–511 | labels from the root, each ended by 00, the whole ended by 00 |
/// | rrtype | 2 | big-endian |
/// | length | 2 | octets of the rdata, big-endian |
/// | rdata | 0–65,535 | canonical wire form, or text when vantage is ``Vantage/text`` |
/// | vantage | 1 | ``Vantage`` |
/// | bailiwick | 1 | ``Bailiwick`` |
///
/// Inside a label 00 is written 01 01 and 01 is written 01 02, which keeps the octet order and
/// makes the form injective. The length in front of the rdata keeps all records of a tuple
/// together: without it, rdata that goes on where other rdata ends would come between them.
///  So all records of a name are one range, a name and everything below
/// it is one range, and names sort alphabetically by label from the root.
public enum RecordKey {
  /// Octets of the dataset number.
  public static let datasetOctets = 2
  /// Octets after the rdata: vantage and bailiwick.
  public static let trailerOctets = 2
  /// Longest key, octets.
  public static let octetsMax =
    datasetOctets + reversedNameOctetsMax + 4 + DNSLimits.rdataOctetsMax + trailerOctets
  /// Longest reversed name: every label octet escaped.
  public static let reversedNameOctetsMax = 2 * DNSLimits.nameOctetsMax + 1

  static let labelEnd: UInt8 = 0
  static let escape: UInt8 = 1

  /// Appends a dataset number.
  public static func appendDataset(_ dataset: DatasetNumber, to out: inout [UInt8]) {
    appendBigEndian(dataset, to: &out)
  }

  /// Appends a record type.
  public static func appendType(_ type: RRType, to out: inout [UInt8]) {
    appendBigEndian(type.rawValue, to: &out)
  }

  /// Appends the labels of a name from the root.
  ///
  /// - Parameters:
  ///   - wire: one complete canonical wire name.
  ///   - closed: false leaves out the final 00, which gives the common prefix of the name's own
  ///     records and of all names below it.
  public static func appendReversedName(
    _ wire: Span<UInt8>, closed: Bool = true, to out: inout [UInt8]
  ) {
    var starts = LabelStarts()
    let labels = starts.fill(wire)
    var label = labels
    while label > 0 {
      label -= 1
      appendLabel(wire, start: starts[label], to: &out)
    }
    if closed { out.append(labelEnd) }
  }

  /// Appends the labels of a name as they are written, left to right, in the same encoding.
  public static func appendForwardName(
    _ wire: Span<UInt8>, closed: Bool = true, to out: inout [UInt8]
  ) {
    var at = 0
    while at < wire.count, wire[at] != 0 {
      appendLabel(wire, start: at, to: &out)
      at += 1 + Int(wire[at])
    }
    if closed { out.append(labelEnd) }
  }

  /// Appends a whole key.
  public static func append(
    dataset: DatasetNumber, rrname: Span<UInt8>, rrtype: RRType, rdata: Span<UInt8>,
    vantage: Vantage, bailiwick: Bailiwick, to out: inout [UInt8]
  ) {
    appendDataset(dataset, to: &out)
    appendReversedName(rrname, to: &out)
    appendType(rrtype, to: &out)
    precondition(rdata.count <= DNSLimits.rdataOctetsMax, "rdata too long")
    appendBigEndian(UInt16(rdata.count), to: &out)
    for index in rdata.indices { out.append(rdata[index]) }
    out.append(vantage.rawValue)
    out.append(bailiwick.rawValue)
  }

  private static func appendLabel(_ wire: Span<UInt8>, start: Int, to out: inout [UInt8]) {
    let end = min(start + 1 + Int(wire[start]), wire.count)
    var at = start + 1
    while at < end {
      let octet = wire[at]
      if octet > escape {
        out.append(octet)
      } else {
        out.append(escape)
        out.append(octet + 1)
      }
      at += 1
    }
    out.append(labelEnd)
  }

  static func appendBigEndian(_ value: UInt16, to out: inout [UInt8]) {
    out.append(UInt8(truncatingIfNeeded: value >> 8))
    out.append(UInt8(truncatingIfNeeded: value))
  }
}

/// A small number that stands for a dataset in one store; the store's registry has the names.
/// Zero is reserved; ``DatasetNumber/main`` always exists.
public typealias DatasetNumber = UInt16

extension DatasetNumber {
  /// The default dataset, named `main`.
  public static let main: DatasetNumber = 1
}

/// Where the labels of a name start. Holds any valid name without allocation.
struct LabelStarts {
  private var starts = InlineArray<128, UInt8>(repeating: 0)

  subscript(label: Int) -> Int { Int(starts[label]) }

  /// Finds the labels and returns their number.
  mutating func fill(_ wire: Span<UInt8>) -> Int {
    var at = 0
    var count = 0
    while at < wire.count, wire[at] != 0 {
      precondition(at <= 255 && count < 128, "not a valid name")
      starts[count] = UInt8(at)
      count += 1
      at += 1 + Int(wire[at])
    }
    return count
  }
}
