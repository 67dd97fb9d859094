import DNSWire
import TidemarkModel

/// Puts RRsets together from single records in key order.
struct RRsetBuilder {
  /// Octets of a row's rdata as text in JSON, about: with the rest of the row it stays below the
  /// 65,536 octets that clients read as one line.
  static let textOctetsMax = 56 * 1_024
  /// Rdata of one owner and type that are held at most; with more, RRsets come in parts.
  static let valuesMax = 16_384
  /// Octets of the same.
  static let valueOctetsMax = 4 << 20
  /// Rows of an owner and type that are compared one after the other; a table pays for more.
  private static let listedMax = 8

  /// True when rows are complete.
  var hasRows: Bool { nextRow < done.count }

  private let grouping: RRsetCursor.Grouping
  private let times: TimeFences
  /// Complete rows.
  private var done: [RRsetRow] = []
  private var nextRow = 0
  /// Rows that still grow, and octets of text in each.
  private var growing: [RRsetRow] = []
  private var textOctets: [Int] = []
  /// Places in `growing`, when they are many.
  private var table: [RRsetKey: Int] = [:]
  private var values = 0
  private var valueOctets = 0
  /// The rdata whose records are being taken.
  private var rdata: [UInt8] = []
  private var isLossy = false
  private var ownerSerial: UInt64?
  private var rrname: [UInt8] = []
  private var rrtype = RRType(rawValue: 0)
  /// What was seen of it by bailiwick and kind.
  private var seen: [Seen] = []

  private struct Seen {
    var bailiwick: Bailiwick
    var isZone: Bool
    var span: SeenSpan
  }

  init(_ grouping: RRsetCursor.Grouping, _ times: TimeFences) {
    self.grouping = grouping
    self.times = times
  }

  /// Takes the next record.
  mutating func add(_ row: borrowing RecordRow) {
    let isSameSet = row.ownerSerial == ownerSerial && row.rrtype == rrtype
    if !isSameSet || row.isLossy != isLossy || row.rdata != rdata {
      finishRData()
      if !isSameSet || grouping == .rdata { finishSet() }
      ownerSerial = row.ownerSerial
      rrname = row.rrname
      rrtype = row.rrtype
      rdata = row.rdata
      isLossy = row.isLossy
    }
    let bailiwick = grouping == .rdata ? .unknown : row.bailiwick
    let isZone = row.vantages.first == .zone
    let span = SeenSpan(row.value)
    if let index = seen.firstIndex(where: { $0.bailiwick == bailiwick && $0.isZone == isZone }) {
      seen[index].span.merge(span)
    } else {
      seen.append(Seen(bailiwick: bailiwick, isZone: isZone, span: span))
    }
  }

  /// Completes everything: no record follows.
  mutating func finish() {
    finishRData()
    finishSet()
  }

  /// The next complete row, or nil.
  mutating func takeRow() -> RRsetRow? {
    guard nextRow < done.count else {
      if nextRow > 0 {
        done.removeAll(keepingCapacity: nextRow <= 1_024)
        nextRow = 0
      }
      return nil
    }
    nextRow += 1
    return done[nextRow - 1]
  }

  /// Makes the row just taken the next one again.
  mutating func putBack() { nextRow -= 1 }

  /// Gives what was seen of the rdata to the rows it belongs to.
  private mutating func finishRData() {
    for part in seen {
      let key = RRsetKey(
        bailiwick: part.bailiwick, isLossy: isLossy, isZone: part.isZone,
        timeFirst: part.span.timeFirst, timeLast: part.span.timeLast, count: part.span.count)
      guard times.admit(first: key.timeFirst, last: key.timeLast) else { continue }
      if values >= RRsetBuilder.valuesMax || valueOctets >= RRsetBuilder.valueOctetsMax {
        finishSet()
      }
      append(key)
    }
    seen.removeAll(keepingCapacity: true)
  }

  private mutating func append(_ key: RRsetKey) {
    let text = RRsetBuilder.textOctets(of: rdata, rrtype, isLossy: isLossy)
    values += 1
    valueOctets += rdata.count
    if let index = place(of: key) {
      if textOctets[index] + text <= RRsetBuilder.textOctetsMax {
        growing[index].rdata.append(rdata)
        textOctets[index] += text
        return
      }
      done.append(growing[index])
      growing[index].rdata = [rdata]
      textOctets[index] = text
      return
    }
    growing.append(
      RRsetRow(
        rrname: rrname, rrtype: rrtype, bailiwick: key.bailiwick, rdata: [rdata],
        isLossy: key.isLossy, isZone: key.isZone, timeFirst: key.timeFirst,
        timeLast: key.timeLast, count: key.count))
    textOctets.append(text)
    if growing.count > RRsetBuilder.listedMax { index(growing.count - 1) }
  }

  private func place(of key: RRsetKey) -> Int? {
    if growing.count > RRsetBuilder.listedMax { return table[key] }
    return growing.firstIndex { RRsetKey($0) == key }
  }

  private mutating func index(_ last: Int) {
    let first = table.isEmpty ? 0 : last
    for place in first...last { table[RRsetKey(growing[place])] = place }
  }

  /// Completes the rows of the owner and type.
  private mutating func finishSet() {
    guard !growing.isEmpty else { return }
    done += growing
    growing.removeAll(keepingCapacity: growing.count <= 1_024)
    textOctets.removeAll(keepingCapacity: true)
    if !table.isEmpty { table = [:] }
    values = 0
    valueOctets = 0
  }

  /// About how long rdata is as a JSON string, comma included; rather too much than too little.
  static func textOctets(of rdata: [UInt8], _ type: RRType, isLossy: Bool) -> Int {
    if isLossy { return 3 + 2 * rdata.count }
    return switch type {
    case .a: 18
    case .aaaa: 42
    // A bit of a type bitmap can become the ten octets of a TYPEnnnnn.
    case .nsec, .nsec3, .csync: 16 + 80 * rdata.count
    // An octet of text can become \\DDD; names, numbers, hexadecimal and base64 stay below that.
    default: 16 + 5 * rdata.count
    }
  }
}

extension RRsetKey {
  fileprivate init(_ row: borrowing RRsetRow) {
    self.init(
      bailiwick: row.bailiwick, isLossy: row.isLossy, isZone: row.isZone,
      timeFirst: row.timeFirst, timeLast: row.timeLast, count: row.count)
  }
}
