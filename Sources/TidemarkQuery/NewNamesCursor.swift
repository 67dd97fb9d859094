import DNSWire
import TidemarkDomains
import TidemarkModel
public import TidemarkStore

/// Walks all records once, in key order, and shows the names that are new.
///
/// A domain comes when its last record was read: behind the domains that are registered below it
/// (`bucket.s3.amazonaws.com` before `amazonaws.com`).
///
/// - Concurrency: one caller at a time; it may be handed from one to the next. It holds nothing of
///   the store between calls.
public final class NewNamesCursor: @unchecked Sendable {
  /// Records that one call of ``next(_:)`` searches, give or take a page.
  public static let searchedMax = 16_384

  /// Where the search stands, as octets that an equal query goes on with; nil before it began.
  public var position: [UInt8]? { walked.map { NewNamesPosition(open: open, key: $0).octets } }
  /// Rows shown.
  public private(set) var rows = 0
  /// Damaged records of the store, left out.
  public var damaged: Int { runs.damaged }

  private let query: NewNamesQuery
  private let runs: RunMerger
  /// Names whose records are being read, each at or below the one before.
  private var open: [OpenName] = []
  /// The last run that was added to them.
  private var walked: [UInt8]?
  /// The owner of that run.
  private var owner: [UInt8] = []
  /// A run behind it that was read but not added yet.
  private var waiting: (key: [UInt8], span: SeenSpan)?

  /// Makes a cursor at the start of the query, or behind ``NewNamesQuery/resumeAfter``.
  public init(_ query: NewNamesQuery, store: any RecordStore) {
    self.query = query
    let resume = query.resumeAfter.flatMap(NewNamesPosition.init(octets:))
    open = resume?.open ?? []
    walked = resume?.key
    let skip: RunReader.Skip =
      if case .hosts = query.kind { .namesSeenBefore(query.since) } else { .nothing }
    runs = RunMerger(
      Set(query.datasets).sorted().map { dataset in
        let all = KeyRange.records(dataset: dataset, atOrBelow: query.below)
        let range = resume.map { all.behind($0.key, dataset) } ?? all
        return RunReader(
          query.canFind ? range : KeyRange(lower: [], upper: []), rrtypes: [], skip: skip,
          store: store)
      })
  }

  /// Shows rows until the callback returns false or none is left.
  ///
  /// - Parameter show: false pauses behind the row just shown.
  /// - Returns: `paused` also when ``searchedMax`` records were searched, whether one was
  ///   shown or not: call again.
  /// - Throws: ``StoreError``; rows already shown stay valid.
  public func next(_ show: (borrowing NewNameRow) -> Bool) throws(StoreError) -> RecordCursor.End {
    var budget = NewNamesCursor.searchedMax
    while true {
      if let run = waiting {
        while let last = open.last, !query.isOpen(last, at: run.key) {
          if let end = close(last, show) { return end }
        }
        add(run.key, run.span)
        waiting = nil
      }
      switch try runs.step(&budget) {
      case .paused: return .paused
      case .run: waiting = (runs.key, runs.span)
      case .end:
        while let last = open.last {
          if let end = close(last, show) { return end }
        }
        return .complete
      }
    }
  }

  /// Takes the innermost open name away and shows it if it is new.
  private func close(
    _ name: OpenName, _ show: (borrowing NewNameRow) -> Bool
  ) -> RecordCursor.End? {
    let isNew =
      name.isNamed && name.seen.timeFirst >= query.since && query.isBelow(name)
    if isNew, let limit = query.limit, rows >= limit { return .limited }
    open.removeLast()
    if query.sumsBelow, let above = open.indices.last { open[above].seen.merge(name.seen) }
    guard isNew else { return nil }
    var row = NewNameRow()
    row.name.removeAll()
    guard RecordKeyView.appendWireName(reversed: (name.labels + [0]).span, to: &row.name) else {
      return nil
    }
    row.seen = name.seen
    rows += 1
    return show(row) ? nil : .paused
  }

  /// Adds a run to the innermost of the names that it counts for, which are opened first.
  private func add(_ key: [UInt8], _ span: SeenSpan) {
    let name = RunKey.name(key)
    if !name.elementsEqual(owner) {
      owner = Array(name)
      openNames(of: owner)
    }
    walked = key
    if let last = open.indices.last { open[last].seen.merge(span) }
  }

  private func openNames(of reversed: [UInt8]) {
    for name in query.names(ofOwner: reversed) {
      // Open names are those of earlier owners below the same domains: only deeper ones are new.
      if let known = open.firstIndex(where: { $0.labels == name.labels }) {
        open[known].isNamed = open[known].isNamed || name.isNamed
      } else {
        open.append(name)
      }
    }
  }
}

/// A name whose records are being read.
struct OpenName: Equatable {
  /// Labels from the root, each closed by 00, as record keys have them.
  let labels: [UInt8]
  /// An owner counts for it first; false when only names registered below it were met.
  var isNamed: Bool
  /// What was read of it so far; a count of 0 and reversed times when nothing was.
  var seen = SeenSpan(timeFirst: .max, timeLast: 0, count: 0)
}

extension NewNamesQuery {
  /// True when what lies below a name counts for it.
  var sumsBelow: Bool {
    if case .domains = kind { true } else { false }
  }

  /// False when no name at or below ``below`` can be asked for: all of them are part of one
  /// registered domain above it.
  var canFind: Bool {
    guard case .domains(let list) = kind else { return true }
    guard let labels = list.registeredDomain(of: below.wire.span) else { return true }
    return labels == below.labelCount
  }

  /// True when a run still belongs to an open name.
  func isOpen(_ name: OpenName, at run: [UInt8]) -> Bool {
    sumsBelow
      ? run.starts(with: name.labels) : RunKey.name(run).dropLast().elementsEqual(name.labels)
  }

  func isBelow(_ name: OpenName) -> Bool {
    var labels: [UInt8] = []
    RecordKey.appendReversedName(below.wire.span, closed: false, to: &labels)
    return name.labels.starts(with: labels)
  }

  /// The names that an owner's records count for, each at or below the one before.
  func names(ofOwner reversed: [UInt8]) -> [OpenName] {
    guard case .domains(let list) = kind else {
      return [OpenName(labels: reversed.dropLast(), isNamed: true)]
    }
    var names: [OpenName] = []
    var isOwner = true
    // Of the owner, then of what lies above the public suffix below which it was registered.
    var labels = reversed.reduce(0) { $0 + ($1 == 0 ? 1 : 0) } - 1
    while labels > 0 {
      let prefix = NewNamesQuery.prefix(of: reversed, labels: labels)
      var wire: [UInt8] = []
      guard RecordKeyView.appendWireName(reversed: (prefix + [0]).span, to: &wire) else { break }
      let registered = list.registeredDomain(of: wire.span)
      if let registered {
        let domain = NewNamesQuery.prefix(of: reversed, labels: registered)
        names.append(OpenName(labels: domain, isNamed: isOwner))
      }
      // A name of one label is a public suffix, and nothing is registered above it.
      labels = (registered.map { $0 - 1 } ?? labels) - 1
      isOwner = false
      if labels < 2 { break }
    }
    return names.reversed()
  }

  /// The first labels of a reversed name, each closed.
  private static func prefix(of reversed: [UInt8], labels: Int) -> [UInt8] {
    var at = 0
    for _ in 0..<labels {
      while at < reversed.count, reversed[at] != 0 { at += 1 }
      at += 1
    }
    return Array(reversed[..<min(at, reversed.count)])
  }
}

extension KeyRange {
  /// What is left behind every record of a run.
  fileprivate func behind(_ run: [UInt8], _ dataset: DatasetNumber) -> KeyRange {
    var key: [UInt8] = []
    RecordKey.appendDataset(dataset, to: &key)
    guard let next = KeyRange.successor(ofPrefix: key + run) else { return self }
    return KeyRange(lower: KeyRange.precedes(lower, next) ? next : lower, upper: upper)
  }
}

/// A place in the walk: the names that are open there, and the last run that was added to them.
struct NewNamesPosition: Equatable {
  var open: [OpenName]
  var key: [UInt8]

  init(open: [OpenName], key: [UInt8]) {
    self.open = open
    self.key = key
  }

  /// Octets of one open name: of its labels, whether it is named, times, count.
  private static let openOctets = 19

  /// Number of open names; each with the octets that its labels take in the run; the run.
  var octets: [UInt8] {
    var out = [UInt8(truncatingIfNeeded: open.count)]
    for name in open {
      NewNamesPosition.append(UInt64(name.labels.count), octets: 2, to: &out)
      out.append(name.isNamed ? 1 : 0)
      NewNamesPosition.append(UInt64(name.seen.timeFirst), octets: 4, to: &out)
      NewNamesPosition.append(UInt64(name.seen.timeLast), octets: 4, to: &out)
      NewNamesPosition.append(name.seen.count, octets: 8, to: &out)
    }
    return out + key
  }

  /// Reads what ``octets`` gave; nil for anything else.
  init?(octets: [UInt8]) {
    guard let count = octets.first else { return nil }
    let start = 1 + Int(count) * NewNamesPosition.openOctets
    guard octets.count > start + RunKey.typeOctets else { return nil }
    key = Array(octets[start...])
    open = []
    var at = 1
    for _ in 0..<count {
      let length = Int(NewNamesPosition.read(octets, &at, octets: 2))
      guard length < key.count else { return nil }
      let isNamed = NewNamesPosition.read(octets, &at, octets: 1) == 1
      var name = OpenName(labels: Array(key[..<length]), isNamed: isNamed)
      name.seen.timeFirst = UnixSeconds(NewNamesPosition.read(octets, &at, octets: 4))
      name.seen.timeLast = UnixSeconds(NewNamesPosition.read(octets, &at, octets: 4))
      name.seen.count = NewNamesPosition.read(octets, &at, octets: 8)
      open.append(name)
    }
  }

  private static func append(_ value: UInt64, octets: Int, to out: inout [UInt8]) {
    for index in (0..<octets).reversed() {
      out.append(UInt8(truncatingIfNeeded: value >> UInt64(index * 8)))
    }
  }

  private static func read(_ octets: [UInt8], _ at: inout Int, octets count: Int) -> UInt64 {
    defer { at += count }
    return octets[at..<(at + count)].reduce(0) { $0 << 8 | UInt64($1) }
  }
}
