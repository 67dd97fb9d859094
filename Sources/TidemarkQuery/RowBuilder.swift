import DNSWire
import TidemarkModel

/// Builds rows of the records that a cursor meets: each record is a row, or all records of a
/// (rrname, rrtype, rdata) are one, which stand side by side in every family.
struct RowBuilder {
  /// What became of a record.
  enum Step {
    /// It is part of the pending row, or not asked for.
    case taken
    /// The row before it was shown, and the walk should end there: the record is still to be taken.
    case stop(RecordCursor.End)
  }

  /// Rows shown.
  private(set) var rows = 0
  /// Damaged records.
  private(set) var damaged = 0
  /// Behind the last row shown or known to be unwanted; see ``RowPosition``.
  private(set) var donePosition: OctetRun

  private var row = RecordRow()
  private var hasRow = false
  private var isExcluded = false
  /// Order key of the last record in the pending row.
  private var position = OctetRun()
  /// The row's record key without dataset and trailer: name, type and rdata.
  private var triple = OctetRun()
  private var nameOctets = 0

  private let rrtypes: Set<RRType>
  private let excludedTypes: Set<RRType>
  private let vantages: Set<Vantage>
  private let rdata: [UInt8]?
  /// Label count of the wanted bailiwick, and what reversed names at or below it start with.
  private let bailiwick: (labels: UInt8, prefix: [UInt8])?
  private let times: TimeFences
  private let hasFences: Bool
  private let excluded: [RecordQuery.Subject]
  private let mergesTriples: Bool
  private let limit: Int

  init(_ query: RecordQuery) {
    rrtypes = query.rrtypes
    excludedTypes = query.excludedTypes
    vantages = query.vantages
    rdata =
      switch query.subject {
      case .rdata(let octets), .lossyText(let octets): octets
      default: nil
      }
    bailiwick = query.bailiwick.map { name in
      var prefix: [UInt8] = []
      RecordKey.appendReversedName(name.wire.span, closed: false, to: &prefix)
      return (Bailiwick(labels: name.labelCount).rawValue, prefix)
    }
    donePosition = OctetRun(query.resumeAfter ?? [])
    times = query.times
    hasFences = query.times != TimeFences()
    excluded = query.excluded
    mergesTriples = query.mergesTriples
    limit = query.limit ?? .max
  }

  /// Takes the next record in key order.
  ///
  /// - Parameter orderKey: its place in the order, without the dataset.
  @inline(__always)
  mutating func take(
    key: Span<UInt8>, value octets: Span<UInt8>, orderKey: Span<UInt8>,
    _ show: (borrowing RecordRow) -> Bool
  ) -> Step {
    guard let view = RecordKeyView(key) else {
      damaged += 1
      return .taken
    }
    if isUnwanted(view, key) { return .taken }
    let isSameRow = belongsToRow(view, key)
    if !isSameRow, let end = flush(show) { return .stop(end) }
    do {
      if isSameRow {
        add(try RecordValue(decoding: octets), view)
      } else {
        hasRow = false
        try row.value.decode(octets)
        start(key, view)
      }
    } catch {
      damaged += 1
      return .taken
    }
    // One row more than the limit exists: nothing behind it can change that.
    if rows >= limit, !isExcluded, !hasFences { return .stop(.limited) }
    setPosition(orderKey, view.dataset)
    return .taken
  }

  /// Shows the pending row, if there is one within the query's bounds.
  ///
  /// - Returns: why the walk should end, or nil.
  mutating func flush(_ show: (borrowing RecordRow) -> Bool) -> RecordCursor.End? {
    guard hasRow, !isExcluded,
      times.admit(first: row.value.timeFirst, last: row.value.timeLast)
    else { return nil }
    guard rows < limit else { return .limited }
    hasRow = false
    rows += 1
    swap(&donePosition, &position)
    return show(row) ? nil : .paused
  }

  /// Ends a piece of the search: nothing up to an order key is left to take.
  ///
  /// The pending row is shown if no record behind can belong to it, so that neither it nor the
  /// position waits for the next wanted record.
  ///
  /// - Parameter searched: order key without the dataset.
  /// - Returns: why the walk should end, or nil.
  mutating func settle(
    _ searched: Span<UInt8>, _ show: (borrowing RecordRow) -> Bool
  ) -> RecordCursor.End? {
    if hasRow {
      guard !mergesTriples || !isSameTriple(searched) else { return nil }
      if let end = flush(show) { return end }
      hasRow = false
    }
    setPosition(searched, RowPosition.allDatasets)
    swap(&donePosition, &position)
    return nil
  }

  /// True when a record with this order key can belong to the row at ``position``: they differ in
  /// vantage and bailiwick only.
  private func isSameTriple(_ orderKey: Span<UInt8>) -> Bool {
    guard orderKey.count == position.count, orderKey.count >= RecordKey.trailerOctets else {
      return false
    }
    let shared = orderKey.count - RecordKey.trailerOctets
    return position.starts(with: orderKey.extracting(0..<shared))
  }

  @inline(__always)
  private mutating func setPosition(_ orderKey: Span<UInt8>, _ dataset: DatasetNumber) {
    guard !mergesTriples else { return position.replace(with: orderKey) }
    let number: InlineArray<2, UInt8> = [
      UInt8(truncatingIfNeeded: dataset >> 8), UInt8(truncatingIfNeeded: dataset),
    ]
    position.replace(with: number.span)
    position.replace(from: RecordKey.datasetOctets, with: orderKey)
  }

  @inline(__always)
  private func isUnwanted(_ view: RecordKeyView, _ key: Span<UInt8>) -> Bool {
    if !rrtypes.isEmpty, !rrtypes.contains(view.rrtype) { return true }
    if !excludedTypes.isEmpty, excludedTypes.contains(view.rrtype) { return true }
    if !vantages.isEmpty, !vantages.contains(view.vantage) { return true }
    if let bailiwick, !isWithin(bailiwick, view, key) { return true }
    guard let rdata else { return false }
    return !OctetCopy.equal(key.extracting(view.rdata), rdata.span)
  }

  private func isWithin(
    _ wanted: (labels: UInt8, prefix: [UInt8]), _ view: RecordKeyView, _ key: Span<UInt8>
  ) -> Bool {
    let prefix = wanted.prefix
    guard view.bailiwick.rawValue == wanted.labels, view.reversedName.count > prefix.count else {
      return false
    }
    let start = view.reversedName.lowerBound
    return OctetCopy.equal(key.extracting(start..<(start + prefix.count)), prefix.span)
  }

  @inline(__always)
  private func belongsToRow(_ view: RecordKeyView, _ key: Span<UInt8>) -> Bool {
    guard mergesTriples, hasRow, (view.vantage == .text) == row.isLossy else { return false }
    let body = key.extracting(view.reversedName.lowerBound..<view.rdata.upperBound)
    return triple.equals(body)
  }

  private mutating func add(_ value: RecordValue, _ view: RecordKeyView) {
    row.value.merge(value)
    if !row.vantages.contains(view.vantage) { row.vantages.append(view.vantage) }
    if !row.datasets.contains(view.dataset) { row.datasets.append(view.dataset) }
    if row.bailiwick != view.bailiwick { row.bailiwick = .unknown }
  }

  /// Starts a row whose value is in place.
  private mutating func start(_ key: Span<UInt8>, _ view: RecordKeyView) {
    let name = key.extracting(view.reversedName)
    if name.count != nameOctets || !triple.starts(with: name) {
      var wire: [UInt8] = []
      swap(&wire, &row.rrname)
      wire.removeAll(keepingCapacity: true)
      if !RecordKeyView.appendWireName(reversed: name, to: &wire) { wire = [0] }
      swap(&wire, &row.rrname)
      row.ownerSerial += 1
      isExcluded = !excluded.isEmpty && excluded.contains { $0.matches(owner: row.rrname) }
      nameOctets = name.count
    }
    triple.replace(with: key.extracting(view.reversedName.lowerBound..<view.rdata.upperBound))
    OctetCopy.replace(&row.rdata, with: key.extracting(view.rdata))
    row.rrtype = view.rrtype
    row.isLossy = view.vantage == .text
    row.bailiwick = view.bailiwick
    if row.vantages.count != 1 || row.vantages[0] != view.vantage { row.vantages = [view.vantage] }
    if row.datasets.count != 1 || row.datasets[0] != view.dataset { row.datasets = [view.dataset] }
    hasRow = true
  }
}

extension RecordQuery.Subject {
  /// True when the subject finds records by owner name, and finds those of this name.
  func matches(owner: [UInt8]) -> Bool {
    switch self {
    case .owner(let name): name.wire == owner
    case .ownerAtOrBelow(let name): DomainName(canonicalWire: owner).isAtOrBelow(name)
    case .ownerOneBelow(let name): DomainName(canonicalWire: owner).parent == name
    case .ownerStartingWith(let name): owner.starts(with: name.wire.dropLast())
    default: false
    }
  }
}
