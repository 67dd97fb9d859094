public import DNSWire
public import TidemarkModel

/// What many rows have in common: how many there are, of which types, when they were seen.
///
/// Its memory is bounded, whatever the rows: distinct owners and values are counted exactly up to
/// ``distinctMax``, and not beyond.
public struct RecordSummary: Sendable {
  /// Rows and counts of one type.
  public struct TypeCount: Sendable, Equatable {
    /// The type.
    public let rrtype: RRType
    /// Rows of it.
    public fileprivate(set) var rows: UInt64 = 0
    /// Sum of their counts; saturates.
    public fileprivate(set) var count: UInt64 = 0
  }

  /// Owners or values that are told apart.
  public static let distinctMax = 65_536

  /// Rows added.
  public private(set) var rows: UInt64 = 0
  /// Sum of their counts; saturates.
  public private(set) var count: UInt64 = 0
  /// First seen of all; nil without rows.
  public private(set) var timeFirst: UnixSeconds?
  /// Last seen of all; nil without rows.
  public private(set) var timeLast: UnixSeconds?
  /// Owner names.
  public private(set) var owners = DistinctCount(max: RecordSummary.distinctMax)
  /// Pairs of type and rdata.
  public private(set) var values = DistinctCount(max: RecordSummary.distinctMax)

  private var types: [RRType: TypeCount] = [:]
  /// Rows seen in each month since January 1970.
  private var monthRows: [UInt32: UInt64] = [:]
  private var ownerSerial: UInt64?

  /// Nothing yet.
  public init() {}

  /// Types by falling number of rows, equal ones by number.
  public var rrtypes: [TypeCount] {
    types.values.sorted { ($1.rows, $0.rrtype) < ($0.rows, $1.rrtype) }
  }

  /// Months since January 1970 with the rows that were seen on one of their days, ascending.
  public var months: [(index: UInt32, rows: UInt64)] {
    monthRows.sorted { $0.key < $1.key }.map { (index: $0.key, rows: $0.value) }
  }

  /// Adds a row.
  ///
  /// - Parameter isOtherCursor: true for the first row of each cursor.
  public mutating func add(_ row: borrowing RecordRow, isOtherCursor: Bool = false) {
    rows += 1
    count = RecordSummary.sum(count, row.value.count)
    timeFirst = min(timeFirst ?? row.value.timeFirst, row.value.timeFirst)
    timeLast = max(timeLast ?? row.value.timeLast, row.value.timeLast)
    var type = types[row.rrtype] ?? TypeCount(rrtype: row.rrtype)
    type.rows += 1
    type.count = RecordSummary.sum(type.count, row.value.count)
    types[row.rrtype] = type
    addMonths(row.value)
    if ownerSerial != row.ownerSerial || isOtherCursor {
      ownerSerial = row.ownerSerial
      owners.insert(row.rrname, kind: 0)
    }
    values.insert(row.rdata, kind: UInt32(row.rrtype.rawValue) << 1 | (row.isLossy ? 1 : 0))
  }

  private mutating func addMonths(_ value: RecordValue) {
    let first = ActivityDays.month(of: value.dayFirst)
    let last = ActivityDays.month(of: value.dayLast)
    monthRows[first, default: 0] += 1
    if last != first { monthRows[last, default: 0] += 1 }
    for month in value.activity.months where month.index != first && month.index != last {
      monthRows[month.index, default: 0] += 1
    }
  }

  private static func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let (sum, isTooLarge) = left.addingReportingOverflow(right)
    return isTooLarge ? .max : sum
  }
}

/// Counts different octet strings, exactly up to a bound.
public struct DistinctCount: Sendable {
  /// A string as 128 bits, under a key that changes with each process: nobody can prepare equal
  /// ones, and by chance two of 65,536 are equal once in 10²⁹ times.
  private struct Digest: Hashable {
    let first: UInt64
    let second: UInt64

    func hash(into hasher: inout Hasher) { hasher.combine(first) }
  }

  /// Different strings met; with ``isExact`` false, at least so many.
  public var count: Int { known.count }
  /// False when more than the bound were met.
  public private(set) var isExact = true

  private var known: Set<Digest> = []
  private let max: Int

  init(max: Int) {
    self.max = max
  }

  /// Takes a string; equal ones of two kinds are different.
  mutating func insert(_ octets: [UInt8], kind: UInt32) {
    guard isExact else { return }
    let digest = Digest(
      first: DistinctCount.hash(octets, kind, salt: 1),
      second: DistinctCount.hash(octets, kind, salt: 2))
    if known.count < max {
      known.insert(digest)
    } else if !known.contains(digest) {
      isExact = false
    }
  }

  private static func hash(_ octets: [UInt8], _ kind: UInt32, salt: UInt32) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(salt)
    hasher.combine(kind)
    unsafe octets.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }
}
