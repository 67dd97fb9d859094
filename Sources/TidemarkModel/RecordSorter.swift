import DNSWire

/// What records can be sorted by.
public enum SortField: String, Sendable, CaseIterable {
  /// First seen.
  case first
  /// Last seen.
  case last
  /// From first to last seen.
  case duration
  /// Sightings.
  case count
  /// The owner, from the right: names of one zone stand together.
  case name
  /// The type's number.
  case type
  /// Rdata: names from the right, addresses as numbers, else the octets.
  case rdata
}

/// A field and a direction.
public struct SortKey: Sendable, Equatable {
  /// What to compare.
  public let field: SortField
  /// Largest first.
  public let isDescending: Bool

  /// Makes a key.
  public init(_ field: SortField, isDescending: Bool = false) {
    self.field = field
    self.isDescending = isDescending
  }

  /// Reads fields separated by commas, each with a minus sign for largest first.
  ///
  /// - Returns: nil when one is unknown, there is none, or one is there twice.
  public static func list(_ text: String) -> [SortKey]? {
    var keys: [SortKey] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      let isDescending = word.hasPrefix("-")
      let name = String(isDescending ? word.dropFirst() : word)
      guard let field = SortField(rawValue: name == "data" ? "rdata" : name),
        !keys.contains(where: { $0.field == field })
      else { return nil }
      keys.append(SortKey(field, isDescending: isDescending))
    }
    return keys
  }
}

/// Holds records and shows them sorted.
///
/// Memory is bounded: some 100 octets a record beside its name and rdata, and never more records
/// than ``rowsMax`` nor more octets than ``octetsMax``. Records that are equal under all keys keep
/// the order in which they came.
public struct RecordSorter: Sendable {
  /// More records were added than are held.
  public struct Full: Error, Equatable, CustomStringConvertible {
    /// One line for people.
    public var description: String {
      "more than \(RecordSorter.rowsMax) rows, or \(RecordSorter.octetsMax >> 20) MiB of them, are"
        + " not sorted; ask for less, or sort the output"
    }
  }

  /// Most records held.
  public static let rowsMax = 1_000_000
  /// Most octets of names and rdata held.
  public static let octetsMax = 256 << 20

  private struct Entry {
    let row: TextRow
    let start: Int
    let nameEnd: Int
    let rdataEnd: Int
    /// What name and rdata compare as; empty when no key asks for them.
    let nameKeyEnd: Int
    let rdataKeyEnd: Int
  }

  private let keys: [SortKey]
  private let rowsMax: Int
  private var entries: [Entry] = []
  private var octets: [UInt8] = []

  /// Records held.
  public var count: Int { entries.count }

  /// Makes an empty sorter.
  ///
  /// - Parameter keys: the first decides, the others when it is equal.
  public init(_ keys: [SortKey], rowsMax: Int = RecordSorter.rowsMax) {
    self.keys = keys
    self.rowsMax = rowsMax
  }

  /// Adds a record.
  ///
  /// - Throws: ``Full``; the record is not held then.
  public mutating func add(
    _ row: TextRow, rrname: Span<UInt8>, rdata: Span<UInt8>
  ) throws(Full) {
    guard entries.count < rowsMax, octets.count <= RecordSorter.octetsMax else { throw Full() }
    let start = octets.count
    for index in rrname.indices { octets.append(rrname[index]) }
    let nameEnd = octets.count
    for index in rdata.indices { octets.append(rdata[index]) }
    let rdataEnd = octets.count
    if keys.contains(where: { $0.field == .name }) {
      RecordKey.appendReversedName(rrname, to: &octets)
    }
    let nameKeyEnd = octets.count
    if keys.contains(where: { $0.field == .rdata }), let target = RDataTarget(row, rdata: rdata),
      case .name(let range) = target
    {
      RecordKey.appendReversedName(rdata.extracting(range), to: &octets)
    }
    entries.append(
      Entry(
        row: row, start: start, nameEnd: nameEnd, rdataEnd: rdataEnd, nameKeyEnd: nameKeyEnd,
        rdataKeyEnd: octets.count))
  }

  /// Shows all records in order, until the callback returns false. Nothing is held afterwards.
  public mutating func drain(
    _ show: (TextRow, _ rrname: Span<UInt8>, _ rdata: Span<UInt8>) -> Bool
  ) {
    let held = octets
    let keys = keys
    entries.sort { RecordSorter.precedes($0, $1, keys, held.span) }
    let span = held.span
    for entry in entries {
      let isWanted = show(
        entry.row, span.extracting(entry.start..<entry.nameEnd),
        span.extracting(entry.nameEnd..<entry.rdataEnd))
      guard isWanted else { break }
    }
    entries = []
    octets = []
  }

  private static func precedes(
    _ one: Entry, _ other: Entry, _ keys: [SortKey], _ octets: Span<UInt8>
  ) -> Bool {
    for key in keys {
      let order = compare(one, other, key.field, octets)
      if order != 0 { return key.isDescending ? order > 0 : order < 0 }
    }
    return one.start < other.start
  }

  /// Below, equal to or above zero.
  private static func compare(
    _ one: Entry, _ other: Entry, _ field: SortField, _ octets: Span<UInt8>
  ) -> Int {
    func order<Value: Comparable>(_ value: (TextRow) -> Value) -> Int {
      let (left, right) = (value(one.row), value(other.row))
      return left < right ? -1 : left > right ? 1 : 0
    }
    switch field {
    case .first: return order(\.timeFirst)
    case .last: return order(\.timeLast)
    case .duration: return order { Int64($0.timeLast) - Int64($0.timeFirst) }
    case .count: return order(\.count)
    case .type: return order(\.rrtype.rawValue)
    case .name:
      return compare(octets, one.rdataEnd..<one.nameKeyEnd, other.rdataEnd..<other.nameKeyEnd)
    case .rdata: return compare(octets, rdataKey(one), rdataKey(other))
    }
  }

  private static func rdataKey(_ entry: Entry) -> Range<Int> {
    entry.nameKeyEnd < entry.rdataKeyEnd
      ? entry.nameKeyEnd..<entry.rdataKeyEnd : entry.nameEnd..<entry.rdataEnd
  }

  private static func compare(
    _ octets: Span<UInt8>, _ one: Range<Int>, _ other: Range<Int>
  ) -> Int {
    for index in 0..<min(one.count, other.count) {
      let (left, right) = (octets[one.lowerBound + index], octets[other.lowerBound + index])
      if left != right { return left < right ? -1 : 1 }
    }
    return one.count - other.count
  }
}
