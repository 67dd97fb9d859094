import DNSWire
import Synchronization
import TidemarkDomains
import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// Something shared, by what finds the names on it.
enum NodeSubject: Hashable, Sendable {
  case address(AddressPrefix)
  case network(AddressPrefix)
  case nameServer(DomainName)
  case mail(DomainName)

  var kind: InfrastructureNode.Kind {
    switch self {
    case .address: .address
    case .network: .network
    case .nameServer: .nameServer
    case .mail: .mail
    }
  }

  var label: String {
    switch self {
    case .address(let address): PivotAddress(octets: address.octets)?.text ?? ""
    case .network(let network): network.text
    case .nameServer(let name), .mail(let name): name.text(finalDot: false)
    }
  }

  /// What finds the names on it.
  var search: (subject: RecordQuery.Subject, rrtypes: Set<RRType>) {
    switch self {
    case .address(let network), .network(let network):
      (.network(network), network.octets.count == 4 ? [.a] : [.aaaa])
    case .nameServer(let provider): (.rdataNameAtOrBelow(provider), [.ns])
    case .mail(let host): (.rdataName(host), [.mx])
    }
  }
}

/// The registered domains on something shared.
struct NodeCounts: Sendable {
  /// Domains; a lower bound when there are more index entries than are read.
  var domains = 0
  /// Domains that a block list has, or a host of which on this node it has.
  var listed = 0
  /// The same by category.
  var listedByCategory: [RiskCategory: Int] = [:]
  /// Which these are, as far as they are kept: to leave one out.
  var marks: [DomainName: BlockMarks] = [:]

  /// Without one domain of those counted.
  func without(_ domain: DomainName) -> NodeCounts {
    var rest = self
    rest.domains = max(domains - 1, 0)
    guard let known = marks[domain] else { return rest }
    rest.listed = max(listed - 1, 0)
    for category in RiskCategory.allCases where known.contains(.category(category)) {
      rest.listedByCategory[category] = max((listedByCategory[category] ?? 0) - 1, 0)
    }
    return rest
  }
}

/// Counts domains on what is shared, and remembers the counts until the lists change or an hour has
/// passed.
///
/// - Concurrency: any thread; two that count the same thing at once both do the work.
final class NodeCounter: Sendable {
  private struct Entry: Sendable {
    var counts: NodeCounts
    var generation: Int
    var made: UnixSeconds
  }

  private struct Key: Hashable, Sendable {
    let subject: NodeSubject
    let datasets: [DatasetNumber]
  }

  /// Index entries that are read of one node: some twenty milliseconds. More neighbours would not
  /// change a share much.
  static let entriesMax = 65_536
  /// Listed domains that are kept by name.
  private static let marksMax = 1_024
  /// Nodes that are remembered; then all are forgotten. Bounds memory to some 100 MiB when
  /// thousands of nodes are full of listed names.
  private static let nodesMax = 4_096
  /// Seconds for which a count is good enough.
  private static let freshSeconds: UnixSeconds = 3_600

  private let entries = Mutex<[Key: Entry]>([:])

  /// Counts the domains that were seen on a node since the scope begins.
  func counts(
    of subject: NodeSubject, _ scope: PivotScope, lists: RiskListSet,
    suffixes: PublicSuffixList, now: UnixSeconds, store: any RecordStore
  ) throws(StoreError) -> NodeCounts {
    let key = Key(subject: subject, datasets: scope.datasets.sorted())
    let known = entries.withLock { $0[key] }
    if let known, known.generation == lists.generation, known.made <= now,
      now - known.made < NodeCounter.freshSeconds
    {
      return known.counts
    }
    let counts = try count(subject, scope, lists, suffixes, now, store)
    let entry = Entry(counts: counts, generation: lists.generation, made: now)
    entries.withLock { entries in
      if entries.count >= NodeCounter.nodesMax { entries.removeAll() }
      entries[key] = entry
    }
    return counts
  }

  private func count(
    _ subject: NodeSubject, _ scope: PivotScope, _ lists: RiskListSet,
    _ suffixes: PublicSuffixList, _ now: UnixSeconds, _ store: any RecordStore
  ) throws(StoreError) -> NodeCounts {
    let search = subject.search
    let isNetwork = subject.kind == .network
    let cursor = RecordCursor(scope.query(search.subject, search.rrtypes), store: store)
    var domains: [DomainName: BlockMarks] = [:]
    var entriesLeft = NodeCounter.entriesMax
    var end = RecordCursor.End.paused
    while end == .paused, entriesLeft > 0 {
      entriesLeft -= RecordCursor.searchMax
      end = try cursor.next { row in
        let owner = DomainName(canonicalWire: row.rrname)
        guard subject.kind == .nameServer || owner.isHost else { return true }
        if isNetwork, let address = AddressPrefix(octets: row.rdata),
          lists.isNeutral(address, now: now)
        {
          return true
        }
        let marks = lists.blockMarks(of: owner.wire.span, now: now)
        domains[owner.folded(suffixes), default: []].formUnion(marks)
        return true
      }
    }
    return NodeCounter.summed(domains)
  }

  private static func summed(_ domains: [DomainName: BlockMarks]) -> NodeCounts {
    var counts = NodeCounts()
    counts.domains = domains.count
    for (domain, marks) in domains where marks.contains(.listed) {
      counts.listed += 1
      for category in RiskCategory.allCases where marks.contains(.category(category)) {
        counts.listedByCategory[category, default: 0] += 1
      }
      if counts.marks.count < marksMax { counts.marks[domain] = marks }
    }
    return counts
  }
}
