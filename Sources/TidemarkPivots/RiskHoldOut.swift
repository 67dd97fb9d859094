import DNSWire
public import TidemarkDomains
public import TidemarkModel
import TidemarkQuery
public import TidemarkStore

/// Measures scores on what came later: host names of a store that were first seen behind a day are
/// scored by the lists up to it, and lists of later days say which of them turned out bad.
///
/// Names that lists up to the day have already are left out: there is nothing to foresee. Scores
/// are those of the end of the time: they use all records up to then, also such as were seen after
/// a name was listed. That makes the measured scores better than those of the first hour of a name.
///
/// - Concurrency: any thread.
public struct RiskHoldOut: Sendable {
  /// What a measurement found.
  public struct Outcome: Sendable, Equatable {
    /// Host names that were first seen in the time.
    public internal(set) var names = 0
    /// Those of them that lists up to the cut have.
    public internal(set) var knownNames = 0
    /// Those of them that were not looked at, because there were too many: a random choice of the
    /// others stands for all.
    public internal(set) var skippedNames = 0
    /// How well the others were scored.
    public internal(set) var evaluation = RiskEvaluation([])
  }

  /// The last second that scores know the lists of.
  public let cut: UnixSeconds
  /// The last second of the time in which names appear and are listed.
  public let end: UnixSeconds
  /// Lists up to the cut, of all kinds.
  public var known: [RiskList]
  /// Block lists behind the cut and up to the end.
  public var later: [RiskList]

  /// Sorts lists by the days of their content; those behind `end` are left out.
  ///
  /// - Parameter end: later than `cut`.
  public init(lists: [RiskList], cut: UnixSeconds, end: UnixSeconds) {
    func start(_ list: RiskList) -> UInt64 {
      UInt64(list.header.updated) * UInt64(TimeLimits.secondsPerDay)
    }
    self.cut = cut
    self.end = end
    known = lists.filter { start($0) <= UInt64(cut) }
    later = lists.filter { list in
      list.header.kind == .block && start(list) > UInt64(cut) && start(list) <= UInt64(end)
    }
  }

  /// Measures.
  ///
  /// - Parameters:
  ///   - namesMax: names that are scored; each takes some milliseconds.
  /// - Throws: ``StoreError``.
  public func measure(
    datasets: [DatasetNumber] = [.main], namesMax: Int, suffixes: PublicSuffixList,
    store: any RecordStore
  ) throws(StoreError) -> Outcome {
    let knownSet = RiskListSet(known)
    let laterSet = RiskListSet(later)
    var outcome = Outcome()
    var chosen = NameChoice(max: namesMax)
    var query = NewNamesQuery(.hosts, since: cut == .max ? cut : cut + 1)
    query.datasets = datasets
    let cursor = NewNamesCursor(query, store: store)
    var state = RecordCursor.End.paused
    while state == .paused {
      state = try cursor.next { row in
        guard row.seen.timeFirst <= end else { return true }
        let name = DomainName(canonicalWire: row.name)
        guard name.isHost else { return true }
        outcome.names += 1
        let isKnown = knownSet.hasBlocked(name)
        if isKnown { outcome.knownNames += 1 } else { chosen.add(name, row.seen.timeFirst) }
        return true
      }
    }
    outcome.skippedNames = chosen.skipped
    let catalog = RiskListCatalog()
    catalog.replace(with: known)
    let assessor = RiskAssessor(catalog: catalog, suffixes: suffixes, store: store)
    let names = chosen.names.map { chosen in
      LabelledName(
        name: chosen.name, firstSeen: chosen.firstSeen,
        listed: laterSet.hasBlocked(chosen.name) ? end : nil)
    }
    outcome.evaluation = try RiskEvaluation.holdOut(names, cut: cut) {
      name throws(StoreError) in
      try assessor.report(on: name, datasets: datasets, now: end).score
    }
    return outcome
  }
}

extension RiskListSet {
  /// Whether a block list has the name or one above it; lists count although they expired since.
  fileprivate func hasBlocked(_ name: DomainName) -> Bool {
    matches(of: name, now: 0).contains { $0.list.kind == .block }
  }
}

/// Keeps so many names of a stream, each as likely as any other, and the same ones every time:
/// those with the smallest hashes.
struct NameChoice {
  private struct Entry {
    let hash: UInt64
    let name: DomainName
    let firstSeen: UnixSeconds
  }

  /// Any number; which names are chosen depends on it.
  private static let seed: UInt64 = 0x7469_6465_6D61_726B

  private let max: Int
  private var entries: [Entry] = []
  private var count = 0

  init(max: Int) { self.max = Swift.max(max, 0) }

  mutating func add(_ name: DomainName, _ firstSeen: UnixSeconds) {
    count += 1
    let hash = SeededHash.hash(name.wire.span, seed: NameChoice.seed)
    entries.append(Entry(hash: hash, name: name, firstSeen: firstSeen))
    if entries.count > 2 * max + 1_024 { trim() }
  }

  /// Names that were added but are not among those kept.
  var skipped: Int { Swift.max(count - max, 0) }

  /// The names that are kept.
  var names: [(name: DomainName, firstSeen: UnixSeconds)] {
    var kept = self
    kept.trim()
    return kept.entries.map { ($0.name, $0.firstSeen) }
  }

  private mutating func trim() {
    entries.sort { $0.hash < $1.hash }
    entries.removeLast(Swift.max(entries.count - max, 0))
  }
}
