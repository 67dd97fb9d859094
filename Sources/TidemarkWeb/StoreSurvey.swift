public import DNSWire
public import TidemarkModel
public import TidemarkQuery

/// What a walk over the records of a store has met so far: how much of what there is, when it was
/// seen, which names are newest, which addresses have most names.
///
/// Its memory is bounded, whatever the records are.
public struct StoreSurvey: Sendable {
  /// An owner name with what its records have in common.
  public struct Name: Sendable, Equatable {
    /// The name, canonical wire form.
    public let wire: [UInt8]
    /// The first few types of its records, ascending.
    public fileprivate(set) var rrtypes: [RRType] = []
    /// When and how often they were seen.
    public fileprivate(set) var seen: SeenSpan
  }

  /// Names kept of those that were first seen last.
  public static let newestMax = 12
  /// Types kept of a name.
  public static let typesMax = 6
  /// IPv4 addresses that are told apart; with more of them nothing is said of any.
  public static let addressesMax = 65_536

  /// Rows met: tuples of rrname, rrtype and rdata.
  public private(set) var rows: UInt64 = 0
  /// Owner names met.
  public private(set) var names: UInt64 = 0
  /// First seen of all; nil without rows.
  public private(set) var timeFirst: UnixSeconds?
  /// Last seen of all; nil without rows.
  public private(set) var timeLast: UnixSeconds?
  /// Rows of each colour of types, by its number.
  public private(set) var colours = [UInt64](repeating: 0, count: StoreSurvey.colourCount)
  /// Rows seen in each month since January 1970, by colour.
  public private(set) var months: [UInt32: [UInt64]] = [:]
  /// The names first seen last, newest first; equal times in the order of the walk.
  public private(set) var newest: [Name] = []
  /// True when every record was met.
  public private(set) var isComplete = false

  static let colourCount = 6

  private var owner: Name?
  private var ownerSerial: UInt64?
  private var addresses: [UInt32: UInt64] = [:]
  private var hasTooManyAddresses = false

  /// Nothing met yet.
  public init() {}

  /// Adds a row of a walk in the order of owner names.
  public mutating func add(_ row: borrowing RecordRow) {
    let value = row.value
    rows += 1
    timeFirst = min(timeFirst ?? value.timeFirst, value.timeFirst)
    timeLast = max(timeLast ?? value.timeLast, value.timeLast)
    let colour = Int(TimelineColour(row.rrtype).rawValue)
    colours[colour] += 1
    addMonths(value, colour)
    if row.rrtype == .a, row.rdata.count == 4 { addAddress(row.rdata) }
    let seen = SeenSpan(timeFirst: value.timeFirst, timeLast: value.timeLast, count: value.count)
    if ownerSerial == row.ownerSerial, owner != nil {
      owner?.seen.merge(seen)
    } else {
      closeOwner()
      ownerSerial = row.ownerSerial
      owner = Name(wire: row.rrname, seen: seen)
    }
    if let last = owner?.rrtypes, last.last != row.rrtype, last.count < StoreSurvey.typesMax {
      owner?.rrtypes.append(row.rrtype)
    }
  }

  /// Says that no row is left.
  public mutating func finish() {
    closeOwner()
    isComplete = true
  }

  /// The addresses with most names, more names first; empty when there were too many addresses.
  public func busiest(_ most: Int) -> [(address: UInt32, names: UInt64)] {
    guard !hasTooManyAddresses else { return [] }
    return addresses.filter { $0.value > 1 }
      .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .prefix(max(most, 0)).map { (address: $0.key, names: $0.value) }
  }

  private mutating func closeOwner() {
    guard let name = owner else { return }
    owner = nil
    names += 1
    let place = newest.firstIndex { $0.seen.timeFirst < name.seen.timeFirst } ?? newest.count
    guard place < StoreSurvey.newestMax else { return }
    newest.insert(name, at: place)
    if newest.count > StoreSurvey.newestMax { newest.removeLast() }
  }

  private mutating func addMonths(_ value: RecordValue, _ colour: Int) {
    let first = ActivityDays.month(of: value.dayFirst)
    let last = ActivityDays.month(of: value.dayLast)
    addMonth(first, colour)
    if last != first { addMonth(last, colour) }
    for month in value.activity.months where month.index != first && month.index != last {
      addMonth(month.index, colour)
    }
  }

  private mutating func addMonth(_ month: UInt32, _ colour: Int) {
    months[month, default: [UInt64](repeating: 0, count: StoreSurvey.colourCount)][colour] += 1
  }

  private mutating func addAddress(_ octets: [UInt8]) {
    guard !hasTooManyAddresses else { return }
    let address = octets.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    if addresses.count >= StoreSurvey.addressesMax, addresses[address] == nil {
      hasTooManyAddresses = true
      addresses = [:]
      return
    }
    addresses[address, default: 0] += 1
  }
}
