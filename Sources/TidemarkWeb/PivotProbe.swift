import DNSWire
public import TidemarkDomains
public import TidemarkModel
public import TidemarkPivots
import TidemarkQuery
public import TidemarkStore

/// Looks what hangs on a value, as far as a hint needs it.
///
/// - Concurrency: any thread; each call reads the store by itself.
public struct PivotProbe: Sendable {
  /// Rows read of one side of a value; one name can have thousands of rows with it.
  static let rowsMax = 4_096
  /// Rows between two looks at the time.
  static let rowsPerLook = 64

  private let store: any RecordStore
  private let datasets: [DatasetNumber]
  private let lists: RiskListSet
  private let suffixes: PublicSuffixList?
  private let now: UnixSeconds

  /// Makes a probe.
  ///
  /// - Parameters:
  ///   - datasets: to look in.
  ///   - suffixes: tells registered domains; without it the last two labels count as one.
  public init(
    store: any RecordStore, datasets: [DatasetNumber], lists: RiskListSet,
    suffixes: PublicSuffixList?, now: UnixSeconds
  ) {
    self.store = store
    self.datasets = datasets
    self.lists = lists
    self.suffixes = suffixes
    self.now = now
  }

  /// Looks at values in turn. The first one is always looked at, so that who asks again and again
  /// gets all of them.
  ///
  /// - Parameters:
  ///   - besides: the value of the page, which does not count among the others.
  ///   - isOver: true when there is no time for more.
  /// - Returns: hints of those that there was time for.
  /// - Throws: ``StoreError``.
  public func hints(
    _ values: [PivotValue], besides: PivotValue?, isOver: () -> Bool
  ) throws(StoreError) -> [PivotHint] {
    var hints: [PivotHint] = []
    for value in values {
      if !hints.isEmpty, isOver() { break }
      let facts = try facts(of: value, besides: besides, isOver: isOver)
      hints.append(PivotHint(value.text, facts))
    }
    return hints
  }

  /// Looks at one value.
  ///
  /// - Returns: what was found. When time ran out the figures say that there may be more.
  /// - Throws: ``StoreError``.
  public func facts(
    of value: PivotValue, besides: PivotValue?, isOver: () -> Bool
  ) throws(StoreError) -> PivotFacts {
    var facts = PivotFacts()
    facts.isAddress = value.isAddress
    var sample: [DomainName] = []
    if let subject = value.rdataSubject {
      sample = try countNames(subject, besides, &facts, isOver)
    }
    switch value.kind {
    case .address(let address):
      facts.privateReason = PrivateAddress.reason(address)
      add(lists.matches(of: address, now: now), to: &facts)
      if facts.domains >= PivotBadgeRules.sharedAddress {
        try look(at: sample, &facts, isOver)
      }
    case .name(let name):
      add(lists.matches(of: name, now: now), to: &facts)
      try countValues(name, besides, &facts, isOver)
      facts.wildcard = try wildcard(of: name)
    }
    return facts
  }

  /// Counts the names with a value in their rdata.
  ///
  /// - Returns: some of them.
  private func countNames(
    _ subject: RecordQuery.Subject, _ besides: PivotValue?, _ facts: inout PivotFacts,
    _ isOver: () -> Bool
  ) throws(StoreError) -> [DomainName] {
    var names: Set<[UInt8]> = []
    var domains: Set<DomainName> = []
    var aliases: Set<DomainName> = []
    var sample: [DomainName] = []
    var query = RecordQuery(subject)
    // Signatures and chains of NSEC name zones and neighbours: nobody chose to point there.
    query.excludedTypes = [.rrsig, .nsec]
    var known: [UInt8] = []
    if case .name(let name)? = besides?.kind { known = name.wire }
    let isCut = try read(query, isOver) { row in
      guard row.rrname != known else { return true }
      let isAlias = row.rrtype == .cname || row.rrtype == .dname
      guard !names.contains(row.rrname) else { return true }
      guard names.count < PivotBadgeRules.huge else { return false }
      names.insert(row.rrname)
      let name = DomainName(canonicalWire: row.rrname)
      let domain = registered(name)
      if domains.insert(domain).inserted, sample.count < PivotBadgeRules.sampleMax {
        sample.append(name)
      }
      if isAlias { aliases.insert(domain) }
      return true
    }
    facts.names = PivotFigure(names.count, hasMore: isCut)
    facts.domains = domains.count
    facts.aliasDomains = aliases.count
    return sample
  }

  /// Counts the values of a name, and looks where its newest addresses are.
  private func countValues(
    _ name: DomainName, _ besides: PivotValue?, _ facts: inout PivotFacts, _ isOver: () -> Bool
  ) throws(StoreError) {
    var values = 0
    var addresses: [(address: PivotAddress, last: UnixSeconds)] = []
    var query = RecordQuery(.owner(name))
    query.excludedTypes = [.rrsig, .nsec]
    let isCut = try read(query, isOver) { row in
      if row.rrtype == .a || row.rrtype == .aaaa, let address = PivotAddress(octets: row.rdata) {
        addresses.append((address, row.value.timeLast))
      }
      if let besides, PivotValue(targetOf: row) == besides { return true }
      guard values < PivotBadgeRules.huge else { return false }
      values += 1
      return true
    }
    facts.values = PivotFigure(values, hasMore: isCut)
    let spread = PivotProbe.spread(addresses)
    facts.addresses = spread.addresses
    facts.networks = spread.networks
    // A name is parked where its newest address is.
    guard let newest = addresses.max(by: { $0.last < $1.last })?.address else { return }
    let matches = lists.matches(of: newest, now: now)
    add(matches.filter { $0.list.kind == .neutral }, to: &facts)
  }

  /// Addresses seen about as late as the newest one, and the networks that they are in.
  static func spread(
    _ addresses: [(address: PivotAddress, last: UnixSeconds)]
  ) -> (addresses: Int, networks: Int) {
    let newest = addresses.map(\.last).max() ?? 0
    let span = UnixSeconds(PivotBadgeRules.recentDays) * TimeLimits.secondsPerDay
    let recent = addresses.filter { newest - $0.last <= span }.map(\.address.octets)
    let networks = Set(recent.map { Array($0.prefix($0.count == 4 ? 2 : 4)) })
    return (Set(recent).count, networks.count)
  }

  private func look(
    at sample: [DomainName], _ facts: inout PivotFacts, _ isOver: () -> Bool
  ) throws(StoreError) {
    for name in sample {
      var addresses: [(address: PivotAddress, last: UnixSeconds)] = []
      var query = RecordQuery(.owner(name))
      query.rrtypes = [.a, .aaaa]
      _ = try read(query, isOver) { row in
        if let address = PivotAddress(octets: row.rdata) {
          addresses.append((address, row.value.timeLast))
        }
        return addresses.count < PivotBadgeRules.huge
      }
      let spread = PivotProbe.spread(addresses)
      facts.sampled += 1
      if PivotBadgeRules.isSpread(addresses: spread.addresses, networks: spread.networks) {
        facts.spreadNames += 1
      }
    }
  }

  /// The name with a star that a name is, or that stands beside it.
  private func wildcard(of name: DomainName) throws(StoreError) -> String? {
    if name.wire.starts(with: [1, UInt8(ascii: "*")]) { return name.text(finalDot: false) }
    guard let parent = name.parent, parent != .root, parent.wire.count + 2 <= 255 else {
      return nil
    }
    let star = DomainName(canonicalWire: [1, UInt8(ascii: "*")] + parent.wire)
    var query = RecordQuery(.owner(star))
    query.limit = 1
    var isThere = false
    _ = try read(query, { false }) { _ in
      isThere = true
      return false
    }
    return isThere ? star.text(finalDot: false) : nil
  }

  private func add(_ matches: [RiskListMatch], to facts: inout PivotFacts) {
    for match in matches {
      facts.listings.append(
        PivotFacts.Listing(list: match.list.name, kind: match.list.kind, entry: match.entry))
    }
  }

  private func registered(_ name: DomainName) -> DomainName {
    if let suffixes { return name.folded(suffixes) }
    var domain = name
    while domain.labelCount > 2, let parent = domain.parent { domain = parent }
    return domain
  }

  /// Shows rows until `show` has enough, many were read or time is over.
  ///
  /// - Returns: true when there may be more.
  private func read(
    _ query: RecordQuery, _ isOver: () -> Bool, _ show: (borrowing RecordRow) -> Bool
  ) throws(StoreError) -> Bool {
    var query = query
    query.datasets = datasets
    let cursor = RecordCursor(query, store: store)
    var rows = 0
    var isCut = false
    let end = try cursor.next { row in
      rows += 1
      if rows.isMultiple(of: PivotProbe.rowsPerLook), isOver() { return false }
      // Nothing may stand behind the row that was one too many, and it counts all the same.
      isCut = !show(row)
      return !isCut && rows < PivotProbe.rowsMax
    }
    return isCut || end == .paused
  }
}
