public import DNSWire
public import TidemarkModel
public import TidemarkQuery

/// Days in a row on which a record was seen.
public struct DayRun: Sendable, Equatable {
  /// The first of them.
  public let first: UnixDay
  /// How many; 1 or more.
  public let count: UInt32

  /// Makes a run.
  public init(first: UnixDay, count: UInt32) {
    self.first = first
    self.count = max(count, 1)
  }

  /// The day behind the last one.
  public var end: UInt64 { UInt64(first) + UInt64(count) }

  /// Joins days to runs.
  ///
  /// - Parameters:
  ///   - days: in any order, some perhaps twice.
  ///   - span: days outside are left out; its ends are taken as seen.
  public static func runs(_ days: [UnixDay], within span: ClosedRange<UnixDay>) -> [DayRun] {
    var seen = days.filter { span.contains($0) }
    seen.append(span.lowerBound)
    seen.append(span.upperBound)
    seen.sort()
    var runs: [DayRun] = []
    var first = span.lowerBound
    var last = span.lowerBound
    for day in seen where day != last {
      if UInt64(day) != UInt64(last) + 1 {
        runs.append(DayRun(first: first, count: last - first + 1))
        first = day
      }
      last = day
    }
    runs.append(DayRun(first: first, count: last - first + 1))
    return runs
  }
}

/// One value in time: from when to when it was seen, and on which days.
public struct TimelineBar: Sendable, Equatable {
  /// Owner name as rows show it; foreign text.
  public let rrname: String
  /// Type.
  public let rrtype: RRType
  /// Rdata as rows show it; foreign text.
  public let rdata: String
  /// What a click on the rdata looks up: the address, or the name in it. The rdata itself when it
  /// has neither.
  public let pivot: String
  /// First seen.
  public let first: UnixSeconds
  /// Last seen; never before ``first``.
  public let last: UnixSeconds
  /// How often.
  public let count: UInt64
  /// Days on which it was seen, ascending, within ``first`` and ``last``; those two are always in.
  public let runs: [DayRun]

  /// Makes a bar.
  ///
  /// - Parameters:
  ///   - pivot: nil for the rdata itself.
  ///   - days: in any order; those outside of the span are left out.
  public init(
    rrname: String, rrtype: RRType, rdata: String, pivot: String? = nil, first: UnixSeconds,
    last: UnixSeconds, count: UInt64, days: [UnixDay]
  ) {
    self.rrname = rrname
    self.rrtype = rrtype
    self.rdata = rdata
    self.pivot = pivot ?? rdata
    self.first = min(first, last)
    self.last = max(first, last)
    self.count = count
    let day = TimeLimits.secondsPerDay
    runs = DayRun.runs(days, within: (self.first / day)...(self.last / day))
  }

  /// Makes the bar of a row.
  public init(_ row: borrowing RecordRow) {
    var name: [UInt8] = []
    DomainName.appendText(of: row.rrname.span, finalDot: false, to: &name)
    var rdata: [UInt8] = []
    var pivot: String?
    if row.isLossy {
      rdata = row.rdata
    } else {
      RDataText.append(row.rdata.span, type: row.rrtype, style: .circl, to: &rdata)
      if case .name(let place)? = RDataTarget(row.textRow, rdata: row.rdata.span) {
        var target: [UInt8] = []
        DomainName.appendText(of: row.rdata[place].span, finalDot: false, to: &target)
        pivot = String(decoding: target, as: UTF8.self)
      }
    }
    self.init(
      rrname: String(decoding: name, as: UTF8.self), rrtype: row.rrtype,
      // Thousands of bars are sent at once: none may have all the octets that rdata can.
      rdata: String(decoding: rdata.prefix(RecordTable.rdataOctetsMax), as: UTF8.self),
      pivot: pivot, first: row.value.timeFirst,
      last: row.value.timeLast, count: row.value.count, days: row.value.activity.days)
  }

  /// How many days it was seen.
  public var days: UInt64 { runs.reduce(0) { $0 + UInt64($1.count) } }

  /// Newest first; equal times by text, so that the order never rests on that of the rows.
  static func isNewer(_ left: TimelineBar, than right: TimelineBar) -> Bool {
    if left.last != right.last { return left.last > right.last }
    if left.first != right.first { return left.first > right.first }
    if left.rdata != right.rdata { return left.rdata < right.rdata }
    return left.rrname < right.rrname
  }
}

/// The bars of one type.
public struct TimelineGroup: Sendable {
  /// Type of all of them.
  public let rrtype: RRType
  /// Newest last seen first.
  public fileprivate(set) var bars: [TimelineBar]

  /// The word of its colour: that of the style sheet's variables `--c-…`.
  public var colour: TimelineColour { TimelineColour(rrtype) }

  /// Sorts bars into groups: addresses, names, name servers, mail, text, others; within these by
  /// number.
  public static func groups(_ bars: [TimelineBar]) -> [TimelineGroup] {
    var places: [RRType: Int] = [:]
    var groups: [TimelineGroup] = []
    for bar in bars {
      if let place = places[bar.rrtype] {
        groups[place].bars.append(bar)
      } else {
        places[bar.rrtype] = groups.count
        groups.append(TimelineGroup(rrtype: bar.rrtype, bars: [bar]))
      }
    }
    for index in groups.indices {
      groups[index].bars.sort { TimelineBar.isNewer($0, than: $1) }
    }
    return groups.sorted {
      ($0.colour.rawValue, $0.rrtype.rawValue) < ($1.colour.rawValue, $1.rrtype.rawValue)
    }
  }

  /// The newest `most` bars of all groups; groups that lose all of theirs vanish.
  public static func newest(_ most: Int, of groups: [TimelineGroup]) -> [TimelineGroup] {
    let total = groups.reduce(0) { $0 + $1.bars.count }
    guard total > most else { return groups }
    let times = groups.flatMap { $0.bars.map(\.last) }.sorted(by: >)
    let oldest = times[max(most - 1, 0)]
    // Of those that are exactly as old as the oldest only some may stay.
    var ties = most - times.count { $0 > oldest }
    return groups.compactMap { group in
      var kept = group
      kept.bars = group.bars.filter { bar in
        guard bar.last == oldest else { return bar.last > oldest }
        ties -= 1
        return ties >= 0
      }
      return kept.bars.isEmpty ? nil : kept
    }
  }
}

/// Which colour a type has.
public enum TimelineColour: UInt8, Sendable {
  case address, name, ns, mx, text, other

  /// The colour of a type.
  public init(_ rrtype: RRType) {
    switch rrtype {
    case .a, .aaaa: self = .address
    case .cname, .dname, .ptr, .svcb, .https: self = .name
    case .ns, .soa: self = .ns
    case .mx: self = .mx
    case .txt: self = .text
    default: self = .other
    }
  }

  /// The word, as in `--c-address`.
  public var word: StaticString {
    switch self {
    case .address: "address"
    case .name: "name"
    case .ns: "ns"
    case .mx: "mx"
    case .text: "text"
    case .other: "other"
    }
  }
}
