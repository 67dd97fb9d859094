import DNSWire

/// Which fields the lines of a passivedns log have, and what stands between them: the tool's
/// options `-f` and `-d`.
public struct PassiveDNSLogLayout: Sendable, Equatable {
  /// A field of a line.
  enum Field: Sendable, Equatable {
    case localTime, secondsAndMicroseconds, seconds
    case hostname, recordClass, query, type, answer, ttl, count
    /// Addresses, ports, lengths and the protocol: never looked at.
    case other
  }

  /// Why field letters and delimiter give no layout.
  public enum Fault: Error, Equatable, Sendable {
    /// A letter that the tool does not know.
    case unknownLetter(Character)
    /// Neither `S` nor `H`, so that no line has a time.
    case noTime
    /// `H` is time without a zone; it is taken only when the source promises UTC.
    case localTime
    /// `Q`, `T` or `A` is missing.
    case fieldMissing(Character)
    /// The delimiter is empty.
    case noDelimiter
  }

  /// Fields in the order in which the tool prints them.
  let fields: [Field]
  let delimiter: [UInt8]
  let localTimeIsUTC: Bool
  /// True for the tool's own default, which had one field less before version 1.0.
  let isStandard: Bool

  /// Version 1.0 and later without options: `SMcsCQTAtn`, `||`.
  public static let standard = PassiveDNSLogLayout(
    fields: [
      .secondsAndMicroseconds, .other, .other, .recordClass, .query, .type, .answer, .ttl, .count,
    ], delimiter: [0x7C, 0x7C], localTimeIsUTC: false, isStandard: true)

  private init(fields: [Field], delimiter: [UInt8], localTimeIsUTC: Bool, isStandard: Bool) {
    self.fields = fields
    self.delimiter = delimiter
    self.localTimeIsUTC = localTimeIsUTC
    self.isStandard = isStandard
  }

  /// Takes the values of the tool's options.
  ///
  /// - Parameters:
  ///   - letters: any of `HSMhcwsWpCQLTAltn`; their order means nothing, as in the tool.
  ///   - delimiter: one or more octets.
  ///   - localTimeIsUTC: the sensor's clock shows UTC, which makes `H` usable.
  public init(
    letters: String, delimiter: String = "||", localTimeIsUTC: Bool = false
  ) throws(Fault) {
    let order = "hcwsWpCQLTAltn"
    if let unknown = letters.first(where: { !"HSM".contains($0) && !order.contains($0) }) {
      throw .unknownLetter(unknown)
    }
    guard !delimiter.isEmpty else { throw .noDelimiter }
    var fields: [Field] = []
    if letters.contains("H") {
      guard localTimeIsUTC else { throw .localTime }
      fields.append(.localTime)
    } else if letters.contains("S") {
      fields.append(letters.contains("M") ? .secondsAndMicroseconds : .seconds)
    } else {
      throw .noTime
    }
    for needed in "QTA" where !letters.contains(needed) { throw .fieldMissing(needed) }
    for letter in order where letters.contains(letter) {
      fields.append(PassiveDNSLogLayout.field(letter))
    }
    let octets = Array(delimiter.utf8)
    self.init(
      fields: fields, delimiter: octets, localTimeIsUTC: localTimeIsUTC,
      isStandard: fields == PassiveDNSLogLayout.standard.fields)
  }

  private static func field(_ letter: Character) -> Field {
    switch letter {
    case "h": .hostname
    case "C": .recordClass
    case "Q": .query
    case "T": .type
    case "A": .answer
    case "t": .ttl
    case "n": .count
    default: .other
    }
  }

  /// The place of a field in a line, counted from the left; nil when lines do not have it.
  func index(of field: Field) -> Int? { fields.firstIndex(of: field) }
}
