public import DNSWire

/// What the rows of a look-up say together: how many, how often seen, from when to when, by type.
public struct LookupSums: Sendable, Equatable {
  /// Rows and sightings of one type.
  public struct TypeSums: Sendable, Equatable {
    /// Rows.
    public var rows: UInt64
    /// Sightings; stays at its largest value.
    public var count: UInt64

    /// Makes sums.
    public init(rows: UInt64 = 0, count: UInt64 = 0) {
      self.rows = rows
      self.count = count
    }

    mutating func add(_ other: TypeSums) {
      rows &+= other.rows
      let (sum, isTooLarge) = count.addingReportingOverflow(other.count)
      count = isTooLarge ? .max : sum
    }
  }

  /// The sums of all rows.
  public private(set) var total = TypeSums()
  /// The sums of each type.
  public private(set) var byType: [RRType: TypeSums] = [:]
  /// Earliest first seen; nil without rows.
  public private(set) var timeFirst: UnixSeconds?
  /// Latest last seen; nil without rows.
  public private(set) var timeLast: UnixSeconds?

  /// Sums of nothing.
  public init() {}

  /// Adds a row.
  public mutating func add(_ row: TextRow) {
    add(TypeSums(rows: 1, count: row.count), of: row.rrtype)
    widen(first: row.timeFirst, last: row.timeLast)
  }

  /// Adds the sums of rows of one type.
  public mutating func add(_ sums: TypeSums, of type: RRType) {
    total.add(sums)
    byType[type, default: TypeSums()].add(sums)
  }

  /// Adds times of rows whose sums are added apart.
  public mutating func widen(first: UnixSeconds, last: UnixSeconds) {
    timeFirst = min(timeFirst ?? first, first)
    timeLast = max(timeLast ?? last, last)
  }

  /// Appends one JSON object on a line: `rows`, `count`, `time_first`, `time_last` and `rrtypes`,
  /// an array with `rrtype`, `rows`, `count` of each type, most rows first. Without rows there are
  /// no times.
  public func appendJSON(to out: inout [UInt8]) {
    out.append(contentsOf: ("{" + LookupSums.members(total)).utf8)
    if let timeFirst, let timeLast {
      out.append(contentsOf: ",\"time_first\":\(timeFirst),\"time_last\":\(timeLast)".utf8)
    }
    let types = sorted.map { type, sums in
      "{\"rrtype\":\"\(type.mnemonic)\",\(LookupSums.members(sums))}"
    }
    out.append(contentsOf: ",\"rrtypes\":[\(types.joined(separator: ","))]}\n".utf8)
  }

  /// Appends a line for each type and one for all: type, rows, sightings; then first and last seen.
  public func appendTable(times: TimeStyle, to out: inout [UInt8]) {
    let lines = [["TYPE", "ROWS", "COUNT"]] + cells(total: "all")
    let widths = (0..<3).map { column in lines.map { $0[column].utf8.count }.max() ?? 0 }
    for line in lines {
      let padded = line.indices.map { column in
        let blanks = String(repeating: " ", count: widths[column] - line[column].utf8.count)
        return column == 0 ? line[column] + blanks : blanks + line[column]
      }
      out.append(contentsOf: (padded.joined(separator: "  ") + "\n").utf8)
    }
    guard let timeFirst, let timeLast else { return }
    out.append(contentsOf: "first seen  ".utf8)
    times.append(timeFirst, to: &out)
    out.append(contentsOf: "\nlast seen   ".utf8)
    times.append(timeLast, to: &out)
    out.append(ASCII.lineFeed)
  }

  /// Appends comma-separated values: a header, a line for each type, and one without a type for
  /// all.
  public func appendCSV(to out: inout [UInt8]) {
    for line in [["rrtype", "rows", "count"]] + cells(total: "") {
      out.append(contentsOf: (line.joined(separator: ",") + "\r\n").utf8)
    }
  }

  private func cells(total name: String) -> [[String]] {
    sorted.map { type, sums in [type.mnemonic, String(sums.rows), String(sums.count)] }
      + [[name, String(total.rows), String(total.count)]]
  }

  private var sorted: [(type: RRType, sums: TypeSums)] {
    byType.map { (type: $0.key, sums: $0.value) }.sorted { one, other in
      (other.sums.rows, one.type.rawValue) < (one.sums.rows, other.type.rawValue)
    }
  }

  private static func members(_ sums: TypeSums) -> String {
    "\"rows\":\(sums.rows),\"count\":\(min(sums.count, COFWriter.numberMax))"
  }
}
