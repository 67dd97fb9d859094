import DNSWire
import TidemarkModel
public import TidemarkStore

/// Walks the rows of a search for names in key order, in pieces as large as the caller likes.
///
/// Names come in the order of the names family (by label from the left), those of
/// ``NameQuery/Match/below(_:)`` in the order of records (by label from the root).
///
/// - Concurrency: one caller at a time; it may be handed from one to the next. It holds nothing of
///   the store between calls.
public final class NameCursor: @unchecked Sendable {
  /// Names or records that one call of ``next(_:)`` searches, give or take a page. Patterns that
  /// are slow to match end a call after some milliseconds.
  public static let searchedMax = 16_384

  /// Where the search stands: behind the last row shown, or further when names behind it were
  /// searched in vain. Nil before anything was. An equal query with this as
  /// ``NameQuery/resumeAfter`` goes on there; its offset is not looked at then.
  ///
  /// This and the counts below are brought up to date when ``next(_:)`` returns.
  public private(set) var position: [UInt8]?
  /// Rows shown.
  public private(set) var rows = 0
  /// Damaged keys and records of the store, left out.
  public private(set) var damaged = 0

  private let query: NameQuery
  private let datasets: [DatasetNumber]
  private let store: any RecordStore
  /// Nil while ``next(_:)`` runs.
  private var builder: NameRowBuilder?
  /// Finds names in the names family; nil when the records family is walked instead.
  private var names: NameSource?
  /// The next of the names found.
  private var nextFound = 0
  /// Records of the name at hand, or of all names.
  private var runs: RunMerger?
  /// The name that ``runs`` are of, and its names key without the dataset.
  private var name: [UInt8] = [0]
  private var nameKey: [UInt8] = []
  private var finishedDamage = 0

  /// Makes a cursor at the start of the query, or behind ``NameQuery/resumeAfter``.
  public init(_ query: NameQuery, store: any RecordStore) {
    self.query = query
    self.store = store
    datasets = Set(query.datasets).sorted()
    builder = NameRowBuilder(query)
    position = query.resumeAfter
    let resume = query.resumeAfter
    if case .below(let ancestor) = query.match {
      runs = RunMerger(
        datasets.map { dataset in
          let range = KeyRange.records(dataset: dataset, atOrBelow: ancestor)
          return reader(range.resumed(behindRow: resume, dataset, isWhole: true))
        })
    } else {
      let ranges = datasets.map { dataset in
        query.namesRange(dataset).resumed(behindRow: resume, dataset, isWhole: false)
      }
      names = NameSource(ranges, query.match, store: store)
    }
  }

  /// Shows rows until the callback returns false or none is left.
  ///
  /// - Parameter show: false pauses behind the row just shown.
  /// - Returns: `paused` also when ``searchedMax`` names or records were searched, whether one was
  ///   shown or not: call again.
  /// - Throws: ``StoreError``; rows already shown stay valid.
  public func next(_ show: (borrowing NameRow) -> Bool) throws(StoreError) -> RecordCursor.End {
    // The builder leaves the cursor meanwhile: the callback may look at the cursor.
    guard var builder = builder.take() else {
      preconditionFailure("next was called by its callback")
    }
    defer {
      rows = builder.rows
      position = builder.position
      damaged = finishedDamage + (names?.damaged ?? 0) + (runs?.damaged ?? 0)
      self.builder = builder
    }
    var budget = NameCursor.searchedMax
    while true {
      if let runs {
        if let end = try walk(runs, &budget, &builder, show) { return end }
      } else if let names {
        if let end = try search(names, &budget, &builder, show) { return end }
      } else {
        return builder.flush(show) ?? .complete
      }
    }
  }

  /// Takes the records of the name at hand, or of all names.
  private func walk(
    _ runs: RunMerger, _ budget: inout Int, _ builder: inout NameRowBuilder,
    _ show: (borrowing NameRow) -> Bool
  ) throws(StoreError) -> RecordCursor.End? {
    switch try runs.step(&budget) {
    case .paused: return .paused
    case .run:
      var key = nameKey
      if names == nil {
        key = Array(RunKey.name(runs.key))
        setName(reversed: key)
      }
      if query.perType { key += runs.key.suffix(RunKey.typeOctets) }
      return builder.add(
        key: key, name: name, rrtype: RunKey.rrtype(runs.key), runs.span, show)
    case .end:
      finishedDamage += runs.damaged
      self.runs = nil
      return nil
    }
  }

  /// Goes on to the next name found, or searches more names.
  private func search(
    _ names: NameSource, _ budget: inout Int, _ builder: inout NameRowBuilder,
    _ show: (borrowing NameRow) -> Bool
  ) throws(StoreError) -> RecordCursor.End? {
    if nextFound < names.found.count {
      // Looking a name up costs as much as searching several.
      guard budget > 0 else { return .paused }
      budget -= query.needsRecords ? NameCursor.lookupCost : 1
      name = names.found[nextFound]
      nextFound += 1
      nameKey.removeAll(keepingCapacity: true)
      RecordKey.appendForwardName(name.span, to: &nameKey)
      guard query.needsRecords else {
        let span = SeenSpan(timeFirst: 0, timeLast: 0, count: 0)
        return builder.add(key: nameKey, name: name, rrtype: nil, span, show)
      }
      let owner = DomainName(canonicalWire: name)
      runs = RunMerger(datasets.map { reader(.records(dataset: $0, owner: owner)) })
      return nil
    }
    if let end = builder.flush(show) { return end }
    if names.isAtEnd {
      self.names = nil
      finishedDamage += names.damaged
      return nil
    }
    if !names.lastKey.isEmpty { builder.position = names.lastKey }
    guard budget > 0 else { return .paused }
    nextFound = 0
    budget -= max(try names.read(limit: budget), 1)
    if names.isOutOfTime { budget = 0 }
    return nil
  }

  /// Names that are searched in the time that looking one up takes, roughly.
  private static let lookupCost = 16

  private func reader(_ range: KeyRange) -> RunReader {
    let needsSpans = query.wantsValues || query.times != TimeFences()
    return RunReader(
      range, rrtypes: query.rrtypes, excludedTypes: query.excludedTypes,
      skip: needsSpans ? .nothing : .runs, store: store)
  }

  private func setName(reversed: [UInt8]) {
    name.removeAll(keepingCapacity: true)
    if !RecordKeyView.appendWireName(reversed: reversed.span, to: &name) { name = [0] }
  }
}

extension NameQuery {
  /// The names keys in which the names of a dataset are searched.
  func namesRange(_ dataset: DatasetNumber) -> KeyRange {
    if case .startingWith(let name) = match {
      return NamesKey.range(dataset: dataset, startingWith: name)
    }
    return NamesKey.range(dataset: dataset)
  }
}

extension KeyRange {
  /// What is left of a range behind a row.
  ///
  /// - Parameters:
  ///   - row: its order key: a name, and a type if there is a row for each.
  ///   - isWhole: the whole order key stands in the keys; otherwise the types of a name are told
  ///     apart later, and the name is met again.
  fileprivate func resumed(
    behindRow row: [UInt8]?, _ dataset: DatasetNumber, isWhole: Bool
  ) -> KeyRange {
    guard let row, let end = RecordKeyView.reversedNameEnd(row.span, from: 0) else { return self }
    var key: [UInt8] = []
    RecordKey.appendDataset(dataset, to: &key)
    key += isWhole ? row : Array(row[..<end])
    let hasType = row.count > end
    guard isWhole || !hasType else {
      return KeyRange(lower: KeyRange.precedes(lower, key) ? key : lower, upper: upper)
    }
    guard let next = KeyRange.successor(ofPrefix: key) else { return self }
    return KeyRange(lower: KeyRange.precedes(lower, next) ? next : lower, upper: upper)
  }
}
