public import DNSWire
public import TidemarkModel
import TidemarkPivots
public import TidemarkQuery

/// A record as a page of pivots shows it.
public struct PivotRow: Sendable, Equatable {
  /// What the row is a pivot to, as text,
  public let text: String
  /// and as a value; nil for values that are neither name nor address.
  public let value: PivotValue?
  /// The type of the record.
  public let rrtype: RRType
  /// The other side of the record; empty where the page's value is that.
  public let other: String
  /// First seen.
  public let timeFirst: UnixSeconds
  /// Last seen.
  public let timeLast: UnixSeconds
  /// How often it was seen.
  public let count: UInt64
}

/// The newest rows of one search, whatever the order in which they come.
public struct PivotTable: Sendable {
  /// Rows kept of each search.
  public static let rowsStandard = 50
  /// Rows kept at most.
  public static let rowsMax = 200
  /// Rows that are read to find the newest; the store has no order by time. More would make a name
  /// with 500,000 rows slower than others.
  public static let searchedMax = 65_536

  /// The heading.
  public let title: String
  /// Newest first.
  public private(set) var rows: [PivotRow] = []
  /// Rows met.
  public private(set) var found = 0
  /// True when there are rows that were not met: ``rows`` are the newest of the others.
  public private(set) var isCut = false

  private let search: PivotQuestion.Search
  private let most: Int

  /// Makes an empty table.
  public init(_ search: PivotQuestion.Search, most: Int = PivotTable.rowsStandard) {
    title = search.title
    self.search = search
    self.most = min(max(most, 1), PivotTable.rowsMax)
  }

  /// Rows met that are not shown.
  public var leftOut: Int { found - rows.count }

  mutating func add(_ row: borrowing RecordRow) {
    found += 1
    let last = row.value.timeLast
    if rows.count == most, let oldest = rows.last, oldest.timeLast >= last { return }
    let shown = PivotTable.row(row, search)
    let place = rows.firstIndex { $0.timeLast < last } ?? rows.endIndex
    rows.insert(shown, at: place)
    if rows.count > most { rows.removeLast() }
  }

  mutating func cut() { isCut = true }

  private static func row(
    _ row: borrowing RecordRow, _ search: PivotQuestion.Search
  ) -> PivotRow {
    let owner = name(row.rrname)
    let rdata = text(row)
    let value = search.showsOwners ? PivotValue(text: owner) : PivotValue(targetOf: row)
    return PivotRow(
      text: search.showsOwners ? owner : rdata, value: value, rrtype: row.rrtype,
      other: search.showsBoth ? (search.showsOwners ? rdata : owner) : "",
      timeFirst: row.value.timeFirst, timeLast: row.value.timeLast, count: row.value.count)
  }

  private static func name(_ wire: [UInt8]) -> String {
    var out: [UInt8] = []
    DomainName.appendText(of: wire.span, finalDot: false, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  private static func text(_ row: borrowing RecordRow) -> String {
    var out = row.rdata
    if !row.isLossy {
      out = []
      RDataText.append(row.rdata.span, type: row.rrtype, style: .circl, to: &out)
    }
    return String(decoding: out.prefix(RecordTable.rdataOctetsMax), as: UTF8.self)
  }
}

/// The addresses of a network that have names.
public struct PivotNeighbours: Sendable {
  /// One address.
  public struct Entry: Sendable, Equatable {
    /// The address.
    public let address: PivotValue
    /// Names on it, at most ``PivotBadgeRules/huge``.
    public fileprivate(set) var names: PivotFigure
    /// First seen of those,
    public fileprivate(set) var timeFirst: UnixSeconds
    /// and last seen.
    public fileprivate(set) var timeLast: UnixSeconds
  }

  /// Addresses told apart: as many as a /24 has.
  public static let addressesMax = 256

  /// The network.
  public let network: AddressPrefix
  /// By address.
  public private(set) var entries: [Entry] = []
  /// True when there are more addresses.
  public private(set) var isCut = false
  /// Octets of the entry that is counted.
  private var current: [UInt8] = []

  init(_ network: AddressPrefix) {
    self.network = network
  }

  /// The network with its prefix length.
  public var text: String {
    let first = ends.first
    var out: [UInt8] = []
    IPAddressText.append(octets: first.span, to: &out)
    return String(decoding: out, as: UTF8.self) + "/\(network.bits)"
  }

  /// The addresses that were not counted yet; nil when all were.
  var rest: AddressRange? {
    guard !current.isEmpty else { return AddressRange(first: ends.first, last: ends.last) }
    guard let next = PivotNeighbours.next(current) else { return nil }
    return AddressRange(first: next, last: ends.last)
  }

  /// Takes a row.
  ///
  /// - Returns: false when the rest of the rows of this address are not needed.
  mutating func add(_ row: borrowing RecordRow) -> Bool {
    guard let address = PivotAddress(octets: row.rdata) else { return true }
    if row.rdata != current {
      guard entries.count < PivotNeighbours.addressesMax else {
        isCut = true
        return false
      }
      current = row.rdata
      entries.append(
        Entry(
          address: PivotValue(address), names: PivotFigure(), timeFirst: row.value.timeFirst,
          timeLast: row.value.timeLast))
    }
    let at = entries.count - 1
    guard entries[at].names.count < PivotBadgeRules.huge else {
      entries[at].names.hasMore = true
      return false
    }
    entries[at].names.count += 1
    entries[at].timeFirst = min(entries[at].timeFirst, row.value.timeFirst)
    entries[at].timeLast = max(entries[at].timeLast, row.value.timeLast)
    return true
  }

  mutating func cut() { isCut = true }

  private var ends: (first: [UInt8], last: [UInt8]) {
    var (first, last) = (network.octets, network.octets)
    for index in first.indices {
      let kept = min(max(network.bits - index * 8, 0), 8)
      let mask = UInt8(truncatingIfNeeded: 0xFF00 >> kept)
      first[index] &= mask
      last[index] |= ~mask
    }
    return (first, last)
  }

  /// The address behind one; nil behind the last one of all.
  private static func next(_ octets: [UInt8]) -> [UInt8]? {
    var next = octets
    for index in next.indices.reversed() {
      next[index] &+= 1
      if next[index] != 0 { return next }
    }
    return nil
  }
}
