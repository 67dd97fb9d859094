public import DNSWire
public import TidemarkModel

/// How many rows were seen on each day, by type.
public struct ActivityCounts: Sendable {
  /// One day.
  public struct Day: Sendable, Equatable {
    /// The day.
    public let day: UnixDay
    /// Rows seen on it.
    public fileprivate(set) var rows: UInt64 = 0
    /// The same by type, ascending by number.
    public fileprivate(set) var rrtypes: [(rrtype: RRType, rows: UInt64)] = []

    /// Compares members.
    public static func == (left: Day, right: Day) -> Bool {
      left.day == right.day && left.rows == right.rows
        && left.rrtypes.elementsEqual(right.rrtypes) { $0 == $1 }
    }
  }

  /// Pairs of day and type that are kept: bounds memory to some 32 MiB. Thirty types on every day
  /// of forty years are fewer.
  public static let cellsMax = 500_000

  /// Rows by day (upper 32 bits) and type.
  private var cells: [UInt64: UInt64] = [:]

  /// Nothing yet.
  public init() {}

  /// Adds a row.
  ///
  /// - Returns: false, and nothing is added, when ``cellsMax`` would not hold.
  public mutating func add(_ row: borrowing RecordRow) -> Bool {
    let days = row.value.daysSeen
    guard cells.count + days.count <= ActivityCounts.cellsMax else { return false }
    for day in days { cells[UInt64(day) << 32 | UInt64(row.rrtype.rawValue), default: 0] += 1 }
    return true
  }

  /// Days on which a row was seen, ascending.
  public var days: [Day] {
    var days: [Day] = []
    for (cell, rows) in cells.sorted(by: { $0.key < $1.key }) {
      let day = UnixDay(truncatingIfNeeded: cell >> 32)
      if days.last?.day != day { days.append(Day(day: day)) }
      days[days.count - 1].rows += rows
      let type = RRType(rawValue: UInt16(truncatingIfNeeded: cell))
      days[days.count - 1].rrtypes.append((type, rows))
    }
    return days
  }
}
